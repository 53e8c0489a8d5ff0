#include "protocols/iec104/asdu.h"

#include <algorithm>
#include <array>

namespace rampart::protocols::iec104 {
namespace {

constexpr uint8_t kNone = Values::kAbsent;
constexpr size_t kTypes = 128;
constexpr size_t kSegmentHeader = 4;  // file name, section, length
constexpr size_t kLastAddress = 0xffffff;

constexpr std::array<Layout, kTypes> make_layouts() {
  std::array<Layout, kTypes> table{};
  // Monitored: without time, then with CP24Time2a, which lies behind (IEC 60870-5-101, 7.3.1.1 to 7.3.1.21).
  constexpr Layout kMonitored[] = {
      {ValueType::bit, 1, 0, 0, kNone},         // 1 single point
      {ValueType::double_bit, 1, 0, 0, kNone},  // 3 double point
      {ValueType::step, 2, 0, 1, kNone},        // 5 step position
      {ValueType::uint32, 5, 0, 4, kNone},      // 7 bitstring
      {ValueType::normalized, 3, 0, 2, kNone},  // 9 measured, normalized
      {ValueType::int16, 3, 0, 2, kNone},       // 11 measured, scaled
      {ValueType::float32, 5, 0, 4, kNone},     // 13 measured, short floating point
      {ValueType::int32, 5, 0, 4, kNone},       // 15 integrated totals
  };
  constexpr uint8_t kShort = 3, kLong = 7;  // octets of CP24Time2a and CP56Time2a
  const auto with_time = [](Layout layout, uint8_t octets) {
    layout.time = layout.octets;
    layout.octets = static_cast<uint8_t>(layout.octets + octets);
    return layout;
  };
  for (size_t i = 0; i < 8; ++i) {
    table[1 + 2 * i] = kMonitored[i];
    table[2 + 2 * i] = with_time(kMonitored[i], kShort);
    table[30 + i] = with_time(kMonitored[i], kLong);
  }
  // Protection: event (state and quality in one octet), start events, output circuits; each with elapsed time CP16.
  constexpr Layout kProtection[] = {
      {ValueType::double_bit, 3, 0, 0, kNone}, {ValueType::uint8, 4, 0, 1, kNone}, {ValueType::uint8, 4, 0, 1, kNone}};
  for (size_t i = 0; i < 3; ++i) {
    table[17 + i] = with_time(kProtection[i], kShort);
    table[38 + i] = with_time(kProtection[i], kLong);
  }
  table[20] = {ValueType::uint32, 5, 0, 4, kNone};  // packed single points with change detection
  table[21] = {ValueType::normalized, 2, 0, kNone, kNone};
  table[type::kEndOfInitialization] = {ValueType::uint8, 1, 0, kNone, kNone};
  // Commands: the octet with the select bit is told as quality.
  constexpr Layout kCommands[] = {
      {ValueType::bit, 1, 0, 0, kNone},         // 45 single command
      {ValueType::double_bit, 1, 0, 0, kNone},  // 46 double command
      {ValueType::double_bit, 1, 0, 0, kNone},  // 47 regulating step: 1 lower, 2 higher
      {ValueType::normalized, 3, 0, 2, kNone},  // 48 to 50 set points
      {ValueType::int16, 3, 0, 2, kNone},      {ValueType::float32, 5, 0, 4, kNone},
      {ValueType::uint32, 4, 0, kNone, kNone},  // 51 bitstring
  };
  for (size_t i = 0; i < 7; ++i) {
    table[45 + i] = kCommands[i];
    table[58 + i] = with_time(kCommands[i], kLong);
  }
  table[type::kInterrogation] = {ValueType::uint8, 1, 0, kNone, kNone};
  table[type::kCounterInterrogation] = {ValueType::uint8, 1, 0, kNone, kNone};
  table[type::kClock] = {ValueType::cp56, 7, 0, kNone, kNone};
  table[type::kTest] = {ValueType::uint16, 2, 0, kNone, kNone};
  table[type::kReset] = {ValueType::uint8, 1, 0, kNone, kNone};
  table[type::kDelay] = {ValueType::uint16, 2, 0, kNone, kNone};
  table[type::kTestWithTime] = {ValueType::uint16, 9, 0, kNone, 2};
  table[110] = {ValueType::normalized, 3, 0, 2, kNone};
  table[111] = {ValueType::int16, 3, 0, 2, kNone};
  table[112] = {ValueType::float32, 5, 0, 4, kNone};
  table[113] = {ValueType::uint8, 1, 0, kNone, kNone};
  table[type::kFileReady] = {ValueType::none, 6, 0, kNone, kNone};
  table[type::kSectionReady] = {ValueType::none, 7, 0, kNone, kNone};
  table[type::kCall] = {ValueType::none, 4, 0, kNone, kNone};
  table[type::kLastSegment] = {ValueType::none, 5, 0, kNone, kNone};
  table[type::kAcknowledge] = {ValueType::none, 4, 0, kNone, kNone};
  table[type::kSegment] = {ValueType::octets, kSegmentHeader, kSegmentHeader, kNone, kNone};
  table[type::kDirectory] = {ValueType::none, 13, 0, kNone, 6};
  table[type::kQueryLog] = {ValueType::cp56, 16, 2, kNone, 9};
  return table;
}

constexpr std::array<Layout, kTypes> kLayouts = make_layouts();

constexpr bool known(Kind kind) {
  return kind != Kind::unknown && kind != Kind::authentication && kind != Kind::private_use;
}

/// size_of is how many octets `count` objects of a type fill. A segment is as long as it says itself.
size_t size_of(uint8_t type, bool sequence, size_t count) {
  const size_t each = layout_of(type).octets;
  return sequence ? kAddressOctets + count * each : count * (kAddressOctets + each);
}

void read_segment(Asdu& asdu) {
  const size_t least = kAddressOctets + kSegmentHeader;
  if (asdu.objects.size() < least) {
    asdu.malformed = "information objects cut short";
    return;
  }
  asdu.count = 1;
  const size_t octets = asdu.objects[least - 1];
  if (asdu.objects.size() < least + octets) asdu.malformed = "segment cut short";
  if (asdu.objects.size() > least + octets) asdu.malformed = "octets behind the last information object";
  if (asdu.said != 1) asdu.malformed = "more than one information object";
  asdu.objects = asdu.objects.first(std::min(asdu.objects.size(), least + octets));
}

Values describe(const Layout& layout, Bytes data, size_t prefix, size_t stride, size_t count) {
  Values values{.type = layout.value,
                .little_endian = true,
                .index_octets = static_cast<uint8_t>(prefix),
                .offset_bits = static_cast<uint16_t>(8 * (prefix + layout.value_octet)),
                .stride_bits = static_cast<uint32_t>(8 * stride),
                .count = layout.value == ValueType::none ? 0 : static_cast<uint32_t>(count),
                .data = data};
  if (layout.quality != kNone) values.quality_octet = static_cast<uint8_t>(prefix + layout.quality);
  if (layout.time != kNone) values.time_octet = static_cast<uint8_t>(prefix + layout.time);
  return values;
}

}  // namespace

bool known_cause(uint8_t cause) {
  return (cause >= 1 && cause <= cause::kFile) || (cause >= cause::kInterrogated && cause <= cause::kCountersLast) ||
         (cause >= cause::kUnknownType && cause <= cause::kUnknownObjectAddress);
}

Kind kind_of(uint8_t type) {
  if (type >= 128) return Kind::private_use;
  if ((type >= 1 && type <= 21) || (type >= 30 && type <= 40) || type == type::kEndOfInitialization) {
    return Kind::monitored;
  }
  if ((type >= 45 && type <= 51) || (type >= 58 && type <= 64)) return Kind::command;
  if (type == 41 || (type >= 81 && type <= 95)) return Kind::authentication;
  if (type >= type::kInterrogation && type <= type::kTestWithTime) return Kind::system;
  if (type >= 110 && type <= 113) return Kind::parameter;
  return type >= type::kFileReady ? Kind::file : Kind::unknown;
}

const Layout& layout_of(uint8_t type) { return kLayouts[type % kTypes]; }

uint32_t Asdu::address(size_t i) const {
  const size_t each = layout_of(type).octets;
  if (sequence) return static_cast<uint32_t>(load_little<kAddressOctets>(objects.data()) + i);
  return static_cast<uint32_t>(load_little<kAddressOctets>(objects.data() + i * (kAddressOctets + each)));
}

Bytes Asdu::element(size_t i) const {
  if (type == type::kSegment) return objects.subspan(kAddressOctets);
  const size_t each = layout_of(type).octets;
  return objects.subspan(sequence ? kAddressOctets + i * each : i * (kAddressOctets + each) + kAddressOctets, each);
}

Asdu read_asdu(Bytes bytes) {
  Asdu asdu;
  ByteReader reader(bytes);
  asdu.type = reader.u8();
  const uint8_t qualifier = reader.u8();
  const uint8_t cause = reader.u8();
  asdu.originator = reader.u8();
  asdu.station = reader.u16_little();
  if (!reader.ok()) {
    asdu.malformed = "ASDU header cut short";
    return asdu;
  }
  asdu.sequence = (qualifier & 0x80) != 0;
  asdu.said = qualifier & 0x7f;
  asdu.cause = cause & cause::kMask;
  asdu.negative = (cause & cause::kNegative) != 0;
  asdu.test = (cause & cause::kTest) != 0;
  asdu.objects = reader.rest();
  const Kind kind = kind_of(asdu.type);
  if (!known(kind)) return asdu;
  if (asdu.type == type::kSegment) {
    read_segment(asdu);
    return asdu;
  }
  // A lenient device takes the one object that a command has, whatever number the qualifier gives.
  const bool one_at_least = asdu.said == 0 && kind != Kind::monitored;
  if (asdu.said == 0) asdu.malformed = "number of information objects is zero";
  size_t count = one_at_least ? 1u : asdu.said;
  while (count > 0 && size_of(asdu.type, asdu.sequence, count) > asdu.objects.size()) --count;
  asdu.count = static_cast<uint8_t>(count);
  const size_t wanted = asdu.said == 0 ? 0 : size_of(asdu.type, asdu.sequence, asdu.said);
  if (asdu.said != 0 && asdu.objects.size() < wanted) asdu.malformed = "information objects cut short";
  if (asdu.said != 0 && asdu.objects.size() > wanted) asdu.malformed = "octets behind the last information object";
  if (asdu.sequence && count > 0) {
    const size_t room = kLastAddress - load_little<kAddressOctets>(asdu.objects.data()) + 1;
    if (count > room) {
      asdu.malformed = "object addresses pass 16777215";
      asdu.count = static_cast<uint8_t>(room);
    }
  }
  return asdu;
}

Match verify_asdu(Bytes bytes, size_t size) {
  if (bytes.size() < std::min<size_t>(size, 3)) return Match::more;
  if (size < kHeaderOctets || !known(kind_of(bytes[0])) || !known_cause(bytes[2] & cause::kMask)) return Match::no;
  const uint8_t said = bytes[1] & 0x7f;
  if (said == 0) return Match::no;
  if (bytes[0] != type::kSegment) {
    return size == kHeaderOctets + size_of(bytes[0], (bytes[1] & 0x80) != 0, said) ? Match::yes : Match::no;
  }
  const size_t head = kHeaderOctets + kAddressOctets + kSegmentHeader;
  if (size < head || said != 1) return Match::no;
  if (bytes.size() < head) return Match::more;
  return size == head + bytes[head - 1] ? Match::yes : Match::no;
}

Values values_of(const Asdu& asdu) {
  if (asdu.count == 0) return {};
  const Layout& layout = layout_of(asdu.type);
  if (!asdu.sequence) return describe(layout, asdu.objects, kAddressOctets, kAddressOctets + layout.octets, asdu.count);
  return describe(layout, asdu.objects.subspan(kAddressOctets), 0, layout.octets, asdu.count);
}

Values value_of(const Asdu& asdu, size_t i) {
  const Bytes element = asdu.element(i);
  if (asdu.type == type::kSegment) return Values::one(ValueType::octets, element.subspan(kSegmentHeader));
  return describe(layout_of(asdu.type), element, 0, element.size(), 1);
}

}  // namespace rampart::protocols::iec104
