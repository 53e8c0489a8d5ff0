// Ed25519 keys in PKCS#11 tokens.
#include <algorithm>

#include "crypto/signature.h"
#include "crypto/token_pair.h"

namespace rampart::crypto {
namespace {

PublicKey key_of(Bytes point) {
  PublicKey key{};
  std::copy_n(point.begin(), std::min(point.size(), key.size()), key.begin());
  return key;
}

class TokenSigner final : public Signer {
 public:
  explicit TokenSigner(const TokenKey& key) : pair_(key, PairKind::ed25519, fits), public_key_(key_of(pair_.point())) {}
  const PublicKey& public_key() const override { return public_key_; }
  Signature sign(Bytes message) override { return pair_.sign(message); }

 private:
  static bool fits(Bytes point, Bytes message, Bytes signature) { return verify(key_of(point), message, signature); }

  TokenPair pair_;
  PublicKey public_key_;
};

}  // namespace

std::unique_ptr<Signer> make_token_key(const TokenKey& key) {
  make_token_pair(key, PairKind::ed25519);
  return open_token_key(key);
}

std::unique_ptr<Signer> open_token_key(const TokenKey& key) { return std::make_unique<TokenSigner>(key); }

}  // namespace rampart::crypto
