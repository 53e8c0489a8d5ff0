// Which zone an address lies in, by the narrowest network that contains it. A lookup costs one search per length of
// prefix.
#pragma once

#include <map>

#include "plant/plant.h"

namespace rampart::plant {

/// host_network is the network of one address.
Network host_network(const IpAddress& ip);

class ZoneNetworks {
 public:
  void add(const IpNetwork& network, Index zone) { by_prefix_[network.prefix][network.address] = zone; }
  /// find is kNone where no network contains the address.
  Index find(const IpAddress& ip) const;

 private:
  std::map<uint8_t, std::map<IpAddress, Index>, std::greater<>> by_prefix_;
};

}  // namespace rampart::plant
