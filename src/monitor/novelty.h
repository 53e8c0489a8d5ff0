// What was never there before: a set that is learned for a while of packet time and then tells what is new in it.
// Deterministic: the same packets teach the same. Bounded: beyond its bound nothing is kept and nothing is called new.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "monitor/bounded.h"

namespace rampart::monitor {

/// Learning is a window of packet time. It opens with begin(), the first packet of a run: an attacker who is the first
/// to do something must not be what is learned.
class Learning {
 public:
  explicit Learning(Duration span) : span_(span) {}
  void begin(TimePoint when) { since_ = when; }
  /// over is true once the window has passed.
  bool over(TimePoint now) const { return since_ && now - *since_ >= span_; }

 private:
  Duration span_;
  std::optional<TimePoint> since_;
};

class Novelty {
 public:
  static constexpr size_t kMost = 262'144;
  explicit Novelty(Duration learn, size_t most = kMost) : learning_(learn), seen_(most) {}

  void begin(TimePoint when) { learning_.begin(when); }
  /// news is true where `key` comes for the first time and the learning is over.
  bool news(uint64_t key, TimePoint now) {
    const bool over = learning_.over(now);
    bool fresh = false;
    seen_.insert(key, fresh);
    return fresh && over;
  }
  /// first is true where `key` comes for the first time, learned or not; false beyond the bound.
  bool first(uint64_t key) {
    bool fresh = false;
    seen_.insert(key, fresh);
    return fresh;
  }
  uint64_t refused() const { return seen_.refused(); }

 private:
  struct Nothing {};
  Learning learning_;
  KeyMap<Nothing> seen_;
};

}  // namespace rampart::monitor
