// The command `rampart discover`: a plant drafted from recorded traffic, for a person to go on with.
#pragma once

#include <string>
#include <vector>

namespace rampart::apps {

struct DiscoverOptions {
  std::vector<std::string> captures;
  std::string output;  // "-": standard output
  std::string name;
  uint32_t workers = 1;
};

/// discover_command writes the draft and says in `out` what is in it. Returns 0. Never overwrites a file. Errors:
/// throws Error; nothing is written then.
int discover_command(const DiscoverOptions& options, std::string& out);

}  // namespace rampart::apps
