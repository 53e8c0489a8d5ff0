#include <algorithm>

#include "base/text.h"
#include "policy/compiled.h"

namespace rampart::policy {
namespace {

void compile_calendars(Policy& policy, std::vector<Problem>& problems) {
  for (const plant::Calendar& said : policy.plant->calendars) {
    std::string hint;
    std::optional<Calendar> calendar = Calendar::make(said, hint);
    if (!calendar) {
      problems.push_back(policy.plant->problem(
          said.zone.mark, "\"" + said.zone.value + "\" is no time zone that this machine knows", std::move(hint)));
      calendar.emplace();
    }
    policy.calendars.push_back(std::move(*calendar));
  }
}

void compile_zones(Policy& policy) {
  const plant::Plant& plant = *policy.plant;
  policy.joining.resize(plant.zones.size());
  policy.inner.assign(plant.zones.size(), kNone);
  for (Index conduit = 0; conduit < plant.conduits.size(); ++conduit) {
    std::vector<Index> joins = plant.conduits[conduit].joins;
    std::sort(joins.begin(), joins.end());
    for (size_t i = 0; i < joins.size(); ++i) {
      if (joins[i] >= plant.zones.size()) continue;
      const bool again = i > 0 && joins[i] == joins[i - 1];
      if (!again) policy.joining[joins[i]].push_back(conduit);
      if (again && policy.inner[joins[i]] == kNone) policy.inner[joins[i]] = conduit;
    }
  }
}

}  // namespace

std::string_view to_text(Reason reason) {
  switch (reason) {
    case Reason::rule:
      return "rule";
    case Reason::same_zone:
      return "same_zone";
    case Reason::unknown_client:
      return "unknown_client";
    case Reason::unknown_server:
      return "unknown_server";
    case Reason::unknown_asset:
      return "unknown_asset";
    case Reason::no_conduit:
      return "no_conduit";
    case Reason::no_rule:
      return "no_rule";
    case Reason::value_out_of_range:
      return "value_out_of_range";
    case Reason::step_too_large:
      return "step_too_large";
    case Reason::rate_exceeded:
      return "rate_exceeded";
    case Reason::outside_calendar:
      return "outside_calendar";
    case Reason::role_missing:
      return "role_missing";
    case Reason::approval_missing:
      return "approval_missing";
    case Reason::value_unknown:
      return "value_unknown";
    case Reason::role_unknown:
      return "role_unknown";
  }
  return "unknown";
}

std::string_view to_text(Decision decision) {
  switch (decision) {
    case Decision::allowed:
      return "allowed";
    case Decision::denied:
      return "denied";
    case Decision::undecidable:
      return "undecidable";
  }
  return "unknown";
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  const std::string_view near = closest(word, candidates);
  if (!near.empty()) return "did you mean " + std::string(near) + "?";
  constexpr size_t kFew = 16;
  if (candidates.empty() || candidates.size() > kFew) return {};
  std::string hint = "use one of:";
  for (const std::string_view candidate : candidates) hint += " " + std::string(candidate);
  return hint;
}

const plant::Plant& plant_of(const Policy& policy) { return *policy.plant; }

Compiled compile(std::shared_ptr<const plant::Plant> plant) {
  const auto policy = std::make_shared<Policy>();
  policy->plant = std::move(plant);
  Compiled compiled;
  if (policy->plant->assets.size() >= kMostAssets) {
    compiled.problems.push_back(
        policy->plant->problem({}, "more assets than a policy has room for", "split the plant"));
    return compiled;
  }
  compile_zones(*policy);
  compile_places(*policy);
  compile_calendars(*policy, compiled.problems);
  compile_points(*policy, compiled.problems);
  compile_rules(*policy, compiled.problems);
  index_rules(*policy);
  find_idle_rules(*policy, compiled.problems);
  check_gateways(*policy, compiled.problems);
  check_separation(*policy->plant, compiled.problems);
  std::stable_sort(compiled.problems.begin(), compiled.problems.end(),
                   [](const Problem& left, const Problem& right) { return left.mark < right.mark; });
  const bool usable = std::all_of(compiled.problems.begin(), compiled.problems.end(),
                                  [](const Problem& problem) { return problem.warning; });
  if (usable) compiled.policy = policy;
  return compiled;
}

}  // namespace rampart::policy
