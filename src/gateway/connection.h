// One client connection and its one server connection: opened, half-closed and closed alike. Reads into a buffer of the
// gateway, forwards at once, and keeps only what the other side does not take; while it does not, nothing more is read
// from this side. Owned by the gateway, whose thread it lives in.
#pragma once

#include <optional>
#include <vector>

#include "gateway/gate.h"
#include "gateway/standing.h"
#include "net/event_loop.h"

namespace rampart::gateway {

class Gateway;

/// Totals of a gateway since it began.
struct Totals {
  uint64_t accepted = 0, not_admitted = 0, limited = 0, server_away = 0, slow = 0, resets = 0, no_room = 0;
  uint64_t octets[2]{};  // forwarded to servers, to clients
  uint64_t live = 0, half_open = 0, buffered = 0;
};

class Connection final : public Waiting, private Wire {
 public:
  enum class State : uint8_t { connecting, open, over };

  Connection(Gateway& gateway, const Door& door, net::Descriptor client, net::Descriptor server,
             const net::Place& peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// begin watches both sockets. False where the system has no room.
  bool begin(Talk&& talk);
  /// look is called now and then: gives up what waits for too long.
  void look(TimePoint now, Duration steady);
  /// resume goes on after a record was awaited.
  bool resume() override;
  /// reset ends both sides at once. `end` is a literal.
  void reset(std::string_view end);

  State state() const { return state_; }
  Talk& talk() { return talk_; }
  const Door& door() const { return door_; }
  const net::Place& peer() const { return peer_; }
  size_t place = 0;  // in the gateway's list

 private:
  /// Side is one of the two sockets. What it reads goes in direction `from`.
  struct Side final : net::Watcher {
    Side(Connection& owner, Direction direction) : connection(owner), from(direction) {}
    void ready(uint32_t events) override { connection.ready(*this, events); }

    Connection& connection;
    Direction from;
    net::Descriptor socket;
    std::vector<uint8_t> out;  // what the peer has not taken yet, from `taken` on
    size_t taken = 0;
    Duration out_since{};
    uint32_t watched = 0;
    bool read_ended = false, write_ended = false;
    bool unwatched = false;
    bool finishing = false;  // nothing more will be written once `out` is empty
    size_t waiting() const { return out.size() - taken; }
  };

  void ready(Side& side, uint32_t events);
  void connected();
  void read(Side& side);
  void read_end(Side& side);
  void write_out(Side& side);
  void finish(Side& side);
  void watch(Side& side);
  void watch_both();
  void close(std::string_view end);
  void send(Direction towards, Bytes octets) override;
  Side& side_of(Direction from) { return from == Direction::to_server ? client_ : server_; }

  Gateway& gateway_;
  const Door door_;
  const net::Place peer_;
  Side client_, server_;
  Talk talk_;
  std::optional<Gate> gate_;  // made when something comes first: connections that wait cost little
  State state_ = State::connecting;
  bool failed_ = false;  // a send failed while a message was handled
  Duration began_{};
};

}  // namespace rampart::gateway
