#include "base/time.h"

#include <gtest/gtest.h>

#include <limits>

namespace rampart {
namespace {

std::string stamp(TimePoint when) {
  std::string out;
  append_timestamp(out, when);
  return out;
}

TEST(Time, WritesTheFormOfEve) {
  EXPECT_EQ(stamp(from_unix(0, 0)), "1970-01-01T00:00:00.000000+0000");
  EXPECT_EQ(stamp(from_unix(1795458600, 123456789)), "2026-11-23T18:30:00.123456+0000");
  EXPECT_EQ(stamp(from_unix(1709251199, 999999999)), "2024-02-29T23:59:59.999999+0000");
}

TEST(Time, CountsBackwardsBefore1970) {
  EXPECT_EQ(stamp(from_unix(-1, 0)), "1969-12-31T23:59:59.000000+0000");
  EXPECT_EQ(stamp(from_unix(0, -1)), "1969-12-31T23:59:59.999999+0000");
}

TEST(Time, HoldsTheNearestOfTimesThatItCannotHold) {
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(from_unix(most, most), from_unix(most / 2, most / 2));
  EXPECT_GT(from_unix(most, 0), from_unix(8'000'000'000, 0));
  EXPECT_LT(from_unix(std::numeric_limits<int64_t>::min(), 0), from_unix(-8'000'000'000, 0));
  // The largest second of a 32-bit capture is told exactly.
  EXPECT_EQ(stamp(from_unix(4294967295, 0)), "2106-02-07T06:28:15.000000+0000");
}

TEST(Time, GivesMicroseconds) {
  EXPECT_EQ(microseconds(std::chrono::milliseconds(3)), 3000);
  EXPECT_EQ(microseconds(Duration(1999)), 1);
  EXPECT_EQ(microseconds(Duration(-1999)), -1);
}

}  // namespace
}  // namespace rampart
