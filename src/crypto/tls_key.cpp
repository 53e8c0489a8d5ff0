// EC_KEY_METHOD is deprecated, and what OpenSSL 3.0 has for a key outside of it, but for a provider of one's own.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/tls_key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include <mutex>

#include "base/error.h"
#include "crypto/certificate_key.h"
#include "crypto/token_pair.h"
#include "crypto/x509.h"

namespace rampart::crypto {
namespace {

using EcKey = std::unique_ptr<EC_KEY, x509::Free<EC_KEY_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, x509::Free<ECDSA_SIG_free>>;

/// Held is what an EC_KEY of ours carries.
struct Held {
  explicit Held(const TokenKey& key) : pair(key, PairKind::p256, signature_fits) {}
  std::mutex mutex;
  TokenPair pair;
};

void release(void*, void* held, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<Held*>(held); }

int held_index() {
  static const int index = EC_KEY_get_ex_new_index(0, nullptr, nullptr, nullptr, release);
  return index;
}

ECDSA_SIG* sign_digest(const unsigned char* digest, int size, const BIGNUM*, const BIGNUM*, EC_KEY* key) {
  auto* held = static_cast<Held*>(EC_KEY_get_ex_data(key, held_index()));
  try {
    constexpr int kOctets = 32;
    if (held == nullptr || size != kOctets) throw Error("a token signs SHA-256 alone");
    Signature made;
    {
      const std::lock_guard lock(held->mutex);
      made = held->pair.sign({digest, kOctets});
    }
    EcSignature signature(ECDSA_SIG_new());
    BIGNUM* r = BN_bin2bn(made.data(), kOctets, nullptr);
    BIGNUM* s = BN_bin2bn(made.data() + kOctets, kOctets, nullptr);
    if (signature && r != nullptr && s != nullptr && ECDSA_SIG_set0(signature.get(), r, s) == 1) {
      return signature.release();
    }
    BN_free(r);
    BN_free(s);
    throw Error("there is no memory for a signature");
  } catch (const std::exception& error) {  // none may pass through OpenSSL
    ERR_raise_data(ERR_LIB_USER, ERR_R_OPERATION_FAIL, "%s", error.what());
    return nullptr;
  }
}

const EC_KEY_METHOD* token_method() {
  static const auto method = [] {
    std::unique_ptr<EC_KEY_METHOD, x509::Free<EC_KEY_METHOD_free>> made(EC_KEY_METHOD_new(EC_KEY_OpenSSL()));
    int (*sign)(int, const unsigned char*, int, unsigned char*, unsigned*, const BIGNUM*, const BIGNUM*, EC_KEY*) = {};
    // Its form is OpenSSL's own, by way of sign_digest; nothing is prepared ahead.
    EC_KEY_METHOD_get_sign(made.get(), &sign, nullptr, nullptr);
    EC_KEY_METHOD_set_sign(made.get(), sign, nullptr, sign_digest);
    return made;
  }();
  return method.get();
}

}  // namespace

std::shared_ptr<evp_pkey_st> token_tls_key(const TokenKey& key) {
  auto held = std::make_unique<Held>(key);
  const std::vector<uint8_t>& point = held->pair.point();
  const EcKey made(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1));
  if (!made || EC_KEY_oct2key(made.get(), point.data(), point.size(), nullptr) != 1 ||
      EC_KEY_set_method(made.get(), token_method()) != 1 ||
      EC_KEY_set_ex_data(made.get(), held_index(), held.get()) != 1) {
    x509::fail("OpenSSL takes no key from the token \"" + key.token + "\"");
  }
  static_cast<void>(held.release());  // the EC_KEY's now
  std::shared_ptr<EVP_PKEY> out(EVP_PKEY_new(), EVP_PKEY_free);
  if (!out || EVP_PKEY_set1_EC_KEY(out.get(), made.get()) != 1) {
    x509::fail("OpenSSL takes no key from the token \"" + key.token + "\"");
  }
  return out;
}

}  // namespace rampart::crypto
