#include "protocols/dnp3/link.h"

#include <gtest/gtest.h>

#include "protocols/dnp3/wire.h"

namespace rampart::protocols::dnp3::testing {
namespace {

using State = Frame::State;

/// slow_crc is the checksum bit by bit, straight from the polynomial.
uint16_t slow_crc(Bytes bytes) {
  uint32_t crc = 0;
  for (const uint8_t octet : bytes) {
    for (int bit = 0; bit < 8; ++bit) {
      const bool one = ((crc ^ static_cast<uint32_t>(octet >> bit)) & 1) != 0;
      crc = one ? crc >> 1 ^ 0xa6bc : crc >> 1;
    }
  }
  return static_cast<uint16_t>(~crc);
}

TEST(Dnp3Link, ChecksumIsTheOneOfThePolynomialForEveryBlockLength) {
  uint8_t block[kBlockOctets];
  uint32_t state = 1;
  for (uint8_t& octet : block) octet = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  for (size_t size = 1; size <= kBlockOctets; ++size) {
    EXPECT_EQ(block_crc(block, size), slow_crc({block, size})) << size;
  }
  EXPECT_EQ(block_crc<8>(block), slow_crc({block, 8}));
}

TEST(Dnp3Link, FrameSizesFollowLengthFrom5To255) {
  EXPECT_EQ(frame_octets(5), 10u);
  EXPECT_EQ(frame_octets(6), 13u);
  EXPECT_EQ(frame_octets(21), 28u);
  EXPECT_EQ(frame_octets(22), 31u);
  EXPECT_EQ(frame_octets(255), 292u);
}

TEST(Dnp3Link, RejectsLengthBelow5) {
  Octets bytes = frame(0xc9, kOutstation, kMaster, {});
  for (uint8_t length = 0; length < 5; ++length) {
    bytes[2] = length;
    const uint16_t crc = block_crc(bytes.data(), 8);
    bytes[8] = static_cast<uint8_t>(crc & 0xff);
    bytes[9] = static_cast<uint8_t>(crc >> 8);
    EXPECT_EQ(find_frame(bytes).state, State::malformed) << int{length};
    EXPECT_EQ(find_frame(Bytes(bytes).first(3)).state, State::malformed);
  }
}

TEST(Dnp3Link, AsksForMoreUntilTheFrameIsWhole) {
  const Octets bytes = asking("c0 01 3c 01 06");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Frame found = find_frame(Bytes(bytes).first(size));
    EXPECT_EQ(found.state, State::more);
    EXPECT_EQ(found.size, size < kHeaderOctets ? kHeaderOctets : bytes.size());
  }
  EXPECT_EQ(find_frame(bytes).state, State::complete);
  EXPECT_EQ(find_frame(bytes).size, bytes.size());
}

TEST(Dnp3Link, DoesNotBelieveALengthBeforeTheHeaderChecksum) {
  Octets bytes = asking("c0 01 3c 01 06");
  bytes[2] = 255;
  EXPECT_EQ(find_frame(bytes).state, State::malformed);
}

TEST(Dnp3Link, ResynchronisesOnlyOnAVerifiedHeader) {
  const Octets good = asking("c0 01 3c 01 06");
  Octets bytes = hex("00 05 64 05 c0 01 00 02 00 00 00 05 05 64");  // a header with a wrong checksum, a start cut off
  const size_t at = bytes.size();
  bytes.insert(bytes.end(), good.begin(), good.end());
  EXPECT_EQ(find_header(bytes), at);
  EXPECT_EQ(find_header(Bytes(bytes).first(at)), at - 2) << "a header may begin in the last octets";
  EXPECT_EQ(find_header(hex("01 02 03")), 3u);
  EXPECT_EQ(find_header({}), 0u);
}

TEST(Dnp3Link, RemovesChecksumsOfEveryBlock) {
  Octets user(kUserDataOctets);
  for (size_t size = 0; size <= user.size(); ++size) {
    for (size_t i = 0; i < size; ++i) user[i] = static_cast<uint8_t>(i * 7 + size);
    Octets bytes = frame(0xc4, kOutstation, kMaster, Bytes(user).first(size));
    ASSERT_EQ(bytes.size(), frame_octets(static_cast<uint8_t>(size + 5)));
    Octets out(kUserDataOctets);
    ASSERT_TRUE(remove_checksums(bytes, size, out.data()));
    EXPECT_TRUE(std::equal(user.begin(), user.begin() + static_cast<ptrdiff_t>(size), out.begin()));
    if (size == 0) continue;
    bytes.back() ^= 1;
    EXPECT_FALSE(remove_checksums(bytes, size, out.data()));
  }
}

}  // namespace
}  // namespace rampart::protocols::dnp3::testing
