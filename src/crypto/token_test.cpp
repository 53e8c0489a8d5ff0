#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <p11-kit/pkcs11.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "crypto/issuing.h"
#include "crypto/signature.h"

namespace rampart::crypto {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(TokenUri, ReadsItsPartsAndTakesThePercentsOut) {
  const TokenKey key = TokenKey::parse(
      "pkcs11:object=journal%20key;token=Werk%3b%C3%BC?pin-source=file:/run/p%69n&module-path=/usr/lib/m.so");
  EXPECT_EQ(key.token, "Werk;\xc3\xbc");
  EXPECT_EQ(key.object, "journal key");
  EXPECT_EQ(key.module, "/usr/lib/m.so");
  EXPECT_EQ(key.pin_source, "/run/pin");
  EXPECT_EQ(TokenKey::parse("pkcs11:token=a;object=b?module-path=/m&pin-source=file:///run/pin").pin_source,
            "/run/pin");
}

TEST(TokenUri, WritesWhatItReadsBack) {
  std::string odd;
  for (int c = 1; c < 256; ++c) odd += static_cast<char>(c);
  const TokenKey key{"/lib/" + odd, odd, "o" + odd, "/run/" + odd};
  const TokenKey again = TokenKey::parse(key.text());
  EXPECT_EQ(again.module, key.module);
  EXPECT_EQ(again.token, key.token);
  EXPECT_EQ(again.object, key.object);
  EXPECT_EQ(again.pin_source, key.pin_source);
  EXPECT_EQ((TokenKey{"/m.so", "t 1", "o", "/p"}).text(),
            "pkcs11:token=t%201;object=o?module-path=/m.so&pin-source=/p");
}

TEST(TokenUri, SaysWhatIsMissingOrUnknown) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "must begin with pkcs11:"},
      {"token=a", "must begin with pkcs11:"},
      {"pkcs11:", "token is missing"},
      {"pkcs11:token=a?module-path=/m&pin-source=/p", "object is missing"},
      {"pkcs11:token=a;object=?module-path=/m&pin-source=/p", "object is missing"},
      {"pkcs11:token=a;object=b?pin-source=/p", "module-path is missing"},
      {"pkcs11:token=a;object=b?module-path=/m", "pin-source is missing"},
      {"pkcs11:token=a;object=b;serial=1?module-path=/m&pin-source=/p", "unknown attribute serial"},
      {"pkcs11:token=a;object=b?module-path=/m&pin-source=/p&x=1", "unknown attribute x"},
      {"pkcs11:token=a;object=b;pin-source=/p?module-path=/m", "unknown attribute pin-source"},
      {"pkcs11:token=a;token=b;object=b?module-path=/m&pin-source=/p", "token is there twice"},
      {"pkcs11:token=a;;object=b?module-path=/m&pin-source=/p", "not of the form name=value"},
      {"pkcs11:token=a;object?module-path=/m&pin-source=/p", "not of the form name=value"},
      {"pkcs11:token=%4;object=b?module-path=/m&pin-source=/p", "two hexadecimal digits"},
      {"pkcs11:token=%zz;object=b?module-path=/m&pin-source=/p", "two hexadecimal digits"},
      {"pkcs11:token=a%00b;object=b?module-path=/m&pin-source=/p", "zero octet"},
      {"pkcs11:token=a;object=b?module-path=m.so&pin-source=/p", "whole path of the module"},
      {"pkcs11:token=a;object=b?module-path=/m&pin-source=|/bin/cat", "whole path of a file"},
      {"pkcs11:token=a;object=b?module-path=/m&pin-source=pin", "whole path of a file"},
  };
  for (const auto& [uri, expected] : cases) {
    EXPECT_THAT(error_of([&uri = uri] { TokenKey::parse(uri); }), AllOf(HasSubstr(expected), HasSubstr("The form is")))
        << uri;
  }
}

TEST(TokenUri, RefusesAPinWithoutRepeatingIt) {
  for (const char* uri : {"pkcs11:token=a;object=b?module-path=/m&pin-value=73910",
                          "pkcs11:token=a;pin-value=73910;object=b", "pkcs11:73910;token=a"}) {
    EXPECT_THAT(error_of([&] { TokenKey::parse(uri); }), AllOf(Not(HasSubstr("no error")), Not(HasSubstr("73910"))));
  }
  EXPECT_THAT(error_of([] { TokenKey::parse("pkcs11:token=a;object=b?module-path=/m&pin-value=1"); }),
              HasSubstr("pin-source"));
}

/// SoftHSM loses some octets with each key: its leaks are not ours. Nothing without a sanitizer.
extern "C" __attribute__((weak)) void __lsan_disable();
extern "C" __attribute__((weak)) void __lsan_enable();
struct LeaksOfOthers {
  LeaksOfOthers() {
    if (__lsan_disable != nullptr) __lsan_disable();
  }
  ~LeaksOfOthers() {
    if (__lsan_enable != nullptr) __lsan_enable();
  }
};

CK_FUNCTION_LIST* module() {
  const auto list = reinterpret_cast<CK_C_GetFunctionList>(dlsym(dlopen(kModule, RTLD_NOW), "C_GetFunctionList"));
  CK_FUNCTION_LIST* functions = nullptr;
  EXPECT_EQ(list(&functions), CKR_OK);
  return functions;
}
std::vector<CK_SLOT_ID> slots() {
  std::vector<CK_SLOT_ID> all(64);
  CK_ULONG count = all.size();
  EXPECT_EQ(module()->C_GetSlotList(CK_TRUE, all.data(), &count), CKR_OK);
  all.resize(count);
  return all;
}

/// A token of SoftHSM in a folder of its own, and its PIN in a file.
class SoftToken : public ::testing::Test {
 protected:
  void SetUp() override {
    if (access(kModule, R_OK) != 0) GTEST_SKIP() << "the package softhsm2 is not installed";
    replace_file(folder_ / "conf", as_bytes("directories.tokendir = " + folder_.path() + "\nlog.level = ERROR\n"));
    setenv("SOFTHSM2_CONF", (folder_ / "conf").c_str(), 1);
    key_ = {kModule, "token 1", "journal", folder_ / "pin"};
    ASSERT_TRUE(make_token(key_.token));
    write_pin("1234567\nsecond line\n");
  }
  void TearDown() override {
    if (!key_.token.empty()) module()->C_Finalize(nullptr);  // the next test has another folder
  }

  bool make_token(const std::string& label) const {
    const std::string command = "softhsm2-util --init-token --free --label '" + label +
                                "' --so-pin 7654321 --pin 1234567 > " + (folder_ / "output") + " 2>&1";
    return std::system(command.c_str()) == 0;
  }
  void write_pin(std::string_view text) const { replace_file(key_.pin_source, as_bytes(text), 0600); }

  /// lose_sessions does what pulling the token out and in again does to sessions.
  void lose_sessions() const {
    for (const CK_SLOT_ID slot : slots()) module()->C_CloseAllSessions(slot);
  }

  static constexpr std::string_view kMessage = "a checkpoint";
  LeaksOfOthers leaks_;
  TemporaryFolder folder_;
  TokenKey key_;
};

TEST_F(SoftToken, SignsWithTheKeyItMade) {
  const auto made = make_token_key(key_);
  const auto opened = open_token_key(key_);
  EXPECT_EQ(made->public_key(), opened->public_key());
  EXPECT_TRUE(verify(made->public_key(), as_bytes(kMessage), opened->sign(as_bytes(kMessage))));
  EXPECT_TRUE(verify(made->public_key(), {}, made->sign({})));
  const std::vector<uint8_t> much(1'000'000, 'x');
  EXPECT_TRUE(verify(made->public_key(), much, made->sign(much)));
}

TEST_F(SoftToken, KeepsThePrivateKeyToItself) {
  make_token_key(key_);
  const auto signer = open_token_key(key_);  // logged in meanwhile
  int found = 0;
  CK_FUNCTION_LIST* functions = module();
  for (const CK_SLOT_ID slot : slots()) {
    CK_SESSION_HANDLE session = 0;
    if (functions->C_OpenSession(slot, CKF_SERIAL_SESSION, nullptr, nullptr, &session) != CKR_OK) continue;
    CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted{CKA_CLASS, &kind, sizeof kind};
    ASSERT_EQ(functions->C_FindObjectsInit(session, &wanted, 1), CKR_OK);
    CK_OBJECT_HANDLE handle = 0;
    CK_ULONG here = 0;
    ASSERT_EQ(functions->C_FindObjects(session, &handle, 1, &here), CKR_OK);
    functions->C_FindObjectsFinal(session);
    if (here == 1) {
      ++found;
      uint8_t octets[64];
      CK_ATTRIBUTE value{CKA_VALUE, octets, sizeof octets};
      EXPECT_EQ(functions->C_GetAttributeValue(session, handle, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
      CK_BBOOL extractable = CK_TRUE, hidden = CK_FALSE, kept = CK_FALSE;
      CK_ATTRIBUTE rest[] = {{CKA_EXTRACTABLE, &extractable, 1}, {CKA_PRIVATE, &hidden, 1}, {CKA_TOKEN, &kept, 1}};
      EXPECT_EQ(functions->C_GetAttributeValue(session, handle, rest, 3), CKR_OK);
      EXPECT_FALSE(extractable);
      EXPECT_TRUE(hidden);
      EXPECT_TRUE(kept);
    }
    functions->C_CloseSession(session);
  }
  EXPECT_EQ(found, 1);
}

TEST_F(SoftToken, RefusesALabelThatIsTaken) {
  make_token_key(key_);
  EXPECT_THAT(error_of([&] { make_token_key(key_); }), HasSubstr("the label is taken"));
  TokenKey second = key_;
  second.object = "second";
  EXPECT_NE(make_token_key(second)->public_key(), open_token_key(key_)->public_key());
}

TEST_F(SoftToken, TellsAWrongPinWithoutShowingIt) {
  make_token_key(key_);
  write_pin("73910\n");
  EXPECT_THAT(error_of([&] { open_token_key(key_); }),
              AllOf(HasSubstr("CKR_PIN_INCORRECT"), HasSubstr(key_.token), HasSubstr(kModule),
                    HasSubstr(key_.pin_source), Not(HasSubstr("73910"))));
  write_pin("");
  EXPECT_THAT(error_of([&] { open_token_key(key_); }), HasSubstr("CKR_PIN"));
}

TEST_F(SoftToken, ReadsThePinFromTheFirstLineOnly) {
  make_token_key(key_);
  for (const char* text : {"1234567", "1234567\n", "1234567\r\n", "1234567\nmore"}) {
    write_pin(text);
    EXPECT_NE(open_token_key(key_), nullptr) << text;
  }
}

TEST_F(SoftToken, RefusesAPinThatEverybodyMayRead) {
  make_token_key(key_);
  ASSERT_EQ(chmod(key_.pin_source.c_str(), 0644), 0);
  EXPECT_THAT(error_of([&] { open_token_key(key_); }), HasSubstr("open to others"));
  ASSERT_EQ(chmod(key_.pin_source.c_str(), 0440), 0);
  EXPECT_NE(open_token_key(key_), nullptr);
  ASSERT_EQ(unlink(key_.pin_source.c_str()), 0);
  EXPECT_THAT(error_of([&] { open_token_key(key_); }), AllOf(HasSubstr(key_.pin_source), HasSubstr("No such file")));
}

TEST_F(SoftToken, TellsWhatIsMissing) {
  TokenKey other = key_;
  EXPECT_THAT(error_of([&] { open_token_key(key_); }), AllOf(HasSubstr("\"journal\""), HasSubstr("it is not there")));
  other.token = "nowhere";
  EXPECT_THAT(error_of([&] { open_token_key(other); }),
              AllOf(HasSubstr("\"nowhere\""), HasSubstr("no token of that name")));
  other.token = key_.token.substr(0, 3);
  EXPECT_THAT(error_of([&] { open_token_key(other); }), HasSubstr("no token of that name"));
  other.token = std::string(100, 'x');
  EXPECT_THAT(error_of([&] { open_token_key(other); }), HasSubstr("no token of that name"));
  other.module = "/nowhere/module.so";
  EXPECT_THAT(error_of([&] { open_token_key(other); }), HasSubstr("cannot load the PKCS#11 module /nowhere/module.so"));
  other.module = folder_ / "conf";
  EXPECT_THAT(error_of([&] { open_token_key(other); }), HasSubstr("cannot load"));
}

TEST_F(SoftToken, RefusesToChooseBetweenTokensOfOneName) {
  ASSERT_TRUE(make_token("twin " + key_.token));
  ASSERT_TRUE(make_token("twin " + key_.token));
  key_.token = "twin " + key_.token;
  EXPECT_THAT(error_of([&] { open_token_key(key_); }), HasSubstr("several tokens have that name"));
}

TEST_F(SoftToken, GoesOnAfterTheSessionWasLost) {
  const auto signer = make_token_key(key_);
  for (int i = 0; i < 3; ++i) {
    lose_sessions();
    EXPECT_TRUE(verify(signer->public_key(), as_bytes(kMessage), signer->sign(as_bytes(kMessage))));
  }
}

TEST_F(SoftToken, TriesARefusedPinOnlyOnce) {
  const auto signer = make_token_key(key_);
  lose_sessions();
  write_pin("73910\n");
  EXPECT_THAT(error_of([&] { signer->sign(as_bytes(kMessage)); }), HasSubstr("CKR_PIN_INCORRECT"));
  EXPECT_THAT(error_of([&] { signer->sign(as_bytes(kMessage)); }), HasSubstr("was refused before"));
  write_pin("1234567\n");
  EXPECT_NE(open_token_key(key_), nullptr);
}

// Whoever exchanges the token cannot make the journal go on under another key unseen.
TEST_F(SoftToken, RefusesAnotherKeyUnderTheSameLabel) {
  const auto signer = make_token_key(key_);
  ASSERT_EQ(std::system(("rm -r " + folder_.path() + "/*-*").c_str()), 0);  // the token
  module()->C_Finalize(nullptr);
  ASSERT_TRUE(make_token(key_.token));
  EXPECT_THAT(error_of([&] { signer->sign(as_bytes(kMessage)); }), HasSubstr("it is not there"));
  make_token_key(key_);
  EXPECT_THAT(error_of([&] { signer->sign(as_bytes(kMessage)); }), HasSubstr("another one than before"));
}

TEST_F(SoftToken, GoesOnAfterTheModuleWasFinalized) {
  const auto signer = make_token_key(key_);
  module()->C_Finalize(nullptr);
  EXPECT_TRUE(verify(signer->public_key(), as_bytes(kMessage), signer->sign(as_bytes(kMessage))));
}

TEST_F(SoftToken, TwoSignersSignAtOnce) {
  make_token_key(key_);
  TokenKey second = key_;
  second.object = "second";
  make_token_key(second);
  const auto work = [&](const TokenKey& key, int& good) {
    const LeaksOfOthers leaks;
    const auto signer = open_token_key(key);
    for (int i = 0; i < 50; ++i) {
      const std::string message = std::to_string(i);
      good += verify(signer->public_key(), as_bytes(message), signer->sign(as_bytes(message)));
    }
  };
  int good[4] = {};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&, i] { work(i % 2 == 0 ? key_ : second, good[i]); });
  for (std::thread& thread : threads) thread.join();
  for (const int count : good) EXPECT_EQ(count, 50);
}

TEST_F(SoftToken, IssuesCertificatesByAKeyOfP256) {
  const auto made = make_certificate_key(key_);
  const auto opened = open_certificate_key(key_);
  EXPECT_EQ(made->public_key(), opened->public_key());
  EXPECT_THAT(error_of([&] { make_certificate_key(key_); }), HasSubstr("the label is taken"));
  EXPECT_THAT(error_of([&] { open_token_key(key_); }), HasSubstr("it is not there"));  // no Ed25519
  const TimePoint now = from_unix(1'795'000'000, 0);
  Issue issue;
  issue.subject = "authority";
  issue.serial = random_serial();
  issue.from = now;
  issue.until = now + std::chrono::days(1);
  const std::vector<uint8_t> root = issue_root(issue, *opened);
  // Some r and s begin with a zero octet, some with a high bit: their forms differ in length.
  for (int i = 0; i < 100; ++i) {
    issue.subject = "plc-" + std::to_string(i);
    const Request request = read_request(make_request(issue.subject, *made));
    check_chain({issue_certificate(issue, request.public_key, root, *opened)}, {root}, now);
  }
  lose_sessions();
  check_chain({issue_certificate(issue, made->public_key(), root, *opened)}, {root}, now);
}

}  // namespace
}  // namespace rampart::crypto
