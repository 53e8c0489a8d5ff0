#include "monitor/interface.h"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/text.h"

namespace rampart::monitor {
namespace {

constexpr uint32_t kLinkEthernet = 1, kLinkRawIp = 101;
constexpr int kArpHardNone = 0xfffe;  // tunnels: frames begin with IP

struct Offload {
  const char* name;
  uint32_t get, set;
};
constexpr Offload kOffloads[] = {
    {"gro", ETHTOOL_GGRO, ETHTOOL_SGRO}, {"gso", ETHTOOL_GGSO, ETHTOOL_SGSO}, {"tso", ETHTOOL_GTSO, ETHTOOL_STSO}};

/// request makes the argument of an interface's ioctl; a name that is too long names nothing.
bool request(const std::string& name, ifreq& out) {
  out = {};
  if (name.empty() || name.size() >= sizeof out.ifr_name) return false;
  std::memcpy(out.ifr_name, name.data(), name.size());
  return true;
}

bool ethtool(int socket, const std::string& name, ethtool_value& value) {
  ifreq about;
  if (!request(name, about)) return false;
  about.ifr_data = reinterpret_cast<char*>(&value);
  return ioctl(socket, SIOCETHTOOL, &about) == 0;
}

}  // namespace

Interface look_at(int socket, const std::string& name) {
  Interface found;
  ifreq about;
  if (!request(name, about) || ioctl(socket, SIOCGIFINDEX, &about) != 0) return found;
  found.index = about.ifr_ifindex;
  if (ioctl(socket, SIOCGIFFLAGS, &about) != 0) return found;
  const auto flags = static_cast<unsigned>(about.ifr_flags);
  found.loopback = (flags & IFF_LOOPBACK) != 0;
  found.state = (flags & IFF_UP) == 0        ? InterfaceState::down
                : (flags & IFF_RUNNING) == 0 ? InterfaceState::no_carrier
                                             : InterfaceState::up;
  return found;
}

uint32_t link_type_of(int socket, const std::string& name) {
  ifreq about;
  if (!request(name, about) || ioctl(socket, SIOCGIFHWADDR, &about) != 0) return 0;
  switch (about.ifr_hwaddr.sa_family) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return kLinkEthernet;
    case ARPHRD_PPP:
    case ARPHRD_TUNNEL:
    case ARPHRD_SIT:
    case kArpHardNone:
      return kLinkRawIp;
    default:
      return 0;
  }
}

std::vector<std::string> interfaces_there() {
  std::vector<std::string> names;
  std::ifstream table("/proc/thread-self/net/dev");  // two lines of headings, then one an interface
  for (std::string line; std::getline(table, line);) {
    const size_t colon = line.find(':');
    if (colon != std::string::npos) names.emplace_back(trim(std::string_view(line).substr(0, colon)));
  }
  return names;
}

std::vector<std::string> offloads_on(int socket, const std::string& name) {
  std::vector<std::string> on;
  for (const Offload& offload : kOffloads) {
    ethtool_value value{offload.get, 0};
    if (ethtool(socket, name, value) && value.data != 0) on.emplace_back(offload.name);
  }
  ethtool_value flags{ETHTOOL_GFLAGS, 0};
  if (ethtool(socket, name, flags) && (flags.data & ETH_FLAG_LRO) != 0) on.emplace_back("lro");
  return on;
}

void turn_offloads_off(int socket, const std::string& name) {
  for (const Offload& offload : kOffloads) {
    ethtool_value value{offload.set, 0};
    ethtool(socket, name, value);
  }
  ethtool_value flags{ETHTOOL_GFLAGS, 0};
  if (!ethtool(socket, name, flags) || (flags.data & ETH_FLAG_LRO) == 0) return;
  flags.cmd = ETHTOOL_SFLAGS;
  flags.data &= ~uint32_t{ETH_FLAG_LRO};
  ethtool(socket, name, flags);
}

}  // namespace rampart::monitor
