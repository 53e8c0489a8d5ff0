// DNP3's function codes, what they mean in the one vocabulary, and the names of its refusals. Constant tables.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocols/operation.h"

namespace rampart::protocols::dnp3 {

namespace function {
inline constexpr uint8_t kConfirm = 0;
inline constexpr uint8_t kRead = 1;
inline constexpr uint8_t kWrite = 2;
inline constexpr uint8_t kSelect = 3;
inline constexpr uint8_t kDirectOperate = 5;
inline constexpr uint8_t kImmediateFreeze = 7;
inline constexpr uint8_t kFreezeAtTimeNoAnswer = 12;
inline constexpr uint8_t kEnableUnsolicited = 20;
inline constexpr uint8_t kAssignClass = 22;
inline constexpr uint8_t kLastRequest = 33;
inline constexpr uint8_t kFirstResponse = 129;
inline constexpr uint8_t kUnsolicited = 130;
inline constexpr uint8_t kLastResponse = 131;
/// kLink + code: a link function that asks; kLinkAnswer + code: one that answers. Apart from the application's codes.
inline constexpr uint32_t kLink = 0x100;
inline constexpr uint32_t kLinkAnswer = 0x180;
}  // namespace function

/// functions lists all that rules may name.
std::span<const Function> functions();
/// name_function gives the code its name, "unknown" where IEEE 1815 has none.
Function name_function(uint32_t code);
/// known_request: one of the requests of IEEE 1815, 0 to 33.
constexpr bool known_request(uint8_t code) { return code <= function::kLastRequest; }
/// expects_answer is false for confirm and the variants that no one acknowledges.
bool expects_answer(uint8_t code);
/// carries_objects: in this request a header is followed by its objects, not only by its range.
bool carries_objects(uint8_t code, uint8_t group);
/// action_of is what a request does to an object of `group`.
Action action_of(uint8_t code, uint8_t group, uint8_t variation);
/// action_of_answer guesses what was asked from an object of the answer, where the request was not seen.
Action action_of_answer(uint8_t group);

/// read_indications is the refusal that the internal indications express (IIN2.0 to 2.2, 2.4); kind ok where none.
/// `indications`: IIN1 << 8 | IIN2. A refusal's code is 0x200 | the bit of IIN2.
Outcome read_indications(uint16_t indications);
/// command_status is the outcome that the status octet of a control or analog output command expresses.
Outcome command_status(uint8_t status, uint16_t indications);
/// file_status is the outcome that a file status octet expresses; a refusal's code is 0x300 | status.
Outcome file_status(uint8_t status, uint16_t indications);

}  // namespace rampart::protocols::dnp3
