// All that the judging side keeps beside the plant's own verdicts, in one place: who scans, what is new, what is usual,
// what is not told. Private to the Correlator. One thread; every table bounded.
#pragma once

#include <memory>
#include <vector>

#include "monitor/baseline.h"
#include "monitor/bindings.h"
#include "monitor/novelty.h"
#include "monitor/scans.h"
#include "monitor/settings.h"
#include "policy/policy.h"

namespace rampart::monitor {

/// Foreseen says what the plant thinks of two hosts: a rule names both, none does, or it says nothing at all (no plant,
/// or one zone without rules inside).
enum class Foreseen : uint8_t { unsaid, yes, no };

/// Pairs knows which assets the rules of a plant join, in either direction.
class Pairs {
 public:
  /// `plant` may be null and must outlive this.
  explicit Pairs(const plant::Plant* plant);
  Foreseen of(const policy::Party& one, const policy::Party& other) const;
  /// conduit is the first that joins the zones of both; kNone where none does.
  plant::Index conduit(const policy::Party& one, const policy::Party& other) const;

 private:
  struct Nothing {};
  static uint64_t key(plant::Index one, plant::Index other) {
    return (uint64_t{one < other ? one : other} << 32 | (one < other ? other : one)) + 1;
  }
  const plant::Plant* plant_;
  KeyMap<Nothing> joined_{1u << 24};
  std::vector<bool> judged_inside_;          // by zone: a conduit joins it with itself
  KeyMap<plant::Index> conduits_{1u << 20};  // by pair of zones
};

struct Detectors {
  explicit Detectors(const plant::Plant* plant);
  /// begin opens all learning windows, with the first packet that is judged.
  void begin(TimePoint when);

  static constexpr size_t kMostMeters = 65'536;
  Settings settings;
  Pairs pairs;
  Scans scans;
  Novelty hosts_met, masters;
  Writes writes;
  Bursts write_bursts, floods;
  Recent<Meter> writers{kMostMeters}, servers{kMostMeters};
  Bindings bindings;
  KeyMap<uint64_t> attributes{kMostMeters};  // the packet that told the first of its kind
  Blindness blindness;
  Muting muting;
  bool begun = false;
};

}  // namespace rampart::monitor
