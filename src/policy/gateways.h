// What the plant says of its gateways: for the gateway itself, and for who watches beside it.
#pragma once

#include <optional>
#include <string_view>

#include "plant/plant.h"
#include "protocols/operation.h"

namespace rampart::policy {

/// usual_port is the port of `protocol` over UDP or TCP, or inside TLS; 0: there is none.
uint16_t usual_port(protocols::Protocol protocol, bool udp, bool tls);
/// served_port is where clients find what is served: its `port`, or the usual one; 0: there is none.
uint16_t served_port(const plant::Serve& serve);
/// server_of is the address of the asset that is served: its first; nothing where it has none.
std::optional<IpAddress> server_of(const plant::Asset& asset);

/// is_wired: the conduit has two gateways, and TLS between them.
bool is_wired(const plant::Conduit& conduit);
/// are_peers is true where a conduit with `protect: mutual-tls` has both as its guards; essential: one with an
/// essential rule.
bool are_peers(const plant::Plant& plant, std::string_view one, std::string_view other, bool essential = false);

}  // namespace rampart::policy
