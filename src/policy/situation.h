// What decide() may know beside the policy: last known values, counters of rates, leases and approvals. One thread owns
// a Situation. Its memory is bounded by the plant: 16 octets a point, at most `rate` times 8 octets a rule and server,
// and kMostLeases leases and approvals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "policy/policy.h"

namespace rampart::policy {

/// Lease lets people of a role act until it ends. What is kNone does not matter.
struct Lease {
  Index role = kNone;    // into the plant's roles; must be said
  Index client = kNone;  // assets
  Index server = kNone;
  Index conduit = kNone;
  Index rule = kNone;  // of that conduit
  TimePoint until{};   // not in force any more from then on
  bool operator==(const Lease&) const = default;
};

/// Approval is one person's yes. A rule that asks for two wants it of two different approvers.
struct Approval {
  uint64_t approver = 0;  // names the person
  Index client = kNone, server = kNone;
  Index conduit = kNone, rule = kNone;
  TimePoint until{};
  bool operator==(const Approval&) const = default;
};

/// Succession says where each point and each counted rule of a policy lay in the one before; kNone: it is new. The same
/// is what has the same ids and says the same: points that lie where they lay, rules of the same rate.
struct Succession {
  std::vector<Index> points, counters;
};
Succession succession(const Policy& before, const Policy& after);

struct Raw;

class Situation {
 public:
  static constexpr size_t kMostLeases = 1024;  // and as many approvals

  explicit Situation(std::shared_ptr<const Policy> policy);
  ~Situation();
  Situation(Situation&&) noexcept;
  Situation& operator=(Situation&&) noexcept;

  /// see_people says whether this process learns of leases and approvals at all. Where it does not (a monitor, the
  /// default), rules that need them give *undecidable*.
  void see_people(bool sees) { sees_people_ = sees; }
  bool sees_people() const { return sees_people_; }
  /// add keeps a lease or an approval; false where there is no room for more. Those that have ended make room at `now`.
  bool add(const Lease& lease, TimePoint now);
  bool add(const Approval& approval, TimePoint now);
  /// remove drops those that are equal to what is given.
  void remove(const Lease& lease);
  void remove(const Approval& approval);

  /// inherit takes over what `before`, of another policy, knows of what is the same in both: last values of points, and
  /// what counts against the rates of rules. Leases and approvals stay behind: they name places in the other plant.
  void inherit(const Situation& before, const Succession& by);
  /// shift moves the times that count against rates: the clock that gives them was set by `step`. Leases and approvals
  /// end by the clock as it is.
  void shift(Duration step);
  /// forget makes all last values of `asset` unknown, or of all assets where it is kNone.
  void forget(Index asset = kNone);

  // For decide() and the note functions.
  bool leased(const Parties& parties, Index role, Index conduit, Index rule, TimePoint now) const;
  uint32_t approved(const Parties& parties, Index conduit, Index rule, TimePoint now) const;
  /// full is true where the counter of rule_at has seen its `count` within `per` before `now`.
  bool full(size_t rule_at, TimePoint now) const;
  void count(size_t rule_at, TimePoint now);
  Raw last(size_t point) const;
  void keep(size_t point, Raw raw);

 private:
  /// Counter keeps the times of the last `count` operations: a ring that grows up to that size.
  struct Counter {
    std::vector<TimePoint> times;
    size_t next = 0;  // the oldest, once the ring has its full size
  };
  std::shared_ptr<const Policy> policy_;
  std::vector<Raw> values_;        // by PointAt
  std::vector<Counter> counters_;  // by RuleAt; empty until a rule with a rate is used
  std::vector<Lease> leases_;
  std::vector<Approval> approvals_;  // ordered by approver
  bool sees_people_ = false;
};

}  // namespace rampart::policy
