#include <algorithm>
#include <tuple>

#include "monitor/draft_plan.h"

namespace rampart::monitor::discover {
namespace {

constexpr size_t kMostNetworks = 1'000;  // that a zone may have

std::string_view word_of(Level level) {
  switch (level) {
    case Level::control:
      return "control";
    case Level::supervisory:
      return "supervisory";
    case Level::other:
      return "other";
    case Level::outside:
      return "outside";
    case Level::group:
      break;
  }
  return "groups";
}

std::string_view title_of(Level level) {
  switch (level) {
    case Level::control:
      return "Controllers and field devices";
    case Level::supervisory:
      return "Supervisory clients";
    case Level::other:
      return "Hosts in no role of control";
    case Level::outside:
      return "Addresses of the internet";
    case Level::group:
      break;
  }
  return "Group and broadcast addresses";
}

std::string_view reason_of(Level level) {
  switch (level) {
    case Level::control:
      return "its assets answer an industrial protocol";
    case Level::supervisory:
      return "its assets ask by an industrial protocol and answer none";
    case Level::other:
      return "its assets neither asked nor answered by an industrial protocol; level 3 stands for 3 and above";
    case Level::outside:
      return "its assets have addresses of the internet, in networks where no industrial device answers";
    case Level::group:
      break;
  }
  return "no hosts: operations were sent to these addresses";
}

std::string id_of(Level level, const std::optional<IpNetwork>& subnet) {
  std::string id(word_of(level));
  if (!subnet || level >= Level::outside) return id;
  std::string text = to_text(subnet->address);
  for (char& c : text) {
    if (c == '.' || c == ':') c = '-';
  }
  while (!text.empty() && text.back() == '-') text.pop_back();
  return id + "-" + text;
}

}  // namespace

std::optional<IpNetwork> subnet_of(const Address& address) {
  if (!address.ip) return {};
  uint8_t octets[16] = {};
  const Bytes from = address.ip->octets();
  const size_t kept = address.ip->is_v4() ? 3 : 8;
  std::copy_n(from.begin(), kept, octets);
  if (address.ip->is_v4()) return IpNetwork{IpAddress::v4(octets), 24};
  return IpNetwork{IpAddress::v6(octets), 64};
}

void plan_zones(Plan& plan) {
  using Key = std::pair<std::optional<IpNetwork>, Level>;
  std::map<Key, std::vector<size_t>> groups;
  std::map<std::optional<IpNetwork>, std::set<Level>> levels;
  for (size_t i = 0; i < plan.assets.size(); ++i) {
    const DraftAsset& asset = plan.assets[i];
    std::optional<IpNetwork> subnet;
    if (asset.level < Level::outside) subnet = subnet_of(asset.address);
    groups[{subnet, asset.level}].push_back(i);
    // Addresses of the internet and groups lie in no network of a zone, but they may lie in one all the same.
    levels[subnet_of(asset.address)].insert(asset.level);
  }
  std::vector<std::pair<Key, std::vector<size_t>>> ordered(groups.begin(), groups.end());
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& left, const auto& right) {
    const auto last = [](Level level) { return level >= Level::outside ? static_cast<int>(level) : 0; };
    return last(left.first.second) < last(right.first.second);
  });
  for (auto& [key, assets] : ordered) {
    const auto& [subnet, level] = key;
    DraftZone zone;
    zone.level = level;
    zone.id = id_of(level, subnet);
    zone.name = std::string(title_of(level)) + (subnet ? " in " + to_text(*subnet) : "");
    zone.reason = reason_of(level);
    if (subnet && levels[subnet].size() == 1) {
      zone.networks.push_back(to_text(*subnet));
    } else if (subnet) {
      zone.reason += "; others of " + to_text(*subnet) + " have another role, so each address is named";
      std::set<IpAddress> addresses;
      for (const size_t asset : assets) addresses.insert(*plan.assets[asset].address.ip);
      for (const IpAddress& ip : addresses) zone.networks.push_back(to_text(ip) + (ip.is_v4() ? "/32" : "/128"));
      if (zone.networks.size() > kMostNetworks) zone.networks.clear();  // an unknown neighbour is then in no zone
    }
    zone.assets = assets;
    for (const size_t asset : assets) plan.assets[asset].zone = plan.zones.size();
    plan.zones.push_back(std::move(zone));
  }
}

}  // namespace rampart::monitor::discover
