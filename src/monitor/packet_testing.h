// Builds frames for tests, layer by layer from the inside out: ethernet(0x0800, ipv4(17, udp(1, 2, "x"))).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "monitor/packet.h"

namespace rampart::monitor::testing {

using namespace std::string_literals;

inline std::string be16(unsigned value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
inline std::string be32(uint32_t value) { return be16(value >> 16) + be16(value & 0xffff); }

inline const std::string kMacA = "\x02\x00\x00\x00\x00\x0a"s;
inline const std::string kMacB = "\x02\x00\x00\x00\x00\x0b"s;
inline const std::string kIpA = "\x0a\x14\x00\x0a"s;  // 10.20.0.10
inline const std::string kIpB = "\x0a\x14\x00\x14"s;  // 10.20.0.20
inline const std::string kIp6A = "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a"s;
inline const std::string kIp6B = "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x0b"s;

/// ethernet: from A to B.
inline std::string ethernet(unsigned ethertype, const std::string& payload) {
  return kMacB + kMacA + be16(ethertype) + payload;
}
inline std::string vlan(unsigned id, unsigned ethertype, const std::string& payload) {
  return be16(id) + be16(ethertype) + payload;
}
/// ipv4: from A to B, `fragment` as in the header: flags and offset in units of 8.
inline std::string ipv4(unsigned protocol, const std::string& payload, unsigned fragment = 0, unsigned id = 7,
                        const std::string& options = "") {
  const auto words = static_cast<unsigned>(5 + options.size() / 4);
  return std::string(1, static_cast<char>(0x40 | words)) + "\0"s +
         be16(static_cast<unsigned>(words * 4 + payload.size())) + be16(id) + be16(fragment) + "\x40"s +
         static_cast<char>(protocol) + be16(0) + kIpA + kIpB + options + payload;
}
inline std::string ipv6(unsigned next, const std::string& payload) {
  return be32(0x60000000) + be16(static_cast<unsigned>(payload.size())) + static_cast<char>(next) + "\x40"s + kIp6A +
         kIp6B + payload;
}
/// ipv6_fragment: the fragment header and what follows it; `offset` in octets.
inline std::string ipv6_fragment(unsigned next, unsigned offset, bool more, uint32_t id, const std::string& payload) {
  return std::string(1, static_cast<char>(next)) + "\0"s + be16(offset | more) + be32(id) + payload;
}
inline std::string udp(unsigned from, unsigned to, const std::string& payload, int longer = 0) {
  return be16(from) + be16(to) + be16(static_cast<unsigned>(8 + static_cast<int>(payload.size()) + longer)) + be16(0) +
         payload;
}
inline std::string tcp(unsigned from, unsigned to, uint32_t sequence, uint32_t acknowledgement, unsigned flags,
                       const std::string& payload, const std::string& options = "") {
  const auto words = static_cast<unsigned>(5 + options.size() / 4);
  return be16(from) + be16(to) + be32(sequence) + be32(acknowledgement) + be16(words << 12 | flags) + be16(8192) +
         be32(0) + options + payload;
}

/// raw makes a captured frame of `bytes`, which must outlive it; `cut` octets of it were not captured.
inline RawPacket raw(std::string_view bytes, uint32_t link_type = 1, size_t cut = 0) {
  RawPacket packet;
  packet.bytes = as_bytes(bytes).first(bytes.size() - cut);
  packet.original_length = static_cast<uint32_t>(bytes.size());
  packet.link_type = link_type;
  packet.number = 1;
  return packet;
}

}  // namespace rampart::monitor::testing
