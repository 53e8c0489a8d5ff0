#include "crypto/certificate_key.h"

#include <openssl/err.h>

#include <algorithm>

#include "base/error.h"
#include "crypto/hash.h"
#include "crypto/pem_key.h"
#include "crypto/token_pair.h"

namespace rampart::crypto {
namespace {

std::vector<uint8_t> info_of(const EVP_PKEY* key, const std::string& where) {
  uint8_t* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  const std::unique_ptr<uint8_t, decltype([](uint8_t* bytes) { OPENSSL_free(bytes); })> owned(der);
  if (size <= 0) x509::fail("OpenSSL gives no public key for " + where);
  return {der, der + size};
}

class FileKey final : public CertificateKey {
 public:
  FileKey(x509::KeyPointer key, const std::string& path)
      : key_(std::move(key)), path_(path), public_key_(info_of(key_.get(), path)) {}
  const std::vector<uint8_t>& public_key() const override { return public_key_; }
  std::vector<uint8_t> sign(Bytes message) override { return sign_by(key_.get(), message, path_); }

 private:
  x509::KeyPointer key_;
  std::string path_;
  std::vector<uint8_t> public_key_;
};

/// point_info is the SubjectPublicKeyInfo of a point of P-256: RFC 5480 section 2.
std::vector<uint8_t> point_info(Bytes point) {
  std::vector<uint8_t> out = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                              0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
  out.insert(out.end(), point.begin(), point.end());
  return out;
}

/// append_integer writes 32 octets as an INTEGER: no octet more than needed, positive.
void append_integer(std::vector<uint8_t>& out, Bytes number) {
  while (number.size() > 1 && number[0] == 0) number = number.subspan(1);
  const bool high = (number[0] & 0x80) != 0;
  out.push_back(0x02);
  out.push_back(static_cast<uint8_t>(number.size() + (high ? 1 : 0)));
  if (high) out.push_back(0);
  out.insert(out.end(), number.begin(), number.end());
}

/// der_of is r and s, 32 octets each, as ECDSA-Sig-Value: RFC 3279 section 2.2.3.
std::vector<uint8_t> der_of(Bytes signature) {
  std::vector<uint8_t> out = {0x30, 0};
  append_integer(out, signature.first(32));
  append_integer(out, signature.subspan(32));
  out[1] = static_cast<uint8_t>(out.size() - 2);
  return out;
}

}  // namespace

bool signature_fits(Bytes point, Bytes digest, Bytes signature) {
  const std::vector<uint8_t> info = point_info(point);
  const std::vector<uint8_t> der = der_of(signature);
  const uint8_t* at = info.data();
  const x509::KeyPointer key(d2i_PUBKEY(nullptr, &at, static_cast<long>(info.size())));
  const std::unique_ptr<EVP_PKEY_CTX, x509::Free<EVP_PKEY_CTX_free>> context(
      key ? EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr) : nullptr);
  const bool good = context != nullptr && EVP_PKEY_verify_init(context.get()) == 1 &&
                    EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.data(), digest.size()) == 1;
  ERR_clear_error();
  return good;
}

namespace {

class TokenCertificateKey final : public CertificateKey {
 public:
  explicit TokenCertificateKey(const TokenKey& key)
      : pair_(key, PairKind::p256, signature_fits), public_key_(point_info(pair_.point())) {}
  const std::vector<uint8_t>& public_key() const override { return public_key_; }
  std::vector<uint8_t> sign(Bytes message) override { return der_of(pair_.sign(sha256(message))); }

 private:
  TokenPair pair_;
  std::vector<uint8_t> public_key_;
};

}  // namespace

std::unique_ptr<CertificateKey> make_certificate_key(const std::string& path) {
  return std::make_unique<FileKey>(make_pem_key(path, kP256), path);
}
std::unique_ptr<CertificateKey> open_certificate_key(const std::string& path) {
  return std::make_unique<FileKey>(open_pem_key(path, kP256), path);
}
std::unique_ptr<CertificateKey> open_certificate_key(const std::string& token_file, const std::string& key_file) {
  const auto token = token_key_in(token_file);
  return token ? open_certificate_key(*token) : open_certificate_key(key_file);
}
std::unique_ptr<CertificateKey> make_certificate_key(const TokenKey& key) {
  make_token_pair(key, PairKind::p256);
  return open_certificate_key(key);
}
std::unique_ptr<CertificateKey> open_certificate_key(const TokenKey& key) {
  return std::make_unique<TokenCertificateKey>(key);
}

}  // namespace rampart::crypto
