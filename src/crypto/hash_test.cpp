#include "crypto/hash.h"

#include <gtest/gtest.h>

#include <utility>

#include "base/text.h"

namespace rampart::crypto {
namespace {

template <class Digest>
std::string hex(const Digest& digest) {
  std::string out;
  append_hex(out, digest);
  return out;
}

constexpr std::string_view kTwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";

// FIPS 180-4, NIST's examples of SHA-1.
TEST(Hash, Sha1GivesThePublishedDigests) {
  EXPECT_EQ(hex(sha1({})), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(sha1(as_bytes(kTwoBlocks))), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

// FIPS 180-4, NIST's examples of SHA-256; a million "a" is the long message of FIPS 180-2.
TEST(Hash, Sha256GivesThePublishedDigests) {
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(as_bytes(kTwoBlocks))), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const std::string million(1'000'000, 'a');
  EXPECT_EQ(hex(sha256(as_bytes(million))), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Hash, PiecesGiveTheDigestOfTheWhole) {
  for (size_t cut = 0; cut <= kTwoBlocks.size(); ++cut) {
    Sha256 hash;
    hash.update(as_bytes(kTwoBlocks.substr(0, cut)));
    hash.update(as_bytes(kTwoBlocks.substr(cut)));
    EXPECT_EQ(hash.finish(), sha256(as_bytes(kTwoBlocks))) << "cut at " << cut;
  }
}

TEST(Hash, FinishBeginsAnew) {
  Sha256 hash;
  hash.update(as_bytes("something else"));
  hash.finish();
  EXPECT_EQ(hash.finish(), sha256({}));
  hash.update(as_bytes("abc"));
  EXPECT_EQ(hash.finish(), sha256(as_bytes("abc")));
}

TEST(Hash, MovingKeepsWhatWasHashedSoFar) {
  Sha256 first;
  first.update(as_bytes("ab"));
  Sha256 second(std::move(first));
  second.update(as_bytes("c"));
  EXPECT_EQ(second.finish(), sha256(as_bytes("abc")));
}

// RFC 4648 section 10.
TEST(Base64, GivesThePublishedTexts) {
  EXPECT_EQ(base64({}), "");
  EXPECT_EQ(base64(as_bytes("f")), "Zg==");
  EXPECT_EQ(base64(as_bytes("fo")), "Zm8=");
  EXPECT_EQ(base64(as_bytes("foo")), "Zm9v");
  EXPECT_EQ(base64(as_bytes("foob")), "Zm9vYg==");
  EXPECT_EQ(base64(as_bytes("fooba")), "Zm9vYmE=");
  EXPECT_EQ(base64(as_bytes("foobar")), "Zm9vYmFy");
}

TEST(Base64, UsesThePlusAndTheSlash) {
  const uint8_t octets[] = {0xfb, 0xff, 0xfe};
  EXPECT_EQ(base64(octets), "+//+");
}

}  // namespace
}  // namespace rampart::crypto
