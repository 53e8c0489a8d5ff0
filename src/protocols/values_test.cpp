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

TEST(Values, ReadsStepsFractionsAndTimesOfIec60870) {
  const auto step = [](uint8_t octet) { return Values::one(ValueType::step, {&octet, 1}).at(0).integer; };
  EXPECT_EQ(step(0x00), 0);
  EXPECT_EQ(step(0x3f), 63);
  EXPECT_EQ(step(0x40), -64);
  EXPECT_EQ(step(0x7f), -1);
  EXPECT_EQ(step(0xff), -1) << "the highest bit says that it moves";
  const uint8_t fractions[] = {0x00, 0x80, 0x00, 0x40, 0xff, 0x7f};
  const Values fraction = Values::numbers(ValueType::normalized, fractions, true);
  ASSERT_EQ(fraction.count, 3u);
  EXPECT_EQ(fraction.at(0).number(), -1);
  EXPECT_EQ(fraction.at(1).number(), 0.5);
  EXPECT_EQ(text_of(fraction, 2), "0.999969482421875");
  const auto time = [](std::initializer_list<uint8_t> octets) {
    const std::vector<uint8_t> bytes(octets);
    return text_of(Values::one(ValueType::cp56, bytes));
  };
  EXPECT_EQ(time({0xb0, 0x36, 0x11, 0x0c, 0xc2, 0x0b, 0x13}),
            R"({"time":"2019-11-02T12:17:14.000","valid":true,"summer":false})")
      << "the day of the week is passed over";
  EXPECT_EQ(time({0x5f, 0xea, 0x3b, 0x97, 0x1d, 0x02, 0x18}),
            R"({"time":"2024-02-29T23:59:59.999","valid":true,"summer":true})");
  EXPECT_EQ(time({0xb0, 0x36, 0x91, 0x0c, 0x02, 0x0b, 0x13}),
            R"({"time":"2019-11-02T12:17:14.000","valid":false,"summer":false})");
  EXPECT_EQ(time({0x00, 0x00, 0x00, 0x00, 0x1d, 0x02, 0x17}),
            R"({"time":"2023-02-29T00:00:00.000","valid":false,"summer":false})")
      << "no such day";
  EXPECT_EQ(time({0, 0, 0, 0, 0, 0, 0}), R"({"time":"2000-00-00T00:00:00.000","valid":false,"summer":false})");
  const uint8_t short_of_one[] = {1, 2, 3, 4, 5, 6};
  EXPECT_FALSE(Values::one(ValueType::cp56, short_of_one).fits());
}

TEST(Values, TellsTheTimeOfAnElementByItsWidth) {
  const auto time = [](std::initializer_list<uint8_t> octets, uint8_t at) {
    const std::vector<uint8_t> bytes(octets);
    const Values values{.type = ValueType::uint8,
                        .time_octet = at,
                        .stride_bits = static_cast<uint32_t>(8 * bytes.size()),
                        .count = 1,
                        .data = bytes};
    std::string out;
    append_time(out, values, 0);
    return out;
  };
  EXPECT_EQ(time({9, 0x10, 0x27, 0x1e}, 1), R"({"time":"30:10.000","valid":true})");
  EXPECT_EQ(time({9, 0x10, 0x27, 0x9e}, 1), R"({"time":"30:10.000","valid":false})");
  EXPECT_EQ(time({9, 0x10, 0x27, 0x3c}, 1), R"({"time":"60:10.000","valid":false})");
  EXPECT_EQ(time({9, 0x01, 0, 0, 0, 0, 0}, 1), "1");
  EXPECT_EQ(time({9, 0xb0, 0x36, 0x11, 0x0c, 0x02, 0x0b, 0x13}, 1),
            R"({"time":"2019-11-02T12:17:14.000","valid":true,"summer":false})");
  EXPECT_EQ(time({9, 1, 2}, Values::kAbsent), "null");
  EXPECT_EQ(time({9, 1, 2}, 1), "null") << "no time has two octets";
  EXPECT_EQ(time({9}, 1), "null");
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
