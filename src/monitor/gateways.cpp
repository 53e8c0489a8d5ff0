#include "monitor/gateways.h"

#include <algorithm>

#include "policy/gateways.h"
#include "protocols/registry.h"

namespace rampart::monitor {
namespace {

using plant::Index;
using plant::kNone;

uint64_t pair_of(Index gateway, Index server) { return uint64_t{gateway} << 32 | server; }

void add_once(std::vector<Index>& list, Index one) {
  if (std::find(list.begin(), list.end(), one) == list.end()) list.push_back(one);
}

}  // namespace

Gateways::Gateways(const plant::Plant& plant) {
  for (Index i = 0; i < plant.gateways.size(); ++i) {
    const plant::Gateway& gateway = plant.gateways[i];
    if (const Index same = plant.asset(gateway.id.value); same != kNone) {
      for (const plant::Location& location : plant.assets[same].at) {
        if (location.ip) own_.emplace(*location.ip, i);
      }
    }
    if (gateway.wire && gateway.wire->at) {
      own_.emplace(*gateway.wire->at, i);
      std::vector<Index>& peers = wires_[{*gateway.wire->at, gateway.wire->port, records::Transport::tcp}];
      for (Index other = 0; other < plant.gateways.size(); ++other) {
        if (policy::are_peers(plant, gateway.id.value, plant.gateways[other].id.value)) peers.push_back(other);
      }
    }
    if (gateway.stands == plant::Stands::addressed) add_addressed(plant, i);
  }
}

void Gateways::add_addressed(const plant::Plant& plant, Index index) {
  const plant::Gateway& gateway = plant.gateways[index];
  for (const plant::Serve& serve : gateway.serves) {
    if (!serve.at || serve.to >= plant.assets.size()) continue;
    own_.emplace(*serve.at, index);
    const std::optional<IpAddress> server = serve.serial ? serve.at : policy::server_of(plant.assets[serve.to]);
    if (!server) continue;
    const auto transport = serve.udp ? records::Transport::udp : records::Transport::tcp;
    Behind& behind = behind_[{*serve.at, policy::served_port(serve), transport}];
    behind.server = *server;
    if (const auto protocol = protocols::find_protocol(serve.protocol.value)) behind.protocol = *protocol;
  }
  for (const plant::Conduit& conduit : plant.conduits) {
    if (!conduit.guarded_by(gateway.id.value)) continue;
    for (const plant::Rule& rule : conduit.rules) {
      for (const Index server : rule.to) {
        for (const Index client : rule.from) add_once(clients_[pair_of(index, server)], client);
      }
    }
  }
}

const Gateways::Behind* Gateways::behind(const records::Side& at, records::Transport transport) const {
  if (behind_.empty() || !at.ip) return nullptr;
  const auto found = behind_.find({*at.ip, at.port, transport});
  return found == behind_.end() ? nullptr : &found->second;
}

Index Gateways::at(const std::optional<IpAddress>& ip) const {
  if (own_.empty() || !ip) return kNone;
  const auto found = own_.find(*ip);
  return found == own_.end() ? kNone : found->second;
}

std::span<const Index> Gateways::clients(Index gateway, Index server) const {
  if (gateway == kNone) return {};
  const auto found = clients_.find(pair_of(gateway, server));
  return found == clients_.end() ? std::span<const Index>() : std::span(found->second);
}

bool Gateways::are_wired(Index gateway, const records::Side& server) const {
  if (gateway == kNone || !server.ip) return false;
  const auto found = wires_.find({*server.ip, server.port, records::Transport::tcp});
  return found != wires_.end() && std::find(found->second.begin(), found->second.end(), gateway) != found->second.end();
}

}  // namespace rampart::monitor
