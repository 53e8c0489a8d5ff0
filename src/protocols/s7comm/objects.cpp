#include "protocols/s7comm/objects.h"

#include <array>

#include "base/text.h"

namespace rampart::protocols::s7comm {
namespace {

constexpr std::array<Space, kSpaceCount> kSpaces = {{
    {"DB", 1, true},      {"DI", 1, true},     {"M", 1, true},           {"I", 1, true},
    {"Q", 1, true},       {"L", 1, true},      {"V", 1, true},           {"P", 1, true},
    {"SM", 1, true},      {"AI", 1, true},     {"AQ", 1, true},          {"SYS", 1, true},
    {"T", 0, false},      {"C", 0, false},     {"iec-timer", 0, false},  {"iec-counter", 0, false},
    {"area", 0, false},   {"block", 0, false}, {"szl", 0, false},        {"nck", 0, false},
    {"drive", 0, false},  {"slot", 0, false},  {"connection", 0, false}, {"syntax", 0, false},
    {"symbol", 0, false}, {"tsap", 0, false},  {"file", 0, false},       {"service", 0, false},
}};

void append_byte_and_bit(std::string& out, uint64_t address) {
  append_number(out, address / 8);
  out += '.';
  append_number(out, address % 8);
}

/// append_range writes `4`, `4-19`.
void append_range(std::string& out, uint64_t first, uint64_t last) {
  append_number(out, first);
  if (last == first) return;
  out += '-';
  append_number(out, last);
}

void append_hexadecimal(std::string& out, uint64_t value) {
  out += "0x";
  const uint8_t octets[] = {static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
  append_hex(out, octets);
}

void append_memory(std::string& out, const Object& object) {
  const std::string_view letters = kSpaces[object.space].name;
  const bool in_block = object.space == kDb || object.space == kDi;
  out += letters;
  if (in_block) append_number(out, object.container);
  if (object.first == 0 && object.last == Object::kAll) return;
  if (in_block) {
    out += '.';
    out += letters;
  }
  const uint64_t bits = object.last - object.first + 1;
  if (object.last == Object::kAll || object.first % 8 != 0 || bits % 8 != 0) {
    if (in_block) out += 'X';
    append_byte_and_bit(out, object.first);
    if (object.last == object.first) return;
    out += '-';
    append_byte_and_bit(out, object.last);
    return;
  }
  if (bits == 16 || bits == 32) {
    out += bits == 16 ? 'W' : 'D';
    append_number(out, object.first / 8);
    return;
  }
  out += 'B';
  append_range(out, object.first / 8, object.last / 8);
}

void append_szl(std::string& out, const Object& object) {
  out += "szl";
  if (object.last == Object::kAll) return;
  out += ' ';
  append_hexadecimal(out, object.first >> 16);
  if (object.last != object.first) return;
  out += " index ";
  append_hexadecimal(out, object.first & 0xffff);
}

void append_nck(std::string& out, const Object& object) {
  const uint32_t area_and_unit = object.container >> 8;
  out += "nck area ";
  append_number(out, area_and_unit >> 5);
  out += " unit ";
  append_number(out, area_and_unit & 0x1f);
  out += " module ";
  append_number(out, object.container & 0xff);
  if (object.last == Object::kAll) return;
  out += " column ";
  append_number(out, object.first >> 16);
  out += " line ";
  append_range(out, object.first & 0xffff, object.last - object.first + (object.first & 0xffff));
}

/// append_contained writes spaces that are a container and a range: `drive 1 65536`.
void append_contained(std::string& out, std::string_view word, const Object& object) {
  out += word;
  out += ' ';
  append_number(out, object.container);
  if (object.last == Object::kAll) return;
  out += ' ';
  append_range(out, object.first, object.last);
}

void append_block(std::string& out, const Object& object) {
  out += "block";
  if (object.container == 0) return;
  out += ' ';
  const std::string_view letters = block_letters(object.container);
  if (letters.empty()) {
    append_number(out, object.container);
    out += ':';
  }
  out += letters;
  if (object.last == Object::kAll) return;
  append_range(out, object.first, object.last);
}

}  // namespace

std::span<const Space> spaces() { return kSpaces; }

std::string_view block_letters(uint32_t type) {
  constexpr std::array<std::string_view, 8> kLetters = {"OB", "", "DB", "SDB", "FC", "SFC", "FB", "SFB"};
  return type >= 8 && type <= 15 ? kLetters[type - 8] : std::string_view{};
}

void append_object(std::string& out, const Object& object) {
  if (object.space >= kSpaceCount) {
    out += object.name;
    return;
  }
  if (kSpaces[object.space].memory) return append_memory(out, object);
  if (object.space >= kFirstNamed) {
    out += kSpaces[object.space].name;
    if (!object.name.empty()) out += ' ';
    out += object.name;
    return;
  }
  switch (object.space) {
    case kTimer:
    case kCounter:
      out += kSpaces[object.space].name;
      if (object.last != Object::kAll) append_range(out, object.first, object.last);
      return;
    case kBlock:
      return append_block(out, object);
    case kSzl:
      return append_szl(out, object);
    case kNck:
      return append_nck(out, object);
    case kSlot:
      out += "rack ";
      append_number(out, object.container);
      if (object.last == Object::kAll) return;
      out += " slot ";
      return append_range(out, object.first, object.last);
    case kArea:
    case kDrive:
      return append_contained(out, kSpaces[object.space].name, object);
    default:
      return append_space_object(out, object, kSpaces);
  }
}

}  // namespace rampart::protocols::s7comm
