#include "crypto/seal.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "base/error.h"
#include "crypto/signature.h"

namespace rampart::crypto {
namespace {

constexpr uint8_t kVersion = 1, kLeastCost = 10, kMostCost = 20;
constexpr size_t kSalt = 16, kNonce = 12, kTag = 16, kHeader = 2 + kSalt + kNonce;
static_assert(kHeader + kTag == kSealOverhead);

/// Cipher is AES-256-GCM under the key that the passphrase and the header give. The header is bound as well.
class Cipher {
 public:
  Cipher(Bytes header, std::string_view passphrase, Bytes context, bool encrypt) {
    const uint64_t cost = uint64_t{1} << header[1];
    constexpr uint64_t kBlocks = 8, kParallel = 1;
    const uint64_t memory = 128 * kBlocks * (cost + 16);
    std::array<uint8_t, 32> key{};
    const bool ready = EVP_PBE_scrypt(passphrase.data(), passphrase.size(), header.data() + 2, kSalt, cost, kBlocks,
                                      kParallel, memory, key.data(), key.size()) == 1 &&
                       context_ != nullptr &&
                       EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, key.data(),
                                         header.data() + 2 + kSalt, encrypt) == 1;
    wipe(key);
    if (!ready || !run(nullptr, header) || !run(nullptr, context)) {
      ERR_clear_error();
      throw Error("OpenSSL could not make a key from the passphrase",
                  "It takes " + std::to_string(memory >> 20) + " MiB of memory.");
    }
  }

  bool run(uint8_t* out, Bytes in) {
    int size = 0;
    return in.empty() || EVP_CipherUpdate(context_.get(), out, &size, in.data(), static_cast<int>(in.size())) == 1;
  }
  bool finish() {
    uint8_t nothing[16];
    int size = 0;
    return EVP_CipherFinal_ex(context_.get(), nothing, &size) == 1;
  }
  bool tag(int what, uint8_t* octets) {
    return EVP_CIPHER_CTX_ctrl(context_.get(), what, static_cast<int>(kTag), octets) == 1;
  }

 private:
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context_{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
};

}  // namespace

std::vector<uint8_t> seal(Bytes plain, std::string_view passphrase, Bytes context, uint8_t cost) {
  if (plain.size() > kMostSealed || cost < kLeastCost || cost > kMostCost) {
    throw Error("more is to be sealed by a passphrase than can be, or at another cost");
  }
  std::vector<uint8_t> out(kHeader + plain.size() + kTag);
  out[0] = kVersion;
  out[1] = cost;
  random(std::span(out).subspan(2, kSalt + kNonce));
  Cipher cipher(Bytes(out).first(kHeader), passphrase, context, true);
  if (!cipher.run(out.data() + kHeader, plain) || !cipher.finish() ||
      !cipher.tag(EVP_CTRL_AEAD_GET_TAG, out.data() + kHeader + plain.size())) {
    ERR_clear_error();
    throw Error("OpenSSL could not seal");
  }
  return out;
}

std::optional<std::vector<uint8_t>> unseal(Bytes sealed, std::string_view passphrase, Bytes context) {
  if (sealed.size() < kSealOverhead || sealed.size() > kMostSealed + kSealOverhead || sealed[0] != kVersion ||
      sealed[1] < kLeastCost || sealed[1] > kMostCost) {
    return std::nullopt;
  }
  std::array<uint8_t, kTag> tag;
  std::copy(sealed.end() - kTag, sealed.end(), tag.begin());
  const Bytes inside = sealed.subspan(kHeader, sealed.size() - kSealOverhead);
  std::vector<uint8_t> plain(inside.size());
  Cipher cipher(sealed.first(kHeader), passphrase, context, false);
  if (!cipher.run(plain.data(), inside) || !cipher.tag(EVP_CTRL_AEAD_SET_TAG, tag.data()) || !cipher.finish()) {
    ERR_clear_error();
    wipe(plain);
    return std::nullopt;
  }
  return plain;
}

}  // namespace rampart::crypto
