// The object library of DNP3 (IEEE 1815-2012 Annex A): for each group and variation how one object lies on the wire,
// and which address space of ours it belongs to. Constant tables; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocols/registry.h"
#include "protocols/values.h"

namespace rampart::protocols::dnp3 {

/// Space numbers are places in spaces(); rules are written with their names.
enum class SpaceId : uint8_t {
  binary_input,
  double_bit_input,
  binary_output,
  counter,
  frozen_counter,
  analog_input,
  frozen_analog_input,
  analog_output,
  deadband,
  time,
  event_class,
  file,
  device_attribute,
  internal_indications,
  storage,
  device_profile,
  private_registration,
  dataset_prototype,
  dataset_descriptor,
  dataset,
  application,
  operation_status,
  floating_point,
  bcd,
  unsigned_integer,
  octet_string,
  virtual_terminal,
  authentication,
  security_statistic,
};
std::span<const Space> spaces();

/// Layout: one object of a group and variation.
struct Layout {
  enum class Kind : uint8_t {
    unknown,    // not in the library
    fixed,      // `octets` long
    packed,     // so many bits, many objects share an octet
    bare,       // stands in headers only, carries nothing
    variation,  // as long as its variation says (octet strings)
    sized,      // its length stands before it (qualifier 0x5B)
    attribute,  // group 0: type, length, value
  };
  Kind kind = Kind::unknown;
  ValueType type = ValueType::none;
  uint8_t octets = 0;
  uint8_t value_bit = 0;              // where the value begins, in bits
  uint8_t quality = Values::kAbsent;  // where the flag octet lies
  uint8_t time = Values::kAbsent;     // where a 48-bit time lies
  uint8_t status = Values::kAbsent;   // where the control status lies: 0 is success
};

/// find_layout is the layout of a variation; kind unknown where the library has none.
Layout find_layout(uint8_t group, uint8_t variation);
/// space_of is the space of a group; Object::kNoSpace where the library does not know the group.
uint8_t space_of(uint8_t group);

namespace group {
inline constexpr uint8_t kAttribute = 0;
inline constexpr uint8_t kCommand = 12;
inline constexpr uint8_t kDeadband = 34;
inline constexpr uint8_t kAnalogCommand = 41;
inline constexpr uint8_t kTime = 50;
inline constexpr uint8_t kCommonTime = 51;
inline constexpr uint8_t kDelay = 52;
inline constexpr uint8_t kClass = 60;
inline constexpr uint8_t kFile = 70;
inline constexpr uint8_t kIndications = 80;
inline constexpr uint8_t kDatasetPrototype = 85;
inline constexpr uint8_t kDatasetDescriptor = 86;
inline constexpr uint8_t kAuthentication = 120;
}  // namespace group

}  // namespace rampart::protocols::dnp3
