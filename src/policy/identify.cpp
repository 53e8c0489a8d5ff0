#include <algorithm>

#include "policy/compiled.h"

namespace rampart::policy {
namespace {

/// key_of turns a hash into a key of FlatMap.
uint64_t key_of(size_t hash) { return uint64_t{hash} >> 1; }
uint64_t key_of(const MacAddress& mac) { return load_big<6>(mac.octets.data()); }

IpAddress cut(const IpAddress& address, uint8_t prefix) {
  uint8_t octets[16] = {};
  const Bytes from = address.octets();
  for (size_t i = 0; i < from.size(); ++i) {
    const int bits = std::clamp(int{prefix} - static_cast<int>(i) * 8, 0, 8);
    octets[i] = static_cast<uint8_t>(from[i] & (0xff00 >> bits));
  }
  return address.is_v4() ? IpAddress::v4(octets) : IpAddress::v6(octets);
}

/// suits weighs VLAN and sensor: -1 where both sides say something else, else the more the closer.
int suits(uint32_t vlan, std::string_view sensor, const Endpoint& endpoint) {
  int score = 0;
  if (vlan != Place::kAny && endpoint.vlan) {
    if (vlan != *endpoint.vlan) return -1;
    score += 2;
  }
  if (!sensor.empty() && !endpoint.sensor.empty()) {
    if (sensor != endpoint.sensor) return -1;
    score += 4;
  }
  return score;
}

/// behind weighs unit and link address: -1 where the operation is for somebody else behind the same address.
int behind(const Policy& policy, const Place& place, const protocols::Operation* operation) {
  const bool plain = place.unit == Place::kAny && place.link == Place::kAny;
  if (operation == nullptr || operation->object.unit == protocols::Object::kNoUnit) {
    return place.line ? -1 : plain ? 8 : 0;
  }
  const bool link = policy.has_links(operation->protocol);
  const uint32_t wanted = link ? place.link : place.unit;
  if (wanted == Place::kAny) return plain ? 1 : 0;
  return wanted == operation->object.unit ? 8 : -1;
}

/// best gives the asset whose place suits best, or kNone where none does, or several do equally.
template <class Same>
Index best(const Policy& policy, const Slice* slice, const Endpoint& endpoint, const protocols::Operation* operation,
           Same&& same) {
  if (slice == nullptr) return kNone;
  Index found = kNone;
  int most = -1;
  for (uint32_t i = slice->begin; i < slice->begin + slice->count; ++i) {
    const Place& place = policy.places[i];
    if (!same(place)) continue;
    const int near = suits(place.vlan, place.sensor, endpoint);
    const int inside = behind(policy, place, operation);
    if (near < 0 || inside < 0) continue;
    if (near + inside > most) {
      most = near + inside;
      found = place.asset;
    } else if (near + inside == most && found != place.asset) {
      found = kNone;
    }
  }
  return found;
}

Index zone_of(const Policy& policy, const IpAddress& ip, const Endpoint& endpoint) {
  if (ip.is_multicast() || ip.is_broadcast()) return kNone;
  for (const NetsOf& nets : policy.nets_of) {
    if (nets.six == ip.is_v4()) continue;
    const IpAddress address = cut(ip, nets.prefix);
    const Slice* slice = nets.by_address.find(key_of(address.hash()));
    if (slice == nullptr) continue;
    Index found = kNone;
    int most = -1;
    for (uint32_t i = slice->begin; i < slice->begin + slice->count; ++i) {
      const Net& net = policy.nets[i];
      const int near = net.cidr.address == address ? suits(net.vlan, net.sensor, endpoint) : -1;
      if (near < 0) continue;
      if (near > most) {
        most = near;
        found = net.zone;
      } else if (near == most && found != net.zone) {
        found = kNone;
      }
    }
    if (most >= 0) return found;
  }
  return kNone;
}

/// add_places writes one Place for each network of the asset's zone that the address lies in: an asset is where its
/// zone is, so the network's VLAN and sensor hold for it too.
void add_places(const plant::Plant& plant, const plant::Location& location, Index asset, std::vector<Place>& out) {
  Place place{.vlan = location.vlan ? uint32_t{*location.vlan} : Place::kAny,
              .unit = location.unit.value_or(Place::kAny),
              .link = location.link.value_or(Place::kAny),
              .asset = asset};
  if (location.ip) place.ip = *location.ip;
  if (location.mac) place.mac = *location.mac;
  bool inside = false;
  const Index zone = plant.assets[asset].zone;
  if (location.ip && zone < plant.zones.size()) {
    for (const plant::Network& network : plant.zones[zone].networks) {
      if (!network.cidr.contains(*location.ip)) continue;
      Place one = place;
      if (!location.vlan && network.vlan) one.vlan = *network.vlan;
      one.sensor = network.seen_by;
      out.push_back(one);
      inside = true;
    }
  }
  if (!inside) out.push_back(place);
}

/// add_lines writes one Place for each unit behind a serial line: it is found at the gateway's address, by its unit.
void add_lines(const plant::Plant& plant, std::vector<Place>& out) {
  for (const plant::Gateway& gateway : plant.gateways) {
    for (const plant::Serve& serve : gateway.serves) {
      if (!serve.serial || !serve.at || serve.to >= plant.assets.size()) continue;
      for (const plant::Location& location : plant.assets[serve.to].at) {
        if (!location.unit) continue;
        out.push_back({.ip = *serve.at, .unit = *location.unit, .line = true, .asset = serve.to});
      }
    }
  }
}

/// grouped sorts `items` by key and gives the slice of each key; slices begin at `base`.
template <class Item, class Key>
FlatMap<Slice> grouped(std::vector<Item>& items, size_t base, Key&& key) {
  std::stable_sort(items.begin(), items.end(),
                   [&](const Item& left, const Item& right) { return key(left) < key(right); });
  std::vector<std::pair<uint64_t, Slice>> slices;
  for (size_t i = 0; i < items.size(); ++i) {
    if (slices.empty() || slices.back().first != key(items[i])) {
      slices.push_back({key(items[i]), {static_cast<uint32_t>(base + i), 0}});
    }
    ++slices.back().second.count;
  }
  return FlatMap<Slice>(slices);
}

void compile_nets(Policy& policy) {
  std::vector<Net> all;
  for (Index zone = 0; zone < policy.plant->zones.size(); ++zone) {
    for (const plant::Network& network : policy.plant->zones[zone].networks) {
      Net net{.cidr = network.cidr, .sensor = network.seen_by, .zone = zone};
      if (network.vlan) net.vlan = *network.vlan;
      net.cidr.address = cut(net.cidr.address, net.cidr.prefix);
      all.push_back(net);
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Net& left, const Net& right) {
    return std::pair(right.cidr.prefix, left.cidr.address.is_v4()) <
           std::pair(left.cidr.prefix, right.cidr.address.is_v4());
  });
  for (size_t i = 0; i < all.size();) {
    NetsOf nets{.prefix = all[i].cidr.prefix, .six = !all[i].cidr.address.is_v4(), .by_address = {}};
    std::vector<Net> same;
    for (; i < all.size() && all[i].cidr.prefix == nets.prefix && all[i].cidr.address.is_v4() != nets.six; ++i) {
      same.push_back(all[i]);
    }
    nets.by_address = grouped(same, policy.nets.size(), [](const Net& net) { return key_of(net.cidr.address.hash()); });
    policy.nets.insert(policy.nets.end(), same.begin(), same.end());
    policy.nets_of.push_back(std::move(nets));
  }
}

}  // namespace

bool unit_is_link(protocols::Protocol protocol) { return protocol.name() == "dnp3"; }

void compile_places(Policy& policy) {
  const plant::Plant& plant = *policy.plant;
  std::vector<Place> by_ip, by_mac;
  for (Index asset = 0; asset < plant.assets.size(); ++asset) {
    for (const plant::Location& location : plant.assets[asset].at) {
      if (location.ip) add_places(plant, location, asset, by_ip);
      if (location.mac) add_places(plant, location, asset, by_mac);
    }
  }
  add_lines(plant, by_ip);
  policy.by_ip = grouped(by_ip, 0, [](const Place& place) { return key_of(place.ip.hash()); });
  policy.by_mac = grouped(by_mac, by_ip.size(), [](const Place& place) { return key_of(place.mac); });
  policy.places = std::move(by_ip);
  policy.places.insert(policy.places.end(), by_mac.begin(), by_mac.end());
  compile_nets(policy);
  const auto count = static_cast<uint16_t>(protocols::registry().size());
  for (uint16_t number = 1; number <= count && number < 64; ++number) {
    if (unit_is_link({number})) policy.link_protocols |= uint64_t{1} << number;
  }
}

Party identify(const Policy& policy, const Endpoint& endpoint, const protocols::Operation* operation) {
  Party party;
  if (endpoint.ip) {
    // Where there is an IP address, the MAC address may be a router's: it names nobody.
    const IpAddress& ip = *endpoint.ip;
    party.asset = best(policy, policy.by_ip.find(key_of(ip.hash())), endpoint, operation,
                       [&](const Place& place) { return place.ip == ip; });
    if (party.asset == kNone) party.zone = zone_of(policy, ip, endpoint);
  } else if (endpoint.mac) {
    party.asset = best(policy, policy.by_mac.find(key_of(*endpoint.mac)), endpoint, operation,
                       [&](const Place& place) { return place.mac == *endpoint.mac; });
  }
  if (party.asset != kNone) party.zone = policy.plant->assets[party.asset].zone;
  return party;
}

}  // namespace rampart::policy
