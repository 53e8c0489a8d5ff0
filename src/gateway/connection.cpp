#include "gateway/connection.h"

#include <sys/socket.h>

#include <cerrno>

#include "gateway/gateway.h"

namespace rampart::gateway {
namespace {

// What one side may have waiting for it before its own requests are not read any more either.
constexpr size_t kMostOwed = size_t{64} << 10;
// Handshakes included: from the client's coming to the server's being there.
constexpr std::chrono::seconds kConnectWithin{10};
// Records of TLS that are read before others have their turn.
constexpr int kRecordsAtOnce = 8;
constexpr std::chrono::seconds kTakeWithin{60};
// Memory that a side keeps when everything was taken.
constexpr size_t kUsualOut = 4096;

}  // namespace

Connection::Connection(Gateway& gateway, Spoken spoken, const Door& door, net::Descriptor client,
                       const net::Place& peer)
    : gateway_(gateway),
      door_(door),
      peer_(peer),
      client_(*this, Direction::to_server),
      server_(*this, Direction::to_client) {
  client_.spoken = spoken;
  client_.socket = std::move(client);
  began_ = gateway_.loop().steady();
}

Connection::~Connection() = default;

bool Connection::begin(net::Descriptor server, Spoken spoken, std::string_view far) {
  server_.socket = std::move(server);
  server_.spoken = spoken;
  far_ = far;
  step_ = Step::socket;
  const bool greeted = state_ == State::greeting;
  state_ = State::connecting;
  server_.watched = EPOLLOUT;
  if (!gateway_.loop().add(server_.socket.get(), server_.watched, server_)) return false;
  // The client is not read before its server is there; that it goes away is told all the same.
  if (greeted) {
    want(client_, 0);
    return true;
  }
  net::no_delay(client_.socket.get());
  client_.watched = 0;
  return gateway_.loop().add(client_.socket.get(), client_.watched, client_);
}

void Connection::ready(Side& side, uint32_t events) {
  if (state_ == State::over || side.errand) return;
  if (state_ != State::open) {
    if (state_ == State::greeting) {
      greet();
    } else if (&side == &server_) {
      reach();
    } else if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      close("closed");
    }
    return;
  }
  if ((events & EPOLLERR) != 0) {
    cut(side);
    return;
  }
  if ((events & EPOLLOUT) != 0) write_out(side);
  if (state_ == State::over) return;
  const bool came = (events & (EPOLLIN | EPOLLHUP)) != 0 || (side.stalled && may_read(side));
  if (came && !side.read_ended) read(side);
}

/// open: both sides are there. What a client sent right behind its handshake waits inside TLS.
void Connection::open() {
  --gateway_.totals().half_open;
  state_ = State::open;
  for (Side* side : {&client_, &server_}) {
    if (side->tls && side->tls->pending()) read(*side);
    if (state_ == State::over) return;
  }
  watch_both();
}

bool Connection::may_read(const Side& side) const {
  if (&side == &client_ && gateway_.retiring()) return false;
  if (gate_ && !gate_->reads(side.from)) return false;
  return side_of(protocols::opposite(side.from)).waiting() == 0 && side.waiting() < kMostOwed;
}

/// read takes what a socket has. TLS may hold more than the socket tells of: that is read too, within a bound.
void Connection::read(Side& side) {
  if (!side.tls) {
    read_once(side);
    return;
  }
  side.stalled = false;
  for (int i = 1; read_once(side) && side.tls->pending(); ++i) {
    if (i < kRecordsAtOnce && may_read(side)) continue;
    side.stalled = true;
    break;
  }
  if (state_ != State::over) watch(side);
}

net::TlsSession::Moved Connection::receive(Side& side, std::span<uint8_t> buffer) {
  using Did = net::TlsSession::Did;
  if (side.tls) return side.tls->read(buffer);
  const ssize_t got = recv(side.socket.get(), buffer.data(), buffer.size(), 0);
  if (got > 0) return {Did::done, static_cast<size_t>(got)};
  if (got == 0) return {Did::ended, 0};
  return {errno == EAGAIN || errno == EINTR ? Did::again : Did::failed, 0};
}

/// read_once reads and hands on; false where nothing came or the connection is over.
bool Connection::read_once(Side& side) {
  using Did = net::TlsSession::Did;
  const std::span<uint8_t> buffer = gateway_.buffer();
  const net::TlsSession::Moved got = receive(side, buffer);
  if (got.did == Did::again) return false;
  if (got.did == Did::ended || (got.did == Did::cut && side.spoken == Spoken::tls)) {
    read_end(side);
    return false;
  }
  if (got.did != Did::done) {
    cut(side);
    return false;
  }
  const Bytes octets(buffer.data(), got.octets);
  const bool reads_client = !gate_ || gate_->reads(Direction::to_server);
  bool going_on = true;
  if (!door_.judged()) {
    talk_.octets[static_cast<size_t>(side.from)] += octets.size();
    send(side.from, octets);
  } else {
    if (!gate_) {
      gate_.emplace(gateway_.judge(), talk_, door_.protocol, gateway_.associations(),
                    protocols::Associations::pair_of(peer_.ip, door_.server.ip));
    }
    going_on = gate_->take(side.from, octets, false, gateway_.loop().now(), *this);
  }
  if (state_ == State::over) return false;
  if (!going_on || failed_) {
    if (!going_on) ++gateway_.totals().resets;
    reset(going_on ? "reset" : "refused");
    return false;
  }
  const bool awaits = gate_ && gate_->writes_first();
  if (awaits) gateway_.await(*this);
  const bool turned = gate_ && gate_->reads(Direction::to_server) != reads_client;
  if (awaits || turned || side.waiting() > 0 || side_of(protocols::opposite(side.from)).waiting() > 0) watch_both();
  return true;
}

bool Connection::resume() {
  if (state_ == State::over || !gate_) return false;
  const bool going_on = gate_->resume(gateway_.loop().now(), *this);
  if (going_on && !failed_) {
    watch_both();
    return gate_->writes_first();
  }
  if (!going_on) ++gateway_.totals().resets;
  reset(going_on ? "reset" : "refused");
  return false;
}

/// read_end: the peer sends nothing more. The other side is told so once it has taken what was sent before.
void Connection::read_end(Side& side) {
  side.read_ended = true;
  if (gate_) gate_->ended(side.from, gateway_.loop().now(), *this);
  if (failed_) {
    reset("reset");
    return;
  }
  Side& other = side_of(protocols::opposite(side.from));
  other.finishing = true;
  finish(other);
  if (state_ != State::over) watch_both();
}

/// finish passes the end of one side on to the other, and ends the connection where both have ended.
void Connection::finish(Side& side) {
  if (side.finishing && !side.write_ended && side.waiting() == 0) {
    const auto said = side.tls ? side.tls->end() : net::TlsSession::Did::done;
    if (said == net::TlsSession::Did::again) return;  // the goodbye waits as octets do
    side.write_ended = true;
    shutdown(side.socket.get(), SHUT_WR);
  }
  if (client_.write_ended && server_.write_ended) close("closed");
}

/// put writes from the beginning of `octets` what the peer takes now. False where it takes nothing any more.
bool Connection::put(Side& side, Bytes octets, size_t& sent) {
  if (side.tls) {
    const net::TlsSession::Moved moved = side.tls->write(octets);
    sent = moved.octets;
    return moved.did == net::TlsSession::Did::done || moved.did == net::TlsSession::Did::again;
  }
  const ssize_t put = ::send(side.socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
  sent = put < 0 ? 0 : static_cast<size_t>(put);
  return put >= 0 || errno == EAGAIN || errno == EINTR;
}

void Connection::send(Direction towards, Bytes octets) {
  Side& side = side_of(protocols::opposite(towards));
  if (failed_ || side.write_ended || octets.empty()) return;
  size_t sent = 0;
  if (side.waiting() == 0) {
    if (!put(side, octets, sent)) {
      failed_ = true;
      return;
    }
    gateway_.totals().octets[static_cast<size_t>(towards)] += sent;
  }
  if (sent == octets.size()) return;
  const Bytes rest = octets.subspan(sent);
  if (!gateway_.may_buffer(rest.size())) {
    failed_ = true;
    ++gateway_.totals().no_room;
    gateway_.judge().found(records::kinds::kSlowPeer, talk_, protocols::opposite(towards),
                           "there is no room for what the peer does not take", gateway_.loop().now());
    return;
  }
  if (side.waiting() == 0) {
    side.out.clear();
    side.taken = 0;
    side.out_since = gateway_.loop().steady();
  }
  side.out.insert(side.out.end(), rest.begin(), rest.end());
  gateway_.totals().buffered += rest.size();
}

void Connection::write_out(Side& side) {
  if (side.waiting() > 0) {
    size_t sent = 0;
    if (!put(side, Bytes(side.out).subspan(side.taken), sent)) {
      cut(side);
      return;
    }
    side.taken += sent;
    if (sent > 0) side.out_since = gateway_.loop().steady();
    gateway_.totals().buffered -= sent;
    gateway_.totals().octets[static_cast<size_t>(protocols::opposite(side.from))] += sent;
    if (side.waiting() > 0) return;
    side.out.clear();
    side.taken = 0;
    if (side.out.capacity() > kUsualOut) side.out.shrink_to_fit();
  }
  finish(side);
  if (state_ != State::over) watch_both();
}

/// watch asks for what this side can do now: it is read while the other takes what it is sent, and while it takes
/// itself what it is answered.
void Connection::watch(Side& side) {
  if (side.unwatched) return;
  if (side.read_ended && side.write_ended) {
    // epoll would tell of its end again and again while the other side still takes what is left.
    side.unwatched = true;
    gateway_.loop().remove(side.socket.get());
    return;
  }
  uint32_t wanted = 0;
  const bool reads = !side.read_ended && may_read(side);
  if (reads) wanted |= EPOLLIN;
  // A socket that can be written calls at once: so what is stalled inside TLS is read, and a goodbye goes on its way.
  if (side.waiting() > 0 || (side.finishing && !side.write_ended) || (reads && side.stalled)) wanted |= EPOLLOUT;
  want(side, wanted);
}

void Connection::want(Side& side, uint32_t events) {
  if (events == side.watched) return;
  side.watched = events;
  gateway_.loop().change(side.socket.get(), events, side);
}

void Connection::watch_both() {
  watch(client_);
  watch(server_);
}

void Connection::look(TimePoint now, Duration steady) {
  if (state_ == State::over) return;
  if (state_ != State::open) {
    if (steady - began_ < kConnectWithin) return;
    if (state_ == State::greeting) {
      ++gateway_.totals().slow;
      gateway_.judge().found(records::kinds::kSlowPeer, talk_, Direction::to_server, "its handshake does not end", now);
      reset("slow-peer");
    } else {
      cannot_reach(far_.empty() ? "the server does not answer" : "the other gateway does not answer");
    }
    return;
  }
  for (const Side* side : {&client_, &server_}) {
    if (side->waiting() == 0 || steady - side->out_since < kTakeWithin) continue;
    ++gateway_.totals().slow;
    gateway_.judge().found(records::kinds::kSlowPeer, talk_, protocols::opposite(side->from),
                           "the peer does not take what it is sent", now);
    reset("slow-peer");
    return;
  }
  if (!gate_ || !gate_->waits()) return;
  if (!gate_->expire(now, *this)) {
    ++gateway_.totals().slow;
    gateway_.judge().found(records::kinds::kSlowPeer, talk_, Direction::to_server,
                           "the rest of a message does not come", now);
    reset("slow-peer");
    return;
  }
  if (failed_) {
    reset("reset");
  } else {
    watch_both();
  }
}

void Connection::retire(std::string_view end) {
  if (state_ != State::open) {
    reset(end);
    return;
  }
  if (client_.waiting() > 0 || server_.waiting() > 0 || (gate_ && gate_->awaited())) {
    watch_both();
    return;
  }
  // Half of a stream must not look like the whole.
  if (!door_.judged()) {
    reset(end);
    return;
  }
  for (Side* side : {&client_, &server_}) {
    if (side->tls && !side->write_ended) side->tls->end();
  }
  close(end);
}

void Connection::reset(std::string_view end) {
  if (state_ == State::over) return;
  if (client_.socket) net::abort_on_close(client_.socket.get());
  if (server_.socket) net::abort_on_close(server_.socket.get());
  close(end);
}

void Connection::close(std::string_view end) {
  if (state_ == State::over) return;
  if (state_ != State::open) --gateway_.totals().half_open;
  state_ = State::over;
  for (Side* side : {&client_, &server_}) {
    gateway_.totals().buffered -= side->waiting();
    side->out.clear();
    side->taken = 0;
    side->errand = {};
    if (!side->socket) continue;
    if (!side->unwatched) gateway_.loop().remove(side->socket.get());
    side->tls.reset();
    side->socket.reset();
  }
  gateway_.judge().ended(talk_, end, gateway_.loop().now());
  gate_.reset();
  gateway_.gone(*this);
}

}  // namespace rampart::gateway
