#include "monitor/fragments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "monitor/packet_testing.h"

namespace rampart::monitor {
namespace {

using namespace rampart::monitor::testing;

class Fragments : public ::testing::Test {
 protected:
  /// add gives the reassembler one frame; the text is the payload of what it completed, `-` where it completed nothing.
  std::string add(const std::string& bytes, int seconds = 0, size_t cut = 0) {
    RawPacket captured = raw(bytes, 1, cut);
    captured.time = TimePoint(std::chrono::seconds(seconds));
    captured.number = ++number;
    Packet fragment;
    EXPECT_EQ(parse_packet(captured, fragment), Parsed::fragment);
    if (!reassembler.add(fragment, whole, parsed)) return "-";
    return std::string(as_text(whole.payload));
  }
  /// part is octets begin..end of a datagram as an IPv4 fragment.
  static std::string part(const std::string& all, size_t begin, size_t end, unsigned id = 7) {
    const unsigned more = end < all.size() ? 0x2000 : 0;
    return ethernet(0x0800, ipv4(17, all.substr(begin, end - begin), more | static_cast<unsigned>(begin / 8), id));
  }
  static std::string part6(const std::string& all, size_t begin, size_t end, unsigned next = 17) {
    return ethernet(0x86dd, ipv6(44, ipv6_fragment(next, static_cast<unsigned>(begin), end < all.size(), 9,
                                                   all.substr(begin, end - begin))));
  }
  FragmentReassembler reassembler;
  Packet whole;
  Parsed parsed = Parsed::other;
  uint64_t number = 0;
};

const std::string kText = "This datagram is longer than one fragment can be.";
const std::string kAll = udp(20000, 47808, kText);  // 57 octets

TEST_F(Fragments, KeepTheBoundWhereManyDatagramsBegunSmallGrowTogether) {
  FragmentLimits limits;
  limits.octets = 100'000;
  reassembler = FragmentReassembler(limits);
  const std::string large(65'000, 'x');
  for (unsigned id = 1; id <= 6; ++id) EXPECT_EQ(add(part(large, 0, 8, id)), "-");
  for (unsigned id = 1; id <= 6; ++id) {
    EXPECT_EQ(add(part(large, 59'992, 60'000, id)), "-");
    EXPECT_LE(reassembler.held_octets(), limits.octets);
  }
  EXPECT_GT(reassembler.statistics().evicted, 0u);
}

TEST_F(Fragments, PutsADatagramTogether) {
  EXPECT_EQ(add(part(kAll, 0, 24)), "-");
  EXPECT_EQ(add(part(kAll, 24, 48)), "-");
  EXPECT_EQ(reassembler.unfinished(), 1u);
  EXPECT_EQ(add(part(kAll, 48, 57), 5), kText);
  EXPECT_EQ(parsed, Parsed::ip);
  EXPECT_EQ(whole.transport, Transport::udp);
  EXPECT_EQ(whole.destination_port, 47808);
  EXPECT_EQ(whole.number, 3u);
  EXPECT_EQ(whole.time, TimePoint(std::chrono::seconds(5)));
  EXPECT_EQ(to_text(whole.source), "10.20.0.10");
  EXPECT_EQ(to_text(whole.source_mac), "02:00:00:00:00:0a");
  EXPECT_EQ(reassembler.unfinished(), 0u);
  EXPECT_EQ(reassembler.held_octets(), 0u);
  EXPECT_EQ(reassembler.statistics().reassembled, 1u);
}

TEST_F(Fragments, TakesThemInAnyOrderAndWithRepetitions) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < kAll.size(); begin += 8)
    parts.push_back(part(kAll, begin, std::min(begin + 8, kAll.size())));
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::string> order = parts;
    std::shuffle(order.begin(), order.end(), random);
    order.insert(order.begin() + static_cast<long>(random() % order.size()), order.back());
    std::string out;
    for (const std::string& bytes : order) {
      const std::string got = add(bytes);
      if (got != "-") out += got;
    }
    EXPECT_EQ(out, kText) << seed;
  }
  EXPECT_EQ(reassembler.statistics().overlapping, 0u);
}

TEST_F(Fragments, PutsIpv6TogetherAndWalksOnBehindIt) {
  EXPECT_EQ(add(part6(kAll, 24, 57)), "-");
  EXPECT_EQ(add(part6(kAll, 0, 24)), kText);
  EXPECT_EQ(parsed, Parsed::ip);
  EXPECT_EQ(to_text(whole.destination), "fe80::b");
  const std::string behind_options = "\x11\0\1\4\0\0\0\0"s + kAll;
  EXPECT_EQ(add(part6(behind_options, 0, 8, 60)), "-");
  EXPECT_EQ(add(part6(behind_options, 8, behind_options.size(), 60)), kText);
  const std::string nested = ipv6_fragment(17, 0, true, 1, kAll);
  EXPECT_EQ(add(part6(nested, 0, 8, 44)), "-");
  add(part6(nested, 8, nested.size(), 44));
  EXPECT_EQ(parsed, Parsed::malformed) << "fragments must not nest without end";
}

TEST_F(Fragments, KeepsDatagramsApart) {
  const std::string other = udp(1, 2, std::string(41, 'o'));
  EXPECT_EQ(add(part(kAll, 0, 24, 1)), "-");
  EXPECT_EQ(add(part(other, 0, 24, 2)), "-");
  EXPECT_EQ(add(part(other, 24, 49, 2)), std::string(41, 'o'));
  EXPECT_EQ(add(part(kAll, 24, 57, 1)), kText);
}

TEST_F(Fragments, LetsTheFirstDataWinInIpv4AndCountsTheOverlap) {
  const std::string evil(33, 'E');
  EXPECT_EQ(add(part(kAll, 0, 32)), "-");
  EXPECT_EQ(add(ethernet(0x0800, ipv4(17, evil, 3))), kText.substr(0, 24) + std::string(25, 'E'));
  EXPECT_EQ(reassembler.statistics().overlapping, 1u);
  EXPECT_EQ(reassembler.statistics().conflicting, 1u);
}

TEST_F(Fragments, DiscardsAnOverlappedIpv6Datagram) {
  EXPECT_EQ(add(part6(kAll, 0, 32)), "-");
  EXPECT_EQ(add(part6(kAll, 24, 57)), "-");
  EXPECT_EQ(add(part6(kAll, 32, 57)), "-");
  EXPECT_EQ(reassembler.statistics().overlapping, 1u);
  EXPECT_EQ(reassembler.held_octets(), 0u);
  EXPECT_EQ(add(part6(kAll, 0, 24), 40), "-");
  EXPECT_EQ(add(part6(kAll, 24, 57), 40), kText) << "after the timeout the number may be used again";
}

TEST_F(Fragments, TakesExactDuplicatesForWhatMirrorPortsMake) {
  EXPECT_EQ(add(part6(kAll, 0, 24)), "-");
  EXPECT_EQ(add(part6(kAll, 0, 24)), "-");
  EXPECT_EQ(add(part6(kAll, 24, 57)), kText);
  EXPECT_EQ(reassembler.statistics().duplicates, 1u);
  EXPECT_EQ(reassembler.statistics().overlapping, 0u);
}

TEST_F(Fragments, DropsTeardropPingOfDeathAndUnevenParts) {
  // Teardrop: the second fragment lies inside of the first and claims to be the last.
  EXPECT_EQ(add(part(kAll, 0, 40)), "-");
  EXPECT_EQ(add(ethernet(0x0800, ipv4(17, "abcd", 3))), "-");
  // Ping of death: the end lies beyond 65535.
  EXPECT_EQ(add(ethernet(0x0800, ipv4(17, std::string(1000, 'x'), 0x1fff, 8))), "-");
  EXPECT_EQ(add(ethernet(0x0800, ipv4(17, "seven..", 0x2000, 9))), "-");
  EXPECT_EQ(add(ethernet(0x0800, ipv4(17, "", 0x2003, 10))), "-");
  // Two different ends.
  EXPECT_EQ(add(ethernet(0x0800, ipv4(17, "12345678", 5, 11))), "-");
  EXPECT_EQ(add(ethernet(0x0800, ipv4(17, "12345678", 6, 11))), "-");
  EXPECT_EQ(reassembler.statistics().malformed, 5u);
  EXPECT_EQ(reassembler.unfinished(), 0u);
}

TEST_F(Fragments, CountsTinyFirstFragments) {
  const std::string segment = tcp(1, 502, 3, 4, 16, "abc");
  EXPECT_EQ(add(ethernet(0x0800, ipv4(6, segment.substr(0, 8), 0x2000))), "-");
  EXPECT_EQ(add(ethernet(0x0800, ipv4(6, segment.substr(8), 1))), "abc");
  EXPECT_EQ(whole.transport, Transport::tcp);
  EXPECT_EQ(reassembler.statistics().tiny, 1u);
}

TEST_F(Fragments, DropsWhatTheCaptureCut) {
  EXPECT_EQ(add(part(kAll, 0, 24), 0, 3), "-");
  EXPECT_EQ(reassembler.statistics().truncated, 1u);
  EXPECT_EQ(reassembler.unfinished(), 0u);
}

TEST_F(Fragments, ForgetsAfterTheTimeout) {
  EXPECT_EQ(add(part(kAll, 0, 24), 0), "-");
  EXPECT_EQ(add(part(kAll, 24, 57), 31), "-");
  EXPECT_EQ(add(part(kAll, 0, 24), 32), kText);
  EXPECT_EQ(reassembler.statistics().timed_out, 1u);
}

TEST_F(Fragments, KeepsItsBounds) {
  FragmentLimits limits;
  limits.datagrams = 10;
  limits.octets = 5000;
  limits.fragments = 4;
  reassembler = FragmentReassembler(limits);
  for (unsigned id = 0; id < 100; ++id) {
    EXPECT_EQ(add(part(kAll, 0, 24, id)), "-");
    EXPECT_LE(reassembler.unfinished(), 10u);
  }
  EXPECT_EQ(reassembler.statistics().evicted, 90u);
  for (unsigned id = 200; id < 220; ++id) {
    EXPECT_EQ(add(ethernet(0x0800, ipv4(17, std::string(1400, 'x'), 0x2000, id))), "-");
    EXPECT_LE(reassembler.held_octets(), 5000u + 1400u);
  }
  for (unsigned i = 0; i < 5; ++i) EXPECT_EQ(add(ethernet(0x0800, ipv4(17, "12345678", 0x2000 | i * 2, 999))), "-");
  EXPECT_EQ(add(ethernet(0x0800, ipv4(17, "12345678", 0x2000 | 10, 999))), "-") << "begins anew, with one fragment";
}

TEST_F(Fragments, SaysWhenWhatIsPutTogetherIsMalformed) {
  const std::string broken = udp(1, 2, "0123456789abcdef", 50);
  EXPECT_EQ(add(part(broken, 0, 16)), "-");
  add(part(broken, 16, 24));
  EXPECT_EQ(parsed, Parsed::malformed);
  EXPECT_EQ(whole.reason, "UDP length beyond the datagram");
}

}  // namespace
}  // namespace rampart::monitor
