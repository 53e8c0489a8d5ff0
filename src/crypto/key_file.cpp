// Ed25519 keys in files: PKCS#8 in PEM, unencrypted, protected by the mode of the file.
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/error.h"
#include "base/files.h"
#include "crypto/secret_file.h"
#include "crypto/signature.h"

namespace rampart::crypto {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

/// FileSigner holds the key in OpenSSL's memory, which wipes it.
class FileSigner final : public Signer {
 public:
  FileSigner(Key key, const std::string& path) : key_(std::move(key)), path_(path) {
    size_t size = public_key_.size();
    if (EVP_PKEY_get_raw_public_key(key_.get(), public_key_.data(), &size) != 1) {
      ERR_clear_error();
      throw Error("OpenSSL gives no public key for " + path);
    }
  }
  const PublicKey& public_key() const override { return public_key_; }

  Signature sign(Bytes message) override {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    Signature signature;
    size_t size = signature.size();
    if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
      ERR_clear_error();
      throw Error("OpenSSL could not sign with the key of " + path_);
    }
    return signature;
  }

 private:
  Key key_;
  std::string path_;
  PublicKey public_key_{};
};

/// no_passphrase answers OpenSSL's question for one, which else would be put to the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

std::unique_ptr<Signer> make_key_file(const std::string& path) {
  Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  const Memory text(BIO_new(BIO_s_mem()), BIO_free);  // wiped when freed
  if (key == nullptr || text == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, no_passphrase, nullptr) != 1) {
    ERR_clear_error();
    throw Error("OpenSSL could not make an Ed25519 key for " + path);
  }
  const char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  create_file(path, as_bytes({data, static_cast<size_t>(size)}), 0600);
  return std::make_unique<FileSigner>(std::move(key), path);
}

std::unique_ptr<Signer> open_key_file(const std::string& path) {
  std::vector<uint8_t> text = read_secret(path, 077);
  const bool encrypted = as_text(text).find("ENCRYPTED") != std::string_view::npos;
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
  Key key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr) : nullptr, EVP_PKEY_free);
  wipe(text);
  if (key == nullptr) {
    ERR_clear_error();
    if (encrypted)
      throw Error("the key " + path + " is locked by a passphrase", "openssl pkey -in FILE -out FILE2 unlocks it.");
    throw Error("the file " + path + " holds no private key in PEM", "It must begin with -----BEGIN PRIVATE KEY-----");
  }
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    const char* type = EVP_PKEY_get0_type_name(key.get());
    throw Error("the key " + path + " is of type " + (type != nullptr ? type : "unknown") + " where Ed25519 is needed");
  }
  return std::make_unique<FileSigner>(std::move(key), path);
}

}  // namespace rampart::crypto
