// Types of tags' values: CIP volume 1, appendix C-6.1, and 1756-PM020.
#include "protocols/enip/decoder.h"

namespace rampart::protocols::enip {
namespace {

struct Type {
  ValueType type = ValueType::octets;
  size_t octets = 0;  // 0: no fixed width
};

Type type_of(uint16_t code) {
  // A single bit of a larger value has the number of the bit in the upper octet.
  switch ((code & 0xff) == 0xc1 ? 0xc1 : code) {
    case 0xc1:
      return {ValueType::bit, 1};
    case 0xc2:
      return {ValueType::int8, 1};
    case 0xc3:
      return {ValueType::int16, 2};
    case 0xc4:
    case 0xdb:  // time, in milliseconds
      return {ValueType::int32, 4};
    case 0xc5:
      return {ValueType::int64, 8};
    case 0xc6:
    case 0xd1:
      return {ValueType::uint8, 1};
    case 0xc7:
    case 0xd2:
      return {ValueType::uint16, 2};
    case 0xc8:
    case 0xd3:
      return {ValueType::uint32, 4};
    case 0xc9:
    case 0xd4:
      return {ValueType::uint64, 8};
    case 0xca:
      return {ValueType::float32, 4};
    case 0xcb:
      return {ValueType::float64, 8};
    default:
      return {};
  }
}

}  // namespace

size_t width_of(uint16_t type) { return type_of(type).octets; }

Values tag_values(uint16_t code, Bytes data) {
  constexpr uint16_t kString = 0xd0, kShortString = 0xda;
  if (data.empty()) return {};
  const size_t head = code == kString ? 2 : 1;
  if ((code == kString || code == kShortString) && data.size() >= head) {
    const size_t size = code == kString ? static_cast<size_t>(load_little<2>(data.data())) : data[0];
    if (size > 0 && size <= data.size() - head) return Values::one(ValueType::text, data.subspan(head, size));
    return Values::one(ValueType::octets, data);
  }
  const Type type = type_of(code);
  if (type.octets == 0 || data.size() < type.octets) return Values::one(ValueType::octets, data);
  if (type.type != ValueType::bit) return Values::numbers(type.type, data, true);
  return {.type = ValueType::bit, .stride_bits = 8, .count = static_cast<uint32_t>(data.size()), .data = data};
}

}  // namespace rampart::protocols::enip
