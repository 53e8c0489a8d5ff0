// The inventory as people and programs want it: a table of 80 columns, all there is of each asset, CSV, JSON.
// docs/formats/inventory.md describes the last two.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "monitor/inventory_compare.h"
#include "monitor/mac_vendors.h"

namespace rampart::apps {

/// Listing is what is to be shown. `plant` is null where there is none; then `comparison` has no differences. `shown`
/// and `missing` are what is left after --zone. Borrows all.
struct Listing {
  const plant::Plant* plant = nullptr;
  const std::vector<monitor::SeenAsset>* seen = nullptr;
  const monitor::Comparison* comparison = nullptr;
  const monitor::InventoryTotals* totals = nullptr;
  const monitor::MacVendors* vendors = nullptr;
  std::vector<std::string> sources;
  std::vector<uint32_t> shown;
  std::vector<plant::Index> missing;
  // By seen asset, filled by index():
  std::vector<std::vector<const monitor::Difference*>> differences;
  std::vector<std::vector<plant::Index>> behind;  // the plant's assets that are units behind its addresses
  void index();
};

/// append_table writes one line an asset, then what is missing, then totals. append_details writes all that is known.
void append_table(std::string& out, const Listing& listing);
void append_details(std::string& out, const Listing& listing);
void append_csv(std::string& out, const Listing& listing);
void append_json(std::string& out, const Listing& listing);

// What the four share.

/// address_of is the first address of an asset: IP, else MAC.
std::string address_of(const monitor::SeenAsset& asset);
/// id_of is the plant's id, else one made of the address.
std::string id_of(const Listing& listing, uint32_t seen);
/// kind_of is the kind by the plant, else the inferred one; empty where there is neither.
std::string_view kind_of(const Listing& listing, uint32_t seen);
std::string_view zone_of(const Listing& listing, uint32_t seen);
/// state_of: "known", "different", "unknown", by the plant; empty without one.
std::string_view state_of(const Listing& listing, uint32_t seen);
/// differences_of: in what the device says otherwise.
const std::vector<const monitor::Difference*>& differences_of(const Listing& listing, uint32_t seen);
std::string time_text(TimePoint when);

/// append_cell writes one cell of CSV. What a spreadsheet would take for a formula (= + - @, tab, carriage return) gets
/// an apostrophe in front, as does what begins with one; whoever reads it back takes one away.
void append_cell(std::string& out, std::string_view text);

}  // namespace rampart::apps
