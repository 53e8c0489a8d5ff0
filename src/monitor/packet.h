// One frame taken apart: link layer, VLANs, IP, TCP or UDP. A Packet borrows from the RawPacket that it was parsed from
// (or from the FragmentReassembler) and is valid as long as that is. Parsing is pure and allocates nothing.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"
#include "monitor/capture.h"

namespace rampart::monitor {

/// Parsed says what parse_packet made of a frame.
///   ip          an IP datagram whole enough to use; `transport` says whether ports are there
///   fragment    one part of an IP datagram: give it to the FragmentReassembler
///   other       no IP: payload is what follows the ethertype (or the LLC header's first octet, where `llc`)
///   malformed   breaks the rules of its headers; `reason` says which
///   truncated   the capture cut it inside of its headers
///   unsupported a link type that is not decoded
enum class Parsed : uint8_t { ip, fragment, other, malformed, truncated, unsupported };

enum class Transport : uint8_t { none, tcp, udp };

namespace tcp_flag {
constexpr uint8_t fin = 0x01, syn = 0x02, rst = 0x04, psh = 0x08, ack = 0x10, urg = 0x20;
}

struct Packet {
  TimePoint time;
  uint64_t number = 0;
  uint32_t file = 0;

  uint32_t missing = 0;       // octets at the end of payload that the headers announce and the capture does not hold
  Bytes payload;              // of the highest layer understood, without padding
  std::string_view reason{};  // a literal, where the result is malformed

  IpAddress source;
  IpAddress destination;
  MacAddress source_mac;  // zero where the link layer has none
  MacAddress destination_mac;
  std::array<uint16_t, 2> vlans{};  // outermost first, identifiers only
  uint8_t vlan_count = 0;           // may exceed 2: the others were skipped
  bool has_ip = false;
  bool llc = false;        // IEEE 802.2 without SNAP: no ethertype
  bool padded_ip = false;  // octets behind the IP datagram, as Ethernet's padding is
  uint16_t ethertype = 0;
  uint8_t protocol = 0;  // of IP, behind IPv6's extension headers
  uint8_t hop_limit = 0;
  Transport transport = Transport::none;

  uint8_t tcp_flags = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint32_t sequence = 0;
  uint32_t acknowledgement = 0;
  uint16_t window = 0;

  bool more_fragments = false;
  uint16_t fragment_offset = 0;  // octets
  uint32_t fragment_id = 0;

  bool truncated() const { return missing != 0; }
};

/// parse_packet takes `raw` apart. All fields of `packet` are set, whatever the result.
Parsed parse_packet(const RawPacket& raw, Packet& packet);

/// parse_transport reads packet.payload, by packet.protocol, as if it followed an IP header: what is left of IPv6's
/// extension headers, TCP, UDP. Result: ip, malformed or truncated. For datagrams put together from fragments.
Parsed parse_transport(Packet& packet);

/// fast_pair_hash is the same for every frame between two hosts, in both directions and for all fragments: of the IP
/// pair, of the MAC pair where there is no IP, 0 where there is neither. It reads no further than the addresses.
uint64_t fast_pair_hash(const RawPacket& raw);

/// ipv4_checksum_ok verifies the header checksum of the IPv4 header at the beginning of `header`. Not part of parsing:
/// captures taken on the sender hold what the network card fills in later.
bool ipv4_checksum_ok(Bytes header);

}  // namespace rampart::monitor
