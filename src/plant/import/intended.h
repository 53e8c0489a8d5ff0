// What another program's list says is intended to be there, on its way into a plant file: read from CSV or from
// NetBox's JSON, written as a draft of a plant or as text to paste into one. Nothing is dropped: what a plant has no
// place for becomes a comment. Pure; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plant/plant.h"

namespace rampart::plant {

struct IntendedAsset {
  std::string id;    // unique
  std::string kind;  // a word of kAssetKinds
  std::string zone;  // id; empty: none is said
  std::string name, vendor, model, firmware, serial;
  std::vector<Location> at;
  std::vector<std::string> notes;  // what has no place in a plant, "site: Riverside"
  std::string file;                // where it comes from, with its place there
  Mark mark;                       // none for JSON
};

struct IntendedZone {
  std::string id{}, name{};
  std::vector<Network> networks{};
  std::vector<std::string> notes{};
};

/// Intended is usable where no problem is an error.
struct Intended {
  std::vector<IntendedAsset> assets;
  std::vector<IntendedZone> zones;
  std::vector<Problem> problems;
  bool ok() const;
};

/// read_assets_csv reads a table whose first row names the columns, docs/assets.md lists them. Errors name line and
/// column.
Intended read_assets_csv(std::string_view text, const std::string& file);
/// read_netbox reads what NetBox's REST API gives: lists of devices, virtual machines and prefixes, in one document or
/// several joined to an object or array. Errors name the place in the document, and line and column where it is no
/// JSON. Limits: 64 MiB, depth 32.
Intended read_netbox(std::string_view text, const std::string& file);
/// read_intended reads either, told by the first character.
Intended read_intended(std::string_view text, const std::string& file);

/// join puts what several files say together: ids become unique, zones of one id one zone. Problems: two assets at one
/// address, more than 1,000,000 assets.
Intended join(std::vector<Intended> parts);

/// draft is a plant file of it all. It loads; zones have target 0, for only a risk assessment can say another.
std::string draft(const Intended& intended, std::string_view plant_name);
/// additions is what `plant` has not, as text to paste, and as comments what it says otherwise. Empty where there is
/// nothing to add.
std::string additions(const Intended& intended, const Plant& plant);

/// kind_of is the word of kAssetKinds for what people write; empty where none fits.
std::string_view kind_of(std::string_view words);

}  // namespace rampart::plant
