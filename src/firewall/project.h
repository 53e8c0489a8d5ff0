// The policy projected to what a packet filter can hold: the rule set of one guard, and in words what nftables cannot
// say, so that nobody takes the firewall for the whole of the plant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "firewall/rule_set.h"
#include "policy/policy.h"

namespace rampart::firewall {

struct Projection {
  RuleSet rules;
  std::vector<std::string> notes;  // what the rule set does not hold of the plant, one sentence each
};

/// project opens the conduits that `guard` guards, and the inside of zones that nothing judges; all else is closed.
/// Errors: throws Error where no conduit names the guard, or the plant is larger than a rule set may be.
Projection project(const policy::Policy& policy, std::string_view guard, bool observe);

/// guards lists whom the conduits of a plant name as guards.
std::vector<std::string> guards(const plant::Plant& plant);

}  // namespace rampart::firewall
