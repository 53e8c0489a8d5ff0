// A gateway: its listeners, its connections and relays, its limits, and the plant that it judges by. All of it lives in
// the thread that calls turn(). What has to be made with rights (sockets) comes from a maker that is handed in.
#pragma once

#include <deque>
#include <functional>
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
#include "gateway/standing.h"
#include "net/event_loop.h"
#include "protocols/associations.h"

namespace rampart::gateway {

/// ListenMaker makes a socket that listens at a place. Errors: throws Error.
using ListenMaker = std::function<net::Descriptor(const net::Place&, net::Kind)>;

class Gateway {
 public:
  /// Listens at all doors of the gateway `id`. `transparent` makes sockets that may have other hosts' addresses; it may
  /// be empty where the gateway is addressed. `handed_over` gives the listening sockets that are there already, or
  /// invalid ones. Sink, clock and makers must outlive it. Errors: throws Error.
  Gateway(std::shared_ptr<const policy::Policy> policy, std::string id, records::Sink& sink, const Clock& clock,
          net::SocketMaker transparent, ListenMaker handed_over = {});
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
  /// await has `waiting` resumed each turn, and turns short, until it waits no more; forget ends that.
  void await(Waiting& waiting) { waiting_.insert(&waiting); }
  void forget(Waiting& waiting) { waiting_.erase(&waiting); }
  /// write_to has what is to be recorded first written to `ledger`, which must outlive the gateway.
  void write_to(Ledger& ledger) { judge_.write_to(ledger); }
  /// forget_values makes all values unknown: somebody else may have written others.
  void forget_values() { judge_.forget_values(); }
  /// gone: the connection is over; it lives until the turn ends.
  void gone(Connection& connection);
  /// listen_at is a socket handed over to us, or made. listening gives all that it gave and that are still in use.
  net::Descriptor listen_at(const net::Place& place, net::Kind kind) const;
  std::vector<std::pair<net::Place, int>> listening(net::Kind kind) const;
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
  bool admit(const Door& door, net::Descriptor& client, const net::Place& peer);
  std::string_view full(const Door& door, const net::Place& peer) const;
  bool kept_from(const Door& door, const Talk& talk) const;
  void listen();
  Listener& listener_at(const net::Place& at);
  void look_after_some();
  void resume_waiting();
  void bury();

  net::SocketMaker plain_, transparent_;
  ListenMaker handed_over_;
  net::EventLoop loop_;
  Judge judge_;
  std::string id_;
  bool addressed_ = true;
  plant::GatewayLimits limits_;
  std::vector<Door> doors_;
  std::map<std::pair<net::Kind, net::Place>, size_t> door_at_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  RelayTable relays_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> buried_;
  std::set<Waiting*> waiting_;  // for records; each forgets itself when it is over
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
