// What a packet filter can hold of a policy: which addresses belong to which zone, and which ways the rules open
// between addresses. Functions, points, values, roles, rates and hours are no part of it: who filters by this lets
// through at least what decide() allows, and no more than the transports and ports of the rules.
#pragma once

#include <vector>

#include "base/address_range.h"
#include "policy/policy.h"

namespace rampart::policy {

/// ranges_of_zones gives for each zone of the plant the addresses that identify() puts there, where nothing but the
/// address is known: ordered, none twice, neighbours joined. An address that two zones claim (told apart by VLAN or
/// sensor) is in none.
std::vector<std::vector<AddressRange>> ranges_of_zones(const Policy& policy);

/// Passage is one way that a rule opens: from one address to another, by one IP protocol and a run of the server's
/// ports.
struct Passage {
  Index conduit = kNone, rule = kNone;  // as in the plant
  Index client = kNone, server = kNone;
  IpAddress from, to;
  uint8_t ip_protocol = 0;
  plant::PortRange ports{0, 0xffff};  // where the protocol has none: all
};
constexpr size_t kMostPassages = 1'000'000;

/// passages lists what the rules open, by conduit, rule, client and server; ports that touch are joined. A rule of a
/// decoded protocol opens the ports that are its own by custom, on every transport it has. What cannot be routed
/// (assets without an IP address, protocols straight over Ethernet) is left out. Errors: throws Error beyond
/// kMostPassages.
std::vector<Passage> passages(const Policy& policy);

/// is_judged_inside is true of a zone that some conduit joins with itself: nothing passes inside it but by rules.
bool is_judged_inside(const Policy& policy, Index zone);

}  // namespace rampart::policy
