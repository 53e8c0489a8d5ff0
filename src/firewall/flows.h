// The conversations that the kernel tracks, as its text tells them, and which of them a rule set would cut.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/rule_set.h"
#include "policy/policy.h"

namespace rampart::firewall {

/// RunningFlow is one tracked conversation, in the direction in which it began.
struct RunningFlow {
  Flow flow;
  std::string state;      // of TCP: "ESTABLISHED"; else empty
  bool answered = false;  // packets were seen both ways
};

struct RunningFlows {
  std::vector<RunningFlow> flows;
  size_t not_understood = 0;  // lines
  size_t left_out = 0;        // beyond kMostFlows
};
constexpr size_t kMostFlows = 1'000'000;

/// parse_flows reads /proc/net/nf_conntrack, or what `conntrack -L -o extended` prints, which is the same form.
RunningFlows parse_flows(std::string_view text);

/// Cut is a running conversation that a rule set does not let go on. `why`: what makes it essential; empty: nothing.
struct Cut {
  RunningFlow running;
  std::string client, server;  // asset, else zone, else address
  std::string why;
};

/// cuts lists what `next` would end of `flows`, the essential ones first. Essential is what a rule of `now` allows (the
/// rules in force; may be null) that does not say `essential: no`, and what an asset with an essential function by the
/// plant takes part in. What begins or ends at `own` addresses is not routed, so never cut.
std::vector<Cut> cuts(const std::vector<RunningFlow>& flows, const RuleSet& next, const RuleSet* now,
                      const policy::Policy& policy, const std::set<IpAddress>& own);

}  // namespace rampart::firewall
