// Points in time and durations. Nobody here reads a clock: time comes from packets, or from the edge of the program.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

namespace rampart {

using Duration = std::chrono::nanoseconds;
/// TimePoint counts nanoseconds since 1970-01-01 00:00 UTC without leap seconds.
using TimePoint = std::chrono::sys_time<Duration>;

/// from_unix takes what a file or a wire says: values beyond the years 1685 to 2255 become the nearest that can be
/// held.
inline TimePoint from_unix(int64_t seconds, int64_t nanoseconds) {
  constexpr int64_t kMostSeconds = 9'000'000'000;
  constexpr int64_t kMostNanoseconds = 100'000'000'000'000'000;
  return TimePoint(std::chrono::seconds(std::clamp(seconds, -kMostSeconds, kMostSeconds)) +
                   Duration(std::clamp(nanoseconds, -kMostNanoseconds, kMostNanoseconds)));
}
inline int64_t microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

/// append_timestamp writes `when` as 2026-11-23T18:30:00.123456+0000, the form of Suricata's EVE; microseconds, UTC.
void append_timestamp(std::string& out, TimePoint when);

}  // namespace rampart
