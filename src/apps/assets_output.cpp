#include "apps/assets_output.h"

#include <algorithm>
#include <unordered_map>

#include "base/text.h"

namespace rampart::apps {

using monitor::Difference;
using monitor::SeenAsset;
using plant::kNone;

std::string address_of(const SeenAsset& asset) {
  if (!asset.ips.empty()) return to_text(asset.ips[0]);
  return asset.macs.empty() ? std::string() : to_text(asset.macs[0]);
}

std::string id_of(const Listing& listing, uint32_t seen) {
  const plant::Index index = listing.comparison->asset_of[seen];
  if (index != kNone) return listing.plant->assets[index].id.value;
  std::string id = "asset-" + address_of((*listing.seen)[seen]);
  for (char& letter : id) {
    if (letter == '.' || letter == ':') letter = '-';
  }
  return id;
}

std::string_view kind_of(const Listing& listing, uint32_t seen) {
  const plant::Index index = listing.comparison->asset_of[seen];
  if (index != kNone) return listing.plant->assets[index].kind.value;
  return (*listing.seen)[seen].guess.kind;
}

std::string_view zone_of(const Listing& listing, uint32_t seen) {
  const plant::Index index = listing.comparison->zone_of[seen];
  return index == kNone ? std::string_view() : std::string_view(listing.plant->zones[index].id.value);
}

void Listing::index() {
  differences.assign(seen->size(), {});
  behind.assign(seen->size(), {});
  for (const Difference& difference : comparison->differences) {
    if (difference.seen != Difference::kNowhere) differences[difference.seen].push_back(&difference);
  }
  if (plant == nullptr) return;
  std::unordered_map<IpAddress, uint32_t> by_ip;
  for (uint32_t i = 0; i < seen->size(); ++i) {
    for (const IpAddress& ip : (*seen)[i].ips) by_ip.emplace(ip, i);
  }
  for (plant::Index i = 0; i < plant->assets.size(); ++i) {
    for (const plant::Location& location : plant->assets[i].at) {
      if (!location.ip || (!location.unit && !location.link)) continue;
      const auto at = by_ip.find(*location.ip);
      if (at != by_ip.end() && (behind[at->second].empty() || behind[at->second].back() != i)) {
        behind[at->second].push_back(i);
      }
    }
  }
}

std::string_view state_of(const Listing& listing, uint32_t seen) {
  if (listing.plant == nullptr) return {};
  const auto& differences = listing.differences[seen];
  if (differences.empty()) return "known";
  return differences[0]->kind == Difference::Kind::unknown ? "unknown" : "different";
}

const std::vector<const Difference*>& differences_of(const Listing& listing, uint32_t seen) {
  static const std::vector<const Difference*> kNothing;
  return state_of(listing, seen) == "different" ? listing.differences[seen] : kNothing;
}

std::string time_text(TimePoint when) {
  std::string out;
  if (when == TimePoint{}) return out;
  append_timestamp(out, when);
  return out.substr(0, 19) + "Z";
}

}  // namespace rampart::apps
