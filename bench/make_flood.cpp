// Makes captures of traffic that means harm, or of very much of it: make_flood KIND COUNT OUT.pcap (- is standard
// output)
//   flows      COUNT TCP conversations, one segment with data each: a million at once, or more than anybody keeps
//   modbus     the same, each with one Modbus request: a decoder and a question without answer for every one
//   syn        COUNT openings from one host to ever other ports and addresses: a scan
//   fragments  COUNT first fragments of datagrams whose rest never comes
//   arp        COUNT questions and claims of ever other hosts
// Time moves on by 2 microseconds a packet: half a million a second.

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

std::string number(uint64_t value, int octets) {
  std::string out;
  for (int i = octets - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string mac(uint32_t host) { return std::string("\x02\x00", 2) + number(host, 4); }

std::string ipv4(uint32_t source, uint32_t target, uint8_t protocol, uint16_t id, uint16_t fragment,
                 const std::string& payload) {
  return number(0x4500, 2) + number(20 + payload.size(), 2) + number(id, 2) + number(fragment, 2) + number(64, 1) +
         number(protocol, 1) + number(0, 2) + number(source, 4) + number(target, 4) + payload;
}

std::string tcp(uint16_t from, uint16_t to, uint8_t flags, const std::string& payload) {
  return number(from, 2) + number(to, 2) + number(1000, 4) + number(2000, 4) + number(0x50, 1) + number(flags, 1) +
         number(8192, 2) + number(0, 4) + payload;
}

constexpr uint32_t kClients = 0x0a000000, kServers = 0x0b000000;
constexpr uint8_t kSyn = 0x02, kPushAck = 0x18;
constexpr uint16_t kMoreFragments = 0x2000;

/// frame is the `i`th of a kind; empty where the kind is not known.
std::string frame(const std::string& kind, uint64_t i) {
  const auto n = static_cast<uint32_t>(i);
  const uint32_t client = kClients + (n & 0xffff);
  const uint32_t server = kServers + (n >> 16);
  const auto port = static_cast<uint16_t>(20'000 + n % 40'000);
  std::string ip;
  if (kind == "flows") {
    ip = ipv4(client, server, 6, 1, 0, tcp(port, 7777, kPushAck, "nothing that anybody decodes"));
  } else if (kind == "modbus") {
    ip = ipv4(client, server, 6, 1, 0,
              tcp(port, 502, kPushAck,
                  number(n, 2) + number(0, 2) + number(6, 2) + number(0x0103, 2) + number(100, 2) + number(1, 2)));
  } else if (kind == "syn") {
    ip = ipv4(kClients, kServers + n / 1000, 6, 1, 0, tcp(40'000, static_cast<uint16_t>(1 + n % 1000), kSyn, ""));
  } else if (kind == "fragments") {
    ip = ipv4(client, server, 17, static_cast<uint16_t>(n), kMoreFragments, std::string(1480, 'f'));
  } else if (kind == "arp") {
    const bool claim = n % 2 == 1;
    return (claim ? mac(kServers) : std::string(6, '\xff')) + mac(client + n) + number(0x0806, 2) + number(1, 2) +
           number(0x0800, 2) + number(0x0604, 2) + number(claim ? 2 : 1, 2) + mac(client + n) + number(client, 4) +
           std::string(6, '\0') + number(server, 4) + std::string(18, '\0');
  } else {
    return {};
  }
  return mac(server) + mac(client) + number(0x0800, 2) + ip;
}

void little(std::string& out, uint32_t value) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i));
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t count = argc == 4 ? std::strtoull(argv[2], nullptr, 10) : 0;
  if (count == 0 || frame(argv[1], 0).empty()) {
    std::fprintf(stderr, "usage: make_flood flows|modbus|syn|fragments|arp COUNT OUT.pcap\n");
    return 2;
  }
  std::FILE* out = std::strcmp(argv[3], "-") == 0 ? stdout : std::fopen(argv[3], "wb");
  if (out == nullptr) {
    std::fprintf(stderr, "make_flood: cannot write %s\n", argv[3]);
    return 1;
  }
  std::string bytes;
  for (const uint32_t word : {0xa1b2c3d4u, 0x00040002u, 0u, 0u, 65535u, 1u}) little(bytes, word);
  constexpr uint64_t kStart = 1'793'613'600;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string octets = frame(argv[1], i);
    little(bytes, static_cast<uint32_t>(kStart + i / 500'000));
    little(bytes, static_cast<uint32_t>(i % 500'000 * 2));
    little(bytes, static_cast<uint32_t>(octets.size()));
    little(bytes, static_cast<uint32_t>(octets.size()));
    bytes += octets;
    if (bytes.size() > (1u << 20) || i + 1 == count) {
      if (std::fwrite(bytes.data(), 1, bytes.size(), out) != bytes.size()) break;
      bytes.clear();
    }
  }
  if (std::fclose(out) != 0 || !bytes.empty()) {
    std::fprintf(stderr, "make_flood: not everything could be written\n");
    return 1;
  }
  return 0;
}
