#include "base/bytes.h"

#include <gtest/gtest.h>

namespace rampart {
namespace {

constexpr uint8_t kOctets[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

TEST(ByteReader, ReadsNumbersOfBothOrders) {
  ByteReader big(kOctets);
  EXPECT_EQ(big.u8(), 0x01);
  EXPECT_EQ(big.u16(), 0x0203);
  EXPECT_EQ(big.u24(), 0x040506u);
  EXPECT_EQ(big.left(), 3u);
  EXPECT_EQ(ByteReader(kOctets).u32(), 0x01020304u);
  EXPECT_EQ(ByteReader(kOctets).u64(), 0x0102030405060708u);
  EXPECT_EQ(ByteReader(kOctets).u16_little(), 0x0201);
  EXPECT_EQ(ByteReader(kOctets).u24_little(), 0x030201u);
  EXPECT_EQ(ByteReader(kOctets).u32_little(), 0x04030201u);
  EXPECT_EQ(ByteReader(kOctets).u48_little(), 0x060504030201u);
  EXPECT_EQ(ByteReader(kOctets).u64_little(), 0x0807060504030201u);
}

TEST(ByteReader, AReadPastTheEndFailsForGood) {
  ByteReader reader(Bytes(kOctets).first(3));
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.left(), 0u);
  EXPECT_EQ(reader.u8(), 0u);
  EXPECT_TRUE(reader.bytes(0).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, DoneWantsEveryOctetReadAndNoneMissing) {
  ByteReader reader(Bytes(kOctets).first(2));
  EXPECT_FALSE(reader.done());
  reader.u16();
  EXPECT_TRUE(reader.done());
  reader.u8();
  EXPECT_FALSE(reader.done());
}

TEST(ByteReader, ALengthBecomesAWall) {
  ByteReader reader(kOctets);
  ByteReader inner = reader.sub(2);
  EXPECT_EQ(inner.u16(), 0x0102);
  EXPECT_TRUE(inner.done());
  inner.u8();
  EXPECT_FALSE(inner.ok());
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.u8(), 3);
}

TEST(ByteReader, AWallBeyondTheEndFailsBoth) {
  ByteReader reader(kOctets);
  ByteReader inner = reader.sub(10);
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(inner.ok());
  EXPECT_EQ(inner.left(), 0u);
}

TEST(ByteReader, NoCountIsTooLargeToBeRefused) {
  ByteReader reader(kOctets);
  EXPECT_TRUE(reader.bytes(SIZE_MAX).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, PeeksWithoutMoving) {
  ByteReader reader(Bytes(kOctets).first(2));
  EXPECT_EQ(reader.peek(), 1);
  EXPECT_EQ(reader.peek(1), 2);
  EXPECT_EQ(reader.peek(2), 0);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.left(), 2u);
}

TEST(ByteReader, TakesRestAndSkips) {
  ByteReader reader(kOctets);
  reader.skip(7);
  const Bytes rest = reader.rest();
  ASSERT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0], 8);
  EXPECT_TRUE(reader.done());
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_TRUE(reader.ok());
}

TEST(ByteReader, ReadsNothingFromNothing) {
  ByteReader reader(Bytes{});
  EXPECT_TRUE(reader.done());
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_FALSE(reader.ok());
}

TEST(Bytes, TextAndBytesAreTheSameOctets) {
  EXPECT_EQ(as_text(as_bytes("abc")), "abc");
  EXPECT_EQ(as_bytes("a")[0], 'a');
  EXPECT_TRUE(as_bytes("").empty());
}

}  // namespace
}  // namespace rampart
