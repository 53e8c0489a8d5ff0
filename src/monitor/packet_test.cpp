#include "monitor/packet.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "base/text.h"
#include "monitor/packet_testing.h"

namespace rampart::monitor {
namespace {

using namespace rampart::monitor::testing;

const std::string kUdp = udp(20000, 47808, "hello");

/// parsed is the result for a frame that is kept for as long as the packet is looked at.
struct Frame {
  explicit Frame(std::string octets, uint32_t link_type = 1, size_t cut = 0) : bytes(std::move(octets)) {
    const RawPacket captured = raw(bytes, link_type, cut);
    result = parse_packet(captured, packet);
    hash = fast_pair_hash(captured);
  }
  std::string bytes;
  Packet packet;
  Parsed result;
  uint64_t hash = 0;
};

void expect_hello(const Frame& frame) {
  EXPECT_EQ(frame.result, Parsed::ip) << frame.packet.reason;
  EXPECT_EQ(frame.packet.transport, Transport::udp);
  EXPECT_EQ(frame.packet.source_port, 20000);
  EXPECT_EQ(frame.packet.destination_port, 47808);
  EXPECT_EQ(as_text(frame.packet.payload), "hello");
  EXPECT_EQ(frame.packet.missing, 0u);
}

TEST(Packet, ReadsTcpOverIpv4OverEthernet) {
  const Frame frame(ethernet(0x0800, ipv4(6, tcp(40000, 502, 0xfffffff0, 77, tcp_flag::ack | tcp_flag::psh, "abc"))));
  EXPECT_EQ(frame.result, Parsed::ip);
  const Packet& packet = frame.packet;
  EXPECT_EQ(to_text(packet.source_mac), "02:00:00:00:00:0a");
  EXPECT_EQ(to_text(packet.destination_mac), "02:00:00:00:00:0b");
  EXPECT_EQ(to_text(packet.source), "10.20.0.10");
  EXPECT_EQ(to_text(packet.destination), "10.20.0.20");
  EXPECT_EQ(packet.protocol, 6);
  EXPECT_EQ(packet.hop_limit, 64);
  EXPECT_EQ(packet.transport, Transport::tcp);
  EXPECT_EQ(packet.source_port, 40000);
  EXPECT_EQ(packet.destination_port, 502);
  EXPECT_EQ(packet.sequence, 0xfffffff0u);
  EXPECT_EQ(packet.acknowledgement, 77u);
  EXPECT_EQ(packet.tcp_flags, tcp_flag::ack | tcp_flag::psh);
  EXPECT_EQ(packet.window, 8192);
  EXPECT_EQ(as_text(packet.payload), "abc");
}

TEST(Packet, SkipsIpAndTcpOptions) {
  const Frame frame(ethernet(0x0800, ipv4(6, tcp(1, 2, 3, 4, 2, "abc", "\1\1\1\1\1\1\1\0"s), 0, 7, "\1\1\1\0"s)));
  EXPECT_EQ(frame.result, Parsed::ip);
  EXPECT_EQ(as_text(frame.packet.payload), "abc");
}

TEST(Packet, ReadsUdpOverIpv6BehindExtensionHeaders) {
  const std::string hop_by_hop = "\x2b\0\5\2\0\0\1\0"s;
  const std::string routing = "\x33\0\4\0\0\0\0\0"s;
  const std::string authentication = "\x3c\4\0\0"s + std::string(20, 'a');
  const std::string destination = "\x11\1"s + std::string(14, '\0');
  const Frame frame(ethernet(0x86dd, ipv6(0, hop_by_hop + routing + authentication + destination + kUdp)));
  expect_hello(frame);
  EXPECT_EQ(frame.packet.protocol, 17);
  EXPECT_EQ(to_text(frame.packet.source), "fe80::a");
}

TEST(Packet, TakesAnAtomicIpv6FragmentForAWholeDatagram) {
  expect_hello(Frame(ethernet(0x86dd, ipv6(44, ipv6_fragment(17, 0, false, 9, kUdp)))));
}

TEST(Packet, RefusesAnEndlessChainOfExtensionHeaders) {
  std::string chain;
  for (int i = 0; i < 9; ++i) chain += "\x3c\0\1\4\0\0\0\0"s;
  const Frame frame(ethernet(0x86dd, ipv6(60, chain + kUdp)));
  EXPECT_EQ(frame.result, Parsed::malformed);
  EXPECT_EQ(frame.packet.reason, "more than 8 IPv6 extension headers");
}

TEST(Packet, CutsOffThePaddingOfEthernet) {
  const Frame frame(ethernet(0x0800, ipv4(17, kUdp)) + std::string(20, '\0'));
  expect_hello(frame);
  EXPECT_TRUE(frame.packet.padded_ip);
}

TEST(Packet, ReadsVlanTagsOfAllKinds) {
  const std::string inner = ipv4(17, kUdp);
  const Frame one(ethernet(0x8100, vlan(0x2000 | 20, 0x0800, inner)));
  expect_hello(one);
  EXPECT_EQ(one.packet.vlan_count, 1);
  EXPECT_EQ(one.packet.vlans[0], 20);
  EXPECT_EQ(one.packet.ethertype, 0x0800);
  for (const unsigned outer : {0x88a8u, 0x9100u, 0x8100u}) {
    const Frame two(ethernet(outer, vlan(100, 0x8100, vlan(20, 0x0800, inner))));
    expect_hello(two);
    EXPECT_EQ(two.packet.vlans[0], 100);
    EXPECT_EQ(two.packet.vlans[1], 20);
    EXPECT_EQ(two.hash, one.hash) << "one-sided tags must not part two hosts";
  }
  const Frame three(ethernet(0x88a8, vlan(1, 0x8100, vlan(2, 0x8100, vlan(3, 0x0800, inner)))));
  expect_hello(three);
  EXPECT_EQ(three.packet.vlan_count, 3);
}

TEST(Packet, RefusesAnEndlessChainOfTags) {
  std::string tags;
  for (int i = 0; i < 9; ++i) tags += be16(1) + be16(0x8100);
  EXPECT_EQ(Frame(ethernet(0x8100, tags + kUdp)).result, Parsed::malformed);
  EXPECT_EQ(Frame(ethernet(0x8847, std::string(60, '\0'))).result, Parsed::malformed);
}

TEST(Packet, SkipsMplsLabelsAndPppoe) {
  const std::string labels = "\0\1\0\x40\0\2\1\x40"s;
  expect_hello(Frame(ethernet(0x8847, labels + ipv4(17, kUdp))));
  expect_hello(Frame(ethernet(0x8848, labels + ipv6(17, kUdp))));
  expect_hello(Frame(ethernet(0x8864, "\x11\0\0\1\0\x23\0\x21"s + ipv4(17, kUdp))));
  expect_hello(Frame(ethernet(0x8864, "\x11\0\0\1\0\x23\0\x57"s + ipv6(17, kUdp))));
  EXPECT_EQ(Frame(ethernet(0x8864, "\x11\0\0\1\0\x23\xc0\x21hello"s)).result, Parsed::other) << "PPP's own control";
}

TEST(Packet, ReadsLlcAndSnap) {
  const Frame bacnet(ethernet(7, "\x82\x82\x03wxyz"s + "padding"));
  EXPECT_EQ(bacnet.result, Parsed::other);
  EXPECT_TRUE(bacnet.packet.llc);
  EXPECT_EQ(as_text(bacnet.packet.payload), "\x82\x82\x03wxyz");
  const std::string snap = "\xaa\xaa\x03\0\0\0\x08\0"s + ipv4(17, kUdp);
  expect_hello(Frame(ethernet(static_cast<unsigned>(snap.size()), snap)));
  const Frame vendor(ethernet(10, "\xaa\xaa\x03\0\0\x0cxxyy"s));
  EXPECT_TRUE(vendor.packet.llc) << "a vendor's own SNAP protocol has no ethertype";
}

TEST(Packet, ReadsEveryLinkType) {
  const std::string four = ipv4(17, kUdp);
  const std::string six = ipv6(17, kUdp);
  for (const uint32_t link_type : {12u, 14u, 101u, 228u}) expect_hello(Frame(four, link_type));
  for (const uint32_t link_type : {12u, 14u, 101u, 229u}) expect_hello(Frame(six, link_type));
  expect_hello(Frame("\2\0\0\0"s + four, 0));
  expect_hello(Frame("\0\0\0\2"s + four, 0));
  expect_hello(Frame("\0\0\0\2"s + four, 108));
  for (const char family : {'\x0a', '\x18', '\x1c', '\x1e'}) expect_hello(Frame(family + "\0\0\0"s + six, 0));
  const Frame cooked("\0\4\0\1\0\6"s + kMacA + "\0\0"s + be16(0x0800) + four, 113);
  expect_hello(cooked);
  EXPECT_EQ(to_text(cooked.packet.source_mac), "02:00:00:00:00:0a");
  const Frame cooked2(be16(0x86dd) + "\0\0\0\0\0\2\0\1\0\6"s + kMacA + "\0\0"s + six, 276);
  expect_hello(cooked2);
  EXPECT_EQ(to_text(cooked2.packet.source_mac), "02:00:00:00:00:0a");
  expect_hello(Frame("\0\4\0\1\0\6"s + kMacA + "\0\0"s + be16(0x8100) + vlan(5, 0x0800, four), 113));
  EXPECT_EQ(Frame(four, 165).result, Parsed::unsupported);
}

TEST(Packet, GivesOtherFramesWithTheirEthertype) {
  const Frame frame(ethernet(0x8892, "profinet"));
  EXPECT_EQ(frame.result, Parsed::other);
  EXPECT_EQ(frame.packet.ethertype, 0x8892);
  EXPECT_EQ(as_text(frame.packet.payload), "profinet");
  EXPECT_FALSE(frame.packet.has_ip);
}

TEST(Packet, TellsFragments) {
  const Frame first(ethernet(0x0800, ipv4(17, kUdp, 0x2000, 99)));
  EXPECT_EQ(first.result, Parsed::fragment);
  EXPECT_TRUE(first.packet.more_fragments);
  EXPECT_EQ(first.packet.transport, Transport::none);
  const Frame last(ethernet(0x0800, ipv4(17, "llo", 3, 99)));
  EXPECT_EQ(last.result, Parsed::fragment);
  EXPECT_EQ(last.packet.fragment_offset, 24);
  EXPECT_EQ(last.packet.fragment_id, 99u);
  EXPECT_EQ(first.hash, last.hash);
  const Frame six(ethernet(0x86dd, ipv6(44, ipv6_fragment(17, 1232, true, 0xabcdef01, "12345678"))));
  EXPECT_EQ(six.result, Parsed::fragment);
  EXPECT_EQ(six.packet.fragment_offset, 1232);
  EXPECT_EQ(six.packet.fragment_id, 0xabcdef01u);
  EXPECT_EQ(six.packet.protocol, 17);
  EXPECT_EQ(Frame(ethernet(0x0800, ipv4(17, kUdp, 0x4000))).result, Parsed::ip) << "do-not-fragment is no fragment";
}

TEST(Packet, SaysHowMuchTheCaptureCutOff) {
  const Frame frame(ethernet(0x0800, ipv4(6, tcp(1, 2, 3, 4, 16, "abcdefgh"))), 1, 3);
  EXPECT_EQ(frame.result, Parsed::ip);
  EXPECT_EQ(as_text(frame.packet.payload), "abcde");
  EXPECT_EQ(frame.packet.missing, 3u);
  const Frame datagram(ethernet(0x0800, ipv4(17, kUdp)) + "padding", 1, 9);
  EXPECT_EQ(as_text(datagram.packet.payload), "hel");
  EXPECT_EQ(datagram.packet.missing, 2u) << "padding is not missing";
}

TEST(Packet, TellsTruncatedFromMalformedAtEveryLength) {
  const std::string frames[] = {
      ethernet(0x0800, ipv4(6, tcp(1, 2, 3, 4, 16, "x", "\1\1\1\0"s), 0, 7, "\1\1\1\0"s)),
      ethernet(0x8100, vlan(3, 0x86dd, ipv6(60, "\x11\1"s + std::string(14, '\0') + kUdp))),
      ethernet(0x8864, "\x11\0\0\1\0\x23\0\x21"s + ipv4(17, kUdp)),
  };
  for (const std::string& bytes : frames) {
    const size_t headers = Frame(bytes).bytes.size() - Frame(bytes).packet.payload.size();
    for (size_t left = 0; left < headers; ++left) {
      const Frame cut(bytes, 1, bytes.size() - left);
      EXPECT_EQ(cut.result, Parsed::truncated) << left << ": " << cut.packet.reason;
      // The same octets, but the wire had no more: an IP header that announces more than its frame is missing it.
      const Frame broken(bytes.substr(0, left));
      EXPECT_TRUE(broken.result == Parsed::malformed ? !broken.packet.reason.empty() : broken.packet.missing != 0)
          << left;
    }
  }
}

TEST(Packet, SaysWhyItIsMalformed) {
  const auto reason = [](const std::string& ip, unsigned ethertype = 0x0800) {
    const Frame frame(ethernet(ethertype, ip));
    EXPECT_EQ(frame.result, Parsed::malformed);
    return std::string(frame.packet.reason);
  };
  std::string datagram = ipv4(17, kUdp);
  EXPECT_EQ(reason("\x65"s + datagram.substr(1)), "IPv4 ethertype without version 4");
  EXPECT_EQ(reason("\x44"s + datagram.substr(1)), "IPv4 header length below 20");
  EXPECT_EQ(reason("\x45\0\0\x13"s + datagram.substr(4)), "IPv4 total length below its header");
  EXPECT_EQ(reason(datagram, 0x86dd), "shorter than an IPv6 header");
  EXPECT_EQ(reason(datagram + std::string(40, 'x'), 0x86dd), "IPv6 ethertype without version 6");
  EXPECT_EQ(reason(ipv4(17, "1234567")), "shorter than a UDP header");
  EXPECT_EQ(reason(ipv4(17, udp(1, 2, "", -1))), "UDP length below 8");
  EXPECT_EQ(reason(ipv4(17, udp(1, 2, "abc", 1))), "UDP length beyond the datagram");
  EXPECT_EQ(reason(ipv4(6, std::string(19, 'x'))), "shorter than a TCP header");
  std::string segment = tcp(1, 2, 3, 4, 16, "");
  segment[12] = 0x40;
  EXPECT_EQ(reason(ipv4(6, segment)), "TCP header length below 20");
  segment[12] = 0x60;
  EXPECT_EQ(reason(ipv4(6, segment)), "TCP options beyond the datagram");
  EXPECT_EQ(Frame(std::string(13, 'x')).packet.reason, "shorter than an Ethernet header");
}

TEST(Packet, CutsOffWhatLiesBehindTheUdpLength) { expect_hello(Frame(ethernet(0x0800, ipv4(17, kUdp + "smuggled")))); }

TEST(Packet, TakesTheWholeFrameWhereOffloadLeftTheLengthZero) {
  std::string datagram = ipv4(6, tcp(1, 2, 3, 4, 16, "abc"));
  datagram[2] = datagram[3] = 0;
  const Frame frame(ethernet(0x0800, datagram));
  EXPECT_EQ(frame.result, Parsed::ip);
  EXPECT_EQ(as_text(frame.packet.payload), "abc");
}

TEST(Packet, VerifiesTheChecksumOfAnIpv4Header) {
  // The example header of Wikipedia's page "Internet checksum".
  std::string header = "\x45\0\0\x73\0\0\x40\0\x40\x11\xb8\x61\xc0\xa8\0\1\xc0\xa8\0\xc7"s;
  EXPECT_TRUE(ipv4_checksum_ok(as_bytes(header)));
  header[1] = 1;
  EXPECT_FALSE(ipv4_checksum_ok(as_bytes(header)));
  EXPECT_FALSE(ipv4_checksum_ok(as_bytes(header).first(19)));
}

/// swapped exchanges both addresses of a frame made by the builders.
std::string swapped(std::string bytes) {
  const auto exchange = [&](const std::string& a, const std::string& b) {
    const size_t at_a = bytes.find(a);
    const size_t at_b = bytes.find(b);
    if (at_a == std::string::npos || at_b == std::string::npos) return;
    bytes.replace(at_a, a.size(), b);
    bytes.replace(at_b, b.size(), a);
  };
  exchange(kMacB, kMacA);
  exchange(kIpA, kIpB);
  exchange(kIp6A, kIp6B);
  return bytes;
}

TEST(Packet, HashesBothDirectionsAlike) {
  for (const std::string& bytes : {ethernet(0x0800, ipv4(17, kUdp)), ethernet(0x86dd, ipv6(17, kUdp)),
                                   ethernet(0x8892, "profinet"), ethernet(7, "\x82\x82\x03wxyz")}) {
    ASSERT_NE(swapped(bytes), bytes);
    EXPECT_EQ(Frame(bytes).hash, Frame(swapped(bytes)).hash);
    EXPECT_NE(Frame(bytes).hash, 0u);
  }
  EXPECT_NE(Frame(ethernet(0x0800, ipv4(17, kUdp))).hash, Frame(ethernet(0x8892, "profinet")).hash);
}

TEST(Packet, HashesSpreadNeighbouringHosts) {
  int counts[4] = {};
  for (char host = 0; host < 64; ++host) {
    std::string bytes = ethernet(0x0800, ipv4(17, kUdp));
    bytes[29] = host;
    ++counts[Frame(bytes).hash % 4];
  }
  for (const int count : counts) EXPECT_GE(count, 6);
}

/// Frames of other people's implementations with what tshark says of them: see tests/data/packets/README.md.
TEST(Packet, AgreesWithTsharkOnTheVectors) {
  std::ifstream in(RAMPART_SOURCE_DIR "/tests/data/packets/frames.txt");
  ASSERT_TRUE(in);
  int frames = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string name, hex, source, destination, vlans;
    uint32_t link_type = 0;
    unsigned protocol = 0, from = 0, to = 0, length = 0;
    fields >> name >> link_type >> hex >> source >> destination >> vlans >> protocol >> from >> to >> length;
    ASSERT_TRUE(fields) << line;
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(*parse_number("0x" + hex.substr(i, 2)));
    const Frame frame(bytes, link_type);
    const Packet& packet = frame.packet;
    EXPECT_EQ(frame.result, Parsed::ip) << name;
    EXPECT_EQ(to_text(packet.source), source) << name;
    EXPECT_EQ(to_text(packet.destination), destination) << name;
    std::string ids;
    for (size_t i = 0; i < packet.vlan_count; ++i) ids += (i ? "," : "") + std::to_string(packet.vlans[i]);
    EXPECT_EQ(ids.empty() ? "-" : ids, vlans) << name;
    EXPECT_EQ(packet.protocol, protocol) << name;
    EXPECT_EQ(packet.source_port, from) << name;
    EXPECT_EQ(packet.destination_port, to) << name;
    EXPECT_EQ(packet.payload.size(), length) << name;
    ++frames;
  }
  EXPECT_GE(frames, 8);
}

}  // namespace
}  // namespace rampart::monitor
