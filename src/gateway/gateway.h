// A gateway: its listeners, its connections and relays, its limits, and the plant that it judges by. All of it lives in
// the thread that calls turn(). What has to be made with rights (sockets) comes from a maker that is handed in.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/connection.h"
#include "gateway/judge.h"
#include "gateway/relay.h"
#include "gateway/serial_lines.h"
#include "gateway/standing.h"
#include "net/event_loop.h"
#include "protocols/associations.h"

namespace rampart::gateway {

class Gateway {
 public:
  /// Listens at all doors of the gateway `id`. `transparent` makes sockets that may have other hosts' addresses; it may
  /// be empty where the gateway is addressed. Sink, clock and maker must outlive it. Errors: throws Error.
  Gateway(std::shared_ptr<const policy::Policy> policy, std::string id, records::Sink& sink, const Clock& clock,
          net::SocketMaker transparent);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// turn serves whoever is ready, and waits for that at most `longest`.
  void turn(std::chrono::milliseconds longest);
  /// take goes on by another plant: listeners are opened and closed, live connections stay and their next message is
  /// judged by it. Errors: throws Error, and all is as it was before.
  void take(std::shared_ptr<const policy::Policy> policy);
  /// finish resets what is live and tells what was only counted.
  void finish();

  const std::vector<Door>& doors() const { return doors_; }
  const SerialLines& lines() const { return lines_; }
  /// candidates_changed is true once after something new was learned.
  bool candidates_changed() { return judge_.take_candidates_changed(); }
  const Totals& totals() const { return totals_; }

  // For connections and relays.
  Totals& totals() { return totals_; }
  Judge& judge() { return judge_; }
  const Judge& judge() const { return judge_; }
  net::EventLoop& loop() { return loop_; }
  /// buffer is where sockets are read into; free again when its user returns.
  std::span<uint8_t> buffer() { return buffer_; }
  protocols::Associations* associations() { return &associations_; }
  bool may_buffer(size_t octets) const { return totals_.buffered + octets <= uint64_t{limits_.buffers_mib} << 20; }
  /// gone: the connection is over; it lives until the turn ends.
  void gone(Connection& connection);
  const net::SocketMaker& maker() const { return addressed_ ? plain_ : transparent_; }
  bool addressed() const { return addressed_; }
  /// door_at is the door that clients find at `place`; null: none.
  const Door* door_at(const net::Place& place, net::Kind kind) const;
  /// talk_of begins a conversation of `peer` through `door`.
  Talk talk_of(const Door& door, const net::Place& peer);

 private:
  /// Listener accepts connections of one door, or, where the gateway is not addressed, of all.
  struct Listener final : net::Watcher {
    explicit Listener(Gateway& owner) : gateway(owner) {}
    void ready(uint32_t) override { gateway.accept(*this); }
    Gateway& gateway;
    net::Place at;
    const Door* door = nullptr;  // into doors_; null: whom the client meant says which
    net::Descriptor socket;
    bool wanted = false;
  };

  void accept(Listener& listener);
  const plant::Gateway& said() const { return gateway_of(judge_.plant(), id_); }
  net::Descriptor connect(const Door& door, const net::Place& peer);
  void tell_line(std::string_view device, bool there, std::string_view why);
  bool admit(const Door& door, net::Descriptor& client, const net::Place& peer);
  std::string_view full(const Door& door, const net::Place& peer) const;
  bool kept_from(const Door& door, const Talk& talk) const;
  void listen();
  Listener& listener_at(const net::Place& at);
  void look_after_some();
  void bury();

  net::SocketMaker plain_, transparent_;
  net::EventLoop loop_;
  records::Sink& sink_;
  Judge judge_;
  std::string id_;
  bool addressed_ = true;
  plant::GatewayLimits limits_;
  std::vector<Door> doors_;
  std::map<std::pair<net::Kind, net::Place>, size_t> door_at_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  RelayTable relays_;
  SerialLines lines_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> buried_;
  std::unordered_map<IpAddress, uint32_t> of_client_;
  std::map<net::Place, uint32_t> of_server_;
  protocols::Associations associations_;
  std::vector<uint8_t> buffer_;
  Totals totals_;
  uint64_t next_flow_ = 1;
  size_t looked_at_ = 0;
  Duration looked_{};
  bool out_of_descriptors_ = false;
};

}  // namespace rampart::gateway
