// The clock, handed in by the edge of the program; tests hand in their own.
#pragma once

#include "base/time.h"

namespace rampart {

/// Clock tells both times: the wall's, which somebody may set, and one that only ever runs forward.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual Duration steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  Duration steady() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

}  // namespace rampart
