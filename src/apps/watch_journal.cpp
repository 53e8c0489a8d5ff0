#include "apps/watch_journal.h"

#include <algorithm>
#include <variant>

#include "apps/holding.h"
#include "journal/reader.h"
#include "records/stored.h"

namespace rampart::apps {

namespace {

constexpr uint64_t kLooksBack = 64;

/// closed_in_order is true where the last that the journal says is that it was closed, or where it says nothing yet.
bool closed_in_order(const std::string& folder) {
  journal::Reader reader(folder);
  const uint64_t size = reader.size();
  reader.seek(size - std::min(size, kLooksBack));
  bool closed = true;
  journal::Reader::Item item;
  while (reader.next(item)) {
    const auto stored = records::Stored::decode(item.record);
    const auto* event = stored ? std::get_if<records::JournalEvent>(&stored->fact()) : nullptr;
    if (event == nullptr) {
      closed = false;
    } else if (event->event == "closed") {
      closed = true;
    }
  }
  return closed;
}

}  // namespace

WatchJournal::WatchJournal(std::string folder, bool all_operations, bool live, const Clock& clock)
    : folder_(std::move(folder)), clock_(clock) {
  const journal::Layout layout{folder_};
  const journal::Settings settings = journal::read_settings(layout.settings());
  ended_well_ = closed_in_order(folder_);  // before our own records are there
  // A file waits for the disk; live traffic would be lost by waiting.
  journal_ = open_journal(folder_, {.wait_for_room = !live}, clock_);
  person_ = caller(layout);
  keeper_ = std::make_unique<journal::Keeper>(
      *journal_, clock_,
      journal::KeeperOptions{.settings = settings, .all_operations = all_operations, .folder = folder_});
}

void WatchJournal::start(records::Run run, const plant::Plant* plant) {
  const TimePoint now = clock_.now();
  if (plant != nullptr) keep_plant(*keeper_, {folder_}, *plant, last_plant(folder_), person_, std::nullopt, now);
  // The wall's time: packet time is not known yet, and who asks when a sensor ran means the clock.
  run.when = now;
  run.person = person_;
  keeper_->record(run);
}

void WatchJournal::change(const PlantStep& step) {
  keep_step(*keeper_, step, person_, std::nullopt, clock_.now());
}

std::string WatchJournal::close(records::Run run) {
  run.when = clock_.now();
  run.person = person_;
  keeper_->finish();
  keeper_->record(run);
  const uint64_t lost = journal_->status().not_kept;
  try {
    journal_->close();
  } catch (const std::exception& error) {
    const std::string_view why = error.what();
    return "the journal is not complete: " + std::string(why.substr(0, why.find('\n')));
  }
  return lost == 0 ? "" : "the journal is not complete: " + std::to_string(lost) + " records were not kept";
}

}  // namespace rampart::apps
