// What the system says of a network interface, and what may be set on it. Plain ioctl calls; nothing is kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rampart::monitor {

/// InterfaceState: whether frames can come from it at the moment.
enum class InterfaceState : uint8_t { up, no_carrier, down, gone };

struct Interface {
  InterfaceState state = InterfaceState::gone;
  int index = 0;
  bool loopback = false;
};

/// look_at asks by any socket, `socket`. An interface that is not there is `gone`.
Interface look_at(int socket, const std::string& name);

/// link_type_of is the link type of frames from `name`, as in capture files; nothing we decode: 0.
uint32_t link_type_of(int socket, const std::string& name);

/// interfaces_there are the names of all interfaces, for messages.
std::vector<std::string> interfaces_there();

/// Offloads that merge or split packets before we see them.
/// offloads_on names those in force on `name`: "gro", "lro", "gso", "tso". A device without them has none.
std::vector<std::string> offloads_on(int socket, const std::string& name);
/// turn_offloads_off tries; what is still on afterwards is told by offloads_on. Needs CAP_NET_ADMIN.
void turn_offloads_off(int socket, const std::string& name);

}  // namespace rampart::monitor
