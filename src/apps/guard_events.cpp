#include "apps/guard_events.h"

#include <algorithm>
#include <cstdio>

namespace rampart::apps {
namespace {

constexpr std::chrono::seconds kOverAfter{10};
// A turn waits a tenth of a second at most; one that ends so much later is overload.
constexpr std::chrono::seconds kLate{1};

std::string_view word_of(const plant::Gateway& gateway, plant::OnFailure what) {
  if (gateway.stands == plant::Stands::addressed) return "failed-closed";
  switch (what) {
    case plant::OnFailure::close:
      return "failed-closed";
    case plant::OnFailure::open:
      return "failed-open";
    case plant::OnFailure::island:
      return "island";
  }
  return "failed-closed";
}

/// keeps_first: something of the conduit is to be on record before it is done, and is refused where that cannot be.
bool keeps_first(const plant::Conduit& conduit) {
  return std::any_of(conduit.rules.begin(), conduit.rules.end(), [](const plant::Rule& rule) {
    if (rule.essential) return false;
    if (rule.journal) return *rule.journal == plant::JournalWhen::before;
    return std::any_of(rule.allow.begin(), rule.allow.end(), [](const plant::Text& word) {
      return word.value == "program" || word.value == "firmware" || word.value == "stop";
    });
  });
}

}  // namespace

Spell::Change Spell::look(bool seen, Duration steady) {
  if (seen) seen_ = steady;
  if (seen == lasts_ || (lasts_ && steady - seen_ < kOverAfter)) return Change::none;
  lasts_ = seen;
  return lasts_ ? Change::began : Change::ended;
}

void GuardEvents::tell(std::string_view event, std::string_view conduit, std::string_view reason, TimePoint when,
                       uint64_t count) {
  const std::string origin = "gateway " + gateway_;
  sink_.tell(records::GuardEvent{
      .when = when, .origin = origin, .event = event, .conduit = conduit, .reason = reason, .count = count});
  std::fprintf(stderr, "rampart: %.*s%s%.*s: %.*s\n", static_cast<int>(event.size()), event.data(),
               conduit.empty() ? "" : " ", static_cast<int>(conduit.size()), conduit.data(),
               static_cast<int>(reason.size()), reason.data());
}

void GuardEvents::failed(const plant::Plant& plant, TimePoint when, std::string_view reason) {
  for (const plant::Gateway& gateway : plant.gateways) {
    if (gateway.id.value != gateway_) continue;
    for (const plant::Conduit& conduit : plant.conduits) {
      if (conduit.guarded_by(gateway_)) tell(word_of(gateway, conduit.on_failure), conduit.id.value, reason, when);
    }
  }
}

void GuardEvents::recovered(const plant::Plant& plant, TimePoint now, std::string_view reason) {
  for (const plant::Conduit& conduit : plant.conduits) {
    if (conduit.guarded_by(gateway_)) tell("recovered", conduit.id.value, reason, now);
  }
}

void GuardEvents::beat(const plant::Plant& plant, const Seen& seen, TimePoint now, Duration steady) {
  if (seen.stood_still >= kLate) {
    const auto stood = std::chrono::duration_cast<std::chrono::milliseconds>(seen.stood_still).count();
    tell("overload", {}, "nothing was served for " + std::to_string(stood) + " ms", now);
    tell("recovered", {}, "it serves again", now);
  }
  const uint64_t cut = seen.no_room - no_room_;
  no_room_ = seen.no_room;
  const Spell::Change buffers = buffers_.look(cut > 0, steady);
  if (buffers == Spell::Change::began) {
    tell("overload", {}, "the buffers are full: peers that do not take what they are sent are cut off", now, cut);
  } else if (buffers == Spell::Change::ended) {
    tell("recovered", {}, "the buffers have had room for ten seconds", now);
  }
  const bool losing = seen.journal_failing || seen.not_kept > not_kept_;
  const uint64_t lost = seen.not_kept - std::min(not_kept_, seen.not_kept);
  not_kept_ = seen.not_kept;
  const Spell::Change journal = journal_.look(losing, steady);
  if (journal == Spell::Change::none) return;
  for (const plant::Conduit& conduit : plant.conduits) {
    if (!conduit.guarded_by(gateway_) || !keeps_first(conduit)) continue;
    if (journal == Spell::Change::began) {
      tell("failed-closed", conduit.id.value,
           "the journal does not keep records: what is to be recorded first is refused, unless it is essential", now,
           lost);
    } else {
      tell("recovered", conduit.id.value, "the journal has kept everything for ten seconds", now);
    }
  }
}

}  // namespace rampart::apps
