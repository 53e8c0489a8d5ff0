#include "assess/store.h"

#include <algorithm>

namespace rampart::assess {
namespace {

bool by_kind(const Fact& fact, FactKind kind) { return fact.kind < kind; }

}  // namespace

TimePoint end_of(const Fact& fact, Duration fresh) {
  const TimePoint old = fact.time > TimePoint::max() - fresh ? TimePoint::max() : fact.time + fresh;
  return fact.until ? std::min(*fact.until, old) : old;
}

bool FactStore::put(Fact fact) {
  auto& facts = by_scope_[site_.number_of(fact.scope)];
  auto at = std::lower_bound(facts.begin(), facts.end(), fact.kind, by_kind);
  for (; at != facts.end() && at->kind == fact.kind; ++at) {
    if (at->holds != fact.holds || at->origin != fact.origin) continue;
    if (fact.time < at->time || (fact.time == at->time && fact.count < at->count)) return false;
    *at = std::move(fact);
    return true;
  }
  facts.insert(at, std::move(fact));
  ++size_;
  return true;
}

bool FactStore::remove(FactKind kind, Scope scope, bool holds, uint32_t origin) {
  auto& facts = by_scope_[site_.number_of(scope)];
  const size_t removed = std::erase_if(
      facts, [&](const Fact& fact) { return fact.kind == kind && fact.holds == holds && fact.origin == origin; });
  size_ -= removed;
  return removed != 0;
}

void FactStore::drop_expired(TimePoint now, TimePoint oldest) {
  for (auto& facts : by_scope_) {
    size_ -= std::erase_if(facts,
                           [&](const Fact& fact) { return fact.time < oldest || (fact.until && *fact.until <= now); });
  }
}

std::span<const Fact> FactStore::of(FactKind kind, Scope scope) const {
  const auto& facts = by_scope_[site_.number_of(scope)];
  const auto first = std::lower_bound(facts.begin(), facts.end(), kind, by_kind);
  auto last = first;
  while (last != facts.end() && last->kind == kind) ++last;
  return {first, last};
}

namespace {

/// outweighs: does a contrary word count more than one that it holds?
bool outweighs(const Fact& contrary, const Fact& fact) {
  using Nature = FactKindRow::Nature;
  switch (row_of(fact.kind).nature) {
    case Nature::sighting:
      return true;
    case Nature::state:
      return contrary.time >= fact.time;
    case Nature::any:
    case Nature::every:
      return contrary.origin == fact.origin && contrary.time >= fact.time;
  }
  return true;
}

}  // namespace

Standing FactStore::standing(FactKind kind, Scope scope, TimePoint now, Duration fresh) const {
  Standing standing;
  const std::span<const Fact> facts = of(kind, scope);
  const auto counts = [&](const Fact& fact) { return end_of(fact, fresh) > now; };
  for (const Fact& fact : facts) {
    if (!counts(fact)) continue;
    standing.good_until = std::min(standing.good_until, end_of(fact, fresh));
    if (!fact.holds) continue;
    const bool outweighed = std::ranges::any_of(
        facts, [&](const Fact& other) { return !other.holds && counts(other) && outweighs(other, fact); });
    if (outweighed) continue;
    standing.share = std::max(standing.share, fact.share);
    if (standing.holds == nullptr || standing.holds->time < fact.time) standing.holds = &fact;
  }
  const bool every = row_of(kind).nature == FactKindRow::Nature::every;
  if (standing.holds != nullptr && !every) return standing;
  for (const Fact& fact : facts) {
    if (fact.holds || !counts(fact)) continue;
    // Of every one who speaks, a newer word of the same takes a contrary one back.
    const bool taken_back =
        every && std::ranges::any_of(facts, [&](const Fact& other) {
          return other.holds && counts(other) && other.origin == fact.origin && other.time > fact.time;
        });
    if (taken_back) continue;
    if (standing.not_so == nullptr || standing.not_so->time < fact.time) standing.not_so = &fact;
  }
  if (standing.not_so == nullptr) return standing;
  standing.share = 0;
  standing.holds = nullptr;
  return standing;
}

}  // namespace rampart::assess
