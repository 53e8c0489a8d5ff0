// Points in time and durations. Nobody here reads a clock: time comes from packets, or from the edge of the program.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace rampart {

using Duration = std::chrono::nanoseconds;
/// TimePoint counts nanoseconds since 1970-01-01 00:00 UTC without leap seconds.
using TimePoint = std::chrono::sys_time<Duration>;

inline TimePoint from_unix(int64_t seconds, int64_t nanoseconds) {
  return TimePoint(std::chrono::seconds(seconds) + Duration(nanoseconds));
}
inline int64_t microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

/// append_timestamp writes `when` as 2026-11-23T18:30:00.123456+0000, the form of Suricata's EVE; microseconds, UTC.
void append_timestamp(std::string& out, TimePoint when);

}  // namespace rampart
