#include "crypto/seal.h"

#include <gtest/gtest.h>

#include <string>

namespace rampart::crypto {
namespace {

constexpr uint8_t kCheap = 10;
constexpr std::string_view kPassphrase = "correct horse battery staple", kContext = "backup of gw-1";

std::vector<uint8_t> cheap(std::string_view plain) {
  return seal(as_bytes(plain), kPassphrase, as_bytes(kContext), kCheap);
}
std::optional<std::vector<uint8_t>> open(Bytes sealed) { return unseal(sealed, kPassphrase, as_bytes(kContext)); }

TEST(Seal, GivesBackWhatWasSealed) {
  for (const size_t size : {0u, 1u, 15u, 16u, 17u, 100'000u}) {
    const std::string plain(size, 'x');
    const std::vector<uint8_t> sealed = cheap(plain);
    EXPECT_EQ(sealed.size(), size + kSealOverhead);
    const auto opened = open(sealed);
    ASSERT_TRUE(opened) << size;
    EXPECT_EQ(as_text(*opened), plain);
  }
}

TEST(Seal, NeverLooksTheSameTwiceAndShowsNothing) {
  const std::vector<uint8_t> first = cheap("a secret that must not show"),
                             second = cheap("a secret that must not show");
  EXPECT_NE(first, second);
  EXPECT_EQ(as_text(first).find("secret"), std::string_view::npos);
}

TEST(Seal, OpensOnlyByItsPassphraseAndContext) {
  const std::vector<uint8_t> sealed = cheap("plain");
  EXPECT_EQ(unseal(sealed, "correct horse battery staplf", as_bytes(kContext)), std::nullopt);
  EXPECT_EQ(unseal(sealed, "", as_bytes(kContext)), std::nullopt);
  EXPECT_EQ(unseal(sealed, kPassphrase, as_bytes("backup of gw-2")), std::nullopt);
  EXPECT_EQ(unseal(sealed, kPassphrase, {}), std::nullopt);
}

TEST(Seal, NoticesATurnedBitInEveryOctet) {
  std::vector<uint8_t> sealed = cheap("plain");
  for (size_t at = 0; at < sealed.size(); ++at) {
    const uint8_t bit = static_cast<uint8_t>(1 << at % 8);
    sealed[at] ^= bit;
    EXPECT_EQ(open(sealed), std::nullopt) << at;
    sealed[at] ^= bit;
  }
  EXPECT_TRUE(open(sealed));
}

TEST(Seal, RefusesEveryTruncationAndWhatFollows) {
  std::vector<uint8_t> sealed = cheap("plain");
  for (size_t size = 0; size < sealed.size(); ++size) EXPECT_EQ(open(Bytes(sealed).first(size)), std::nullopt) << size;
  sealed.push_back(0);
  EXPECT_EQ(open(sealed), std::nullopt);
}

// A file must not make its reader take all memory.
TEST(Seal, RefusesACostOutOfRange) {
  std::vector<uint8_t> sealed = cheap("plain");
  for (const unsigned cost : {0u, 1u, 9u, 21u, 31u, 63u, 64u, 255u}) {
    sealed[1] = static_cast<uint8_t>(cost);
    EXPECT_EQ(open(sealed), std::nullopt) << cost;
  }
}

// Made by Python's hashlib.scrypt and the AESGCM of its package cryptography from the salt 00.., the nonce 64.. and N
// 2^10; the header and the context are the associated data.
TEST(Seal, OpensWhatAnotherImplementationSealed) {
  constexpr std::string_view kSealed =
      "010a000102030405060708090a0b0c0d0e0f6465666768696a6b6c6d6e6f6c28864f330f97650b9c31586e02100a82bce087"
      "96";
  std::vector<uint8_t> sealed;
  for (size_t i = 0; i < kSealed.size(); i += 2) {
    sealed.push_back(static_cast<uint8_t>(std::stoul(std::string(kSealed.substr(i, 2)), nullptr, 16)));
  }
  const auto opened = open(sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(as_text(*opened), "plain");
}

TEST(Seal, TheCostThatBackupsHaveOpensToo) {
  const std::vector<uint8_t> sealed = seal(as_bytes("plain"), kPassphrase, as_bytes(kContext));
  EXPECT_EQ(sealed[1], 17);
  const auto opened = open(sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(as_text(*opened), "plain");
}

}  // namespace
}  // namespace rampart::crypto
