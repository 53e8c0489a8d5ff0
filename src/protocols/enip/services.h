// The vocabulary of EtherNet/IP and CIP: services by class, commands of the encapsulation, commands of PCCC, names of
// refusals and of vendors. Constant tables; any thread. A service's number says nothing without its class.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "protocols/operation.h"

namespace rampart::protocols::enip {

namespace cip_class {
constexpr uint32_t kIdentity = 0x01, kMessageRouter = 0x02, kAssembly = 0x04, kConnectionManager = 0x06;
constexpr uint32_t kFile = 0x37, kTimeSync = 0x43, kPccc = 0x67, kSymbol = 0x6b, kTemplate = 0x6c;
constexpr uint32_t kSecurityFirst = 0x5d, kSecurityLast = 0x62;  // CIP security, certificates, passwords
constexpr uint32_t kControllerLock = 0x74, kClock = 0x8b, kController = 0x8e, kStorage = 0xa1;
constexpr uint32_t kTcpIp = 0xf5;
}  // namespace cip_class

/// Shape says how the data of a service are laid out, and those of its answer.
enum class Shape : uint8_t {
  plain,
  attribute,       // one attribute
  attribute_list,  // numbers of attributes; each with its status in the answer
  settings,        // numbers and values of attributes
  services,        // multiple service packet
  unconnected,     // unconnected send
  forward_open,
  large_forward_open,
  forward_close,
  read_tag,
  read_fragment,
  write_tag,
  write_fragment,
  modify_tag,
  pccc,
};

struct Service {
  Function function{};
  Action action = Action::configure;
  Shape shape = Shape::plain;
  bool secret = false;  // its data may be a password or a key: never handed out
};

/// service_of names what `code` asks of an object of `number`, or of a tag.
Service service_of(uint32_t number, bool tag, uint8_t code);
Service encapsulation_service(uint16_t command);
Service io_service(bool known, bool to_target);
/// pccc_service names a command of PCCC. `mode`: the octet behind the function where there is one.
Service pccc_service(uint8_t command, uint8_t function, uint8_t mode);

std::span<const Function> functions();

/// outcome_of reads general and extended status of an answer. A partial transfer is one: more is there to be asked for.
Outcome outcome_of(uint8_t general, uint16_t extended);
Outcome encapsulation_outcome(uint32_t status);
Outcome pccc_outcome(uint8_t status, uint8_t extended);

/// vendor_name is the name behind a vendor number of ODVA; empty where it is not among the usual ones.
std::string_view vendor_name(uint16_t vendor);

}  // namespace rampart::protocols::enip
