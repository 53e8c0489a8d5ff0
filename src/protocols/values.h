// Values as they stand in a frame: typed, counted, not copied. A Values borrows the frame's bytes and is valid as long
// as they are; whoever keeps one copies the bytes too (see OwnedOperation).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace rampart::protocols {

enum class ValueType : uint8_t {
  none,
  bit,         // 1 bit
  double_bit,  // 2 bits: 0 between, 1 off, 2 on, 3 indeterminate (DNP3, IEC 60870)
  uint8,
  int8,
  uint16,
  int16,
  uint32,
  int32,
  uint64,
  int64,
  float32,
  float64,
  time,        // 48 bits, milliseconds since 1970-01-01 UTC (DNP3)
  text,        // octets meant to be read
  octets,      // octets without a known meaning
  control,     // DNP3 control relay output block: code, count, on time, off time, status; 11 octets
  step,        // IEC 60870 step position: 7 bits with sign, and a bit for "moving"; 1 octet
  normalized,  // IEC 60870 fraction of the range, -1 to 1 - 2^-15; 16 bits
  cp56,        // IEC 60870 CP56Time2a: local or UTC date and time with its validity; 7 octets
};

/// bits is the width of one value of `type`; 0 where the width differs from value to value.
uint32_t bits(ValueType type);
std::string_view to_text(ValueType type);
/// parse_value_type reads `uint16`, `float32`, `bit` ...; none where the word is not one.
ValueType parse_value_type(std::string_view word);

/// Scalar is one decoded value.
struct Scalar {
  ValueType type = ValueType::none;
  uint64_t natural = 0;  // bit, double_bit, uint*, time; control: its code octet; cp56: milliseconds since 1970
  int64_t integer = 0;   // int*, step
  double real = 0;       // float*, normalized
  Bytes octets{};        // text, octets, control, step, cp56

  /// number is the value as a real number; 0 for text and octets, see is_number().
  double number() const;
  bool is_number() const;
};
/// append writes a scalar as people and JSON read it: a number, `null` for a float that is not finite, or a quoted
/// string: text escaped as JSON demands, octets as hexadecimal digits. A control and a cp56 become a JSON object.
void append(std::string& out, const Scalar& scalar);

/// Values is a run of `count` elements that lie `stride_bits` apart in `data`. Within an element the value begins
/// `offset_bits` after its start; bits are counted from the least significant of each octet. Packed coils have a stride
/// of 1, big-endian registers one of 16; a DNP3 object with index prefix and flag octet has room for both before its
/// value.
struct Values {
  static constexpr uint8_t kAbsent = 0xff;

  ValueType type = ValueType::none;
  bool little_endian = false;
  bool masks = false;        // two elements, an and-mask and an or-mask: result = (old & first) | (second & ~first)
  uint8_t index_octets = 0;  // an index of so many octets (little-endian) opens each element
  uint8_t quality_octet = kAbsent;  // where in an element its flag octet lies
  uint8_t time_octet = kAbsent;     // where in an element its time begins, which ends the element: see time_octets()
  uint16_t offset_bits = 0;
  uint32_t stride_bits = 0;
  uint32_t element_octets = 0;  // text and octets: size of one value; 0: all of `data` is one value
  uint32_t count = 0;
  Bytes data{};

  bool empty() const { return count == 0; }
  /// fits is true where all `count` elements lie inside `data`; a decoder checks this once before it hands Values out.
  bool fits() const;
  /// at decodes element `i` < count of Values that fit.
  Scalar at(uint32_t i) const;
  /// index is the number that element `i` carries itself; `i` where it carries none.
  uint64_t index(uint32_t i) const;
  /// quality is the flag octet of element `i`; 0 where it has none.
  uint8_t quality(uint32_t i) const;
  /// time_octets is how long the time of each element is, and so what it is: 3 CP24Time2a, 6 the milliseconds since
  /// 1970 of DNP3, 7 CP56Time2a; 0 where there is none.
  uint32_t time_octets() const;

  /// numbers, packed_bits, one: the layouts that most protocols need. numbers takes as many elements as fill `data`.
  static Values numbers(ValueType type, Bytes data, bool little_endian = false);
  static Values packed_bits(Bytes data, uint32_t count);
  static Values one(ValueType type, Bytes data);
};

/// append_time writes the time of element `i` < count, whose Values fit: a number for DNP3, a JSON object with `time`
/// and `valid` for IEC 60870, `null` where there is none.
void append_time(std::string& out, const Values& values, uint32_t i);

}  // namespace rampart::protocols
