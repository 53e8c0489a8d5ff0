// Sessions that shake hands in another thread than the loop's: given back, abandoned, many at once.
#include "net/handshakes.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <thread>

#include "base/testing.h"
#include "net/tls_testing.h"

namespace rampart::net {
namespace {

using Did = TlsSession::Did;
using testing::Authority;
using testing::make_certificate;
using testing::write_identity;

/// End is one side: it asks again whenever its socket has something, as a connection does.
class End final : public Watcher, public Handshakes::User {
 public:
  End(EventLoop& loop, Handshakes& handshakes, Descriptor socket, std::unique_ptr<TlsSession> session)
      : loop_(loop), handshakes_(handshakes) {
    step_.socket = std::move(socket);
    step_.session = std::move(session);
  }
  void go_on() { errand = handshakes_.go_on(std::move(step_), *this); }
  void ready(uint32_t) override {
    loop_.remove(step_.socket.get());
    go_on();
  }
  void shaken(Handshakes::Step step) override {
    ++heard;
    errand = {};
    step_ = std::move(step);
    in_loop = in_loop && std::this_thread::get_id() == loops_;
    did = step_.did;
    if (did == Did::again) loop_.add(step_.socket.get(), step_.session->wants_write() ? EPOLLOUT : EPOLLIN, *this);
  }
  const TlsSession& session() const { return *step_.session; }

  Handshakes::Errand errand;
  Did did = Did::again;
  int heard = 0;
  bool in_loop = true;

 private:
  EventLoop& loop_;
  Handshakes& handshakes_;
  Handshakes::Step step_;
  std::thread::id loops_ = std::this_thread::get_id();
};

class HandshakesTest : public ::testing::Test {
 protected:
  HandshakesTest() {
    const Authority authority = make_certificate("Plant authority", nullptr, nullptr, 300);
    write_identity(folder_ / "gw-1", make_certificate("gw-1", "IP:10.9.0.1", &authority, 30), {}, authority);
    write_identity(folder_ / "gw-2", make_certificate("gw-2", "IP:10.9.0.2", &authority, 30), {}, authority);
    contexts_[0] = TlsContext::read(folder_ / "gw-1");
    contexts_[1] = TlsContext::read(folder_ / "gw-2");
  }
  /// pair makes both ends of a connection; the first asks.
  std::array<std::unique_ptr<End>, 2> pair() {
    int sockets[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets), 0);
    std::array<std::unique_ptr<End>, 2> ends;
    for (size_t i = 0; i < 2; ++i) {
      ends[i] =
          std::make_unique<End>(loop_, handshakes_, Descriptor(sockets[i]),
                                std::make_unique<TlsSession>(contexts_[i], sockets[i],
                                                             TlsTerms{.accepts = i == 1, .now = SystemClock().now()}));
    }
    return ends;
  }
  /// turn_until turns the loop until `over`, or for a minute where something hangs.
  template <class Over>
  void turn_until(const Over& over) {
    const Duration until = clock_.steady() + std::chrono::minutes(1);
    while (!over() && clock_.steady() < until) loop_.turn(std::chrono::milliseconds(10));
  }

  TemporaryFolder folder_;
  std::shared_ptr<const TlsContext> contexts_[2];
  SystemClock clock_;
  EventLoop loop_{clock_};
  Handshakes handshakes_{loop_};
};

TEST_F(HandshakesTest, GivesBackInTheLoopWhatItWorkedBesideIt) {
  auto ends = pair();
  for (auto& end : ends) end->go_on();
  turn_until([&] { return ends[0]->did != Did::again && ends[1]->did != Did::again; });
  for (const auto& end : ends) {
    EXPECT_EQ(end->did, Did::done);
    EXPECT_TRUE(end->in_loop);
    EXPECT_FALSE(end->errand);
  }
  EXPECT_EQ(ends[0]->session().peer().subject, "gw-2");
  EXPECT_EQ(ends[1]->session().peer().subject, "gw-1");
}

TEST_F(HandshakesTest, WorksManyAtOnce) {
  std::vector<std::array<std::unique_ptr<End>, 2>> all;
  for (int i = 0; i < 40; ++i) all.push_back(pair());
  for (auto& ends : all) {
    for (auto& end : ends) end->go_on();
  }
  const auto over = [&] {
    return std::ranges::all_of(
        all, [](const auto& ends) { return ends[0]->did != Did::again && ends[1]->did != Did::again; });
  };
  turn_until(over);
  for (const auto& ends : all) {
    EXPECT_EQ(ends[0]->did, Did::done);
    EXPECT_EQ(ends[1]->did, Did::done);
  }
}

TEST_F(HandshakesTest, WhoLetsGoHearsNothingAndTheSocketIsClosed) {
  auto ends = pair();
  ends[0]->go_on();
  ends[0]->errand = {};
  ends[1]->go_on();
  // Its peer sees the end, sooner or later; nobody else is called.
  turn_until([&] { return ends[1]->did != Did::again; });
  EXPECT_EQ(ends[1]->did, Did::failed);
  EXPECT_EQ(ends[1]->session().failure().trouble, TlsTrouble::cut);
  EXPECT_EQ(ends[0]->heard, 0);
}

TEST_F(HandshakesTest, WhatWaitsForItsTurnIsClosedAtOnceWhenItIsAbandoned) {
  // The first hangs: its socket waits, as a token may.
  std::vector<Descriptor> peers;
  struct Nobody final : Handshakes::User {
    void shaken(Handshakes::Step) override { FAIL() << "it was abandoned"; }
  } nobody;
  std::vector<Handshakes::Errand> errands;
  for (int i = 0; i < 40; ++i) {
    int sockets[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    peers.emplace_back(sockets[1]);
    auto session = std::make_unique<TlsSession>(contexts_[0], sockets[0], TlsTerms{.now = clock_.now()});
    errands.push_back(handshakes_.go_on({Descriptor(sockets[0]), std::move(session)}, nobody));
  }
  errands.clear();
  size_t closed = 0;
  for (const Descriptor& peer : peers) {
    uint8_t octet = 0;
    if (recv(peer.get(), &octet, 1, MSG_DONTWAIT) == 0) ++closed;
  }
  EXPECT_GE(closed, peers.size() - 1);
  // What hangs is closed too once it is back.
  shutdown(peers[0].get(), SHUT_WR);
  const auto is_closed = [&] {
    uint8_t octets[4096];
    while (recv(peers[0].get(), octets, sizeof octets, MSG_DONTWAIT) > 0) continue;
    return recv(peers[0].get(), octets, sizeof octets, MSG_DONTWAIT) == 0;
  };
  turn_until(is_closed);
  EXPECT_TRUE(is_closed());
}

TEST_F(HandshakesTest, EndsWithStepsOnTheirWay) {
  EventLoop loop(clock_);
  Handshakes handshakes(loop);
  std::vector<Handshakes::Errand> errands;
  struct Nobody final : Handshakes::User {
    void shaken(Handshakes::Step) override { FAIL() << "the loop never turned"; }
  } nobody;
  for (int i = 0; i < 20; ++i) {
    int sockets[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets), 0);
    const Descriptor other(sockets[1]);
    auto session = std::make_unique<TlsSession>(contexts_[0], sockets[0], TlsTerms{.now = clock_.now()});
    errands.push_back(handshakes.go_on({Descriptor(sockets[0]), std::move(session)}, nobody));
  }
}

}  // namespace
}  // namespace rampart::net
