// The command `rampart standard`: IEC 62443 and ATT&CK for ICS at the prompt, from the catalogue compiled in. Reads no
// file and no clock.
#pragma once

#include <string>
#include <vector>

namespace rampart::apps {

/// standard_command writes to `out` what is known about the words typed: an identifier in any spelling, a code, a name,
/// or words to search for; without words an overview. At most 80 columns, no colour.
/// Returns 0, or 1 with one message in `error` naming the closest matches where nothing fits; `out` is then untouched.
int standard_command(const std::vector<std::string>& words, std::string& out, std::string& error);

}  // namespace rampart::apps
