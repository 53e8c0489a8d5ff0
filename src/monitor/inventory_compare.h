// The inventory held against the plant: what is missing, unknown or different. Differences are told, never copied into
// the plant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "monitor/inventory.h"
#include "plant/plant.h"

namespace rampart::monitor {

/// Difference is one thing in which plant and inventory do not agree.
struct Difference {
  enum class Kind : uint8_t { missing, unknown, different };
  Kind kind{};
  plant::Index asset = plant::kNone;  // of the plant; unknown: none
  uint32_t seen = kNowhere;           // place in the list of assets; missing: none
  std::string_view what{};            // different: "vendor", "model", "firmware", "serial", "name"
  std::string intended{}, told{}, source{};
  TimePoint when{};  // when it was told
  uint64_t packet = 0;
  static constexpr uint32_t kNowhere = 0xffffffff;
};
std::string_view to_text(Difference::Kind kind);

/// Comparison: which asset of the plant each seen one is, in which zone it lies, and the differences, in the order of
/// the plant, then of the list.
struct Comparison {
  std::vector<plant::Index> asset_of;  // by seen asset; several behind one address: the one without unit, else kNone
  std::vector<plant::Index> zone_of;   // by its asset, else by the networks of zones
  std::vector<Difference> differences;
  size_t not_looked_for = 0;  // assets of the plant without an address that could be seen
};

/// compare holds `seen` against `plant`. An asset is the plant's where one of its addresses is; a unit or link address
/// is looked for among those that answered. Vendor, model, firmware and serial are compared where the plant states them
/// and a device told them; letters' case, blanks and a leading "V" of versions do not count; a vendor may be longer or
/// shorter by words; a model may be the model or the order number. A name is compared where the plant gives the asset a
/// station name.
Comparison compare(const plant::Plant& plant, const std::vector<SeenAsset>& seen);

/// AbsenceLimits: for how long nothing must have been heard before "missing" becomes a finding.
struct AbsenceLimits {
  Duration watched = std::chrono::hours(1);
};

/// report hands the differences to `sink` as findings "asset-differs" and "asset-missing". Missing assets are held back
/// where the run was shorter than `limits` says, or where the sensor itself lost packets: then an absence says nothing.
/// Result: how many findings.
uint64_t report(const plant::Plant& plant, const Comparison& comparison, const InventoryTotals& totals,
                records::Sink& sink, const AbsenceLimits& limits = {});

/// report_differences is compare() and report() of what `inventory` holds by now.
uint64_t report_differences(const plant::Plant& plant, const Inventory& inventory, records::Sink& sink,
                            const AbsenceLimits& limits = {});

/// networks_of are the networks of all zones; none where there is no plant.
std::vector<IpNetwork> networks_of(const plant::Plant* plant);

}  // namespace rampart::monitor
