#include "assess/record_facts.h"

#include <algorithm>

#include "base/text.h"

namespace rampart::assess {
namespace {

constexpr size_t kMostText = 300;

uint64_t key_of(FactKind kind, Scope scope, bool holds) {
  return (uint64_t{kind} << 40) | (static_cast<uint64_t>(scope.kind) << 33) | (uint64_t{holds} << 32) | scope.index;
}

/// by_sensor: kinds that only a running monitor writes.
bool by_sensor(records::Kind kind) {
  using records::Kind;
  static constexpr Kind kSensor[] = {Kind::transaction, Kind::finding,      Kind::asset_seen, Kind::loss,
                                     Kind::flow,        Kind::read_summary, Kind::repeats,    Kind::protection_seen};
  return std::ranges::find(kSensor, kind) != std::end(kSensor);
}

/// add_source keeps the first and the newest.
void add_source(Fact& fact, Source source) {
  if (!fact.sources.empty() && fact.sources.back() == source) return;
  if (fact.sources.size() == kMostSources) fact.sources.erase(fact.sources.begin() + 1);
  fact.sources.push_back(source);
}

}  // namespace

RecordFacts::RecordFacts(const plant::Plant& plant, uint32_t place, std::string plant_sha256)
    : plant_(plant), place_(place), sha256_(std::move(plant_sha256)) {
  for (const plant::Conduit& conduit : plant.conduits) {
    for (size_t i = 0; i < conduit.joins.size(); ++i) {
      for (size_t k = i + 1; k < conduit.joins.size(); ++k) {
        const std::string_view one = plant.zones[conduit.joins[i]].id.value;
        const std::string_view other = plant.zones[conduit.joins[k]].id.value;
        conduits_.try_emplace(std::minmax(one, other), conduit.id.value);
      }
    }
  }
  for (Index i = 0; i < plant.assets.size(); ++i) {
    for (const plant::Location& at : plant.assets[i].at) {
      if (at.ip && (at.unit || at.link)) units_.try_emplace({*at.ip, at.unit ? *at.unit : *at.link}, i);
    }
  }
}

void RecordFacts::say(FactKind kind, Scope scope, bool holds, const Seen& seen) {
  const auto [at, added] = places_.try_emplace(key_of(kind, scope, holds), facts_.size());
  if (added) {
    facts_.emplace_back();
    dirty_.push_back(true);
    Fact& fact = facts_.back();
    fact.kind = kind;
    fact.scope = scope;
    fact.holds = holds;
    fact.since = seen.first;
    fact.count = 0;
  }
  Fact& fact = facts_[at->second];
  dirty_[at->second] = true;
  fact.since = std::min(fact.since, seen.first);
  fact.count += seen.count;
  const bool newest = added || seen.last >= fact.time;
  if (newest) {
    fact.origin = seen.origin != 0 ? seen.origin : place_ + 1;
    fact.time = seen.last;
    fact.share = seen.share;
    fact.until = seen.until;
    if (!seen.text.empty()) fact.text = seen.text.substr(0, kMostText);
  }
  if (seen.named) add_source(fact, {Source::Kind::record, place_, seen.number, seen.packet});
}

void RecordFacts::of_zone(FactKind kind, std::string_view zone, bool holds, const Seen& seen) {
  if (zone.empty()) return;
  if (const auto scope = find_scope(plant_, Scope::Kind::zone, zone)) say(kind, *scope, holds, seen);
}
void RecordFacts::of_asset(FactKind kind, std::string_view asset, bool holds, const Seen& seen) {
  if (asset.empty()) return;
  if (const auto scope = find_scope(plant_, Scope::Kind::asset, asset)) say(kind, *scope, holds, seen);
}
void RecordFacts::of_conduit(FactKind kind, std::string_view conduit, bool holds, const Seen& seen) {
  if (conduit.empty()) return;
  if (const auto scope = find_scope(plant_, Scope::Kind::conduit, conduit)) say(kind, *scope, holds, seen);
}

uint32_t RecordFacts::origin_of(std::string_view gateway) const {
  constexpr uint32_t kBehindJournals = 1u << 24;
  const auto is = [&](const plant::Gateway& one) { return one.id.value == gateway; };
  const auto at = std::ranges::find_if(plant_.gateways, is);
  return at == plant_.gateways.end() ? 0 : kBehindJournals + static_cast<uint32_t>(at - plant_.gateways.begin());
}

std::string_view RecordFacts::conduit_between(std::string_view zone, std::string_view other) const {
  if (zone == other) return {};
  const auto found = conduits_.find(std::minmax(zone, other));
  return found == conduits_.end() ? std::string_view() : found->second;
}

void RecordFacts::take(const records::Stored& stored, uint64_t number) {
  Seen seen;
  seen.first = seen.last = stored.when();
  seen.number = number;
  if (tally_.records++ == 0) tally_.first = stored.written();
  tally_.last = stored.written();
  static const FactKind kOpen = fact_kind("journal-open");
  Seen written = seen;
  written.first = written.last = stored.written();
  const auto* event = std::get_if<records::JournalEvent>(&stored.fact());
  if (event == nullptr) say(kOpen, {Scope::Kind::journal, 0}, true, written);
  if (ran_ && !stopped_ && by_sensor(stored.kind())) still_running(written);
  std::visit([&](const auto& fact) { read(fact, seen); }, stored.fact());
}

/// still_running: whatever a monitor writes says that it runs, that it has lost nothing that it did not tell, and that
/// the plant by which it judges is the same still.
void RecordFacts::still_running(const Seen& written) {
  static const FactKind kRunning = fact_kind("monitor-running"), kLossless = fact_kind("monitor-lossless"),
                        kPlan = fact_kind("plan-in-force");
  const Scope plant{Scope::Kind::plant, 0};
  say(kRunning, plant, true, written);
  Seen unnamed = written;
  unnamed.named = false;
  say(kLossless, plant, true, unnamed);
  if (in_force_) say(kPlan, plant, *in_force_, unnamed);
}

std::vector<Fact> RecordFacts::take_changed(TimePoint now) {
  static const FactKind kRunning = fact_kind("monitor-running");
  if (stopped_) {
    const auto found = places_.find(key_of(kRunning, {Scope::Kind::plant, 0}, false));
    if (found != places_.end()) {
      facts_[found->second].time = std::max(facts_[found->second].time, now);
      dirty_[found->second] = true;
    }
  }
  std::vector<Fact> out;
  for (size_t i = 0; i < facts_.size(); ++i) {
    if (dirty_[i]) out.push_back(facts_[i]);
    dirty_[i] = false;
  }
  return out;
}

void RecordFacts::read(const records::Run& run, Seen seen) {
  static const FactKind kRunning = fact_kind("monitor-running"), kLossless = fact_kind("monitor-lossless"),
                        kPlan = fact_kind("plan-in-force");
  const Scope plant{Scope::Kind::plant, 0};
  const bool starts = run.kind == records::Run::Kind::start;
  guards_ = run.settings.starts_with("guard ") || run.settings.starts_with("firewall ");
  if (guards_) return;
  ran_ = true;
  stopped_ = !starts;
  seen.text = starts ? run.sources : "the run ended";
  say(kRunning, plant, starts, seen);
  say(kLossless, plant, true, seen);
  if (run.plant_sha256.empty() || sha256_.empty()) return;
  seen.text = run.plant_sha256;
  in_force_ = run.plant_sha256 == sha256_;
  say(kPlan, plant, *in_force_, seen);
}

void RecordFacts::read(const records::Loss& loss, Seen seen) {
  static const FactKind kLossless = fact_kind("monitor-lossless");
  if (loss.kind != "kernel-drop" && loss.kind != "blind" && loss.kind != "capture") return;
  seen.text = loss.reason.empty() ? loss.kind : loss.reason;
  seen.packet = loss.packet;
  say(kLossless, {Scope::Kind::plant, 0}, false, seen);
}

void RecordFacts::read(const records::NotKept& not_kept, Seen seen) {
  static const FactKind kComplete = fact_kind("journal-complete");
  // Of what is only context (flows, attributes) a part may be left out; of what happened, nothing.
  static constexpr std::string_view kContext[] = {"flow", "asset-seen", "protection-seen", "read-summary", "loss"};
  if (std::ranges::find(kContext, not_kept.kind) != std::end(kContext)) return;
  seen.text = not_kept.reason;
  seen.count = not_kept.count;
  say(kComplete, {Scope::Kind::journal, 0}, false, seen);
}

void RecordFacts::read(const records::PlantChange& change, Seen seen) {
  static const FactKind kAttributed = fact_kind("acts-attributed"), kPlan = fact_kind("plan-in-force");
  const Scope plant{Scope::Kind::plant, 0};
  seen.text = change.how;
  say(kAttributed, plant, !change.person.empty(), seen);
  if (sha256_.empty()) return;
  seen.text = change.after_sha256;
  in_force_ = change.after_sha256 == sha256_;
  say(kPlan, plant, *in_force_, seen);
}

void RecordFacts::read(const records::JournalEvent& event, Seen seen) {
  static const FactKind kOpen = fact_kind("journal-open"), kWrites = fact_kind("journal-writes"),
                        kIntact = fact_kind("journal-intact"), kSigned = fact_kind("journal-signed"),
                        kSteady = fact_kind("clock-steady"), kSaved = fact_kind("journal-backed-up");
  const Scope journal{Scope::Kind::journal, 0};
  seen.text = event.reason.empty() ? event.event : event.reason;
  const std::string_view what = event.event;
  if (what == "opened" && ran_ && !stopped_) {
    // A journal has one writer at a time: whoever opens it, the monitor that had it is gone, without a word.
    stopped_ = true;
    Seen gone = seen;
    gone.text = "it ended without a word";
    say(fact_kind("monitor-running"), {Scope::Kind::plant, 0}, false, gone);
  }
  if (what == "opened" || what == "closed") say(kOpen, journal, what == "opened", seen);
  if (what == "opened" || what == "recovered") say(kWrites, journal, true, seen);
  if (what == "write-failed" || what == "sync-failed" || what == "disk-full") say(kWrites, journal, false, seen);
  if (what == "damaged") say(kIntact, journal, false, seen);
  if (what == "signing-failed") say(kSigned, journal, false, seen);
  if (what == "backed-up") say(kSaved, journal, true, seen);
  const bool jumped = event.step > std::chrono::seconds(1) || event.step < -std::chrono::seconds(1);
  if (what == "clock-step" && jumped) say(kSteady, journal, false, seen);
}

void RecordFacts::read(const records::JournalRead& read, Seen seen) {
  static const FactKind kTold = fact_kind("journal-reads-told"), kExported = fact_kind("journal-exported");
  seen.text = read.what;
  say(kTold, {Scope::Kind::journal, 0}, true, seen);
  if (read.what == kReportReading) tally_.reported = read.when;
  if (read.what.starts_with("export")) say(kExported, {Scope::Kind::journal, 0}, true, seen);
}

void RecordFacts::read(const records::Evidence& evidence, Seen seen) {
  const auto kind = find_fact_kind(evidence.fact);
  const auto scope_kind = parse_scope_kind(evidence.scope);
  if (!kind || !scope_kind || row_of(*kind).scope != *scope_kind) return;
  const auto scope = find_scope(plant_, *scope_kind, evidence.subject);
  if (!scope) return;
  constexpr std::string_view kGateway = "gateway ";
  if (scope->kind == Scope::Kind::conduit && evidence.origin.starts_with(kGateway)) {
    const std::string_view gateway = evidence.origin.substr(kGateway.size());
    // One that the conduit does not name (any more) neither holds it nor fails to.
    if (!plant_.conduits[scope->index].guarded_by(gateway)) return;
    seen.origin = origin_of(gateway);
  }
  seen.share = static_cast<float>(std::min<uint16_t>(evidence.share_permille, 1000)) / 1000.0f;
  seen.until = evidence.until;
  seen.count = std::max<uint64_t>(evidence.count, 1);
  std::string text(evidence.origin);
  if (!evidence.text.empty()) text += (text.empty() ? "" : ": ") + std::string(evidence.text);
  seen.text = text;
  say(*kind, *scope, evidence.holds, seen);
}

/// Of a wire's ups and downs nothing is taken here: the gateway's evidence says the same, and ends with the gateway.
void RecordFacts::read(const records::GuardEvent& event, Seen seen) {
  struct Row {
    std::string_view event, fact;
    bool holds;
  };
  static constexpr Row kRows[] = {{"failed-closed", "fail-closed-seen", true},
                                  {"failed-open", "fail-closed-seen", false},
                                  {"failed-open", "conduit-enforced", false},
                                  {"island", "island-exercised", true}};
  const size_t blank = event.origin.find(' ');
  const std::string_view guard = blank == std::string_view::npos ? std::string_view() : event.origin.substr(blank + 1);
  seen.text = event.reason.empty() ? event.event : event.reason;
  seen.origin = origin_of(guard);
  for (const Row& row : kRows) {
    if (row.event != event.event) continue;
    for (const plant::Conduit& conduit : plant_.conduits) {
      const bool meant = event.conduit.empty() ? conduit.guarded_by(guard) : conduit.id.value == event.conduit;
      if (meant) of_conduit(fact_kind(row.fact), conduit.id.value, row.holds, seen);
    }
  }
}

void RecordFacts::read(const records::CertificateEvent& event, Seen seen) {
  static const FactKind kOwn = fact_kind("certificate-own");
  const bool has = event.event == "issued" || event.event == "renewed";
  if (!has && event.event != "revoked" && event.event != "expired") return;
  seen.text = event.reason.empty() ? event.event : event.reason;
  if (has) seen.until = event.until;
  of_asset(kOwn, event.subject, has, seen);
}

void RecordFacts::read(const records::LevelChange& change, Seen seen) {
  if (changes_.size() == 1000) changes_.erase(changes_.begin());
  changes_.push_back({change.when, std::string(change.scope), std::string(change.subject),
                      std::string(change.requirement), std::string(change.row), std::string(change.cause),
                      std::string(change.fact), change.before, change.after, change.target, seen.number});
}

std::vector<Fact> journal_facts(const JournalLook& look, uint32_t place, TimePoint now) {
  std::vector<Fact> out;
  const auto say = [&](std::string_view word, bool holds, std::string text) {
    Fact fact;
    fact.kind = fact_kind(word);
    fact.scope = {Scope::Kind::journal, 0};
    fact.holds = holds;
    fact.origin = place + 1;
    fact.since = fact.time = now;
    fact.text = std::move(text);
    out.push_back(std::move(fact));
  };
  say("journal-intact", look.unreadable == 0,
      look.unreadable == 0 ? "every record's sum was right" : std::to_string(look.unreadable) + " records are damaged");
  if (look.signed_) say("journal-signed", true, "a checkpoint is there");
  if (look.most_octets != 0) say("journal-bounded", true, std::to_string(look.most_octets >> 20) + " MiB");
  if (look.reserve_octets != 0)
    say("journal-warns", true, "with " + std::to_string(look.reserve_octets >> 20) + " MiB left");
  if (look.journals > 1) say("journals-joined", true, std::to_string(look.journals) + " journals");
  return out;
}

}  // namespace rampart::assess
