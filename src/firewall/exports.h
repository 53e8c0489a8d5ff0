// A rule set for people and for other programs: in words, as a matrix of zones, as rules of Suricata. Pure.
#pragma once

#include <string>

#include "firewall/project.h"

namespace rampart::firewall {

/// in_words says what is open, by zone, conduit and rule, and what the rules do not hold of the plant.
std::string in_words(const Projection& projection, const plant::Plant& plant);

/// zone_matrix is a CSV (RFC 4180) with a row for each zone that begins and a column for each that is asked: "closed",
/// "open" (inside a zone that nothing judges), or what the conduits open: "up-down: tcp 502 udp 502".
std::string zone_matrix(const RuleSet& rules);

/// suricata_rules is a rule file for Suricata as IPS: `pass` for each way, `drop` for the rest of what is IP; with
/// rules that observe, `alert`. Signature numbers are of the range for local use, from 1,900,000 on. Errors: throws
/// Error where there are more rules than such numbers.
std::string suricata_rules(const RuleSet& rules);

}  // namespace rampart::firewall
