// TLS with certificates on both sides, over sockets that somebody else watches: no call waits. A TlsContext is an
// identity folder as it was read, immutable; sessions keep the one that they began with. A session belongs to one
// thread and borrows its socket. What peers do wrong is told by values; what is wrong with our files is an Error.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/certificate.h"

namespace rampart::net {

/// TlsTrouble is why a handshake or a session failed.
enum class TlsTrouble : uint8_t {
  none,
  no_certificate,     // the peer has none, or shows none
  expired,            // its certificate, beyond the grace; also where it is not valid yet
  revoked,            // by the list of the authority
  denied,             // by our own list
  unknown_authority,  // its chain does not lead to our authority, or cannot be checked
  malformed,          // its certificate is weak, malformed or beyond our bounds
  refused_us,         // it said no to us, most likely to our certificate
  no_tls,             // it speaks something else, or no version or cipher that we take
  own_key,            // our own key does not sign: the token is gone, or refuses
  cut                 // the connection ended in between
};
std::string_view to_text(TlsTrouble trouble);

struct TlsFailure {
  TlsTrouble trouble = TlsTrouble::none;
  std::string words{};                               // for people: "certificate has expired"
  std::optional<crypto::Certificate> certificate{};  // the peer's, where one was shown that can be read
};

/// TlsContext is an identity folder: `key.pem` (0600), or `key.uri` with the RFC 7512 URI of a key in a PKCS#11 token;
/// `certificate.pem` (our own first, then what leads to the authority), `authority.pem` (roots); `crl.pem` and `denied`
/// may be missing. `denied` holds a serial or the SHA-256
/// of a certificate in lower-case hexadecimal a line; `#` begins a comment.
class TlsContext {
 public:
  /// read reads the folder. Errors: throws Error with the file, what is wrong and what would mend it.
  static std::shared_ptr<const TlsContext> read(const std::string& folder);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  const crypto::Certificate& own() const;
  /// list_until is when the first of the revocation lists should have been followed by a newer one.
  std::optional<TimePoint> list_until() const;
  /// denies is true where our own list names the certificate.
  bool denies(const crypto::Certificate& certificate) const;

  struct Body;
  const Body& body() const { return *body_; }

 private:
  explicit TlsContext(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

/// stamp_of changes when a file of the folder does: times, sizes and numbers of all of them.
std::string stamp_of(const std::string& folder);

/// TlsTerms is how one session is to be.
struct TlsTerms {
  bool accepts = false;          // it waits for the peer's hello; else it sends its own
  bool old = false;              // TLS 1.2 is taken too
  std::chrono::seconds grace{};  // for which the peer's certificate is taken after its end
  TimePoint now{};               // at which certificates are judged
};

class TlsSession {
 public:
  /// Did: `again` is later, once the socket is ready; `ended` is the peer's goodbye; `cut` its end without one.
  enum class Did : uint8_t { done, again, ended, cut, failed };
  struct Moved {
    Did did = Did::again;
    size_t octets = 0;
  };

  /// `descriptor` is a connected socket that does not block; it must outlive the session.
  TlsSession(std::shared_ptr<const TlsContext> context, int descriptor, const TlsTerms& terms);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// shake_hands goes on with the handshake: done, again or failed.
  Did shake_hands();
  /// wants_write is true where `again` means that the socket cannot take more.
  bool wants_write() const;
  Moved read(std::span<uint8_t> into);
  /// write sends from the beginning of `octets`. After `again` the rest is given again, more behind it or not.
  Moved write(Bytes octets);
  /// end says goodbye: nothing more is written. Reading goes on.
  Did end();
  /// pending is true where octets that came may wait inside: no readiness of the socket will tell of them.
  bool pending() const;

  /// After the handshake. in_grace: the peer's certificate has expired, within the grace.
  const crypto::Certificate& peer() const;
  bool in_grace() const;
  std::string_view version() const;
  /// is_of is true where the session began by `context`. judge_again says whether one that is newer still takes the
  /// peer: revoked, denied, or none.
  bool is_of(const TlsContext& context) const;
  TlsTrouble judge_again(const TlsContext& context, TimePoint now) const;
  const TlsFailure& failure() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace rampart::net
