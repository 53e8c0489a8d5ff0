#include "plant/scalars.h"

#include <gtest/gtest.h>

namespace rampart::plant {
namespace {

TEST(PlantScalars, ReadRanges) {
  EXPECT_EQ(parse_range("0..100")->maximum, 100);
  EXPECT_EQ(parse_range("-5..-1")->minimum, -5);
  EXPECT_EQ(parse_range("-5..-1")->maximum, -1);
  EXPECT_EQ(parse_range("0.2..4.0")->minimum, 0.2);
  EXPECT_EQ(parse_range("-1e3..1e3")->maximum, 1000);
  for (const char* text : {"", "..", "1..", "..1", "0-100", "0,100", "a..b", "1..2..3", "nan..1", "0..inf", "0...5x"}) {
    EXPECT_FALSE(parse_range(text)) << text;
  }
}

TEST(PlantScalars, ReadRates) {
  EXPECT_EQ(parse_rate("10/min")->per, std::chrono::minutes(1));
  EXPECT_EQ(parse_rate("5 / s")->count, 5u);
  EXPECT_EQ(parse_rate("1/h")->per, std::chrono::hours(1));
  for (const char* text : {"", "10", "/min", "0/min", "-1/min", "10/d", "10/5min", "1.5/s", "1000001/s", "10/ms"}) {
    EXPECT_FALSE(parse_rate(text)) << text;
  }
}

TEST(PlantScalars, ReadSpansOfTime) {
  EXPECT_EQ(parse_span("30s"), std::chrono::seconds(30));
  EXPECT_EQ(parse_span("10min"), std::chrono::minutes(10));
  EXPECT_EQ(parse_span("366d"), std::chrono::hours(24 * 366));
  for (const char* text : {"", "0s", "1", "h", "1.5h", "-1h", "1y", "367d", "99999999999999999999h", "1m"}) {
    EXPECT_FALSE(parse_span(text)) << text;
  }
}

TEST(PlantScalars, ReadDatesThatExist) {
  EXPECT_TRUE(parse_date("2024-02-29"));
  for (const char* text :
       {"2026-02-29", "2026-13-01", "2026-00-01", "26-01-01", "2026-1-1", "2026/01/01", "2026-01-0x"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(PlantScalars, ReadTimesOfDay) {
  EXPECT_EQ(parse_time("24:00"), std::chrono::hours(24));
  EXPECT_EQ(parse_time("06:30"), std::chrono::minutes(390));
  for (const char* text : {"24:01", "6:00", "06:60", "06-00", "0600", "06:0", "+6:00"})
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(PlantScalars, ReadVectors) {
  EXPECT_EQ(parse_vector("{2 2 0 1 3 1 3}")->levels[4], 3);
  EXPECT_EQ(parse_vector("2,2, 0 1,3 1 3")->levels[2], 0);
  for (const char* text : {"", "{}", "2", "2 2 0 1 3 1", "2 2 0 1 3 1 3 1", "2 2 0 1 3 1 5", "{2 2 0 1 3 1 3",
                           "2201313", "22 0 1 3 1 3 0"}) {
    EXPECT_FALSE(parse_vector(text)) << text;
  }
}

TEST(PlantScalars, KnowAnId) {
  for (const char* text : {"a", "plc-1", "7th", "a--b"}) EXPECT_TRUE(is_id(text)) << text;
  for (const char* text : {"", "-a", "A", "a_b", "a b", "ä", "a.b", "a/b"}) EXPECT_FALSE(is_id(text)) << text;
  EXPECT_TRUE(is_id(std::string(64, 'a')));
  EXPECT_FALSE(is_id(std::string(65, 'a')));
  EXPECT_EQ(as_id("PLC_1 Nord"), "plc-1-nord");
  EXPECT_EQ(as_id("__"), "");
}

}  // namespace
}  // namespace rampart::plant
