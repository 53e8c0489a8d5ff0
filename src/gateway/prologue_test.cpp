#include "gateway/prologue.h"

#include <gtest/gtest.h>

#include "protocols/hex_testing.h"

namespace rampart::gateway {
namespace {

using protocols::testing::hex;
using Octets = std::vector<uint8_t>;

net::Place place(const char* ip, uint16_t port) { return {*IpAddress::parse(ip), port}; }

TEST(Prologue, IsWrittenAsDocumented) {
  const Prologue said{net::Kind::tcp, place("10.1.0.10", 40'000), place("fd02::10", 502), "Op"};
  EXPECT_EQ(said.encode(), hex("52505701 06 02 9c40 01f6 00000000000000000000ffff0a01000a "
                               "fd020000000000000000000000000010 4f70"));
}

TEST(Prologue, IsReadAsItWasWritten) {
  for (const char* role : {"", "operator", "a role of just as many octets as there may be, which are six_64"}) {
    const Prologue said{net::Kind::udp, place("fd01::1", 1), place("10.2.0.10", 65'535), role};
    const Octets octets = said.encode();
    EXPECT_EQ(prologue_size(octets), octets.size());
    EXPECT_EQ(parse_prologue(octets), said);
  }
}

TEST(Prologue, IsRefusedShortenedLengthenedAndAltered) {
  const Octets good = Prologue{net::Kind::tcp, place("10.1.0.10", 4), place("10.2.0.10", 502), "Op"}.encode();
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(parse_prologue(Bytes(good).first(size))) << size;
  Octets longer = good;
  longer.push_back(0);
  EXPECT_FALSE(parse_prologue(longer));
  const std::pair<size_t, uint8_t> altered[] = {{0, 'X'}, {3, 2}, {4, 1}, {5, 65}, {5, 1}, {42, 7}};
  for (const auto& [at, octet] : altered) {
    Octets bad = good;
    bad[at] = octet;
    EXPECT_FALSE(parse_prologue(bad)) << at;
  }
  Octets no_port = good;
  no_port[8] = no_port[9] = 0;
  EXPECT_FALSE(parse_prologue(no_port));
}

TEST(Frames, ComeBackInOrderHoweverTheyAreCut) {
  Octets stream;
  append_frame(stream, 0, hex("0102"));
  append_frame(stream, 1, {});
  append_frame(stream, 4, hex("03"));
  for (const size_t piece : {size_t{1}, size_t{3}, stream.size()}) {
    FrameReader reader;
    std::vector<Octets> got;
    for (size_t at = 0; at < stream.size(); at += piece) {
      const Bytes octets = Bytes(stream).subspan(at, std::min(piece, stream.size() - at));
      EXPECT_TRUE(reader.take(octets, [&](Bytes datagram) { got.emplace_back(datagram.begin(), datagram.end()); }));
    }
    EXPECT_EQ(got, (std::vector<Octets>{hex("0102"), {}, hex("03")}));
    EXPECT_EQ(reader.missing(), 2u) << "those that were dropped before they were sent";
  }
}

TEST(Frames, ThatGoBackInOrderOrAreTooLongEndTheStream) {
  const auto count = [](const Octets& stream) {
    FrameReader reader;
    size_t got = 0;
    return std::pair(reader.take(stream, [&](Bytes) { ++got; }), got);
  };
  Octets twice;
  append_frame(twice, 5, hex("01"));
  append_frame(twice, 5, hex("01"));
  EXPECT_EQ(count(twice), std::pair(false, size_t{1}));
  EXPECT_EQ(count(hex("ffff 00000000")), std::pair(false, size_t{0}));
}

}  // namespace
}  // namespace rampart::gateway
