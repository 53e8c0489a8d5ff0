// The light decoders: the first octet of the input chooses one, the rest is fuzz_decoder()'s.
#include <array>

#include "protocols/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rampart::protocols;
  // In this order for good: seeds name a decoder by its place.
  static constexpr std::array<std::string_view, 17> kNames = {"arp", "lldp", "dhcp", "dns",    "mdns", "netbios",
                                                              "ntp", "snmp", "http", "tls",    "ssh",  "rdp",
                                                              "vnc", "smb",  "ftp",  "telnet", "mqtt"};
  if (size == 0) return 0;
  const Protocol self = *find_protocol(kNames[data[0] % kNames.size()]);
  return testing::fuzz_decoder(self.entry(), self, data + 1, size - 1);
}
