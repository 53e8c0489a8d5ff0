// The plant compiled to what judges: who talks to whom (identify), whether it may (decide), what became of it (note),
// and what could reach what (reachability). A Policy is immutable and may be shared by threads; a Situation belongs to
// one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/error.h"
#include "base/time.h"
#include "plant/plant.h"
#include "protocols/operation.h"

namespace rampart::policy {

using plant::Index;
using plant::kNone;

/// Endpoint is one side of a conversation as the network shows it.
struct Endpoint {
  std::optional<IpAddress> ip;
  std::optional<MacAddress> mac;
  std::optional<uint16_t> vlan;
  std::string_view sensor{};  // who sees it; empty: unnamed
};

/// Party is who an endpoint is by the plant. Asset unknown, zone known: an unknown address inside a zone's network.
struct Party {
  Index asset = kNone;
  Index zone = kNone;
  bool operator==(const Party&) const = default;
};

struct Parties {
  Party client, server;
  Index role = kNone;  // that the client's certificate proved; into Plant::roles
  bool operator==(const Parties&) const = default;
};

enum class Decision : uint8_t { allowed, denied, undecidable };

enum class Reason : uint8_t {
  rule,            // allowed by the rule
  same_zone,       // allowed: inside one zone that has no rules of its own
  unknown_client,  // neither asset nor network of the plant
  unknown_server,
  unknown_asset,  // in a zone's network, but no asset of the plant: no rule can name it
  no_conduit,     // no conduit joins the two zones
  no_rule,        // a conduit, but no rule allows this operation
  value_out_of_range,
  step_too_large,
  rate_exceeded,
  outside_calendar,
  role_missing,
  approval_missing,
  value_unknown,  // the last value, or the result of the write, is not known
  role_unknown,   // nobody here sees leases and approvals
};
std::string_view to_text(Reason reason);
std::string_view to_text(Decision decision);

/// Verdict says whether, by which conduit and rule, and why. For values: the point, what it would become, the limit.
struct Verdict {
  Decision decision = Decision::denied;
  Reason reason = Reason::no_rule;
  Index conduit = kNone;
  Index rule = kNone;   // into the conduit's rules; denied by a rule's condition: the rule that came nearest
  Index point = kNone;  // into the server asset's points
  double value = 0;     // what the point would become, in engineering units
  double limit = 0;     // the bound, step or count that it breaks
  bool allowed() const { return decision == Decision::allowed; }
};

class Policy;
/// plant_of gives the plant that a policy was made from; it lives as long as the policy.
const plant::Plant& plant_of(const Policy& policy);

struct Compiled {
  std::shared_ptr<const Policy> policy;  // null where a problem is an error
  std::vector<Problem> problems;
};

/// compile checks the protocols' words of a plant against the registry and makes the policy. Problems carry the plant's
/// places. Warnings: rules that never match, rules shadowed by an earlier one.
Compiled compile(std::shared_ptr<const plant::Plant> plant);

/// identify says who the two sides are; `object` may name a unit or link address behind the server's address.
Party identify(const Policy& policy, const Endpoint& endpoint, const protocols::Operation* operation = nullptr);

/// Situation is what decide() may know beside the policy: last known values, counters of rates, leases and approvals.
/// One thread owns it. Memory is bounded by the points and rules of the plant.
class Situation;

/// decide judges one operation. Pure and total: same arguments, same verdict; what no rule allows is denied. Cost: no
/// allocation; a hash lookup of the pair of assets, then the rules of that pair.
Verdict decide(const Policy& policy, const Situation& situation, const Parties& parties,
               const protocols::Operation& operation, TimePoint now);

/// Stream is a conversation of which no operation was understood: all that is known of it is where it leads.
struct Stream {
  uint8_t ip_protocol = 0;         // 6 is TCP, 17 is UDP
  uint16_t port = 0;               // of the server
  protocols::Protocol protocol{};  // where it speaks one, and asked nothing
};
/// decide_stream judges a stream by the rules of its transport (`protocol: tcp`, `ports: 443`), and by the rules of the
/// protocol that it speaks or, where it speaks none, of the one whose port that is: whoever may ask may connect.
/// Pure and total like decide(), which judges each operation; never ask both about one conversation.
Verdict decide_stream(const Policy& policy, const Situation& situation, const Parties& parties, const Stream& stream,
                      TimePoint now);

/// unit_is_link is true where what lies behind an address of this protocol is a `link` in the plant, else it is a
/// `unit`.
bool unit_is_link(protocols::Protocol protocol);

/// note_asked counts an operation that was let through (or, for a monitor, seen) against its rule's rate.
void note_asked(Situation& situation, const Policy& policy, const Parties& parties, const Verdict& verdict,
                TimePoint now);
/// note_stream counts a stream against the rate of the rule of its transport; connecting is none of the operations that
/// other rates count.
void note_stream(Situation& situation, const Policy& policy, const Parties& parties, const Verdict& verdict,
                 TimePoint now);
/// note_answered makes values known: a write answered ok, the answer of a read. A refused or unanswered write makes the
/// values that it touched unknown where they may have been written, and leaves them where it was refused.
void note_answered(Situation& situation, const Policy& policy, const Parties& parties,
                   const protocols::Operation* operation, const protocols::Answer* answer,
                   const protocols::Outcome& outcome, TimePoint now);

/// explain says a verdict in one sentence for people: `scada wrote 4500 to intake-valve (allowed 0 to 100 %)`.
std::string explain(const Policy& policy, const Verdict& verdict, const Parties& parties,
                    const protocols::Operation& operation);

/// Mixed is an asset that shares its zone with what IEC 62443-3-2 ZCR 3.2 to 3.6 keep apart, in words, and what would
/// mend it.
struct Mixed {
  Index asset = kNone;
  std::string what, hint;
};
/// mixed_zones finds them all: in the order of zones and clauses.
std::vector<Mixed> mixed_zones(const plant::Plant& plant);

/// Reach is one pair of assets that the rules connect, over any chain of conduits, by one protocol and action.
struct Reach {
  Index from = kNone, to = kNone;  // assets
  protocols::Protocol protocol;    // none: traffic that is not decoded
  protocols::Action action{};
  std::vector<Index> conduits;  // the shortest chain
};
/// reachability lists what each asset that a rule names in `from` reaches: first what rules say outright, then by way
/// of others. A chain goes on from an asset, or from any asset of its zone where nothing is judged inside that zone;
/// what narrows a rule (points, values, hours, people) is left out of account, so the list says too much rather than
/// too little. Chains back into the zone where they began are left out. At most 100,000 rows, direct ones first.
std::vector<Reach> reachability(const Policy& policy);

}  // namespace rampart::policy
