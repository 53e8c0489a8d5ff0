// Who tries out many things in a short time: hosts, ports, functions, units, objects. A pure counter of different
// things by source, fed in the order of the packets; the caller decides what counts as trying out. Bounded.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "monitor/bounded.h"
#include "plant/plant.h"

namespace rampart::monitor {

enum class Scan : uint8_t { hosts, ports, functions, units, objects };
inline constexpr size_t kScanCount = 5;

class Scans {
 public:
  /// Limits: by Scan, so many different things within a time make a scan. A count is at most kMostThings.
  using Limits = std::array<plant::Rate, kScanCount>;
  static constexpr uint32_t kMostThings = 10'000;
  static constexpr size_t kMostSources = 4096;  // of each kind; the one silent longest makes room

  explicit Scans(const Limits& limits);

  /// probe notes that `source` tried `thing`. True while it scans: from the thing that reached the limit on, until
  /// it tried nothing for as long as the limit's time. Cost: a hash lookup and a look at what it tried lately.
  bool probe(Scan scan, uint64_t source, uint64_t thing, TimePoint now);
  /// scanning says whether `source` is at it, without noting anything.
  bool scanning(Scan scan, uint64_t source, TimePoint now);
  /// ever is false as long as nobody scanned at all.
  bool ever() const { return ever_; }
  const plant::Rate& limit(Scan scan) const { return limits_[static_cast<size_t>(scan)]; }
  uint64_t evicted() const;

 private:
  struct Tried {
    uint64_t thing = 0;
    TimePoint when{};
  };
  struct Source {
    std::vector<Tried> lately;  // at most the limit's count
    TimePoint last{};           // while scanning: the newest thing
    bool scanning = false;
  };
  Limits limits_;
  std::vector<Recent<Source>> sources_;  // by Scan
  bool ever_ = false;
};

}  // namespace rampart::monitor
