// Where a gateway stands, as the plant says it: its doors, each one asset and one protocol, with all ports made
// numbers. Pure functions over the plant.
#pragma once

#include <string>
#include <vector>

#include "net/socket.h"
#include "plant/plant.h"
#include "protocols/registry.h"

namespace rampart::gateway {

/// kTransparentPort is where the kernel hands over what a gateway that is not addressed lifts out.
inline constexpr uint16_t kTransparentPort = 14'000;

/// Door is one way in. `listen` is where clients find it; of a gateway that is not addressed it is the server itself.
struct Door {
  net::Place listen{}, server{};
  net::Kind kind = net::Kind::tcp;
  protocols::Protocol protocol{};  // not known: not decoded, a counted stream
  plant::Index asset = plant::kNone;
  plant::Index line = plant::kNone;  // into the gateway's serves: whose serial line leads there, and no `server`
  uint32_t sessions = 0, kept = 0;
  bool tls_clients = false, tls_server = false;  // Modbus/TCP Security on that side

  /// judged: each message is, not only that there is a connection.
  bool judged() const { return protocol.known() && protocol.entry().every_message; }
};

/// gateway_of finds the gateway `id`. Errors: throws Error that names those that there are.
const plant::Gateway& gateway_of(const plant::Plant& plant, const std::string& id);
/// doors_of is what `gateway` serves: what it says, and, where it is not addressed, what the rules of its conduits
/// name.
std::vector<Door> doors_of(const plant::Plant& plant, const plant::Gateway& gateway);
/// behind lists the assets that a door before a serial line leads to, by id; of others none.
std::vector<std::string> behind(const plant::Plant& plant, const plant::Gateway& gateway, const Door& door);
/// lines_of is what devices a gateway needs.
std::vector<plant::SerialLine> lines_of(const plant::Gateway& gateway);

}  // namespace rampart::gateway
