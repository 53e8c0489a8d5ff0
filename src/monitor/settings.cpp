#include "monitor/settings.h"

#include <algorithm>

#include "base/text.h"

namespace rampart::monitor {
namespace {

using plant::Rate;
using std::chrono::seconds;

constexpr seconds kLearn{3600};

/// Tuned is a finding with a limit or a learning window of its own, and where it stands in Settings.
struct Tuned {
  const FindingKind* kind;
  Rate Settings::*limit = nullptr;
  Duration Settings::*learn = nullptr;
  std::optional<Scan> scan{};
};
constexpr Tuned kTuned[] = {
    {&kinds::kScanHosts, nullptr, nullptr, Scan::hosts},
    {&kinds::kScanPorts, nullptr, nullptr, Scan::ports},
    {&kinds::kScanFunctions, nullptr, nullptr, Scan::functions},
    {&kinds::kScanUnits, nullptr, nullptr, Scan::units},
    {&kinds::kScanObjects, nullptr, nullptr, Scan::objects},
    {&kinds::kWriteBurst, &Settings::write_burst, &Settings::learn_burst, {}},
    {&kinds::kFlood, &Settings::flood, &Settings::learn_flood, {}},
    {&kinds::kNewMaster, nullptr, &Settings::new_master, {}},
    {&kinds::kNewPair, nullptr, &Settings::new_pair, {}},
    {&kinds::kFirstWrite, nullptr, &Settings::first_write, {}},
    {&kinds::kUnusualValue, nullptr, &Settings::unusual_value, {}},
};

const Tuned* tuned(std::string_view id) {
  for (const Tuned& entry : kTuned) {
    if (entry.kind->id == id) return &entry;
  }
  return nullptr;
}

/// own_limit is true where the detector itself counts up to the threshold.
bool own_limit(const Tuned* entry) { return entry != nullptr && (entry->limit != nullptr || entry->scan); }

const FindingKind* kind_of(std::string_view id) {
  for (const FindingKind* kind : kinds::kAll) {
    if (kind->id == id) return kind;
  }
  return nullptr;
}

std::string hint_for(std::string_view word) {
  std::vector<std::string_view> ids;
  for (const FindingKind* kind : kinds::kAll) ids.push_back(kind->id);
  const std::string_view near = closest(word, ids);
  return near.empty() ? "docs/findings.md lists them" : "did you mean " + std::string(near) + "?";
}

void check_id(const plant::Plant& plant, const plant::Text& id, std::vector<Problem>& problems) {
  if (kind_of(id.value) != nullptr) return;
  problems.push_back(plant.problem(id.mark, "there is no finding `" + id.value + "`", hint_for(id.value)));
}

}  // namespace

Settings settings_of(const plant::Plant* plant) {
  Settings settings;
  const auto scan = [&](Scan which) -> Rate& { return settings.scans[static_cast<size_t>(which)]; };
  scan(Scan::hosts) = {10, seconds(60)};
  scan(Scan::ports) = {10, seconds(60)};
  scan(Scan::functions) = {6, seconds(60)};
  scan(Scan::units) = {8, seconds(60)};
  scan(Scan::objects) = {8, seconds(60)};
  settings.write_burst = {100, seconds(60)};
  settings.flood = {300, seconds(60)};
  for (const Tuned& entry : kTuned) {
    if (entry.learn != nullptr) settings.*entry.learn = kLearn;
  }
  if (plant == nullptr) return settings;
  for (const plant::FindingSetting& setting : plant->findings) {
    const Tuned* entry = tuned(setting.id.value);
    if (entry == nullptr) continue;
    if (setting.learn && entry->learn != nullptr) settings.*entry->learn = *setting.learn;
    if (setting.threshold && entry->scan) scan(*entry->scan) = *setting.threshold;
    if (setting.threshold && entry->limit != nullptr) settings.*entry->limit = *setting.threshold;
  }
  return settings;
}

std::vector<Problem> check_settings(const plant::Plant& plant, TimePoint now) {
  std::vector<Problem> problems;
  for (const plant::FindingSetting& setting : plant.findings) {
    check_id(plant, setting.id, problems);
    const Tuned* entry = tuned(setting.id.value);
    if (setting.learn && kind_of(setting.id.value) != nullptr && (entry == nullptr || entry->learn == nullptr)) {
      problems.push_back(plant.problem(setting.mark, "the finding `" + setting.id.value + "` does not learn",
                                       "leave `learn` out; docs/findings.md says which learn"));
    }
    if (setting.threshold && entry != nullptr && entry->scan && setting.threshold->count > Scans::kMostThings) {
      problems.push_back(plant.problem(setting.mark, "more than a scan's threshold may be",
                                       "write at most " + std::to_string(Scans::kMostThings)));
    }
  }
  for (const plant::Suppression& suppression : plant.suppressions) {
    check_id(plant, suppression.finding, problems);
    if (suppression.end() > now) continue;
    Problem ended = plant.problem(suppression.mark, "the suppression of `" + suppression.finding.value + "` has ended",
                                  "look again and set another day, or remove it");
    ended.warning = true;
    problems.push_back(std::move(ended));
  }
  return problems;
}

Muting::Muting(const plant::Plant* plant) : plant_(plant) {
  if (plant == nullptr) return;
  const auto entry = [this](std::string_view id) -> OfKind* {
    const FindingKind* kind = kind_of(id);
    return kind == nullptr ? nullptr : &make(*kind);
  };
  for (const plant::FindingSetting& setting : plant->findings) {
    if (!setting.threshold || own_limit(tuned(setting.id.value))) continue;
    if (OfKind* known = entry(setting.id.value)) known->threshold = &*setting.threshold;
  }
  for (const plant::Suppression& suppression : plant->suppressions) {
    OfKind* known = entry(suppression.finding.value);
    if (known == nullptr) continue;
    known->suppressions.push_back(&suppression);
    known->hidden.push_back(0);
  }
}

Muting::OfKind* Muting::of(const FindingKind& kind) {
  for (OfKind& known : kinds_) {
    if (known.kind->signature == kind.signature) return &known;
  }
  return nullptr;
}

Muting::OfKind& Muting::make(const FindingKind& kind) {
  if (OfKind* known = of(kind)) return *known;
  kinds_.emplace_back().kind = &kind;
  return kinds_.back();
}

void Muting::note(const FindingKind& kind, Untold why) { ++make(kind).untold[static_cast<size_t>(why)]; }

bool Muting::concerns(const FindingKind& kind) const {
  return std::any_of(kinds_.begin(), kinds_.end(),
                     [&](const OfKind& known) { return known.kind->signature == kind.signature; });
}

bool Muting::matches(const plant::Suppression& suppression, const Ends& ends) const {
  const auto asset = [&](plant::Index index, size_t end) { return plant_->assets[index].id.value == ends.asset[end]; };
  const auto who = [&](const std::optional<plant::Who>& named, size_t end) {
    if (!named) return true;
    return named->ip ? named->ip == ends.ip[end] : asset(named->asset, end);
  };
  if (suppression.asset != plant::kNone && !asset(suppression.asset, 0) && !asset(suppression.asset, 1)) return false;
  if (suppression.zone != plant::kNone) {
    const std::string& zone = plant_->zones[suppression.zone].id.value;
    if (zone != ends.zone[0] && zone != ends.zone[1]) return false;
  }
  if (suppression.conduit != plant::kNone && plant_->conduits[suppression.conduit].id.value != ends.conduit) {
    return false;
  }
  return who(suppression.from, 0) && who(suppression.to, 1);
}

bool Muting::muted(const FindingKind& kind, uint64_t key, const Ends& ends, TimePoint now) {
  OfKind* known = of(kind);
  if (known == nullptr) return false;
  for (size_t i = 0; i < known->suppressions.size(); ++i) {
    if (now >= known->suppressions[i]->end() || !matches(*known->suppressions[i], ends)) continue;
    ++known->hidden[i];
    return true;
  }
  if (known->threshold == nullptr) return false;
  Window& window = windows_.touch(key, now);
  if (window.count == 0 || now - window.since >= known->threshold->per) window = {now, 0};
  if (++window.count >= known->threshold->count) return false;
  ++known->untold[static_cast<size_t>(Untold::rare)];
  return true;
}

std::vector<Muting::Hidden> Muting::take() {
  std::vector<Hidden> all;
  for (OfKind& known : kinds_) {
    for (size_t i = 0; i < known.suppressions.size(); ++i) {
      if (known.hidden[i] > 0) all.push_back({known.kind, Untold::suppressed, known.suppressions[i], known.hidden[i]});
      known.hidden[i] = 0;
    }
    for (size_t why = 0; why < kUntoldCount; ++why) {
      if (known.untold[why] > 0) all.push_back({known.kind, static_cast<Untold>(why), nullptr, known.untold[why]});
      known.untold[why] = 0;
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Hidden& a, const Hidden& b) {
    return std::pair(a.kind->signature, a.why) < std::pair(b.kind->signature, b.why);
  });
  return all;
}

bool is_untold(const records::Finding& finding) {
  for (size_t why = 0; why < kUntoldCount; ++why) {
    if (finding.reason == to_text(static_cast<Untold>(why))) return true;
  }
  return false;
}

std::string_view to_text(Untold untold) {
  switch (untold) {
    case Untold::suppressed:
      return "suppressed";
    case Untold::rare:
      return "below-threshold";
    case Untold::scan:
      return "part-of-scan";
    case Untold::blind:
      return "sensor-lost-packets";
  }
  return "";
}

void tell(const Muting::Hidden& hidden, TimePoint when, uint64_t packet, records::Sink& sink) {
  const std::string_view id = hidden.kind->id;
  std::string message = std::to_string(hidden.count) + " of " + std::string(id) + " not told one by one: ";
  switch (hidden.why) {
    case Untold::suppressed:
      message += "suppressed by " + hidden.suppression->by + ", " + hidden.suppression->reason;
      break;
    case Untold::rare:
      message += "rarer than the plant's threshold";
      break;
    case Untold::scan:
      message += "part of a scan that is told";
      break;
    case Untold::blind:
      message += "the sensor lost packets at the time, so that not having seen something says nothing";
      break;
  }
  records::Finding finding = records::finding_of(*hidden.kind);
  finding.when = when;
  finding.packet = finding.first_packet = packet;
  finding.severity = records::Severity::low;
  finding.message = message;
  finding.reason = to_text(hidden.why);
  finding.count = hidden.count;
  sink.record(finding);
}

}  // namespace rampart::monitor
