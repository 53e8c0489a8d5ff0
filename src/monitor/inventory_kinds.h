// What kind of asset something seems to be, by what it does and says: a small table of rules, described for people in
// docs/assets.md. A guess, never a fact.
#pragma once

#include "monitor/inventory.h"

namespace rampart::monitor {

/// guess_kind is the first rule that fits; the surest stand first.
Guess guess_kind(const SeenAsset& asset);

/// KindRule is one line of the table, for the test that holds the documentation against it.
struct KindRule {
  std::string_view name{};
  std::string_view kind{};
  Guess::Likelihood likelihood{};
};
std::vector<KindRule> kind_rules();

}  // namespace rampart::monitor
