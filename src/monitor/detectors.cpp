#include "monitor/detectors.h"

namespace rampart::monitor {

Pairs::Pairs(const plant::Plant* plant) : plant_(plant) {
  if (plant == nullptr) return;
  judged_inside_.resize(plant->zones.size());
  for (plant::Index index = 0; index < plant->conduits.size(); ++index) {
    const plant::Conduit& conduit = plant->conduits[index];
    for (size_t i = 0; i < conduit.joins.size(); ++i) {
      for (size_t k = i + 1; k < conduit.joins.size(); ++k) {
        bool fresh = false;
        plant::Index* first = conduits_.insert(key(conduit.joins[i], conduit.joins[k]), fresh);
        if (fresh) *first = index;
      }
    }
    if (conduit.joins.size() == 2 && conduit.joins[0] == conduit.joins[1]) judged_inside_[conduit.joins[0]] = true;
    for (const plant::Rule& rule : conduit.rules) {
      for (const plant::Index from : rule.from) {
        for (const plant::Index to : rule.to) {
          bool fresh = false;
          joined_.insert(key(from, to), fresh);
        }
      }
    }
  }
}

Foreseen Pairs::of(const policy::Party& one, const policy::Party& other) const {
  if (plant_ == nullptr) return Foreseen::unsaid;
  if (one.asset != plant::kNone && other.asset != plant::kNone && joined_.contains(key(one.asset, other.asset))) {
    return Foreseen::yes;
  }
  const bool inside = one.zone != plant::kNone && one.zone == other.zone && !judged_inside_[one.zone];
  return inside ? Foreseen::unsaid : Foreseen::no;
}

plant::Index Pairs::conduit(const policy::Party& one, const policy::Party& other) const {
  if (one.zone == plant::kNone || other.zone == plant::kNone) return plant::kNone;
  const plant::Index* found = conduits_.find(key(one.zone, other.zone));
  return found == nullptr ? plant::kNone : *found;
}

Detectors::Detectors(const plant::Plant* plant)
    : settings(settings_of(plant)),
      pairs(plant),
      scans(settings.scans),
      hosts_met(settings.new_pair),
      masters(settings.new_master),
      writes(settings.first_write, settings.unusual_value),
      write_bursts(settings.write_burst, false, settings.learn_burst),
      floods(settings.flood, true, settings.learn_flood),
      muting(plant) {}

void Detectors::begin(TimePoint when) {
  begun = true;
  hosts_met.begin(when);
  masters.begin(when);
  writes.begin(when);
  write_bursts.begin(when);
  floods.begin(when);
}

}  // namespace rampart::monitor
