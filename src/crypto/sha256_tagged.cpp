// OpenSSL calls these functions deprecated, but EVP costs 40 ns more a hash and SHA256() fetches the algorithm anew,
// 250 ns: a Merkle tree hashes twice a record.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "crypto/hash.h"

namespace rampart::crypto {

// None of them can fail: they only count and compress.
Sha256Digest sha256_tagged(uint8_t tag, Bytes first, Bytes second) {
  SHA256_CTX state;
  SHA256_Init(&state);
  SHA256_Update(&state, &tag, 1);
  SHA256_Update(&state, first.data(), first.size());
  SHA256_Update(&state, second.data(), second.size());
  Sha256Digest digest;
  SHA256_Final(digest.data(), &state);
  return digest;
}

}  // namespace rampart::crypto
