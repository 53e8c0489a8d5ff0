#include "gateway/standing.h"

#include <algorithm>

#include "base/error.h"
#include "gateway/peers.h"
#include "policy/gateways.h"

namespace rampart::gateway {
namespace {

// Ports of one rule of a whole transport that get doors of their own; what has more is the firewall's.
constexpr uint32_t kMostPorts = 1024;

class Doors {
 public:
  explicit Doors(const plant::Plant& plant, const plant::Gateway& gateway) : plant_(plant), gateway_(gateway) {}

  void add(const plant::Serve& serve) {
    // Behind a line nothing has an address: the door is where clients find it.
    const auto ip = serve.serial ? serve.at : policy::server_of(plant_.assets[serve.to]);
    if (!ip) return;
    Door door{.kind = serve.udp ? net::Kind::udp : net::Kind::tcp,
              .asset = serve.to,
              .sessions = serve.sessions,
              .kept = serve.kept};
    if (const auto protocol = protocols::find_protocol(serve.protocol.value)) door.protocol = *protocol;
    door.tls_clients = serve.tls == plant::TlsSide::clients || serve.tls == plant::TlsSide::both;
    door.tls_server = serve.tls == plant::TlsSide::server || serve.tls == plant::TlsSide::both;
    const uint16_t port = policy::served_port(serve);
    // A port that was given is that of the asset too, unless one of both is spoken to inside TLS and the other not.
    uint16_t server_port = serve.server_port;
    if (server_port == 0) {
      server_port =
          door.tls_clients == door.tls_server ? port : policy::usual_port(door.protocol, serve.udp, door.tls_server);
    }
    door.server = {*ip, server_port};
    door.listen = serve.at ? net::Place{*serve.at, port} : door.server;
    if (serve.serial) {
      door.line = static_cast<plant::Index>(&serve - gateway_.serves.data());
      door.server = door.listen;
      if (find(doors, door) != doors.end()) return;  // another unit behind the same door
    }
    doors.push_back(door);
  }

  void add(const plant::Rule& rule) {
    const auto protocol = protocols::find_protocol(rule.protocol.value);
    for (const plant::Index asset : rule.to) {
      if (protocol) {
        const protocols::Entry& entry = protocol->entry();
        if (!entry.not_relayed.empty()) continue;
        if (entry.over_tcp) add(asset, net::Kind::tcp, *protocol, entry.tcp_ports);
        if (entry.over_udp) add(asset, net::Kind::udp, *protocol, entry.udp_ports);
      } else if (rule.protocol.value == "tcp" || rule.protocol.value == "udp") {
        add_plain(asset, rule.protocol.value == "tcp" ? net::Kind::tcp : net::Kind::udp, rule);
      }
    }
  }

  std::vector<Door> doors;

 private:
  static std::vector<Door>::const_iterator find(const std::vector<Door>& doors, const Door& door) {
    return std::find_if(doors.begin(), doors.end(),
                        [&](const Door& one) { return one.kind == door.kind && one.listen == door.listen; });
  }
  void add(plant::Index asset, net::Kind kind, protocols::Protocol protocol, std::span<const uint16_t> ports) {
    const bool said = std::any_of(gateway_.serves.begin(), gateway_.serves.end(), [&](const plant::Serve& serve) {
      return serve.to == asset && serve.protocol.value == protocol.name() && serve.udp == (kind == net::Kind::udp);
    });
    if (said) return;
    for (const uint16_t port : ports) add(asset, kind, protocol, port);
  }
  void add_plain(plant::Index asset, net::Kind kind, const plant::Rule& rule) {
    uint32_t count = 0;
    for (const plant::PortRange& range : rule.ports) {
      for (uint32_t port = range.first; port <= range.last && count < kMostPorts; ++port, ++count) {
        add(asset, kind, {}, static_cast<uint16_t>(port));
      }
    }
  }
  void add(plant::Index asset, net::Kind kind, protocols::Protocol protocol, uint16_t port) {
    const auto ip = policy::server_of(plant_.assets[asset]);
    if (!ip || port == 0) return;
    const net::Place place{*ip, port};
    const bool there = std::any_of(doors.begin(), doors.end(),
                                   [&](const Door& door) { return door.kind == kind && door.server == place; });
    if (!there) doors.push_back({.listen = place, .server = place, .kind = kind, .protocol = protocol, .asset = asset});
  }

  const plant::Plant& plant_;
  const plant::Gateway& gateway_;
};

}  // namespace

const plant::Gateway& gateway_of(const plant::Plant& plant, const std::string& id) {
  if (const plant::Gateway* gateway = find_gateway(plant, id)) return *gateway;
  std::string hint;
  for (const plant::Gateway& gateway : plant.gateways) hint += (hint.empty() ? "there are: " : ", ") + gateway.id.value;
  if (hint.empty()) hint = "add `gateways` to the plant: docs/gateway.md says how";
  throw Error("the plant has no gateway \"" + id + "\"", hint);
}

std::vector<Door> doors_of(const plant::Plant& plant, const plant::Gateway& gateway) {
  Doors doors(plant, gateway);
  for (const plant::Serve& serve : gateway.serves) doors.add(serve);
  if (gateway.stands == plant::Stands::addressed) return std::move(doors.doors);
  for (const plant::Conduit& conduit : plant.conduits) {
    if (!conduit.guarded_by(gateway.id.value)) continue;
    for (const plant::Rule& rule : conduit.rules) doors.add(rule);
  }
  return std::move(doors.doors);
}

std::vector<std::string> behind(const plant::Plant& plant, const plant::Gateway& gateway, const Door& door) {
  std::vector<std::string> ids;
  if (door.line >= gateway.serves.size()) return ids;
  const plant::Serve& first = gateway.serves[door.line];
  for (const plant::Serve& serve : gateway.serves) {
    if (serve.serial && serve.at == first.at && serve.port == first.port)
      ids.push_back(plant.assets[serve.to].id.value);
  }
  return ids;
}

std::vector<plant::SerialLine> lines_of(const plant::Gateway& gateway) {
  std::vector<plant::SerialLine> lines;
  for (const plant::Serve& serve : gateway.serves) {
    if (serve.serial) lines.push_back(*serve.serial);
  }
  return lines;
}

}  // namespace rampart::gateway
