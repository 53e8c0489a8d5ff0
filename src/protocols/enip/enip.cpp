#include "protocols/enip/enip.h"

#include "protocols/enip/decoder.h"
#include "protocols/enip/objects.h"

namespace rampart::protocols::enip {
namespace {

constexpr uint16_t kTcpPorts[] = {44818};
constexpr uint16_t kUdpPorts[] = {44818, 2222};

}  // namespace

Entry entry() {
  Entry entry;
  entry.name = "enip";
  entry.title = "EtherNet/IP with CIP";
  entry.specification =
      "ODVA: The CIP Networks Library, volumes 1 and 2; Rockwell 1756-PM020 (tags), 1770-6.5.16 (PCCC)";
  entry.tcp_ports = kTcpPorts;
  entry.udp_ports = kUdpPorts;
  entry.over_tcp = true;
  entry.over_udp = true;
  entry.every_message = true;
  entry.udp_not_addressed = "its I/O goes to the addresses that a connection over TCP named, past the gateway";
  entry.limits.message_octets = kHeaderOctets + kLongestData;
  entry.limits.pending_operations = 512;  // one packet may ask for hundreds of services
  entry.spaces = spaces();
  entry.functions = functions();
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<EnipDecoder>(self); };
  entry.parse_object = parse_object;
  entry.append_object = append_object;
  entry.status = "complete; CIP Security, CIP Safety and services of vendors are named, not decoded";
  entry.posture = "no authentication, no encryption, unless CIP Security is used";
  return entry;
}

}  // namespace rampart::protocols::enip
