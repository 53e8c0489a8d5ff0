#include "protocols/s7comm/s7comm.h"

#include <array>

#include "protocols/s7comm/decoder.h"
#include "protocols/s7comm/names.h"
#include "protocols/s7comm/objects.h"

namespace rampart::protocols::s7comm {
namespace {

constexpr std::array<uint16_t, 1> kTcpPorts = {102};

}  // namespace

Entry entry() {
  Entry entry;
  entry.name = "s7comm";
  entry.title = "S7 communication";
  entry.specification = "no public specification; RFC 1006, ISO 8073 (RFC 905) class 0";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.every_message = true;
  entry.limits.message_octets = kMessageOctets;
  entry.spaces = spaces();
  entry.functions = functions();
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<S7Decoder>(self); };
  entry.parse_object = parse_object;
  entry.append_object = append_object;
  entry.encrypts = Assurance::no;
  entry.status = "complete; S7comm-plus is recognised, not decoded";
  entry.posture = "no encryption; a password of the controller at most, easily read on the wire";
  return entry;
}

}  // namespace rampart::protocols::s7comm
