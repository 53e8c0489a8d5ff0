#include "records/plain.h"

#include "base/text.h"

namespace rampart::records {
namespace {

/// take reads one code point of valid UTF-8 off the front.
uint32_t take(std::string_view& text, std::string_view& octets) {
  const auto first = static_cast<unsigned char>(text[0]);
  const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  uint32_t code = size == 1 ? first : first & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fu);
  octets = text.substr(0, size);
  text.remove_prefix(size);
  return code;
}

bool acts(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0)           // C0, DEL, C1
         || code == 0x061c || code == 0x200e || code == 0x200f  // marks of direction
         || (code >= 0x2028 && code <= 0x202e)                  // separators; embeddings and overrides of direction
         || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

void append_unit(std::string& out, uint32_t code, std::string_view octets, const PlainOptions& options) {
  const bool backslash = options.escaped.find('\\') != std::string_view::npos;
  if (options.line_ends && (code == '\n' || code == '\r')) {
    out += code == '\n' ? "\\n" : "\\r";
  } else if (acts(code)) {
    const uint8_t two[] = {static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code)};
    out += backslash ? "\\\\u" : "\\u";
    append_hex(out, two);
  } else {
    if (code < 0x80 && options.escaped.find(static_cast<char>(code)) != std::string_view::npos) out += '\\';
    out += octets;
  }
}

}  // namespace

void append_plain(std::string& out, std::string_view text, const PlainOptions& options) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  const bool utf8 = is_utf8(text);
  constexpr std::string_view kMore = "...";
  const size_t start = out.size();
  size_t cut = start;  // where "..." still has room
  while (!text.empty()) {
    if (out.size() - start + kMore.size() <= options.most_octets) cut = out.size();
    if (!utf8 && static_cast<unsigned char>(text[0]) >= 0x80) {
      out += kReplacement;
      text.remove_prefix(1);
    } else {
      std::string_view octets;
      const uint32_t code = take(text, octets);
      append_unit(out, code, octets, options);
    }
    if (out.size() - start > options.most_octets) {
      out.resize(cut);
      out += kMore;
      return;
    }
  }
}

}  // namespace rampart::records
