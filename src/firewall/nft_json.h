// A rule set in nftables' words: the JSON that `nft -j -f -` loads in one transaction. Pure; the same text is shown to
// people and loaded by the helper. docs/firewall.md draws the chains.
#pragma once

#include <string>
#include <string_view>

#include "firewall/rule_set.h"

namespace rampart::firewall {

inline constexpr std::string_view kTable = "rampart";  // of family inet; the only one that is ever touched
inline constexpr uint16_t kNoConduitGroup = 6200;      // NFLOG group of what belongs to no conduit
inline constexpr std::string_view kNoConduit = "deny-no-conduit", kInvalid = "deny-invalid";

std::string counter_of_denied(const Conduit& conduit);
std::string counter_of_rule(const Conduit& conduit, const Rule& rule);

/// nft_json replaces the whole table by what `rules` say, or leaves it as it was: nft takes all or nothing.
std::string nft_json(const RuleSet& rules);
/// nft_json_without removes the table, whether it is there or not.
std::string nft_json_without();

}  // namespace rampart::firewall
