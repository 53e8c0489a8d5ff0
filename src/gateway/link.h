// The datagrams of one relay, over a wire to the conduit's other gateway: each framed and numbered, in the order in
// which they came. What the wire does not take waits in a queue; where that is full the oldest is dropped and counted.
// Owned by its relay.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "gateway/prologue.h"
#include "net/handshakes.h"

namespace rampart::gateway {

class Gateway;
struct Talk;

class Link final : public net::Watcher, private net::Handshakes::User {
 public:
  static constexpr size_t kMostQueued = 256;                // datagrams
  static constexpr size_t kMostOctets = size_t{256} << 10;  // of all that wait

  /// User takes what comes. over: nothing comes any more, and nothing goes; the link stays until its user lets it go,
  /// not before the turn ends.
  class User {
   public:
    virtual void came(Bytes datagram) = 0;
    virtual void over() = 0;

   protected:
    ~User() = default;
  };

  Link(Gateway& gateway, User& user, Talk& talk) : gateway_(gateway), user_(user), talk_(talk) {}
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// open begins the way to the gateway `far` by a socket that is on its way. take goes on with a session that the
  /// other gateway opened. False where the system has no room.
  bool open(net::Descriptor socket, std::string_view far, const Prologue& prologue);
  bool take(net::Descriptor socket, std::unique_ptr<net::TlsSession> tls);
  void send(Bytes datagram);
  /// look gives up a wire that is not there in time, or takes nothing.
  void look(Duration steady);
  void judge_peers(const net::TlsContext& context);
  void close();

 private:
  enum class State : uint8_t { socket, handshake, reply, open, over };
  void ready(uint32_t events) override;
  void reach();
  void shaken(net::Handshakes::Step step) override;
  void hear_reply();
  void read();
  void write();
  void want(uint32_t events);
  void fail(std::string_view words, bool down = true);

  Gateway& gateway_;
  User& user_;
  Talk& talk_;
  State state_ = State::socket;
  net::Descriptor socket_;
  std::unique_ptr<net::TlsSession> tls_;
  net::Handshakes::Errand errand_;  // where both are away to shake hands
  std::string far_;                 // empty: the other gateway opened it
  std::vector<uint8_t> prologue_;
  std::deque<std::vector<uint8_t>> queue_;  // whole frames; of the first, `sent_` octets are on their way
  size_t queued_ = 0, sent_ = 0;
  uint32_t number_ = 0;
  FrameReader frames_;
  uint64_t missing_ = 0;  // counted already
  uint32_t watched_ = 0;
  bool more_ = false;  // what came waits inside TLS, and the socket will not tell of it
  Duration since_{};
};

}  // namespace rampart::gateway
