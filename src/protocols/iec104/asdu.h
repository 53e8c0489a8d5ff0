// Application service data units as IEC 60870-5-104 carries them: cause of two octets, common address of two, object
// addresses of three (clause 7). Constant tables and pure functions; what they give borrows the frame.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocols/decoder.h"
#include "protocols/values.h"

namespace rampart::protocols::iec104 {

inline constexpr size_t kHeaderOctets = 6;  // type, qualifier, cause, originator, common address
inline constexpr size_t kAddressOctets = 3;
inline constexpr uint16_t kBroadcast = 0xffff;  // IEC 60870-5-101, 7.2.4: all stations

/// Causes of transmission (IEC 60870-5-101, 7.2.3).
namespace cause {
inline constexpr uint8_t kMask = 0x3f;
inline constexpr uint8_t kNegative = 0x40;
inline constexpr uint8_t kTest = 0x80;
inline constexpr uint8_t kSpontaneous = 3;
inline constexpr uint8_t kRequest = 5;
inline constexpr uint8_t kActivation = 6;
inline constexpr uint8_t kActivationConfirmation = 7;
inline constexpr uint8_t kDeactivation = 8;
inline constexpr uint8_t kDeactivationConfirmation = 9;
inline constexpr uint8_t kTermination = 10;
inline constexpr uint8_t kFile = 13;
inline constexpr uint8_t kInterrogated = 20;  // 20: the station, 21 to 36: groups 1 to 16
inline constexpr uint8_t kInterrogatedLast = 36;
inline constexpr uint8_t kCounters = 37;  // 37: all, 38 to 41: groups 1 to 4
inline constexpr uint8_t kCountersLast = 41;
inline constexpr uint8_t kUnknownType = 44;
inline constexpr uint8_t kUnknownCause = 45;
inline constexpr uint8_t kUnknownCommonAddress = 46;
inline constexpr uint8_t kUnknownObjectAddress = 47;
}  // namespace cause
/// known_cause: one of those that IEC 60870-5-101 defines.
bool known_cause(uint8_t cause);

namespace type {
inline constexpr uint8_t kEndOfInitialization = 70;
inline constexpr uint8_t kInterrogation = 100;
inline constexpr uint8_t kCounterInterrogation = 101;
inline constexpr uint8_t kRead = 102;
inline constexpr uint8_t kClock = 103;
inline constexpr uint8_t kTest = 104;
inline constexpr uint8_t kReset = 105;
inline constexpr uint8_t kDelay = 106;
inline constexpr uint8_t kTestWithTime = 107;
inline constexpr uint8_t kFileReady = 120;
inline constexpr uint8_t kSectionReady = 121;
inline constexpr uint8_t kCall = 122;
inline constexpr uint8_t kLastSegment = 123;
inline constexpr uint8_t kAcknowledge = 124;
inline constexpr uint8_t kSegment = 125;
inline constexpr uint8_t kDirectory = 126;
inline constexpr uint8_t kQueryLog = 127;
}  // namespace type

/// Kind of an ASDU by its type: who sends it, and what for.
enum class Kind : uint8_t { unknown, monitored, command, system, parameter, file, authentication, private_use };
Kind kind_of(uint8_t type);

/// Layout: one information object of a type, without its address.
struct Layout {
  ValueType value = ValueType::none;
  uint8_t octets = 0;
  uint8_t value_octet = 0;            // where the value begins
  uint8_t quality = Values::kAbsent;  // the octet that says how good the value is, or how the command is meant
  uint8_t time = Values::kAbsent;     // where a CP24Time2a or CP56Time2a lies
};
/// layout_of is meaningful for types whose kind is known; a segment's length is its own.
const Layout& layout_of(uint8_t type);

/// Asdu is the header and the objects of one ASDU.
struct Asdu {
  uint8_t type = 0;
  uint8_t cause = 0;      // without its two bits
  bool negative = false;  // P/N
  bool test = false;      // T
  bool sequence = false;  // SQ: one address, and values of consecutive ones
  uint8_t said = 0;       // number of objects, as the qualifier says
  uint8_t count = 0;      // number of objects that are there whole
  uint8_t originator = 0;
  uint16_t station = 0;  // common address
  Bytes objects{};
  std::string_view malformed{};  // empty: the objects are as many octets as they should be

  /// cause_octet is the first octet of the cause as it stood on the wire.
  uint8_t cause_octet() const {
    return static_cast<uint8_t>(cause | (negative ? cause::kNegative : 0) | (test ? cause::kTest : 0));
  }
  /// address and element give the object `i` < count.
  uint32_t address(size_t i) const;
  Bytes element(size_t i) const;
};

/// read_asdu takes an ASDU apart; of a segment the one object is the whole rest.
Asdu read_asdu(Bytes bytes);
/// verify_asdu tells whether an ASDU of `size` octets may begin with `bytes`, which may be fewer.
Match verify_asdu(Bytes bytes, size_t size);

/// values_of is the run of values of all objects; where SQ is 0, each carries its address as index.
Values values_of(const Asdu& asdu);
/// value_of is the one value of object `i`, without its address.
Values value_of(const Asdu& asdu, size_t i);

}  // namespace rampart::protocols::iec104
