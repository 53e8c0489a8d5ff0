// The opening of a connection: handshakes, what two gateways say to each other before, and how a side inside TLS ends.
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "gateway/gateway.h"

namespace rampart::gateway {
namespace {

using Did = net::TlsSession::Did;

}  // namespace

bool Connection::begin_greeting(std::unique_ptr<net::TlsSession> tls) {
  state_ = State::greeting;
  step_ = Step::handshake;
  client_.tls = std::move(tls);
  net::no_delay(client_.socket.get());
  client_.watched = EPOLLIN;
  return gateway_.loop().add(client_.socket.get(), client_.watched, client_);
}

/// shake_hands has the handshake of a side worked further; both sides go on waiting.
void Connection::shake_hands(Side& side) {
  gateway_.loop().remove(side.socket.get());
  side.errand = gateway_.handshakes().go_on({std::move(side.socket), std::move(side.tls)}, side);
}

void Connection::shaken(Side& side, net::Handshakes::Step step) {
  side.errand = {};
  side.socket = std::move(step.socket);
  side.tls = std::move(step.session);
  const bool again = step.did == Did::again;
  if (again || step.did == Did::done) {
    side.watched = again && side.tls->wants_write() ? EPOLLOUT : EPOLLIN;
    if (!gateway_.loop().add(side.socket.get(), side.watched, side)) {
      reset("reset");
      return;
    }
    if (again) return;
    ++gateway_.totals().handshakes;
    if (&side == &client_) {
      greeted();
    } else {
      met();
    }
    return;
  }
  ++gateway_.totals().handshakes_failed;
  gateway_.refused(talk_, side.from, side.tls->failure());
  if (&side == &server_) {
    cannot_reach(far_.empty() ? "TLS cannot be set up with the server" : "TLS cannot be set up with the other gateway");
  } else {
    close("refused");  // after the alert that says why
  }
}

void Connection::greet() {
  if (step_ == Step::handshake) {
    shake_hands(client_);
  } else {
    hear_prologue();
  }
}

/// greeted: the client has proved who it is.
void Connection::greeted() {
  if (client_.spoken == Spoken::tls) {
    gateway_.welcome(*this);
  } else if (gateway_.meets_peer(*this)) {
    step_ = Step::prologue;
    hear_prologue();
  }
}

void Connection::hear_prologue() {
  std::array<uint8_t, Prologue::kFixed + Prologue::kMostRole> chunk;
  for (;;) {
    size_t size = Prologue::kFixed;
    if (heard_.size() >= size) {
      const auto whole = prologue_size(heard_);
      if (!whole) {
        give_up(Reply::not_understood, "refused");
        return;
      }
      size = *whole;
      if (heard_.size() == size) break;
    }
    const auto got = client_.tls->read(std::span(chunk).first(size - heard_.size()));
    if (got.did == Did::again) {
      want(client_, EPOLLIN);
      return;
    }
    if (got.did != Did::done) {
      close("closed");
      return;
    }
    heard_.insert(heard_.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(got.octets));
  }
  const auto prologue = parse_prologue(heard_);
  if (!prologue) {
    give_up(Reply::not_understood, "refused");
  } else {
    gateway_.welcome(*this, *prologue);
  }
}

/// reach goes on with the way to the server.
void Connection::reach() {
  if (step_ == Step::socket) {
    const int error = net::connect_error(server_.socket.get());
    if (error != 0) {
      if (!far_.empty()) {
        cannot_reach(error == ECONNREFUSED ? "the other gateway refuses connections"
                                           : "the other gateway cannot be reached");
      } else {
        cannot_reach(error == ECONNREFUSED ? "the server refuses connections" : "the server cannot be reached");
      }
      return;
    }
    if (server_.spoken == Spoken::plain) {
      reached();
      return;
    }
    server_.tls = gateway_.session(server_.socket.get(), false, server_.spoken);
    step_ = Step::handshake;
  }
  if (step_ == Step::handshake) {
    shake_hands(server_);
  } else {
    hear_reply();
  }
}

/// met: who is at the server's side has proved who it is.
void Connection::met() {
  if (!gateway_.meets_server(*this, *server_.tls, far_)) return;
  if (server_.spoken == Spoken::tls) {
    reached();
    return;
  }
  const Prologue prologue{net::Kind::tcp, peer_, door_.server, talk_.role_word};
  const std::vector<uint8_t> octets = prologue.encode();
  // The socket has room: nothing of ours was sent yet but the handshake.
  if (server_.tls->write(octets).octets != octets.size()) {
    cannot_reach("the other gateway takes nothing");
    return;
  }
  step_ = Step::reply;
  hear_reply();
}

void Connection::hear_reply() {
  uint8_t octet = 0;
  const auto got = server_.tls->read({&octet, 1});
  if (got.did == Did::again) return;
  if (got.did != Did::done) {
    gateway_.refused(talk_, server_.from, server_.tls->failure());
    cannot_reach("the other gateway ended the connection");
    return;
  }
  const auto reply = parse_reply(octet);
  if (reply == Reply::open) {
    reached();
    return;
  }
  // The other gateway is well; what is wrong lies behind it, or the plants of both differ.
  ++gateway_.totals().server_away;
  gateway_.judge().found(records::kinds::kServerAway, talk_, Direction::to_server,
                         to_text(reply.value_or(Reply::not_understood)), gateway_.loop().now());
  reset("server-away");
}

/// reached: the server is there.
void Connection::reached() {
  if (client_.spoken == Spoken::wire) {
    const auto octet = static_cast<uint8_t>(Reply::open);
    if (client_.tls->write({&octet, 1}).octets != 1) {
      reset("reset");
      return;
    }
  }
  open();
}

void Connection::cannot_reach(std::string_view words) {
  ++gateway_.totals().server_away;
  gateway_.judge().found(records::kinds::kServerAway, talk_, Direction::to_server, words, gateway_.loop().now());
  if (!far_.empty()) gateway_.wire_down(far_, talk_, words);
  give_up(Reply::server_away, "server-away");
}

void Connection::give_up(Reply reply, std::string_view end) {
  if (state_ == State::over) return;
  if (client_.spoken == Spoken::plain) {
    reset(end);
    return;
  }
  if (client_.spoken == Spoken::wire) {
    const auto octet = static_cast<uint8_t>(reply);
    client_.tls->write({&octet, 1});
  }
  client_.tls->end();
  if (server_.socket) net::abort_on_close(server_.socket.get());
  close(end);
}

/// cut: a side is gone without a goodbye.
void Connection::cut(Side& side) {
  if (side.tls && side.tls->failure().trouble == net::TlsTrouble::refused_us) {
    gateway_.refused(talk_, side.from, side.tls->failure());
  }
  reset("reset");
}

void Connection::judge_peers(const net::TlsContext& context) {
  if (state_ == State::over) return;
  for (Side* side : {&client_, &server_}) {
    if (!side->tls || side->tls->peer().serial.empty()) continue;
    const net::TlsTrouble trouble = side->tls->judge_again(context, gateway_.loop().now());
    if (trouble == net::TlsTrouble::none || gateway_.goes_on(talk_, side->from, side->tls->peer(), trouble)) continue;
    reset("revoked");
    return;
  }
}

std::pair<net::Descriptor, std::unique_ptr<net::TlsSession>> Connection::hand_over() {
  gateway_.loop().remove(client_.socket.get());
  --gateway_.totals().half_open;
  state_ = State::over;
  std::pair handed(std::move(client_.socket), std::move(client_.tls));
  gateway_.gone(*this);
  return handed;
}

}  // namespace rampart::gateway
