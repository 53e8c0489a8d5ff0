// Names of types and frames as functions, what they mean in the one vocabulary, and the names of causes. Constant
// tables.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocols/iec104/asdu.h"
#include "protocols/operation.h"

namespace rampart::protocols::iec104 {

/// A function's code is its type identification, with marks above it: a command that only selects, one that is given
/// up, a U-frame (by its first control octet), and file types by the qualifier that says what is asked (<< 16).
namespace function {
inline constexpr uint32_t kSelect = 0x100;
inline constexpr uint32_t kDeactivate = 0x200;
inline constexpr uint32_t kFrame = 0x400;
inline constexpr int kQualifierShift = 16;
}  // namespace function

/// Qualifiers of select and call (IEC 60870-5-101, 7.2.6.30) and of acknowledgements (7.2.6.32).
namespace call {
inline constexpr uint8_t kSelectFile = 1, kRequestFile = 2, kDeactivateFile = 3, kDeleteFile = 4, kSelectSection = 5,
                         kRequestSection = 6, kDeactivateSection = 7;
}  // namespace call
namespace acknowledge {
inline constexpr uint8_t kFile = 1, kRejectFile = 2, kSection = 3, kRejectSection = 4;
}  // namespace acknowledge

std::span<const Function> functions();
/// name_function gives a code its name; "unknown" and "private" where no standard has one.
Function name_function(uint32_t code);

/// action_of is what a type asks for; `freeze`: a counter interrogation that freezes or resets counters.
Action action_of(uint8_t type, bool freeze);
/// cause_name names a cause that refuses.
std::string_view cause_name(uint8_t cause);

}  // namespace rampart::protocols::iec104
