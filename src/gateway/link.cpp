#include "gateway/link.h"

#include "gateway/gateway.h"

namespace rampart::gateway {
namespace {

using Did = net::TlsSession::Did;

constexpr std::chrono::seconds kOpenWithin{10};
constexpr std::chrono::seconds kTakeWithin{60};
constexpr int kRecordsAtOnce = 64;

}  // namespace

Link::~Link() {
  if (socket_) gateway_.loop().remove(socket_.get());
}

bool Link::open(net::Descriptor socket, std::string_view far, const Prologue& prologue) {
  socket_ = std::move(socket);
  far_ = far;
  prologue_ = prologue.encode();
  since_ = gateway_.loop().steady();
  watched_ = EPOLLOUT;
  return gateway_.loop().add(socket_.get(), watched_, *this);
}

bool Link::take(net::Descriptor socket, std::unique_ptr<net::TlsSession> tls) {
  socket_ = std::move(socket);
  tls_ = std::move(tls);
  state_ = State::open;
  const auto octet = static_cast<uint8_t>(Reply::open);
  // What came behind the prologue waits inside TLS: a socket that can be written calls at once.
  watched_ = EPOLLIN | EPOLLOUT;
  return tls_->write({&octet, 1}).octets == 1 && gateway_.loop().add(socket_.get(), watched_, *this);
}

void Link::send(Bytes datagram) {
  if (state_ == State::over || datagram.size() > kMostDatagram) return;
  while (queue_.size() > 1 && (queue_.size() >= kMostQueued || queued_ + datagram.size() > kMostOctets)) {
    // Of the first, part may be on its way already.
    const auto oldest = queue_.begin() + (sent_ > 0 ? 1 : 0);
    queued_ -= oldest->size();
    queue_.erase(oldest);
    ++gateway_.totals().datagrams_dropped;
  }
  std::vector<uint8_t> frame;
  frame.reserve(kFrameHeader + datagram.size());
  append_frame(frame, number_++, datagram);
  if (queue_.empty() && state_ == State::open) since_ = gateway_.loop().steady();
  queued_ += frame.size();
  queue_.push_back(std::move(frame));
  if (state_ == State::open) write();
}

void Link::ready(uint32_t) {
  if (state_ == State::over || errand_) return;
  if (state_ != State::open) reach();
  if (state_ != State::open) return;
  read();
  if (state_ == State::open) write();
}

void Link::reach() {
  if (state_ == State::socket) {
    if (net::connect_error(socket_.get()) != 0) {
      fail("the other gateway cannot be reached");
      return;
    }
    tls_ = gateway_.session(socket_.get(), false, Spoken::wire);
    state_ = State::handshake;
  }
  if (state_ == State::handshake) {
    gateway_.loop().remove(socket_.get());
    errand_ = gateway_.handshakes().go_on({std::move(socket_), std::move(tls_)}, *this);
  } else {
    hear_reply();
  }
}

void Link::shaken(net::Handshakes::Step step) {
  errand_ = {};
  socket_ = std::move(step.socket);
  tls_ = std::move(step.session);
  const bool again = step.did == Did::again;
  if (!again && step.did != Did::done) {
    ++gateway_.totals().handshakes_failed;
    gateway_.refused(talk_, Direction::to_client, tls_->failure());
    fail("TLS cannot be set up with the other gateway");
    return;
  }
  watched_ = again && tls_->wants_write() ? EPOLLOUT : EPOLLIN;
  if (!gateway_.loop().add(socket_.get(), watched_, *this)) {
    fail("the other gateway cannot be reached");
    return;
  }
  if (again) return;
  ++gateway_.totals().handshakes;
  if (!gateway_.is_far(talk_, *tls_, far_) || tls_->write(prologue_).octets != prologue_.size()) {
    fail("the other gateway is not who it should be");
    return;
  }
  state_ = State::reply;
  // What came right behind the handshake waits inside TLS.
  ready(EPOLLIN);
}

void Link::hear_reply() {
  uint8_t octet = 0;
  const auto got = tls_->read({&octet, 1});
  if (got.did == Did::again) return;
  if (got.did == Did::done && parse_reply(octet) == Reply::open) {
    state_ = State::open;
    since_ = gateway_.loop().steady();
    return;
  }
  if (got.did == Did::done) {
    fail(to_text(parse_reply(octet).value_or(Reply::not_understood)), false);
    return;
  }
  gateway_.refused(talk_, Direction::to_client, tls_->failure());
  fail("the other gateway ended the connection");
}

void Link::read() {
  more_ = false;
  for (int i = 0; i < kRecordsAtOnce && state_ == State::open; ++i) {
    const std::span<uint8_t> buffer = gateway_.buffer();
    const auto got = tls_->read(buffer);
    if (got.did == Did::again) return;
    const bool well = got.did == Did::done && frames_.take(Bytes(buffer.data(), got.octets), [&](Bytes datagram) {
      if (state_ == State::open) user_.came(datagram);
    });
    gateway_.totals().datagrams_dropped += frames_.missing() - missing_;
    missing_ = frames_.missing();
    if (!well) {
      fail(got.did == Did::ended ? std::string_view() : "the wire broke");
      return;
    }
  }
  more_ = true;
}

void Link::write() {
  while (!queue_.empty()) {
    const std::vector<uint8_t>& first = queue_.front();
    const auto moved = tls_->write(Bytes(first).subspan(sent_));
    if (moved.octets > 0) since_ = gateway_.loop().steady();
    sent_ += moved.octets;
    if (moved.did != Did::done) {
      if (moved.did == Did::again) {
        want(EPOLLIN | EPOLLOUT);
        return;
      }
      fail("the wire broke");
      return;
    }
    queued_ -= first.size();
    queue_.pop_front();
    sent_ = 0;
  }
  want(EPOLLIN | (more_ ? EPOLLOUT : 0u));
}

void Link::want(uint32_t events) {
  if (events == watched_) return;
  watched_ = events;
  gateway_.loop().change(socket_.get(), events, *this);
}

void Link::look(Duration steady) {
  if (state_ == State::over) return;
  if (state_ != State::open) {
    if (steady - since_ >= kOpenWithin) fail("the other gateway does not answer");
  } else if (!queue_.empty() && steady - since_ >= kTakeWithin) {
    fail("the other gateway takes nothing");
  }
}

void Link::judge_peers(const net::TlsContext& context) {
  if (state_ != State::open && state_ != State::reply) return;
  const Direction from = far_.empty() ? Direction::to_server : Direction::to_client;
  const net::TlsTrouble trouble = tls_->judge_again(context, gateway_.loop().now());
  if (trouble == net::TlsTrouble::none || gateway_.goes_on(talk_, from, tls_->peer(), trouble)) return;
  close();
  user_.over();
}

/// fail gives the wire up. `down`: it is the wire's fault, not that of what lies behind it.
void Link::fail(std::string_view words, bool down) {
  if (state_ == State::over) return;
  const bool opening = state_ != State::open;
  gateway_.totals().datagrams_dropped += queue_.size();
  close();
  if (!words.empty() && !far_.empty()) {
    if (opening) ++gateway_.totals().server_away;
    if (down) {
      gateway_.wire_down(far_, talk_, words);
    } else {
      gateway_.judge().found(records::kinds::kServerAway, talk_, Direction::to_server, words, gateway_.loop().now());
    }
  }
  user_.over();
}

void Link::close() {
  if (state_ == State::open) tls_->end();
  state_ = State::over;
  errand_ = {};
  queue_.clear();
  queued_ = sent_ = 0;
  if (!socket_) return;
  gateway_.loop().remove(socket_.get());
  tls_.reset();
  socket_.reset();
}

}  // namespace rampart::gateway
