#include "protocols/s7comm/items.h"

#include <algorithm>
#include <charconv>

#include "protocols/s7comm/names.h"
#include "protocols/s7comm/objects.h"

namespace rampart::protocols::s7comm {
namespace {

constexpr uint8_t kVariableSpecification = 0x12;

enum Syntax : uint8_t {
  kS7Any = 0x10,
  kPbcId = 0x13,
  kNckAny = 0x82,
  kNckMetric = 0x83,
  kNckInch = 0x84,
  kDriveAny = 0xa2,
  kDbRead = 0xb0,
  kSymbolic = 0xb2,
};

struct Width {
  ValueType type;
  uint8_t octets;  // 0: bits
};

/// width_of: transport sizes of S7ANY.
Width width_of(uint8_t transport) {
  switch (transport) {
    case 1:
      return {ValueType::bit, 0};
    case 2:  // BYTE
      return {ValueType::uint8, 1};
    case 3:  // CHAR
      return {ValueType::text, 1};
    case 4:   // WORD
    case 9:   // DATE: days since 1990-01-01
    case 12:  // S5TIME: two bits of time base, three digits
    case 28:  // COUNTER
    case 29:  // TIMER
      return {ValueType::uint16, 2};
    case 5:  // INT
      return {ValueType::int16, 2};
    case 6:   // DWORD
    case 10:  // TIME OF DAY: milliseconds since midnight
      return {ValueType::uint32, 4};
    case 7:   // DINT
    case 11:  // TIME: milliseconds
      return {ValueType::int32, 4};
    case 8:
      return {ValueType::float32, 4};
    case 15:  // DATE AND TIME: eight octets of decimal digits
      return {ValueType::octets, 8};
    default:
      return {ValueType::octets, 1};
  }
}

/// space_of: area codes of S7ANY; kArea for those we do not know.
uint8_t space_of(uint8_t area) {
  switch (area) {
    case 0x03:
      return kSystem;
    case 0x05:
      return kSpecial;
    case 0x06:
      return kAnalogInput;
    case 0x07:
      return kAnalogOutput;
    case 0x1c:
      return kCounter;
    case 0x1d:
      return kTimer;
    case 0x1e:
      return kIecCounter;
    case 0x1f:
      return kIecTimer;
    case 0x80:
      return kPeripheral;
    case 0x81:
      return kInput;
    case 0x82:
      return kOutput;
    case 0x83:
      return kMemory;
    case 0x84:
      return kDb;
    case 0x85:
      return kDi;
    case 0x86:
      return kLocal;
    case 0x87:
      return kPrevious;
    default:
      return kArea;
  }
}

void set_bits(Object& object, uint64_t first, uint64_t bits) {
  object.first = first;
  object.last = first + std::max<uint64_t>(bits, 1) - 1;
}

void read_s7_any(ByteReader& address, Item& item) {
  const uint8_t transport = address.u8();
  const uint16_t count = address.u16();
  const uint16_t block = address.u16();
  const uint8_t area = address.u8();
  const uint32_t start = address.u24();
  const Width width = width_of(transport);
  item.type = width.type;
  item.element_octets = width.octets;
  item.count = count;
  item.octets = width.octets == 0 ? (count + 7u) / 8 : uint32_t{width.octets} * count;
  item.object.detail = transport;
  item.object.space = space_of(area);
  switch (item.object.space) {
    case kTimer:
    case kCounter:
    case kIecTimer:
    case kIecCounter:
      set_bits(item.object, start, count);  // numbers, not bits
      return;
    case kArea:
      item.object.container = uint32_t{block} << 8 | area;
      break;
    case kDb:
    case kDi:
      item.object.container = block;
      break;
    default:
      break;
  }
  set_bits(item.object, start, width.octets == 0 ? uint64_t{count} : uint64_t{item.octets} * 8);
}

void read_nck(ByteReader& address, Item& item) {
  const uint8_t area_and_unit = address.u8();
  const uint16_t column = address.u16();
  const uint16_t line = address.u16();
  const uint8_t module = address.u8();
  const uint8_t lines = address.u8();
  item.object.space = kNck;
  item.object.container = static_cast<uint32_t>(area_and_unit) << 8 | module;
  set_bits(item.object, uint64_t{column} << 16 | line, lines);
}

void read_drive(ByteReader& address, Item& item) {
  address.skip(1);
  const uint16_t device = address.u16();
  address.skip(2);
  const uint16_t parameter = address.u16();
  const uint16_t index = address.u16();
  item.object.space = kDrive;
  item.object.container = device;
  set_bits(item.object, uint64_t{parameter} << 16 | index, 1);
}

}  // namespace

Values values_of(const Item& item, Bytes data) {
  if (data.empty()) return {};
  if (item.type == ValueType::bit) {
    // One octet for each bit is how some devices pack several.
    if (item.count > 1 && data.size() == item.count) {
      return {.type = ValueType::bit, .stride_bits = 8, .count = item.count, .data = data};
    }
    return Values::packed_bits(data, static_cast<uint32_t>(std::min<uint64_t>(item.count, data.size() * 8)));
  }
  if (item.type == ValueType::text) return Values::one(ValueType::text, data);
  if (item.type == ValueType::octets || item.element_octets == 0 || data.size() % item.element_octets != 0) {
    if (item.element_octets > 1 && data.size() % item.element_octets == 0) {
      return {.type = ValueType::octets,
              .stride_bits = item.element_octets * 8,
              .element_octets = item.element_octets,
              .count = static_cast<uint32_t>(data.size() / item.element_octets),
              .data = data};
    }
    return Values::one(ValueType::octets, data);
  }
  return Values::numbers(item.type, data);
}

bool SpecificationReader::next(Item& item) {
  if (areas_left_ > 0) return next_area(item);
  if (left_ == 0 || !ok_) return false;
  --left_;
  const uint8_t introduction = reader_.u8();
  const uint8_t length = reader_.u8();
  ByteReader address = reader_.sub(length);
  if (!reader_.ok() || length == 0) {
    ok_ = false;
    return false;
  }
  if (introduction != kVariableSpecification) departs_ = true;
  // Specifications begin at even places; the octet in between is zero.
  if (length % 2 != 0 && left_ > 0 && reader_.left() > 0 && reader_.peek() == 0) reader_.skip(1);
  if (address.peek() == kDbRead && length >= 2) {
    address.skip(1);
    areas_left_ = address.u8();
    areas_ = address;
    if (areas_left_ > 0) return next_area(item);
  }
  item = Item{};
  read_address(address, item);
  return true;
}

bool SpecificationReader::next_area(Item& item) {
  --areas_left_;
  item = Item{};
  item.in_group = true;
  item.ends_message_item = areas_left_ == 0;
  item.type = ValueType::uint8;
  item.count = areas_.u8();
  item.octets = item.count;
  item.object.space = kDb;
  item.object.detail = 2;
  item.object.container = areas_.u16();
  const uint16_t start = areas_.u16();
  set_bits(item.object, uint64_t{start} * 8, uint64_t{item.count} * 8);
  if (areas_.ok()) return true;
  ok_ = false;
  areas_left_ = 0;
  return false;
}

void SpecificationReader::read_address(ByteReader address, Item& item) {
  const uint8_t syntax = address.u8();
  switch (syntax) {
    case kS7Any:
      read_s7_any(address, item);
      break;
    case kNckAny:
    case kNckMetric:
    case kNckInch:
      read_nck(address, item);
      break;
    case kDriveAny:
      read_drive(address, item);
      break;
    case kSymbolic:
      read_symbol(address, item);
      break;
    case kPbcId:
      item.object.space = kConnection;
      set_bits(item.object, address.u32(), 1);
      break;
    default:
      address.fail();
      break;
  }
  if (address.ok()) return;
  item = Item{};
  item.object.space = kSyntax;
  item.object.first = item.object.last = syntax;
}

void SpecificationReader::read_symbol(ByteReader& address, Item& item) {
  address.skip(1);
  const uint16_t root = address.u16();
  const uint16_t number = address.u16();
  const uint32_t checksum = address.u32();
  char* at = name_.data();
  char* const end = name_.data() + name_.size() - 16;  // room for one number more
  const auto letters = [&](std::string_view text) { at = std::copy(text.begin(), text.end(), at); };
  const auto digits = [&](uint32_t value, int base) {
    at = std::to_chars(at, name_.data() + name_.size(), value, base).ptr;
  };
  constexpr std::array<std::string_view, 5> kRoots = {"I", "Q", "M", "C", "T"};  // 0x50 to 0x54
  if (root == 0x8a0e) {
    letters("DB");
    digits(number, 10);
  } else if (root == 0 && number >= 0x50 && number <= 0x54) {
    letters(kRoots[number - 0x50u]);
  } else {
    digits(root, 10);
    letters(":");
    digits(number, 10);
  }
  while (address.left() >= 4) {
    const uint32_t identifier = address.u32() & 0x0fffffff;  // the first four bits say how to read it
    if (at >= end - 12) {
      address.fail();
      break;
    }
    letters(".");
    digits(identifier, 10);
  }
  letters(" ");
  digits(checksum, 16);
  item.object.space = kSymbol;
  item.object.last = Object::kAll;
  item.object.name = {name_.data(), static_cast<size_t>(at - name_.data())};
}

bool StatusReader::next(Item& item) {
  if (left_ == 0) return false;
  --left_;
  const uint8_t area = reader_.u8();
  const uint8_t repeat = reader_.u8();  // or the number of a bit
  const uint16_t block = reader_.u16();
  const uint16_t start = reader_.u16();
  if (!reader_.ok()) return false;
  item = Item{};
  constexpr std::array<uint8_t, 8> kSpaces = {kMemory, kInput, kOutput, kPeripheral, kArea, kTimer, kCounter, kDb};
  constexpr std::array<Width, 4> kWidths = {Width{ValueType::bit, 0}, Width{ValueType::uint8, 1},
                                            Width{ValueType::uint16, 2}, Width{ValueType::uint32, 4}};
  item.object.space = area >> 4 < 8 ? kSpaces[area >> 4] : static_cast<uint8_t>(kArea);
  item.object.detail = area;
  if (item.object.space == kTimer || item.object.space == kCounter) {
    item.type = ValueType::uint16;
    item.element_octets = 2;
    item.count = repeat;
    item.octets = 2u * repeat;
    set_bits(item.object, start, repeat);
    return true;
  }
  if (item.object.space == kDb) item.object.container = block;
  if (item.object.space == kArea) item.object.container = static_cast<uint32_t>(block) << 8 | area;
  const Width width = kWidths[area & 3];
  item.type = width.type;
  item.element_octets = width.octets;
  item.count = width.octets == 0 ? 1 : repeat;
  item.octets = width.octets == 0 ? 1 : uint32_t{width.octets} * repeat;
  if (width.octets == 0) {
    set_bits(item.object, uint64_t{start} * 8 + repeat, 1);
  } else {
    set_bits(item.object, uint64_t{start} * 8, uint64_t{item.octets} * 8);
  }
  return true;
}

bool read_data_item(ByteReader& reader, bool last, DataItem& item) {
  item = DataItem{};
  item.code = reader.u8();
  item.transport = reader.u8();
  const uint16_t length = reader.u16();
  if (!reader.ok()) return false;
  // Only BIT, BYTE/WORD/DWORD and INTEGER count bits; all others count octets. NULL carries nothing.
  size_t octets = length;
  if (item.transport >= 3 && item.transport <= 5) octets = (length + 7u) / 8;
  if (item.transport == 0 && item.code != 0) octets = 0;
  item.data = reader.bytes(octets);
  if (!last && octets % 2 != 0) reader.skip(1);
  return reader.ok();
}

Values values_of_transport(const DataItem& item) {
  if (item.data.empty()) return {};
  if (item.transport == 3) return Values::packed_bits(item.data, 1);
  if (item.transport == 7 && item.data.size() % 4 == 0) return Values::numbers(ValueType::float32, item.data);
  return Values::one(ValueType::octets, item.data);
}

}  // namespace rampart::protocols::s7comm
