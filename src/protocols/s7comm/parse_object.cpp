// Objects as people write them in a plant. Not on any fast path.
#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "protocols/s7comm/objects.h"

namespace rampart::protocols::s7comm {
namespace {

constexpr std::string_view kHint =
    "write DB10.DBD4, DB10.DBX4.0, DB10.DBB4-19, M0.1, MW10, IB2, QD4, T5, C3, block OB1, szl 0x0011, rack 0 slot 2, "
    "nck area 0 unit 1 module 127 column 1 line 1, symbol ..., file ..., service ...";

ParsedObject failed(std::string_view text, std::string_view why) {
  ParsedObject parsed;
  parsed.error = "\"" + std::string(text) + "\" " + std::string(why);
  parsed.hint = kHint;
  return parsed;
}

char upper(char letter) { return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter; }

/// Words reads a text from the left, blind to case and blanks.
class Words {
 public:
  explicit Words(std::string_view text) : left_(trim(text)) {}

  /// take takes `word` if it comes next.
  bool take(std::string_view word) {
    left_ = trim(left_);
    if (left_.size() < word.size()) return false;
    for (size_t i = 0; i < word.size(); ++i) {
      if (upper(left_[i]) != upper(word[i])) return false;
    }
    left_.remove_prefix(word.size());
    return true;
  }
  /// take_word takes `word` only where it is not the beginning of a longer one.
  bool take_word(std::string_view word) {
    const std::string_view before = left_;
    if (take(word) && (left_.empty() || left_.front() == ' ')) return true;
    left_ = before;
    return false;
  }
  std::optional<uint64_t> number() {
    left_ = trim(left_);
    size_t size = 0;
    const bool hexadecimal = left_.size() > 2 && left_[0] == '0' && (left_[1] == 'x' || left_[1] == 'X');
    if (hexadecimal) size = 2;
    while (size < left_.size()) {
      const char letter = upper(left_[size]);
      if (!((letter >= '0' && letter <= '9') || (hexadecimal && letter >= 'A' && letter <= 'F'))) break;
      ++size;
    }
    const auto value = parse_number(left_.substr(0, size));
    if (!value || *value > 0xffffffff) return {};
    left_.remove_prefix(size);
    return value;
  }
  bool number_next() const {
    const std::string_view next = trim(left_);
    return !next.empty() && next[0] >= '0' && next[0] <= '9';
  }
  std::string_view rest() const { return trim(left_); }
  bool done() const { return rest().empty(); }

 private:
  std::string_view left_;
};

/// read_range reads `4` or `4-19` into first and last.
bool read_range(Words& words, Object& object) {
  const auto first = words.number();
  const auto last = words.take("-") ? words.number() : first;
  if (!first || !last || *last < *first) return false;
  object.first = *first;
  object.last = *last;
  return true;
}

/// read_bit_address reads `4.0`.
std::optional<uint64_t> read_bit_address(Words& words) {
  const auto octet = words.number();
  if (!octet || !words.take(".")) return {};
  const auto bit = words.number();
  if (!bit || *bit > 7) return {};
  return *octet * 8 + *bit;
}

/// read_memory reads what follows the letters of a memory: `X4.0`, `B4`, `W4`, `D4`, `4.0`, each with `-last`.
bool read_memory(Words& words, bool bits_need_letter, ParsedObject& parsed) {
  uint64_t octets = 0;
  if (words.take("B")) {
    octets = 1;
    parsed.type = ValueType::uint8;
  } else if (words.take("W")) {
    octets = 2;
    parsed.type = ValueType::uint16;
  } else if (words.take("D")) {
    octets = 4;
    parsed.type = ValueType::uint32;
  } else {
    if (!words.take("X") && bits_need_letter) return false;
    const auto first = read_bit_address(words);
    const auto last = words.take("-") ? read_bit_address(words) : first;
    if (!first || !last || *last < *first) return false;
    parsed.type = ValueType::bit;
    parsed.object.first = *first;
    parsed.object.last = *last;
    return true;
  }
  Object range;
  if (!read_range(words, range)) return false;
  // A range of words goes to the end of its last word, and is whole words.
  if ((range.last - range.first) % octets != 0) return false;
  parsed.object.first = range.first * 8;
  parsed.object.last = (range.last + octets) * 8 - 1;
  return true;
}

ParsedObject parse_data_block(std::string_view text, Words words, uint8_t space) {
  ParsedObject parsed;
  const auto number = words.number();
  if (!number || *number > 0xffff) return failed(text, "names no data block");
  parsed.object.space = space;
  parsed.object.container = static_cast<uint32_t>(*number);
  parsed.object.last = Object::kAll;
  if (words.done()) return parsed;
  if (!words.take(".") || !(words.take("DB") || words.take("DI")) || !read_memory(words, true, parsed) ||
      !words.done()) {
    return failed(text, "is no address in a data block");
  }
  return parsed;
}

struct Letters {
  std::string_view letters;
  uint8_t space;
};
// The longer ones first; German letters (E, A, Z) and the peripheral forms PI, PQ, PE, PA are the same memory.
constexpr std::array kLetters = {
    Letters{"SYS", kSystem},    Letters{"SM", kSpecial},    Letters{"AI", kAnalogInput}, Letters{"AQ", kAnalogOutput},
    Letters{"PI", kPeripheral}, Letters{"PQ", kPeripheral}, Letters{"PE", kPeripheral},  Letters{"PA", kPeripheral},
    Letters{"P", kPeripheral},  Letters{"M", kMemory},      Letters{"I", kInput},        Letters{"E", kInput},
    Letters{"Q", kOutput},      Letters{"A", kOutput},      Letters{"L", kLocal},        Letters{"V", kPrevious},
    Letters{"T", kTimer},       Letters{"C", kCounter},     Letters{"Z", kCounter},
};

ParsedObject parse_letters(std::string_view text) {
  for (const Letters& candidate : kLetters) {
    Words words(text);
    if (!words.take(candidate.letters)) continue;
    ParsedObject parsed;
    parsed.object.space = candidate.space;
    parsed.object.last = Object::kAll;
    if (words.done()) return parsed;
    const bool counted = candidate.space == kTimer || candidate.space == kCounter;
    if ((counted ? read_range(words, parsed.object) : read_memory(words, false, parsed)) && words.done()) {
      if (counted) parsed.type = ValueType::uint16;
      return parsed;
    }
  }
  return failed(text, "is no object of S7comm");
}

ParsedObject parse_block(std::string_view text, Words words) {
  ParsedObject parsed;
  parsed.object.space = kBlock;
  parsed.object.last = Object::kAll;
  if (words.done()) return failed(text, "names no type of block: write block OB, block DB1, block FC 1-20");
  for (uint32_t type : {11u, 13u, 15u, 8u, 10u, 12u, 14u}) {  // SDB, SFC, SFB before DB, FC, FB
    if (words.take(block_letters(type))) {
      parsed.object.container = type;
      break;
    }
  }
  if (parsed.object.container == 0) {
    const auto type = words.number();
    if (!type || *type > 0xff || !words.take(":")) return failed(text, "names no type of block");
    parsed.object.container = static_cast<uint32_t>(*type);
  }
  if (!words.done() && (!read_range(words, parsed.object) || !words.done())) return failed(text, "names no block");
  return parsed;
}

ParsedObject parse_szl(std::string_view text, Words words) {
  ParsedObject parsed;
  parsed.object.space = kSzl;
  parsed.object.last = Object::kAll;
  if (words.done()) return parsed;
  const auto id = words.number();
  if (!id || *id > 0xffff) return failed(text, "names no system status list");
  parsed.object.first = *id << 16;
  parsed.object.last = *id << 16 | 0xffff;
  if (words.done()) return parsed;
  const auto index = words.take("index") ? words.number() : std::nullopt;
  if (!index || *index > 0xffff || !words.done()) return failed(text, "names no index of a system status list");
  parsed.object.first |= *index;
  parsed.object.last = parsed.object.first;
  return parsed;
}

ParsedObject parse_nck(std::string_view text, Words words) {
  ParsedObject parsed;
  parsed.object.space = kNck;
  parsed.object.last = Object::kAll;
  constexpr uint64_t kMissing = ~uint64_t{0};
  const uint64_t area = words.take("area") ? words.number().value_or(kMissing) : kMissing;
  const uint64_t unit = words.take("unit") ? words.number().value_or(kMissing) : kMissing;
  const uint64_t module = words.take("module") ? words.number().value_or(kMissing) : kMissing;
  if (area > 7 || unit > 31 || module > 0xff) return failed(text, "names no area of an NCK");
  parsed.object.container = static_cast<uint32_t>((area << 5 | unit) << 8 | module);
  if (words.done()) return parsed;
  const auto column = words.take("column") ? words.number() : std::nullopt;
  Object lines;
  if (!column || *column > 0xffff || !words.take("line") || !read_range(words, lines) || lines.first > 0xffff ||
      !words.done()) {
    return failed(text, "names no column and line of an NCK");
  }
  parsed.object.first = *column << 16 | lines.first;
  parsed.object.last = parsed.object.first + (lines.last - lines.first);
  return parsed;
}

/// parse_contained reads `area 1 0-15`, `drive 1 65536`, `rack 0 slot 2`.
ParsedObject parse_contained(std::string_view text, Words words, uint8_t space, std::string_view between) {
  ParsedObject parsed;
  parsed.object.space = space;
  parsed.object.last = Object::kAll;
  const auto container = words.number();
  if (!container) return failed(text, "lacks a number");
  parsed.object.container = static_cast<uint32_t>(*container);
  if (words.done()) return parsed;
  if (!words.take(between) || !read_range(words, parsed.object) || !words.done()) {
    return failed(text, "ends in something that is no number or range");
  }
  return parsed;
}

}  // namespace

ParsedObject parse_object(std::string_view text) {
  text = trim(text);
  Words words(text);
  if (words.take_word("block")) return parse_block(text, words);
  if (words.take_word("szl")) return parse_szl(text, words);
  if (words.take_word("nck")) return parse_nck(text, words);
  if (words.take_word("area")) return parse_contained(text, words, kArea, "");
  if (words.take_word("drive")) return parse_contained(text, words, kDrive, "");
  if (words.take_word("rack")) return parse_contained(text, words, kSlot, "slot");
  for (const uint8_t space : {kSymbol, kTsap, kFile, kService}) {
    if (!words.take_word(spaces()[space].name)) continue;
    ParsedObject parsed;
    parsed.object.space = space;
    parsed.object.last = Object::kAll;
    parsed.object.name = words.rest();
    return parsed;
  }
  for (const uint8_t space : {kIecTimer, kIecCounter, kConnection, kSyntax}) {
    if (words.take_word(spaces()[space].name)) return parse_space_object(lower(text), spaces());
  }
  if (words.take("DB")) return parse_data_block(text, words, kDb);
  if (words.take("DI")) return parse_data_block(text, words, kDi);
  return parse_letters(text);
}

}  // namespace rampart::protocols::s7comm
