#include "crypto/hash.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/error.h"

namespace rampart::crypto {
namespace {

/// check ends the command: a hash that OpenSSL cannot make (out of memory, a provider forbids it) leaves nothing to do.
void check(int result) {
  if (result != 1) throw Error("OpenSSL could not compute a hash");
}

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// kValues gives the six bits of a character, 64 where it is none of the alphabet.
constexpr std::array<uint8_t, 256> kValues = [] {
  std::array<uint8_t, 256> values;
  values.fill(64);
  for (size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<uint8_t>(kAlphabet[i])] = static_cast<uint8_t>(i);
  return values;
}();

}  // namespace

// sha1 is called for every new flow: fetching the algorithm each time would cost three times the hash.
Sha1Digest sha1(Bytes bytes) {
  struct Kept {
    EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~Kept() {
      EVP_MD_CTX_free(context);
      EVP_MD_free(algorithm);
    }
  };
  static thread_local const Kept kept;
  Sha1Digest digest;
  check(EVP_DigestInit_ex2(kept.context, kept.algorithm, nullptr));
  check(EVP_DigestUpdate(kept.context, bytes.data(), bytes.size()));
  check(EVP_DigestFinal_ex(kept.context, digest.data(), nullptr));
  return digest;
}

Sha256Digest sha256(Bytes bytes) {
  Sha256Digest digest;
  SHA256(bytes.data(), bytes.size(), digest.data());
  return digest;
}

struct Sha256::Context {
  Context() : state(EVP_MD_CTX_new()) {
    if (state == nullptr) throw Error("OpenSSL could not compute a hash");
  }
  ~Context() { EVP_MD_CTX_free(state); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  void begin() { check(EVP_DigestInit_ex(state, EVP_sha256(), nullptr)); }

  EVP_MD_CTX* state;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) { context_->begin(); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&& other) noexcept = default;
Sha256& Sha256::operator=(Sha256&& other) noexcept = default;

void Sha256::update(Bytes bytes) { check(EVP_DigestUpdate(context_->state, bytes.data(), bytes.size())); }

Sha256Digest Sha256::finish() {
  Sha256Digest digest;
  check(EVP_DigestFinal_ex(context_->state, digest.data(), nullptr));
  context_->begin();
  return digest;
}

std::string base64(Bytes bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t there = std::min<size_t>(bytes.size() - i, 3);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < there ? bytes[i + k] : 0u);
    out += kAlphabet[group >> 18];
    out += kAlphabet[group >> 12 & 63];
    out += there > 1 ? kAlphabet[group >> 6 & 63] : '=';
    out += there > 2 ? kAlphabet[group & 63] : '=';
  }
  return out;
}

std::optional<std::vector<uint8_t>> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::vector<uint8_t> out;
  out.reserve(text.size() / 4 * 3);
  uint32_t bits = 0;
  for (size_t i = 0; i < text.size() - padding; ++i) {
    const uint8_t value = kValues[static_cast<uint8_t>(text[i])];
    if (value > 63) return std::nullopt;
    bits = bits << 6 | value;
    // The second, third and fourth character of a group complete an octet each.
    if (i % 4 != 0) out.push_back(static_cast<uint8_t>(bits >> (6 - 2 * (i % 4))));
  }
  // Bits that no octet uses must be zero, or two texts would mean the same octets.
  const uint32_t unused = padding == 2 ? 0xf : padding == 1 ? 0x3 : 0;
  if ((bits & unused) != 0) return std::nullopt;
  return out;
}

}  // namespace rampart::crypto
