#include "pki/subjects.h"

#include <algorithm>

#include "base/error.h"
#include "crypto/certificate.h"

namespace rampart::pki {
namespace {

void add(std::vector<IpAddress>& addresses, const std::optional<IpAddress>& address) {
  if (address && std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
}

std::vector<IpAddress> addresses_of(const plant::Gateway& gateway) {
  std::vector<IpAddress> out;
  if (gateway.wire) add(out, gateway.wire->at);
  for (const plant::Serve& serve : gateway.serves) add(out, serve.at);
  return out;
}

std::vector<IpAddress> addresses_of(const plant::Asset& asset) {
  std::vector<IpAddress> out;
  for (const plant::Location& location : asset.at) add(out, location.ip);
  return out;
}

const plant::Gateway* gateway_of(const plant::Plant& plant, std::string_view id) {
  const auto found = std::ranges::find(plant.gateways, id, [](const plant::Gateway& one) { return one.id.value; });
  return found == plant.gateways.end() ? nullptr : &*found;
}

void check_role(const plant::Plant& plant, std::string_view id, const std::string& role) {
  if (role.empty()) return;
  const auto same = [&](const plant::Role& one) { return one.id.value == role; };
  if (role == kGatewayRole || std::ranges::none_of(plant.roles, same)) {
    throw Error("\"" + role + "\" is no role that " + std::string(id) + " may have",
                "Roles of assets are those under `roles:` in " + plant.file + ".");
  }
}

}  // namespace

Subject subject_of(const plant::Plant& plant, std::string_view id, const std::string& role) {
  Subject out;
  out.id = id;
  if (const plant::Gateway* gateway = gateway_of(plant, id)) {
    if (!role.empty() && role != kGatewayRole) {
      throw Error(out.id + " is a gateway, whose role is \"gateway\"", "Leave --role out.");
    }
    out.role = kGatewayRole;
    out.addresses = addresses_of(*gateway);
    out.essential = true;
  } else {
    const plant::Index at = plant.asset(id);
    if (at == plant::kNone || id == kServiceName) {
      throw Error("the plant " + plant.file + " has no asset or gateway \"" + out.id + "\"",
                  "`rampart check` lists them.");
    }
    check_role(plant, id, role);
    out.role = role;
    out.addresses = addresses_of(plant.assets[at]);
    out.essential = !plant.assets[at].essential.empty();
  }
  if (out.addresses.size() > crypto::kMostAddresses) {
    throw Error(out.id + " has more addresses than a certificate may name (" + std::to_string(crypto::kMostAddresses) +
                ")");
  }
  return out;
}

std::string owner_of(const plant::Plant& plant, const IpAddress& address) {
  const auto has = [&](const auto& one) {
    const std::vector<IpAddress> addresses = addresses_of(one);
    return std::ranges::find(addresses, address) != addresses.end();
  };
  const auto gateway = std::ranges::find_if(plant.gateways, has);
  if (gateway != plant.gateways.end()) return gateway->id.value;
  const auto asset = std::ranges::find_if(plant.assets, has);
  return asset != plant.assets.end() ? asset->id.value : std::string();
}

std::chrono::seconds grace_of(const plant::Plant& plant, const Subject& subject) {
  std::chrono::seconds longest{};
  if (!subject.essential) return longest;
  for (const plant::Gateway& gateway : plant.gateways) longest = std::max(longest, gateway.grace);
  return longest;
}

}  // namespace rampart::pki
