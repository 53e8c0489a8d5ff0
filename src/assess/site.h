// The plant as the assessment goes through it: what has a vector of levels (units), and of which parts a fact must
// speak to answer for a unit (subjects). Built once from a plant, which must outlive it; immutable.
#pragma once

#include <string_view>
#include <vector>

#include "assess/fact.h"
#include "plant/plant.h"

namespace rampart::assess {

/// AssetClass narrows "of each asset" to those that an aspect can be asked of.
enum class AssetClass : uint8_t { any, host, wireless, portable };
bool in_class(const plant::Asset& asset, AssetClass asked);
/// is_business is true of the kinds that are of offices rather than of control.
bool outside_control(const plant::Zone& zone);

/// Unit has a vector of achieved levels: a zone or a conduit. Lists are ordered.
struct Unit {
  Scope scope;
  std::vector<Scope> self, zones, conduits, assets, hosts, wireless, portables;
};

class Site {
 public:
  explicit Site(const plant::Plant& plant);

  const plant::Plant& plant() const { return plant_; }
  /// units: the zones in the plant's order, then its conduits.
  const std::vector<Unit>& units() const { return units_; }
  size_t unit_of(Scope zone_or_conduit) const;
  /// touched are the units for which a fact of that scope can matter.
  const std::vector<uint32_t>& touched(Scope scope) const { return touched_[number_of(scope)]; }
  /// subjects of a unit: of a zone its conduits to other zones and its assets; of a conduit itself, and the zones and
  /// assets that it joins.
  const std::vector<Scope>& subjects(const Unit& unit, Scope::Kind kind, AssetClass asked = AssetClass::any) const;
  /// scopes and number_of: all scopes of the plant in one row, for tables.
  size_t scopes() const { return touched_.size(); }
  size_t number_of(Scope scope) const;
  plant::SlVector target(const Unit& unit) const;
  std::string_view id(const Unit& unit) const { return id_of(plant_, unit.scope); }
  std::string_view name(const Unit& unit) const;

 private:
  const plant::Plant& plant_;
  std::vector<Unit> units_;
  std::vector<std::vector<uint32_t>> touched_;
  std::vector<Scope> plant_scope_{{Scope::Kind::plant, 0}}, journal_scope_{{Scope::Kind::journal, 0}};
};

}  // namespace rampart::assess
