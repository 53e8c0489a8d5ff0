// One client connection and its one server connection: opened, half-closed and closed alike. Reads into a buffer of the
// gateway, forwards at once, and keeps only what the other side does not take; while it does not, nothing more is read
// from this side. Each side may be inside TLS, and the server's may be the other gateway of the conduit. Owned by the
// gateway, whose thread it lives in.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "gateway/gate.h"
#include "gateway/prologue.h"
#include "gateway/standing.h"
#include "net/handshakes.h"

namespace rampart::gateway {

class Gateway;

/// kGatewayEnd is the end of conversations that end with their gateway.
inline constexpr std::string_view kGatewayEnd = "gateway-end";

/// Totals of a gateway since it began.
struct Totals {
  uint64_t accepted = 0, not_admitted = 0, limited = 0, server_away = 0, slow = 0, resets = 0, no_room = 0;
  uint64_t octets[2]{};  // forwarded to servers, to clients
  uint64_t live = 0, half_open = 0, buffered = 0;
  uint64_t handshakes = 0, handshakes_failed = 0;  // TLS
  uint64_t datagrams_dropped = 0;  // for which the queue of a wire had no room, here or at its other end
};

/// Spoken is how octets go to one side.
enum class Spoken : uint8_t {
  plain,
  tls,  // Modbus/TCP Security
  wire  // TLS with the conduit's other gateway
};

class Connection final : public Waiting, private Wire {
 public:
  /// greeting: the client proves who it is. connecting: the server is not there yet.
  enum class State : uint8_t { greeting, connecting, open, over };

  /// A connection whose client still has to be greeted has no door yet where it came over a wire.
  Connection(Gateway& gateway, Spoken spoken, const Door& door, net::Descriptor client, const net::Place& peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// begin_greeting waits for the client's handshake. False where the system has no room.
  bool begin_greeting(std::unique_ptr<net::TlsSession> tls);
  /// begin connects to the server by a socket that is on its way; `far` is the gateway at its other end, where it is
  /// one. False where the system has no room.
  bool begin(net::Descriptor server, Spoken spoken, std::string_view far);
  /// look is called now and then: gives up what waits for too long.
  void look(TimePoint now, Duration steady);
  /// shift: the wall's clock was set by `step`.
  void shift(Duration step) {
    if (gate_) gate_->shift(step);
  }
  /// resume goes on after a record was awaited.
  bool resume() override;
  /// retire ends it where nothing is on its way between both sides; else nothing more is read of the client.
  void retire(std::string_view end);
  /// reset ends both sides at once; close does so after what was sent. `end` is a literal.
  void reset(std::string_view end);
  void close(std::string_view end);
  /// give_up tells a client that came over a wire why, and ends.
  void give_up(Reply reply, std::string_view end);
  /// judge_peers ends the connection where a certificate of its peers was taken back, or tells that it goes on.
  void judge_peers(const net::TlsContext& context);

  State state() const { return state_; }
  Spoken from() const { return client_.spoken; }
  Talk& talk() { return talk_; }
  const Talk& talk() const { return talk_; }
  const Door& door() const { return door_; }
  void set_door(const Door& door) { door_ = door; }
  /// peer is the client: behind a wire the one that the other gateway names.
  const net::Place& peer() const { return peer_; }
  void set_peer(const net::Place& peer) { peer_ = peer; }
  /// client_tls is the session with the client, or with the gateway that it came by; null: none, or away.
  net::TlsSession* client_tls() { return client_.tls.get(); }
  const net::TlsSession* client_tls() const { return client_.tls.get(); }
  const net::TlsSession* server_tls() const { return server_.tls.get(); }
  /// hand_over gives both away, of a client whose datagrams others carry; the connection is over then.
  std::pair<net::Descriptor, std::unique_ptr<net::TlsSession>> hand_over();
  size_t place = 0;      // in the gateway's list
  bool counted = false;  // as a session of its server

 private:
  /// Side is one of the two sockets. What it reads goes in direction `from`.
  struct Side final : net::Watcher, net::Handshakes::User {
    Side(Connection& owner, Direction direction) : connection(owner), from(direction) {}
    void ready(uint32_t events) override { connection.ready(*this, events); }
    void shaken(net::Handshakes::Step step) override { connection.shaken(*this, std::move(step)); }

    Connection& connection;
    Direction from;
    Spoken spoken = Spoken::plain;
    net::Descriptor socket;
    std::unique_ptr<net::TlsSession> tls;  // before the socket goes
    net::Handshakes::Errand errand;        // where both are away to shake hands
    std::vector<uint8_t> out;              // what the peer has not taken yet, from `taken` on
    size_t taken = 0;
    Duration out_since{};
    uint32_t watched = 0;
    bool read_ended = false, write_ended = false;
    bool unwatched = false;
    bool finishing = false;  // nothing more will be written once `out` is empty
    bool stalled = false;    // what came waits inside TLS, and no socket will tell of it
    size_t waiting() const { return out.size() - taken; }
  };
  /// Step is how far the opening of a side inside TLS has come.
  enum class Step : uint8_t { socket, handshake, prologue, reply };

  void ready(Side& side, uint32_t events);
  void greet();
  void greeted();
  void reach();
  void met();
  void shake_hands(Side& side);
  void shaken(Side& side, net::Handshakes::Step step);
  void hear_prologue();
  void hear_reply();
  void reached();
  void cannot_reach(std::string_view words);
  void open();
  void read(Side& side);
  bool read_once(Side& side);
  net::TlsSession::Moved receive(Side& side, std::span<uint8_t> buffer);
  bool may_read(const Side& side) const;
  void read_end(Side& side);
  bool put(Side& side, Bytes octets, size_t& sent);
  void write_out(Side& side);
  void finish(Side& side);
  void want(Side& side, uint32_t events);
  void watch(Side& side);
  void watch_both();
  void send(Direction towards, Bytes octets) override;
  void cut(Side& side);
  Side& side_of(Direction from) { return from == Direction::to_server ? client_ : server_; }
  const Side& side_of(Direction from) const { return from == Direction::to_server ? client_ : server_; }

  Gateway& gateway_;
  Door door_;
  net::Place peer_;
  Side client_, server_;
  Talk talk_;
  std::optional<Gate> gate_;  // made when something comes first: connections that wait cost little
  State state_ = State::connecting;
  Step step_ = Step::socket;
  bool failed_ = false;  // a send failed while a message was handled
  Duration began_{};
  std::string far_;             // the gateway at the server's side
  std::vector<uint8_t> heard_;  // of a prologue
};

}  // namespace rampart::gateway
