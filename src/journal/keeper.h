// Between a sensor and its journal: keeps what matters one by one, makes one summary a minute of plain reads and a
// count every ten seconds of repeated denials, holds every kind and every source to its quota, and says what it did not
// keep. One thread; memory bounded; a kept record costs its encoding, a plain read one hash lookup.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "journal/journal.h"
#include "journal/settings.h"
#include "records/stored.h"

namespace rampart::journal {

struct KeeperOptions {
  Settings settings{};
  Duration summary_every = std::chrono::minutes(1);
  Duration repeats_every = std::chrono::seconds(10);
  size_t most_summaries = 65'536, most_repeats = 65'536;  // entries; the oldest is told early where one more is needed
  bool all_operations = false;                            // every plain read by itself, for a laboratory
  // Of the journal: what is too large for a record becomes a blob there, while the caller waits for the disk; such
  // records are rare and held to their quota. Empty: they are not kept.
  std::string folder{};
};

/// KeeperTotals: after finish(), seen = kept + summarised + repeated + not_kept. What was counted but not yet told is
/// in none of the latter.
struct KeeperTotals {
  uint64_t seen = 0, kept = 0, summarised = 0, repeated = 0, not_kept = 0;
};

class Keeper final : public records::Sink {
 public:
  /// Both must outlive the keeper.
  Keeper(Appender& journal, const Clock& clock, const KeeperOptions& options);
  ~Keeper() override;  // finish()

  void record(const records::Run& run) override;
  void record(const records::Transaction& transaction) override;
  void record(const records::Finding& finding) override;
  void record(const records::AssetSeen& seen) override;
  void record(const records::Loss& loss) override;
  void record(const records::Flow& flow) override;
  void record(const records::ProtectionSeen& seen) override;
  void tell(const records::Evidence& evidence) override;
  void tell(const records::CertificateEvent& event) override;
  void tell(const records::GuardEvent& event) override;
  // Kinds that no sensor tells. Their urgency is reserved. The number in the journal, nothing where it was not taken.
  std::optional<uint64_t> keep(const records::PlantChange& change);
  std::optional<uint64_t> keep(const records::RuleChange& change);
  std::optional<uint64_t> keep(const records::JournalRead& read);
  std::optional<uint64_t> keep(const records::Login& login);
  /// keep of an operation that is to be on record before it is done: by itself, counted among no others.
  std::optional<uint64_t> keep(const records::Transaction& transaction);

  /// finish tells all summaries, counts and what was not kept. tick does so for what is due by the wall clock, for
  /// sensors that hear nothing.
  void finish();
  void tick();
  const KeeperTotals& totals() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace rampart::journal
