// The journal of `rampart watch`: opened before anything is read, told of the run and its plant, fed by a Keeper. That
// it fails later never stops the watch; close() says so.
#pragma once

#include <memory>
#include <string>

#include "apps/plant_changes.h"
#include "base/clock.h"
#include "gateway/ledger.h"
#include "journal/journal.h"
#include "journal/keeper.h"
#include "plant/plant.h"

namespace rampart::apps {

class WatchJournal final : public gateway::Ledger {
 public:
  /// `live`: traffic does not wait, so the journal gives records up where the disk cannot follow, and says so.
  /// Errors: throws Error where the journal cannot be opened. `clock` must outlive it.
  WatchJournal(std::string folder, bool all_operations, bool live, const Clock& clock);

  /// start keeps the plant, what changed in it, and that the run begins. `plant` may be null.
  void start(records::Run run, const plant::Plant* plant);
  /// change keeps that another plant judges from here on.
  void change(const PlantStep& step);
  /// tick tells what is due by the wall's clock; for live traffic, once a second.
  void tick() { keeper_->tick(); }
  // What a gateway has to have on record first.
  std::optional<uint64_t> keep(const records::Transaction& asked) override { return keeper_->keep(asked); }
  bool durable(uint64_t number) override { return journal_->wait_durable(number, Duration(0)); }
  /// ended_well is false where who wrote it before did not close it.
  bool ended_well() const { return ended_well_; }
  journal::JournalStatus status() const { return journal_->status(); }
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
  bool ended_well_ = true;
};

}  // namespace rampart::apps
