#include "gateway/gate.h"

#include <algorithm>

#include "gateway/collector.h"

namespace rampart::gateway {
namespace {

using plant::Mode;
using plant::OnDeny;
using protocols::Feed;
using protocols::Frame;
using protocols::Operation;

constexpr size_t kMostRefusals = 64;
constexpr size_t kMostParts = 16;
constexpr size_t kMostOfAMessage = 1024;  // operations, beyond what may be in flight when it comes
constexpr size_t kLeastRoom = 65'543;  // for a frame that is not all there: as much as a length of two octets can say

protocols::Reason reason_of(const policy::Verdict& verdict) {
  switch (verdict.reason) {
    case policy::Reason::value_out_of_range:
    case policy::Reason::step_too_large:
      return protocols::Reason::value;
    case policy::Reason::rate_exceeded:
    case policy::Reason::approval_missing:
    case policy::Reason::value_unknown:
    // Allowed, and refused since it cannot be recorded now.
    case policy::Reason::rule:
    case policy::Reason::same_zone:
      return protocols::Reason::busy;
    case policy::Reason::unknown_client:
    case policy::Reason::unknown_server:
    case policy::Reason::unknown_asset:
    case policy::Reason::no_conduit:
    case policy::Reason::no_rule:
    case policy::Reason::outside_calendar:
    case policy::Reason::role_missing:
    case policy::Reason::role_unknown:
      return protocols::Reason::not_allowed;
  }
  return protocols::Reason::not_allowed;
}

}  // namespace

Gate::Gate(Judge& judge, Talk& talk, protocols::Protocol protocol, protocols::Associations* shared, uint64_t pair)
    : judge_(judge),
      talk_(talk),
      entry_(protocol.entry()),
      decoder_(entry_.make(protocol)),
      collector_(std::make_unique<Collector>()) {
  if (!talk_.matcher) talk_.matcher.emplace(entry_.limits.pending_operations + kMostOfAMessage);
  if (shared != nullptr) decoder_->share(*shared, pair);
}

Gate::~Gate() = default;

bool Gate::take(Direction direction, Bytes octets, bool datagram, TimePoint now, Wire& wire) {
  if (opaque_) {
    wire.send(direction, octets);
    return true;
  }
  if (writes_first(direction)) return wait_behind(direction, octets, datagram);
  std::vector<uint8_t> joined;
  if (!datagram && !way(direction).partial.empty()) {
    joined.swap(way(direction).partial);
    joined.insert(joined.end(), octets.begin(), octets.end());
    octets = joined;
  }
  const bool asks = !datagram && direction == Direction::to_server;
  if (asks) stalled_ = false;
  while (!octets.empty()) {
    stalled_ = stalled_ || (asks && full());
    if (asks && stalled_) break;
    const Frame frame = datagram ? Frame{Frame::State::complete, octets.size()} : decoder_->frame(direction, octets);
    if (frame.state == Frame::State::more) {
      if (octets.size() <= std::max(entry_.limits.message_octets, kLeastRoom)) break;
      return pass_unseen(direction, "a message is longer than any of the protocol", octets, now, wire);
    }
    if (frame.state == Frame::State::malformed || frame.size == 0 || frame.size > octets.size()) {
      return pass_unseen(direction, "what came is no message of the protocol", octets, now, wire);
    }
    if (!take_frame(direction, octets.first(frame.size), datagram, now, wire)) {
      run_ = {};
      return false;
    }
    octets = octets.subspan(frame.size);
    if (writes_first(direction)) break;
    if (!octets.empty()) settle(direction, now, wire);
  }
  flush(wire);
  settle(direction, now, wire);
  keep_rest(direction, octets, joined);
  note_waiting(direction, now);
  return asks || go_on_asking(now, wire);
}

/// full is true where one more request could not be matched with its answer, or refused in its place.
bool Gate::full() const {
  return talk_.matcher->in_flight() >= entry_.limits.pending_operations || refusals_.size() >= kMostRefusals;
}

/// go_on_asking takes up the requests that waited for answers.
bool Gate::go_on_asking(TimePoint now, Wire& wire) {
  return !stalled_ || full() || take(Direction::to_server, {}, false, now, wire);
}

/// keep_rest keeps the beginning of a frame; `joined` is where it lies, if not in what the caller lent us.
void Gate::keep_rest(Direction direction, Bytes rest, std::vector<uint8_t>& joined) {
  if (rest.empty()) return;
  std::vector<uint8_t>& partial = way(direction).partial;
  if (joined.empty()) {
    partial.assign(rest.begin(), rest.end());
  } else {
    joined.erase(joined.begin(), joined.end() - static_cast<ptrdiff_t>(rest.size()));
    partial.swap(joined);
  }
}

/// pass_unseen: where the plant only learns or tests, what cannot be understood passes from here on, and is found.
bool Gate::pass_unseen(Direction direction, std::string_view reason, Bytes rest, TimePoint now, Wire& wire) {
  flush(wire);
  settle(direction, now, wire);
  judge_.found(records::kinds::kMalformed, talk_, direction, reason, now);
  opaque_ = talk_.mode != Mode::enforce;
  if (!opaque_) return false;
  for (const Direction each : {Direction::to_server, Direction::to_client}) {
    for (const Part& part : way(each).parts) wire.send(each, part.octets);
    if (way(each).first) wire.send(each, way(each).first->frame);
    wire.send(each, way(each).partial);
    way(each) = {};
  }
  wire.send(direction, rest);
  return true;
}

bool Gate::take_frame(Direction direction, Bytes frame, bool datagram, TimePoint now, Wire& wire) {
  Collector& found = *collector_;
  found.begin(judge_, talk_, direction);
  const Feed feed = decoder_->feed(direction, frame, found);
  if (feed.state == Feed::State::held && found.empty()) return take_part(direction, frame, feed, now, wire);
  std::optional<uint64_t> number;
  if (!passes(direction, feed, now) || !write_first(direction, now, number)) return deny(direction, feed, now, wire);
  if (number) {
    wait_for(*number, direction, frame, feed, datagram, now, wire);
    return true;
  }
  forward(direction, frame, part_of(direction, feed.thread, false), datagram, wire);
  drop(direction, feed.thread);
  return true;
}

/// take_part keeps a frame until its message is complete. One that begins anew while another is unfinished is a
/// deviation: where that is not listed, nobody knows what the receiver would make of it.
bool Gate::take_part(Direction direction, Bytes frame, const Feed& feed, TimePoint now, Wire& wire) {
  flush(wire);
  if (!collector_->forbidden.empty()) {
    judge_.found(records::kinds::kDeviation, talk_, direction, collector_->forbidden, now);
    if (talk_.mode == Mode::enforce) return false;
  }
  if (hold(direction, feed.thread, frame, now)) return true;
  judge_.found(records::kinds::kMalformed, talk_, direction, "a message has too many parts", now);
  return false;
}

/// passes judges all that a message says, without changing anything.
bool Gate::passes(Direction direction, const Feed& feed, TimePoint now) {
  Collector& found = *collector_;
  bool pass = true;
  for (size_t i = 0; i < found.asked; ++i) {
    Collector::Asking& asking = found.asking[i];
    asking.ruling = judge_.rule(talk_, direction, asking.operation.view(), now);
    pass = pass && asking.ruling.pass;
  }
  const bool enforced = talk_.mode == Mode::enforce;
  for (size_t i = 0; i < found.told; ++i) {
    const protocols::Answer& answer = found.answers[i];
    if (!answer.unsolicited && talk_.matcher->awaits(answer.key, direction)) continue;
    if (answer.unsolicited && judge_.may_have(talk_, direction, answer, now)) continue;
    judge_.found(records::kinds::kUnasked, talk_, direction,
                 answer.unsolicited ? "sent unasked what no rule lets it have" : "answered what nobody asked", now);
    pass = pass && !enforced;
  }
  if (!found.forbidden.empty()) {
    judge_.found(records::kinds::kDeviation, talk_, direction, found.forbidden, now);
    pass = pass && !enforced;
  }
  if (feed.state == Feed::State::malformed) {
    judge_.found(records::kinds::kMalformed, talk_, direction, feed.reason, now);
    pass = pass && !enforced;
  } else if (feed.state == Feed::State::unsupported && found.empty()) {
    judge_.found(records::kinds::kUndecoded, talk_, direction, feed.reason, now);
    pass = pass && !enforced;
  }
  return pass;
}

/// forward sends the message: the frames that were held, and the last. In the usual case nothing is copied: frames that
/// follow each other are sent in one piece.
void Gate::forward(Direction direction, Bytes frame, Part* part, bool datagram, Wire& wire) {
  if (part != nullptr) {
    flush(wire);
    if (!datagram) {
      wire.send(direction, part->octets);
    } else {
      size_t at = 0;
      for (const size_t size : part->sizes) {
        wire.send(direction, Bytes(part->octets).subspan(at, size));
        at += size;
      }
    }
  }
  put(direction, frame, wire);
}

void Gate::put(Direction direction, Bytes frame, Wire& wire) {
  talk_.octets[static_cast<size_t>(direction)] += frame.size();
  if (entry_.numbers_frames) {
    flush(wire);
    scratch_.assign(frame.begin(), frame.end());
    decoder_->renumber(direction, scratch_);
    wire.send(direction, scratch_);
    return;
  }
  if (!run_.empty() && run_.data() + run_.size() == frame.data()) {
    run_ = {run_.data(), run_.size() + frame.size()};
    return;
  }
  flush(wire);
  run_ = frame;
  run_direction_ = direction;
}

void Gate::flush(Wire& wire) {
  if (run_.empty()) return;
  wire.send(run_direction_, run_);
  run_ = {};
}

/// settle tells judge and matcher what was forwarded. Of a single message it comes after sending: nobody waits for it.
void Gate::settle(Direction direction, TimePoint now, Wire& wire) {
  Collector& found = *collector_;
  if (found.empty()) return;
  const auto emit = [&](const Transaction& transaction) {
    if (transaction.context != nullptr) std::erase(open_, transaction.context->serial);
    judge_.answered(talk_, transaction);
  };
  if (found.asked > 0) ++serial_;
  bool awaited = false;
  for (size_t i = 0; i < found.asked; ++i) {
    const Collector::Asking& asking = found.asking[i];
    const Operation& operation = asking.operation.view();
    judge_.forwarded(talk_, direction, operation, asking.ruling, now);
    Asked asked{.serial = serial_,
                .policy = &judge_.policy(),
                .verdict = asking.ruling.verdict,
                .parties = asking.ruling.parties,
                .deviation = found.deviates};
    if (!operation.expects_answer) {
      judge_.asked_only(talk_, direction, operation, asked, now);
      continue;
    }
    talk_.matcher->asked(operation, direction, now, emit) = asked;
    awaited = awaited || direction == Direction::to_server;
  }
  if (awaited && entry_.answers_in_order) open_.push_back(serial_);
  for (size_t i = 0; i < found.told; ++i) talk_.matcher->answered(found.answers[i], direction, now, emit);
  found.clear();
  release(wire);
}

/// release sends the refusals before which nothing is outstanding any more.
void Gate::release(Wire& wire) {
  while (!refusals_.empty() && (open_.empty() || open_.front() > refusals_.front().behind)) {
    flush(wire);
    wire.send(Direction::to_client, refusals_.front().octets);
    refusals_.pop_front();
  }
}

/// deny keeps a message back, with all its parts, and says so to its sender as the conduit wants it.
bool Gate::deny(Direction direction, const Feed& feed, TimePoint now, Wire& wire) {
  flush(wire);
  drop(direction, feed.thread);
  Collector& found = *collector_;
  for (size_t i = 0; i < found.asked; ++i) {
    judge_.refused(talk_, direction, found.asking[i].operation.view(), found.asking[i].ruling, now);
  }
  const protocols::Refusal acknowledgement = decoder_->leave_out(direction);
  bool going_on = true;
  if (feed.state == Feed::State::malformed) {
    // No refusal: it would carry what is wrong with the message back to its sender, a controller perhaps.
    going_on = direction == Direction::to_client || talk_.on_deny == OnDeny::ignore;
  } else if (found.asked > 0) {
    going_on = refuse(direction, now, wire);
  }
  if (going_on && !acknowledgement.bytes.empty()) wire.send(protocols::opposite(direction), acknowledgement.bytes);
  found.clear();
  return going_on;
}

/// refuse answers a message that asked for something, once for all that it asked.
bool Gate::refuse(Direction direction, TimePoint, Wire& wire) {
  const Collector& found = *collector_;
  const Ruling* denied = nullptr;
  bool awaited = false;
  for (size_t i = 0; i < found.asked; ++i) {
    awaited = awaited || found.asking[i].operation.view().expects_answer;
    if (denied == nullptr && !found.asking[i].ruling.pass) denied = &found.asking[i].ruling;
  }
  OnDeny on_deny = talk_.on_deny;
  if (denied != nullptr && denied->verdict.conduit != plant::kNone) {
    on_deny = judge_.plant().conduits[denied->verdict.conduit].on_deny;
  }
  if (on_deny == OnDeny::reset) return false;
  if (on_deny == OnDeny::ignore || !awaited) return true;
  protocols::Refusal refusal =
      decoder_->refuse(direction, found.asking[0].operation.view().key,
                       denied != nullptr ? reason_of(denied->verdict) : protocols::Reason::not_allowed);
  if (refusal.bytes.empty()) return false;  // it has no word for it: better no connection than one that hangs
  if (!entry_.answers_in_order || direction == Direction::to_client || open_.empty()) {
    wire.send(protocols::opposite(direction), refusal.bytes);
    return true;
  }
  if (refusals_.size() >= kMostRefusals) return false;
  refusals_.push_back({serial_, std::move(refusal.bytes)});
  return true;
}

void Gate::ended(Direction direction, TimePoint now, Wire& wire) {
  Way& mine = way(direction);
  mine.first.reset();
  mine.partial.clear();
  mine.parts.clear();
  note_waiting(direction, now);
  if (direction == Direction::to_server) return;
  open_.clear();
  release(wire);
}

bool Gate::expire(TimePoint now, Wire& wire) {
  talk_.matcher->expire(now - entry_.limits.answer_within, [&](const Transaction& transaction) {
    if (transaction.context != nullptr) std::erase(open_, transaction.context->serial);
    judge_.answered(talk_, transaction);
  });
  release(wire);
  if (!go_on_asking(now, wire)) return false;
  return std::none_of(std::begin(ways_), std::end(ways_),
                      [&](const Way& one) { return one.waiting && now - one.since > entry_.limits.held_at_most; });
}

void Gate::shift(Duration step) {
  talk_.matcher->shift(step);
  for (Way& one : ways_) {
    one.since += step;
    if (one.first) one.first->since += step;
  }
}

size_t Gate::held() const {
  size_t octets = 0;
  for (const Way& one : ways_) {
    octets += one.partial.size() + (one.first ? one.first->frame.size() : 0);
    for (const Part& part : one.parts) octets += part.octets.size();
  }
  return octets;
}

Gate::Part* Gate::part_of(Direction direction, uint32_t thread, bool make) {
  std::vector<Part>& parts = way(direction).parts;
  for (Part& part : parts) {
    if (part.thread == thread) return &part;
  }
  if (!make || parts.size() >= kMostParts) return nullptr;
  parts.push_back({.thread = thread, .octets = {}, .sizes = {}});
  return &parts.back();
}

bool Gate::hold(Direction direction, uint32_t thread, Bytes frame, TimePoint now) {
  Part* part = part_of(direction, thread, true);
  // Headers of the parts come on top of what the message may have.
  const size_t most = 2 * entry_.limits.message_octets + 1024;
  if (part == nullptr || part->octets.size() + frame.size() > most) return false;
  part->octets.insert(part->octets.end(), frame.begin(), frame.end());
  part->sizes.push_back(frame.size());
  note_waiting(direction, now);
  return true;
}

void Gate::drop(Direction direction, uint32_t thread) {
  std::erase_if(way(direction).parts, [&](const Part& part) { return part.thread == thread; });
}

void Gate::note_waiting(Direction direction, TimePoint now) {
  Way& mine = way(direction);
  // What waits for answers is whole.
  const bool stalled = stalled_ && direction == Direction::to_server;
  const bool waiting = (!stalled && !mine.partial.empty()) || !mine.parts.empty();
  if (waiting && !mine.waiting) mine.since = now;
  mine.waiting = waiting;
}

}  // namespace rampart::gateway
