// `rampart firewall`: the plant as rules of nftables, shown, compared, applied by the helper, watched, exported.
#pragma once

#include <cstdint>
#include <string>

#include "apps/loading.h"
#include "base/clock.h"
#include "firewall/ask.h"
#include "firewall/project.h"

namespace rampart::apps {

struct FirewallOptions {
  std::string plant, guard, socket = firewall::kSocket;
  bool show = false, nft = false, diff = false, apply = false, observe = false, confirm = false, undo = false,
       watch = false, cut_now = false;
  std::string form;  // of an export: "suricata", "csv"
  uint16_t seconds = 60;
  std::string json, journal;  // where findings of the watcher go
  uint32_t every = 5;         // seconds between two looks
};

/// firewall_command does what the options ask; exactly one thing. Result: 0; 3 where --diff finds a difference; 1 where
/// rules were rolled back or are refused. Errors: throws UsageError, Error.
int firewall_command(const FirewallOptions& options, const Clock& clock, std::string& out);

/// apply_rules loads what the plant gives and waits until it is confirmed or rolled back. `out` gets what it would cut.
int apply_rules(const FirewallOptions& options, const LoadedPolicy& loaded, const firewall::HelperClient& helper,
                const Clock& clock, std::string& out);
/// digest_of names a rule set.
firewall::Digest digest_of(const firewall::RuleSet& rules);

/// watch_rules looks every few seconds whether the running rules are the plant's and makes a finding of each difference
/// that was not there before, until it is asked to stop. HUP reads the plant anew.
int watch_rules(const FirewallOptions& options, const LoadedPolicy& loaded, const firewall::HelperClient& helper,
                const Clock& clock);

}  // namespace rampart::apps
