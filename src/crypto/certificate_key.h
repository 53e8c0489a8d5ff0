// Keys that certificates are about or signed by: ECDSA on P-256 with SHA-256 (FIPS 186-5), in a file or a PKCS#11
// token. A key is used by one thread at a time. Private keys never leave it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/signature.h"

namespace rampart::crypto {

/// CertificateKey signs. Errors: sign() throws Error where the token is gone or refuses.
class CertificateKey {
 public:
  virtual ~CertificateKey() = default;
  /// public_key is the SubjectPublicKeyInfo, DER.
  virtual const std::vector<uint8_t>& public_key() const = 0;
  /// sign gives the ECDSA-Sig-Value of SHA-256 of `message`, DER.
  virtual std::vector<uint8_t> sign(Bytes message) = 0;
};

/// make_certificate_key makes a key and its file (PKCS#8 PEM, mode 0600), refusing where it exists;
/// open_certificate_key refuses a file that group or others may read. Errors: throw Error.
std::unique_ptr<CertificateKey> make_certificate_key(const std::string& path);
std::unique_ptr<CertificateKey> open_certificate_key(const std::string& path);
/// Of a folder, `token_file` names a key in a token; where it is missing, `key_file` is the key.
std::unique_ptr<CertificateKey> open_certificate_key(const std::string& token_file, const std::string& key_file);
/// The same in a token: not extractable, refusing where the label is taken.
std::unique_ptr<CertificateKey> make_certificate_key(const TokenKey& key);
std::unique_ptr<CertificateKey> open_certificate_key(const TokenKey& key);

}  // namespace rampart::crypto
