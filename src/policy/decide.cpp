#include <algorithm>
#include <optional>

#include "policy/rule_index.h"
#include "policy/situation.h"

namespace rampart::policy {
namespace {

using protocols::Action;
using protocols::Operation;

/// Question is one call of decide: what every rule asks for again is found once.
class Question {
 public:
  Question(const Policy& policy, const Situation& situation, const Parties& parties, const Operation& operation,
           TimePoint now)
      : policy_(policy), situation_(situation), parties_(parties), operation_(operation), now_(now) {}

  /// Of a stream only its place is known: `stream` outlives the question, `operation` is empty.
  Question(const Policy& policy, const Situation& situation, const Parties& parties, const Operation& operation,
           const Stream& stream, TimePoint now)
      : Question(policy, situation, parties, operation, now) {
    stream_ = &stream;
  }

  /// weigh gives the verdict of one rule for this pair, protocol and action; nothing where the rule is not about it.
  /// What is denied is denied for the first condition that fails, in the order of Reason; what fails for certain
  /// weighs more than what is not known.
  bool weigh(uint32_t index, Verdict& verdict) {
    const RuleAt& at = policy_.rules_at[index];
    const RuleOf& rule = policy_.rules[at.rule];
    if (!concerns(at, rule)) return false;
    verdict = {.decision = Decision::allowed, .reason = Reason::rule, .conduit = rule.conduit, .rule = rule.rule};
    const bool unknown = weigh_values(rule, verdict);
    if (verdict.decision == Decision::denied) return true;
    const bool safe = changes() && judgement().only_safe;
    const bool counted =
        stream_ == nullptr || rule.plain.any();  // connecting is none of the operations that a rate counts
    if (at.count > 0 && counted && !safe && situation_.full(index, now_)) {
      verdict.limit = at.count;
      return deny(verdict, Reason::rate_exceeded);
    }
    if (rule.during != nullptr && !rule.during->covers(now_)) return deny(verdict, Reason::outside_calendar);
    // A role that the client's own certificate proved is as good as a lease; nobody's yes is in a certificate.
    const bool proven = rule.said->role != kNone && parties_.role == rule.said->role && rule.said->approvals == 0;
    const bool people = !proven && (rule.said->role != kNone || rule.said->approvals > 0);
    if (people && situation_.sees_people()) {
      if (rule.said->role != kNone && !situation_.leased(parties_, rule.said->role, rule.conduit, rule.rule, now_)) {
        return deny(verdict, Reason::role_missing);
      }
      if (rule.said->approvals > 0 &&
          situation_.approved(parties_, rule.conduit, rule.rule, now_) < rule.said->approvals) {
        verdict.limit = rule.said->approvals;
        return deny(verdict, Reason::approval_missing);
      }
    }
    if (unknown || (people && !situation_.sees_people())) {
      verdict.decision = Decision::undecidable;
      verdict.reason = unknown ? Reason::value_unknown : Reason::role_unknown;
    }
    return true;
  }

  /// about gives the rules under `key` that have to be weighed.
  RulesAbout about(uint64_t key) {
    const RuleIndex* index = stream_ == nullptr ? policy_.indexed.find(key) : nullptr;
    return index == nullptr ? RulesAbout(policy_, key) : RulesAbout(policy_, *index, extent(), operation_.values);
  }

 private:
  static bool deny(Verdict& verdict, Reason reason) {
    verdict.decision = Decision::denied;
    verdict.reason = reason;
    return true;
  }
  bool changes() const { return operation_.action == Action::write || operation_.action == Action::operate; }

  bool concerns(const RuleAt& at, const RuleOf& rule) {
    if (stream_ != nullptr) return !rule.plain.any() || opens(rule, *stream_);
    if (rule.plain.any()) return false;
    if (!rule.functions.empty() &&
        !std::binary_search(rule.functions.begin(), rule.functions.end(), operation_.function.code)) {
      return false;
    }
    if (!rule.narrowed()) return true;
    if (rule.nameless && extent().kind == Extent::Kind::none) return true;
    return covered(policy_.regions_in(changes() ? at.exact : at.whole), extent(), operation_.values);
  }

  static bool opens(const RuleOf& rule, const Stream& stream) {
    if (!rule.plain.is(stream.ip_protocol)) return false;
    const auto& ports = rule.said->ports;
    return ports.empty() || std::any_of(ports.begin(), ports.end(),
                                        [&](const plant::PortRange& range) { return range.contains(stream.port); });
  }

  /// weigh_values is true where a value is not known and the rule does not let that pass.
  bool weigh_values(const RuleOf& rule, Verdict& verdict) {
    if (!changes()) return false;
    const Judgement& values = judgement();
    verdict.point = values.point;
    verdict.value = values.value;
    verdict.limit = values.limit;
    if (values.breaks != Reason::rule) deny(verdict, values.breaks);
    return values.unknown && rule.said->unknown == plant::Unknown::deny;
  }

  const Extent& extent() {
    if (!has_extent_) extent_ = extent_of(operation_.object, operation_.values, operation_.protocol);
    has_extent_ = true;
    return extent_;
  }
  const Judgement& judgement() {
    if (!has_judgement_) judgement_ = judge(policy_, situation_, parties_.server.asset, extent(), operation_);
    has_judgement_ = true;
    return judgement_;
  }

  const Policy& policy_;
  const Situation& situation_;
  const Parties& parties_;
  const Operation& operation_;
  const TimePoint now_;
  const Stream* stream_ = nullptr;
  Extent extent_;
  Judgement judgement_;
  bool has_extent_ = false, has_judgement_ = false;
};

/// nearer is true where `left` came nearer to being allowed: not known before denied, then the later condition.
bool nearer(const Verdict& left, const Verdict& right) {
  if (left.decision != right.decision) return left.decision == Decision::undecidable;
  return left.decision == Decision::denied && left.reason > right.reason;
}

}  // namespace

Index Policy::joined(Index one, Index other) const {
  const std::vector<Index>& left = joining[one];
  if (one == other) return inner[one];
  const std::vector<Index>& right = joining[other];
  size_t i = 0, k = 0;
  while (i < left.size() && k < right.size()) {
    if (left[i] == right[k]) return left[i];
    if (left[i] < right[k]) {
      ++i;
    } else {
      ++k;
    }
  }
  return kNone;
}

namespace {

/// without_rules is the verdict where no rule has to be asked; else nothing.
std::optional<Verdict> without_rules(const Policy& policy, const Parties& parties) {
  const Party& client = parties.client;
  const Party& server = parties.server;
  Verdict none;
  if (!policy.knows(client) || !policy.knows(server)) {
    none.reason = policy.knows(client) ? Reason::unknown_server : Reason::unknown_client;
    return none;
  }
  if (client.zone == server.zone && policy.inner[client.zone] == kNone) {
    return Verdict{.decision = Decision::allowed, .reason = Reason::same_zone};
  }
  if (client.asset != kNone && server.asset != kNone) return {};
  none.conduit = policy.joined(client.zone, server.zone);
  none.reason = none.conduit == kNone ? Reason::no_conduit : Reason::unknown_asset;
  return none;
}

/// ask weighs the candidates under `key`; true where one of them allows. `nearest` is the one that came nearest.
bool ask(Question& question, uint64_t key, Verdict& nearest) {
  RulesAbout rules = question.about(key);
  for (uint32_t rule = 0; rules.next(rule);) {
    Verdict verdict;
    if (!question.weigh(rule, verdict)) continue;
    if (verdict.allowed() || nearest.rule == kNone || nearer(verdict, nearest)) nearest = verdict;
    if (verdict.allowed()) return true;
  }
  return false;
}

/// denied is the verdict where no rule is about it.
Verdict denied(const Policy& policy, const Parties& parties) {
  Verdict none;
  none.conduit = policy.joined(parties.client.zone, parties.server.zone);
  if (none.conduit == kNone) none.reason = Reason::no_conduit;
  return none;
}

}  // namespace

Verdict decide(const Policy& policy, const Situation& situation, const Parties& parties, const Operation& operation,
               TimePoint now) {
  if (const auto verdict = without_rules(policy, parties)) return *verdict;
  Question question(policy, situation, parties, operation, now);
  Verdict nearest;
  ask(question, rule_key(parties.client.asset, parties.server.asset, operation.protocol, operation.action), nearest);
  return nearest.rule != kNone ? nearest : denied(policy, parties);
}

Verdict decide_stream(const Policy& policy, const Situation& situation, const Parties& parties, const Stream& stream,
                      TimePoint now) {
  if (const auto verdict = without_rules(policy, parties)) return *verdict;
  const Operation nothing{.action = Action::session};
  Question question(policy, situation, parties, nothing, stream, now);
  const Index client = parties.client.asset, server = parties.server.asset;
  Verdict nearest;
  if (ask(question, rule_key(client, server, {}, Action::session), nearest)) return nearest;
  const bool has_ports = stream.ip_protocol == 6 || stream.ip_protocol == 17;
  protocols::Protocol speaks = stream.protocol;
  if (!speaks.known() && has_ports) speaks = protocols::protocol_at(stream.ip_protocol == 6, stream.port);
  for (size_t action = 0; speaks.known() && action < protocols::kActionCount; ++action) {
    if (ask(question, rule_key(client, server, speaks, static_cast<Action>(action)), nearest)) return nearest;
  }
  return nearest.rule != kNone ? nearest : denied(policy, parties);
}

}  // namespace rampart::policy
