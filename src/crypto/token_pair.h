// A key pair in a PKCS#11 token: made there, found by its label, signing there. For the sources of this room. One
// thread at a time; the module is loaded at run time, initialized once and never let go: others of this process may use
// it, and modules do not survive being unloaded.
#pragma once

#include <memory>
#include <vector>

#include "base/bytes.h"
#include "crypto/signature.h"

namespace rampart::crypto {

/// PairKind: Ed25519 signs messages; P-256 signs digests of 32 octets, its signature is r and s, 32 octets each.
enum class PairKind : uint8_t { ed25519, p256 };

/// signature_fits is true where `signature`, r and s, is by the key `point` of P-256 over `digest`.
bool signature_fits(Bytes point, Bytes digest, Bytes signature);

/// make_token_pair makes one in the token, not extractable. Errors: throws Error, also where the label is taken.
void make_token_pair(const TokenKey& key, PairKind kind);

/// TokenPair asks the token, and holds what it answers against the public key: a signature by another key would make
/// an honest journal look forged, or a certificate nobody can check.
class TokenPair {
 public:
  using Verify = bool (*)(Bytes point, Bytes message, Bytes signature);

  /// Errors: throws Error naming module, token and the PKCS#11 return value.
  TokenPair(const TokenKey& key, PairKind kind, Verify verify);
  ~TokenPair();
  TokenPair(const TokenPair&) = delete;
  TokenPair& operator=(const TokenPair&) = delete;

  /// point is the public key: 32 octets of Ed25519, 65 of P-256 (uncompressed).
  const std::vector<uint8_t>& point() const;
  /// sign logs in once more where the session was lost, before it gives up by Error.
  Signature sign(Bytes message);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace rampart::crypto
