// Text from anywhere made safe to show: it stays on its line and looks like what it is. Used by everything here that
// writes for people or for other people's formats.
#pragma once

#include <string>
#include <string_view>

namespace rampart::records {

struct PlainOptions {
  size_t most_octets = 256;    // of what is written; longer text ends in "..."
  std::string_view escaped{};  // ASCII characters that get a backslash before them
  bool line_ends = false;      // line feed and carriage return become \n and \r
};

/// append_plain writes `text` as UTF-8. Controls, line and paragraph separators, invisible marks that turn the
/// direction of writing and byte order marks become \u000a and the like: a terminal, a log or a page would obey them.
/// Where `text` is no UTF-8, each octet beyond ASCII becomes U+FFFD.
void append_plain(std::string& out, std::string_view text, const PlainOptions& options = {});

}  // namespace rampart::records
