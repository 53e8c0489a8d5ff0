// A calendar of the plant compiled: days of the week and hours of the day in a time zone, with the zone's changes of
// offset written out beforehand, so that asking costs one binary search. Immutable; any thread may read it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "plant/plant.h"

namespace rampart::policy {

class Calendar {
 public:
  /// make compiles `from`. Nothing where its zone is not known to the system; `hint` then says what is near.
  static std::optional<Calendar> make(const plant::Calendar& from, std::string& hint);

  /// covers is true where `when` falls into the calendar. The hours run in local time: an hour that the clocks repeat
  /// counts twice, one that they skip never comes. Hours over midnight belong to the day on which they begin.
  bool covers(TimePoint when) const;

 private:
  struct Change {
    int64_t at;      // seconds since 1970 UTC
    int32_t offset;  // seconds east of Greenwich from then on
  };
  std::vector<Change> changes_;  // ordered; empty: UTC
  std::array<bool, 7> days_{};   // Monday first
  int32_t from_ = 0, to_ = 0;    // seconds of the day
};

}  // namespace rampart::policy
