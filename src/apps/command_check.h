// The command `rampart check`: everything that is wrong with a plant, and what could reach what by its rules.
#pragma once

#include <string>

#include "base/clock.h"

namespace rampart::apps {

/// check_command prints warnings and the reachability table; `all` prints every pair, else the table stops after 40
/// rows. Returns 0 where the plant has no error. Errors: throws FileError.
int check_command(const std::string& plant, bool all, std::string& out, TimePoint now = {});

/// set_command sets the scalar at `path` of a plant file to `value`, on its own line and nothing else. The file is
/// replaced whole or not at all. `journal` (a folder; empty: none) is told who did it and which rules it changed: it is
/// opened before anything changes. Errors: throws Error; the file is then as it was, unless the message says otherwise.
int set_command(const std::string& plant, const std::string& path, const std::string& value, const std::string& journal,
                const Clock& clock, std::string& out);

}  // namespace rampart::apps
