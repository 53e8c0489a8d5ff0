#include "base/text.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rampart {

void append_number(std::string& out, double number) {
  char digits[32];
  const auto result = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, result.ptr);
}

void append_number(std::string& out, float number) {
  char digits[32];
  const auto result = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, result.ptr);
}

void append_hex(std::string& out, Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const uint8_t octet : bytes) {
    out += kDigits[octet >> 4];
    out += kDigits[octet & 15];
  }
}

void append_json_text(std::string& out, std::string_view text) {
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
  out += '"';
  if (plain) {
    out += text;
    out += '"';
    return;
  }
  const bool utf8 = is_utf8(text);
  for (const char c : text) {
    const auto octet = static_cast<uint8_t>(c);
    if (octet == '"' || octet == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20 || octet == 0x7f) {
      out += "\\u00";
      append_hex(out, {&octet, 1});
    } else if (octet >= 0x80 && !utf8) {
      out += "\xef\xbf\xbd";
    } else {
      out += c;
    }
  }
  out += '"';
}

std::optional<uint64_t> parse_number(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  if (hexadecimal) text.remove_prefix(2);
  uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return {};
  return value;
}

std::optional<double> parse_real(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return {};
  if (!std::isfinite(value)) return {};
  return value;
}

std::string_view trim(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_utf8(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  for (size_t i = 0; i < bytes.size();) {
    const uint8_t lead = bytes[i++];
    if (lead < 0x80) continue;
    const size_t more = lead >= 0xf0 && lead <= 0xf4  ? 3
                        : lead >= 0xe0 && lead < 0xf0 ? 2
                        : lead >= 0xc2 && lead < 0xe0 ? 1
                                                      : 0;
    if (more == 0 || bytes.size() - i < more) return false;
    uint32_t point = lead & (0x3fu >> more);
    for (size_t k = 0; k < more; ++k, ++i) {
      if ((bytes[i] & 0xc0) != 0x80) return false;
      point = point << 6 | (bytes[i] & 0x3fu);
    }
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000) || (more == 2 && point < 0x800) ||
        (more == 3 && point < 0x10000)) {
      return false;
    }
  }
  return true;
}

std::string_view closest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  // A third may differ, and a little; but something must be the same.
  size_t best_distance = std::min(word.size() / 3 + 2, word.size());
  for (const std::string_view candidate : candidates) {
    std::vector<size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), size_t{0});
    for (size_t i = 0; i < word.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i + 1;
      for (size_t k = 0; k < candidate.size(); ++k) {
        const size_t above = row[k + 1];
        row[k + 1] = std::min({above + 1, row[k] + 1, diagonal + (word[i] == candidate[k] ? 0 : 1)});
        diagonal = above;
      }
    }
    if (row.back() < best_distance) {
      best_distance = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace rampart
