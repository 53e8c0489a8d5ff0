// Room on the disk: the reserve that gives way, how full it is, and which segments retention no longer wants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "journal/layout.h"
#include "journal/settings.h"

namespace rampart::journal {

/// Reserve is a file that only takes room. Its functions answer by value: a disk that is full is not an error here.
class Reserve {
 public:
  Reserve(const Layout& layout, uint64_t octets) : path_(layout.reserve()), folder_(layout.folder), octets_(octets) {}

  /// make takes the room where twice as much is free, or it is taken already. False where it is not.
  bool make();
  /// release gives the room up; false where there was none.
  bool release();

 private:
  std::string path_, folder_;
  uint64_t octets_;
};

/// Usage says how much of what it may use the journal uses, in percent of `most_octets` and of the file system.
struct Usage {
  unsigned of_settings = 0, of_disk = 0;
};
Usage usage(const Layout& layout, const Settings& settings, uint64_t size);

/// PrunePlan names segments to remove: all records from <= n < to.
struct PrunePlan {
  uint64_t from = 0, to = 0;
  std::vector<std::string> paths;
};
/// plan_prune picks the oldest segments that are older than settings.keep_days at `now`, or beyond
/// settings.most_octets, with whole bundles only, below `checkpoint_size`, and never the last. Errors: throws Error
/// where a segment cannot be read.
std::optional<PrunePlan> plan_prune(const Layout& layout, const Settings& settings, TimePoint now,
                                    uint64_t checkpoint_size);
/// carry_out removes them. Errors: throws Error.
void carry_out(const PrunePlan& plan, const Layout& layout);

}  // namespace rampart::journal
