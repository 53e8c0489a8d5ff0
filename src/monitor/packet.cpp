#include "monitor/packet.h"

#include <algorithm>

namespace rampart::monitor {

namespace {

enum LinkType : uint32_t {
  kLoopback = 0,
  kEthernet = 1,
  kRaw = 12,
  kRawOpenBsd = 14,
  kLinkTypeRaw = 101,
  kLoopbackOpenBsd = 108,
  kLinuxCooked = 113,
  kRawIpv4 = 228,
  kRawIpv6 = 229,
  kLinuxCooked2 = 276,
};

enum EtherType : uint16_t {
  kFirstEtherType = 0x0600,  // below: a length (IEEE 802.3)
  kIpv4 = 0x0800,
  kVlan = 0x8100,
  kIpv6 = 0x86dd,
  kMpls = 0x8847,
  kMplsMulticast = 0x8848,
  kPppoeSession = 0x8864,
  kServiceVlan = 0x88a8,
  kOldServiceVlan = 0x9100,
};

enum IpProtocol : uint8_t {
  kHopByHop = 0,
  kTcp = 6,
  kUdp = 17,
  kRouting = 43,
  kFragment = 44,
  kAuthentication = 51,
  kNoNext = 59,
  kDestination = 60,
};

constexpr int kTagsAtMost = 8;        // VLAN tags and MPLS labels; more is no network but an attack on the parser
constexpr int kExtensionsAtMost = 8;  // RFC 8200 knows six, each once but one

uint16_t u16(const uint8_t* at) { return static_cast<uint16_t>(at[0] << 8 | at[1]); }
uint32_t u32(const uint8_t* at) { return static_cast<uint32_t>(load_big<4>(at)); }

/// Cursor is what is left of a frame: captured octets, and how many more the wire had.
struct Cursor {
  const uint8_t* at;
  size_t left;
  size_t missing;  // octets on the wire behind `left`

  void skip(size_t count) {
    at += count;
    left -= count;
  }
};

/// Link is what stands before the network layer.
struct Link {
  const uint8_t* source_mac = nullptr;
  const uint8_t* destination_mac = nullptr;
  uint16_t ethertype = 0;
  std::array<uint16_t, 2> vlans{};
  uint8_t vlan_count = 0;
  bool llc = false;
};

constexpr std::string_view kLongTagChain = "more than 8 tags or labels";

struct Step {
  Parsed result = Parsed::other;
  std::string_view reason{};
};

Step cut(const Cursor& cursor, std::string_view reason) {
  if (cursor.missing != 0) return {Parsed::truncated, {}};
  return {Parsed::malformed, reason};
}

/// skip_labels walks down an MPLS stack; what follows says by its first four bits whether it is IP.
Step skip_labels(Cursor& cursor, Link& link) {
  for (int depth = 0; depth < kTagsAtMost; ++depth) {
    if (cursor.left < 4) return cut(cursor, "frame ends inside of an MPLS label");
    const bool bottom = cursor.at[2] & 1;
    cursor.skip(4);
    if (!bottom) continue;
    if (cursor.left == 0) return cut(cursor, "nothing behind the MPLS labels");
    const int version = cursor.at[0] >> 4;
    if (version == 4) link.ethertype = kIpv4;
    if (version == 6) link.ethertype = kIpv6;
    return {};
  }
  return {Parsed::malformed, kLongTagChain};
}

/// RFC 2516: version and type 1, code 0 (session data), session, length; then the PPP protocol number.
Step skip_pppoe(Cursor& cursor, Link& link) {
  if (cursor.left < 8) return cut(cursor, "frame ends inside of the PPPoE header");
  if (cursor.at[0] != 0x11 || cursor.at[1] != 0) return {};
  const uint16_t protocol = u16(cursor.at + 6);
  if (protocol != 0x0021 && protocol != 0x0057) return {};
  link.ethertype = protocol == 0x0021 ? kIpv4 : kIpv6;
  cursor.skip(8);
  return {};
}

/// IEEE 802.3: `length` octets beginning with an LLC header, which for SNAP (AA AA 03, 00 00 00) ends in an ethertype.
Step skip_llc(Cursor& cursor, Link& link, size_t length) {
  cursor.missing = length > cursor.left ? length - cursor.left : 0;
  cursor.left = std::min(cursor.left, length);
  if (cursor.left < 3) return cut(cursor, "frame ends inside of the LLC header");
  const uint8_t* at = cursor.at;
  const bool snap = at[0] == 0xaa && at[1] == 0xaa && at[2] == 3;
  if (snap && cursor.left < 8) return cut(cursor, "frame ends inside of the SNAP header");
  if (snap && at[3] == 0 && at[4] == 0 && at[5] == 0) {
    link.ethertype = u16(at + 6);
    cursor.skip(8);
    return {};
  }
  link.llc = true;
  link.ethertype = 0;
  return {};
}

bool is_vlan_tag(uint16_t ethertype) {
  return ethertype == kVlan || ethertype == kServiceVlan || ethertype == kOldServiceVlan;
}

/// skip_tags goes from the first ethertype, already read, to the network layer.
Step skip_tags(Cursor& cursor, Link& link) {
  for (int depth = 0; is_vlan_tag(link.ethertype); ++depth) {
    if (depth == kTagsAtMost) return {Parsed::malformed, kLongTagChain};
    if (cursor.left < 4) return cut(cursor, "frame ends inside of a VLAN tag");
    if (link.vlan_count < 2) link.vlans[link.vlan_count] = u16(cursor.at) & 0x0fff;
    ++link.vlan_count;
    link.ethertype = u16(cursor.at + 2);
    cursor.skip(4);
  }
  if (link.ethertype < kFirstEtherType) return skip_llc(cursor, link, link.ethertype);
  if (link.ethertype == kMpls || link.ethertype == kMplsMulticast) return skip_labels(cursor, link);
  if (link.ethertype == kPppoeSession) return skip_pppoe(cursor, link);
  return {};
}

Step read_ethernet(Cursor& cursor, Link& link) {
  if (cursor.left < 14) return cut(cursor, "shorter than an Ethernet header");
  link.destination_mac = cursor.at;
  link.source_mac = cursor.at + 6;
  link.ethertype = u16(cursor.at + 12);
  cursor.skip(14);
  if (link.ethertype == kIpv4) [[likely]]
    return {};
  return skip_tags(cursor, link);
}

/// Linux cooked: packet type, ARPHRD, address length and address (the sender's alone), protocol.
Step read_cooked(Cursor& cursor, Link& link, bool second_version) {
  const size_t header = second_version ? 20 : 16;
  if (cursor.left < header) return cut(cursor, "shorter than a Linux cooked header");
  const uint8_t* at = cursor.at;
  const size_t address_length = second_version ? at[11] : u16(at + 4);
  if (address_length == 6) link.source_mac = second_version ? at + 12 : at + 6;
  link.ethertype = second_version ? u16(at) : u16(at + 14);
  cursor.skip(header);
  // Values below 0x0600 are Linux's own: 1 is Novell's raw 802.3, 4 is 802.2 LLC; neither carries its length.
  if (link.ethertype == 4) return skip_llc(cursor, link, cursor.left + cursor.missing);
  if (link.ethertype < kFirstEtherType) return {};
  return skip_tags(cursor, link);
}

/// BSD loopback: the address family in the byte order of the recording host (DLT 108: network order). The families of
/// IPv6 differ between systems: 10 Linux, 24 and 28 BSD, 30 macOS.
Step read_loopback(Cursor& cursor, Link& link) {
  if (cursor.left < 4) return cut(cursor, "shorter than a loopback header");
  uint32_t family = u32(cursor.at);
  if (family > 0xffff) family = static_cast<uint32_t>(load_little<4>(cursor.at));
  cursor.skip(4);
  if (family == 2) link.ethertype = kIpv4;
  if (family == 10 || family == 24 || family == 28 || family == 30) link.ethertype = kIpv6;
  return {};
}

Step read_raw(Cursor& cursor, Link& link) {
  if (cursor.left == 0) return cut(cursor, "an empty frame");
  const int version = cursor.at[0] >> 4;
  if (version == 4) link.ethertype = kIpv4;
  if (version == 6) link.ethertype = kIpv6;
  return {};
}

Step read_link(uint32_t link_type, Cursor& cursor, Link& link) {
  if (link_type == kEthernet) [[likely]]
    return read_ethernet(cursor, link);
  switch (link_type) {
    case kLinuxCooked:
      return read_cooked(cursor, link, false);
    case kLinuxCooked2:
      return read_cooked(cursor, link, true);
    case kLoopback:
    case kLoopbackOpenBsd:
      return read_loopback(cursor, link);
    case kRaw:
    case kRawOpenBsd:
    case kLinkTypeRaw:
    case kRawIpv4:
    case kRawIpv6:
      return read_raw(cursor, link);
  }
  return {Parsed::unsupported, {}};
}

Cursor begin(const RawPacket& raw) {
  const size_t captured = raw.bytes.size();
  return {raw.bytes.data(), captured, raw.original_length > captured ? raw.original_length - captured : 0};
}

Parsed malformed(Packet& packet, std::string_view reason) {
  packet.reason = reason;
  return Parsed::malformed;
}

/// short_of: a header does not fit into what is left.
Parsed short_of(Packet& packet, std::string_view reason) {
  return packet.missing != 0 ? Parsed::truncated : malformed(packet, reason);
}

/// set_ip_payload gives the datagram's payload its announced length; what is behind is padding, what lacks is missing.
void set_ip_payload(Packet& packet, const uint8_t* at, size_t captured, size_t announced) {
  const size_t there = std::min(captured, announced);
  packet.payload = Bytes(at, there);
  packet.missing = static_cast<uint32_t>(announced - there);
  packet.padded_ip = captured > announced;
}

Parsed parse_tcp(Packet& packet) {
  const Bytes segment = packet.payload;
  if (segment.size() < 20) return short_of(packet, "shorter than a TCP header");
  const uint8_t* at = segment.data();
  const size_t header = static_cast<size_t>(at[12] >> 4) * 4;
  packet.source_port = u16(at);
  packet.destination_port = u16(at + 2);
  packet.sequence = u32(at + 4);
  packet.acknowledgement = u32(at + 8);
  packet.tcp_flags = at[13];
  packet.window = u16(at + 14);
  if (header < 20) return malformed(packet, "TCP header length below 20");
  if (header > segment.size()) return short_of(packet, "TCP options beyond the datagram");
  packet.transport = Transport::tcp;
  packet.payload = segment.subspan(header);
  return Parsed::ip;
}

Parsed parse_udp(Packet& packet) {
  const Bytes datagram = packet.payload;
  if (datagram.size() < 8) return short_of(packet, "shorter than a UDP header");
  const uint8_t* at = datagram.data();
  const size_t length = u16(at + 4);
  packet.source_port = u16(at);
  packet.destination_port = u16(at + 2);
  if (length < 8) return malformed(packet, "UDP length below 8");
  if (length > datagram.size() + packet.missing) return malformed(packet, "UDP length beyond the datagram");
  packet.transport = Transport::udp;
  const size_t there = std::min(length, datagram.size());
  packet.payload = datagram.subspan(8, there - 8);
  packet.missing = static_cast<uint32_t>(length - there);
  return Parsed::ip;
}

Parsed parse_ports(Packet& packet) {
  if (packet.protocol == kTcp) return parse_tcp(packet);
  if (packet.protocol == kUdp) return parse_udp(packet);
  return Parsed::ip;
}

Parsed parse_ipv4(Packet& packet, Cursor cursor) {
  if (cursor.left < 20) {
    packet.missing = static_cast<uint32_t>(cursor.missing);
    return short_of(packet, "shorter than an IPv4 header");
  }
  const uint8_t* at = cursor.at;
  const size_t header = static_cast<size_t>(at[0] & 0x0f) * 4;
  size_t total = u16(at + 2);
  if (at[0] >> 4 != 4) return malformed(packet, "IPv4 ethertype without version 4");
  if (header < 20) return malformed(packet, "IPv4 header length below 20");
  // Segmentation offload leaves the total length 0 for the network card to fill in.
  if (total == 0) total = cursor.left + cursor.missing;
  if (total < header) return malformed(packet, "IPv4 total length below its header");
  packet.has_ip = true;
  packet.source = IpAddress::v4(at + 12);
  packet.destination = IpAddress::v4(at + 16);
  packet.hop_limit = at[8];
  packet.protocol = at[9];
  if (header > cursor.left) {
    packet.missing = static_cast<uint32_t>(cursor.missing);
    return short_of(packet, "IPv4 options beyond the frame");
  }
  set_ip_payload(packet, at + header, cursor.left - header, total - header);
  const uint16_t fragment = u16(at + 6);
  if (fragment & 0x3fff) {
    packet.more_fragments = fragment & 0x2000;
    packet.fragment_offset = static_cast<uint16_t>((fragment & 0x1fff) * 8);
    packet.fragment_id = u16(at + 4);
    return Parsed::fragment;
  }
  return parse_ports(packet);
}

/// walk_extensions moves packet.payload and packet.protocol behind the extension headers that it knows (RFC 8200, 4).
Parsed walk_extensions(Packet& packet) {
  for (int depth = 0;; ++depth) {
    const uint8_t kind = packet.protocol;
    if (kind != kHopByHop && kind != kRouting && kind != kDestination && kind != kFragment && kind != kAuthentication) {
      return parse_ports(packet);
    }
    if (depth == kExtensionsAtMost) return malformed(packet, "more than 8 IPv6 extension headers");
    if (packet.payload.size() < 8) return short_of(packet, "datagram ends inside of an IPv6 extension header");
    const uint8_t* at = packet.payload.data();
    size_t length = (size_t{at[1]} + 1) * 8;
    if (kind == kAuthentication) length = (size_t{at[1]} + 2) * 4;  // RFC 4302, 2.2: in 32-bit words, less two
    if (kind == kFragment) length = 8;
    if (length > packet.payload.size()) return short_of(packet, "IPv6 extension header beyond the datagram");
    packet.protocol = at[0];
    packet.payload = packet.payload.subspan(length);
    if (kind != kFragment) continue;
    packet.fragment_offset = u16(at + 2) & 0xfff8;
    packet.more_fragments = at[3] & 1;
    packet.fragment_id = u32(at + 4);
    // RFC 6946: offset 0 without more is a whole datagram.
    if (packet.more_fragments || packet.fragment_offset != 0) return Parsed::fragment;
  }
}

Parsed parse_ipv6(Packet& packet, Cursor cursor) {
  packet.missing = static_cast<uint32_t>(cursor.missing);
  if (cursor.left < 40) return short_of(packet, "shorter than an IPv6 header");
  const uint8_t* at = cursor.at;
  if (at[0] >> 4 != 6) return malformed(packet, "IPv6 ethertype without version 6");
  packet.has_ip = true;
  packet.source = IpAddress::v6(at + 8);
  packet.destination = IpAddress::v6(at + 24);
  packet.protocol = at[6];
  packet.hop_limit = at[7];
  size_t announced = u16(at + 4);
  const size_t captured = cursor.left - 40;
  // Jumbograms and segmentation offload announce 0.
  if (announced == 0 && packet.protocol != kNoNext) announced = captured + cursor.missing;
  set_ip_payload(packet, at + 40, captured, announced);
  return walk_extensions(packet);
}

uint64_t mix(uint64_t value) {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdu;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53u;
  return value ^ value >> 33;
}

uint64_t load64(const uint8_t* at) {
  uint64_t value = 0;
  std::memcpy(&value, at, 8);
  return value;
}

}  // namespace

Parsed parse_transport(Packet& packet) {
  if (packet.source.is_v4()) return parse_ports(packet);
  const Parsed parsed = walk_extensions(packet);
  return parsed == Parsed::fragment ? malformed(packet, "a fragment inside of a fragment") : parsed;
}

Parsed parse_packet(const RawPacket& raw, Packet& packet) {
  packet = Packet{};
  packet.time = raw.time;
  packet.number = raw.number;
  packet.file = raw.file;
  Cursor cursor = begin(raw);
  Link link;
  const Step step = read_link(raw.link_type, cursor, link);
  if (link.source_mac != nullptr) std::memcpy(packet.source_mac.octets.data(), link.source_mac, 6);
  if (link.destination_mac != nullptr) std::memcpy(packet.destination_mac.octets.data(), link.destination_mac, 6);
  packet.vlans = link.vlans;
  packet.vlan_count = link.vlan_count;
  packet.ethertype = link.ethertype;
  packet.llc = link.llc;
  packet.payload = Bytes(cursor.at, cursor.left);
  if (step.result != Parsed::other) {
    packet.missing = static_cast<uint32_t>(cursor.missing);
    packet.reason = step.reason;
    return step.result;
  }
  if (link.ethertype == kIpv4) [[likely]]
    return parse_ipv4(packet, cursor);
  if (link.ethertype == kIpv6) return parse_ipv6(packet, cursor);
  packet.missing = static_cast<uint32_t>(cursor.missing);
  return Parsed::other;
}

uint64_t fast_pair_hash(const RawPacket& raw) {
  Cursor cursor = begin(raw);
  Link link;
  const Step step = read_link(raw.link_type, cursor, link);
  if (step.result == Parsed::other && link.ethertype == kIpv4 && cursor.left >= 20) {
    return mix(uint64_t{u32(cursor.at + 12)} + u32(cursor.at + 16)) ^
           mix(uint64_t{u32(cursor.at + 12)} * u32(cursor.at + 16) + 1);
  }
  if (step.result == Parsed::other && link.ethertype == kIpv6 && cursor.left >= 40) {
    return mix(mix(load64(cursor.at + 8)) + load64(cursor.at + 16)) +
           mix(mix(load64(cursor.at + 24)) + load64(cursor.at + 32));
  }
  if (link.source_mac == nullptr || link.destination_mac == nullptr) return 0;
  return mix(load_big<6>(link.source_mac)) + mix(load_big<6>(link.destination_mac));
}

bool ipv4_checksum_ok(Bytes header) {
  if (header.size() < 20) return false;
  const size_t length = static_cast<size_t>(header[0] & 0x0f) * 4;
  if (length < 20 || length > header.size()) return false;
  uint32_t sum = 0;
  for (size_t i = 0; i < length; i += 2) sum += u16(header.data() + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

}  // namespace rampart::monitor
