// UMAS, the Unity protocol of Schneider controllers inside function 90: a session key, a function, data. Only named
// here, not decoded. Views borrow from the frame.
#pragma once

#include "base/bytes.h"

namespace rampart::protocols::modbus {

constexpr uint8_t kUmasOk = 0xfe;
constexpr uint8_t kUmasError = 0xfd;

struct UmasMessage {
  uint8_t code = 0;
  bool is_signed = false;
  Bytes data{};
};

/// read_umas reads what follows the octet 0x5a. A signed message (0x38, or its answer) is opened: the code and the data
/// are those of the message inside.
bool read_umas(Bytes body, UmasMessage& message);

/// carries_credentials: functions whose data hold passwords, hashes or nonces; these are never handed out.
bool carries_credentials(uint8_t umas_function);

/// umas_model finds the model in the answer to umas-read-id, whose layout differs between families: the longest run of
/// printable characters. Empty where there is none of at least four.
std::string_view umas_model(Bytes data);

}  // namespace rampart::protocols::modbus
