#include "protocols/dnp3/walker.h"

#include <algorithm>

#include "protocols/dnp3/functions.h"

namespace rampart::protocols::dnp3 {
namespace {

constexpr uint8_t kPrefixOctets[8] = {0, 1, 2, 4, 1, 2, 4, 0};

uint64_t read_little(ByteReader& reader, size_t octets) {
  switch (octets) {
    case 1:
      return reader.u8();
    case 2:
      return reader.u16_little();
    case 4:
      return reader.u32_little();
    default:
      return 0;
  }
}

}  // namespace

bool ObjectWalker::stop(Feed::State state, std::string_view reason) {
  result_ = {state, reason};
  reader_.fail();
  left_ = 0;
  return false;
}

bool ObjectWalker::read_range(uint8_t code) {
  header_.has_range = false;
  header_.all = false;
  header_.first = 0;
  switch (code) {
    case 0:
    case 1:
    case 2:
    case 3:  // 3 to 5 are addresses in the device's memory, long obsolete, counted alike
    case 4:
    case 5: {
      const size_t octets = size_t{1} << (code % 3);
      header_.first = read_little(reader_, octets);
      const uint64_t last = read_little(reader_, octets);
      if (!reader_.ok()) return stop(Feed::State::malformed, "object header cut short");
      if (last < header_.first) return stop(Feed::State::malformed, "range ends before it begins");
      header_.has_range = true;
      header_.count = last - header_.first + 1;
      return true;
    }
    case 6:
      header_.all = true;
      header_.count = 0;
      return true;
    case 7:
    case 8:
    case 9:
      header_.count = read_little(reader_, size_t{1} << (code - 7));
      break;
    case 11:
      header_.count = reader_.u8();
      break;
    default:
      return stop(Feed::State::malformed, "reserved range specifier");
  }
  return reader_.ok() || stop(Feed::State::malformed, "object header cut short");
}

bool ObjectWalker::read_header(Item& item) {
  item.group = reader_.u8();
  item.variation = reader_.u8();
  const uint8_t qualifier = reader_.u8();
  if (!reader_.ok()) return stop(Feed::State::malformed, "object header cut short");
  const uint8_t prefix = qualifier >> 4 & 7;
  if (prefix == 7) return stop(Feed::State::malformed, "reserved prefix code");
  header_.prefix_octets = kPrefixOctets[prefix];
  header_.prefix_is_size = prefix >= 4;
  if (!read_range(qualifier & 0x0f)) return false;
  item.deviation = (qualifier & 0x80) != 0 ? "qualifier-reserved-bit" : std::string_view{};
  item.layout = find_layout(item.group, item.variation);
  item.payload = {};
  item.values = {};
  place(item);
  return true;
}

void ObjectWalker::place(Item& item) const {
  Object& object = item.object;
  object = {.unit = unit_, .space = space_of(item.group)};
  object.detail = static_cast<uint16_t>(item.group << 8 | item.variation);
  object.last = Object::kAll;
  if (item.group == group::kClass) {
    if (item.variation >= 1 && item.variation <= 4) object.first = object.last = item.variation - 1u;
    return;
  }
  if (item.group == group::kAttribute) {
    // 254 asks for all attributes; the range says of which set.
    if (item.variation != 254) object.first = object.last = item.variation;
    if (header_.has_range) object.container = static_cast<uint32_t>(header_.first);
    return;
  }
  if (!header_.has_range) return;
  object.first = header_.first;
  object.last = header_.first + header_.count - 1;
}

bool ObjectWalker::next(Item& item) {
  if (left_ > 0) {
    item = shared_;
    return take_own_length(item);
  }
  if (reader_.left() == 0 || !reader_.ok()) return false;
  if (!read_header(item)) return false;
  const Layout& layout = item.layout;
  const bool known = layout.kind != Layout::Kind::unknown;
  const bool carries = request_ == kAnswer || carries_objects(request_, item.group);
  if (header_.prefix_is_size || (carries && layout.kind == Layout::Kind::attribute)) {
    if (header_.count == 0) return true;
    left_ = header_.count;
    shared_ = item;
    return take_own_length(item);
  }
  if (!carries || layout.kind == Layout::Kind::bare) {
    // Asked for, not given: the layout does not matter, and a variation of 0 means any.
    if (header_.prefix_octets > 0 && !take_prefixes(item, 0)) return false;
    if (item.object.space == Object::kNoSpace) {
      result_ = {Feed::State::unsupported, "unknown object group"};
    } else if (!known && item.variation != 0 && result_.state == Feed::State::complete) {
      result_ = {Feed::State::unsupported, "unknown object variation"};
    }
    return true;
  }
  if (header_.count == 0) return true;
  switch (layout.kind) {
    case Layout::Kind::packed:
      return take_packed(item);
    case Layout::Kind::fixed:
    case Layout::Kind::variation:
      return take_fixed(item);
    case Layout::Kind::sized:
      return stop(Feed::State::unsupported, "object of unknown length");
    case Layout::Kind::unknown:
    case Layout::Kind::bare:
    case Layout::Kind::attribute:
      break;
  }
  return stop(Feed::State::unsupported,
              item.object.space == Object::kNoSpace ? "unknown object group" : "unknown object variation");
}

bool ObjectWalker::take_fixed(Item& item) {
  const Layout& layout = item.layout;
  if (!take_prefixes(item, layout.octets)) return false;
  Values& values = item.values;
  const uint32_t value_at = header_.prefix_octets * 8u;
  if (layout.octets == 0) return true;  // an octet string of variation 0 carries nothing
  values.type = layout.type;
  values.offset_bits = static_cast<uint16_t>(value_at + layout.value_bit);
  const auto behind_prefix = [this](uint8_t at) {
    return at == Values::kAbsent ? at : static_cast<uint8_t>(at + header_.prefix_octets);
  };
  values.quality_octet = behind_prefix(layout.quality);
  values.time_octet = behind_prefix(layout.time);
  if (layout.type == ValueType::octets) values.element_octets = layout.octets;
  return values.fits() || stop(Feed::State::malformed, "values do not fit");
}

bool ObjectWalker::take_packed(Item& item) {
  if (header_.prefix_octets > 0) return stop(Feed::State::malformed, "packed objects with prefixes");
  points_ += header_.count;
  if (points_ > kMostPoints) return stop(Feed::State::malformed, "too many points");
  const uint32_t width = bits(item.layout.type);
  const Bytes data = reader_.bytes((header_.count * width + 7) / 8);
  if (!reader_.ok()) return stop(Feed::State::malformed, "objects cut short");
  item.values = {.type = item.layout.type,
                 .little_endian = true,
                 .stride_bits = width,
                 .count = static_cast<uint32_t>(header_.count),
                 .data = data};
  return true;
}

/// take_prefixes takes the objects of a header, each an index (perhaps none) and `object_octets`.
bool ObjectWalker::take_prefixes(Item& item, uint32_t object_octets) {
  points_ += header_.count;
  if (points_ > kMostPoints) return stop(Feed::State::malformed, "too many points");
  const uint32_t stride = header_.prefix_octets + object_octets;
  const Bytes data = reader_.bytes(header_.count * stride);
  if (!reader_.ok()) return stop(Feed::State::malformed, "objects cut short");
  Values& values = item.values;
  values.little_endian = true;
  values.index_octets = header_.prefix_octets;
  values.stride_bits = stride * 8;
  values.count = stride == 0 ? 0 : static_cast<uint32_t>(header_.count);
  values.data = data;
  if (header_.prefix_octets == 0 || values.count == 0 || item.group == group::kClass) return true;
  uint64_t least = values.index(0);
  uint64_t most = least;
  for (uint32_t i = 1; i < values.count; ++i) {
    const uint64_t index = values.index(i);
    least = std::min(least, index);
    most = std::max(most, index);
  }
  item.object.first = least;
  item.object.last = most;
  return true;
}

/// take_own_length takes one object that says itself how long it is.
bool ObjectWalker::take_own_length(Item& item) {
  if (++points_ > kMostPoints) return stop(Feed::State::malformed, "too many points");
  --left_;
  const uint64_t prefix = read_little(reader_, header_.prefix_octets);
  if (header_.prefix_is_size) {
    if (header_.prefix_octets > 0 && prefix > reader_.left()) reader_.fail();
    item.payload = reader_.bytes(prefix);
  } else {
    // An attribute: its type, its length, its value.
    if (header_.prefix_octets > 0) item.object.container = static_cast<uint32_t>(prefix);
    if (header_.has_range) item.object.container = static_cast<uint32_t>(header_.first + (header_.count - 1 - left_));
    item.payload = reader_.bytes(2u + size_t{reader_.peek(1)});
  }
  if (!reader_.ok()) return stop(Feed::State::malformed, "objects cut short");
  if (header_.has_range && header_.prefix_is_size)
    item.object.first = item.object.last = header_.first + header_.count - 1 - left_;
  if (item.layout.kind == Layout::Kind::unknown && result_.state == Feed::State::complete) {
    result_ = {Feed::State::unsupported,
               item.object.space == Object::kNoSpace ? "unknown object group" : "unknown object variation"};
  }
  return true;
}

}  // namespace rampart::protocols::dnp3
