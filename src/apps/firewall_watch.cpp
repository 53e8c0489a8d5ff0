// `rampart firewall --watch`: the rules that run, held against the plant every few seconds.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>

#include "apps/command_firewall.h"
#include "apps/event_writer.h"
#include "apps/guard_evidence.h"
#include "apps/stop_signal.h"
#include "apps/version.h"
#include "apps/watch_journal.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "records/findings.h"

namespace rampart::apps {
namespace {

/// Watcher tells what is different now and was not a look ago.
class Watcher {
 public:
  Watcher(const FirewallOptions& options, LoadedPolicy loaded, const firewall::HelperClient& helper,
          records::Sink& sink)
      : options_(options), loaded_(std::move(loaded)), helper_(helper), sink_(sink) {}

  /// use takes another plant from the next look on.
  void use(LoadedPolicy loaded) {
    loaded_ = std::move(loaded);
    used_ = true;
  }

  void look(TimePoint now) {
    std::set<std::string> found;
    try {
      for (std::string& difference : differences()) found.insert(std::move(difference));
    } catch (const std::exception& error) {
      // Who cannot look does not know that all is well.
      found.insert(std::string("the rules cannot be seen: ") + error.what());
    }
    for (const std::string& difference : found) {
      if (!known_.contains(difference)) tell(difference, now);
    }
    if (found.empty() && !known_.empty()) {
      std::fprintf(stderr, "rampart: the rules that run are the plant's again\n");
    }
    const bool changed = found.empty() != known_.empty();
    // The rules were the plant's a look ago, and neither the plant nor the helper changed since: somebody else did.
    const bool loaded = look_at_status(now);
    const bool by_hand = !found.empty() && known_.empty() && looked_ && !loaded && !std::exchange(used_, false);
    looked_ = true;
    known_ = std::move(found);
    if (changed || now >= told_ + kEvidenceEvery || now < told_) tell_zones(now, by_hand);
  }
  uint64_t findings() const { return findings_; }

 private:
  std::vector<std::string> differences() const {
    const auto now = helper_.rules();
    const bool observe = now && now->observe;
    return firewall::differences(firewall::project(*loaded_.policy, options_.guard, observe).rules, helper_.running());
  }

  /// look_at_status tells what the helper did since the last look. True where that was something.
  bool look_at_status(TimePoint now) {
    firewall::Status status;
    try {
      status = helper_.status();
    } catch (const std::exception&) {
      return true;  // that it cannot be asked is told already, as a difference
    }
    status.seconds = 0;
    const bool changed = status_ && *status_ != status;
    if (changed) {
      const bool back = status.last.starts_with("rolled back");
      std::string digest;
      append_hex(digest, status.digest);
      records::GuardEvent event;
      event.when = now;
      event.origin = origin_;
      event.event = back ? "rolled-back" : status.last == "confirmed" ? "confirmed" : "applied";
      event.reason = status.last;
      event.sha256 = digest;
      sink_.tell(event);
    }
    status_ = std::move(status);
    return changed;
  }

  /// tell_zones says of each zone at this guard's conduits whether the kernel's rules are the plant's.
  void tell_zones(TimePoint now, bool by_hand) {
    told_ = now;
    const plant::Plant& plant = *loaded_.plant;
    const bool loaded = known_.empty();
    for (plant::Index zone = 0; zone < plant.zones.size(); ++zone) {
      uint32_t conduits = 0, guarded = 0;
      for (const plant::Conduit& conduit : plant.conduits) {
        const bool joins = std::find(conduit.joins.begin(), conduit.joins.end(), zone) != conduit.joins.end();
        conduits += joins ? 1u : 0u;
        guarded += joins && conduit.guarded_by(options_.guard) ? 1u : 0u;
      }
      if (guarded == 0) continue;
      records::Evidence evidence;
      evidence.when = now;
      evidence.scope = "zone";
      evidence.subject = plant.zones[zone].id.value;
      evidence.holds = loaded;
      evidence.share_permille = static_cast<uint16_t>(guarded * 1000 / conduits);
      evidence.origin = origin_;
      evidence.text =
          loaded ? std::string_view("what nft lists is what the plant gives") : std::string_view(*known_.begin());
      evidence.count = 1;
      if (loaded) evidence.until = now + kEvidenceHolds;
      evidence.fact = "rules-loaded";
      sink_.tell(evidence);
      if (!loaded && !by_hand) continue;
      evidence.fact = "filter-untouched";
      sink_.tell(evidence);
    }
  }

  void tell(const std::string& difference, TimePoint now) {
    ++findings_;
    const std::string message = origin_ + ": " + difference;
    records::Finding finding = records::finding_of(records::kinds::kFirewall);
    finding.when = now;
    finding.message = message;
    sink_.record(finding);
    std::fprintf(stderr, "rampart: %s\n", message.c_str());
  }

  const FirewallOptions& options_;
  LoadedPolicy loaded_;
  const firewall::HelperClient& helper_;
  records::Sink& sink_;
  const std::string origin_ = "firewall " + options_.guard;
  std::set<std::string> known_;
  std::optional<firewall::Status> status_;
  TimePoint told_{};
  bool looked_ = false, used_ = false;
  uint64_t findings_ = 0;
};

std::string hash_of(const LoadedPolicy& loaded) {
  std::string hash;
  append_hex(hash, crypto::sha256(as_bytes(loaded.plant->text)));
  return hash;
}

/// take_plant reads the plant anew after a HUP; a bad one is refused whole, and the one before stays.
void take_plant(const FirewallOptions& options, Watcher& watcher, WatchJournal* journal, std::string& hash,
                const Clock& clock) {
  try {
    LoadedPolicy loaded = load_policy(options.plant, clock.now());
    firewall::project(*loaded.policy, options.guard, false);
    const std::string before = std::exchange(hash, hash_of(loaded));
    if (journal != nullptr) journal->change(plant_step({options.journal}, *loaded.plant, before));
    watcher.use(std::move(loaded));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\nrampart: the plant is not taken; the one before stays in force\n", error.what());
  }
}

/// pause waits in short steps, so that who asks to stop need not wait.
void pause(std::chrono::seconds time, const StopSignal& stop, const Clock& clock) {
  const Duration until = clock.steady() + time;
  while (!stop.asked() && clock.steady() < until) {
    const timespec step{0, 100'000'000};
    nanosleep(&step, nullptr);
  }
}

}  // namespace

int watch_rules(const FirewallOptions& options, const LoadedPolicy& loaded, const firewall::HelperClient& helper,
                const Clock& clock) {
  firewall::project(*loaded.policy, options.guard, false);  // a guard that guards nothing is an error at once
  std::optional<EventWriter> writer;
  if (!options.json.empty()) writer.emplace(options.json, Operations::none);
  std::optional<WatchJournal> journal;
  if (!options.journal.empty()) journal.emplace(options.journal, false, true, clock);
  Tee tee;
  if (writer) tee.add(*writer);
  if (journal) tee.add(journal->sink());
  const StopSignal stop;
  const ReloadSignal reload;
  records::Run run;
  std::string hash = hash_of(loaded);
  const std::string settings = "firewall as=" + options.guard + " every=" + std::to_string(options.every) + "s";
  run.version = kVersion;
  run.plant = options.plant;
  run.plant_sha256 = hash;
  run.sources = "table inet rampart";
  run.settings = settings;
  run.when = clock.now();
  if (writer) writer->record(run);
  if (journal) journal->start(run, loaded.plant.get());
  Watcher watcher(options, loaded, helper, tee);
  while (!stop.asked()) {
    if (reload.asked()) take_plant(options, watcher, journal ? &*journal : nullptr, hash, clock);
    watcher.look(clock.now());
    if (journal) journal->tick();
    if (writer) writer->flush();
    pause(std::chrono::seconds(options.every), stop, clock);
  }
  run.kind = records::Run::Kind::stop;
  run.plant_sha256 = hash;
  run.when = clock.now();
  run.findings = watcher.findings();
  if (writer) writer->record(run);
  const std::string lost = journal ? journal->close(run) : std::string();
  if (writer) writer->close();
  if (!lost.empty()) std::fprintf(stderr, "rampart: %s\n", lost.c_str());
  return lost.empty() ? 0 : 1;
}

}  // namespace rampart::apps
