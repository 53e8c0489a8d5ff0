#include "protocols/iec104/objects.h"

#include <algorithm>

#include "base/text.h"

namespace rampart::protocols::iec104 {
namespace {

// In the order of SpaceId. Each information object is one value of its own type.
constexpr Space kSpaces[] = {
    {"ioa", 24, false}, {"station", 0, false}, {"clock", 0, false}, {"parameter", 24, false}, {"file", 40, false}};
constexpr uint64_t kMostAddresses = 0x1000000;
constexpr uint64_t kMostNames = 0x10000;
constexpr std::string_view kFileHint =
    "write file ADDRESS/NAME, as in \"file 30001/1\" or \"file 30001/1-9\"; ADDRESS alone means all its files";

Object begin_object(const Asdu& asdu, SpaceId space) {
  return {.unit = asdu.station,
          .space = static_cast<uint8_t>(space),
          .detail = static_cast<uint16_t>(asdu.type << 8 | asdu.cause_octet()),
          .last = Object::kAll};
}

Object at(Object object, uint64_t number) {
  object.first = object.last = number;
  return object;
}

SpaceId system_space(uint8_t type) {
  if (type == type::kRead) return SpaceId::ioa;
  return type == type::kClock ? SpaceId::clock : SpaceId::station;
}

bool is_file(const Object& object) { return object.space == static_cast<uint8_t>(SpaceId::file); }

ParsedObject parse_file(std::string_view numbers) {
  ParsedObject parsed;
  parsed.object.space = static_cast<uint8_t>(SpaceId::file);
  const size_t slash = numbers.find('/');
  const std::string_view names = slash == std::string_view::npos ? std::string_view() : numbers.substr(slash + 1);
  const size_t dash = names.find('-');
  const auto address = parse_number(numbers.substr(0, slash));
  const bool all = slash == std::string_view::npos;
  const auto first = all ? uint64_t{0} : parse_number(names.substr(0, dash));
  const auto last = all                              ? kMostNames - 1
                    : dash == std::string_view::npos ? first
                                                     : parse_number(names.substr(dash + 1));
  if (!address || *address >= kMostAddresses || !first || !last || *first > *last || *last >= kMostNames) {
    parsed.error = "\"" + std::string(numbers) + "\" is no file";
    parsed.hint = kFileHint;
    return parsed;
  }
  parsed.object.first = file_number(static_cast<uint32_t>(*address), static_cast<uint16_t>(*first));
  parsed.object.last = file_number(static_cast<uint32_t>(*address), static_cast<uint16_t>(*last));
  return parsed;
}

}  // namespace

std::span<const Space> spaces() { return kSpaces; }

Object object_of(const Asdu& asdu, size_t i) {
  const uint32_t address = asdu.address(i);
  switch (kind_of(asdu.type)) {
    case Kind::system: {
      const SpaceId space = system_space(asdu.type);
      const Object object = begin_object(asdu, space);
      return space == SpaceId::ioa ? at(object, address) : object;
    }
    case Kind::parameter:
      return at(begin_object(asdu, SpaceId::parameter), address);
    case Kind::file:
      return at(begin_object(asdu, SpaceId::file),
                file_number(address, static_cast<uint16_t>(load_little<2>(asdu.element(i).data()))));
    case Kind::monitored:
    case Kind::command:
    case Kind::unknown:
    case Kind::authentication:
    case Kind::private_use:
      break;
  }
  if (asdu.type == type::kEndOfInitialization) return begin_object(asdu, SpaceId::station);
  return at(begin_object(asdu, SpaceId::ioa), address);
}

Object all_objects_of(const Asdu& asdu) {
  Object object = object_of(asdu, 0);
  if (asdu.type == type::kEndOfInitialization) return object;
  if (asdu.sequence) {
    object.last = object.first + asdu.count - 1u;
    return object;
  }
  for (size_t i = 1; i < asdu.count; ++i) {
    const uint64_t address = asdu.address(i);
    object.first = std::min(object.first, address);
    object.last = std::max(object.last, address);
  }
  return object;
}

ParsedObject parse_object(std::string_view text) {
  text = trim(text);
  constexpr std::string_view kWord = "file ";
  if (text.starts_with(kWord)) return parse_file(trim(text.substr(kWord.size())));
  ParsedObject parsed = parse_space_object(text, kSpaces);
  if (!parsed.error.empty()) return parsed;
  const bool numbered = kSpaces[parsed.object.space].address_bits > 0;
  const bool all = parsed.object.last == Object::kAll;
  if (!all && (!numbered || parsed.object.last >= kMostAddresses)) {
    parsed.error = "\"" + std::string(text) + "\" is no object of IEC 60870-5-104";
    parsed.hint = numbered ? "addresses of information objects are 0 to 16777215" : "write the word alone";
  }
  return parsed;
}

void append_object(std::string& out, const Object& object) {
  if (!is_file(object) || object.last == Object::kAll) return append_space_object(out, object, kSpaces);
  out += kSpaces[object.space].name;
  out += ' ';
  append_number(out, object.first / kMostNames);
  const uint64_t first = object.first % kMostNames, last = object.last % kMostNames;
  if (first == 0 && last == kMostNames - 1) return;
  out += '/';
  append_number(out, first);
  if (first == last) return;
  out += '-';
  append_number(out, last);
}

}  // namespace rampart::protocols::iec104
