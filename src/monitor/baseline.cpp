#include "monitor/baseline.h"

#include <algorithm>
#include <cmath>

namespace rampart::monitor {

Writes::Said Writes::write(uint64_t key, const protocols::Values& values, TimePoint now) {
  const bool objects_over = objects_learned_.over(now);
  const bool values_over = values_learned_.over(now);
  Said said;
  bool fresh = false;
  Seen* seen = seen_.insert(key, fresh);
  if (seen == nullptr) return said;
  said.first = fresh && objects_over;
  if (values.masks) return said;  // two masks are no value
  for (uint32_t i = 0; i < std::min(values.count, kMostValues); ++i) {
    const protocols::Scalar scalar = values.at(i);
    const double value = scalar.is_number() ? scalar.number() : std::nan("");
    if (!std::isfinite(value)) continue;
    if (!values_over) {
      seen->lowest = seen->numbers ? std::min(seen->lowest, value) : value;
      seen->highest = seen->numbers ? std::max(seen->highest, value) : value;
      seen->numbers = true;
    } else if (seen->numbers && (value < seen->lowest || value > seen->highest) && !said.outside) {
      said.outside = true;
      said.value = value;
      said.lowest = seen->lowest;
      said.highest = seen->highest;
    }
  }
  return said;
}

}  // namespace rampart::monitor
