// Ed25519 keys in files.
#include <openssl/err.h>

#include <algorithm>

#include "base/error.h"
#include "crypto/pem_key.h"
#include "crypto/signature.h"

namespace rampart::crypto {
namespace {

/// FileSigner holds the key in OpenSSL's memory, which wipes it.
class FileSigner final : public Signer {
 public:
  FileSigner(x509::KeyPointer key, const std::string& path) : key_(std::move(key)), path_(path) {
    size_t size = public_key_.size();
    if (EVP_PKEY_get_raw_public_key(key_.get(), public_key_.data(), &size) != 1) {
      ERR_clear_error();
      throw Error("OpenSSL gives no public key for " + path);
    }
  }
  const PublicKey& public_key() const override { return public_key_; }

  Signature sign(Bytes message) override {
    const std::vector<uint8_t> made = sign_by(key_.get(), message, path_);
    Signature signature{};
    if (made.size() != signature.size()) throw Error("OpenSSL signs in an unknown form with the key of " + path_);
    std::copy(made.begin(), made.end(), signature.begin());
    return signature;
  }

 private:
  x509::KeyPointer key_;
  std::string path_;
  PublicKey public_key_{};
};

}  // namespace

std::unique_ptr<Signer> make_key_file(const std::string& path) {
  return std::make_unique<FileSigner>(make_pem_key(path, kEd25519), path);
}

std::unique_ptr<Signer> open_key_file(const std::string& path) {
  return std::make_unique<FileSigner>(open_pem_key(path, kEd25519), path);
}

}  // namespace rampart::crypto
