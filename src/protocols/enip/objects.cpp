#include "protocols/enip/objects.h"

#include <array>

#include "base/text.h"

namespace rampart::protocols::enip {
namespace {

constexpr std::array<Space, 5> kSpaces = {
    {{"tag", 0, false}, {"class", 0, false}, {"assembly", 0, false}, {"pccc", 0, false}, {"connection", 0, false}}};
constexpr uint32_t kAssemblyClass = 4;
constexpr std::string_view kHint =
    "write tag Program:Main.Setpoint, tag Levels[0-9], class 1 instance 1 attribute 7, assembly 100, pccc N7:3-9 or "
    "connection 0x00420001";

struct FileType {
  uint8_t code;
  std::string_view letters;
};
// Types of data files as PCCC numbers them (DF1 protocol and command set, 1770-6.5.16).
constexpr std::array<FileType, 13> kFileTypes = {{{0x84, "S"},
                                                  {0x85, "B"},
                                                  {0x86, "T"},
                                                  {0x87, "C"},
                                                  {0x88, "R"},
                                                  {0x89, "N"},
                                                  {0x8a, "F"},
                                                  {0x8b, "O"},
                                                  {0x8c, "I"},
                                                  {0x8d, "ST"},
                                                  {0x8e, "A"},
                                                  {0x8f, "D"},
                                                  {0x91, "L"}}};

char upper(char letter) { return letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter; }

void append_range(std::string& out, uint64_t first, uint64_t last) {
  append_number(out, first);
  if (last == first) return;
  out += '-';
  append_number(out, last);
}

void append_class(std::string& out, const Object& object) {
  const bool assembly = object.container == kAssemblyClass;
  out += assembly ? "assembly" : "class ";
  if (!assembly) append_number(out, object.container);
  if (object.first == 0 && object.last == Object::kAll) return;
  const uint64_t first = object.first >> 16, last = object.last >> 16;
  out += assembly ? " " : " instance ";
  append_range(out, first, last);
  if ((object.first & kAttributeMost) == 0 && (object.last & kAttributeMost) == kAttributeMost) return;
  out += " attribute ";
  append_range(out, object.first & kAttributeMost, object.last & kAttributeMost);
}

void append_pccc(std::string& out, const Object& object) {
  const auto type = static_cast<uint8_t>(object.container >> 16);
  out += "pccc ";
  bool known = false;
  for (const FileType& file : kFileTypes) {
    if (file.code != type) continue;
    out += file.letters;
    known = true;
  }
  if (!known) {
    out += "type ";
    append_number(out, type);
    out += " file ";
  }
  append_number(out, object.container & 0xffff);
  if (object.first == 0 && object.last == Object::kAll) return;
  out += ':';
  const uint32_t words = words_of(type);
  if (words == 1) return append_range(out, object.first, object.last);
  append_number(out, object.first / words);
  if (object.last == object.first) {
    out += '.';
    append_number(out, object.first % words);
  } else if (object.last / words != object.first / words) {
    out += '-';
    append_number(out, object.last / words);
  }
}

ParsedObject failed(std::string_view text, std::string_view why) {
  ParsedObject parsed;
  parsed.error = "\"" + std::string(text) + "\" " + std::string(why);
  parsed.hint = kHint;
  return parsed;
}

/// Words reads a text from the left, blind to the case of words and to blanks.
class Words {
 public:
  explicit Words(std::string_view text) : left_(trim(text)) {}

  bool take(std::string_view word) {
    if (left_.size() < word.size()) return false;
    for (size_t i = 0; i < word.size(); ++i) {
      if (upper(left_[i]) != upper(word[i])) return false;
    }
    const bool whole = left_.size() == word.size() || left_[word.size()] == ' ' || word.back() == ':';
    if (whole) left_ = trim(left_.substr(word.size()));
    return whole;
  }
  bool number(uint64_t most, uint64_t& value) {
    size_t size = 0;
    while (size < left_.size() && left_[size] != ' ' && left_[size] != '-' && left_[size] != '.' &&
           left_[size] != ':') {
      ++size;
    }
    const auto read = parse_number(left_.substr(0, size));
    if (!read || *read > most) return false;
    value = *read;
    left_ = trim(left_.substr(size));
    return true;
  }
  bool range(uint64_t most, uint64_t& first, uint64_t& last) {
    if (!number(most, first)) return false;
    last = first;
    if (left_.empty() || left_[0] != '-') return true;
    left_ = trim(left_.substr(1));
    return number(most, last) && first <= last;
  }
  std::string_view rest() const { return left_; }
  bool done() const { return left_.empty(); }

 private:
  std::string_view left_;
};

constexpr uint64_t kMost32 = 0xffffffff;

/// parse_tag reads `Program:Main.Levels[0-9]`: a last index, or range of indexes, names elements.
ParsedObject parse_tag(std::string_view text) {
  ParsedObject parsed;
  parsed.object.space = space::kTag;
  parsed.object.last = Object::kAll;
  if (text.empty()) return parsed;
  parsed.object.name = text;
  const size_t open = text.back() == ']' ? text.rfind('[') : std::string_view::npos;
  if (open == std::string_view::npos) return parsed;
  const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  if (inside.find(',') != std::string_view::npos) return parsed;  // of several dimensions: part of the name
  Words words(inside);
  uint64_t first = 0, last = 0;
  if (open == 0 || !words.range(kMost32, first, last) || !words.done()) {
    return failed(text, "has no index between its brackets");
  }
  parsed.object.name = text.substr(0, open);
  parsed.object.first = first;
  parsed.object.last = last;
  return parsed;
}

bool read_instances(Words& words, Object& object) {
  uint64_t first = 0, last = 0;
  if (!words.range(kMost32, first, last)) return false;
  object.first = first << 16;
  object.last = last << 16 | kAttributeMost;
  if (words.done()) return true;
  if (!words.take("attribute") || first != last) return false;
  uint64_t from = 0, to = 0;
  if (!words.range(kAttributeMost, from, to) || !words.done()) return false;
  object.first = first << 16 | from;
  object.last = first << 16 | to;
  return true;
}

bool read_class(Words& words, Object& object) {
  object.space = space::kClass;
  object.container = kAssemblyClass;
  object.last = Object::kAll;
  if (words.take("assembly")) return words.done() || read_instances(words, object);
  uint64_t number = 0;
  if (!words.take("class") || !words.number(kMost32, number)) return false;
  object.container = static_cast<uint32_t>(number);
  return words.done() || (words.take("instance") && read_instances(words, object));
}

/// parse_class reads `class 4 instance 100 attribute 3`, perhaps behind what holds it.
ParsedObject parse_class(std::string_view text) {
  ParsedObject parsed;
  const size_t holds = text.rfind(kHolds);
  if (holds != std::string_view::npos) {
    const std::string_view holder = text.substr(0, holds);
    const ParsedObject holding = parse_object(holder);
    if (!holding.error.empty()) return failed(text, "is held by nothing that is known here");
    std::string written;
    append_object(written, holding.object);
    // Names are compared letter by letter: a holder has one form only.
    if (written != holder) return failed(text, "has to name its holder as \"" + written + "\"");
    parsed.object.name = holder;
    text = text.substr(holds + kHolds.size());
  }
  Words words(text);
  if (!read_class(words, parsed.object)) return failed(text, "is no object of a class");
  return parsed;
}

ParsedObject parse_pccc(std::string_view text) {
  ParsedObject parsed;
  parsed.object.space = space::kPccc;
  uint64_t type = 0, file = 0, first = 0, last = 0;
  Words words(text);
  if (words.take("type")) {
    if (!words.number(0xff, type) || !words.take("file")) return failed(text, "is no file of PCCC");
  } else {
    size_t letters = 0;
    while (letters < text.size() && upper(text[letters]) >= 'A' && upper(text[letters]) <= 'Z') ++letters;
    for (const FileType& known : kFileTypes) {
      bool same = known.letters.size() == letters;
      for (size_t i = 0; same && i < letters; ++i) same = upper(text[i]) == known.letters[i];
      if (same) type = known.code;
    }
    if (type == 0) return failed(text, "is no file of PCCC");
    words = Words(text.substr(letters));
  }
  if (!words.number(0xffff, file)) return failed(text, "names no file by its number");
  parsed.object.container = static_cast<uint32_t>(type << 16 | file);
  parsed.object.last = Object::kAll;
  if (words.done()) return parsed;
  const uint32_t each = words_of(static_cast<uint8_t>(type));
  if (!words.take(":") || !words.range(0xffff, first, last)) return failed(text, "has no element behind its colon");
  parsed.object.first = first * each;
  parsed.object.last = last * each + each - 1;
  uint64_t word = 0;
  if (!words.done() && each > 1 && first == last && words.rest()[0] == '.') {
    words = Words(words.rest().substr(1));
    if (!words.number(each - 1, word)) return failed(text, "names no word of its element");
    parsed.object.first = parsed.object.last = first * each + word;
  }
  if (!words.done()) return failed(text, "is no element of a file of PCCC");
  return parsed;
}

}  // namespace

std::span<const Space> spaces() { return kSpaces; }

Object class_object(uint32_t number, uint32_t instance) {
  return class_object(number, instance, 0, static_cast<uint16_t>(kAttributeMost));
}

Object class_object(uint32_t number, uint32_t instance, uint16_t first_attribute, uint16_t last_attribute) {
  return {.space = space::kClass,
          .container = number,
          .first = uint64_t{instance} << 16 | first_attribute,
          .last = uint64_t{instance} << 16 | last_attribute};
}

uint32_t words_of(uint8_t file_type) { return file_type >= 0x86 && file_type <= 0x88 ? 3 : 1; }

ParsedObject parse_object(std::string_view text) {
  text = trim(text);
  Words words(text);
  // A tag's name may hold anything; " / " is that of something held only where a class stands behind it.
  const size_t holds = text.rfind(kHolds);
  if (holds != std::string_view::npos) {
    Words held(text.substr(holds + kHolds.size()));
    if (held.take("class") || held.take("assembly")) return parse_class(text);
  }
  if (words.take("tag")) return parse_tag(words.rest());
  if (words.take("pccc")) return parse_pccc(words.rest());
  if (words.take("connection")) {
    ParsedObject parsed;
    parsed.object.space = space::kConnection;
    parsed.object.last = Object::kAll;
    if (words.done()) return parsed;
    if (!words.range(kMost32, parsed.object.first, parsed.object.last) || !words.done()) {
      return failed(text, "names no connection by its identifier");
    }
    return parsed;
  }
  if (words.take("class") || words.take("assembly")) return parse_class(text);
  return failed(text, "is no object of CIP");
}

void append_object(std::string& out, const Object& object) {
  switch (object.space) {
    case space::kTag:
      out += "tag";
      if (object.name.empty()) return;
      out += ' ';
      out += object.name;
      if (object.first == 0 && object.last == Object::kAll) return;
      out += '[';
      append_range(out, object.first, object.last);
      out += ']';
      return;
    case space::kClass:
      if (!object.name.empty()) {
        out += object.name;
        out += kHolds;
      }
      return append_class(out, object);
    case space::kPccc:
      return append_pccc(out, object);
    case space::kConnection:
      out += "connection";
      if (object.first == 0 && object.last == Object::kAll) return;
      out += ' ';
      return append_range(out, object.first, object.last);
    default:
      out += object.name;
  }
}

}  // namespace rampart::protocols::enip
