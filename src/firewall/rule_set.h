// The compiled rule set: all that the firewall of one gateway is told, as values. The command makes it of a policy, the
// helper decodes it from the wire, checks it and turns it into nftables' words: what it cannot say cannot be asked of
// the kernel. Addresses, transports, ports and names; nothing of YAML, protocols or points.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address_range.h"
#include "base/bytes.h"

namespace rampart::firewall {

/// Zone is a set of addresses. `open_inside`: what stays inside it is not judged.
struct Zone {
  std::string id;
  std::vector<AddressRange> addresses;  // ordered, apart
  bool open_inside = false;
  bool operator==(const Zone&) const = default;
};

/// Opening is one way between two addresses: an IP protocol, and for TCP and UDP a run of the server's ports.
struct Opening {
  IpAddress from, to;
  uint8_t ip_protocol = 0;
  uint16_t first_port = 0, last_port = 0xffff;
  bool has_ports() const { return ip_protocol == 6 || ip_protocol == 17; }
  auto operator<=>(const Opening&) const = default;
};

struct Rule {
  std::string id;
  bool essential = true;
  std::vector<Opening> openings;  // ordered, none covers a port of another
  bool operator==(const Rule&) const = default;
};

struct Conduit {
  std::string id;
  uint16_t log_group = 0;  // of NFLOG
  bool enforced = true;    // else what no rule opens passes, and is logged
  bool anywhere = false;   // some opening lies between addresses that belong to no pair of this conduit
  std::vector<Rule> rules;
  bool operator==(const Conduit&) const = default;
};

/// Pair is traffic from one zone to another and the conduits that may open it; the first one answers for what is
/// denied.
struct Pair {
  uint16_t from = 0, to = 0;       // into zones
  std::vector<uint16_t> conduits;  // into conduits, ordered; at least one
  bool operator==(const Pair&) const = default;
};

struct RuleSet {
  std::string guard;
  bool observe = false;  // nothing is dropped
  std::vector<Zone> zones;
  std::vector<Conduit> conduits;
  std::vector<Pair> pairs;  // ordered by from, to
  bool operator==(const RuleSet&) const = default;
};

/// Flow is what a packet filter sees of a conversation: who began it, where it leads.
struct Flow {
  IpAddress from, to;
  uint8_t ip_protocol = 0;
  uint16_t from_port = 0, to_port = 0;
  auto operator<=>(const Flow&) const = default;
};

/// Judgement says whether a rule set lets a flow pass, and by which rule; no rule: inside an open zone.
struct Judgement {
  bool allowed = false;
  const Conduit* conduit = nullptr;  // denied: the one that answers for it, or null
  const Rule* rule = nullptr;
};
/// judge says what the rules say of `flow`, whether or not they are enforced. The result points into `rules`.
Judgement judge(const RuleSet& rules, const Flow& flow);

/// The bounds of a rule set. More is refused by decode().
constexpr size_t kMostOctets = size_t{32} << 20;
constexpr size_t kMostZones = 4'096, kMostConduits = 4'096, kMostPairs = 65'536;

/// encode writes the form of docs/formats/firewall.md.
std::vector<uint8_t> encode(const RuleSet& rules);
/// decode reads it; nothing, and in `why` what is wrong, where a field breaks a bound or an order, a name is no id of a
/// plant or comes twice, or octets are left over. What it returns holds everything that the comments above say.
std::optional<RuleSet> decode(Bytes bytes, std::string& why);

}  // namespace rampart::firewall
