// Small work on text: numbers in and out, hex, splitting. Everything appends to a string of the caller's.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace rampart {

template <std::integral Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  const auto result = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, result.ptr);
}
/// append_number writes the shortest text that reads back as the same value.
void append_number(std::string& out, double number);
void append_number(std::string& out, float number);
/// append_hex writes two lower-case digits an octet.
void append_hex(std::string& out, Bytes bytes);
/// append_json_text writes a quoted JSON string that no reader stumbles over: controls and DEL escaped; where `text` is
/// no UTF-8, each octet beyond ASCII becomes U+FFFD.
void append_json_text(std::string& out, std::string_view text);

/// parse_number reads decimal digits, or hexadecimal ones after `0x`; nothing where anything else is there.
std::optional<uint64_t> parse_number(std::string_view text);
/// parse_real reads a decimal number with sign, fraction and exponent; nothing where it is not one or not finite.
std::optional<double> parse_real(std::string_view text);

std::string_view trim(std::string_view text);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string lower(std::string_view text);
bool is_utf8(std::string_view text);

/// closest is the word nearest to `word` by edit distance, for "did you mean"; empty where none is near.
std::string_view closest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace rampart
