#include "pki/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/files.h"
#include "pki/message.h"
#include "pki/testing.h"

namespace rampart::pki {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ask(Works& works, const std::string& text, const net::TlsPeer& peer = {}) {
  std::string problem;
  const auto said =
      answer(*works.authority, works.plant, peer, text, kNow, [&](const std::string& what) { problem = what; });
  return said ? *said + problem : "more";
}

TEST(Service, AnswersWholeQuestionsOnly) {
  Works works;
  const std::string whole = question_text("GET", "/crl", {}, {});
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_EQ(ask(works, whole.substr(0, size)), "more") << size;
  const std::string said = ask(works, whole);
  EXPECT_THAT(said, StartsWith("HTTP/1.1 200 OK\r\n"));
  const auto read = read_answer(said);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->body, works.authority->list(kNow));
  EXPECT_EQ(read_answer(ask(works, question_text("GET", "/authority", {}, {})))->body, works.authority->root_pem());
}

TEST(Service, RefusesWhatIsNoQuestionToIt) {
  Works works;
  const std::pair<std::string, const char*> cases[] = {
      {"\r\n\r\n", "400"},
      {"GET\r\n\r\n", "400"},
      {"GET /crl HTTP/2\r\n\r\n", "400"},
      {"GET /crl HTTP/1.1\r\nContent-Length: x\r\n\r\n", "400"},
      {"GET /crl HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", "400"},
      {"GET /crl HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"GET /crl HTTP/1.1\r\nno header\r\n\r\n", "400"},
      {"GET /crl HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "400"},
      {"GET /crl HTTP/1.1\r\n\r\nmore", "400"},
      {std::string(kMostHead, 'x'), "400"},
      {question_text("GET", "/key.pem", {}, {}), "404"},
      {question_text("GET", "/enrol", {}, {}), "405"},
      {question_text("POST", "/crl", {}, {}), "405"},
      {question_text("POST", "/enrol", {}, "x"), "401"},
      {question_text("POST", "/renew", {}, "x"), "401"},
  };
  for (const auto& [text, status] : cases) {
    EXPECT_THAT(ask(works, text), StartsWith(std::string("HTTP/1.1 ") + status)) << text;
  }
}

TEST(Service, TellsThePeerNothingOfErrorsHere) {
  Works works;
  const Party plc(works.folder / "plc.pem");
  const std::string token = works.authority->make_token(works.plant, "plc", "", std::chrono::hours(1), kNow);
  works.open();  // which has not opened the key yet
  replace_file(works.authority->path("key.pem"), as_bytes("no key"), 0600);
  const std::string request = crypto::pem(crypto::kPemRequest, plc.request("plc"));
  const std::string said = ask(works, question_text("POST", "/enrol", token, request));
  EXPECT_THAT(said, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(said, HasSubstr("the authority cannot issue now\n" + std::string("the file ")));  // the problem, for us
  EXPECT_EQ(read_answer(said.substr(0, said.find("\nthe file ") + 1))->body, "the authority cannot issue now\n");
}

/// Fixed tells a time that a test sets; deadlines run by the system's.
class Fixed final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  Duration steady() const override { return SystemClock().steady(); }
  TimePoint now_ = SystemClock().now();
};

/// Net is an authority that listens on the loopback.
class Net : public ::testing::Test {
 protected:
  Net() {
    works_.authority->service_certificate(clock_.now());
    const auto file = [&](const char* name) { return works_.authority->path(name); };
    server_.emplace(net::Place{ip("127.0.0.1"), 0},
                    net::TlsIdentity{file("service.pem"), file("service-key.pem"), file("authority.pem")},
                    [this](const net::TlsPeer& peer, std::string_view text) {
                      return answer(*works_.authority, works_.plant, peer, text, at_.load(), {});
                    });
    at_ = clock_.now();
    place_ = {"127.0.0.1", server_->place().port};
    thread_ = std::thread([this] {
      while (!over_) server_->turn(std::chrono::milliseconds(20));
    });
  }
  ~Net() override {
    over_ = true;
    thread_.join();
  }
  Ticket ticket(const std::string& subject) {
    return *parse_ticket(works_.authority->make_token(works_.plant, subject, "", std::chrono::hours(1), clock_.now()));
  }

  Fixed clock_;
  Works works_{clock_.now()};
  std::optional<net::TlsServer> server_;
  std::atomic<TimePoint> at_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
  At place_;
};

TEST_F(Net, EnrolsRenewsAndFetchesTheList) {
  const Identity identity(works_.folder / "identity");
  const crypto::Certificate first = enrol(identity, ticket("gw-1"), place_, clock_);
  EXPECT_EQ(first.subject, "gw-1");
  EXPECT_FALSE(keep_fresh(identity, place_, clock_).renewed);  // not due
  const crypto::Certificate second = renew(identity, place_, clock_);
  EXPECT_NE(second.serial, first.serial);
  EXPECT_EQ(identity.certificate()->serial, second.serial);
  EXPECT_FALSE(fetch_list(identity, place_, clock_));
  works_.authority->revoke("gw-1", "key-compromise", clock_.now());
  EXPECT_TRUE(fetch_list(identity, place_, clock_));
  EXPECT_THAT(error_of([&] { renew(identity, place_, clock_); }), HasSubstr("the certificate is revoked"));
  EXPECT_EQ(identity.certificate()->serial, second.serial);
}

TEST_F(Net, EnrolsByNoAuthorityButThatOfTheToken) {
  const Identity identity(works_.folder / "identity");
  Ticket false_one = ticket("gw-1");
  false_one.authority[0] ^= 1;
  EXPECT_THAT(error_of([&] { enrol(identity, false_one, place_, clock_); }), HasSubstr("not trusted"));
  EXPECT_FALSE(identity.certificate());
  Ticket unknown = ticket("gw-1");
  unknown.secret = random_secret();
  EXPECT_THAT(error_of([&] { enrol(identity, unknown, place_, clock_); }), HasSubstr("the token is not known here"));
}

TEST_F(Net, KeepsAnIdentityFreshOnceItIsDue) {
  const Identity identity(works_.folder / "identity");
  const crypto::Certificate first = enrol(identity, ticket("gw-1"), place_, clock_);
  clock_.now_ = first.from + (first.until - first.from) / 3 * 2;
  at_ = clock_.now_;
  const Kept kept = keep_fresh(identity, place_, clock_);
  EXPECT_EQ(kept.problem, "");
  ASSERT_TRUE(kept.renewed);
  EXPECT_GT(kept.renewed->until, first.until);
  EXPECT_THAT(keep_fresh(identity, At{"127.0.0.1", 1}, clock_).problem, HasSubstr("nobody listens"));
}

}  // namespace
}  // namespace rampart::pki
