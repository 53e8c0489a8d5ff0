#include "protocols/values.h"

#include <gtest/gtest.h>

#include <random>

namespace rampart::protocols {
namespace {

std::string text_of(const Values& values, uint32_t i = 0) {
  std::string out;
  append(out, values.at(i));
  return out;
}

TEST(Values, ReadsBigEndianRegisters) {
  const uint8_t octets[] = {0x02, 0x2b, 0x00, 0x64};
  const Values values = Values::numbers(ValueType::uint16, octets);
  ASSERT_TRUE(values.fits());
  ASSERT_EQ(values.count, 2u);
  EXPECT_EQ(values.at(0).natural, 555u);
  EXPECT_EQ(values.at(1).natural, 100u);
}

TEST(Values, ReadsEveryTypeInBothOrders) {
  const uint8_t big[] = {0xbf, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01};
  const uint8_t little[] = {0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0xbf};
  const auto at = [](ValueType type, Bytes data, bool order) { return Values::numbers(type, data, order).at(0); };
  EXPECT_EQ(at(ValueType::uint64, big, false).natural, 0xbf80000000000001u);
  EXPECT_EQ(at(ValueType::uint64, little, true).natural, 0xbf80000000000001u);
  EXPECT_EQ(at(ValueType::int64, big, false).integer, static_cast<int64_t>(0xbf80000000000001u));
  EXPECT_EQ(at(ValueType::uint32, big, false).natural, 0xbf800000u);
  EXPECT_EQ(at(ValueType::int32, big, false).integer, static_cast<int32_t>(0xbf800000u));
  EXPECT_EQ(at(ValueType::int16, big, false).integer, static_cast<int16_t>(0xbf80));
  EXPECT_EQ(at(ValueType::int8, big, false).integer, -65);
  EXPECT_EQ(at(ValueType::uint8, big, false).natural, 0xbfu);
  EXPECT_EQ(at(ValueType::float32, big, false).real, -1.0);
  EXPECT_EQ(at(ValueType::float32, Bytes(little).subspan(4), true).real, -1.0);
  EXPECT_EQ(at(ValueType::time, little, true).natural, 1u);
}

TEST(Values, CountsPackedBitsFromTheLeastSignificant) {
  const uint8_t octets[] = {0xcd, 0x01};
  const Values values = Values::packed_bits(octets, 10);
  ASSERT_TRUE(values.fits());
  std::string bits;
  for (uint32_t i = 0; i < values.count; ++i) bits += text_of(values, i);
  EXPECT_EQ(bits, "1011001110");
}

TEST(Values, ReadsElementsWithIndexQualityAndOffset) {
  // Two elements of a DNP3 object: index of two octets, flags, 16-bit value.
  const uint8_t octets[] = {0x05, 0x00, 0x81, 0x34, 0x12, 0x07, 0x01, 0x01, 0xff, 0xff};
  const Values values{.type = ValueType::int16,
                      .little_endian = true,
                      .index_octets = 2,
                      .quality_octet = 2,
                      .offset_bits = 24,
                      .stride_bits = 40,
                      .count = 2,
                      .data = octets};
  ASSERT_TRUE(values.fits());
  EXPECT_EQ(values.index(0), 5u);
  EXPECT_EQ(values.index(1), 0x107u);
  EXPECT_EQ(values.quality(0), 0x81);
  EXPECT_EQ(values.at(0).integer, 0x1234);
  EXPECT_EQ(values.at(1).integer, -1);
}

TEST(Values, WithoutIndexAnElementIsItsPlace) {
  const uint8_t octets[] = {1, 2};
  const Values values = Values::numbers(ValueType::uint8, octets);
  EXPECT_EQ(values.index(1), 1u);
  EXPECT_EQ(values.quality(1), 0);
}

TEST(Values, FitsOnlyWhereEveryElementLiesInside) {
  const uint8_t octets[] = {1, 2, 3, 4};
  Values values = Values::numbers(ValueType::uint16, octets);
  EXPECT_TRUE(values.fits());
  values.count = 3;
  EXPECT_FALSE(values.fits());
  values.count = 2;
  values.offset_bits = 8;
  EXPECT_FALSE(values.fits());
  EXPECT_FALSE(Values::packed_bits(octets, 33).fits());
  EXPECT_TRUE(Values::packed_bits(octets, 32).fits());
  EXPECT_TRUE(Values{}.fits());
  EXPECT_FALSE((Values{.type = ValueType::octets, .element_octets = 5, .count = 1, .data = octets}).fits());
  EXPECT_FALSE(
      (Values{.type = ValueType::text, .stride_bits = 24, .element_octets = 2, .count = 2, .data = octets}).fits());
  EXPECT_FALSE(
      (Values{.type = ValueType::uint8, .stride_bits = 0xffffffff, .count = 0xffffffff, .data = octets}).fits());
}

TEST(Values, WhateverFitsCanBeRead) {
  std::mt19937 random(3);
  uint64_t read = 0;
  for (int round = 0; round < 200'000; ++round) {
    const std::vector<uint8_t> octets(random() % 20, 0x5a);
    Values values{.type = static_cast<ValueType>(random() % 17),
                  .little_endian = random() % 2 == 0,
                  .index_octets = static_cast<uint8_t>(random() % 3),
                  .quality_octet = random() % 2 == 0 ? Values::kAbsent : static_cast<uint8_t>(random() % 8),
                  .offset_bits = static_cast<uint16_t>(random() % 40),
                  .stride_bits = static_cast<uint32_t>(random() % 70),
                  .element_octets = static_cast<uint32_t>(random() % 6),
                  .count = static_cast<uint32_t>(random() % 12),
                  .data = octets};
    if (!values.fits()) continue;
    std::string out;
    for (uint32_t i = 0; i < values.count; ++i) {
      append(out, values.at(i));
      read += values.index(i) + values.quality(i) + 1;
    }
  }
  EXPECT_GT(read, 10'000u);
}

TEST(Values, OneTextIsAllOfIt) {
  const Values values = Values::one(ValueType::text, as_bytes("BMX P34 2020"));
  ASSERT_TRUE(values.fits());
  EXPECT_EQ(text_of(values), "\"BMX P34 2020\"");
}

TEST(Values, OctetsMayBeManyOfOneSize) {
  const Values values{
      .type = ValueType::octets, .stride_bits = 24, .element_octets = 2, .count = 2, .data = as_bytes("ab,cd")};
  ASSERT_TRUE(values.fits());
  EXPECT_EQ(text_of(values, 0), "\"6162\"");
  EXPECT_EQ(text_of(values, 1), "\"6364\"");
}

TEST(Scalar, IsWrittenAsJson) {
  const auto written = [](ValueType type, Bytes data) { return text_of(Values::numbers(type, data)); };
  const uint8_t not_a_number[] = {0x7f, 0xc0, 0, 0};
  const uint8_t infinite[] = {0x7f, 0xf0, 0, 0, 0, 0, 0, 0};
  const uint8_t tenth[] = {0x3d, 0xcc, 0xcc, 0xcd};
  EXPECT_EQ(written(ValueType::float32, not_a_number), "null");
  EXPECT_EQ(written(ValueType::float64, infinite), "null");
  EXPECT_EQ(written(ValueType::float32, tenth), "0.1");
  EXPECT_EQ(text_of(Values::one(ValueType::text, as_bytes("a\"b\\c\n\x7f"))), "\"a\\\"b\\\\c\\u000a\\u007f\"");
  EXPECT_EQ(text_of(Values::one(ValueType::text, as_bytes("\xff\xfe"))), "\"fffe\"");
  std::string none;
  append(none, Scalar{});
  EXPECT_EQ(none, "null");
}

TEST(Scalar, AControlIsAnObject) {
  const uint8_t block[] = {0x03, 0x01, 0xe8, 0x03, 0, 0, 0xd0, 0x07, 0, 0, 0x00};
  const Values values{.type = ValueType::control, .stride_bits = 88, .count = 1, .data = block};
  ASSERT_TRUE(values.fits());
  EXPECT_EQ(values.at(0).natural, 3u);
  EXPECT_EQ(text_of(values), R"({"code":3,"count":1,"on_ms":1000,"off_ms":2000,"status":0})");
}

TEST(Scalar, SaysWhetherItIsANumber) {
  EXPECT_TRUE((Scalar{.type = ValueType::int8, .integer = -3}).is_number());
  EXPECT_EQ((Scalar{.type = ValueType::int8, .integer = -3}).number(), -3.0);
  EXPECT_EQ((Scalar{.type = ValueType::bit, .natural = 1}).number(), 1.0);
  EXPECT_EQ((Scalar{.type = ValueType::float64, .real = 2.5}).number(), 2.5);
  EXPECT_FALSE((Scalar{.type = ValueType::text}).is_number());
  EXPECT_EQ((Scalar{.type = ValueType::octets}).number(), 0.0);
  EXPECT_FALSE(Scalar{}.is_number());
}

TEST(ValueType, HasAWordForEachType) {
  for (int i = 1; i < 17; ++i) {
    const auto type = static_cast<ValueType>(i);
    EXPECT_EQ(parse_value_type(to_text(type)), type) << to_text(type);
  }
  EXPECT_EQ(parse_value_type("none"), ValueType::none);
  EXPECT_EQ(parse_value_type("word"), ValueType::none);
}

}  // namespace
}  // namespace rampart::protocols
