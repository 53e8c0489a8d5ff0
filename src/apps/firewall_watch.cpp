// `rampart firewall --watch`: the rules that run, held against the plant every few seconds.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>

#include "apps/command_firewall.h"
#include "apps/event_writer.h"
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
  void use(LoadedPolicy loaded) { loaded_ = std::move(loaded); }

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
    known_ = std::move(found);
  }
  uint64_t findings() const { return findings_; }

 private:
  std::vector<std::string> differences() const {
    const auto now = helper_.rules();
    const bool observe = now && now->observe;
    return firewall::differences(firewall::project(*loaded_.policy, options_.guard, observe).rules, helper_.running());
  }

  void tell(const std::string& difference, TimePoint now) {
    ++findings_;
    const std::string message = "firewall " + options_.guard + ": " + difference;
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
  std::set<std::string> known_;
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
    if (journal != nullptr) journal->change(*loaded.plant, before);
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
