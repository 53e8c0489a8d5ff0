#include "apps/assets_output.h"

#include <algorithm>

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

std::string_view state_of(const Listing& listing, uint32_t seen) {
  if (listing.plant == nullptr) return {};
  std::string_view state = "known";
  for (const Difference& difference : listing.comparison->differences) {
    if (difference.seen != seen) continue;
    if (difference.kind == Difference::Kind::unknown) return "unknown";
    state = "different";
  }
  return state;
}

std::vector<const Difference*> differences_of(const Listing& listing, uint32_t seen) {
  std::vector<const Difference*> found;
  for (const Difference& difference : listing.comparison->differences) {
    if (difference.seen == seen && difference.kind == Difference::Kind::different) found.push_back(&difference);
  }
  return found;
}

std::vector<plant::Index> behind(const Listing& listing, uint32_t seen) {
  std::vector<plant::Index> found;
  if (listing.plant == nullptr) return found;
  const SeenAsset& asset = (*listing.seen)[seen];
  for (plant::Index i = 0; i < listing.plant->assets.size(); ++i) {
    for (const plant::Location& location : listing.plant->assets[i].at) {
      if (!location.ip || (!location.unit && !location.link)) continue;
      if (std::find(asset.ips.begin(), asset.ips.end(), *location.ip) == asset.ips.end()) continue;
      found.push_back(i);
      break;
    }
  }
  return found;
}

std::string time_text(TimePoint when) {
  std::string out;
  if (when == TimePoint{}) return out;
  append_timestamp(out, when);
  return out.substr(0, 19) + "Z";
}

}  // namespace rampart::apps
