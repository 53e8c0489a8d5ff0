#include "pki/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/files.h"
#include "pki/identity.h"
#include "pki/testing.h"
#include "pki/ticket.h"

namespace rampart::pki {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string text_of(const std::string& path) {
  const auto bytes = read_file(path, 1u << 24);
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

crypto::Certificate own_of(const std::string& bundle) { return crypto::read_certificates(as_bytes(bundle))[0]; }
std::vector<uint8_t> der_of(const std::string& bundle) { return crypto::certificates_of(as_bytes(bundle))[0]; }

class AuthorityTest : public ::testing::Test {
 protected:
  Result enrol(const std::string& token, const Party& who, const std::string& subject, const char* from = "10.9.9.9",
               TimePoint now = kNow) {
    return works_.authority->enrol(works_.plant, token, who.request(subject), ip(from), now);
  }
  Result renew(const std::string& bundle, const Party& who, const std::string& subject, TimePoint now,
               const char* from = "10.9.9.9") {
    return works_.authority->renew(works_.plant, der_of(bundle), who.request(subject), ip(from), now);
  }
  std::string token(const std::string& subject, const std::string& role = {}, Duration valid = hours(24)) {
    return works_.authority->make_token(works_.plant, subject, role, valid, kNow);
  }
  Party party(const std::string& name) { return Party(works_.folder / (name + ".pem")); }

  Works works_;
};

TEST_F(AuthorityTest, CertifiesWhoShowsATokenAsThePlantHasIt) {
  const Party gateway = party("gw");
  const Result result = enrol(token("gw-1"), gateway, "gw-1", "10.1.0.1");
  ASSERT_FALSE(result.refused) << result.text << result.problem;
  const crypto::Certificate made = own_of(result.text);
  EXPECT_EQ(made.subject, "gw-1");
  EXPECT_EQ(made.plant, "Water works");
  EXPECT_EQ(made.role, "gateway");
  EXPECT_EQ(made.addresses, (std::vector{ip("10.1.0.1"), ip("10.1.0.2")}));
  EXPECT_LE(made.until - kNow, days(90));
  const Result scada = enrol(token("scada", "engineer"), party("scada"), "scada");
  EXPECT_EQ(own_of(scada.text).role, "engineer");
  EXPECT_EQ(own_of(scada.text).addresses, (std::vector{ip("10.1.0.10"), ip("10.1.0.12")}));
  EXPECT_THAT(works_.told, ElementsAre("authority-made authority", "token-made gw-1", "issued gw-1", "token-made scada",
                                       "issued scada"));
}

TEST_F(AuthorityTest, TakesATokenOnceAndForItsSubjectAlone) {
  const std::string made = token("plc");
  EXPECT_EQ(enrol(made, party("a"), "hmi").text, "the token is for another than the request");
  const Party plc = party("plc");
  const Result first = enrol(made, plc, "plc");
  ASSERT_FALSE(first.refused) << first.text;
  EXPECT_EQ(enrol(made, party("thief"), "plc").text, "the token was used");
  // Whose answer was lost on its way asks again, and gets the same.
  EXPECT_EQ(own_of(enrol(made, plc, "plc").text).serial, own_of(first.text).serial);
  EXPECT_EQ(works_.authority->standings(kNow).size(), 1u);
}

TEST_F(AuthorityTest, RefusesTokensThatAreWrongOrLate) {
  const Party plc = party("plc");
  const std::string made = token("plc", "", hours(1));
  std::string other = made;
  other[made.size() - 70] = other[made.size() - 70] == '0' ? '1' : '0';  // in the secret
  for (const std::string& wrong : {other, std::string("rampart-pki"), std::string(), made + "0", made.substr(1)}) {
    const Result result = enrol(wrong, plc, "plc");
    EXPECT_EQ(result.refused, Refused::unknown) << wrong;
  }
  EXPECT_EQ(enrol(made, plc, "plc", "10.9.9.9", kNow + hours(1) + minutes(1)).text, "the token has expired");
  EXPECT_THAT(text_of(works_.authority->path("index")), ::testing::Not(HasSubstr(made.substr(16, 32))));
  EXPECT_THAT(works_.told, Contains("token-refused plc: the token has expired"));
}

TEST_F(AuthorityTest, RefusesARequestThatIsNoneOrOfAWeakKey) {
  const std::string made = token("plc");
  for (const std::string& request :
       {std::string(), std::string("-----BEGIN CERTIFICATE REQUEST-----\nAA==\n"), std::string(20'000, 'A')}) {
    const Result result = works_.authority->enrol(works_.plant, made, as_bytes(request), ip("10.9.9.9"), kNow);
    EXPECT_EQ(result.refused, Refused::malformed) << result.text;
  }
  EXPECT_FALSE(enrol(made, party("plc"), "plc").refused);  // the token is still good
}

// SR 1.9: an identity is one party's. From another's address it is somebody else who has it.
TEST_F(AuthorityTest, RefusesWhoComesFromTheAddressOfAnother) {
  const std::string made = token("plc");
  const Party plc = party("plc");
  EXPECT_EQ(enrol(made, plc, "plc", "10.1.0.11").text, "the token is used from the address of hmi");
  const Result first = enrol(made, plc, "plc", "10.2.0.10");
  ASSERT_FALSE(first.refused);
  EXPECT_EQ(renew(first.text, plc, "plc", kNow + days(60), "10.1.0.1").text,
            "the certificate is used from the address of gw-1");
  EXPECT_THAT(works_.told, Contains("renewal-refused plc: the certificate is used from the address of gw-1"));
}

TEST_F(AuthorityTest, CertifiesNoKeyTwice) {
  const Party shared = party("shared");
  ASSERT_FALSE(enrol(token("plc"), shared, "plc").refused);
  EXPECT_EQ(enrol(token("hmi"), shared, "hmi").text, "the key is that of another");
  EXPECT_THAT(error_of([&] { works_.authority->issue(works_.plant, shared.request("hmi"), "", days(1), kNow); }),
              HasSubstr("that of plc already"));
}

TEST_F(AuthorityTest, IssuesOnlyToWhomThePlantHasAndInItsRoles) {
  const auto issue = [&](const std::string& subject, const std::string& role) {
    const Party who = party(subject + role);
    return error_of([&] { works_.authority->issue(works_.plant, who.request(subject), role, days(30), kNow); });
  };
  EXPECT_EQ(issue("hmi", "operator"), "no error");
  EXPECT_THAT(issue("stranger", ""), HasSubstr("no asset or gateway \"stranger\""));
  EXPECT_THAT(issue("hmi", "gateway"), HasSubstr("no role that hmi may have"));
  EXPECT_THAT(issue("hmi", "director"), HasSubstr("no role that hmi may have"));
  EXPECT_THAT(issue("gw-1", "operator"), HasSubstr("is a gateway"));
  EXPECT_THAT(error_of([&] { works_.authority->make_token(works_.plant, "stranger", "", hours(1), kNow); }),
              HasSubstr("no asset or gateway"));
}

TEST_F(AuthorityTest, RenewsByTheCertificateWithTheSameLifeAndRole) {
  const Party hmi = party("hmi");
  const std::string first = works_.authority->issue(works_.plant, hmi.request("hmi"), "operator", days(30), kNow);
  EXPECT_FALSE(due(own_of(first), kNow + days(19)));
  EXPECT_TRUE(due(own_of(first), kNow + days(20)));
  const TimePoint later = kNow + days(20);
  const Result result = renew(first, hmi, "hmi", later);
  ASSERT_FALSE(result.refused) << result.text << result.problem;
  const crypto::Certificate made = own_of(result.text);
  EXPECT_EQ(made.role, "operator");
  EXPECT_EQ(made.until, later + days(30));
  EXPECT_NE(made.serial, own_of(first).serial);
  // Asked again at once it is the same; by a new key, it is too soon.
  EXPECT_EQ(own_of(renew(first, hmi, "hmi", later + minutes(1)).text).serial, made.serial);
  EXPECT_THAT(renew(first, party("new"), "hmi", later + minutes(1)).text, HasSubstr("less than an hour ago"));
  EXPECT_FALSE(renew(first, party("newer"), "hmi", later + hours(2)).refused);
  EXPECT_EQ(renew(first, hmi, "plc", later).text, "the request is for another than the certificate");
  EXPECT_EQ(works_.authority->standings(later)[0].state, State::superseded);
}

TEST_F(AuthorityTest, RenewsNothingThatIsRevokedForeignOrGoneFromThePlant) {
  const Party hmi = party("hmi");
  const std::string first = works_.authority->issue(works_.plant, hmi.request("hmi"), "operator", days(30), kNow);
  const std::string root = crypto::pem(crypto::kPemCertificate, crypto::certificates_of(as_bytes(first))[1]);
  EXPECT_EQ(renew(root, hmi, "hmi", kNow).text, "the certificate is not of this authority");
  std::string text = kPlant;
  text.replace(text.find("  operator: {may: watch}\n"), 25, "");
  const plant::Plant without = test_plant(text);
  EXPECT_THAT(works_.authority->renew(without, der_of(first), hmi.request("hmi"), ip("10.9.9.9"), kNow).text,
              HasSubstr("no such asset, gateway or role"));
  works_.authority->revoke("hmi", "key-compromise", kNow + hours(1));
  EXPECT_EQ(renew(first, hmi, "hmi", kNow + hours(2)).text, "the certificate is revoked");
}

TEST_F(AuthorityTest, GivesGraceToWhomAnEssentialFunctionNeeds) {
  const Party scada = party("scada"), hmi = party("hmi");
  const std::string needed = works_.authority->issue(works_.plant, scada.request("scada"), "", days(1), kNow);
  const std::string other = works_.authority->issue(works_.plant, hmi.request("hmi"), "", days(1), kNow);
  const TimePoint late = kNow + days(1) + hours(11);
  EXPECT_THAT(renew(other, hmi, "hmi", late).text, HasSubstr("has expired"));
  EXPECT_THAT(renew(needed, scada, "scada", late + hours(2)).text, HasSubstr("has expired"));
  EXPECT_FALSE(renew(needed, scada, "scada", late).refused);
  EXPECT_THAT(works_.told, Contains("used-in-grace scada"));
}

TEST_F(AuthorityTest, ListsEveryRevokedOneAtOnce) {
  const Party plc = party("plc");
  const std::string first = works_.authority->issue(works_.plant, plc.request("plc"), "", days(30), kNow);
  EXPECT_THAT(error_of([&] { works_.authority->revoke("hmi", "superseded", kNow); }), HasSubstr("nothing is to be"));
  EXPECT_THAT(error_of([&] { works_.authority->revoke("plc", "because", kNow); }), HasSubstr("key-compromise"));
  const std::string token_before = token("plc");
  EXPECT_THAT(works_.authority->revoke("plc", "key-compromise", kNow + minutes(1)), ElementsAre(own_of(first).serial));
  const crypto::RevocationList list = crypto::read_list(as_bytes(text_of(works_.authority->path("crl.pem"))));
  ASSERT_EQ(list.revoked.size(), 1u);
  EXPECT_EQ(list.revoked[0].serial, own_of(first).serial);
  EXPECT_EQ(list.revoked[0].reason, "key-compromise");
  // Whoever has the key may have the token too.
  EXPECT_THAT(enrol(token_before, party("again"), "plc", "10.9.9.9", kNow + minutes(2)).text,
              HasSubstr("before a certificate was revoked"));
  // Numbers rise even within a second.
  works_.authority->issue(works_.plant, plc.request("plc"), "", days(30), kNow + minutes(1));
  works_.authority->revoke("plc", "superseded", kNow + minutes(1));
  EXPECT_GT(crypto::read_list(as_bytes(works_.authority->list(kNow + minutes(1)))).number, list.number);
}

TEST_F(AuthorityTest, MakesTheListAnewWhereItIsMissingBehindOrOld) {
  const std::string file = works_.authority->path("crl.pem");
  const std::string before = text_of(file);
  EXPECT_EQ(works_.authority->list(kNow + days(100)), before);
  std::filesystem::remove(file);
  EXPECT_NE(works_.authority->list(kNow + days(100)), before);
  const Party plc = party("plc");
  works_.authority->issue(works_.plant, plc.request("plc"), "", days(30), kNow);
  const std::string behind = text_of(file);
  works_.authority->revoke("plc", "cessation", kNow + days(1));
  replace_file(file, as_bytes(behind));  // as a crash between index and list leaves it
  works_.open();
  EXPECT_EQ(crypto::read_list(as_bytes(works_.authority->list(kNow + days(1)))).revoked.size(), 1u);
  EXPECT_EQ(crypto::read_list(as_bytes(works_.authority->list(kNow + days(200)))).made, kNow + days(200));
}

TEST_F(AuthorityTest, SeesWhatAnotherProcessDid) {
  Authority second(works_.folder / "authority", works_.tell());
  const Party plc = party("plc");
  const std::string made = token("plc");
  ASSERT_FALSE(second.enrol(works_.plant, made, plc.request("plc"), ip("10.9.9.9"), kNow).refused);
  EXPECT_EQ(enrol(made, party("thief"), "plc").text, "the token was used");
  second.revoke("plc", "superseded", kNow);
  EXPECT_EQ(works_.authority->standings(kNow)[0].state, State::revoked);
}

TEST_F(AuthorityTest, CutsATornLineAndRefusesADamagedOne) {
  const Party plc = party("plc");
  works_.authority->issue(works_.plant, plc.request("plc"), "", days(30), kNow);
  const std::string file = works_.authority->path("index");
  const std::string whole = text_of(file);
  const size_t last = whole.rfind('\n', whole.size() - 2) + 1;
  for (size_t size = last; size < whole.size(); ++size) {
    replace_file(file, as_bytes(whole.substr(0, size)), 0600);
    works_.open();
    EXPECT_THAT(works_.authority->standings(kNow), IsEmpty()) << size;
    EXPECT_EQ(text_of(file), whole.substr(0, last)) << size;
  }
  for (const size_t at : {last, last + 20, whole.size() - 10}) {
    std::string damaged = whole + whole.substr(last);  // so that it is not the last line
    damaged[at] = damaged[at] == '0' ? '1' : '0';
    replace_file(file, as_bytes(damaged), 0600);
    works_.open();
    EXPECT_THAT(error_of([&] { works_.authority->standings(kNow); }), HasSubstr("index:2: the line is damaged")) << at;
  }
}

TEST_F(AuthorityTest, TellsEachAlarmOnce) {
  const Party plc = party("plc");
  works_.authority->issue(works_.plant, plc.request("plc"), "", days(60), kNow);
  works_.told.clear();
  for (int day = 0; day <= 62; ++day) works_.authority->tell_alarms(kNow + days(day) + hours(1));
  EXPECT_THAT(works_.told, ElementsAre("expires plc: less than 30 days", "expires plc: less than 7 days",
                                       "expires plc: less than 1 day", "expired plc"));
  works_.open();
  works_.told.clear();
  works_.authority->tell_alarms(kNow + days(70));
  EXPECT_THAT(works_.told, IsEmpty());
}

TEST_F(AuthorityTest, IsMadeOnlyInAnEmptyFolder) {
  EXPECT_THAT(error_of([&] { Authority::make(works_.folder / "authority", "x", {}, kNow, works_.tell()); }),
              HasSubstr("not empty"));
  EXPECT_THAT(error_of([&] { Authority(works_.folder / "nowhere", works_.tell()); }), HasSubstr("rampart pki init"));
}

TEST_F(AuthorityTest, HasACertificateForItsServiceThatNobodyElseCanHave) {
  EXPECT_TRUE(works_.authority->service_certificate(kNow));
  EXPECT_FALSE(works_.authority->service_certificate(kNow + days(1)));
  EXPECT_TRUE(works_.authority->service_certificate(kNow + days(61)));
  const std::string text = text_of(works_.authority->path("service.pem"));
  EXPECT_EQ(own_of(text).subject, kServiceName);
  EXPECT_EQ(own_of(text).addresses.size(), 0u);
  const Party thief = party("thief");
  EXPECT_EQ(works_.authority->renew(works_.plant, der_of(text), thief.request(kServiceName), ip("10.9.9.9"), kNow).text,
            "the certificate is not of this authority");
}

class IdentityTest : public AuthorityTest {
 protected:
  std::string issue(const std::string& subject) {
    return works_.authority->issue(works_.plant, as_bytes(identity_.request(subject)), "", days(30), kNow);
  }
  Fingerprint root() const { return works_.authority->root().fingerprint; }

  Identity identity_{works_.folder / "identity"};
};

TEST_F(IdentityTest, TakesABundleThatFitsItsKeyAndTheAuthorityThatWasNamed) {
  const std::string bundle = issue("gw-1");
  EXPECT_THAT(error_of([&] { identity_.install(as_bytes(bundle), {}, kNow); }), HasSubstr("which authority"));
  Fingerprint other = root();
  other[0] ^= 1;
  EXPECT_THAT(error_of([&] { identity_.install(as_bytes(bundle), other, kNow); }), HasSubstr("another authority"));
  EXPECT_FALSE(identity_.certificate());
  EXPECT_EQ(identity_.install(as_bytes(bundle), root(), kNow).subject, "gw-1");
  EXPECT_EQ(identity_.certificate()->subject, "gw-1");
  EXPECT_EQ(crypto::certificates_of(as_bytes(text_of(identity_.certificate_file()))).size(), 1u);
  EXPECT_EQ(text_of(identity_.authority_file()), works_.authority->root_pem());
  EXPECT_EQ(text_of(identity_.list_file()), works_.authority->list(kNow));
  // From here on the root is known.
  EXPECT_EQ(identity_.install(as_bytes(issue("gw-1")), {}, kNow).subject, "gw-1");
}

TEST_F(IdentityTest, RefusesWhatDoesNotFitAndKeepsWhatItHad) {
  identity_.install(as_bytes(issue("gw-1")), root(), kNow);
  const std::string before = text_of(identity_.certificate_file());
  const Identity other(works_.folder / "other");
  const std::string others = works_.authority->issue(works_.plant, as_bytes(other.request("plc")), "", days(30), kNow);
  EXPECT_THAT(error_of([&] { identity_.install(as_bytes(others), root(), kNow); }), HasSubstr("does not fit the key"));
  EXPECT_THAT(error_of([&] { identity_.install(as_bytes(issue("gw-1")), root(), kNow + days(31)); }),
              HasSubstr("expired"));
  EXPECT_THAT(error_of([&] { identity_.install(as_bytes("nothing"), root(), kNow); }), HasSubstr("no certificate"));
  Works second;
  const std::string foreign =
      second.authority->issue(second.plant, as_bytes(identity_.request("gw-1")), "", days(30), kNow);
  EXPECT_THAT(error_of([&] { identity_.install(as_bytes(foreign), {}, kNow); }), HasSubstr("than the folder trusts"));
  EXPECT_EQ(text_of(identity_.certificate_file()), before);
}

TEST_F(IdentityTest, TakesNewerListsOfItsAuthorityOnly) {
  identity_.install(as_bytes(issue("gw-1")), root(), kNow);
  const std::string first = text_of(identity_.list_file());
  EXPECT_FALSE(identity_.take_list(as_bytes(first)));
  works_.authority->issue(works_.plant, party("plc").request("plc"), "", days(30), kNow);
  works_.authority->revoke("plc", "superseded", kNow + days(1));
  EXPECT_TRUE(identity_.take_list(as_bytes(works_.authority->list(kNow + days(1)))));
  EXPECT_THAT(error_of([&] { identity_.take_list(as_bytes(first)); }), HasSubstr("older"));
  Works second;
  EXPECT_THAT(error_of([&] { identity_.take_list(as_bytes(second.authority->list(kNow + days(2)))); }),
              HasSubstr("not by an authority"));
}

TEST_F(IdentityTest, DeniesBySerialOrFingerprintOnce) {
  identity_.install(as_bytes(issue("gw-1")), root(), kNow);
  EXPECT_TRUE(identity_.deny("0A:0B", "stolen"));
  EXPECT_FALSE(identity_.deny("0a0b", ""));
  EXPECT_TRUE(identity_.deny(std::string(64, 'f'), ""));
  EXPECT_EQ(text_of(identity_.denied_file()), "0a0b  # stolen\n" + std::string(64, 'f') + "\n");
  for (const char* wrong : {"", "plc", "abc", "0x0a"}) {
    EXPECT_THAT(error_of([&] { identity_.deny(wrong, ""); }), HasSubstr("no serial number")) << wrong;
  }
}

TEST(Tickets, ReadBackWhatTheyWrite) {
  Ticket ticket{"gw-1", random_secret(), {}};
  ticket.authority.fill(0xa5);
  const auto read = parse_ticket(" " + to_text(ticket) + "\n");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, "gw-1");
  EXPECT_EQ(read->secret, ticket.secret);
  EXPECT_EQ(read->authority, ticket.authority);
  EXPECT_EQ(hash_of(*read), hash_of(ticket));
  for (const std::string& wrong : {std::string(), std::string("rampart-pki:gw-1:aa:bb"), to_text(ticket) + ":x",
                                   "x" + to_text(ticket), std::string(300, ':')}) {
    EXPECT_FALSE(parse_ticket(wrong)) << wrong;
  }
  EXPECT_TRUE(parse_fingerprint("A5" + std::string(62, '0')));
  EXPECT_FALSE(parse_fingerprint(std::string(63, '0')));
}

}  // namespace
}  // namespace rampart::pki
