#include "assess/site.h"

#include <algorithm>

namespace rampart::assess {
namespace {

using plant::Connected;

/// add_assets files the assets of a zone under what they can be asked.
void add_assets(Unit& unit, const plant::Plant& plant, const plant::Zone& zone) {
  for (const Index index : zone.assets) {
    const Scope scope{Scope::Kind::asset, index};
    const plant::Asset& asset = plant.assets[index];
    unit.assets.push_back(scope);
    if (in_class(asset, AssetClass::host)) unit.hosts.push_back(scope);
    if (in_class(asset, AssetClass::wireless)) unit.wireless.push_back(scope);
    if (in_class(asset, AssetClass::portable)) unit.portables.push_back(scope);
  }
}

/// joined are the zones of a conduit, each once.
std::vector<Index> joined(const plant::Conduit& conduit) {
  std::vector<Index> zones = conduit.joins;
  std::ranges::sort(zones);
  zones.erase(std::unique(zones.begin(), zones.end()), zones.end());
  return zones;
}

}  // namespace

bool in_class(const plant::Asset& asset, AssetClass asked) {
  static constexpr std::string_view kHosts[] = {"operator-station", "scada-server", "engineering-workstation",
                                                "historian",        "server",       "workstation",
                                                "virtual-host",     "jump-host",    "time-server"};
  const std::string_view kind = asset.kind.value;
  switch (asked) {
    case AssetClass::any:
      return true;
    case AssetClass::host:
      return std::ranges::find(kHosts, kind) != std::end(kHosts);
    case AssetClass::wireless:
      return asset.wireless || kind == "wireless-access-point";
    case AssetClass::portable:
      return asset.connected ? *asset.connected == Connected::temporarily : kind == "mobile";
  }
  return false;
}

bool outside_control(const plant::Zone& zone) { return zone.level.value_or(0) >= 4; }

Site::Site(const plant::Plant& plant) : plant_(plant) {
  touched_.resize(2 + plant.zones.size() + plant.conduits.size() + plant.assets.size());
  for (Index i = 0; i < plant.zones.size(); ++i) {
    Unit unit{{Scope::Kind::zone, i}, {{Scope::Kind::zone, i}}, {{Scope::Kind::zone, i}}, {}, {}, {}, {}, {}};
    add_assets(unit, plant, plant.zones[i]);
    units_.push_back(std::move(unit));
  }
  for (Index i = 0; i < plant.conduits.size(); ++i) {
    const Scope scope{Scope::Kind::conduit, i};
    Unit unit{scope, {scope}, {}, {scope}, {}, {}, {}, {}};
    const std::vector<Index> zones = joined(plant.conduits[i]);
    for (const Index zone : zones) {
      unit.zones.push_back({Scope::Kind::zone, zone});
      add_assets(unit, plant, plant.zones[zone]);
      if (zones.size() > 1) units_[zone].conduits.push_back(scope);
    }
    units_.push_back(std::move(unit));
  }
  for (uint32_t u = 0; u < units_.size(); ++u) {
    touched_[0].push_back(u);
    touched_[1].push_back(u);
    for (const auto* list : {&units_[u].zones, &units_[u].conduits, &units_[u].assets}) {
      for (const Scope scope : *list) touched_[number_of(scope)].push_back(u);
    }
  }
}

size_t Site::number_of(Scope scope) const {
  switch (scope.kind) {
    case Scope::Kind::plant:
      return 0;
    case Scope::Kind::journal:
      return 1;
    case Scope::Kind::zone:
      return 2 + scope.index;
    case Scope::Kind::conduit:
      return 2 + plant_.zones.size() + scope.index;
    case Scope::Kind::asset:
      return 2 + plant_.zones.size() + plant_.conduits.size() + scope.index;
  }
  return 0;
}

size_t Site::unit_of(Scope scope) const {
  return scope.kind == Scope::Kind::conduit ? plant_.zones.size() + scope.index : scope.index;
}

const std::vector<Scope>& Site::subjects(const Unit& unit, Scope::Kind kind, AssetClass asked) const {
  switch (kind) {
    case Scope::Kind::plant:
      return plant_scope_;
    case Scope::Kind::journal:
      return journal_scope_;
    case Scope::Kind::zone:
      return unit.zones;
    case Scope::Kind::conduit:
      return unit.conduits;
    case Scope::Kind::asset:
      break;
  }
  switch (asked) {
    case AssetClass::any:
      return unit.assets;
    case AssetClass::host:
      return unit.hosts;
    case AssetClass::wireless:
      return unit.wireless;
    case AssetClass::portable:
      return unit.portables;
  }
  return unit.assets;
}

plant::SlVector Site::target(const Unit& unit) const {
  return unit.scope.kind == Scope::Kind::zone ? plant_.zones[unit.scope.index].target
                                              : plant_.target(plant_.conduits[unit.scope.index]);
}

std::string_view Site::name(const Unit& unit) const {
  const std::string_view name = unit.scope.kind == Scope::Kind::zone
                                    ? std::string_view(plant_.zones[unit.scope.index].name)
                                    : std::string_view(plant_.conduits[unit.scope.index].name);
  return name.empty() ? id(unit) : name;
}

}  // namespace rampart::assess
