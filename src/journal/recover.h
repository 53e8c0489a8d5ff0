// What open() does before anything is written: finds where the journal ended, repairs what a crash left, sets damage
// aside. Touches only the segments that reach beyond the newest checkpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "journal/layout.h"
#include "journal/note.h"
#include "journal/segment.h"
#include "journal/tree.h"

namespace rampart::journal {

/// Incident is something that the journal has to record about itself, as JournalEvent does.
struct Incident {
  std::string event, reason;
  uint64_t from = 0, to = 0, count = 0;
};

struct Recovered {
  TreeBuilder tree;                    // of all records that are kept; its full tiles are written
  uint64_t first = 0;                  // oldest record that is here
  std::optional<SegmentName> segment;  // where writing goes on; nothing: in a new one
  uint64_t length = 0;                 // of that segment
  std::vector<Incident> incidents;
  std::optional<uint64_t> key_change;  // the record, above the checkpoint, that gives over to `next`
};

/// recover brings the folder into a state where writing can go on after `checkpoint`, whose signature was checked.
/// `next` is a key that waits under keys/next.*. Errors: throws Error where the tiles do not give the checkpoint's root
/// even after they were made anew, or the disk refuses.
Recovered recover(const Layout& layout, const Checkpoint& checkpoint, const std::optional<VerifierKey>& next);

}  // namespace rampart::journal
