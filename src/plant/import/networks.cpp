#include "plant/import/networks.h"

#include <algorithm>
#include <array>

namespace rampart::plant {
namespace {

IpAddress masked(const IpAddress& ip, uint8_t prefix) {
  std::array<uint8_t, 16> octets{};
  std::copy(ip.octets().begin(), ip.octets().end(), octets.begin());
  for (size_t i = 0; i < octets.size(); ++i) {
    const size_t before = i * 8;
    if (before >= prefix) {
      octets[i] = 0;
    } else if (before + 8 > prefix) {
      octets[i] = static_cast<uint8_t>(octets[i] & (0xff << (before + 8 - prefix)));
    }
  }
  return ip.is_v4() ? IpAddress::v4(octets.data()) : IpAddress::v6(octets.data());
}

}  // namespace

Network host_network(const IpAddress& ip) {
  Network network;
  network.cidr = {ip, static_cast<uint8_t>(ip.octets().size() * 8)};
  return network;
}

Index ZoneNetworks::find(const IpAddress& ip) const {
  for (const auto& [prefix, networks] : by_prefix_) {
    if (prefix > ip.octets().size() * 8) continue;
    const auto found = networks.find(masked(ip, prefix));
    if (found != networks.end()) return found->second;
  }
  return kNone;
}

}  // namespace rampart::plant
