#include "gateway/relay.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "gateway/gateway.h"
#include "gateway/link.h"

namespace rampart::gateway {
namespace {

constexpr std::chrono::seconds kIdle{120};
constexpr size_t kMostRelays = 10'000;
constexpr int kReadAtOnce = 64;
// Between two tries to reach the other gateway; what comes meanwhile is dropped and counted.
constexpr std::chrono::seconds kTryAgain{1};

/// meant_of is whom a datagram that a transparent socket got was for, as the kernel says beside it.
std::optional<net::Place> meant_of(msghdr& message) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&message); control != nullptr; control = CMSG_NXTHDR(&message, control)) {
    const bool four = control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_ORIGDSTADDR;
    const bool six = control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_ORIGDSTADDR;
    if (!four && !six) continue;
    sockaddr_storage address{};
    std::memcpy(&address, CMSG_DATA(control), four ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    return net::from_socket(address);
  }
  return {};
}

}  // namespace

struct RelayTable::Listener final : net::Watcher {
  explicit Listener(RelayTable& owner) : table(owner) {}
  void ready(uint32_t) override { table.ready(*this); }
  RelayTable& table;
  net::Place at;
  std::optional<Door> door;  // none: whom the datagram was for says which
  net::Descriptor socket;
};

struct RelayTable::Relay final : net::Watcher, Waiting, Wire, Link::User {
  Relay(RelayTable& owner, const Door& through) : table(owner), door(through) {}
  void ready(uint32_t) override { table.from_server(*this); }
  void send(Direction towards, Bytes octets) override {
    // A datagram that the kernel has no room for is lost, as datagrams are.
    if (wire && (towards == Direction::to_server) != far) {
      wire->send(octets);
    } else if (towards == Direction::to_server) {
      ::send(server.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    } else if (client) {
      ::send(client.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    } else {
      sockaddr_storage address{};
      const socklen_t size = net::to_socket(peer, address);
      sendto(listener, octets.data(), octets.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
    }
    table.gateway_.totals().octets[static_cast<size_t>(towards)] += octets.size();
  }

  bool resume() override {
    if (ended || !gate) return false;
    gate->resume(table.gateway_.loop().now(), *this);
    return gate->writes_first();
  }
  // What the other gateway sent: of the server, or, in the far half, of the client.
  void came(Bytes datagram) override {
    if (far) {
      table.take(*this, datagram);
    } else {
      table.back(*this, datagram);
    }
  }
  void over() override {
    if (far) {
      table.end(*this, "closed");
    } else {
      wire_lost = table.gateway_.loop().steady();
      table.buried_links_.push_back(std::move(wire));
    }
  }

  /// FromClient: where the gateway is not addressed, the kernel gives what comes after the first datagram to the socket
  /// that answers.
  struct FromClient final : net::Watcher {
    explicit FromClient(Relay& owner) : relay(owner) {}
    void ready(uint32_t) override { relay.table.from_client(relay); }
    Relay& relay;
  };

  RelayTable& table;
  Door door;
  FromClient from_client{*this};
  net::Place peer, meant;
  net::Descriptor server;
  net::Descriptor client;  // with the server's address, where the gateway is not addressed
  int listener = -1;
  Talk talk;
  std::optional<Gate> gate;
  Duration last{};
  bool ended = false;
  bool far = false;    // the half at the server's side: its client is behind the wire
  bool wired = false;  // the half at the client's side: its server is
  std::unique_ptr<Link> wire;
  Duration wire_lost{};
};

RelayTable::RelayTable(Gateway& gateway) : gateway_(gateway) {}
RelayTable::~RelayTable() = default;

void RelayTable::listen(const std::vector<Door>& doors) {
  std::vector<std::unique_ptr<Listener>> wanted;
  for (const Door& door : doors) {
    if (door.kind != net::Kind::udp) continue;
    const auto same = std::find_if(listeners_.begin(), listeners_.end(),
                                   [&](const auto& one) { return one && one->at == door.listen; });
    auto made = std::make_unique<Listener>(*this);
    made->at = door.listen;
    made->door = door;
    if (same == listeners_.end()) made->socket = gateway_.listen_at(door.listen, net::Kind::udp);
    wanted.push_back(std::move(made));
  }
  // From here on nothing fails: sockets of doors that stay go over.
  for (auto& listener : wanted) {
    if (!listener->socket) {
      for (auto& old : listeners_) {
        if (!old->socket || old->at != listener->at) continue;
        gateway_.loop().remove(old->socket.get());
        listener->socket = std::move(old->socket);
      }
    }
    gateway_.loop().add(listener->socket.get(), EPOLLIN, *listener);
  }
  for (auto& old : listeners_) {
    if (!old->socket) continue;
    gateway_.loop().remove(old->socket.get());
    // Relays that answer by this socket are over with it.
    std::vector<Relay*> without;
    for (auto& [key, relay] : relays_) {
      if (relay->listener == old->socket.get()) without.push_back(relay.get());
    }
    for (Relay* relay : without) end(*relay, "closed");
  }
  listeners_ = std::move(wanted);
}

void RelayTable::listen_transparent() {
  if (!listeners_.empty()) return;
  const uint8_t any[16] = {};
  std::vector<std::unique_ptr<Listener>> made;
  for (const IpAddress& ip : {IpAddress::v4(any), IpAddress::v6(any)}) {
    auto listener = std::make_unique<Listener>(*this);
    listener->at = {ip, kTransparentPort};
    listener->socket = gateway_.listen_at(listener->at, net::Kind::udp);
    const int on = 1;
    const bool six = !ip.is_v4();
    setsockopt(listener->socket.get(), six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_RECVORIGDSTADDR : IP_RECVORIGDSTADDR,
               &on, sizeof on);
    made.push_back(std::move(listener));
  }
  for (auto& listener : made) gateway_.loop().add(listener->socket.get(), EPOLLIN, *listener);
  listeners_ = std::move(made);
}

std::vector<std::pair<net::Place, int>> RelayTable::listening() const {
  std::vector<std::pair<net::Place, int>> all;
  for (const auto& listener : listeners_) all.emplace_back(listener->at, listener->socket.get());
  return all;
}

void RelayTable::ready(Listener& listener) {
  const std::span<uint8_t> buffer = gateway_.buffer();
  for (int i = 0; i < kReadAtOnce; ++i) {
    sockaddr_storage address{};
    alignas(cmsghdr) char control[128];
    iovec part{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(listener.socket.get(), &message, 0);
    if (got < 0) return;
    const auto peer = net::from_socket(address);
    const auto meant = listener.door ? std::optional(listener.at) : meant_of(message);
    if (!peer || !meant || (message.msg_flags & MSG_TRUNC) != 0) continue;
    const Door* door = listener.door ? &*listener.door : gateway_.door_at(*meant, net::Kind::udp);
    if (door != nullptr) came(listener, *door, *peer, *meant, {buffer.data(), static_cast<size_t>(got)});
  }
}

void RelayTable::came(Listener& listener, const Door& door, const net::Place& peer, const net::Place& meant,
                      Bytes octets) {
  const Key key{peer, meant};
  auto at = relays_.find(key);
  if (at == relays_.end()) {
    auto made = make(listener, door, peer, meant);
    if (!made) return;
    at = relays_.emplace(key, std::move(made)).first;
  }
  take(*at->second, octets);
}

void RelayTable::take(Relay& relay, Bytes octets) {
  relay.last = gateway_.loop().steady();
  if (gateway_.retiring()) {
    ++gateway_.totals().datagrams_dropped;
    return;
  }
  if (relay.wired && !relay.wire && !link(relay)) {
    ++gateway_.totals().datagrams_dropped;
    return;
  }
  if (relay.gate) {
    // A datagram that is refused with a reset is one that is not answered.
    relay.gate->take(Direction::to_server, octets, true, gateway_.loop().now(), relay);
    if (relay.gate->writes_first()) gateway_.await(relay);
  } else {
    relay.talk.octets[0] += octets.size();
    relay.send(Direction::to_server, octets);
  }
}

bool RelayTable::admit(Talk& talk, const Door& door) {
  const TimePoint now = gateway_.loop().now();
  if (!gateway_.judge().admit(talk, door.judged(), now)) {
    ++gateway_.totals().not_admitted;
    return false;
  }
  if (relays_.size() < kMostRelays) return true;
  ++gateway_.totals().limited;
  gateway_.judge().found(records::kinds::kConnectionLimit, talk, Direction::to_server,
                         "the gateway has as many relays as it may", now);
  return false;
}

/// link opens the wire of a relay, again where it was lost. False where there is none.
bool RelayTable::link(Relay& relay) {
  const Duration steady = gateway_.loop().steady();
  if (relay.wire_lost != Duration{} && steady - relay.wire_lost < kTryAgain) return false;
  relay.wire_lost = steady;
  const auto exit = gateway_.exit_of(relay.door, relay.talk, relay.peer, Spoken::plain);
  if (!exit || exit->spoken != Spoken::wire) return false;
  net::Descriptor socket = net::begin_connect(exit->to, net::Kind::tcp, exit->from, *exit->maker);
  auto made = std::make_unique<Link>(gateway_, relay, relay.talk);
  const Prologue prologue{net::Kind::udp, relay.peer, relay.door.server, relay.talk.role_word};
  if (!socket || !made->open(std::move(socket), exit->far, prologue)) {
    gateway_.wire_down(exit->far, relay.talk, "no connection can be made");
    return false;
  }
  relay.wire = std::move(made);
  return true;
}

/// reach makes the way to the server: a socket, or a wire to the gateway at its side.
bool RelayTable::reach(Relay& relay, const Door& door) {
  const auto exit = gateway_.exit_of(door, relay.talk, relay.peer, relay.far ? Spoken::wire : Spoken::plain);
  if (!exit) return false;
  relay.wired = exit->spoken == Spoken::wire;
  if (!relay.wired) {
    relay.server = net::begin_connect(exit->to, net::Kind::udp, exit->from, *exit->maker);
    if (!relay.server || !gateway_.loop().add(relay.server.get(), EPOLLIN, relay)) relay.server.reset();
  }
  if (!relay.far && !gateway_.addressed()) {
    relay.client = net::begin_connect(relay.peer, net::Kind::udp, relay.meant, gateway_.maker());
    if (relay.client && !gateway_.loop().add(relay.client.get(), EPOLLIN, relay.from_client)) relay.client.reset();
  }
  if ((relay.server || relay.wired) && (relay.far || gateway_.addressed() || relay.client)) return true;
  ++gateway_.totals().server_away;
  gateway_.judge().found(records::kinds::kServerAway, relay.talk, Direction::to_server,
                         "no socket towards the server can be made", gateway_.loop().now());
  return false;
}

std::unique_ptr<RelayTable::Relay> RelayTable::make(Listener& listener, const Door& door, const net::Place& peer,
                                                    const net::Place& meant) {
  Talk talk = gateway_.talk_of(door, peer);
  if (!admit(talk, door)) return nullptr;
  auto relay = std::make_unique<Relay>(*this, door);
  relay->peer = peer;
  relay->meant = meant;
  relay->listener = listener.socket.get();
  relay->talk = std::move(talk);
  if (!reach(*relay, door)) return nullptr;
  if (door.judged()) {
    relay->gate.emplace(gateway_.judge(), relay->talk, door.protocol, gateway_.associations(),
                        protocols::Associations::pair_of(peer.ip, door.server.ip));
  }
  return relay;
}

void RelayTable::adopt(Connection& connection, const Door& door, const Prologue& prologue) {
  if (!admit(connection.talk(), door)) {
    connection.give_up(Reply::not_allowed, "refused");
    return;
  }
  auto relay = std::make_unique<Relay>(*this, door);
  relay->far = true;
  relay->peer = prologue.client;
  relay->meant = prologue.server;
  relay->talk = std::move(connection.talk());
  if (!reach(*relay, door)) {
    connection.give_up(Reply::server_away, "server-away");
    return;
  }
  if (door.judged()) {
    relay->gate.emplace(gateway_.judge(), relay->talk, door.protocol, gateway_.associations(),
                        protocols::Associations::pair_of(relay->peer.ip, door.server.ip));
  }
  relay->last = gateway_.loop().steady();
  relay->wire = std::make_unique<Link>(gateway_, *relay, relay->talk);
  auto [socket, tls] = connection.hand_over();
  const bool taken = relay->wire->take(std::move(socket), std::move(tls));
  // The other gateway began anew: what it had before is over.
  const Key key{prologue.client, prologue.server};
  if (const auto before = relays_.find(key); before != relays_.end()) end(*before->second, "closed");
  Relay& kept = *relays_.emplace(key, std::move(relay)).first->second;
  if (!taken) end(kept, "closed");
}

void RelayTable::judge_peers(const net::TlsContext& context) {
  std::vector<Relay*> all;
  for (auto& [key, relay] : relays_) all.push_back(relay.get());
  for (Relay* relay : all) {
    if (relay->wire) relay->wire->judge_peers(context);
  }
}

void RelayTable::from_client(Relay& relay) {
  if (relay.ended) return;
  const std::span<uint8_t> buffer = gateway_.buffer();
  for (int i = 0; i < kReadAtOnce; ++i) {
    const ssize_t got = recv(relay.client.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) return;
    take(relay, {buffer.data(), static_cast<size_t>(got)});
  }
}

void RelayTable::from_server(Relay& relay) {
  if (relay.ended) return;
  const std::span<uint8_t> buffer = gateway_.buffer();
  for (int i = 0; i < kReadAtOnce; ++i) {
    const ssize_t got = recv(relay.server.get(), buffer.data(), buffer.size(), 0);
    if (got < 0) return;  // also where the server has no such port: it may have one later
    back(relay, {buffer.data(), static_cast<size_t>(got)});
    if (relay.ended) return;  // with the wire that did not take it
  }
}

/// back takes what the server sent.
void RelayTable::back(Relay& relay, Bytes octets) {
  if (relay.ended) return;
  relay.last = gateway_.loop().steady();
  if (relay.gate) {
    relay.gate->take(Direction::to_client, octets, true, gateway_.loop().now(), relay);
    if (relay.gate->writes_first()) gateway_.await(relay);
  } else {
    relay.talk.octets[1] += octets.size();
    relay.send(Direction::to_client, octets);
  }
}

void RelayTable::look(TimePoint now, Duration steady) {
  buried_.clear();
  buried_links_.clear();
  std::vector<Relay*> idle, wired;
  for (auto& [key, relay] : relays_) {
    if (relay->wire) wired.push_back(relay.get());
    if (relay->gate && relay->gate->waits()) relay->gate->expire(now, *relay);
    if (steady - relay->last >= kIdle) idle.push_back(relay.get());
  }
  for (Relay* relay : wired) relay->wire->look(steady);
  for (Relay* relay : idle) {
    if (!relay->ended) end(*relay, "idle");
  }
}

void RelayTable::shift(Duration step) {
  for (auto& [key, relay] : relays_) {
    if (relay->gate) relay->gate->shift(step);
  }
}

void RelayTable::place_all() {
  for (auto& [key, relay] : relays_) gateway_.judge().place(relay->talk);
}

void RelayTable::end(Relay& relay, std::string_view why) {
  relay.ended = true;
  gateway_.forget(relay);
  if (relay.server) gateway_.loop().remove(relay.server.get());
  if (relay.wire) relay.wire->close();
  if (relay.client) gateway_.loop().remove(relay.client.get());
  gateway_.judge().ended(relay.talk, why, gateway_.loop().now());
  const auto at = relays_.find({relay.peer, relay.meant});
  buried_.push_back(std::move(at->second));
  relays_.erase(at);
}

const Talk* RelayTable::in_sequence(TimePoint now) const {
  for (const auto& [key, relay] : relays_) {
    if (Judge::goes_on(relay->talk.sequence, now)) return &relay->talk;
  }
  return nullptr;
}

void RelayTable::stop_listening() {
  for (auto& listener : listeners_) gateway_.loop().remove(listener->socket.get());
  for (auto& [key, relay] : relays_) {
    if (relay->client) gateway_.loop().remove(relay->client.get());
  }
}

void RelayTable::retire() {
  std::vector<Relay*> over;
  for (auto& [key, relay] : relays_) {
    if (!relay->gate || !relay->gate->awaited()) over.push_back(relay.get());
  }
  for (Relay* relay : over) end(*relay, kGatewayEnd);
}

void RelayTable::finish() {
  while (!relays_.empty()) end(*relays_.begin()->second, kGatewayEnd);
  buried_.clear();
  buried_links_.clear();
}

}  // namespace rampart::gateway
