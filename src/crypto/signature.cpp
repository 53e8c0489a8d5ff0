#include "crypto/signature.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include <cerrno>

#include "base/error.h"

namespace rampart::crypto {

bool verify(const PublicKey& key, Bytes message, Bytes signature) {
  if (signature.size() != sizeof(Signature)) return false;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> public_key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool holds =
      public_key != nullptr && context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, public_key.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  // What OpenSSL noted about a bad signature must not appear as the reason of a later failure.
  if (!holds) ERR_clear_error();
  return holds;
}

void random(std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t count = getrandom(out.data(), out.size(), 0);
    if (count < 0 && errno != EINTR) throw Error("the system gives no random numbers");
    if (count > 0) out = out.subspan(static_cast<size_t>(count));
  }
}

HashKey random_hash_key() {
  uint8_t octets[16];
  random(octets);
  return {load_little<8>(octets), load_little<8>(octets + 8)};
}

void wipe(std::span<uint8_t> bytes) { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace rampart::crypto
