#include "crypto/issuing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"

namespace rampart::crypto {
namespace {

using std::chrono::days;
using ::testing::HasSubstr;
using Der = std::vector<uint8_t>;

const TimePoint kNow = from_unix(1'795'000'000, 0);

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

class Issuing : public ::testing::Test {
 protected:
  Issuing() : key_(make_certificate_key(folder_ / "key.pem")) { root_ = issue_root(issue("authority"), *key_); }

  static Issue issue(const std::string& subject) {
    Issue out;
    out.subject = subject;
    out.plant = "Water works";
    out.serial = random_serial();
    out.from = kNow - days(1);
    out.until = kNow + days(90);
    return out;
  }
  Der leaf(const Issue& what) {
    own_ = own_ ? std::move(own_) : make_certificate_key(folder_ / "own.pem");
    return issue_certificate(what, own_->public_key(), root_, *key_);
  }

  TemporaryFolder folder_;
  std::unique_ptr<CertificateKey> key_, own_;
  Der root_;
};

TEST_F(Issuing, SaysInACertificateWhatItWasToSay) {
  Issue what = issue("plc-1");
  what.role = "operator";
  what.addresses = {*IpAddress::parse("10.2.0.10"), *IpAddress::parse("fd00::1")};
  const Der made = leaf(what);
  const Certificate read = read_certificate(made);
  EXPECT_EQ(read.subject, "plc-1");
  EXPECT_EQ(read.plant, "Water works");
  EXPECT_EQ(read.role, "operator");
  EXPECT_EQ(read.addresses, what.addresses);
  EXPECT_EQ(read.from, what.from);
  EXPECT_EQ(read.until, what.until);
  EXPECT_FALSE(read.authority);
  EXPECT_EQ(read.serial.size(), 32u);
  EXPECT_TRUE(read_certificate(root_).authority);
  EXPECT_EQ(public_key_of(made), own_->public_key());
}

TEST_F(Issuing, ChecksAChainUpToTheRootAndItsTime) {
  const Der made = leaf(issue("plc-1"));
  check_chain({made}, {root_}, kNow);
  EXPECT_THAT(error_of([&] { check_chain({made}, {root_}, kNow + days(91)); }), HasSubstr("expired"));
  EXPECT_THAT(error_of([&] { check_chain({made}, {root_}, kNow - days(2)); }), HasSubstr("not yet valid"));
  EXPECT_THAT(error_of([&] { check_chain({made}, {}, kNow); }), HasSubstr("does not lead"));
  const auto other = make_certificate_key(folder_ / "other.pem");
  const Der stranger = issue_root(issue("authority"), *other);  // of the same name
  EXPECT_THAT(error_of([&] { check_chain({made}, {stranger}, kNow); }), HasSubstr("does not lead"));
  // A certificate of ours issues no other.
  const Der below = issue_certificate(issue("plc-2"), other->public_key(), made, *own_);
  EXPECT_THAT(error_of([&] { check_chain({below, made}, {root_}, kNow); }), HasSubstr("does not lead"));
}

TEST_F(Issuing, ReadsItsOwnRequestAndRefusesEverySpoiledOne) {
  const Der made = make_request("plc-1", *key_);
  const Request read = read_request(made);
  EXPECT_EQ(read.subject, "plc-1");
  EXPECT_EQ(read.public_key, key_->public_key());
  EXPECT_EQ(read_request(as_bytes(pem(kPemRequest, made))).subject, "plc-1");
  for (size_t at = 0; at < made.size(); ++at) {
    Der spoiled = made;
    spoiled[at] ^= 0x01;
    EXPECT_NE(error_of([&] { read_request(spoiled); }), "no error") << at;
  }
  EXPECT_THAT(error_of([&] { read_request(make_request("", *key_)); }), HasSubstr("names no subject"));
  EXPECT_THAT(error_of([&] { read_request(Der(kMostRequest + 1)); }), HasSubstr("too large"));
}

TEST_F(Issuing, ListsWhatIsRevokedWithItsReason) {
  RevocationList list;
  list.number = 7;
  list.made = kNow;
  list.next = kNow + days(365);
  list.revoked = {{"0a01", kNow, "key-compromise"}, {"7f00", kNow - days(1), "unspecified"}};
  const Der made = issue_list(list, root_, *key_);
  check_list(made, root_);
  const RevocationList read = read_list(as_bytes(pem(kPemList, made)));
  EXPECT_EQ(read.issuer, "Water works");
  EXPECT_EQ(read.number, 7u);
  EXPECT_EQ(read.made, list.made);
  EXPECT_EQ(read.next, list.next);
  ASSERT_EQ(read.revoked.size(), 2u);
  EXPECT_EQ(read.revoked[0].serial, "0a01");
  EXPECT_EQ(read.revoked[0].reason, "key-compromise");
  EXPECT_EQ(read.revoked[1].reason, "unspecified");
  const auto other = make_certificate_key(folder_ / "other.pem");
  EXPECT_THAT(error_of([&] { check_list(made, issue_root(issue("authority"), *other)); }), HasSubstr("not by"));
  for (size_t at = 0; at < made.size(); at += 3) {
    Der spoiled = made;
    spoiled[at] ^= 0x01;
    EXPECT_NE(error_of([&] { check_list(spoiled, root_); }), "no error") << at;
  }
}

TEST_F(Issuing, KeepsItsKeyFromOthers) {
  struct stat facts {};
  ASSERT_EQ(stat((folder_ / "key.pem").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0600u);
  EXPECT_EQ(open_certificate_key(folder_ / "key.pem")->public_key(), key_->public_key());
  EXPECT_NE(error_of([&] { make_certificate_key(folder_ / "key.pem"); }), "no error");
  ASSERT_EQ(chmod((folder_ / "key.pem").c_str(), 0640), 0);
  EXPECT_THAT(error_of([&] { open_certificate_key(folder_ / "key.pem"); }), HasSubstr("open to others"));
  make_key_file(folder_ / "ed25519.pem");
  EXPECT_THAT(error_of([&] { open_certificate_key(folder_ / "ed25519.pem"); }), HasSubstr("P-256 is needed"));
}

TEST(Serials, ArePositiveAndNeverShort) {
  for (int i = 0; i < 1000; ++i) {
    const Serial serial = random_serial();
    EXPECT_GT(serial[0], 0);
    EXPECT_LT(serial[0], 0x80);
  }
}

TEST(Reasons, AreThoseOfRfc5280) {
  EXPECT_EQ(reason_number("key-compromise"), 1);
  EXPECT_EQ(reason_number("privilege-withdrawn"), 9);
  EXPECT_EQ(reason_number("unspecified"), 0);
  for (const char* word : {"", "hold", "KEY-COMPROMISE"}) EXPECT_EQ(reason_number(word), -1) << word;
}

}  // namespace
}  // namespace rampart::crypto
