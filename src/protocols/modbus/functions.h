// The words of Modbus: function codes with their sub-functions, exception codes, address spaces, limits of quantity.
// Constant data only; any thread may read it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocols/registry.h"

namespace rampart::protocols::modbus {

/// space: the places of Modbus's address spaces in Entry::spaces.
namespace space {
constexpr uint8_t coil = 0;
constexpr uint8_t discrete_input = 1;
constexpr uint8_t input_register = 2;
constexpr uint8_t holding_register = 3;
constexpr uint8_t file = 4;  // container: file number; addresses: record numbers
constexpr uint8_t fifo = 5;  // address: the FIFO pointer
constexpr uint8_t exception_status = 6;
constexpr uint8_t diagnostics = 7;  // address: sub-function of function 8
constexpr uint8_t event_counter = 8;
constexpr uint8_t event_log = 9;
constexpr uint8_t server_identification = 10;
constexpr uint8_t device_identification = 11;  // address: object id
constexpr uint8_t canopen = 12;
constexpr uint8_t umas = 13;
}  // namespace space

std::span<const Space> spaces();
/// functions: every function that has a name of its own, for rules and documentation.
std::span<const Function> functions();

/// Meaning is a function by name and what it does. `known`: named by a specification or by the vendor's own tools.
struct Meaning {
  Function function{};
  Action action = Action::configure;
  bool known = false;
};

/// meaning_of takes a function code below 128. Functions without a public meaning count as *configure*: they may change
/// how a device works, and nothing on the wire says that they do not.
Meaning meaning_of(uint8_t function);
/// meaning_of_diagnostics, _of_interface, _of_umas: functions whose sub-function says what they do. The code is the
/// function octet followed by the octets of the sub-function as they stand on the wire: 0x080004, 0x2b0e, 0x5a41.
Meaning meaning_of_diagnostics(uint16_t sub_function);
Meaning meaning_of_interface(uint8_t mei_type);
Meaning meaning_of_umas(uint8_t umas_function);

/// meaning_of_code is the meaning of a Function::code.
Meaning meaning_of_code(uint32_t code);

std::string_view exception_name(uint8_t code);

// MODBUS Application Protocol V1.1b3, section 6: the quantities that one request may ask for.
constexpr uint16_t kMostCoilsRead = 2000;
constexpr uint16_t kMostCoilsWritten = 1968;
constexpr uint16_t kMostRegistersRead = 125;
constexpr uint16_t kMostRegistersWritten = 123;
constexpr uint16_t kMostRegistersReadWrite = 121;  // the write half of function 23
constexpr uint16_t kMostFifo = 31;

}  // namespace rampart::protocols::modbus
