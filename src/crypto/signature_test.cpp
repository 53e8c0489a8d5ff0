#include "crypto/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"

namespace rampart::crypto {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::vector<uint8_t> from_hex(const std::string& text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; text != "-" && i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}
PublicKey key_from_hex(const std::string& text) {
  PublicKey key{};
  const std::vector<uint8_t> bytes = from_hex(text);
  std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
  return key;
}

/// rows_of reads a file of tests/data/crypto: words of each line that is no comment.
std::vector<std::vector<std::string>> rows_of(const std::string& name) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream file(RAMPART_SOURCE_DIR "/tests/data/crypto/" + name);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::vector<std::string> row;
    for (std::string word; words >> word;) row.push_back(word);
    if (!row.empty() && row[0] != "#") rows.push_back(row);
  }
  return rows;
}

void write_key(const std::string& path, int type, const std::vector<uint8_t>& secret) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_new_raw_private_key(type, nullptr, secret.data(), secret.size()), EVP_PKEY_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), BIO_free);
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  const char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  replace_file(path, as_bytes({data, static_cast<size_t>(size)}), 0600);
}

class KeyFile : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string path_ = folder_ / "key.pem";
};

TEST_F(KeyFile, SignsThePublishedVectors) {
  const auto rows = rows_of("ed25519.txt");
  ASSERT_EQ(rows.size(), 10u);
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 4u);
    write_key(path_, EVP_PKEY_ED25519, from_hex(row[0]));
    const auto signer = open_key_file(path_);
    EXPECT_EQ(signer->public_key(), key_from_hex(row[1]));
    const Signature signature = signer->sign(from_hex(row[2]));
    EXPECT_THAT(signature, ::testing::ElementsAreArray(from_hex(row[3]))) << row[1];
    EXPECT_TRUE(verify(signer->public_key(), from_hex(row[2]), signature));
  }
}

TEST(Verify, RefusesEveryTurnedBit) {
  const auto row = rows_of("ed25519.txt").at(2);
  const PublicKey key = key_from_hex(row[1]);
  std::vector<uint8_t> message = from_hex(row[2]), signature = from_hex(row[3]);
  for (size_t bit = 0; bit < signature.size() * 8; ++bit) {
    signature[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(verify(key, message, signature)) << bit;
    signature[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
  for (size_t bit = 0; bit < key.size() * 8; ++bit) {
    PublicKey other = key;
    other[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(verify(other, message, signature)) << bit;
  }
  message[0] ^= 1;
  EXPECT_FALSE(verify(key, message, signature));
}

TEST(Verify, RefusesEverySizeButOne) {
  const auto row = rows_of("ed25519.txt").at(1);
  const PublicKey key = key_from_hex(row[1]);
  const std::vector<uint8_t> message = from_hex(row[2]);
  std::vector<uint8_t> signature = from_hex(row[3]);
  EXPECT_TRUE(verify(key, message, signature));
  for (size_t size = 0; size < signature.size(); ++size) {
    EXPECT_FALSE(verify(key, message, Bytes(signature).first(size))) << size;
  }
  signature.push_back(0);
  EXPECT_FALSE(verify(key, message, signature));
}

// Two signatures of one message would make two checkpoints out of one.
TEST(Verify, RefusesWhatIsNotCanonical) {
  const auto rows = rows_of("ed25519_refused.txt");
  ASSERT_EQ(rows.size(), 19u);
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 3u);
    EXPECT_FALSE(verify(key_from_hex(row[0]), from_hex(row[1]), from_hex(row[2]))) << row[2];
  }
}

// So such keys prove nothing: a key is trusted since a person says so, never since it verifies.
TEST(Verify, TakesAnythingByTheKeyOfTheNeutralPoint) {
  PublicKey neutral{};
  neutral[0] = 1;
  Signature signature{};
  signature[0] = 1;
  EXPECT_TRUE(verify(neutral, as_bytes("anything"), signature));
}

TEST_F(KeyFile, MadeKeysOpenAgainAndAreForTheOwnerOnly) {
  const mode_t before = umask(0);
  const auto made = make_key_file(path_);
  umask(before);
  struct stat facts {};
  ASSERT_EQ(stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777u, 0600u);
  const auto opened = open_key_file(path_);
  EXPECT_EQ(made->public_key(), opened->public_key());
  EXPECT_TRUE(verify(opened->public_key(), as_bytes("message"), made->sign(as_bytes("message"))));
  EXPECT_THAT(std::string(as_text(*read_file(path_, 10'000))), StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_NE(make_key_file(folder_ / "other")->public_key(), made->public_key());
}

TEST_F(KeyFile, MakingNeverReplacesAKey) {
  const auto made = make_key_file(path_);
  EXPECT_THAT(error_of([&] { make_key_file(path_); }), AllOf(HasSubstr(path_), HasSubstr("File exists")));
  EXPECT_EQ(open_key_file(path_)->public_key(), made->public_key());
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("key.pem"));
}

TEST_F(KeyFile, RefusesAFileThatOthersMayRead) {
  make_key_file(path_);
  for (const mode_t mode : {0640u, 0604u, 0660u, 0620u, 0601u}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    EXPECT_THAT(error_of([&] { open_key_file(path_); }), HasSubstr("chmod 600 " + path_));
  }
  ASSERT_EQ(chmod(path_.c_str(), 0400), 0);
  EXPECT_NE(open_key_file(path_), nullptr);
}

TEST_F(KeyFile, OpensThroughALink) {
  const auto made = make_key_file(path_);
  ASSERT_EQ(symlink("key.pem", (folder_ / "link").c_str()), 0);
  EXPECT_EQ(open_key_file(folder_ / "link")->public_key(), made->public_key());
}

TEST_F(KeyFile, TellsWhatIsWrongWithTheFile) {
  EXPECT_THAT(error_of([&] { open_key_file(path_); }), AllOf(HasSubstr(path_), HasSubstr("No such file")));
  replace_file(path_, as_bytes("no key"), 0600);
  EXPECT_THAT(error_of([&] { open_key_file(path_); }), HasSubstr("no private key in PEM"));
  replace_file(path_, {}, 0600);
  EXPECT_THAT(error_of([&] { open_key_file(path_); }), HasSubstr("no private key in PEM"));
  replace_file(path_, std::vector<uint8_t>(100'000, 'x'), 0600);
  EXPECT_THAT(error_of([&] { open_key_file(path_); }), HasSubstr("larger than"));
  write_key(path_, EVP_PKEY_X25519, std::vector<uint8_t>(32, 7));
  EXPECT_THAT(error_of([&] { open_key_file(path_); }), AllOf(HasSubstr("of type X25519"), HasSubstr("Ed25519")));
  make_folders(folder_ / "folder");
  ASSERT_EQ(chmod((folder_ / "folder").c_str(), 0700), 0);
  EXPECT_THAT(error_of([&] { open_key_file(folder_ / "folder"); }), HasSubstr("Is a directory"));
}

// OpenSSL would ask the terminal for it.
TEST_F(KeyFile, NeverAsksForAPassphrase) {
  replace_file(path_,
               as_bytes("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                        "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
                        "-----END ENCRYPTED PRIVATE KEY-----\n"),
               0600);
  EXPECT_THAT(error_of([&] { open_key_file(path_); }), HasSubstr("locked by a passphrase"));
}

TEST(Random, GivesOtherOctetsEachTime) {
  std::array<uint8_t, 32> first{}, second{};
  random(first);
  random(second);
  EXPECT_NE(first, second);
  random({});
}

TEST(Wipe, LeavesOnlyZeros) {
  std::array<uint8_t, 5> secret{1, 2, 3, 4, 5};
  wipe(secret);
  EXPECT_EQ(secret, (std::array<uint8_t, 5>{}));
}

}  // namespace
}  // namespace rampart::crypto
