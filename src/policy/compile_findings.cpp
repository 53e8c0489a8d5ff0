#include <algorithm>

#include "policy/compiled.h"

namespace rampart::policy {
namespace {

// A rule is compared with at most so many earlier ones of the same pair: many thousands there would take minutes.
constexpr size_t kMostCompared = 256;

std::string name_of(const RuleOf& rule) {
  return rule.said->id.value.empty() ? "this rule" : "rule \"" + rule.said->id.value + "\"";
}

void warn(const Policy& policy, const RuleOf& rule, std::string what, std::string hint,
          std::vector<Problem>& problems) {
  const Mark mark = rule.said->id.value.empty() ? rule.said->mark : rule.said->id.mark;
  Problem problem = policy.plant->problem(mark, std::move(what), std::move(hint));
  problem.warning = true;
  problems.push_back(std::move(problem));
}

bool subset(std::vector<Index> part, std::vector<Index> whole) {
  std::sort(part.begin(), part.end());
  std::sort(whole.begin(), whole.end());
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

bool inside(std::span<const Region> part, std::span<const Region> whole) {
  return std::all_of(part.begin(), part.end(), [&](const Region& one) {
    return std::any_of(whole.begin(), whole.end(), [&](const Region& other) {
      return one.space == other.space && one.container == other.container &&
             (other.name.empty() || one.name == other.name) && other.begin <= one.begin && one.end <= other.end;
    });
  });
}

/// opens_all is true where every port of `part` is one of `whole`; none written means all.
bool opens_all(const std::vector<plant::PortRange>& whole, const std::vector<plant::PortRange>& part) {
  if (whole.empty()) return true;
  return !part.empty() && std::all_of(part.begin(), part.end(), [&](const plant::PortRange& one) {
    return std::any_of(whole.begin(), whole.end(), [&](const plant::PortRange& other) {
      return other.first <= one.first && one.last <= other.last;
    });
  });
}

const RuleAt* at_server(const Policy& policy, uint32_t rule, Index server) {
  const uint32_t* at = policy.rule_at.find(uint64_t{rule} << 32 | server);
  return at == nullptr ? nullptr : &policy.rules_at[*at];
}

/// shadows is true where everything that `later` could allow, `earlier` allows without asking for anything more.
bool shadows(const Policy& policy, uint32_t earlier, uint32_t later) {
  const RuleOf& first = policy.rules[earlier];
  const RuleOf& second = policy.rules[later];
  const plant::Rule& said = *first.said;
  if (said.rate || said.role != kNone || said.approvals > 0 || said.during != kNone) return false;
  if (said.unknown == plant::Unknown::deny && second.said->unknown == plant::Unknown::allow) return false;
  if (first.protocol != second.protocol || (second.actions & ~first.actions) != 0) return false;
  if (first.plain != second.plain || !opens_all(said.ports, second.said->ports)) return false;
  if (second.nameless && first.narrowed() && !first.nameless) return false;
  if (!first.functions.empty() &&
      (second.functions.empty() || !std::includes(first.functions.begin(), first.functions.end(),
                                                  second.functions.begin(), second.functions.end()))) {
    return false;
  }
  if (!subset(second.said->from, said.from) || !subset(second.said->to, said.to)) return false;
  if (!subset(policy.plant->conduits[second.conduit].joins, policy.plant->conduits[first.conduit].joins)) return false;
  if (!first.narrowed()) return true;
  if (!second.narrowed()) return false;
  return std::all_of(second.said->to.begin(), second.said->to.end(), [&](Index server) {
    const RuleAt* left = at_server(policy, earlier, server);
    const RuleAt* right = at_server(policy, later, server);
    return left != nullptr && right != nullptr &&
           inside(policy.regions_in(right->exact), policy.regions_in(left->exact)) &&
           inside(policy.regions_in(right->whole), policy.regions_in(left->whole));
  });
}

/// idle gives the reason for which a rule never allows anything, or nothing.
std::string idle(const Policy& policy, const RuleOf& rule, bool used) {
  if (rule.said->allow.empty()) return "it allows no action";
  if (rule.said->from.empty()) return "\"from\" names no asset";
  if (rule.said->to.empty()) return "\"to\" names no asset";
  if (rule.during != nullptr) {
    const auto& days = policy.plant->calendars[rule.said->during].days;
    if (std::none_of(days.begin(), days.end(), [](bool day) { return day; })) return "its calendar has no days";
  }
  if (used) return {};
  const Index from = policy.asset(rule.said->from.front()).zone, to = policy.asset(rule.said->to.front()).zone;
  const std::string& conduit = policy.plant->conduits[rule.conduit].id.value;
  if (from == to) {
    const std::string& zone = policy.plant->zones[to].id.value;
    return "its assets lie in the same zone, and \"" + conduit + "\" does not join " + zone + " with itself";
  }
  return "\"" + conduit + "\" does not join the zones of its assets";
}

}  // namespace

void find_idle_rules(const Policy& policy, std::vector<Problem>& problems) {
  std::vector<uint64_t> first_key(policy.rules.size(), FlatMap<Slice>::kNoKey);
  for (const uint64_t key : policy.keys) {
    const Slice& slice = *policy.allowed.find(key);
    for (uint32_t i = slice.begin; i < slice.begin + slice.count; ++i) {
      uint64_t& first = first_key[policy.rules_at[policy.candidates[i]].rule];
      if (first == FlatMap<Slice>::kNoKey) first = key;
    }
  }
  for (uint32_t i = 0; i < policy.rules.size(); ++i) {
    const RuleOf& rule = policy.rules[i];
    if (!(rule.protocol.known() || rule.plain.any()) || (rule.actions == 0 && !rule.said->allow.empty()))
      continue;  // said already
    const uint64_t key = first_key[i];
    const std::string reason = idle(policy, rule, key != FlatMap<Slice>::kNoKey);
    if (!reason.empty()) {
      warn(policy, rule, name_of(rule) + " never matches: " + reason, "mend it, or take it out", problems);
      continue;
    }
    for (const RuleAt& at : std::span(policy.rules_at).subspan(rule.servers.begin, rule.servers.count)) {
      if (!rule.narrowed() || rule.nameless || at.whole.count > 0) continue;
      warn(policy, rule,
           name_of(rule) + " never matches for " + policy.asset(at.server).id.value +
               ": it has none of the points that the rule names",
           "take the asset out of \"to\"", problems);
    }
    const Slice& others = *policy.allowed.find(key);
    for (uint32_t k = 0; k < std::min<size_t>(others.count, kMostCompared); ++k) {
      const uint32_t earlier = policy.rules_at[policy.candidates[others.begin + k]].rule;
      if (earlier >= i) break;
      if (!shadows(policy, earlier, i)) continue;
      warn(policy, rule,
           name_of(rule) + " changes nothing: " + name_of(policy.rules[earlier]) + " of \"" +
               policy.plant->conduits[policy.rules[earlier].conduit].id.value + "\" comes first and allows all of it",
           "take out one of the two", problems);
      break;
    }
  }
}

}  // namespace rampart::policy
