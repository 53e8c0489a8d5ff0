#include "crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "crypto/x509.h"

namespace rampart::crypto {
namespace {

using ::testing::HasSubstr;

std::string file(const std::string& name) {
  const std::string path = std::string(RAMPART_SOURCE_DIR) + "/tests/data/crypto/certificates/" + name + ".pem";
  const auto bytes = read_file(path, 100'000);
  if (!bytes) throw Error("missing: " + path);
  return std::string(as_text(*bytes));
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Certificate, SaysWhatAnotherProgramWroteIntoIt) {
  const Certificate read = read_certificate(as_bytes(file("gateway")));
  EXPECT_EQ(read.subject, "gw-1");
  EXPECT_EQ(read.plant, "Water works");
  EXPECT_EQ(read.role, "operator");
  ASSERT_EQ(read.addresses.size(), 3u);
  EXPECT_EQ(to_text(read.addresses[0]), "10.1.2.3");
  EXPECT_EQ(to_text(read.addresses[1]), "fe80::1");
  EXPECT_EQ(to_text(read.addresses[2]), "10.1.2.4");
  EXPECT_EQ(read.serial, "2dab457171240e66bb14747ae879dbba3e77d86f");
  EXPECT_EQ(fingerprint_text(read), "9de9a2d3200d747e528b5a41e340851ca127eb9e5bb1f3e87559560d811873df");
  EXPECT_EQ(read.until, from_unix(2'111'041'874, 0));
  EXPECT_FALSE(read.authority);
}

TEST(Certificate, TakesWhatIsStrongEnough) {
  const Certificate authority = read_certificate(as_bytes(file("authority")));
  EXPECT_TRUE(authority.authority);
  EXPECT_EQ(authority.role, "");
  EXPECT_EQ(read_certificate(as_bytes(file("ed25519"))).subject, "plc-1");
  EXPECT_EQ(read_certificate(as_bytes(file("p384"))).subject, "plc-1");
}

TEST(Certificate, RefusesWhatIsTooWeakOrSaysTwoThings) {
  const std::pair<const char*, const char*> cases[] = {
      {"rsa-2048", "too weak"},
      {"p224", "too weak"},
      {"secp256k1", "too weak"},
      {"sha1", "signature"},
      {"two-names", "twice"},
      {"control-in-name", "control characters"},
      {"role-not-utf8string", "no UTF8String"},
      {"many-addresses", "too many"},
  };
  for (const auto& [name, expected] : cases) {
    const std::string text = file(std::string("refused-") + name);
    EXPECT_THAT(error_of([&] { read_certificate(as_bytes(text)); }), HasSubstr(expected)) << name;
  }
}

TEST(Certificate, ReadsTheSameFromDerAndRefusesOctetsAfterIt) {
  std::vector<uint8_t> der = x509::only_block(as_bytes(file("gateway")), "CERTIFICATE", kMostCertificate);
  EXPECT_EQ(read_certificate(der).serial, read_certificate(as_bytes(file("gateway"))).serial);
  der.push_back(0);
  EXPECT_THAT(error_of([&] { read_certificate(der); }), HasSubstr("malformed"));
}

// Whatever is cut or spoiled, it is read or refused, and never more than that.
TEST(Certificate, StandsSpoiledOctets) {
  const std::vector<uint8_t> der = x509::only_block(as_bytes(file("gateway")), "CERTIFICATE", kMostCertificate);
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_NE(error_of([&] { read_certificate(Bytes(der).first(size)); }), "no error") << size;
  }
  for (size_t at = 0; at < der.size(); ++at) {
    std::vector<uint8_t> spoiled = der;
    spoiled[at] ^= 0x81;
    error_of([&] { read_certificate(spoiled); });
  }
}

TEST(Certificate, ReadsAChainInItsOrder) {
  const std::string text = "words before\n" + file("gateway") + "words between\n" + file("authority");
  const std::vector<Certificate> chain = read_certificates(as_bytes(text));
  ASSERT_EQ(chain.size(), 2u);
  EXPECT_EQ(chain[0].subject, "gw-1");
  EXPECT_EQ(chain[1].subject, "authority");
  EXPECT_THAT(error_of([&] { read_certificate(as_bytes(text)); }), HasSubstr("too many"));
  EXPECT_THAT(error_of([&] { read_certificates(as_bytes("nothing")); }), HasSubstr("no certificate"));
  std::string many;
  for (size_t i = 0; i <= kMostCertificates; ++i) many += file("gateway");
  EXPECT_THAT(error_of([&] { read_certificates(as_bytes(many)); }), HasSubstr("too many"));
  const std::string broken = file("gateway").substr(0, 300);
  EXPECT_THAT(error_of([&] { read_certificates(as_bytes(broken)); }), HasSubstr("PEM is broken"));
}

}  // namespace
}  // namespace rampart::crypto
