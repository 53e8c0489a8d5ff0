#include "monitor/scans.h"

#include <algorithm>

namespace rampart::monitor {

Scans::Scans(const Limits& limits) : limits_(limits) {
  for (plant::Rate& limit : limits_) limit.count = std::clamp(limit.count, 1u, kMostThings);
  for (size_t i = 0; i < kScanCount; ++i) sources_.emplace_back(kMostSources);
}

bool Scans::probe(Scan scan, uint64_t source, uint64_t thing, TimePoint now) {
  const plant::Rate& limit = limits_[static_cast<size_t>(scan)];
  Source& seen = sources_[static_cast<size_t>(scan)].touch(source, now);
  if (seen.scanning && now - seen.last <= limit.per) {
    seen.last = std::max(seen.last, now);
    return true;
  }
  seen.scanning = false;
  std::erase_if(seen.lately, [&](const Tried& tried) { return now - tried.when > limit.per; });
  const auto same = std::find_if(seen.lately.begin(), seen.lately.end(),
                                 [thing](const Tried& tried) { return tried.thing == thing; });
  if (same != seen.lately.end()) {
    same->when = std::max(same->when, now);
    return false;
  }
  seen.lately.push_back({thing, now});
  if (seen.lately.size() < limit.count) return false;
  seen.lately.clear();
  seen.scanning = ever_ = true;
  seen.last = now;
  return true;
}

bool Scans::scanning(Scan scan, uint64_t source, TimePoint now) {
  if (!ever_) return false;
  const Source* seen = sources_[static_cast<size_t>(scan)].find(source);
  return seen != nullptr && seen->scanning && now - seen->last <= limits_[static_cast<size_t>(scan)].per;
}

uint64_t Scans::evicted() const {
  uint64_t sum = 0;
  for (const auto& sources : sources_) sum += sources.evicted();
  return sum;
}

}  // namespace rampart::monitor
