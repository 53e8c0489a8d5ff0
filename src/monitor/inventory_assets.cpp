// Addresses to devices: which of them are one, and which MAC is only a router's.
#include <algorithm>
#include <map>
#include <set>

#include "monitor/inventory.h"
#include "monitor/inventory_kinds.h"

namespace rampart::monitor {
namespace {

/// A MAC with more own addresses than this speaks for others (ARP proxy): its addresses are not joined.
constexpr size_t kMostJoined = 16;
/// From so many addresses of other networks on, a MAC is a router's. One could be a host with a wider network.
constexpr size_t kFewestForwarded = 2;

template <class T>
void unite(std::vector<T>& all, const std::vector<T>& more) {
  for (const T& one : more) {
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  }
}

void add(std::vector<Role>& roles, const Role& more) {
  for (Role& role : roles) {
    if (role.port != more.port || role.transport != more.transport || role.protocol != more.protocol) continue;
    role.client_flows += more.client_flows;
    role.server_flows += more.server_flows;
    role.answered_flows += more.answered_flows;
    role.asked += more.asked;
    role.served += more.served;
    role.asks |= more.asks;
    role.serves |= more.serves;
    unite(role.clients, more.clients);
    unite(role.servers, more.servers);
    return;
  }
  roles.push_back(more);
}

void add(std::vector<UnitSeen>& units, const UnitSeen& more) {
  for (UnitSeen& unit : units) {
    if (unit.unit != more.unit || unit.protocol != more.protocol) continue;
    unit.operations += more.operations;
    unit.answered += more.answered;
    return;
  }
  units.push_back(more);
}

bool before(const SeenAsset& one, const SeenAsset& other) {
  const auto rank = [](const SeenAsset& asset) { return asset.ips.empty() ? 2 : asset.ips[0].is_v4() ? 0 : 1; };
  if (rank(one) != rank(other)) return rank(one) < rank(other);
  return rank(one) == 2 ? one.macs < other.macs : one.ips[0] < other.ips[0];
}

}  // namespace

/// Joined is one device in the making.
struct Inventory::Joined {
  SeenAsset asset;
  std::vector<uint32_t> entries;
};

std::vector<SeenAsset> Inventory::assets() const {
  // What came from each MAC, itself or through it.
  std::map<MacAddress, std::vector<uint32_t>> own, passed;
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (!heard(entry)) continue;
    if (!entry.ip) own[entry.mac].push_back(i);
    // Two MACs that claim one address are a contradiction, perhaps an attack: no evidence that their other addresses
    // are one device.
    const bool contradicted =
        std::count_if(entry.links.begin(), entry.links.end(), [](const Link& link) { return link.direct; }) > 1;
    for (const Link& link : entry.links) {
      if (!link.direct && entry.ip) passed[link.mac].push_back(i);
      if (link.direct && !contradicted) own[link.mac].push_back(i);
    }
  }
  const auto forwards = [&](const MacAddress& mac) {
    const auto found = passed.find(mac);
    const size_t count = found == passed.end() ? 0 : found->second.size();
    const bool alone = own.find(mac) == own.end();
    return count >= kFewestForwarded || (count == 1 && !alone) ? count : size_t{0};
  };

  std::vector<uint32_t> device(entries_.size(), kNone);
  std::vector<Joined> devices;
  for (const auto& [mac, entries] : own) {
    const std::set<uint32_t> distinct(entries.begin(), entries.end());
    if (distinct.size() > kMostJoined) continue;
    uint32_t into = kNone;
    for (const uint32_t i : distinct) {
      if (device[i] != kNone) into = device[i];
    }
    if (into == kNone) {
      into = static_cast<uint32_t>(devices.size());
      devices.emplace_back();
    }
    for (const uint32_t i : distinct) {
      if (device[i] != kNone) continue;
      device[i] = into;
      devices[into].entries.push_back(i);
    }
    SeenAsset& asset = devices[into].asset;
    if (std::find(asset.macs.begin(), asset.macs.end(), mac) == asset.macs.end()) asset.macs.push_back(mac);
    asset.forwards += static_cast<uint32_t>(forwards(mac));
  }
  for (uint32_t i = 0; i < entries_.size(); ++i) {
    if (device[i] != kNone || !heard(entries_[i])) continue;
    device[i] = static_cast<uint32_t>(devices.size());
    devices.emplace_back().entries.push_back(i);
  }
  // A router of which no packet of its own was seen is there all the same.
  for (const auto& [mac, entries] : passed) {
    const size_t count = forwards(mac);
    if (count == 0 || own.contains(mac)) continue;
    SeenAsset& router = devices.emplace_back().asset;
    router.macs.push_back(mac);
    router.forwards = static_cast<uint32_t>(count);
    for (const uint32_t i : entries) {
      const Entry& entry = entries_[i];
      if (router.first == TimePoint{} || entry.first < router.first) router.first = entry.first;
      if (entry.last > router.last) router.last = entry.last;
    }
  }

  for (Joined& joined : devices) {
    SeenAsset& asset = joined.asset;
    size_t addresses = 0;
    for (const uint32_t i : joined.entries) {
      const Entry& entry = entries_[i];
      if (entry.ip) {
        asset.ips.push_back(*entry.ip);
        ++addresses;
      }
      for (const Link& link : entry.links) {
        if (std::find(asset.macs.begin(), asset.macs.end(), link.mac) != asset.macs.end()) continue;
        if (link.direct) asset.macs.push_back(link.mac);
        // Where its own is known, the others are routers' on the way.
        if (link.direct || !asset.macs.empty()) continue;
        asset.macs.push_back(link.mac);
        asset.through_router = forwards(link.mac) > 0;
      }
      unite(asset.vlans, entry.vlans);
      for (const UnitSeen& unit : entry.units) add(asset.units, unit);
      for (const Role& role : entry.roles) add(asset.roles, role);
      asset.told.insert(asset.told.end(), entry.told.begin(), entry.told.end());
      asset.packets += entry.packets;
      asset.octets += entry.octets;
      asset.packets_received += entry.packets_received;
      asset.octets_received += entry.octets_received;
      if (asset.first == TimePoint{} || entry.first < asset.first) asset.first = entry.first;
      if (entry.last > asset.last) asset.last = entry.last;
    }
    if (addresses > 1) {
      asset.joined = "its " + std::to_string(addresses) + " addresses came from one MAC, from their own networks";
    }
    std::sort(asset.ips.begin(), asset.ips.end(), [](const IpAddress& one, const IpAddress& other) {
      return one.is_v4() != other.is_v4() ? one.is_v4() : one < other;
    });
    std::sort(asset.macs.begin(), asset.macs.end());
    std::sort(asset.vlans.begin(), asset.vlans.end());
    std::sort(asset.units.begin(), asset.units.end(), [](const UnitSeen& one, const UnitSeen& other) {
      return std::pair(one.protocol.number, one.unit) < std::pair(other.protocol.number, other.unit);
    });
    std::stable_sort(asset.told.begin(), asset.told.end(), [](const Told& one, const Told& other) {
      if (one.kind != other.kind) return one.kind < other.kind;
      if (one.confidence != other.confidence) return one.confidence > other.confidence;
      return one.when != other.when ? one.when > other.when : one.packet > other.packet;
    });
  }

  // Peers were addresses; now they are devices.
  std::vector<uint32_t> order(devices.size()), placed(devices.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t one, uint32_t other) { return before(devices[one].asset, devices[other].asset); });
  for (uint32_t i = 0; i < order.size(); ++i) placed[order[i]] = i;
  const auto rename = [&](std::vector<uint32_t>& peers) {
    std::vector<uint32_t> renamed;
    for (const uint32_t peer : peers) {
      if (device[peer] != kNone) unite(renamed, {placed[device[peer]]});
    }
    peers = std::move(renamed);
  };
  std::vector<SeenAsset> assets;
  assets.reserve(devices.size());
  for (const uint32_t i : order) {
    SeenAsset& asset = assets.emplace_back(std::move(devices[i].asset));
    for (Role& role : asset.roles) {
      rename(role.clients);
      rename(role.servers);
    }
    asset.guess = guess_kind(asset);
  }
  return assets;
}

}  // namespace rampart::monitor
