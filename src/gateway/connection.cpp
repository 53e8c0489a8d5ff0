#include "gateway/connection.h"

#include <sys/socket.h>

#include <cerrno>

#include "gateway/gateway.h"

namespace rampart::gateway {
namespace {

// What one side may have waiting for it before its own requests are not read any more either.
constexpr size_t kMostOwed = size_t{64} << 10;
constexpr std::chrono::seconds kConnectWithin{10};
constexpr std::chrono::seconds kTakeWithin{60};
// Memory that a side keeps when everything was taken.
constexpr size_t kUsualOut = 4096;

}  // namespace

Connection::Connection(Gateway& gateway, const Door& door, net::Descriptor client, net::Descriptor server,
                       const net::Place& peer)
    : gateway_(gateway),
      door_(door),
      peer_(peer),
      client_(*this, Direction::to_server),
      server_(*this, Direction::to_client) {
  client_.socket = std::move(client);
  server_.socket = std::move(server);
  began_ = gateway_.loop().steady();
}

Connection::~Connection() = default;

bool Connection::begin(Talk&& talk) {
  talk_ = std::move(talk);
  net::no_delay(client_.socket.get());
  server_.watched = EPOLLOUT;
  // The client is not read before its server is there; that it goes away is told all the same.
  client_.watched = 0;
  return gateway_.loop().add(server_.socket.get(), server_.watched, server_) &&
         gateway_.loop().add(client_.socket.get(), client_.watched, client_);
}

void Connection::ready(Side& side, uint32_t events) {
  if (state_ == State::over) return;
  if (state_ == State::connecting) {
    if (&side == &server_) {
      connected();
    } else if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      close("closed");
    }
    return;
  }
  if ((events & EPOLLERR) != 0) {
    reset("reset");
    return;
  }
  if ((events & EPOLLOUT) != 0) write_out(side);
  if (state_ == State::over) return;
  if ((events & (EPOLLIN | EPOLLHUP)) != 0 && !side.read_ended) read(side);
}

void Connection::connected() {
  const int error = net::connect_error(server_.socket.get());
  --gateway_.totals().half_open;
  if (error != 0) {
    state_ = State::open;  // it was half open, and is not any more
    ++gateway_.totals().server_away;
    gateway_.judge().found(records::kinds::kServerAway, talk_, Direction::to_server,
                           error == ECONNREFUSED ? "the server refuses connections" : "the server cannot be reached",
                           gateway_.loop().now());
    reset("server-away");
    return;
  }
  state_ = State::open;
  watch_both();
}

void Connection::read(Side& side) {
  const std::span<uint8_t> buffer = gateway_.buffer();
  const ssize_t got = recv(side.socket.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) {
    if (errno != EAGAIN && errno != EINTR) reset("reset");
    return;
  }
  if (got == 0) {
    read_end(side);
    return;
  }
  const Bytes octets(buffer.data(), static_cast<size_t>(got));
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
  if (state_ == State::over) return;
  if (!going_on || failed_) {
    if (!going_on) ++gateway_.totals().resets;
    reset(going_on ? "reset" : "refused");
    return;
  }
  const bool awaits = gate_ && gate_->writes_first();
  if (awaits) gateway_.await(*this);
  if (awaits || side.waiting() > 0 || side_of(protocols::opposite(side.from)).waiting() > 0) watch_both();
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
    side.write_ended = true;
    shutdown(side.socket.get(), SHUT_WR);
  }
  if (client_.write_ended && server_.write_ended) close("closed");
}

void Connection::send(Direction towards, Bytes octets) {
  Side& side = side_of(protocols::opposite(towards));
  if (failed_ || side.write_ended || octets.empty()) return;
  size_t sent = 0;
  if (side.waiting() == 0) {
    const ssize_t put = ::send(side.socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
      failed_ = true;
      return;
    }
    sent = put < 0 ? 0 : static_cast<size_t>(put);
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
    const ssize_t put = ::send(side.socket.get(), side.out.data() + side.taken, side.waiting(), MSG_NOSIGNAL);
    if (put < 0) {
      if (errno != EAGAIN && errno != EINTR) reset("reset");
      return;
    }
    side.taken += static_cast<size_t>(put);
    side.out_since = gateway_.loop().steady();
    gateway_.totals().buffered -= static_cast<size_t>(put);
    gateway_.totals().octets[static_cast<size_t>(protocols::opposite(side.from))] += static_cast<size_t>(put);
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
  const Side& other = side_of(protocols::opposite(side.from));
  if (side.unwatched) return;
  if (side.read_ended && side.write_ended) {
    // epoll would tell of its end again and again while the other side still takes what is left.
    side.unwatched = true;
    gateway_.loop().remove(side.socket.get());
    return;
  }
  uint32_t wanted = 0;
  const bool held_up = gate_ && gate_->writes_first(side.from);
  if (!side.read_ended && !held_up && other.waiting() == 0 && side.waiting() < kMostOwed) wanted |= EPOLLIN;
  if (side.waiting() > 0) wanted |= EPOLLOUT;
  if (wanted == side.watched) return;
  side.watched = wanted;
  gateway_.loop().change(side.socket.get(), wanted, side);
}

void Connection::watch_both() {
  watch(client_);
  watch(server_);
}

void Connection::look(TimePoint now, Duration steady) {
  if (state_ == State::over) return;
  if (state_ == State::connecting) {
    if (steady - began_ < kConnectWithin) return;
    ++gateway_.totals().server_away;
    gateway_.judge().found(records::kinds::kServerAway, talk_, Direction::to_server, "the server does not answer", now);
    reset("server-away");
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

void Connection::reset(std::string_view end) {
  if (state_ == State::over) return;
  if (client_.socket) net::abort_on_close(client_.socket.get());
  if (server_.socket) net::abort_on_close(server_.socket.get());
  close(end);
}

void Connection::close(std::string_view end) {
  if (state_ == State::over) return;
  if (state_ == State::connecting) --gateway_.totals().half_open;
  state_ = State::over;
  for (Side* side : {&client_, &server_}) {
    gateway_.totals().buffered -= side->waiting();
    side->out.clear();
    side->taken = 0;
    if (!side->socket) continue;
    gateway_.loop().remove(side->socket.get());
    side->socket.reset();
  }
  gateway_.judge().ended(talk_, end, gateway_.loop().now());
  gate_.reset();
  gateway_.gone(*this);
}

}  // namespace rampart::gateway
