#include "gateway/gateway.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "gateway/peers.h"

namespace rampart::gateway {
namespace {

constexpr size_t kBuffer = size_t{64} << 10;
constexpr int kAcceptedAtOnce = 64;
// Every connection is looked after once a second, a tenth of them every tenth of a second.
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr size_t kLookShare = 10;
// How often the journal is asked whether the record is durable that a message waits for.
constexpr std::chrono::milliseconds kAskEvery{1};

/// require_identity refuses a plant that wants TLS of a gateway that cannot prove who it is, or whose peers have no
/// place to come to. Errors: throws Error.
void require_identity(const plant::Plant& plant, const plant::Gateway& gateway, const net::TlsContext* identity) {
  if (!needs_identity(plant, gateway)) return;
  const std::string& id = gateway.id.value;
  if (identity == nullptr) {
    throw Error("the plant has the gateway \"" + id + "\" speak TLS, and it has no certificate",
                "give its folder: --identity DIR, with key.pem, certificate.pem and authority.pem");
  }
  if (identity->own().subject != id) {
    throw Error("the certificate is for \"" + identity->own().subject + "\", not for the gateway \"" + id + "\"",
                "--identity is the folder of the gateway that --as names");
  }
  for (const plant::Gateway& other : plant.gateways) {
    if (!are_peers(plant, id, other.id.value)) continue;
    for (const plant::Gateway* one : {&gateway, &other}) {
      if (one->wire && one->wire->at) continue;
      throw Error("the gateway \"" + one->id.value + "\" has no wire, and `protect: mutual-tls` of a conduit needs it",
                  "add `wire: {at: ...}` to it: its own address towards the other gateways");
    }
  }
}

}  // namespace

Gateway::Gateway(std::shared_ptr<const policy::Policy> policy, std::string id, records::Sink& sink, const Clock& clock,
                 net::SocketMaker transparent, ListenMaker handed_over, std::shared_ptr<const net::TlsContext> identity)
    : plain_(net::plain_socket),
      transparent_(std::move(transparent)),
      handed_over_(std::move(handed_over)),
      loop_(clock),
      handshakes_(loop_),
      judge_(std::move(policy), id, sink),
      id_(std::move(id)),
      sink_(sink),
      identity_(std::move(identity)),
      relays_(*this),
      lines_(loop_,
             [this](std::string_view device, bool there, std::string_view why) { tell_line(device, there, why); }),
      buffer_(kBuffer) {
  loop_.on_step([this](Duration step) {
    judge_.shift(step);
    for (auto& connection : connections_) connection->shift(step);
    relays_.shift(step);
  });
  const plant::Gateway& said = this->said();
  addressed_ = said.stands == plant::Stands::addressed;
  limits_ = said.limits;
  doors_ = doors_of(judge_.plant(), said);
  require_identity(judge_.plant(), said, identity_.get());
  listen(judge_.plant());
  learn_of_peers(judge_.plant());
  lines_.take(lines_of(said));
}

Gateway::~Gateway() {
  while (!connections_.empty()) connections_.back()->reset(kGatewayEnd);
  relays_.finish();
}

net::Descriptor Gateway::listen_at(const net::Place& place, net::Kind kind) const {
  if (handed_over_) {
    if (net::Descriptor given = handed_over_(place, kind)) return given;
  }
  return net::listen_at(place, kind, maker());
}

std::vector<std::pair<net::Place, int>> Gateway::listening(net::Kind kind) const {
  if (kind == net::Kind::udp) return relays_.listening();
  std::vector<std::pair<net::Place, int>> all;
  for (const auto& listener : listeners_) all.emplace_back(listener->at, listener->socket.get());
  return all;
}

Gateway::Listener& Gateway::listener_at(const net::Place& at) {
  for (auto& listener : listeners_) {
    if (listener->at == at) return *listener;
  }
  auto made = std::make_unique<Listener>(*this);
  made->at = at;
  made->socket = listen_at(at, net::Kind::tcp);
  if (!loop_.add(made->socket.get(), EPOLLIN, *made)) throw Error("cannot listen at " + net::to_text(at));
  listeners_.push_back(std::move(made));
  return *listeners_.back();
}

/// listen opens what the doors and the wire need and closes what they do not need any more. Errors leave the old
/// listeners as they were.
void Gateway::listen(const plant::Plant& plant) {
  std::map<std::pair<net::Kind, net::Place>, size_t> at;
  for (size_t i = 0; i < doors_.size(); ++i) at.emplace(std::pair(doors_[i].kind, doors_[i].listen), i);
  std::vector<std::pair<Listener*, const Door*>> wanted;
  const size_t before = listeners_.size();
  const std::optional<plant::WireEnd>& wire = gateway_of(plant, id_).wire;
  const Listener* wired = nullptr;
  try {
    if (wire && wire->at && identity_) {
      wanted.emplace_back(&listener_at({*wire->at, wire->port}), nullptr);
      wired = wanted.back().first;
    }
    if (!addressed_) {
      const uint8_t any[16] = {};
      wanted.emplace_back(&listener_at({IpAddress::v4(any), kTransparentPort}), nullptr);
      wanted.emplace_back(&listener_at({IpAddress::v6(any), kTransparentPort}), nullptr);
      relays_.listen_transparent();
    } else {
      for (const Door& door : doors_) {
        if (door.kind == net::Kind::tcp) wanted.emplace_back(&listener_at(door.listen), &door);
      }
      relays_.listen(doors_);
    }
  } catch (const Error&) {
    while (listeners_.size() > before) {
      loop_.remove(listeners_.back()->socket.get());
      listeners_.pop_back();
    }
    throw;
  }
  door_at_ = std::move(at);
  for (auto& listener : listeners_) listener->wanted = false;
  for (const auto& [listener, door] : wanted) {
    listener->wanted = true;
    listener->door = door;
    listener->wire = listener == wired;
  }
  std::erase_if(listeners_, [&](const std::unique_ptr<Listener>& listener) {
    if (!listener->wanted) loop_.remove(listener->socket.get());
    return !listener->wanted;
  });
}

void Gateway::turn(std::chrono::milliseconds longest) {
  const Duration due = std::max(lines_.next() - loop_.steady(), Duration{});
  const auto wait =
      std::min<Duration>(std::min<std::chrono::milliseconds>(longest, waiting_.empty() ? kLookEvery : kAskEvery), due);
  loop_.turn(std::chrono::ceil<std::chrono::milliseconds>(wait));
  if (!waiting_.empty()) resume_waiting();
  lines_.look();
  if (loop_.steady() - looked_ >= kLookEvery) {
    looked_ = loop_.steady();
    look_after_some();
  }
  if (!buried_.empty()) bury();
}

void Gateway::resume_waiting() {
  const std::vector<Waiting*> all(waiting_.begin(), waiting_.end());
  for (Waiting* waiting : all) {
    // Going on may end others.
    if (waiting_.contains(waiting) && !waiting->resume()) waiting_.erase(waiting);
  }
}

void Gateway::look_after_some() {
  const size_t count = connections_.size() / kLookShare + 1;
  for (size_t i = 0; i < count && !connections_.empty(); ++i) {
    looked_at_ = looked_at_ >= connections_.size() ? 0 : looked_at_;
    Connection& connection = *connections_[looked_at_++];
    connection.look(loop_.now(), loop_.steady());
  }
  relays_.look(loop_.now(), loop_.steady());
  judge_.forget(loop_.now());
}

void Gateway::bury() { buried_.clear(); }

void Gateway::accept(Listener& listener) {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    net::Descriptor client(
        accept4(listener.socket.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!client) {
      // Out of descriptors: who waits is taken when others have gone.
      out_of_descriptors_ = errno == EMFILE || errno == ENFILE;
      return;
    }
    ++totals_.accepted;
    const auto peer = net::from_socket(address);
    const Door* door = listener.door;
    if (listener.wire) {
      const Door wire{.listen = listener.at, .server = listener.at};
      if (!peer || !greet(wire, client, *peer, Spoken::wire)) net::abort_on_close(client.get());
      continue;
    }
    if (door == nullptr) {
      const auto meant = net::local_place(client.get());
      door = meant ? door_at(*meant, net::Kind::tcp) : nullptr;
    }
    // Who is not admitted sees a reset, at once.
    if (door == nullptr || !peer || !admit(*door, client, *peer)) net::abort_on_close(client.get());
  }
}

const Door* Gateway::door_at(const net::Place& place, net::Kind kind) const {
  const auto at = door_at_.find(std::pair(kind, place));
  return at == door_at_.end() ? nullptr : &doors_[at->second];
}

Talk Gateway::talk_of(const Door& door, const net::Place& peer) {
  Talk talk;
  records::Conversation& conversation = talk.conversation;
  conversation.flow_id = next_flow_++;
  conversation.transport = door.kind == net::Kind::tcp ? records::Transport::tcp : records::Transport::udp;
  conversation.ip_protocol = door.kind == net::Kind::tcp ? IPPROTO_TCP : IPPROTO_UDP;
  conversation.client = {.ip = peer.ip, .port = peer.port};
  conversation.server = {.ip = door.server.ip, .port = door.server.port};
  conversation.protocol = door.protocol;
  talk.client.ip = peer.ip;
  talk.server.ip = door.server.ip;
  if (door.line != plant::kNone) talk.behind = behind(judge_.plant(), said(), door);
  talk.began = loop_.now();
  return talk;
}

/// full says which limit leaves no room for one connection more; empty: none.
std::string_view Gateway::full(const IpAddress& client) const {
  if (connections_.size() >= limits_.connections) return "the gateway has as many connections as it may";
  if (totals_.half_open >= limits_.half_open) return "too many connections wait for their server";
  const auto mine = of_client_.find(client);
  if (mine != of_client_.end() && mine->second >= limits_.each_client)
    return "the client has as many connections as it may";
  return {};
}

/// full says which limit of the server leaves no room for one session more.
std::string_view Gateway::full(const Door& door, const Talk& talk) const {
  const auto server = of_server_.find(door.server);
  if (door.sessions > 0 && server != of_server_.end() && server->second >= door.sessions) {
    return "the server has as many sessions as it bears";
  }
  if (kept_from(door, talk)) return "the last sessions of the server are kept for essential clients";
  return {};
}

/// kept_from is true where only slots are free that are kept for essential clients, and this is none.
bool Gateway::kept_from(const Door& door, const Talk& talk) const {
  if (door.kept == 0) return false;
  const auto server = of_server_.find(door.server);
  const uint32_t used = server == of_server_.end() ? 0 : server->second;
  return used + door.kept >= door.sessions && !judge_.essential(talk);
}

/// connect begins the connection to the server of a door, by the way out that was found. Invalid where it cannot.
net::Descriptor Gateway::connect(const Door& door, const Exit& exit) {
  if (door.line != plant::kNone && exit.far.empty()) {
    return lines_.connect(said().serves[door.line].serial->device.value);
  }
  return net::begin_connect(exit.to, net::Kind::tcp, exit.from, *exit.maker);
}

/// tell_line: a line that cannot be used is a finding about the assets behind it; that it can again is told too.
void Gateway::tell_line(std::string_view device, bool there, std::string_view why) {
  const plant::Gateway& gateway = said();
  for (const Door& door : doors_) {
    if (door.line == plant::kNone || gateway.serves[door.line].serial->device.value != device) continue;
    Talk talk = talk_of(door, door.listen);
    judge_.place(talk);
    std::string words = "the serial line " + std::string(device);
    if (!there) {
      judge_.found(records::kinds::kServerAway, talk, Direction::to_server,
                   words + " cannot be used: " + std::string(why) + "; it is tried again each second", loop_.now());
      continue;
    }
    const std::string origin = "gateway " + id_;
    const plant::Index conduit = talk.conduit;
    words += " is there again";
    sink_.tell(records::GuardEvent{
        .when = loop_.now(),
        .origin = origin,
        .event = "recovered",
        .conduit = conduit == plant::kNone ? std::string_view() : judge_.plant().conduits[conduit].id.value,
        .reason = words});
  }
}

/// admit makes a connection of `client`, or leaves it where it is and returns false.
bool Gateway::admit(const Door& door, net::Descriptor& client, const net::Place& peer) {
  if (door.tls_clients) return greet(door, client, peer, Spoken::tls);
  Talk talk = talk_of(door, peer);
  if (!judge_.admit(talk, door.judged(), loop_.now())) {
    ++totals_.not_admitted;
    return false;
  }
  std::string_view why = full(peer.ip);
  if (why.empty()) why = full(door, talk);
  if (!why.empty()) {
    ++totals_.limited;
    judge_.found(records::kinds::kConnectionLimit, talk, Direction::to_server, why, loop_.now());
    return false;
  }
  const auto exit = exit_of(door, talk, peer, Spoken::plain);
  if (!exit) return false;
  net::Descriptor server = connect(door, *exit);
  if (!server) {
    ++totals_.server_away;
    judge_.found(records::kinds::kServerAway, talk, Direction::to_server, "no connection can be made", loop_.now());
    return false;
  }
  auto connection = std::make_unique<Connection>(*this, Spoken::plain, door, std::move(client), peer);
  connection->talk() = std::move(talk);
  if (connection->begin(std::move(server), exit->spoken, exit->far)) keep(std::move(connection), true);
  return true;
}

/// keep takes a connection that is half open into the lists.
void Gateway::keep(std::unique_ptr<Connection> connection, bool counted) {
  ++totals_.live;
  ++totals_.half_open;
  ++of_client_[connection->peer().ip];
  if (counted) ++of_server_[connection->door().server];
  connection->counted = counted;
  connection->place = connections_.size();
  connections_.push_back(std::move(connection));
}

void Gateway::gone(Connection& connection) {
  const auto less = [](auto& table, const auto& key) {
    const auto at = table.find(key);
    if (at != table.end() && --at->second == 0) table.erase(at);
  };
  less(of_client_, connection.peer().ip);
  if (connection.counted) less(of_server_, connection.door().server);
  --totals_.live;
  forget(connection);
  const size_t place = connection.place;
  buried_.push_back(std::move(connections_[place]));
  if (place + 1 < connections_.size()) {
    connections_[place] = std::move(connections_.back());
    connections_[place]->place = place;
  }
  connections_.pop_back();
}

void Gateway::take(Successor successor) {
  const plant::Plant& plant = policy::plant_of(*successor.policy());
  const plant::Gateway& said = gateway_of(plant, id_);
  if ((said.stands == plant::Stands::addressed) != addressed_) {
    throw Error("the plant has the gateway stand in another way, which takes a restart");
  }
  require_identity(plant, said, identity_.get());
  std::vector<Door> doors = doors_of(plant, said);
  std::swap(doors, doors_);
  try {
    listen(plant);
  } catch (const Error&) {
    std::swap(doors, doors_);
    throw;
  }
  limits_ = said.limits;
  learn_of_peers(plant);
  const std::vector<plant::SerialLine> lines = lines_of(said);
  judge_.take(std::move(successor), loop_.now());
  lines_.take(lines);
  for (auto& connection : connections_) judge_.place(connection->talk());
  relays_.place_all();
}

const Talk* Gateway::in_sequence() const {
  for (const auto& connection : connections_) {
    if (Judge::goes_on(connection->talk().sequence, loop_.now())) return &connection->talk();
  }
  return relays_.in_sequence(loop_.now());
}

bool Gateway::retire() {
  if (!std::exchange(retiring_, true)) {
    for (auto& listener : listeners_) loop_.remove(listener->socket.get());
    relays_.stop_listening();
  }
  // From the end: who goes is replaced by one that was asked already.
  for (size_t i = connections_.size(); i-- > 0;) connections_[i]->retire(kGatewayEnd);
  relays_.retire();
  return connections_.empty() && relays_.size() == 0;
}

void Gateway::finish() {
  while (!connections_.empty()) connections_.back()->reset(kGatewayEnd);
  relays_.finish();
  bury();
  judge_.flush();
}

}  // namespace rampart::gateway
