// The command `rampart check`: everything that is wrong with a plant, and what could reach what by its rules.
#pragma once

#include <string>

namespace rampart::apps {

/// check_command prints warnings and the reachability table; `all` prints every pair, else the table stops after 40
/// rows. Returns 0 where the plant has no error. Errors: throws FileError.
int check_command(const std::string& plant, bool all, std::string& out);

/// set_command sets the scalar at `path` of a plant file to `value`, on its own line and nothing else. The file is
/// replaced whole or not at all. Errors: throws Error; the file is then as it was.
int set_command(const std::string& plant, const std::string& path, const std::string& value, std::string& out);

}  // namespace rampart::apps
