#include "protocols/values.h"

#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <optional>

#include "base/text.h"

namespace rampart::protocols {
namespace {

constexpr std::array<std::string_view, 20> kNames = {
    "none",  "bit",     "double-bit", "uint8", "int8", "uint16", "int16",   "uint32", "int32",      "uint64",
    "int64", "float32", "float64",    "time",  "text", "octets", "control", "step",   "normalized", "cp56-time"};

uint64_t load(const uint8_t* at, size_t octets, bool little_endian) {
  uint64_t value = 0;
  for (size_t i = 0; i < octets; ++i) value = value << 8 | at[little_endian ? octets - 1 - i : i];
  return value;
}

/// append_text_or_hex: octets that are no UTF-8 are no text after all; as digits none of them is lost.
void append_text_or_hex(std::string& out, Bytes octets) {
  if (is_utf8(as_text(octets))) return append_json_text(out, as_text(octets));
  out += '"';
  append_hex(out, octets);
  out += '"';
}

void append_control(std::string& out, Bytes octets) {
  if (octets.size() < 11) {
    out += "null";
    return;
  }
  out += "{\"code\":";
  append_number(out, octets[0]);
  out += ",\"count\":";
  append_number(out, octets[1]);
  out += ",\"on_ms\":";
  append_number(out, load_little<4>(octets.data() + 2));
  out += ",\"off_ms\":";
  append_number(out, load_little<4>(octets.data() + 6));
  out += ",\"status\":";
  append_number(out, octets[10]);
  out += '}';
}

/// Cp56 is a CP56Time2a taken apart (IEC 60870-5-4, 6.8). Days of the week say nothing that the date does not.
struct Cp56 {
  uint32_t milliseconds = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0;
  bool invalid = false, summer = false;

  explicit Cp56(const uint8_t* at)
      : milliseconds(static_cast<uint32_t>(load_little<2>(at))),
        minute(at[2] & 0x3fu),
        hour(at[3] & 0x1fu),
        day(at[4] & 0x1fu),
        month(at[5] & 0x0fu),
        year(2000 + (at[6] & 0x7fu)),
        invalid((at[2] & 0x80) != 0),
        summer((at[3] & 0x80) != 0) {}
  std::optional<std::chrono::milliseconds> since_1970() const {
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
                                           std::chrono::day(day)};
    if (!date.ok() || milliseconds >= 60'000 || minute >= 60 || hour >= 24) return {};
    return std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::milliseconds(milliseconds);
  }
};

void append_digits(std::string& out, uint32_t number, int digits) {
  for (uint32_t place = digits == 4 ? 1000 : digits == 3 ? 100 : 10; place > 0; place /= 10) {
    out += static_cast<char>('0' + number / place % 10);
  }
}

/// append_cp24 writes a CP24Time2a (IEC 60870-5-4, 6.8): minutes of an hour that nobody names.
void append_cp24(std::string& out, Bytes octets) {
  const auto milliseconds = static_cast<uint32_t>(load_little<2>(octets.data()));
  const uint32_t minute = octets[2] & 0x3fu;
  out += "{\"time\":\"";
  append_digits(out, minute, 2);
  out += ':';
  append_digits(out, milliseconds / 1000, 2);
  out += '.';
  append_digits(out, milliseconds % 1000, 3);
  const bool invalid = (octets[2] & 0x80) != 0 || minute >= 60 || milliseconds >= 60'000;
  out += invalid ? "\",\"valid\":false}" : "\",\"valid\":true}";
}

/// append_cp56 writes the date as it stands there: whether it is local or UTC the wire does not say.
void append_cp56(std::string& out, Bytes octets) {
  if (octets.size() < 7) {
    out += "null";
    return;
  }
  const Cp56 time(octets.data());
  out += "{\"time\":\"";
  append_digits(out, time.year, 4);
  out += '-';
  append_digits(out, time.month, 2);
  out += '-';
  append_digits(out, time.day, 2);
  out += 'T';
  append_digits(out, time.hour, 2);
  out += ':';
  append_digits(out, time.minute, 2);
  out += ':';
  append_digits(out, time.milliseconds / 1000, 2);
  out += '.';
  append_digits(out, time.milliseconds % 1000, 3);
  out += time.invalid || !time.since_1970() ? "\",\"valid\":false" : "\",\"valid\":true";
  out += time.summer ? ",\"summer\":true}" : ",\"summer\":false}";
}

}  // namespace

uint32_t bits(ValueType type) {
  switch (type) {
    case ValueType::bit:
      return 1;
    case ValueType::double_bit:
      return 2;
    case ValueType::uint8:
    case ValueType::int8:
    case ValueType::step:
      return 8;
    case ValueType::uint16:
    case ValueType::int16:
    case ValueType::normalized:
      return 16;
    case ValueType::uint32:
    case ValueType::int32:
    case ValueType::float32:
      return 32;
    case ValueType::time:
      return 48;
    case ValueType::uint64:
    case ValueType::int64:
    case ValueType::float64:
      return 64;
    case ValueType::cp56:
      return 56;
    case ValueType::control:
      return 88;
    case ValueType::none:
    case ValueType::text:
    case ValueType::octets:
      return 0;
  }
  return 0;
}

std::string_view to_text(ValueType type) { return kNames[static_cast<size_t>(type)]; }

ValueType parse_value_type(std::string_view word) {
  for (size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i] == word) return static_cast<ValueType>(i);
  }
  return ValueType::none;
}

bool Scalar::is_number() const {
  return type != ValueType::none && type != ValueType::text && type != ValueType::octets;
}

double Scalar::number() const {
  switch (type) {
    case ValueType::int8:
    case ValueType::int16:
    case ValueType::int32:
    case ValueType::int64:
    case ValueType::step:
      return static_cast<double>(integer);
    case ValueType::float32:
    case ValueType::float64:
    case ValueType::normalized:
      return real;
    case ValueType::none:
    case ValueType::text:
    case ValueType::octets:
      return 0;
    case ValueType::bit:
    case ValueType::double_bit:
    case ValueType::uint8:
    case ValueType::uint16:
    case ValueType::uint32:
    case ValueType::uint64:
    case ValueType::time:
    case ValueType::control:
    case ValueType::cp56:
      return static_cast<double>(natural);
  }
  return 0;
}

void append(std::string& out, const Scalar& scalar) {
  switch (scalar.type) {
    case ValueType::none:
      out += "null";
      return;
    case ValueType::text:
      append_text_or_hex(out, scalar.octets);
      return;
    case ValueType::octets:
      out += '"';
      append_hex(out, scalar.octets);
      out += '"';
      return;
    case ValueType::control:
      append_control(out, scalar.octets);
      return;
    case ValueType::cp56:
      append_cp56(out, scalar.octets);
      return;
    case ValueType::float32:
    case ValueType::float64:
    case ValueType::normalized:
      if (!std::isfinite(scalar.real)) {
        out += "null";
      } else if (scalar.type == ValueType::float32) {
        append_number(out, static_cast<float>(scalar.real));
      } else {
        append_number(out, scalar.real);
      }
      return;
    case ValueType::int8:
    case ValueType::int16:
    case ValueType::int32:
    case ValueType::int64:
    case ValueType::step:
      append_number(out, scalar.integer);
      return;
    case ValueType::bit:
    case ValueType::double_bit:
    case ValueType::uint8:
    case ValueType::uint16:
    case ValueType::uint32:
    case ValueType::uint64:
    case ValueType::time:
      append_number(out, scalar.natural);
      return;
  }
}

bool Values::fits() const {
  if (count == 0) return true;
  if (type == ValueType::text || type == ValueType::octets) {
    if (element_octets == 0) return count == 1;
    return offset_bits / 8 + element_octets <= data.size() &&
           (count - 1) <= (data.size() - offset_bits / 8 - element_octets) * 8 / std::max(stride_bits, 1u);
  }
  const uint64_t last = uint64_t{count - 1} * stride_bits + offset_bits + bits(type);
  return last <= uint64_t{data.size()} * 8;
}

Scalar Values::at(uint32_t i) const {
  Scalar scalar{.type = type};
  const uint64_t bit = uint64_t{i} * stride_bits + offset_bits;
  const uint8_t* octet = data.data() + bit / 8;
  switch (type) {
    case ValueType::none:
      break;
    case ValueType::bit:
      scalar.natural = *octet >> (bit % 8) & 1u;
      break;
    case ValueType::double_bit:
      scalar.natural = *octet >> (bit % 8) & 3u;
      break;
    case ValueType::uint8:
      scalar.natural = *octet;
      break;
    case ValueType::uint16:
      scalar.natural = load(octet, 2, little_endian);
      break;
    case ValueType::uint32:
      scalar.natural = load(octet, 4, little_endian);
      break;
    case ValueType::time:
      scalar.natural = load(octet, 6, little_endian);
      break;
    case ValueType::uint64:
      scalar.natural = load(octet, 8, little_endian);
      break;
    case ValueType::int8:
      scalar.integer = static_cast<int8_t>(*octet);
      break;
    case ValueType::int16:
      scalar.integer = static_cast<int16_t>(load(octet, 2, little_endian));
      break;
    case ValueType::int32:
      scalar.integer = static_cast<int32_t>(load(octet, 4, little_endian));
      break;
    case ValueType::int64:
      scalar.integer = static_cast<int64_t>(load(octet, 8, little_endian));
      break;
    case ValueType::float32:
      scalar.real = static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(load(octet, 4, little_endian))));
      break;
    case ValueType::float64:
      scalar.real = std::bit_cast<double>(load(octet, 8, little_endian));
      break;
    case ValueType::text:
    case ValueType::octets:
      scalar.octets = element_octets == 0 ? data : Bytes{octet, element_octets};
      break;
    case ValueType::control:
      scalar.octets = {octet, 11};
      scalar.natural = *octet;
      break;
    case ValueType::step:
      scalar.octets = {octet, 1};
      scalar.integer = static_cast<int8_t>(*octet << 1) / 2;
      break;
    case ValueType::normalized:
      scalar.real = static_cast<int16_t>(load(octet, 2, little_endian)) / 32768.0;
      break;
    case ValueType::cp56:
      scalar.octets = {octet, 7};
      scalar.natural = static_cast<uint64_t>(Cp56(octet).since_1970().value_or(std::chrono::milliseconds(0)).count());
      break;
  }
  return scalar;
}

uint64_t Values::index(uint32_t i) const {
  if (index_octets == 0) return i;
  const uint64_t start = uint64_t{i} * stride_bits / 8;
  return start + index_octets <= data.size() ? load(data.data() + start, index_octets, true) : i;
}

uint8_t Values::quality(uint32_t i) const {
  const uint64_t at = uint64_t{i} * stride_bits / 8 + quality_octet;
  return quality_octet != kAbsent && at < data.size() ? data[at] : uint8_t{0};
}

uint32_t Values::time_octets() const {
  const uint32_t octets = stride_bits / 8;
  return time_octet != kAbsent && time_octet < octets ? octets - time_octet : 0;
}

Values Values::numbers(ValueType type, Bytes data, bool little_endian) {
  const uint32_t width = bits(type);
  return {.type = type,
          .little_endian = little_endian,
          .stride_bits = width,
          .count = width >= 8 ? static_cast<uint32_t>(data.size() * 8 / width) : 0,
          .data = data};
}

Values Values::packed_bits(Bytes data, uint32_t count) {
  return {.type = ValueType::bit, .stride_bits = 1, .count = count, .data = data};
}

Values Values::one(ValueType type, Bytes data) {
  return {.type = type, .stride_bits = static_cast<uint32_t>(data.size() * 8), .count = 1, .data = data};
}

void append_time(std::string& out, const Values& values, uint32_t i) {
  const uint32_t octets = values.time_octets();
  const uint64_t at = uint64_t{i} * (values.stride_bits / 8) + values.time_octet;
  if (octets == 0 || at + octets > values.data.size()) {
    out += "null";
    return;
  }
  const Bytes time = values.data.subspan(at, octets);
  switch (octets) {
    case 3:
      append_cp24(out, time);
      return;
    case 6:
      append_number(out, load_little<6>(time.data()));
      return;
    case 7:
      append_cp56(out, time);
      return;
    default:
      out += "null";
      return;
  }
}

}  // namespace rampart::protocols
