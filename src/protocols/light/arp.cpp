#include "protocols/light/arp.h"

#include <algorithm>
#include <array>

#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

enum : uint16_t { kRequest = 1, kReply = 2 };
constexpr std::array<uint16_t, 1> kEtherTypes = {0x0806};
constexpr std::array<Function, 2> kFunctions = {Function{kRequest, "request"}, Function{kReply, "reply"}};

struct Arp {
  uint16_t operation = 0;
  Bytes sender_mac, sender_ip, target_ip;
};

/// read_arp is true for ARP of IPv4 over Ethernet (RFC 826), request or reply.
bool read_arp(Bytes frame, Arp& arp) {
  ByteReader reader(frame);
  const uint16_t hardware = reader.u16(), protocol = reader.u16();
  const uint8_t mac_octets = reader.u8(), ip_octets = reader.u8();
  arp.operation = reader.u16();
  arp.sender_mac = reader.bytes(6);
  arp.sender_ip = reader.bytes(4);
  reader.skip(6);
  arp.target_ip = reader.bytes(4);
  return reader.ok() && hardware == 1 && protocol == 0x0800 && mac_octets == 6 && ip_octets == 4 &&
         (arp.operation == kRequest || arp.operation == kReply);
}

bool is_zero(Bytes octets) {
  return std::all_of(octets.begin(), octets.end(), [](uint8_t octet) { return octet == 0; });
}

class ArpDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    // Nobody is asked by name, so that whoever begins is the client.
    Arp arp;
    return direction == Direction::to_server && read_arp(bytes, arp) ? Match::yes : Match::no;
  }
  void lost(Direction, uint64_t) override {}

  Feed feed(Direction, Bytes frame, Sink& sink) override {
    Arp arp;
    if (!read_arp(frame, arp)) return malformed("not ARP for IPv4 over Ethernet");
    const bool probe = is_zero(arp.sender_ip);
    if (probe && is_zero(arp.target_ip)) return {};
    Attribute claim{.kind = Attribute::Kind::address};
    // RFC 5227: who sends from 0.0.0.0 asks whether an address is free; who asks for his own announces it.
    claim.basis = probe                                              ? Attribute::Basis::probed
                  : std::ranges::equal(arp.sender_ip, arp.target_ip) ? Attribute::Basis::gratuitous
                  : arp.operation == kRequest                        ? Attribute::Basis::asked
                                                                     : Attribute::Basis::answered;
    claim.about_ip = IpAddress::v4(probe ? arp.target_ip.data() : arp.sender_ip.data());
    std::copy(arp.sender_mac.begin(), arp.sender_mac.end(), claim.about_mac.emplace().octets.begin());
    sink.attribute(claim);
    return {};
  }
};

}  // namespace

Entry arp() {
  Entry entry = name_entry();
  entry.name = "arp";
  entry.title = "Address Resolution Protocol";
  entry.specification = "RFC 826, RFC 5227";
  entry.ethertypes = kEtherTypes;
  entry.over_ethernet = true;
  entry.not_relayed = "it has no IP addresses, and ends with the cable or the subnet";
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<ArpDecoder>(self); };
  entry.posture = "no authentication: anybody may claim any address";
  entry.encrypts = Assurance::no;
  entry.authenticates = Assurance::no;
  return entry;
}

}  // namespace rampart::protocols::light
