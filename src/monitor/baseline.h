// What is usual: which objects are written and with which values (Writes), and how often something happens (Bursts).
// Both look for a while of packet time and then hold what comes against what they saw. Deterministic, bounded, no
// clock: a sensor that starts anew learns anew.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"
#include "monitor/bounded.h"
#include "monitor/novelty.h"
#include "plant/plant.h"
#include "protocols/values.h"

namespace rampart::monitor {

class Writes {
 public:
  static constexpr size_t kMostObjects = 65'536;
  static constexpr uint32_t kMostValues = 64;  // of one write; those behind are not looked at

  /// Each of the two findings may have a window of its own.
  Writes(Duration learn_objects, Duration learn_values)
      : objects_learned_(learn_objects), values_learned_(learn_values), seen_(kMostObjects) {}

  void begin(TimePoint when) {
    objects_learned_.begin(when);
    values_learned_.begin(when);
  }

  struct Said {
    bool first = false;    // nobody wrote this object while we learned
    bool outside = false;  // a value below or above all that was written while we learned
    double value = 0, lowest = 0, highest = 0;
  };
  /// write notes a write of `values` to the object `key`. An object beyond the bound is never called new.
  Said write(uint64_t key, const protocols::Values& values, TimePoint now);
  uint64_t refused() const { return seen_.refused(); }

 private:
  struct Seen {
    double lowest = 0, highest = 0;
    bool numbers = false;  // a value was learned
  };
  Learning objects_learned_, values_learned_;
  KeyMap<Seen> seen_;
};

/// Meter counts what one source does, in windows of the limit's time that follow one another.
struct Meter {
  TimePoint since{};
  uint32_t count = 0;
  uint32_t most = 0;  // of a window while we learned
};

class Bursts {
 public:
  /// Where something was seen while learning, thrice the most of it and kSlack more is too much. Where nothing was:
  /// `limit`, if it `always` holds or once the learning is over.
  Bursts(plant::Rate limit, bool always, Duration learn) : limit_(limit), always_(always), learning_(learn) {}
  static constexpr uint32_t kSlack = 20;
  void begin(TimePoint when) { learning_.begin(when); }

  /// add counts one more; true where that is too much within the limit's time.
  bool add(Meter& meter, TimePoint now) { return add(meter, now, learning_.over(now)); }
  /// add, where a meter that has learned nothing has no limit.
  bool add_learned(Meter& meter, TimePoint now) {
    const bool over = learning_.over(now);
    return add(meter, now, over) && over && meter.most > 0;
  }
  const plant::Rate& limit() const { return limit_; }

 private:
  bool add(Meter& meter, TimePoint now, bool learned) {
    if (meter.since == TimePoint{} || now - meter.since >= limit_.per) {
      meter.since = now;
      meter.count = 0;
    }
    ++meter.count;
    if (!learned) {
      if (meter.count > meter.most) meter.most = meter.count;
      return always_ && meter.count > limit_.count;
    }
    return meter.count > (meter.most > 0 ? 3 * meter.most + kSlack : limit_.count);
  }
  plant::Rate limit_;
  bool always_;
  Learning learning_;
};

/// Blindness is when the sensor itself last lost packets: what rests on not having seen something cannot be said of a
/// time in which we did not see everything.
class Blindness {
 public:
  void lost(TimePoint when) {
    last_ = ever_ ? std::max(last_, when) : when;
    ever_ = true;
  }
  bool since(TimePoint first) const { return ever_ && last_ >= first; }

 private:
  TimePoint last_{};
  bool ever_ = false;
};

}  // namespace rampart::monitor
