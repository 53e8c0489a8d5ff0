#include "base/time.h"

namespace rampart {
namespace {

void put(char* at, int64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

void append_timestamp(std::string& out, TimePoint when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::microseconds> clock(
      std::chrono::floor<std::chrono::microseconds>(when - day));
  char text[] = "0000-00-00T00:00:00.000000+0000";
  put(text, static_cast<int>(date.year()), 4);
  put(text + 5, static_cast<unsigned>(date.month()), 2);
  put(text + 8, static_cast<unsigned>(date.day()), 2);
  put(text + 11, clock.hours().count(), 2);
  put(text + 14, clock.minutes().count(), 2);
  put(text + 17, clock.seconds().count(), 2);
  put(text + 20, clock.subseconds().count(), 6);
  out.append(text, sizeof text - 1);
}

}  // namespace rampart
