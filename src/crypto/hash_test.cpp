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

TEST(Hash, TaggedIsTheHashOfTheTagAndBothParts) {
  std::vector<uint8_t> octets(700);
  for (size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<uint8_t>(i * 7);
  for (const size_t size : {0u, 1u, 31u, 32u, 54u, 55u, 62u, 63u, 64u, 65u, 127u, 300u, 699u}) {
    std::vector<uint8_t> whole{0xa5};
    whole.insert(whole.end(), octets.begin(), octets.begin() + static_cast<ptrdiff_t>(size));
    const Bytes part = Bytes(octets).first(size);
    EXPECT_EQ(sha256_tagged(0xa5, part), sha256(whole)) << size;
    for (const size_t cut : {size_t{0}, size / 2, size}) {
      EXPECT_EQ(sha256_tagged(0xa5, part.first(cut), part.subspan(cut)), sha256(whole)) << size << " cut at " << cut;
    }
  }
}

// The first two trees of the tests of Certificate Transparency's reference implementation: one empty leaf; that and 00.
TEST(Hash, TaggedMakesTheTreesOfCertificateTransparency) {
  const uint8_t zero[] = {0};
  const Sha256Digest first = sha256_tagged(0, {}), second = sha256_tagged(0, zero);
  EXPECT_EQ(hex(first), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  EXPECT_EQ(hex(sha256_tagged(1, first, second)), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
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

TEST(Base64, ReadsBackWhatItWrote) {
  std::vector<uint8_t> octets;
  for (size_t size = 0; size < 300; ++size) {
    EXPECT_EQ(decode_base64(base64(octets)), octets);
    octets.push_back(static_cast<uint8_t>(size * 37));
  }
}

// Whatever is read writes itself again: no octets have a second text.
TEST(Base64, ReadsOneTextOnlyForTheSameOctets) {
  std::string text = "AA==";
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      text[1] = static_cast<char>(first);
      text[2] = static_cast<char>(second);
      if (const auto octets = decode_base64(text)) {
        EXPECT_EQ(base64(*octets), text);
      }
    }
  }
  for (const char* wrong : {"Zh==", "Zm9=", "Zm9vYh==", "AB=="}) EXPECT_EQ(decode_base64(wrong), std::nullopt) << wrong;
}

TEST(Base64, RefusesWhatIsNotPaddedOrNotOfTheAlphabet) {
  for (const char* wrong : {"Z", "Zg", "Zg=", "Zg===", "Zm9", "=", "====", "=AAA", "A===", "Zg==Zg==", "Zm9v\n",
                            "Zm 9v", "Zm-_", "Zm9v ", " Zm9v", "Zm9\xc3", "Z=g=", "\r\n\r\n", "Zg==\n\n\n\n"}) {
    EXPECT_EQ(decode_base64(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(decode_base64(std::string_view("Zm9\0", 4)), std::nullopt);
}

}  // namespace
}  // namespace rampart::crypto
