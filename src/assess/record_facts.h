// Records to facts: what a journal tells of the plant, added up as it streams by. Memory is bounded by the plant: one
// fact for each kind, scope and way, however many records there are. One reader for each journal; one thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "assess/fact.h"
#include "records/stored.h"

namespace rampart::assess {

/// kReportReading is what a reading is called that made a report: the next one tells what changed since.
inline constexpr std::string_view kReportReading = "report";

/// RecordedChange is a change of a level as a journal has it.
struct RecordedChange {
  TimePoint when{};
  std::string scope, subject, requirement, row, cause, fact;
  uint8_t before = 0, after = 0, target = 0;
  uint64_t record = 0;
};

/// TechniqueSeen: findings that name one technique of ATT&CK for ICS.
struct TechniqueSeen {
  uint64_t findings = 0;
  TimePoint first{}, last{};
};

/// Tally counts what metrics and reports ask for beside facts.
struct Tally {
  uint64_t crossed = 0, crossed_allowed = 0;  // operations and conversations between zones
  uint64_t records = 0;
  TimePoint first{}, last{};
  std::map<std::string, uint64_t, std::less<>> denied;                    // by conduit
  std::map<std::string, std::array<uint64_t, 2>, std::less<>> encrypted;  // by conduit: octets encrypted, and all
  std::vector<std::string> unknown_addresses;                             // seen and in no inventory; at most 10,000
  std::map<std::string_view, TechniqueSeen> techniques;                   // those that the catalogue has
  std::set<std::string> contradicted;  // what findings told: "SR 7.5/a zone x"; at most 10,000
  std::optional<TimePoint> reported;   // when a report was last made of this journal
};

class RecordFacts {
 public:
  /// `place` is the journal's place among those that are read, and with 1 added the origin of its facts. `plant` must
  /// outlive it; `plant_sha256` is of its text, empty: not known.
  RecordFacts(const plant::Plant& plant, uint32_t place, std::string plant_sha256);

  /// take adds one record.
  void take(const records::Stored& stored, uint64_t number);
  /// take_changed gives the facts that are new or changed since it was last called. What a monitor that stopped no
  /// longer does is said as of `now`.
  std::vector<Fact> take_changed(TimePoint now);
  /// changes are the newest changes of levels, at most 1,000, oldest first.
  const std::vector<RecordedChange>& changes() const { return changes_; }
  const Tally& tally() const { return tally_; }

 private:
  struct Seen {
    TimePoint first{}, last{};
    uint64_t number = 0, packet = 0, count = 1;
    std::string_view text{};
    float share = 1;
    std::optional<TimePoint> until{};
    bool named = true;    // the record itself is a source
    uint32_t origin = 0;  // 0: who writes this journal
  };

  void say(FactKind kind, Scope scope, bool holds, const Seen& seen);
  void of_zone(FactKind kind, std::string_view zone, bool holds, const Seen& seen);
  void of_asset(FactKind kind, std::string_view asset, bool holds, const Seen& seen);
  void of_conduit(FactKind kind, std::string_view conduit, bool holds, const Seen& seen);
  void heard(const records::Conversation& talk, const Seen& seen);
  void unit_heard(const records::Conversation& talk, const protocols::Operation& operation, const Seen& seen);
  /// origin_of is a gateway as one that speaks, whichever of a pair wrote it where; 0: the plant has none of that id.
  uint32_t origin_of(std::string_view gateway) const;
  std::string_view conduit_between(std::string_view zone, std::string_view other) const;
  void crossing(const records::Conversation& talk, const Seen& seen);
  void operation(const records::Conversation* talk, const protocols::Operation* operation,
                 const records::Verdict& verdict, const protocols::Outcome& outcome, const Seen& seen);
  void denied(const records::Conversation& talk, const protocols::Operation* operation, const records::Verdict& verdict,
              const protocols::Outcome& outcome, std::string_view conduit, const Seen& seen);

  void read(const records::Run& run, Seen seen);
  void read(const records::Transaction& transaction, Seen seen);
  void read(const records::ReadSummary& summary, Seen seen);
  void read(const records::Repeats& repeats, Seen seen);
  void read(const records::Finding& finding, Seen seen);
  void read(const records::AssetSeen& asset, Seen seen);
  void read(const records::Loss& loss, Seen seen);
  void read(const records::Flow& flow, Seen seen);
  void read(const records::ProtectionSeen& shown, Seen seen);
  void read(const records::NotKept& not_kept, Seen seen);
  void read(const records::PlantChange& change, Seen seen);
  void read(const records::JournalEvent& event, Seen seen);
  void read(const records::JournalRead& read, Seen seen);
  void read(const records::Evidence& evidence, Seen seen);
  void read(const records::LevelChange& change, Seen seen);
  void read(const records::GuardEvent& event, Seen seen);
  void read(const records::CertificateEvent& event, Seen seen);
  template <class Other>
  void read(const Other&, Seen) {}  // kinds that say nothing of a level

  const plant::Plant& plant_;
  uint32_t place_;
  std::string sha256_;
  std::map<std::pair<std::string_view, std::string_view>, std::string_view> conduits_;  // by two zones' ids
  std::map<std::pair<IpAddress, uint32_t>, Index> units_;                               // what lies behind an address
  std::unordered_map<uint64_t, size_t> places_;  // of kind, scope and way in facts_
  std::vector<Fact> facts_;
  std::vector<bool> dirty_;
  bool ran_ = false, stopped_ = false;  // a monitor, by its runs
  bool guards_ = false;                 // a gateway or a packet filter writes here: what it refuses crosses nothing
  std::optional<bool> in_force_;        // it judges by this very plant
  void still_running(const Seen& written);
  std::vector<RecordedChange> changes_;
  Tally tally_;
};

/// JournalLook is what a journal's folder shows beside its records.
struct JournalLook {
  bool signed_ = false;     // a checkpoint is there
  uint64_t unreadable = 0;  // records that are damaged
  uint64_t most_octets = 0, reserve_octets = 0;
  size_t journals = 1;  // read together
};
/// journal_facts says what the looks show, as of `now`.
std::vector<Fact> journal_facts(const JournalLook& look, uint32_t place, TimePoint now);

}  // namespace rampart::assess
