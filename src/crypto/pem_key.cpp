#include "crypto/pem_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/error.h"
#include "base/files.h"
#include "crypto/secret_file.h"
#include "crypto/signature.h"

namespace rampart::crypto {
namespace {

using Memory = std::unique_ptr<BIO, x509::Free<BIO_free>>;

/// no_passphrase answers OpenSSL's question for one, which else would be put to the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

bool is_of(const EVP_PKEY* key, const PemKind& kind) {
  return EVP_PKEY_get_id(key) == kind.id && (kind.id != EVP_PKEY_EC || EVP_PKEY_get_bits(key) == 256);
}

}  // namespace

x509::KeyPointer make_pem_key(const std::string& path, const PemKind& kind) {
  x509::KeyPointer key(kind.group == nullptr ? EVP_PKEY_Q_keygen(nullptr, nullptr, kind.type)
                                             : EVP_PKEY_Q_keygen(nullptr, nullptr, kind.type, kind.group));
  const Memory text(BIO_new(BIO_s_mem()));  // wiped when freed
  if (key == nullptr || text == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, no_passphrase, nullptr) != 1) {
    ERR_clear_error();
    throw Error("OpenSSL could not make a key (" + std::string(kind.words) + ") for " + path);
  }
  const char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  create_file(path, as_bytes({data, static_cast<size_t>(size)}), 0600);
  return key;
}

x509::KeyPointer open_pem_key(const std::string& path, const PemKind& kind) {
  std::vector<uint8_t> text = read_secret(path, 077);
  const bool encrypted = as_text(text).find("ENCRYPTED") != std::string_view::npos;
  const Memory memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  x509::KeyPointer key(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr) : nullptr);
  wipe(text);
  if (key == nullptr) {
    ERR_clear_error();
    if (encrypted)
      throw Error("the key " + path + " is locked by a passphrase", "openssl pkey -in FILE -out FILE2 unlocks it.");
    throw Error("the file " + path + " holds no private key in PEM", "It must begin with -----BEGIN PRIVATE KEY-----");
  }
  if (!is_of(key.get(), kind)) {
    const char* type = EVP_PKEY_get0_type_name(key.get());
    throw Error("the key " + path + " is of type " + (type != nullptr ? type : "unknown") + " where " + kind.words +
                " is needed");
  }
  return key;
}

std::vector<uint8_t> sign_by(EVP_PKEY* key, Bytes message, const std::string& path) {
  const std::unique_ptr<EVP_MD_CTX, x509::Free<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  const EVP_MD* digest = EVP_PKEY_get_id(key) == EVP_PKEY_EC ? EVP_sha256() : nullptr;
  std::vector<uint8_t> signature(static_cast<size_t>(EVP_PKEY_get_size(key)));
  size_t size = signature.size();
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    ERR_clear_error();
    throw Error("OpenSSL could not sign with the key of " + path);
  }
  signature.resize(size);
  return signature;
}

}  // namespace rampart::crypto
