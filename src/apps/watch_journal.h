// The journal of `rampart watch`: opened before anything is read, told of the run and its plant, fed by a Keeper. That
// it fails later never stops the watch; close() says so.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "journal/journal.h"
#include "journal/keeper.h"
#include "plant/plant.h"

namespace rampart::apps {

class WatchJournal {
 public:
  /// Errors: throws Error where the journal cannot be opened. `clock` must outlive it.
  WatchJournal(std::string folder, bool all_operations, const Clock& clock);

  /// start keeps the plant, what changed in it, and that the run begins. `plant` may be null.
  void start(records::Run run, const plant::Plant* plant);
  records::Sink& sink() { return *keeper_; }
  /// close keeps that the run ended, with its totals, and makes everything durable. Returns what was lost, in one line
  /// for people; empty where nothing was.
  std::string close(records::Run run);

 private:
  std::string folder_;
  const Clock& clock_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<journal::Keeper> keeper_;
  std::string person_;
};

}  // namespace rampart::apps
