// Inside the room: what compile() makes of a plant. A Policy is immutable once made; any thread may read it. It keeps
// the plant alive, and all indexes are into that plant's vectors or into the Policy's own.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/calendar.h"
#include "policy/flat_map.h"
#include "policy/policy.h"
#include "protocols/registry.h"

namespace rampart::policy {

enum class ByteOrder : uint8_t { big, little, word_swapped, byte_swapped };

/// Region is a run of places of one protocol's space: memory bits (see value.h), or numbers of values. `name`
/// non-empty: only objects of that name; without a space, the name alone is meant.
struct Region {
  uint8_t space = protocols::Object::kNoSpace;
  uint32_t container = 0;
  std::string_view name{};
  uint64_t begin = 0, end = 0;  // end is not inside
};
bool operator<(const Region& left, const Region& right);

/// PointAt is a point as one protocol sees it. Points of an asset and protocol lie together, ordered by region.
struct PointAt {
  Index asset = kNone, point = kNone;
  uint16_t protocol = 0;
  bool memory = false;
  ByteOrder order = ByteOrder::big;
  protocols::ValueType type = protocols::ValueType::none;
  Region region;  // of memory: at most 64 bits
  const plant::Point* said = nullptr;
};

/// Plain is what a rule of a whole transport is about, where it is no rule of a decoded protocol.
struct Plain {
  static constexpr uint16_t kNone = 0x1ff;
  static constexpr uint16_t kIcmp = 0x100;  // of both families

  uint16_t protocol = kNone;  // number of the IP protocol, or kIcmp
  bool any() const { return protocol != kNone; }
  bool has_ports() const { return protocol == 6 || protocol == 17; }
  bool is(uint8_t ip_protocol) const {
    return protocol == ip_protocol || (protocol == kIcmp && (ip_protocol == 1 || ip_protocol == 58));
  }
  bool operator==(const Plain&) const = default;
};
/// parse_plain reads `tcp`, `udp`, `icmp`, `ip-47`; any() is false where it is none of them.
Plain parse_plain(std::string_view word);

/// RuleOf is what a rule says, checked and turned into numbers.
struct RuleOf {
  Index conduit = kNone, rule = kNone;
  protocols::Protocol protocol{};
  Plain plain{};                    // where `protocol` is not known
  bool nameless = false;            // "none" is among its objects: operations that name no object
  uint16_t actions = 0;             // one bit each
  std::vector<uint32_t> functions;  // codes, ordered; empty: any
  std::vector<Region> objects;      // as written; empty: none written
  const plant::Rule* said = nullptr;
  const Calendar* during = nullptr;
  Slice servers{};  // into Policy::rules_at
  bool narrowed() const { return !said->points.empty() || !said->objects.empty(); }
};

/// RuleAt is a rule towards one server: what it covers there, and the counter of its rate.
struct RuleAt {
  uint32_t rule = 0;  // into Policy::rules
  Index server = kNone;
  // Where the rule is narrowed: merged, ordered regions. `exact` is for what changes something, `whole` for the rest:
  // a bit of a register can be written alone (by mask) but only be read with its register.
  Slice exact{}, whole{};
  Duration per{};
  uint32_t count = 0;  // of the rate; 0: no limit
};

/// Stretch is a run of places that the same rules cover, or one name: `rules` are in Policy::candidates.
struct Stretch {
  Region region;
  Slice rules{};
};

/// RuleIndex spares decide() the rules of one key that are not about a place. Superset: who is found is still weighed.
struct RuleIndex {
  Slice all{};         // into candidates
  Slice everywhere{};  // into candidates: rules that are not narrowed, or lie in too many stretches
  Slice stretches{};   // into Policy::stretches, ordered by region, none inside another
};

/// Place is one way in which the plant says that an asset is reached, with what its zone's network adds.
struct Place {
  static constexpr uint32_t kAny = 0xffffffff;
  IpAddress ip{};
  MacAddress mac{};
  uint32_t vlan = kAny, unit = kAny, link = kAny;
  bool line = false;  // behind a serial line of a gateway: `ip` is the gateway's, and names it only with the unit
  std::string_view sensor{};  // empty: any
  Index asset = kNone;
};

/// Net is one network of a zone.
struct Net {
  IpNetwork cidr;
  uint32_t vlan = Place::kAny;
  std::string_view sensor{};
  Index zone = kNone;
};

/// NetsOf is all networks of one prefix length; those that share the address lie together.
struct NetsOf {
  uint8_t prefix = 0;
  bool six = false;
  FlatMap<Slice> by_address;  // hash of the address cut to the prefix; compare before use
};

inline uint64_t rule_key(Index client, Index server, protocols::Protocol protocol, protocols::Action action) {
  return uint64_t{client} << 36 | uint64_t{server} << 12 | uint64_t{protocol.number & 0xffu} << 4 |
         static_cast<uint64_t>(action);
}
constexpr uint64_t kMostAssets = 1u << 24;  // what rule_key has room for

class Policy {
 public:
  std::shared_ptr<const plant::Plant> plant;

  std::vector<RuleOf> rules;                // in the order of the plant
  std::vector<RuleAt> rules_at;             // by rule, then server
  FlatMap<uint32_t> rule_at;                // rule << 32 | server: into rules_at
  std::vector<Slice> rules_of_conduit;      // by conduit: into rules
  FlatMap<Slice> allowed;                   // rule_key: into candidates
  std::vector<uint32_t> candidates;         // into rules_at, in the order of the plant
  FlatMap<RuleIndex> indexed;               // rule_key, where it has many rules
  std::vector<Stretch> stretches;           // what RuleIndex names
  std::vector<uint64_t> keys;               // all keys of `allowed`, ordered; for reachability
  std::vector<Region> regions;              // what Slices of RuleAt name
  std::vector<Calendar> calendars;          // by calendar of the plant
  std::vector<PointAt> points;              // ordered by asset, protocol, region
  FlatMap<Slice> points_of;                 // asset << 8 | protocol: into points
  std::vector<Slice> points_of_asset;       // by asset: into points
  std::vector<std::vector<Index>> joining;  // by zone: its conduits, ordered
  std::vector<Index> inner;                 // by zone: the first conduit that joins it with itself, or kNone

  std::vector<Place> places;  // those of one address together
  FlatMap<Slice> by_ip;       // hash of the address; compare before use
  FlatMap<Slice> by_mac;
  std::vector<Net> nets;
  std::vector<NetsOf> nets_of;  // longest prefix first
  uint64_t link_protocols = 0;  // those whose units are link addresses, a bit for each number

  const plant::Asset& asset(Index index) const { return plant->assets[index]; }
  std::span<const PointAt> points_at(Index asset, uint16_t protocol) const {
    const Slice* slice = points_of.find(uint64_t{asset} << 8 | (protocol & 0xffu));
    return slice == nullptr ? std::span<const PointAt>() : std::span(points).subspan(slice->begin, slice->count);
  }
  std::span<const Region> regions_in(Slice slice) const { return std::span(regions).subspan(slice.begin, slice.count); }
  /// joined gives the first conduit that joins both zones, or kNone.
  Index joined(Index one, Index other) const;
  bool has_links(protocols::Protocol protocol) const {
    return protocol.number < 64 && (link_protocols >> protocol.number & 1) != 0;
  }
  bool knows(Party party) const {
    return party.zone < plant->zones.size() && (party.asset == kNone || party.asset < plant->assets.size());
  }
};

// The steps of compile(); each adds what it finds wrong to `problems`.
void compile_points(Policy& policy, std::vector<Problem>& problems);
void compile_places(Policy& policy);
void compile_rules(Policy& policy, std::vector<Problem>& problems);
/// index_rules makes `indexed` of what compile_rules found.
void index_rules(Policy& policy);
void find_idle_rules(const Policy& policy, std::vector<Problem>& problems);
/// check_gateways says what a gateway serves that its way of standing cannot bear.
void check_gateways(const Policy& policy, std::vector<Problem>& problems);
/// check_separation warns of zones that hold what ZCR 3.2 to 3.6 keep apart.
void check_separation(const plant::Plant& plant, std::vector<Problem>& problems);

/// did_you_mean gives "did you mean x?", or the list of all where none is near and the list is short.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);
/// region_of turns an object as written in a plant into places of `space`s of `entry`.
Region region_of(const protocols::Object& object, const protocols::Entry& entry);

}  // namespace rampart::policy
