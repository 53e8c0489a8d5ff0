// Private keys in files: PKCS#8 in PEM, unencrypted, protected by the mode of the file. For the sources of this room.
#pragma once

#include <string>

#include "base/bytes.h"
#include "crypto/x509.h"

namespace rampart::crypto {

/// PemKind is a kind of key by OpenSSL's names; `words` for people.
struct PemKind {
  int id;
  const char* type;
  const char* group;  // null: none
  const char* words;
};
inline constexpr PemKind kEd25519{EVP_PKEY_ED25519, "ED25519", nullptr, "Ed25519"};
inline constexpr PemKind kP256{EVP_PKEY_EC, "EC", "P-256", "P-256"};

/// make_pem_key makes a key and its file, mode 0600, refusing where the file exists. open_pem_key refuses a file that
/// group or others may read, and keys of another kind. Errors: throw Error.
x509::KeyPointer make_pem_key(const std::string& path, const PemKind& kind);
x509::KeyPointer open_pem_key(const std::string& path, const PemKind& kind);
/// sign_by gives the signature of `message`, its form as the kind has it; ECDSA with SHA-256. Errors: throws Error.
std::vector<uint8_t> sign_by(EVP_PKEY* key, Bytes message, const std::string& path);

}  // namespace rampart::crypto
