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
#include "gateway/serial_lines.h"
#include "gateway/standing.h"
#include "protocols/associations.h"

namespace rampart::gateway {

/// ListenMaker makes a socket that listens at a place. Errors: throws Error.
using ListenMaker = std::function<net::Descriptor(const net::Place&, net::Kind)>;

class Gateway {
 public:
  /// Listens at all doors of the gateway `id`. `transparent` makes sockets that may have other hosts' addresses; it may
  /// be empty where the gateway is addressed. `handed_over` gives the listening sockets that are there already, or
  /// invalid ones. `identity` is needed where the plant has it speak TLS. Sink, clock and makers must outlive it.
  /// Errors: throws Error.
  Gateway(std::shared_ptr<const policy::Policy> policy, std::string id, records::Sink& sink, const Clock& clock,
          net::SocketMaker transparent, ListenMaker handed_over = {},
          std::shared_ptr<const net::TlsContext> identity = {});
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// turn serves whoever is ready, and waits for that at most `longest`.
  void turn(std::chrono::milliseconds longest);
  /// take goes on by another plant: listeners are opened and closed, live connections stay and their next message is
  /// judged by it. Errors: throws Error, and all is as it was before.
  void take(Successor successor);
  /// take_identity has new sessions use another identity. Live ones stay, unless it says that their peer's certificate
  /// was taken back: then they end, but for those of essential peers, which are told.
  void take_identity(std::shared_ptr<const net::TlsContext> identity);
  /// look_after_identity tells how near the end of our own certificate is; once a minute or so.
  void look_after_identity();
  /// in_sequence gives a conversation in which something that is done in steps is under way; null: there is none.
  const Talk* in_sequence() const;
  /// retire takes no new connection and no new request: who waits for no answer is let go at once, the others when they
  /// have theirs. True once nobody is left; else to be called again after a turn.
  bool retire();
  /// finish resets what is live and tells what was only counted.
  void finish();

  const std::vector<Door>& doors() const { return doors_; }
  const std::string& id() const { return id_; }
  const SerialLines& lines() const { return lines_; }
  /// candidates_changed is true once after something new was learned.
  bool candidates_changed() { return judge_.take_candidates_changed(); }
  const Totals& totals() const { return totals_; }
  // For evidence. wires: whether the wire to another gateway was up when it was used last; who is not in it, none was.
  const std::map<std::string, bool, std::less<>>& wires() const { return wires_; }
  const net::TlsContext* identity() const { return identity_.get(); }
  const std::vector<std::unique_ptr<Connection>>& connections() const { return connections_; }
  /// doors_of_peer is what clients may come by over the wire to that gateway; null: it has none.
  const std::vector<Door>* doors_of_peer(std::string_view id) const {
    const auto at = doors_of_peers_.find(id);
    return at == doors_of_peers_.end() ? nullptr : &at->second;
  }

  // For connections and relays.
  Totals& totals() { return totals_; }
  Judge& judge() { return judge_; }
  const Judge& judge() const { return judge_; }
  net::EventLoop& loop() { return loop_; }
  net::Handshakes& handshakes() { return handshakes_; }
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
  // For sides inside TLS: all in gateway_tls.cpp.
  std::unique_ptr<net::TlsSession> session(int descriptor, bool accepts, Spoken spoken) const;
  /// welcome: a client proved who it is; it is admitted and its server reached, or it is over.
  void welcome(Connection& connection);
  void welcome(Connection& connection, const Prologue& prologue);
  /// meets_peer and meets_server are false where who is there is not who should be: told, and the connection over.
  bool meets_peer(Connection& connection);
  bool meets_server(Connection& connection, const net::TlsSession& tls, std::string_view far);
  /// is_far: the session is with the gateway `far`. False: told.
  bool is_far(Talk& talk, const net::TlsSession& tls, std::string_view far);
  /// refused tells why a handshake failed. goes_on tells of a certificate that was taken back; true: it is essential.
  void refused(Talk& talk, Direction direction, const net::TlsFailure& failure);
  bool goes_on(Talk& talk, Direction direction, const crypto::Certificate& certificate, net::TlsTrouble trouble);
  void wire_up(std::string_view far, const Talk& talk);
  void wire_down(std::string_view far, Talk& talk, std::string_view words);
  /// Exit is how a server is reached: where to, from where, by which maker.
  struct Exit {
    Spoken spoken = Spoken::plain;
    std::string_view far{};
    net::Place to{};
    std::optional<net::Place> from{};
    const net::SocketMaker* maker = nullptr;
  };
  /// exit_of finds it for a client that came as `from`; nothing where there is none that the plant allows: told.
  std::optional<Exit> exit_of(const Door& door, Talk& talk, const net::Place& peer, Spoken from);
  /// door_behind is what the gateway `near` may hand over for `server`, as this one reaches it; nothing: not that.
  std::optional<Door> door_behind(std::string_view near, const net::Place& server, net::Kind kind) const;

  /// gone: the connection is over; it lives until the turn ends.
  void gone(Connection& connection);
  /// listen_at is a socket handed over to us, or made. listening gives all that it gave and that are still in use.
  net::Descriptor listen_at(const net::Place& place, net::Kind kind) const;
  std::vector<std::pair<net::Place, int>> listening(net::Kind kind) const;
  const net::SocketMaker& maker() const { return addressed_ ? plain_ : transparent_; }
  bool addressed() const { return addressed_; }
  bool retiring() const { return retiring_; }
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
    bool wire = false;           // other gateways come here
    net::Descriptor socket;
    bool wanted = false;
  };

  void accept(Listener& listener);
  const plant::Gateway& said() const { return gateway_of(judge_.plant(), id_); }
  net::Descriptor connect(const Door& door, const Exit& exit);
  void tell_line(std::string_view device, bool there, std::string_view why);
  bool admit(const Door& door, net::Descriptor& client, const net::Place& peer);
  bool greet(const Door& door, net::Descriptor& client, const net::Place& peer, Spoken spoken);
  void keep(std::unique_ptr<Connection> connection, bool counted);
  void leave(Connection& connection);
  void reach_server(Connection& connection);
  bool graced(Talk& talk, Direction direction, const net::TlsSession& tls, bool essential);
  bool is_who_it_says(Talk& talk, Direction direction, const crypto::Certificate& certificate, const IpAddress& seen);
  void wire_is(bool up, std::string_view far, const Talk& talk, std::string_view words);
  void tell_identity(std::string_view event, std::string message);
  std::string_view full(const IpAddress& client) const;
  std::string_view full(const Door& door, const Talk& talk) const;
  bool kept_from(const Door& door, const Talk& talk) const;
  void listen(const plant::Plant& plant);
  void learn_of_peers(const plant::Plant& plant);
  Listener& listener_at(const net::Place& at);
  void look_after_some();
  void resume_waiting();
  void bury();

  net::SocketMaker plain_, transparent_;
  ListenMaker handed_over_;
  net::EventLoop loop_;
  net::Handshakes handshakes_;
  Judge judge_;
  std::string id_;
  records::Sink& sink_;
  bool addressed_ = true;
  plant::GatewayLimits limits_;
  std::vector<Door> doors_;
  std::map<std::pair<net::Kind, net::Place>, size_t> door_at_;
  std::map<std::string, std::vector<Door>, std::less<>> doors_of_peers_;  // what other gateways hand over
  std::map<std::string, bool, std::less<>> wires_;                        // up, by the other gateway
  std::shared_ptr<const net::TlsContext> identity_;
  int days_told_ = 0;  // of the end of our certificate
  bool list_told_ = false;
  std::vector<std::unique_ptr<Listener>> listeners_;
  RelayTable relays_;
  SerialLines lines_;
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
  bool retiring_ = false;
};

}  // namespace rampart::gateway
