// What several lists say, made one: ids unique, zones known, addresses apart.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/text.h"
#include "plant/import/intended.h"
#include "plant/import/networks.h"
#include "plant/scalars.h"

namespace rampart::plant {
namespace {

constexpr std::string_view kUnassigned = "unassigned";
constexpr size_t kMostProblems = 100;

/// joins_networks: kinds that have addresses of several zones.
bool joins_networks(std::string_view kind) {
  return kind == "router" || kind == "firewall" || kind == "gateway" || kind == "data-diode" || kind == "jump-host";
}

bool apart(const Network& one, const Network& other) { return one.vlan && other.vlan && *one.vlan != *other.vlan; }

class Joining {
 public:
  explicit Joining(std::vector<Intended> parts) {
    for (Intended& part : parts) {
      for (IntendedZone& zone : part.zones) add(std::move(zone));
      for (IntendedAsset& asset : part.assets) result_.assets.push_back(std::move(asset));
      for (Problem& problem : part.problems) result_.problems.push_back(std::move(problem));
    }
  }

  Intended join() {
    part_networks();
    for (Index i = 0; i < result_.zones.size(); ++i) {
      for (const Network& network : result_.zones[i].networks) networks_.add(network.cidr, i);
    }
    for (IntendedAsset& asset : result_.assets) {
      name(asset);
      settle(asset);
      address(asset);
    }
    return std::move(result_);
  }

 private:
  void warning(const IntendedAsset& asset, std::string what, std::string hint = {}) {
    if (result_.problems.size() < kMostProblems) {
      result_.problems.push_back(
          {.file = asset.file, .mark = asset.mark, .what = std::move(what), .hint = std::move(hint), .warning = true});
    }
  }

  void add(IntendedZone zone) {
    const auto [at, fresh] = by_id_.try_emplace(zone.id, static_cast<Index>(result_.zones.size()));
    if (fresh) {
      result_.zones.push_back(std::move(zone));
      return;
    }
    IntendedZone& known = result_.zones[at->second];
    for (Network& network : zone.networks) {
      const bool has = std::any_of(known.networks.begin(), known.networks.end(), [&](const Network& one) {
        return one.cidr == network.cidr && one.vlan == network.vlan;
      });
      if (!has) known.networks.push_back(std::move(network));
    }
    known.notes.insert(known.notes.end(), zone.notes.begin(), zone.notes.end());
  }

  Index zone_of(const std::string& words) {
    std::string id = as_id(words);
    if (id.empty()) id = std::string(kUnassigned);
    const auto [at, fresh] = by_id_.try_emplace(id, static_cast<Index>(result_.zones.size()));
    if (fresh) result_.zones.push_back({.id = id, .name = words == id ? std::string() : words});
    return at->second;
  }

  /// part_networks leaves out networks that contain those of another zone: a plant has them apart.
  void part_networks() {
    struct Place {
      Index zone;
      size_t network;
    };
    std::vector<Place> order;
    for (Index zone = 0; zone < result_.zones.size(); ++zone) {
      for (size_t i = 0; i < result_.zones[zone].networks.size(); ++i) order.push_back({zone, i});
    }
    const auto at = [&](const Place& place) -> const Network& {
      return result_.zones[place.zone].networks[place.network];
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](const Place& one, const Place& other) { return at(one).cidr < at(other).cidr; });
    std::vector<Place> around;
    std::set<std::pair<Index, size_t>> dropped;
    for (const Place& place : order) {
      while (!around.empty() && !at(around.back()).cidr.overlaps(at(place).cidr)) around.pop_back();
      for (const Place& outer : around) {
        if (outer.zone != place.zone && !apart(at(outer), at(place))) dropped.emplace(outer.zone, outer.network);
      }
      around.push_back(place);
    }
    for (auto drop = dropped.rbegin(); drop != dropped.rend(); ++drop) {
      IntendedZone& zone = result_.zones[drop->first];
      const std::string text = to_text(zone.networks[drop->second].cidr);
      zone.notes.push_back(text + " also holds networks of other zones and is left out");
      zone.networks.erase(zone.networks.begin() + static_cast<ptrdiff_t>(drop->second));
    }
  }

  void name(IntendedAsset& asset) {
    const std::string said = asset.id;
    std::string id = as_id(said);
    if (id.empty()) id = as_id(asset.name);
    if (id.empty() && !asset.at.empty()) {
      const Location& location = asset.at[0];
      id = as_id("asset " + (location.ip    ? to_text(*location.ip)
                             : location.mac ? to_text(*location.mac)
                                            : location.name));
    }
    if (id.empty()) id = "asset";
    if (asset.name.empty() && said != id) asset.name = said;
    // The same id twice is two assets, unless a person says otherwise.
    std::string unique = id;
    for (uint32_t& count = counts_[id]; !ids_.insert(unique).second;) {
      unique = id.substr(0, 56) + "-" + std::to_string(++count + 1);
    }
    if (unique != id) warning(asset, "the id `" + id + "` is there already; this one is called `" + unique + "`");
    asset.id = unique;
  }

  /// settle puts the asset into a zone whose networks have its addresses.
  void settle(IntendedAsset& asset) {
    Index by_address = kNone;
    for (const Location& location : asset.at) {
      if (location.ip && by_address == kNone) by_address = networks_.find(*location.ip);
    }
    Index zone = kNone;
    if (!asset.zone.empty()) zone = zone_of(asset.zone);
    if (zone == kNone) zone = by_address != kNone ? by_address : zone_of(std::string(kUnassigned));
    if (by_address != kNone && by_address != zone && !joins_networks(asset.kind)) {
      asset.notes.push_back("zone: " + asset.zone);
      warning(asset,
              "`" + asset.id + "` says zone `" + result_.zones[zone].id + "`, and its address lies in a network of `" +
                  result_.zones[by_address].id + "`: drafted there",
              "one of the two is not right");
      zone = by_address;
    }
    asset.zone = result_.zones[zone].id;
    if (joins_networks(asset.kind) || result_.zones[zone].networks.empty()) return;
    for (const Location& location : asset.at) {
      if (!location.ip || networks_.find(*location.ip) == zone) continue;
      if (networks_.find(*location.ip) != kNone) continue;  // of another zone: checked and said by the loader
      result_.zones[zone].networks.push_back(host_network(*location.ip));
      networks_.add(host_network(*location.ip).cidr, zone);
    }
  }

  void address(const IntendedAsset& asset) {
    for (const Location& location : asset.at) {
      std::string key = location.ip ? to_text(*location.ip) : location.mac ? to_text(*location.mac) : location.name;
      if (location.unit) key += " unit " + std::to_string(*location.unit);
      if (location.link) key += " link " + std::to_string(*location.link);
      if (!location.route.empty()) key += " route " + location.route;
      if (location.vlan) key += " vlan " + std::to_string(*location.vlan);
      const auto [at, fresh] = addresses_.try_emplace(key, asset.id);
      if (fresh || at->second == asset.id || result_.problems.size() >= kMostProblems) continue;
      result_.problems.push_back({.file = asset.file,
                                  .mark = asset.mark,
                                  .what = "`" + asset.id + "` has the address " + key + ", as `" + at->second + "` has",
                                  .hint = "tell them apart by vlan, unit or link, or take one out"});
    }
  }

  Intended result_;
  std::unordered_map<std::string, Index> by_id_;
  std::unordered_map<std::string, uint32_t> counts_;
  std::set<std::string> ids_;
  std::unordered_map<std::string, std::string> addresses_;
  ZoneNetworks networks_;
};

}  // namespace

bool Intended::ok() const {
  return std::all_of(problems.begin(), problems.end(), [](const Problem& problem) { return problem.warning; });
}

Intended join(std::vector<Intended> parts) { return Joining(std::move(parts)).join(); }

}  // namespace rampart::plant
