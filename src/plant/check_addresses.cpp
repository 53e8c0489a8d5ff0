#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "plant/draft.h"

namespace rampart::plant {

namespace {

/// Distinction is what tells equal numbers apart: the VLAN and who sees them. What is not said matches all.
struct Distinction {
  std::optional<uint16_t> vlan;
  std::string_view seen_by;
};

/// Claims are the owners of one set of numbers. An owner clashes with another unless their distinctions differ in one
/// part that both have. Lookups are by hash: ten thousand sites may use the same network.
class Claims {
 public:
  /// clash is another owner whose claim cannot be told from this one; kNone where there is none.
  Index clash(Index owner, const Distinction& wanted) const {
    const std::string vlan = wanted.vlan ? number(*wanted.vlan) : "*";
    const std::string seen = wanted.seen_by.empty() ? "*" : std::string(wanted.seen_by);
    for (const std::string& first : wanted.vlan ? std::vector<std::string>{vlan, "-"} : std::vector{vlan}) {
      for (const std::string& second :
           wanted.seen_by.empty() ? std::vector{seen} : std::vector<std::string>{seen, "-"}) {
        const auto at = owners_.find(first + "|" + second);
        if (at == owners_.end()) continue;
        if (at->second.first != owner) return at->second.first;
        if (at->second.other != kNone) return at->second.other;
      }
    }
    return kNone;
  }

  void add(Index owner, const Distinction& made) {
    const std::string vlan = made.vlan ? number(*made.vlan) : "-";
    const std::string seen = made.seen_by.empty() ? "-" : std::string(made.seen_by);
    for (const std::string& key : {vlan + "|" + seen, vlan + "|*", "*|" + seen, std::string("*|*")}) {
      Owners& owners = owners_.try_emplace(key, Owners{owner, kNone}).first->second;
      if (owners.first != owner && owners.other == kNone) owners.other = owner;
    }
  }

 private:
  struct Owners {
    Index first, other;
  };
  static std::string number(uint16_t vlan) {
    std::string out;
    append_number(out, vlan);
    return out;
  }
  std::unordered_map<std::string, Owners> owners_;
};

struct Entry {
  Index zone;
  const Network* network;
  NodeIndex node;
};

/// check_networks: networks nest or lie apart, so in the order of their addresses those that overlap one are the
/// networks still open around it.
void check_networks(Reader& reader, const Draft& draft) {
  std::vector<Entry> entries;
  for (Index zone = 0; zone < draft.plant.zones.size(); ++zone) {
    const std::vector<Network>& networks = draft.plant.zones[zone].networks;
    for (size_t i = 0; i < networks.size(); ++i) {
      entries.push_back({zone, &networks[i], draft.zones[zone].networks[i]});
    }
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& left, const Entry& right) { return left.network->cidr < right.network->cidr; });
  struct Around {
    IpNetwork cidr;
    Claims claims;
  };
  std::vector<Around> around;
  for (const Entry& entry : entries) {
    const Network& network = *entry.network;
    while (!around.empty() && !around.back().cidr.overlaps(network.cidr)) around.pop_back();
    if (around.empty() || around.back().cidr != network.cidr) around.push_back({network.cidr, {}});
    for (const Around& outer : around) {
      const Index other = outer.claims.clash(entry.zone, {network.vlan, network.seen_by});
      if (other == kNone) continue;
      reader.error(entry.node,
                   "the network " + to_text(network.cidr) + " overlaps " + to_text(outer.cidr) + " of zone " +
                       quoted(draft.plant.zones[other].id.value),
                   "tell the two apart with different `vlan` or `seen-by` on both, or make one smaller");
      break;
    }
    around.back().claims.add(entry.zone, {network.vlan, network.seen_by});
  }
}

/// home is the zone's network that the location lies in; null where there is none.
const Network* home(const Zone& zone, const Location& location) {
  for (const Network& network : zone.networks) {
    const bool vlan_fits = !network.vlan || !location.vlan || *network.vlan == *location.vlan;
    if (vlan_fits && network.cidr.contains(*location.ip)) return &network;
  }
  return nullptr;
}

/// joins_networks: kinds of asset that stand on the border of zones and have addresses of both.
bool joins_networks(std::string_view kind) {
  return kind == "router" || kind == "firewall" || kind == "gateway" || kind == "data-diode" || kind == "jump-host";
}

/// key_of is everything of a location that must differ for two assets to be told apart, but VLAN and sensor.
std::string key_of(const Location& location) {
  std::string key;
  if (location.ip) {
    append(key, *location.ip);
  } else {
    if (location.mac) append(key, *location.mac);
    key += "|" + location.name;
  }
  key += "|";
  if (location.unit) append_number(key, *location.unit);
  key += "|";
  if (location.link) append_number(key, *location.link);
  return key + "|" + location.route;
}

void check_location(Reader& reader, const Draft& draft, Index index, size_t place,
                    std::unordered_map<std::string, Claims>& claims) {
  const Asset& asset = draft.plant.assets[index];
  const Location& location = asset.at[place];
  const Zone& zone = draft.plant.zones[asset.zone];
  const NodeIndex node = draft.assets[index].at[place];
  if (!location.ip && !location.mac && location.name.empty()) return;
  Distinction distinction{location.vlan, {}};
  if (location.ip) {
    const Network* network = home(zone, location);
    if (network == nullptr && !zone.networks.empty() && !joins_networks(asset.kind.value)) {
      reader.error(node, "the address " + to_text(*location.ip) + " is in no network of zone " + quoted(zone.id.value),
                   "add its network to the zone, or move the asset to the zone that it is in");
    }
    if (network != nullptr) {
      if (!distinction.vlan) distinction.vlan = network->vlan;
      distinction.seen_by = network->seen_by;
    }
  }
  Claims& same = claims[key_of(location)];
  const Index other = same.clash(index, distinction);
  if (other != kNone) {
    reader.error(node, "the asset " + quoted(draft.plant.assets[other].id.value) + " is at the same address",
                 "tell the two apart by `unit`, `link`, `route` or `vlan`");
  }
  same.add(index, distinction);
}

}  // namespace

void check_addresses(Reader& reader, const Draft& draft) {
  check_networks(reader, draft);
  std::unordered_map<std::string, Claims> claims;
  for (Index asset = 0; asset < draft.plant.assets.size(); ++asset) {
    for (size_t place = 0; place < draft.plant.assets[asset].at.size(); ++place) {
      check_location(reader, draft, asset, place, claims);
    }
  }
}

}  // namespace rampart::plant
