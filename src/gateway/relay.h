// Datagrams: a client's first one through a door makes a relay, a socket of its own towards the server, which lives
// until nothing came for a while. Each datagram is judged by itself, or with those that it is a part of. Owned by the
// gateway. Where the conduit has a gateway at each side, a relay has half of itself in each, and a link between them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "gateway/gate.h"
#include "gateway/standing.h"
#include "net/event_loop.h"
#include "net/tls.h"

namespace rampart::gateway {

class Connection;
class Gateway;
class Link;
struct Prologue;

class RelayTable {
 public:
  explicit RelayTable(Gateway& gateway);
  ~RelayTable();

  /// listen opens a socket for each door of datagrams and closes others. listen_transparent opens the one, of each
  /// family, that the kernel hands over to. Errors: throws Error, and the old ones stay.
  void listen(const std::vector<Door>& doors);
  void listen_transparent();
  std::vector<std::pair<net::Place, int>> listening() const;
  void look(TimePoint now, Duration steady);
  /// shift: the wall's clock was set by `step`.
  void shift(Duration step);
  void place_all();
  /// adopt makes the far half of a relay of what a connection over a wire said that it brings; the connection is over.
  void adopt(Connection& connection, const Door& door, const Prologue& prologue);
  void judge_peers(const net::TlsContext& context);
  const Talk* in_sequence(TimePoint now) const;
  /// stop_listening reads nothing more of clients; retire ends the relays whose client waits for no answer.
  void stop_listening();
  void retire();
  void finish();
  size_t size() const { return relays_.size(); }

 private:
  struct Listener;
  struct Relay;
  using Key = std::pair<net::Place, net::Place>;  // client, where it found us

  void ready(Listener& listener);
  void came(Listener& listener, const Door& door, const net::Place& peer, const net::Place& meant, Bytes octets);
  std::unique_ptr<Relay> make(Listener& listener, const Door& door, const net::Place& peer, const net::Place& meant);
  bool reach(Relay& relay, const Door& door);
  bool link(Relay& relay);
  bool admit(Talk& talk, const Door& door);
  void from_client(Relay& relay);
  void from_server(Relay& relay);
  void back(Relay& relay, Bytes octets);
  void take(Relay& relay, Bytes octets);
  void end(Relay& relay, std::string_view why);

  Gateway& gateway_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::map<Key, std::unique_ptr<Relay>> relays_;
  std::vector<std::unique_ptr<Relay>> buried_;
  std::vector<std::unique_ptr<Link>> buried_links_;
};

}  // namespace rampart::gateway
