#include "monitor/inventory_compare.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "monitor/findings.h"
#include "monitor/gateways.h"
#include "monitor/settings.h"

namespace rampart::monitor {
namespace {

using plant::kNone;
using protocols::Object;
using Attribute = protocols::Attribute;
constexpr uint32_t kNowhere = Difference::kNowhere;

/// folded: lower case, one blank between words.
std::string folded(std::string_view text) {
  std::string out;
  const std::string small = lower(text);
  for (const std::string_view word : split(small, ' ')) {
    if (word.empty()) continue;
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

/// version: without the letter that some devices put before it.
std::string version(std::string_view text) {
  std::string out = folded(text);
  if (out.size() > 1 && out[0] == 'v' && (out[1] == '.' || out[1] == ' ' || (out[1] >= '0' && out[1] <= '9'))) {
    out = std::string(trim(std::string_view(out).substr(out[1] == '.' || out[1] == ' ' ? 2 : 1)));
  }
  return out;
}

/// compact: order numbers are written with and without blanks.
std::string compact(std::string_view text) {
  std::string out = lower(text);
  std::erase(out, ' ');
  return out;
}

bool begins_by_words(std::string_view longer, std::string_view shorter) {
  return longer.starts_with(shorter) && (longer.size() == shorter.size() || longer[shorter.size()] == ' ' ||
                                         longer[shorter.size()] == ',' || longer[shorter.size()] == '.');
}

bool agree(Attribute::Kind kind, std::string_view intended, std::string_view told) {
  if (kind == Attribute::Kind::vendor) {
    const std::string one = folded(intended);
    const std::string other = folded(told);
    return begins_by_words(one, other) || begins_by_words(other, one);
  }
  if (kind == Attribute::Kind::firmware) return version(intended) == version(told);
  if (kind == Attribute::Kind::model) return compact(intended) == compact(told);
  return folded(intended) == folded(told);
}

/// Place: where an asset of the plant is seen: which seen asset, behind which unit.
struct Place {
  uint32_t seen = kNowhere;
  uint32_t unit = Object::kNoUnit;
};

class Comparing {
 public:
  Comparing(const plant::Plant& plant, const std::vector<SeenAsset>& seen)
      : plant_(plant), gateways_(plant), seen_(seen) {
    for (uint32_t i = 0; i < seen.size(); ++i) {
      for (const IpAddress& ip : seen[i].ips) by_ip_.emplace(ip, i);
      // Behind a router a MAC says nothing of the asset.
      if (seen[i].through_router) continue;
      for (const MacAddress& mac : seen[i].macs) by_mac_.emplace(mac, i);
    }
    for (const plant::Asset& asset : plant.assets) {
      for (const plant::Location& location : asset.at) {
        const uint32_t unit = unit_of(location);
        if (unit != Object::kNoUnit) claimed_.emplace(find(location), unit);
      }
    }
    result_.asset_of.assign(seen.size(), kNone);
    result_.zone_of.assign(seen.size(), kNone);
    known_.assign(seen.size(), false);
  }

  Comparison compare() {
    for (plant::Index i = 0; i < plant_.assets.size(); ++i) asset(i);
    for (uint32_t i = 0; i < seen_.size(); ++i) {
      result_.zone_of[i] = zone(i);
      if (known_[i] || is_gateway(seen_[i])) continue;
      result_.differences.push_back({.kind = Difference::Kind::unknown, .seen = i, .when = seen_[i].first});
    }
    return std::move(result_);
  }

 private:
  static uint32_t unit_of(const plant::Location& location) {
    return location.unit ? *location.unit : location.link.value_or(Object::kNoUnit);
  }

  bool is_gateway(const SeenAsset& asset) const {
    return std::any_of(asset.ips.begin(), asset.ips.end(),
                       [&](const IpAddress& ip) { return gateways_.at(ip) != kNone; });
  }

  static bool vlan_fits(const plant::Location& location, const SeenAsset& asset) {
    if (!location.vlan || asset.vlans.empty()) return true;
    return std::find(asset.vlans.begin(), asset.vlans.end(), *location.vlan) != asset.vlans.end();
  }

  uint32_t find(const plant::Location& location) const {
    uint32_t found = kNowhere;
    if (location.ip) {
      const auto at = by_ip_.find(*location.ip);
      if (at != by_ip_.end()) found = at->second;
    } else if (location.mac) {
      const auto at = by_mac_.find(*location.mac);
      if (at != by_mac_.end()) found = at->second;
    }
    return found != kNowhere && vlan_fits(location, seen_[found]) ? found : kNowhere;
  }

  void asset(plant::Index index) {
    const plant::Asset& asset = plant_.assets[index];
    std::vector<Place> places;
    bool visible = false;
    for (const plant::Location& location : asset.at) {
      if (!location.ip && !location.mac) continue;
      visible = true;
      const uint32_t found = find(location);
      if (found == kNowhere) continue;
      known_[found] = true;
      const uint32_t unit = unit_of(location);
      if (unit == Object::kNoUnit) {
        result_.asset_of[found] = index;
      } else if (!has_unit(seen_[found], unit)) {
        continue;
      }
      places.push_back({found, unit});
    }
    if (!visible) {
      ++result_.not_looked_for;
      return;
    }
    if (places.empty()) {
      result_.differences.push_back({.kind = Difference::Kind::missing, .asset = index});
      return;
    }
    hold(index, places, Attribute::Kind::vendor, "vendor", asset.vendor);
    hold(index, places, Attribute::Kind::model, "model", asset.model);
    hold(index, places, Attribute::Kind::firmware, "firmware", asset.firmware);
    hold(index, places, Attribute::Kind::serial, "serial", asset.serial);
    for (const plant::Location& location : asset.at) {
      if (!location.name.empty()) hold(index, places, Attribute::Kind::name, "name", location.name);
    }
  }

  static bool has_unit(const SeenAsset& asset, uint32_t unit) {
    // Where only conversations are known and no operation, its being there cannot be denied.
    if (asset.units.empty()) return true;
    return std::any_of(asset.units.begin(), asset.units.end(),
                       [unit](const UnitSeen& one) { return one.unit == unit && one.answered > 0; });
  }

  /// of_place: what was told there that is about this asset. An asset without a unit is meant by what no other asset of
  /// the plant claims.
  bool of_place(const Told& told, const Place& place) const {
    if (told.unit == place.unit) return true;
    if (place.unit != Object::kNoUnit) return false;
    return !claimed_.contains({place.seen, told.unit});
  }

  void hold(plant::Index index, const std::vector<Place>& places, Attribute::Kind kind, std::string_view what,
            const std::string& intended) {
    if (intended.empty()) return;
    const Told* first = nullptr;
    uint32_t seen = kNowhere;
    for (const Place& place : places) {
      for (const Told& told : seen_[place.seen].told) {
        const bool meant =
            told.kind == kind || (kind == Attribute::Kind::model && told.kind == Attribute::Kind::order_number);
        if (!meant || !of_place(told, place)) continue;
        if (agree(kind, intended, told.text)) return;
        // A model and an order number that both differ are one difference.
        if (first == nullptr || (told.kind == kind && told.confidence > first->confidence)) {
          first = &told;
          seen = place.seen;
        }
      }
    }
    if (first == nullptr) return;
    result_.differences.push_back({.kind = Difference::Kind::different,
                                   .asset = index,
                                   .seen = seen,
                                   .what = what,
                                   .intended = intended,
                                   .told = first->text,
                                   .source = first->source,
                                   .when = first->when,
                                   .packet = first->packet});
  }

  plant::Index zone(uint32_t i) const {
    if (result_.asset_of[i] != kNone) return plant_.assets[result_.asset_of[i]].zone;
    plant::Index found = kNone;
    uint8_t prefix = 0;
    for (plant::Index zone = 0; zone < plant_.zones.size(); ++zone) {
      for (const plant::Network& network : plant_.zones[zone].networks) {
        if (network.vlan && !seen_[i].vlans.empty() &&
            std::find(seen_[i].vlans.begin(), seen_[i].vlans.end(), *network.vlan) == seen_[i].vlans.end()) {
          continue;
        }
        for (const IpAddress& ip : seen_[i].ips) {
          if (!network.cidr.contains(ip) || (found != kNone && network.cidr.prefix <= prefix)) continue;
          found = zone;
          prefix = network.cidr.prefix;
        }
      }
    }
    return found;
  }

  const plant::Plant& plant_;
  const Gateways gateways_;
  const std::vector<SeenAsset>& seen_;
  std::map<IpAddress, uint32_t> by_ip_;
  std::map<MacAddress, uint32_t> by_mac_;
  std::set<std::pair<uint32_t, uint32_t>> claimed_;  // seen asset and unit that are an asset of the plant's own
  std::vector<bool> known_;
  Comparison result_;
};

}  // namespace

std::string_view to_text(Difference::Kind kind) {
  constexpr std::string_view kWords[] = {"missing", "unknown", "different"};
  return kWords[static_cast<size_t>(kind)];
}

Comparison compare(const plant::Plant& plant, const std::vector<SeenAsset>& seen) {
  return Comparing(plant, seen).compare();
}

uint64_t report(const plant::Plant& plant, const Comparison& comparison, const InventoryTotals& totals,
                records::Sink& sink, const AbsenceLimits& limits) {
  const bool absence_counts = !totals.lossy && totals.last - totals.first >= limits.watched;
  uint64_t count = 0;
  Muting muting(&plant);
  for (const Difference& difference : comparison.differences) {
    const bool missing = difference.kind == Difference::Kind::missing;
    if (difference.kind == Difference::Kind::unknown || (missing && !absence_counts)) continue;
    const plant::Asset& asset = plant.assets[difference.asset];
    const FindingKind& kind = missing ? kinds::kAssetMissing : kinds::kAssetDiffers;
    const TimePoint when = missing ? totals.last : difference.when;
    Ends ends;
    ends.asset[0] = asset.id.value;
    ends.zone[0] = plant.zones[asset.zone].id.value;
    if (muting.concerns(kind) && muting.muted(kind, difference.asset, ends, when)) continue;
    std::string message = asset.id.value;
    if (missing) {
      message += " is an asset of the plant, and nothing was heard of it";
    } else {
      message += " says its " + std::string(difference.what) + " is \"" + difference.told + "\" (" + difference.source +
                 "); the plant says \"" + difference.intended + "\"";
    }
    records::Finding finding = records::finding_of(kind);
    finding.when = when;
    finding.packet = finding.first_packet = difference.packet;
    finding.message = message;
    finding.zone = ends.zone[0];
    finding.reason = missing ? std::string_view("missing") : difference.what;
    sink.record(finding);
    ++count;
  }
  for (const Muting::Hidden& hidden : muting.take()) tell(hidden, totals.last, 0, sink);
  return count;
}

uint64_t report_differences(const plant::Plant& plant, const Inventory& inventory, records::Sink& sink,
                            const AbsenceLimits& limits) {
  const std::vector<SeenAsset> seen = inventory.assets();
  return report(plant, compare(plant, seen), inventory.totals(), sink, limits);
}

std::vector<IpNetwork> networks_of(const plant::Plant* plant) {
  std::vector<IpNetwork> networks;
  if (plant == nullptr) return networks;
  for (const plant::Zone& zone : plant->zones) {
    for (const plant::Network& network : zone.networks) networks.push_back(network.cidr);
  }
  return networks;
}

}  // namespace rampart::monitor
