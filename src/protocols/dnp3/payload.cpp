#include "protocols/dnp3/payload.h"

#include <algorithm>

namespace rampart::protocols::dnp3 {
namespace {

/// named is the text that an offset and a size inside an object point at; none where they point outside.
std::optional<std::string_view> named(Bytes object, size_t offset, size_t size) {
  if (offset > object.size() || size > object.size() - offset) return {};
  return as_text(object.subspan(offset, size));
}

Values whole(ValueType type, Bytes data) {
  if (data.empty()) return {};
  Values values = Values::one(type, data);
  values.little_endian = true;
  return values;
}

void set_name(Item& item, Payload& payload, size_t offset, size_t size) {
  if (const auto name = named(item.payload, offset, size)) {
    item.object.name = *name;
  } else {
    payload.malformed = true;
  }
}

Payload read_file(Item& item) {
  Payload payload;
  ByteReader reader(item.payload);
  switch (item.variation) {
    case 2:  // user name, password, key: known to be there, never read
      return payload;
    case 3: {
      const size_t offset = reader.u16_little();
      const size_t size = reader.u16_little();
      reader.skip(20);  // time of creation, permissions, key, size, mode, block size
      payload.file_request = reader.u16_little();
      set_name(item, payload, offset, size);
      break;
    }
    case 4:
      payload.file_handle = reader.u32_little();
      reader.skip(6);  // size, block size
      payload.file_request = reader.u16_little();
      payload.file_status = reader.u8();
      break;
    case 5:
      payload.file_handle = reader.u32_little();
      reader.skip(4);  // block number
      item.values = whole(ValueType::octets, reader.rest());
      break;
    case 6:
      payload.file_handle = reader.u32_little();
      reader.skip(4);
      payload.file_status = reader.u8();
      break;
    case 7: {
      const size_t offset = reader.u16_little();
      const size_t size = reader.u16_little();
      reader.skip(14);  // type, size, time of creation, permissions
      payload.file_request = reader.u16_little();
      set_name(item, payload, offset, size);
      break;
    }
    case 8:
      item.object.name = as_text(item.payload);
      break;
    default:
      item.values = whole(ValueType::octets, item.payload);
      break;
  }
  payload.malformed |= !reader.ok();
  return payload;
}

ValueType integer_type(size_t octets, bool is_signed) {
  switch (octets) {
    case 1:
      return is_signed ? ValueType::int8 : ValueType::uint8;
    case 2:
      return is_signed ? ValueType::int16 : ValueType::uint16;
    case 4:
      return is_signed ? ValueType::int32 : ValueType::uint32;
    case 8:
      return is_signed ? ValueType::int64 : ValueType::uint64;
    default:
      return ValueType::octets;
  }
}

ValueType attribute_type(uint8_t code, size_t octets) {
  switch (code) {
    case 1:
      return ValueType::text;
    case 2:
      return integer_type(octets, false);
    case 3:
      return integer_type(octets, true);
    case 4:
      if (octets == 4) return ValueType::float32;
      return octets == 8 ? ValueType::float64 : ValueType::octets;
    case 7:
      return octets == 6 ? ValueType::time : ValueType::octets;
    default:
      return ValueType::octets;
  }
}

/// Known: which of the standard's attributes (group 0, set 0) say what a device is. Source: IEEE 1815-2012 annex A.
struct Known {
  uint8_t variation = 0;
  Attribute::Kind kind{};
  std::string_view source{};
};
constexpr Known kKnown[] = {
    {197, Attribute::Kind::version, "g0v197"},  // of the configuration
    {208, Attribute::Kind::name, "g0v208"},     // of the system
    {242, Attribute::Kind::firmware, "g0v242"}, {243, Attribute::Kind::hardware, "g0v243"},
    {245, Attribute::Kind::location, "g0v245"}, {246, Attribute::Kind::name, "g0v246"},  // identifier by its user
    {247, Attribute::Kind::name, "g0v247"},     {248, Attribute::Kind::serial, "g0v248"},
    {249, Attribute::Kind::version, "g0v249"},  // DNP3 subset and conformance
    {250, Attribute::Kind::model, "g0v250"},    {252, Attribute::Kind::vendor, "g0v252"},
};

const Known* known_attribute(uint8_t variation) {
  for (const Known& known : kKnown) {
    if (known.variation == variation) return &known;
  }
  return nullptr;
}

Payload read_attribute(Item& item) {
  Payload payload;
  if (item.payload.size() < 2) {
    payload.malformed = true;
    return payload;
  }
  const Bytes data = item.payload.subspan(2);
  item.values = whole(attribute_type(item.payload[0], data.size()), data);
  const Known* known = known_attribute(item.variation);
  // Only the standard's own set (0) has these meanings.
  if (known != nullptr && item.object.container == 0 && item.values.type == ValueType::text) {
    payload.attribute =
        Attribute{.kind = known->kind, .unit = item.object.unit, .text = as_text(data), .source = known->source};
  }
  return payload;
}

Payload read_security(const Item& item) {
  Payload payload;
  if (item.variation != 7) return payload;
  ByteReader reader(item.payload);
  reader.skip(8);  // sequence number, user, association
  payload.security_error = reader.u8();
  payload.malformed = !reader.ok();
  return payload;
}

}  // namespace

Payload read_payload(Item& item) {
  switch (item.group) {
    case group::kAttribute:
      return read_attribute(item);
    case group::kFile:
      return read_file(item);
    case group::kAuthentication:
      return read_security(item);
    case 90:
      item.object.name = as_text(item.payload);
      return {};
    default:
      item.values = whole(ValueType::octets, item.payload);
      return {};
  }
}

std::string_view security_error_name(uint8_t code) {
  static constexpr std::string_view kNames[] = {"authentication-failed",
                                                "unexpected-response",
                                                "no-response",
                                                "aggressive-mode-not-supported",
                                                "mac-algorithm-not-supported",
                                                "key-wrap-algorithm-not-supported",
                                                "authorization-failed",
                                                "update-key-change-not-permitted",
                                                "invalid-signature",
                                                "invalid-certification-data",
                                                "unknown-user",
                                                "too-many-key-status-requests"};
  return code >= 1 && code <= std::size(kNames) ? kNames[code - 1] : std::string_view("reserved-error");
}

void FileNames::opening(uint32_t unit, uint16_t request, std::string_view name) {
  if (name.size() > kNameOctets) return;
  File& file = files_[next_++ % kFiles];
  file.unit = unit;
  file.handle = 0;
  file.request = request;
  file.size = static_cast<uint8_t>(name.size());
  std::copy(name.begin(), name.end(), file.name.begin());
}

void FileNames::opened(uint32_t unit, uint16_t request, uint32_t handle) {
  for (File& file : files_) {
    if (file.unit == unit && file.handle == handle) file.unit = Object::kNoUnit;  // the device gave it out anew
  }
  for (size_t i = 0; i < kFiles; ++i) {
    File& file = files_[(next_ + kFiles - 1 - i) % kFiles];
    if (file.unit != unit || file.request != request || file.handle != 0) continue;
    file.handle = handle;
    return;
  }
}

std::string_view FileNames::find(uint32_t unit, uint32_t handle) const {
  if (handle == 0) return {};
  for (const File& file : files_) {
    if (file.unit == unit && file.handle == handle) return {file.name.data(), file.size};
  }
  return {};
}

}  // namespace rampart::protocols::dnp3
