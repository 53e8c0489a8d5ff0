#include "policy/gateways.h"

#include <algorithm>

#include "protocols/registry.h"

namespace rampart::policy {
namespace {

constexpr uint16_t kSecurePort = 802;  // Modbus/TCP Security, MB-TCP-Security v21: mbaps

}  // namespace

uint16_t usual_port(protocols::Protocol protocol, bool udp, bool tls) {
  if (tls) return kSecurePort;
  if (!protocol.known()) return 0;
  const auto usual = udp ? protocol.entry().udp_ports : protocol.entry().tcp_ports;
  return usual.empty() ? uint16_t{0} : usual[0];
}

uint16_t served_port(const plant::Serve& serve) {
  if (serve.port != 0) return serve.port;
  const bool tls = serve.tls == plant::TlsSide::clients || serve.tls == plant::TlsSide::both;
  return usual_port(protocols::find_protocol(serve.protocol.value).value_or(protocols::Protocol{}), serve.udp, tls);
}

std::optional<IpAddress> server_of(const plant::Asset& asset) {
  for (const plant::Location& at : asset.at) {
    if (at.ip) return at.ip;
  }
  return {};
}

bool is_wired(const plant::Conduit& conduit) {
  return conduit.protect == plant::Protect::mutual_tls && !conduit.guards.empty();
}

bool are_peers(const plant::Plant& plant, std::string_view one, std::string_view other, bool essential) {
  return one != other && std::ranges::any_of(plant.conduits, [&](const plant::Conduit& conduit) {
           if (!is_wired(conduit) || !conduit.guarded_by(one) || !conduit.guarded_by(other)) return false;
           return !essential ||
                  std::ranges::any_of(conduit.rules, [](const plant::Rule& rule) { return rule.essential; });
         });
}

}  // namespace rampart::policy
