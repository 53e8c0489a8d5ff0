#include "journal/note.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"

namespace rampart::journal {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

const std::string kRoot = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
const std::string kText = "waterworks/gw-1\n20852163\n" + kRoot + "\n";

// What Go's golang.org/x/mod/sumdb/note and crypto/ed25519 make of kText with the key of RFC 8032 section 7.1 test 1.
const std::string kLogKey = "waterworks/gw-1+fce09c97+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
const std::string kLogLine =
    "— waterworks/gw-1 "
    "/OCcl/nasZ3AdFs3PNpwe2paNUPD8Oygm/soe70cgEUJ2qUNeVJhLb6Ff8tC0sc2dNiktrAj3bb3j1k/Ef9AOBvDYQY=\n";
const std::string kWitnessKey = "witness.example/w1+eb762cc2+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
const std::string kWitnessLine =
    "— witness.example/w1 "
    "63YswgAAAABkGFDL50OQW2s8NXMN+FdgtqMt2Uc8J4FRQERrvIVTAmnSe62QbnME2kZRDfasWwIK0nj+3TRajecH2X2bpV6988GUBg==\n";
constexpr sys_seconds kWitnessed{seconds(1'679'315'147)};

// The example of golang.org/x/mod/sumdb/note.
const std::string kOtherKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const std::string kOtherNote =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// KnownKey signs with the key of RFC 8032 section 7.1 test 1.
class KnownKey {
 public:
  KnownKey() {
    static constexpr uint8_t kPkcs8[] = {0x30, 0x2e, 2,    1,    0,    0x30, 5,    6,    3,    0x2b, 0x65, 0x70,
                                         4,    0x22, 4,    0x20, 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60,
                                         0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69,
                                         0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
    const std::string kind = "PRIVATE KEY-----\n";
    const std::string text = "-----BEGIN " + kind + crypto::base64(kPkcs8) + "\n-----END " + kind;
    create_file(folder_ / "key", as_bytes(text), 0600);
    signer_ = crypto::open_key_file(folder_ / "key");
  }
  crypto::Signer& operator*() const { return *signer_; }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<crypto::Signer> signer_;
};

std::string repeated(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(VerifierKey, ReadsAndWritesTheKeysOfOtherImplementations) {
  for (const std::string& text :
       {kLogKey, kWitnessKey, kOtherKey,
        std::string("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")}) {
    const auto key = VerifierKey::parse(text);
    ASSERT_TRUE(key) << text;
    EXPECT_EQ(key->text(), text);
  }
  EXPECT_EQ(VerifierKey::parse(kOtherKey)->id(), 0xc74f20a3);
  EXPECT_EQ(VerifierKey::parse(kLogKey)->type, VerifierKey::Type::note);
  EXPECT_EQ(VerifierKey::parse(kWitnessKey)->type, VerifierKey::Type::cosignature);
}

TEST(VerifierKey, RefusesWhatIsNotExactlyOne) {
  for (const std::string text : {
           "", "+", "++", "name", "name+c74f20a3", "PeterNeumann+c74f20a3+",
           "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",    // another id
           "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",    // capitals
           "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=",    // 32 octets
           "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",  // more after it
           "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
           "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
           "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  // ECDSA
       }) {
    EXPECT_FALSE(VerifierKey::parse(text)) << text;
  }
}

TEST(GoodName, HasNoSpacePlusOrControlCharacterAndIsNotTooLong) {
  EXPECT_TRUE(good_name("waterworks/gw-1"));
  EXPECT_TRUE(good_name("wasserwerk-süd.example"));
  EXPECT_TRUE(good_name(std::string(255, 'a')));
  EXPECT_FALSE(good_name(std::string(256, 'a')));
  for (const char* name : {"", "a b", "a+b", "a\nb", "a\tb", "a\u00a0b", "a\u2003b", "a\u3000b", "a\u0085b", "a\x7f",
                           "\x1b[31m", "a\u009b", "\xff", "\xc3"}) {
    EXPECT_FALSE(good_name(name)) << name;
  }
}

TEST(Note, ReadsAndVerifiesTheExampleOfAnotherImplementation) {
  const auto note = parse_note(kOtherNote);
  ASSERT_TRUE(note);
  EXPECT_EQ(format(*note), kOtherNote);
  EXPECT_TRUE(verified(*note, *VerifierKey::parse(kOtherKey)));
  EXPECT_FALSE(verified(*note, *VerifierKey::parse(kLogKey)));
}

TEST(Note, SignsAndCosignsAsAnotherImplementationDoes) {
  const KnownKey key;
  Note note{kText, {}};
  sign(note, "waterworks/gw-1", *key);
  cosign(note, "witness.example/w1", *key, kWitnessed);
  EXPECT_EQ(format(note), kText + "\n" + kLogLine + kWitnessLine);
}

TEST(Note, TakesTheTimeOfACosignatureOnlyFromOneThatVerifies) {
  const VerifierKey witness = *VerifierKey::parse(kWitnessKey);
  auto note = *parse_note(kText + "\n" + kLogLine + kWitnessLine);
  EXPECT_TRUE(verified(note, witness));
  EXPECT_EQ(cosigned_at(note, witness), kWitnessed);
  EXPECT_EQ(cosigned_at(note, *VerifierKey::parse(kLogKey)), std::nullopt);
  note.signatures[1].bytes[7] ^= 1;  // another time
  EXPECT_EQ(cosigned_at(note, witness), std::nullopt);
  EXPECT_FALSE(verified(note, witness));
  EXPECT_TRUE(verified(note, *VerifierKey::parse(kLogKey)));
}

TEST(Note, TellsTheLatestOfSeveralCosignaturesByOneWitness) {
  const KnownKey key;
  Note note{kText, {}};
  cosign(note, "w", *key, kWitnessed + seconds(5));
  cosign(note, "w", *key, kWitnessed);
  EXPECT_EQ(cosigned_at(note, {"w", VerifierKey::Type::cosignature, (*key).public_key()}), kWitnessed + seconds(5));
}

TEST(Note, ASignatureByAKnownKeyThatDoesNotVerifySpoilsTheNote) {
  const VerifierKey log = *VerifierKey::parse(kLogKey);
  auto note = *parse_note(kText + "\n" + kLogLine);
  ASSERT_TRUE(verified(note, log));
  note.signatures.push_back(note.signatures[0]);
  EXPECT_TRUE(verified(note, log));
  note.signatures[1].bytes[0] ^= 1;
  EXPECT_FALSE(verified(note, log));
  note.signatures[1].bytes.clear();
  EXPECT_FALSE(verified(note, log));
}

TEST(Note, IgnoresSignaturesByUnknownKeysEvenOfTheSameNameOrId) {
  const VerifierKey log = *VerifierKey::parse(kLogKey);
  auto note = *parse_note(kText + "\n" + kLogLine);
  NoteSignature stranger = note.signatures[0];
  stranger.id ^= 1;
  stranger.bytes[0] ^= 1;
  note.signatures.push_back(stranger);
  stranger = note.signatures[0];
  stranger.name = "other";
  stranger.bytes[0] ^= 1;
  note.signatures.push_back(stranger);
  EXPECT_TRUE(verified(note, log));
  note.signatures.erase(note.signatures.begin());
  EXPECT_FALSE(verified(note, log));
}

TEST(Note, ALogSignatureIsNoCosignatureAndTheOtherWayRound) {
  const KnownKey key;
  const crypto::PublicKey octets = (*key).public_key();
  Note note{kText, {}};
  sign(note, "same", *key);
  EXPECT_FALSE(verified(note, {"same", VerifierKey::Type::cosignature, octets}));
  note.signatures[0].id = VerifierKey{"same", VerifierKey::Type::cosignature, octets}.id();
  EXPECT_FALSE(verified(note, {"same", VerifierKey::Type::cosignature, octets}));
}

TEST(Note, ADifferentTextIsNotVerified) {
  auto note = *parse_note(kText + "\n" + kLogLine);
  note.text[16] = '3';
  EXPECT_FALSE(verified(note, *VerifierKey::parse(kLogKey)));
}

TEST(Note, TextMayHaveEmptyLines) {
  const auto note = parse_note("a\n\nb\n\n" + kLogLine);
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, "a\n\nb\n");
}

TEST(Note, RefusesWhatIsNotExactlyOne) {
  const std::string good = kText + "\n" + kLogLine;
  ASSERT_TRUE(parse_note(good + "— name AAAAAAA=\n"));
  for (const std::string& text : {
           std::string(),
           kText,
           kText + "\n",
           kText + kLogLine,                 // no empty line
           good.substr(0, good.size() - 1),  // no newline at the end
           good + "\n",                      // signatures end with an empty line
           good + "— name\n",                // no signature
           good + "— name \n",
           good + "- name AAAAAAA=\n",  // another dash
           good + "—  AAAAAAA=\n",      // no name
           good + "— a+b AAAAAAA=\n",
           good + "— name AAAAAA==\n",  // an id only
           good + "— name AAAAAAA\n",   // no padding
           good + "— name AAAAAAB=\n",  // bits that mean nothing
           good + "— name AAAA AAA=\n",
           "a\tb\n\n" + kLogLine,
           "a\r\n\n" + kLogLine,
           std::string("a\0b\n\n", 5) + kLogLine,
           "\xff\n\n" + kLogLine,
           kText + "\n" + repeated(kLogLine, 101),
           std::string(1'000'000, 'a') + "\n\n" + kLogLine,
       }) {
    EXPECT_FALSE(parse_note(text)) << text.substr(0, 200);
  }
  EXPECT_TRUE(parse_note(kText + "\n" + repeated(kLogLine, 100)));
}

TEST(Note, IsNotSignedUnderABadNameOrBefore1970) {
  const KnownKey key;
  Note note{kText, {}};
  EXPECT_THROW(sign(note, "a b", *key), Error);
  EXPECT_THROW(sign(note, "", *key), Error);
  EXPECT_THROW(cosign(note, "witness", *key, sys_seconds(seconds(-1))), Error);
  EXPECT_TRUE(note.signatures.empty());
}

TEST(Checkpoint, ReadsAndWritesTheSame) {
  const auto checkpoint = parse_checkpoint(kText + "one\ntwo words\n");
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->origin, "waterworks/gw-1");
  EXPECT_EQ(checkpoint->size, 20'852'163u);
  EXPECT_EQ(crypto::base64(checkpoint->root), kRoot);
  EXPECT_EQ(checkpoint->extensions, (std::vector<std::string>{"one", "two words"}));
  EXPECT_EQ(format(*checkpoint), kText + "one\ntwo words\n");
  EXPECT_TRUE(parse_checkpoint("a\n0\n" + kRoot + "\n"));
  EXPECT_EQ(parse_checkpoint("a\n18446744073709551615\n" + kRoot + "\n")->size, UINT64_MAX);
}

TEST(Checkpoint, RefusesWhatIsNotExactlyOne) {
  for (const std::string& text : {
           std::string(),
           std::string("a\n1\n"),
           "a\n1\n" + kRoot,                  // no newline at the end
           "a\n1\n" + kRoot + "\nextension",  // nor here
           "a\n1\n" + kRoot + "\n\n",         // an empty extension
           "\n1\n" + kRoot + "\n",            // no origin
           "a\n\n" + kRoot + "\n",
           "a\n01\n" + kRoot + "\n",
           "a\n00\n" + kRoot + "\n",
           "a\n0x1\n" + kRoot + "\n",
           "a\n+1\n" + kRoot + "\n",
           "a\n-1\n" + kRoot + "\n",
           "a\n1 \n" + kRoot + "\n",
           "a\n18446744073709551616\n" + kRoot + "\n",
           "a\n1\n" + kRoot.substr(4) + "\n",
           "a\n1\n" + kRoot + "=\n",
       }) {
    EXPECT_FALSE(parse_checkpoint(text)) << text;
  }
}

TEST(Proof, ReadsAndWritesTheSame) {
  const std::string signed_note = kText + "\n" + kLogLine;
  const std::string text =
      "c2sp.org/tlog-proof@v1\nextra cmVjb3Jk\nindex 73894\n" + kRoot + "\n" + kRoot + "\n\n" + signed_note;
  const auto proof = parse_proof(text);
  ASSERT_TRUE(proof);
  EXPECT_EQ(proof->index, 73'894u);
  EXPECT_EQ(as_text(proof->extra), "record");
  EXPECT_EQ(proof->hashes.size(), 2u);
  EXPECT_EQ(proof->checkpoint, signed_note);
  EXPECT_EQ(format(*proof), text);
  const std::string least = "c2sp.org/tlog-proof@v1\nindex 0\n\n" + signed_note;
  EXPECT_EQ(format(*parse_proof(least)), least);
}

TEST(Proof, RefusesWhatIsNotExactlyOne) {
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  const std::string end = "\n" + kText + "\n" + kLogLine;
  ASSERT_TRUE(parse_proof(head + "index 1\n" + repeated(kRoot + "\n", 64) + end));
  for (const std::string& text : {
           std::string(),
           head,
           "c2sp.org/tlog-proof@v2\nindex 1\n" + end,
           head + "index 1",
           head + "index 01\n" + end,
           head + "index\n" + end,
           head + "Index 1\n" + end,
           head + "extra \nindex 1\n" + end,
           head + "extra ????\nindex 1\n" + end,
           head + "extra AAAA\nextra AAAA\nindex 1\n" + end,
           head + "index 1\nextra AAAA\n" + end,
           head + "index 1\n" + kRoot + end.substr(1),  // no empty line
           head + "index 1\nAAAA\n" + end,
           head + "index 1\n" + repeated(kRoot + "\n", 65) + end,
           head + "index 1\n\n" + kText,  // not signed
           head + "index 1\n\nno checkpoint\n\n" + kLogLine,
           head + "extra " + std::string(2'000'000, 'A') + "\nindex 1\n" + end,
       }) {
    EXPECT_FALSE(parse_proof(text)) << text.substr(0, 200);
  }
}

TEST(WitnessRequest, ReadsAndWritesTheSame) {
  const std::string signed_note = kText + "\n" + kLogLine;
  const std::string text = "old 20852014\n" + kRoot + "\n\n" + signed_note;
  const auto request = parse_request(text);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->old_size, 20'852'014u);
  EXPECT_EQ(request->hashes.size(), 1u);
  EXPECT_EQ(request->checkpoint, signed_note);
  EXPECT_EQ(format(*request), text);
}

TEST(WitnessRequest, RefusesWhatIsNotExactlyOne) {
  const std::string end = "\n" + kText + "\n" + kLogLine;
  ASSERT_TRUE(parse_request("old 1\n" + repeated(kRoot + "\n", 63) + end));
  for (const std::string& text :
       {std::string(), "old\n" + end, "old 00\n" + end, "old  1\n" + end, "new 1\n" + end, "old 1\n" + kText,
        "old 1\n" + repeated(kRoot + "\n", 64) + end, "old 1\nAAAA\n" + end, "old 1\n" + end + "x"}) {
    EXPECT_FALSE(parse_request(text)) << text.substr(0, 200);
  }
}

}  // namespace
}  // namespace rampart::journal
