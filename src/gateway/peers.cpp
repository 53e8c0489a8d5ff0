#include "gateway/peers.h"

#include <algorithm>

namespace rampart::gateway {
namespace {

using plant::kNone;
using policy::is_wired;

bool joins(const plant::Conduit& conduit, plant::Index zone) {
  return std::ranges::find(conduit.joins, zone) != conduit.joins.end();
}

bool lists(const crypto::Certificate& certificate, const IpAddress& ip) {
  return std::ranges::find(certificate.addresses, ip) != certificate.addresses.end();
}

/// is_known is true where the plant has something else of that id.
bool is_known(const plant::Plant& plant, std::string_view id) {
  return plant.asset(id) != kNone || find_gateway(plant, id) != nullptr;
}

bool is_at(const plant::Gateway& gateway, const IpAddress& ip) {
  if (gateway.wire && gateway.wire->at == ip) return true;
  return std::ranges::any_of(gateway.serves, [&](const plant::Serve& serve) { return serve.at == ip; });
}

}  // namespace

Way way_of(const plant::Plant& plant, std::string_view gateway, plant::Index conduit, const policy::Party& server,
           bool plain) {
  for (plant::Index i = 0; conduit == kNone && i < plant.conduits.size(); ++i) {
    const plant::Conduit& one = plant.conduits[i];
    if (one.guarded_by(gateway) && is_wired(one) && joins(one, server.zone)) conduit = i;
  }
  if (conduit == kNone || !is_wired(plant.conduits[conduit])) return {};
  const std::string_view far = plant.conduits[conduit].guard_of(server.zone);
  if (far != gateway) return {Way::Kind::wire, far};
  return {plain ? Way::Kind::not_plain : Way::Kind::straight, {}};
}

bool needs_identity(const plant::Plant& plant, const plant::Gateway& gateway) {
  const auto in_tls = [](const plant::Serve& serve) { return serve.tls != plant::TlsSide::none; };
  const auto wired = [&](const plant::Conduit& one) { return one.guarded_by(gateway.id.value) && is_wired(one); };
  return std::ranges::any_of(gateway.serves, in_tls) || std::ranges::any_of(plant.conduits, wired);
}

const plant::Gateway* find_gateway(const plant::Plant& plant, std::string_view id) {
  const auto at = std::ranges::find_if(plant.gateways, [&](const plant::Gateway& one) { return one.id.value == id; });
  return at == plant.gateways.end() ? nullptr : &*at;
}

bool speaks_for(const plant::Plant& plant, std::string_view far, std::string_view gateway, plant::Index client_zone,
                plant::Index server_zone) {
  return std::ranges::any_of(plant.conduits, [&](const plant::Conduit& conduit) {
    if (!is_wired(conduit) || !joins(conduit, server_zone) || conduit.guard_of(server_zone) != gateway) return false;
    return client_zone == kNone ? conduit.guarded_by(far)
                                : joins(conduit, client_zone) && conduit.guard_of(client_zone) == far;
  });
}

Fits fits_gateway(const plant::Plant& plant, std::string_view id, const crypto::Certificate& certificate,
                  const IpAddress& seen) {
  if (certificate.subject != id) return is_known(plant, certificate.subject) ? Fits::elsewhere : Fits::nobody;
  const plant::Gateway* gateway = find_gateway(plant, id);
  return lists(certificate, seen) || (gateway != nullptr && is_at(*gateway, seen)) ? Fits::yes : Fits::elsewhere;
}

Fits fits_asset(const plant::Plant& plant, plant::Index asset, const crypto::Certificate& certificate,
                const IpAddress& seen) {
  if (asset != kNone && plant.assets[asset].id.value == certificate.subject) return Fits::yes;
  if (is_known(plant, certificate.subject)) return Fits::elsewhere;
  if (lists(certificate, seen)) return Fits::yes;
  return certificate.addresses.empty() ? Fits::nobody : Fits::elsewhere;
}

plant::Index role_of(const plant::Plant& plant, std::string_view word) {
  if (word.empty()) return kNone;
  const auto at = std::ranges::find_if(plant.roles, [&](const plant::Role& role) { return role.id.value == word; });
  return at == plant.roles.end() ? kNone : static_cast<plant::Index>(at - plant.roles.begin());
}

}  // namespace rampart::gateway
