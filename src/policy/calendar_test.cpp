#include "policy/calendar.h"

#include <gtest/gtest.h>

#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array<bool, 7> kSaturday = {false, false, false, false, false, true, false};
constexpr std::array<bool, 7> kSunday = {false, false, false, false, false, false, true};
constexpr std::array<bool, 7> kAlways = {true, true, true, true, true, true, true};

Calendar make(std::array<bool, 7> days, minutes from, minutes to, const std::string& zone) {
  std::string hint;
  return Calendar::make({text("c"), days, from, to, text(zone)}, hint).value();
}

TimePoint utc(int year, unsigned month, unsigned day, int hour, int minute, int second = 0) {
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) +
         hours(hour) + minutes(minute) + std::chrono::seconds(second);
}

TEST(CalendarOfPolicy, CountsHoursInLocalTimeOfSummerAndWinter) {
  const Calendar maintenance = make(kSaturday, hours(6), hours(12), "Europe/Berlin");
  EXPECT_TRUE(maintenance.covers(utc(2026, 7, 4, 4, 0)));  // 06:00 in summer
  EXPECT_FALSE(maintenance.covers(utc(2026, 7, 4, 3, 59, 59)));
  EXPECT_TRUE(maintenance.covers(utc(2026, 7, 4, 9, 59, 59)));
  EXPECT_FALSE(maintenance.covers(utc(2026, 7, 4, 10, 0)));  // 12:00
  EXPECT_FALSE(maintenance.covers(utc(2026, 12, 5, 4, 0)));  // 05:00 in winter
  EXPECT_TRUE(maintenance.covers(utc(2026, 12, 5, 5, 0)));
  EXPECT_FALSE(maintenance.covers(utc(2026, 7, 5, 5, 0)));  // Sunday
}

TEST(CalendarOfPolicy, SkipsAndRepeatsTheHoursThatTheClocksDo) {
  const Calendar night = make(kSunday, hours(2), hours(3), "Europe/Berlin");
  // 2026-03-29: 02:00 to 03:00 does not exist. 2026-10-25: it comes twice.
  for (int minute = 0; minute < 180; ++minute) EXPECT_FALSE(night.covers(utc(2026, 3, 29, 0, minute))) << minute;
  int covered = 0;
  for (int minute = 0; minute < 240; ++minute) covered += night.covers(utc(2026, 10, 24, 23, minute));
  EXPECT_EQ(covered, 120);
}

TEST(CalendarOfPolicy, GivesHoursOverMidnightToTheDayOnWhichTheyBegin) {
  const Calendar night = make(kSaturday, hours(22), hours(6), "");
  EXPECT_TRUE(night.covers(utc(2026, 7, 4, 22, 0)));
  EXPECT_TRUE(night.covers(utc(2026, 7, 5, 5, 59)));
  EXPECT_FALSE(night.covers(utc(2026, 7, 5, 6, 0)));
  EXPECT_FALSE(night.covers(utc(2026, 7, 4, 5, 0)));  // Saturday morning belongs to Friday's night
  EXPECT_FALSE(night.covers(utc(2026, 7, 5, 23, 0)));
}

TEST(CalendarOfPolicy, HoldsAtTheEndsOfTime) {
  const Calendar always = make(kAlways, hours(0), hours(24), "America/New_York");
  EXPECT_TRUE(always.covers(TimePoint::min()));
  EXPECT_TRUE(always.covers(TimePoint::max()));
  EXPECT_TRUE(always.covers(utc(1969, 12, 31, 23, 59, 59)));
  const Calendar saturday = make(kSaturday, hours(0), hours(24), "");
  EXPECT_TRUE(saturday.covers(utc(1969, 12, 27, 12, 0)));
  EXPECT_FALSE(saturday.covers(utc(1969, 12, 28, 0, 0)));
}

}  // namespace
}  // namespace rampart::policy
