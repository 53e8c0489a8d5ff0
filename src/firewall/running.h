// The rules that run, as `nft -j -p list table inet rampart` tells them, held against those of a rule set. What nft
// says is read as hostile: bounded, and what is not understood is shown, never skipped.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "firewall/rule_set.h"

namespace rampart::firewall {

/// Running is one table, its parts in a form that two listings of the same rules have in common.
struct Running {
  struct Chain {
    std::string hook;                // "filter forward 0 drop"; empty: only jumped to
    std::vector<std::string> rules;  // each as one line, in order
  };
  std::map<std::string, std::vector<std::string>> sets;  // elements as lines, ordered; the first line is the type
  std::map<std::string, Chain> chains;
  std::set<std::string> counters;
  std::vector<std::string> others;  // what we never make: maps, quotas ...
};

/// parse_running reads nft's JSON. Errors: throws Error where it is no listing of one table of ours.
Running parse_running(std::string_view json);

/// differences says in words how `running` departs from `rules`; empty where it does not. Not running at all is one
/// difference. At most kMostDifferences, the last then says how many more there are.
constexpr size_t kMostDifferences = 200;
std::vector<std::string> differences(const RuleSet& rules, const std::optional<Running>& running);

}  // namespace rampart::firewall
