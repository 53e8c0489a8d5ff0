// The command `rampart watch`: decode captured traffic, judge every operation by the plant, say what happened.
#pragma once

#include <string>
#include <vector>

#include "apps/event_writer.h"

namespace rampart::apps {

struct WatchOptions {
  std::string plant;  // empty: decode and tell, judge nothing
  std::vector<std::string> captures;
  std::string json;  // empty: none
  Operations operations = Operations::all;
  uint32_t workers = 1;
  bool quiet = false;  // no summary, no progress
};

/// watch_command returns 0; findings do not make it fail. Errors: throws Error.
int watch_command(const WatchOptions& options);

}  // namespace rampart::apps
