#include "policy/value.h"

#include <bit>
#include <cmath>
#include <limits>
#include <tuple>

namespace rampart::policy {
namespace {

using protocols::Scalar;
using protocols::Values;
using protocols::ValueType;

constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();
// How far a number may be off by rounding, relative to what went into it: two units in the last place of float32; for
// all other types a few of the double that the arithmetic is done in.
constexpr double kFloatEpsilon = 0x1p-22;
constexpr double kDoubleEpsilon = 0x1p-48;

uint64_t times(uint64_t value, uint64_t factor) { return value > kEnd / factor ? kEnd : value * factor; }

auto place(const Region& region) { return std::tie(region.space, region.container, region.name); }

/// contains is true where one of `regions` has the same place as `probe` and all of its numbers.
bool contains(std::span<const Region> regions, const Region& probe) {
  Region key = probe;
  key.end = kEnd;
  const auto after = std::upper_bound(regions.begin(), regions.end(), key);
  if (after == regions.begin()) return false;
  const Region& found = *(after - 1);
  return place(found) == place(probe) && found.begin <= probe.begin && probe.end <= found.end;
}

bool contains_under_any_name(std::span<const Region> regions, const Region& probe) {
  if (contains(regions, probe)) return true;
  if (probe.name.empty()) return false;
  Region other = probe;
  other.name = {};
  if (contains(regions, other)) return true;
  return contains(regions, {.name = probe.name, .begin = 0, .end = 1});
}

/// width is how many places one of the values fills in a memory; 0 where that cannot be said.
uint64_t width_of(const Values& values) {
  if (values.type != ValueType::text && values.type != ValueType::octets) return protocols::bits(values.type);
  return (values.element_octets > 0 ? values.element_octets : values.data.size()) * 8;
}

/// put adds the octet at `place` to a point's bits, as far as it lies inside them.
void put(Written& into, const Region& point, uint64_t at, uint8_t octet) {
  if (at + 8 <= point.begin || at >= point.end) return;
  if (at >= point.begin) {
    into.bits |= uint64_t{octet} << (at - point.begin);
    into.mask |= uint64_t{0xff} << (at - point.begin);
  } else {
    into.bits |= uint64_t{octet} >> (point.begin - at);
    into.mask |= uint64_t{0xff} >> (point.begin - at);
  }
}

void put_bits(Written& into, const Region& point, const Region& overlap, const Extent& extent, const Values& values) {
  for (uint64_t at = overlap.begin; at < overlap.end; ++at) {
    const uint64_t i = at - extent.region.begin;
    if (i >= values.count) return;
    const uint64_t bit = uint64_t{1} << (at - point.begin);
    into.mask |= bit;
    if (values.at(static_cast<uint32_t>(i)).natural != 0) into.bits |= bit;
  }
}

void put_octets(Written& into, const Region& point, const Region& overlap, const Extent& extent, const Values& values,
                uint64_t width) {
  const uint64_t first = (overlap.begin - extent.region.begin) / width;
  for (uint64_t i = first; i < values.count; ++i) {
    const uint64_t base = extent.region.begin + i * width;
    if (base >= overlap.end) return;
    const uint64_t data_bit = i * values.stride_bits + values.offset_bits;
    if (data_bit % 8 != 0) return;
    const uint64_t octets = width / 8;
    const uint64_t from = overlap.begin > base ? (overlap.begin - base) / 8 : 0;
    const uint64_t to = std::min(octets, (overlap.end - base + 7) / 8);
    for (uint64_t k = from; k < to; ++k) {
      const uint64_t at = data_bit / 8 + (values.little_endian ? octets - 1 - k : k);
      if (at < values.data.size()) put(into, point, base + 8 * k, values.data[at]);
    }
  }
}

Number number_of(const PointAt& point, double raw, bool single) {
  const double scaled = raw * point.said->scale;
  return {.computed = true,
          .value = scaled + point.said->offset,
          .epsilon = single ? kFloatEpsilon : kDoubleEpsilon,
          .magnitude = std::fabs(scaled) + std::fabs(point.said->offset)};
}

double slack(const Number& number, double limit) { return number.epsilon * (number.magnitude + std::fabs(limit)); }

/// control_state is what a DNP3 control relay output block switches its output to: 1 on, 0 off, -1 not to be said.
/// Source: IEEE 1815-2012 A.8.1: operation type in bits 0 to 3, trip/close in bits 6 and 7.
int control_state(uint64_t code) {
  const uint64_t operation = code & 0x0f;
  const bool pulse_on = operation == 1, pulse_off = operation == 2, latch_on = operation == 3,
             latch_off = operation == 4;
  switch (code >> 6 & 3) {
    case 0:
      if (pulse_on || latch_on) return 1;
      return pulse_off || latch_off ? 0 : -1;
    case 1:  // close
      return pulse_on || latch_on ? 1 : -1;
    case 2:  // trip
      return pulse_on || pulse_off || latch_off ? 0 : -1;
    default:
      return -1;
  }
}

}  // namespace

bool operator<(const Region& left, const Region& right) {
  return std::tie(left.space, left.container, left.name, left.begin, left.end) <
         std::tie(right.space, right.container, right.name, right.begin, right.end);
}

Region region_of(const protocols::Object& object, const protocols::Entry& entry) {
  Region region{.space = object.space, .container = object.container, .name = object.name, .begin = 0, .end = 1};
  if (!object.addressed()) return region;
  const bool memory = object.space < entry.spaces.size() && entry.spaces[object.space].memory;
  const uint64_t width = memory ? std::max<uint64_t>(entry.spaces[object.space].address_bits, 1) : 1;
  const auto [first, last] = std::minmax(object.first, object.last);
  region.begin = std::min(times(first, width), kEnd - 1);
  region.end = last == protocols::Object::kAll ? kEnd : times(last + 1, width);
  return region;
}

Extent extent_of(const protocols::Object& object, const Values& values, protocols::Protocol protocol) {
  Extent extent;
  if (!protocol.known()) return extent;
  const protocols::Entry& entry = protocol.entry();
  extent.region = region_of(object, entry);
  if (!object.addressed()) {
    if (!object.name.empty()) extent.kind = Extent::Kind::named;
    return extent;
  }
  extent.kind = Extent::Kind::range;
  if (object.space < entry.spaces.size()) {
    extent.memory = entry.spaces[object.space].memory;
    extent.address_bits = std::max<uint32_t>(entry.spaces[object.space].address_bits, 1);
  }
  if (!extent.memory && values.index_octets > 0 && !values.empty()) extent.kind = Extent::Kind::listed;
  return extent;
}

bool covered(std::span<const Region> regions, const Extent& extent, const Values& values) {
  switch (extent.kind) {
    case Extent::Kind::none:
      return false;
    case Extent::Kind::named:
      return contains_under_any_name(regions, extent.region);
    case Extent::Kind::listed:
      for (uint32_t i = 0; i < values.count; ++i) {
        Region one = extent.region;
        one.begin = std::min(values.index(i), kEnd - 1);
        one.end = one.begin + 1;
        if (!contains_under_any_name(regions, one)) return false;
      }
      return true;
    case Extent::Kind::range:
      break;
  }
  if (contains_under_any_name(regions, extent.region)) return true;
  const MaskWrite masked = extent.memory ? mask_write(values) : MaskWrite{};
  if (!masked.valid || extent.region.end - extent.region.begin > masked.width) return false;
  for (uint32_t bit = 0; bit < masked.width; ++bit) {
    if ((masked.mask >> bit & 1) == 0) continue;
    Region one = extent.region;
    one.begin += bit;
    one.end = one.begin + 1;
    if (!contains_under_any_name(regions, one)) return false;
  }
  return true;
}

MaskWrite mask_write(const Values& values) {
  MaskWrite write;
  const uint32_t width = protocols::bits(values.type);
  if (!values.masks || values.count != 2 || width < 8 || width > 64 || width % 8 != 0) return write;
  const Extent places{.kind = Extent::Kind::range, .memory = true, .region = {.begin = 0, .end = uint64_t{2} * width}};
  Written masks[2];
  for (uint64_t i = 0; i < 2; ++i) {
    const Region region{.begin = i * width, .end = (i + 1) * width};
    put_octets(masks[i], region, region, places, values, width);
    if (masks[i].mask != low_bits(width)) return write;
  }
  write.valid = true;
  write.width = width;
  write.mask = ~masks[0].bits & low_bits(width);
  write.bits = masks[1].bits & write.mask;
  return write;
}

Written written(const PointAt& point, const Extent& extent, const Values& values) {
  Written result;
  Region overlap = point.region;
  overlap.begin = std::max(overlap.begin, extent.region.begin);
  overlap.end = std::min(overlap.end, extent.region.end);
  if (overlap.begin >= overlap.end) return result;
  const uint64_t shift = overlap.begin - point.region.begin;
  const uint64_t needed = low_bits(overlap.end - overlap.begin) << shift;
  result.touched = true;
  const uint64_t width = width_of(values);
  if (values.masks) {
    const MaskWrite masked = mask_write(values);
    const uint64_t ahead = overlap.begin - extent.region.begin;
    if (!masked.valid || ahead + (overlap.end - overlap.begin) > masked.width) return result;
    result.mask = (masked.mask >> ahead << shift) & needed;
    result.bits = (masked.bits >> ahead << shift) & needed;
    result.touched = result.mask != 0;
    result.complete = true;
    return result;
  }
  if (width == 1) {
    put_bits(result, point.region, overlap, extent, values);
  } else if (width > 0 && width % 8 == 0) {
    put_octets(result, point.region, overlap, extent, values, width);
  }
  result.mask &= needed;
  result.bits &= result.mask;
  result.complete = result.mask == needed;
  return result;
}

Number decoded(const PointAt& point, uint64_t bits) {
  const uint64_t width = point.region.end - point.region.begin;
  uint8_t octets[8] = {};
  const size_t count = width / 8;
  for (size_t i = 0; i < count; ++i) octets[i] = static_cast<uint8_t>(bits >> (8 * i));
  switch (point.order) {
    case ByteOrder::big:
      break;
    case ByteOrder::little:
      std::reverse(octets, octets + count);
      break;
    case ByteOrder::word_swapped:  // words in reverse order, each big-endian: CDAB
      for (size_t i = 0; i + 2 <= count / 2; i += 2) {
        std::swap(octets[i], octets[count - 2 - i]);
        std::swap(octets[i + 1], octets[count - 1 - i]);
      }
      break;
    case ByteOrder::byte_swapped:  // words in order, each little-endian: BADC
      for (size_t i = 0; i + 1 < count; i += 2) std::swap(octets[i], octets[i + 1]);
      break;
  }
  if (count == 0) return number_of(point, static_cast<double>(bits & low_bits(width)), false);
  const Values one = Values::one(point.type, {octets, count});
  return number_of(point, one.at(0).number(), point.type == ValueType::float32);
}

Number scaled(const PointAt& point, const Scalar& scalar) {
  if (scalar.type == ValueType::control) {
    const int state = control_state(scalar.natural);
    return state < 0 ? Number{} : number_of(point, state, false);
  }
  if (!scalar.is_number()) return {};
  return number_of(point, scalar.number(), scalar.type == ValueType::float32);
}

Raw kept(const Scalar& scalar) {
  if (scalar.type == ValueType::control) {
    // A pulse ends by itself: what the output is afterwards is not known.
    const int state = control_state(scalar.natural);
    const uint64_t operation = scalar.natural & 0x0f;
    if (state < 0 || operation < 3) return {};
    return {std::bit_cast<uint64_t>(static_cast<double>(state)), 1};
  }
  if (!scalar.is_number()) return {};
  return {std::bit_cast<uint64_t>(scalar.number()), scalar.type == ValueType::float32 ? uint64_t{2} : uint64_t{1}};
}

Number recalled(const PointAt& point, Raw raw) {
  return raw.known == 0 ? Number{} : number_of(point, std::bit_cast<double>(raw.bits), raw.known == 2);
}

bool within_range(const plant::Point& point, const Number& number, double& limit) {
  if (point.minimum &&
      !(std::isfinite(number.value) && number.value >= *point.minimum - slack(number, *point.minimum))) {
    limit = *point.minimum;
    if (std::isfinite(number.value) || !point.maximum) return false;
  }
  if (point.maximum &&
      !(std::isfinite(number.value) && number.value <= *point.maximum + slack(number, *point.maximum))) {
    limit = *point.maximum;
    return false;
  }
  return true;
}

bool is_safe(const plant::Point& point, const Number& number) {
  if (!std::isfinite(number.value)) return false;
  return std::any_of(point.safe.begin(), point.safe.end(),
                     [&](double safe) { return std::fabs(number.value - safe) <= slack(number, safe); });
}

bool within_step(const plant::Point& point, const Number& number, const Number& last) {
  if (!point.step) return true;
  if (!std::isfinite(number.value) || !std::isfinite(last.value)) return false;
  const double room = slack(number, *point.step) + slack(last, 0);
  return std::fabs(number.value - last.value) <= *point.step + room;
}

}  // namespace rampart::policy
