// Who is at the other end of TLS, by the plant, and by which way a conversation leads to its server. Pure functions
// over the plant and what a certificate says that was verified already.
#pragma once

#include <string_view>

#include "crypto/certificate.h"
#include "policy/gateways.h"
#include "policy/policy.h"

namespace rampart::gateway {

using policy::are_peers;

/// Way is how a conversation reaches its server. `wire`: by the gateway `far`, which is at the server's side.
/// `not_plain`: the plant wants it inside TLS between two gateways, and it came without.
struct Way {
  enum class Kind : uint8_t { straight, wire, not_plain };
  Kind kind = Kind::straight;
  std::string_view far{};  // an id of the plant
};
/// way_of finds it for a client and a server of these zones, that go through `conduit` (kNone: none joins them, the
/// gateway only learns or tests). `plain`: it came neither over a wire nor inside TLS.
Way way_of(const plant::Plant& plant, std::string_view gateway, plant::Index conduit, const policy::Party& server,
           bool plain);

/// needs_identity is true where the plant has `gateway` speak TLS at all.
bool needs_identity(const plant::Plant& plant, const plant::Gateway& gateway);
/// find_gateway is the gateway with that id; null: there is none.
const plant::Gateway* find_gateway(const plant::Plant& plant, std::string_view id);
/// speaks_for is true where `far` may hand over clients of that zone to `gateway` for servers of this one. A client
/// that is in no zone comes by any of the gateways that lead there.
bool speaks_for(const plant::Plant& plant, std::string_view far, std::string_view gateway, plant::Index client_zone,
                plant::Index server_zone);

/// Fits says whether a certificate is that of who is seen at an address.
enum class Fits : uint8_t {
  yes,
  elsewhere,  // it belongs to another asset or gateway of the plant, or names other addresses
  nobody      // it names neither who is there nor the address
};
/// fits_gateway: `id` is expected; its address is one of the certificate's, or of the plant's.
Fits fits_gateway(const plant::Plant& plant, std::string_view id, const crypto::Certificate& certificate,
                  const IpAddress& seen);
/// fits_asset: the asset that the plant has at that address (kNone: none). A certificate whose subject the plant does
/// not know fits by its addresses.
Fits fits_asset(const plant::Plant& plant, plant::Index asset, const crypto::Certificate& certificate,
                const IpAddress& seen);
/// role_of is the role of the plant that a word names; kNone: none.
plant::Index role_of(const plant::Plant& plant, std::string_view word);

}  // namespace rampart::gateway
