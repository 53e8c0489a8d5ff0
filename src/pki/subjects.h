// Whom an authority certifies: assets and gateways of the plant, with the addresses that the plant gives them. Free of
// state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "plant/plant.h"

namespace rampart::pki {

/// kServiceName is the DNS name that only the authority's own service has in its certificate.
inline constexpr const char* kServiceName = "rampart-authority";
/// kGatewayRole is the role of every gateway, and of nobody else.
inline constexpr const char* kGatewayRole = "gateway";

/// Subject is an asset or a gateway. `essential`: an essential function needs it, or it is a gateway.
struct Subject {
  std::string id, role;
  std::vector<IpAddress> addresses;
  bool essential = false;
};
/// subject_of finds `id`; `role` is of an asset: empty, or one of the plant's roles. Errors: throws Error where the
/// plant has no such asset or gateway, or not that role.
Subject subject_of(const plant::Plant& plant, std::string_view id, const std::string& role);

/// owner_of is the id of the asset or gateway that has `address`; empty where nobody has.
std::string owner_of(const plant::Plant& plant, const IpAddress& address);
/// grace_of is for how long the subject's certificate counts after its end: the longest grace of a gateway of the
/// plant where the subject is essential, else none.
std::chrono::seconds grace_of(const plant::Plant& plant, const Subject& subject);

}  // namespace rampart::pki
