#include "policy/situation.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>

#include "policy/value.h"

namespace rampart::policy {
namespace {

using protocols::Action;
using protocols::Values;

bool matches(Index wanted, Index given) { return wanted == kNone || wanted == given; }

template <class Held>
bool in_force(const Held& held, const Parties& parties, Index conduit, Index rule, TimePoint now) {
  return now < held.until && matches(held.client, parties.client.asset) && matches(held.server, parties.server.asset) &&
         matches(held.conduit, conduit) && matches(held.rule, rule);
}

template <class Held>
bool make_room(std::vector<Held>& held, TimePoint now) {
  if (held.size() < Situation::kMostLeases) return true;
  std::erase_if(held, [&](const Held& one) { return one.until <= now; });
  return held.size() < Situation::kMostLeases;
}

size_t place_of(const Policy& policy, const PointAt& point) {
  return static_cast<size_t>(&point - policy.points.data());
}

/// learn makes known, or unknown, what an operation or an answer with these values says of the server's points.
class Learner {
 public:
  Learner(Situation& situation, const Policy& policy, Index server, const protocols::Object& object,
          const Values& values, protocols::Protocol protocol)
      : situation_(situation),
        policy_(policy),
        points_(policy.points_at(server, protocol.number)),
        values_(values.fits() ? values : Values{}),
        extent_(extent_of(object, values_, protocol)) {}

  /// known takes the values as what the points are now.
  void known() { each(true); }
  /// unknown forgets the bits that the values would have changed.
  void unknown() { each(false); }

 private:
  void each(bool known) {
    if (points_.empty() || extent_.kind == Extent::Kind::none) return;
    if (extent_.kind == Extent::Kind::listed) {
      for (uint32_t i = 0; i < values_.count; ++i) {
        Region one = extent_.region;
        one.begin = std::min(values_.index(i), std::numeric_limits<uint64_t>::max() - 1);
        one.end = one.begin + 1;
        points_touched(points_, one, [&](const PointAt& point) {
          situation_.keep(place_of(policy_, point), known ? kept(values_.at(i)) : Raw{});
        });
      }
      return;
    }
    points_touched(points_, extent_.region, [&](const PointAt& point) {
      if (extent_.memory) {
        memory(point, known);
      } else {
        const uint64_t i = point.region.begin - extent_.region.begin;
        const bool has = known && !values_.masks && i < values_.count;
        situation_.keep(place_of(policy_, point), has ? kept(values_.at(static_cast<uint32_t>(i))) : Raw{});
      }
    });
  }

  void memory(const PointAt& point, bool known) {
    const Written write = written(point, extent_, values_);
    if (!write.touched) return;
    Raw raw = situation_.last(place_of(policy_, point));
    if (known && write.complete) {
      raw.bits = (raw.bits & ~write.mask) | write.bits;
      raw.known |= write.mask;
    } else if (write.complete) {
      raw.known &= ~write.mask;
    } else {
      raw = {};
    }
    situation_.keep(place_of(policy_, point), raw);
  }

  Situation& situation_;
  const Policy& policy_;
  std::span<const PointAt> points_;
  Values values_;
  Extent extent_;
};

/// changes_all is true for what may leave any value of a device different: its logic, its configuration, its restart.
bool changes_all(Action action) {
  return action == Action::program || action == Action::start || action == Action::stop || action == Action::firmware ||
         action == Action::configure;
}

}  // namespace

Situation::Situation(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {
  values_.resize(policy_->points.size());
  counters_.resize(policy_->rules_at.size());
}
Situation::~Situation() = default;
Situation::Situation(Situation&&) noexcept = default;
Situation& Situation::operator=(Situation&&) noexcept = default;

namespace {

/// point_name and counter_name are what two plants must agree in for one thing to be the same in both.
std::string point_name(const Policy& policy, const PointAt& point) {
  const plant::Asset& asset = policy.asset(point.asset);
  std::string name = asset.id.value + "/" + point.said->id.value + "/" + std::to_string(point.protocol) + "/" +
                     std::to_string(static_cast<int>(point.type)) + "/" + std::to_string(static_cast<int>(point.order));
  const Region& region = point.region;
  name += "/" + std::to_string(region.space) + "/" + std::to_string(region.container) + "/" + std::string(region.name);
  return name + "/" + std::to_string(region.begin) + "-" + std::to_string(region.end);
}

std::string counter_name(const Policy& policy, const RuleAt& at) {
  const RuleOf& rule = policy.rules[at.rule];
  return policy.plant->conduits[rule.conduit].id.value + "/" + rule.said->id.value + "/" +
         policy.asset(at.server).id.value + "/" + std::to_string(at.count) + "/" + std::to_string(at.per.count());
}

}  // namespace

Succession succession(const Policy& before, const Policy& after) {
  const auto places = [](const Policy& from, const auto& old, const Policy& to, const auto& now, auto name) {
    std::unordered_map<std::string, Index> known;
    for (size_t i = 0; i < old.size(); ++i) known.emplace(name(from, old[i]), static_cast<Index>(i));
    std::vector<Index> out(now.size(), plant::kNone);
    for (size_t i = 0; i < now.size(); ++i) {
      const auto same = known.find(name(to, now[i]));
      if (same != known.end()) out[i] = same->second;
    }
    return out;
  };
  return {places(before, before.points, after, after.points, point_name),
          places(before, before.rules_at, after, after.rules_at, counter_name)};
}

void Situation::inherit(const Situation& before, const Succession& by) {
  for (size_t i = 0; i < by.points.size(); ++i) {
    if (by.points[i] != plant::kNone) values_[i] = before.values_[by.points[i]];
  }
  for (size_t i = 0; i < by.counters.size(); ++i) {
    if (by.counters[i] != plant::kNone && !before.counters_[by.counters[i]].times.empty()) {
      counters_[i] = before.counters_[by.counters[i]];
    }
  }
}

bool Situation::add(const Lease& lease, TimePoint now) {
  if (std::find(leases_.begin(), leases_.end(), lease) != leases_.end()) return true;
  if (!make_room(leases_, now)) return false;
  leases_.push_back(lease);
  return true;
}

bool Situation::add(const Approval& approval, TimePoint now) {
  if (std::find(approvals_.begin(), approvals_.end(), approval) != approvals_.end()) return true;
  if (!make_room(approvals_, now)) return false;
  const auto at =
      std::upper_bound(approvals_.begin(), approvals_.end(), approval,
                       [](const Approval& left, const Approval& right) { return left.approver < right.approver; });
  approvals_.insert(at, approval);
  return true;
}

void Situation::remove(const Lease& lease) { std::erase(leases_, lease); }
void Situation::remove(const Approval& approval) { std::erase(approvals_, approval); }

void Situation::forget(Index asset) {
  if (asset == kNone) {
    std::fill(values_.begin(), values_.end(), Raw{});
  } else if (asset < policy_->points_of_asset.size()) {
    const Slice slice = policy_->points_of_asset[asset];
    std::fill_n(values_.begin() + slice.begin, slice.count, Raw{});
  }
}

bool Situation::leased(const Parties& parties, Index role, Index conduit, Index rule, TimePoint now) const {
  return std::any_of(leases_.begin(), leases_.end(), [&](const Lease& lease) {
    return lease.role == role && in_force(lease, parties, conduit, rule, now);
  });
}

uint32_t Situation::approved(const Parties& parties, Index conduit, Index rule, TimePoint now) const {
  uint32_t people = 0;
  const Approval* last = nullptr;
  for (const Approval& approval : approvals_) {
    if (!in_force(approval, parties, conduit, rule, now)) continue;
    if (last == nullptr || last->approver != approval.approver) ++people;
    last = &approval;
  }
  return people;
}

void Situation::shift(Duration step) {
  for (Counter& counter : counters_) {
    for (TimePoint& time : counter.times) time += step;
  }
}

bool Situation::full(size_t rule_at, TimePoint now) const {
  if (rule_at >= counters_.size()) return false;
  const Counter& counter = counters_[rule_at];
  const RuleAt& rule = policy_->rules_at[rule_at];
  if (rule.count == 0 || counter.times.size() < rule.count) return false;
  // The window is (now - per, now]: full where the oldest of the last `count` still lies in it.
  int64_t since = 0;
  if (__builtin_sub_overflow(now.time_since_epoch().count(), rule.per.count(), &since)) return false;
  return counter.times[counter.next].time_since_epoch().count() > since;
}

void Situation::count(size_t rule_at, TimePoint now) {
  if (rule_at >= counters_.size() || policy_->rules_at[rule_at].count == 0) return;
  Counter& counter = counters_[rule_at];
  if (counter.times.size() < policy_->rules_at[rule_at].count) {
    counter.times.push_back(now);
    return;
  }
  counter.times[counter.next] = now;
  counter.next = (counter.next + 1) % counter.times.size();
}

Raw Situation::last(size_t point) const { return point < values_.size() ? values_[point] : Raw{}; }

void Situation::keep(size_t point, Raw raw) {
  if (point < values_.size()) values_[point] = raw;
}

void note_asked(Situation& situation, const Policy& policy, const Parties& parties, const Verdict& verdict,
                TimePoint now) {
  if (verdict.rule == kNone || verdict.conduit >= policy.rules_of_conduit.size()) return;
  const Slice rules = policy.rules_of_conduit[verdict.conduit];
  if (verdict.rule >= rules.count) return;
  const uint64_t rule = uint64_t{rules.begin} + verdict.rule;
  const uint32_t* at = policy.rule_at.find(rule << 32 | parties.server.asset);
  if (at != nullptr) situation.count(*at, now);
}

void note_stream(Situation& situation, const Policy& policy, const Parties& parties, const Verdict& verdict,
                 TimePoint now) {
  if (verdict.rule == kNone || verdict.conduit >= policy.plant->conduits.size()) return;
  const std::vector<plant::Rule>& rules = policy.plant->conduits[verdict.conduit].rules;
  if (verdict.rule < rules.size() && parse_plain(rules[verdict.rule].protocol.value).any()) {
    note_asked(situation, policy, parties, verdict, now);
  }
}

void note_answered(Situation& situation, const Policy& policy, const Parties& parties,
                   const protocols::Operation* operation, const protocols::Answer* answer,
                   const protocols::Outcome& outcome, TimePoint) {
  using Kind = protocols::Outcome::Kind;
  const Index server = parties.server.asset;
  if (server == kNone || outcome.kind == Kind::refused) return;
  if (operation == nullptr || operation->action == Action::read) {
    // The answer of a read, asked or unasked: it says itself what its values belong to, or the operation does.
    if (answer == nullptr || outcome.kind != Kind::ok || answer->action != Action::read || answer->values.empty())
      return;
    if (!answer->object && operation == nullptr) return;
    const protocols::Object& object = answer->object ? *answer->object : operation->object;
    Learner(situation, policy, server, object, answer->values, answer->protocol).known();
    return;
  }
  if (changes_all(operation->action)) {
    situation.forget(server);
    return;
  }
  if (operation->action != Action::write && operation->action != Action::operate) return;
  if (operation->function.name.starts_with("select")) return;  // announces, changes nothing yet
  Learner learner(situation, policy, server, operation->object, operation->values, operation->protocol);
  if (outcome.kind == Kind::ok && operation->expects_answer) {
    learner.known();
  } else {
    learner.unknown();
  }
}

}  // namespace rampart::policy
