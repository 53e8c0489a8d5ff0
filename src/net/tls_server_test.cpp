#include "net/tls_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "crypto/issuing.h"
#include "net/tls_client.h"

namespace rampart::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// Works is an authority, a server "authority" by it, and a client "plc-1".
class TlsServerTest : public ::testing::Test {
 protected:
  TlsServerTest() {
    const TimePoint now = clock_.now();
    root_key_ = crypto::make_certificate_key(folder_ / "root-key.pem");
    root_ = crypto::issue_root(issue("root", now + std::chrono::days(10)), *root_key_);
    write("root.pem", {root_});
    certify("server", now + std::chrono::days(1), "authority.example");
    certify("client", now + std::chrono::days(1), "");
    certify("late", now - std::chrono::minutes(1), "");
  }

  crypto::Issue issue(const std::string& subject, TimePoint until) const {
    crypto::Issue out;
    out.subject = subject;
    out.serial = crypto::random_serial();
    out.from = clock_.now() - std::chrono::days(2);
    out.until = until;
    return out;
  }
  void certify(const std::string& subject, TimePoint until, const std::string& host) {
    const auto key = crypto::make_certificate_key(folder_ / (subject + "-key.pem"));
    crypto::Issue what = issue(subject, until);
    what.host = host;
    write(subject + ".pem", {crypto::issue_certificate(what, key->public_key(), root_, *root_key_), root_});
  }
  void write(const std::string& name, const std::vector<std::vector<uint8_t>>& chain) const {
    std::string text;
    for (const auto& one : chain) text += crypto::pem(crypto::kPemCertificate, one);
    replace_file(folder_ / name, as_bytes(text));
  }

  /// serve runs a server, whose handler answers "NAME said TEXT" to what ends with a dot, while `work` runs.
  void serve(const std::function<void(uint16_t port)>& work, TlsServerLimits limits = {}) {
    const auto handler = [](const TlsPeer& peer, std::string_view text) -> std::optional<std::string> {
      if (!text.ends_with('.')) return std::nullopt;
      const std::string who = peer.certificate.empty() ? "nobody" : crypto::read_certificate(peer.certificate).subject;
      return who + " said " + std::string(text);
    };
    TlsServer server({*IpAddress::parse("127.0.0.1"), 0},
                     {folder_ / "server.pem", folder_ / "server-key.pem", folder_ / "root.pem"}, handler, limits);
    std::atomic<bool> over = false;
    std::thread thread([&] {
      while (!over) server.turn(milliseconds(20));
    });
    const uint16_t port = server.place().port;
    try {
      work(port);
    } catch (...) {
      over = true;
      thread.join();
      throw;
    }
    over = true;
    thread.join();
  }

  TlsSettings settings(const std::string& client = {}) const {
    TlsSettings out;
    out.ca_file = folder_ / "root.pem";
    out.name = "authority.example";
    out.most_answer = 1'000'000;
    if (client.empty()) return out;
    out.certificate_file = folder_ / (client + ".pem");
    out.key_file = folder_ / (client + "-key.pem");
    return out;
  }
  std::string ask(uint16_t port, const TlsSettings& by, const std::string& text) const {
    TlsClient client = TlsClient::connect("127.0.0.1", port, by, clock_, seconds(20));
    client.write_all(as_bytes(text), seconds(20));
    return client.read_all(seconds(20));
  }

  SystemClock clock_;
  TemporaryFolder folder_;
  std::unique_ptr<crypto::CertificateKey> root_key_;
  std::vector<uint8_t> root_;
};

TEST_F(TlsServerTest, AnswersAndSaysWhoAsked) {
  serve([&](uint16_t port) {
    EXPECT_EQ(ask(port, settings(), "a."), "nobody said a.");
    EXPECT_EQ(ask(port, settings("client"), "b."), "client said b.");
    EXPECT_EQ(ask(port, settings("late"), "c."), "late said c.");  // the handler judges its end
    const std::string much = std::string(30'000, 'x') + ".";
    EXPECT_EQ(ask(port, settings(), much), "nobody said " + much);
  });
}

TEST_F(TlsServerTest, TellsARootByItsFingerprintAlone) {
  TlsSettings pinned = settings();
  pinned.ca_file.clear();
  pinned.root = crypto::read_certificate(root_).fingerprint;
  serve([&](uint16_t port) {
    EXPECT_EQ(ask(port, pinned, "a."), "nobody said a.");
    TlsSettings other = pinned;
    (*other.root)[0] ^= 1;
    EXPECT_THAT(error_of([&] { ask(port, other, "a."); }), HasSubstr("not trusted"));
    // Another certificate below the same root is not enough.
    other = pinned;
    other.name = "elsewhere.example";
    EXPECT_THAT(error_of([&] { ask(port, other, "a."); }), HasSubstr("is not for"));
  });
  // Who only shows the root, but is not by it.
  const auto key = crypto::make_certificate_key(folder_ / "false-key.pem");
  const auto own = crypto::issue_root(issue("root", clock_.now() + std::chrono::days(1)), *key);
  crypto::Issue what = issue("server", clock_.now() + std::chrono::days(1));
  what.host = "authority.example";
  const auto served = crypto::open_certificate_key(folder_ / "server-key.pem");
  write("server.pem", {crypto::issue_certificate(what, served->public_key(), own, *key), root_});
  serve([&](uint16_t port) { EXPECT_THAT(error_of([&] { ask(port, pinned, "a."); }), HasSubstr("not trusted")); });
}

TEST_F(TlsServerTest, RefusesClientsOfAnotherAuthority) {
  const auto key = crypto::make_certificate_key(folder_ / "stranger-key.pem");
  write("stranger.pem", {crypto::issue_root(issue("client", clock_.now() + std::chrono::days(1)), *key)});
  serve([&](uint16_t port) {
    EXPECT_THAT(error_of([&] { ask(port, settings("stranger"), "a."); }), HasSubstr("TLS failed"));
    EXPECT_EQ(ask(port, settings(), "b."), "nobody said b.");
  });
}

TEST_F(TlsServerTest, EndsWhoAsksTooMuchOrTooSlowlyAndServesTheOthers) {
  TlsServerLimits limits;
  limits.connections = 2;
  limits.question_octets = 1000;
  limits.longest = milliseconds(1500);
  serve(
      [&](uint16_t port) {
        EXPECT_NE(error_of([&] { ask(port, settings(), std::string(2000, 'x')); }), "no error");
        // Two who never finish hold both places until their time is over; then the third is served.
        TlsClient slow = TlsClient::connect("127.0.0.1", port, settings(), clock_, seconds(20));
        slow.write_all(as_bytes("half"), seconds(20));
        TlsClient silent = TlsClient::connect("127.0.0.1", port, settings(), clock_, seconds(20));
        EXPECT_EQ(ask(port, settings(), "c."), "nobody said c.");
        EXPECT_NE(error_of([&] { slow.read_all(seconds(20)); }), "no error");
      },
      limits);
}

TEST_F(TlsServerTest, AnswersOfMoreThanWasWantedAreAnError) {
  serve([&](uint16_t port) {
    TlsSettings little = settings();
    little.most_answer = 5;
    EXPECT_THAT(error_of([&] { ask(port, little, "a."); }), HasSubstr("more than"));
  });
}

}  // namespace
}  // namespace rampart::net
