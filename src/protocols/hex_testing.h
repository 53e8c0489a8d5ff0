// For tests only: octets as people write them.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace rampart::protocols::testing {

using Octets = std::vector<uint8_t>;
using Lines = std::vector<std::string>;

/// hex reads pairs of digits; blanks between them are passed over. Errors: throws std::invalid_argument.
inline Octets hex(std::string_view text) {
  Octets octets;
  int high = -1;
  for (const char letter : text) {
    if (letter == ' ') continue;
    const size_t digit =
        std::string_view("0123456789abcdef").find(letter <= '9' ? letter : static_cast<char>(letter | 0x20));
    if (digit == std::string_view::npos) throw std::invalid_argument("no hexadecimal digits: " + std::string(text));
    if (high >= 0) octets.push_back(static_cast<uint8_t>(high << 4 | static_cast<int>(digit)));
    high = high >= 0 ? -1 : static_cast<int>(digit);
  }
  return octets;
}

}  // namespace rampart::protocols::testing
