// The authority over a network, and who asks it. Service answers one question; the functions below ask one each, block
// at most kPatience, and change an identity's folder only once the whole answer has been checked.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/tls_server.h"
#include "pki/authority.h"
#include "pki/identity.h"
#include "pki/ticket.h"

namespace rampart::pki {

inline constexpr uint16_t kPort = 14'444;
inline constexpr std::chrono::seconds kPatience{20};

/// answer says what `peer` gets for `text`; nothing where the question is not whole yet. Throws nothing. `problem`, if
/// given, hears of errors here that the peer is not told.
std::optional<std::string> answer(Authority& authority, const plant::Plant& plant, const net::TlsPeer& peer,
                                  std::string_view text, TimePoint now,
                                  const std::function<void(const std::string&)>& problem);

/// At is where an authority listens.
struct At {
  std::string host;
  uint16_t port = kPort;
};
/// enrol makes the folder's key where it is missing, asks by a one-time token and puts the answer in place; the server
/// must be the authority whose fingerprint the token has. renew asks by the certificate that is there. fetch_list takes
/// the revocation list; true where it is another. Errors: throw Error, what was there before stays.
crypto::Certificate enrol(const Identity& identity, const Ticket& ticket, const At& at, const Clock& clock);
crypto::Certificate renew(const Identity& identity, const At& at, const Clock& clock);
bool fetch_list(const Identity& identity, const At& at, const Clock& clock);

/// Kept says what one turn of keeping an identity fresh did. `problem`: why not; the next turn tries again.
struct Kept {
  std::optional<crypto::Certificate> renewed{};
  bool list = false;
  std::string problem{};
};
/// keep_fresh renews where two thirds of the certificate's life are over, and fetches the list. Throws nothing: for a
/// thread beside one that must go on.
Kept keep_fresh(const Identity& identity, const At& at, const Clock& clock);

}  // namespace rampart::pki
