// The facts by what they are about, and how one thing stands in them at a time. Facts are kept once each: one and the
// same origin speaking anew of the same replaces what it said where that is no older.
#pragma once

#include <span>
#include <vector>

#include "assess/fact.h"
#include "assess/site.h"

namespace rampart::assess {

/// Standing is what the facts say of one kind and one scope: how much of it was seen to hold, or that it does not.
struct Standing {
  float share = 0;
  const Fact* holds = nullptr;  // the newest that counts
  const Fact* not_so = nullptr;
  TimePoint good_until = TimePoint::max();  // until then nothing looked at grows too old
};

class FactStore {
 public:
  explicit FactStore(const Site& site) : site_(site), by_scope_(site.scopes()) {}

  /// put keeps a fact; false where what its origin said later is known.
  bool put(Fact fact);
  /// remove takes away what `origin` said; false where it said nothing.
  bool remove(FactKind kind, Scope scope, bool holds, uint32_t origin);
  /// drop_expired forgets facts whose own end has come, and those older than `oldest`.
  void drop_expired(TimePoint now, TimePoint oldest);
  /// of are the facts of one kind about one scope.
  std::span<const Fact> of(FactKind kind, Scope scope) const;
  std::span<const Fact> about(Scope scope) const { return by_scope_[site_.number_of(scope)]; }
  size_t size() const { return size_; }

  /// standing weighs the facts that are no older than `fresh`, by the nature of their kind.
  Standing standing(FactKind kind, Scope scope, TimePoint now, Duration fresh) const;

 private:
  const Site& site_;
  std::vector<std::vector<Fact>> by_scope_;  // each ordered by kind
  size_t size_ = 0;
};

/// end_of is when a fact ceases to count for who asks for facts no older than `fresh`.
TimePoint end_of(const Fact& fact, Duration fresh);

}  // namespace rampart::assess
