#include "monitor/stream.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace rampart::monitor {

using protocols::opposite;

namespace {

/// distance from `from` to `to` around the sequence circle (RFC 9293, 3.4): negative where `to` lies before.
int32_t distance(uint32_t from, uint32_t to) { return static_cast<int32_t>(to - from); }

/// ticks: packet time in units of 2^20 ns, about a millisecond, on a circle of 52 days.
uint32_t ticks(TimePoint time) { return static_cast<uint32_t>(time.time_since_epoch().count() >> 20); }
int32_t ticks(Duration duration) { return static_cast<int32_t>(duration.count() >> 20); }

constexpr int32_t kResetWindow = 65535;
constexpr size_t kPieceOverhead = 64;  // counted for each piece held, so that tiny pieces are not free

}  // namespace

struct TcpStream::Held {
  struct Kept {
    uint32_t sequence = 0;
    uint32_t length = 0;
    uint32_t missing = 0;  // octets behind it that the capture cut off
    std::unique_ptr<uint8_t[]> data;
    TimePoint time;
    uint64_t number = 0;
    uint32_t end() const { return sequence + length; }
  };
  StreamContext* context = nullptr;
  std::vector<Kept> pieces;  // in sequence, never overlapping
  size_t octets = 0;
  uint32_t since = 0;      // ticks: when this hole became the first
  uint32_t after_ack = 0;  // segments held since the hole was acknowledged
  uint32_t fin = 0;
  uint32_t stray_next = 0;
  uint8_t strays = 0;
  bool has_fin = false;
  bool answered = false;  // the other side sent data that acknowledges what lies behind the hole

  bool waiting() const { return !pieces.empty() || has_fin; }
  /// front: where the first hole ends.
  uint32_t front() const { return pieces.empty() ? fin : pieces.front().sequence; }
  void progress(uint32_t now) {
    since = now;
    after_ack = 0;
    answered = false;
  }
  void charge(size_t count) {
    octets += count;
    context->held_octets += count;
  }
  void discharge(size_t count) {
    octets -= count;
    context->held_octets -= count;
  }
  /// insert keeps a copy of `bytes` at `index`.
  void insert(const Call& call, size_t index, uint32_t sequence, Bytes bytes, uint32_t missing) {
    Kept kept{sequence,  static_cast<uint32_t>(bytes.size()),
              missing,   std::make_unique<uint8_t[]>(bytes.size()),
              call.time, call.number};
    std::copy(bytes.begin(), bytes.end(), kept.data.get());
    pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(index), std::move(kept));
    charge(bytes.size() + kPieceOverhead);
  }
};

void TcpStream::HeldDeleter::operator()(Held* held) const {
  held->context->held_octets -= held->octets;
  delete held;
}

TcpStream::~TcpStream() = default;
TcpStream::TcpStream(TcpStream&& other) noexcept = default;
TcpStream& TcpStream::operator=(TcpStream&& other) noexcept = default;

void TcpStream::feed(StreamContext& context, Direction direction, const TcpSegment& segment, StreamSink& sink) {
  Half& mine = half(direction);
  const Half& other = half(opposite(direction));
  constexpr uint8_t kSpecial = tcp_flag::syn | tcp_flag::fin | tcp_flag::rst;
  constexpr uint8_t kNotPlain = kFin | kReset | kAhead;
  const bool plain = (segment.flags & (kSpecial | tcp_flag::ack)) == tcp_flag::ack && segment.sequence == mine.next &&
                     (flags(direction) & (kStarted | kNotPlain)) == kStarted &&
                     (flags(opposite(direction)) & (kStarted | kAhead)) == kStarted &&
                     distance(other.next, segment.acknowledgement) <= 0 && segment.missing == 0 && !holding();
  if (!plain) return feed_slowly({context, sink, segment.time, segment.number}, direction, segment);
  if (segment.payload.empty()) return;
  mine.next += static_cast<uint32_t>(segment.payload.size());
  ++context.statistics.in_order;
  sink.data(direction, segment.payload);
}

void TcpStream::feed_slowly(const Call& call, Direction direction, const TcpSegment& segment) {
  if (segment.flags & tcp_flag::rst) return feed_reset(call, direction, segment);
  Piece piece{segment.sequence, segment.payload, segment.missing, (segment.flags & tcp_flag::fin) != 0};
  if (segment.flags & tcp_flag::syn) {
    if (!feed_syn(call, direction, segment)) return;
    ++piece.sequence;
  }
  if (segment.flags & tcp_flag::ack) feed_acknowledgement(call, direction, segment);
  Half& mine = half(direction);
  if (piece.bytes.empty() && piece.missing == 0 && !piece.fin) {
    if (!(flags(direction) & kStarted)) {
      mine.next = piece.sequence;
      flags(direction) |= kGuess;
    } else if (piece.sequence + 1 == mine.next && !(segment.flags & tcp_flag::syn)) {
      ++call.context.statistics.keep_alives;
    }
  } else {
    feed_piece(call, direction, piece);
  }
  check_hole(call, direction);
}

void TcpStream::start(Direction direction, uint32_t sequence, uint8_t with) {
  Half& mine = half(direction);
  mine.next = mine.initial = sequence;
  flags(direction) = static_cast<uint8_t>((flags(direction) & ~kGuess) | kStarted | with);
}

void TcpStream::restart(const Call& call) {
  release(call, Direction::to_server);
  release(call, Direction::to_client);
  *this = TcpStream();
  ++call.context.statistics.restarts;
  call.sink.restarted();
}

/// feed_syn: false where the segment belongs to no connection that we follow. A SYN inside of a running connection
/// begins a new one only when the other side agrees: a forged one is answered by a challenge and ignored (RFC 5961, 4).
bool TcpStream::feed_syn(const Call& call, Direction direction, const TcpSegment& segment) {
  const uint32_t first = segment.sequence + 1;
  const bool answer = segment.flags & tcp_flag::ack;
  const bool reset = (flags_[0] | flags_[1]) & kReset;
  if (flags(direction) & kStarted && !(reset && !answer)) {
    const int32_t late = distance(first, half(direction).initial);
    if (late == 0) {
      flags(direction) |= kSyn;
      return true;
    }
    const bool recorded_late = !(flags(direction) & kSyn) && late > 0 && late < 65536;
    if (recorded_late) return false;  // data came before it; what lies between is known to be lost
    const bool agreed = answer && restart_pending_ && segment.acknowledgement == restart_sequence_;
    if (agreed) {
      const uint32_t begin = restart_sequence_;
      restart(call);
      start(opposite(direction), begin, kSyn);
    } else if (!answer && (over() || !(flags(opposite(direction)) & kStarted))) {  // ended, or only one side is seen
      restart(call);
    } else {
      restart_sequence_ = answer ? restart_sequence_ : first;
      restart_pending_ = restart_pending_ || !answer;
      ++call.context.statistics.strays;
      return false;
    }
  } else if (reset && !answer) {
    restart(call);
  }
  start(direction, first, kSyn);
  return true;
}

/// feed_reset accepts a RST only near what is expected: a blind attacker must not end what goes on (RFC 5961, 3).
void TcpStream::feed_reset(const Call& call, Direction direction, const TcpSegment& segment) {
  const int32_t off = distance(half(direction).next, segment.sequence);
  if ((flags(direction) & kStarted) && (off > kResetWindow || off < -kResetWindow)) {
    ++call.context.statistics.late_resets;
    return;
  }
  release(call, Direction::to_server);
  release(call, Direction::to_client);
  if ((flags_[0] | flags_[1]) & kReset) return;
  flags(direction) |= kReset;
  call.sink.reset(direction);
}

/// feed_acknowledgement: what `direction` acknowledges says how far the other direction was received.
void TcpStream::feed_acknowledgement(const Call& call, Direction direction, const TcpSegment& segment) {
  const Direction other = opposite(direction);
  Half& theirs = half(other);
  uint8_t& theirs_flags = flags(other);
  if (!(theirs_flags & kStarted)) {
    theirs.next = segment.acknowledgement;
    theirs_flags |= kGuess;
    return;
  }
  // A FIN takes one number that we do not count.
  const uint32_t to = segment.acknowledgement - (theirs_flags & kFin ? 1 : 0);
  const int32_t beyond = distance(theirs.next, to);
  if (beyond > 0 && beyond <= static_cast<int32_t>(call.context.limits.window)) {
    const bool known = theirs_flags & kAhead;
    const bool further = !known || distance(theirs.ahead, to) > 0;
    const bool waits = theirs.held && theirs.held->waiting();
    const bool reaches = waits && distance(theirs.held->front(), to) >= 0 &&
                         (!known || distance(theirs.held->front(), theirs.ahead) < 0);
    if (!known || reaches) theirs.ahead_since = ticks(call.time);
    if (further) theirs.ahead = to;
    theirs_flags |= kAhead;
    if (waits && !segment.payload.empty() && !theirs.held->pieces.empty()) {
      theirs.held->answered = theirs.held->answered || distance(theirs.held->pieces.front().end(), to) >= 0;
    }
  }
  check_hole(call, other);
}

void TcpStream::feed_piece(const Call& call, Direction direction, Piece piece) {
  Half& mine = half(direction);
  StreamStatistics& statistics = call.context.statistics;
  if (!(flags(direction) & kStarted)) {
    const bool keep_alive = (flags(direction) & kGuess) && piece.bytes.size() <= 1 && piece.missing == 0 &&
                            !piece.fin && piece.sequence + 1 == mine.next;
    if (keep_alive) {
      ++statistics.keep_alives;
      return;
    }
    start(direction, piece.sequence, 0);
  }
  const auto window = static_cast<int32_t>(call.context.limits.window);
  const int32_t off = distance(mine.next, piece.sequence);
  if (off > window || off < -window) return feed_stray(call, direction, piece);
  if (off > 0) {
    ++statistics.held;
    return keep(call, direction, piece);
  }
  const int32_t fresh = distance(mine.next, piece.end());
  if (fresh < 0 || (fresh == 0 && !piece.fin)) {
    const bool keep_alive = piece.bytes.size() == 1 && fresh == 0;
    ++(keep_alive ? statistics.keep_alives : statistics.retransmitted);
    return;
  }
  if (off < 0) {
    const auto known = static_cast<size_t>(-int64_t{off});
    const size_t cut = std::min(known, piece.bytes.size());
    piece.bytes = piece.bytes.subspan(cut);
    piece.missing -= static_cast<uint32_t>(known - cut);
    piece.sequence = mine.next;
    if (fresh != 0) ++statistics.trimmed;
  }
  if (fresh > 0 && flags(direction) & kFin) ++statistics.data_after_fin;
  accept(call, direction, piece);
}

/// feed_stray: far outside of the window. One may be forged; several in sequence are the connection.
void TcpStream::feed_stray(const Call& call, Direction direction, const Piece& piece) {
  Held& held = hold(call, direction);
  ++call.context.statistics.strays;
  held.strays =
      held.strays > 0 && held.stray_next == piece.sequence ? static_cast<uint8_t>(held.strays + 1) : uint8_t{1};
  held.stray_next = piece.end();
  if (held.strays < call.context.limits.strays) return;
  held.strays = 0;
  flags(direction) = static_cast<uint8_t>(flags(direction) & ~kAhead);
  release(call, direction);
  ++call.context.statistics.holes;
  call.sink.gap(direction, 0);
  half(direction).next = half(direction).initial = piece.sequence;
  accept(call, direction, piece);
}

/// accept puts out a piece that begins where the direction stands.
void TcpStream::accept(const Call& call, Direction direction, Piece piece) {
  Half& mine = half(direction);
  // Where it runs into what is held, that came first and wins: let the held pieces sort it out.
  if (mine.held && mine.held->waiting() && distance(mine.held->front(), piece.end()) > 0) {
    keep(call, direction, piece);
    return drain(call, direction);
  }
  const uint32_t end = piece.end();
  if (!piece.bytes.empty()) {
    mine.next += static_cast<uint32_t>(piece.bytes.size());
    ++call.context.statistics.in_order;
    call.sink.data(direction, piece.bytes);
  }
  if (piece.missing != 0) put_gap(call, direction, end);
  if (piece.fin) close(call, direction);
  if (mine.held) {
    mine.held->strays = 0;
    mine.held->progress(ticks(call.time));
  }
  drain(call, direction);
}

void TcpStream::close(const Call& call, Direction direction) {
  if (flags(direction) & kFin) return;
  flags(direction) |= kFin;
  call.sink.closed(direction);
}

TcpStream::Held& TcpStream::hold(const Call& call, Direction direction) {
  Half& mine = half(direction);
  if (!mine.held) {
    mine.held.reset(new Held);
    mine.held->context = &call.context;
    mine.held->since = ticks(call.time);
  }
  return *mine.held;
}

/// keep copies those parts of `piece` that are not held yet. What is held came first and stays.
void TcpStream::keep(const Call& call, Direction direction, const Piece& piece) {
  Half& mine = half(direction);
  Held& held = hold(call, direction);
  if (!held.waiting()) held.since = ticks(call.time);
  const uint32_t base = mine.next;
  uint32_t at = piece.sequence - base;
  const uint32_t end = at + static_cast<uint32_t>(piece.bytes.size());
  auto part = [&](uint32_t from, uint32_t to) {
    return piece.bytes.subspan(from - (piece.sequence - base), to - from);
  };
  size_t i = 0;
  while (i < held.pieces.size() && held.pieces[i].end() - base <= at) ++i;
  bool conflict = false;
  while (at < end) {
    const uint32_t begin = i < held.pieces.size() ? held.pieces[i].sequence - base : end;
    if (begin > at) {
      const uint32_t until = std::min(begin, end);
      held.insert(call, i++, base + at, part(at, until), until == end ? piece.missing : 0);
      at = until;
      continue;
    }
    const Held::Kept& kept = held.pieces[i++];
    const uint32_t until = std::min(kept.end() - base, end);
    const size_t from = at - (kept.sequence - base);
    conflict =
        conflict || !std::equal(kept.data.get() + from, kept.data.get() + from + (until - at), part(at, until).data());
    at = until;
  }
  if (piece.bytes.empty() && piece.missing != 0) held.insert(call, i, piece.sequence, {}, piece.missing);
  if (conflict) ++call.context.statistics.conflicting;
  if (piece.fin && !held.has_fin) {
    held.has_fin = true;
    held.fin = piece.end();
  }
  if ((flags(direction) & kAhead) && distance(held.front(), mine.ahead) >= 0) ++held.after_ack;
}

/// put_gap says that the octets up to `until` are missing, but for those that are held.
void TcpStream::put_gap(const Call& call, Direction direction, uint32_t until) {
  Half& mine = half(direction);
  if (mine.held && !mine.held->pieces.empty() && distance(mine.held->pieces.front().sequence, until) > 0) {
    until = mine.held->pieces.front().sequence;
  }
  const int32_t count = distance(mine.next, until);
  if (count <= 0) return;
  mine.next = until;
  ++call.context.statistics.holes;
  call.context.statistics.lost_octets += static_cast<uint64_t>(count);
  call.sink.gap(direction, static_cast<uint64_t>(count));
}

/// drain puts out what is held and in sequence by now. Behind a hole that was filled, it is the filling packet that
/// completes what is said; behind one `given_up`, each piece speaks for the packet that brought it.
void TcpStream::drain(const Call& call, Direction direction, bool given_up) {
  Half& mine = half(direction);
  if (mine.held) {
    Held& held = *mine.held;
    bool progress = false;
    while (!held.pieces.empty() && distance(mine.next, held.pieces.front().sequence) <= 0) {
      const Held::Kept kept = std::move(held.pieces.front());
      held.pieces.erase(held.pieces.begin());
      held.discharge(kept.length + kPieceOverhead);
      progress = true;
      const auto known = static_cast<uint32_t>(distance(kept.sequence, mine.next));
      if (known < kept.length) {
        mine.next += kept.length - known;
        if (given_up) call.sink.held_since(kept.time, kept.number);
        call.sink.data(direction, Bytes(kept.data.get() + known, kept.length - known));
      }
      if (kept.missing == 0) continue;
      const uint32_t cut_end = kept.end() + kept.missing;
      if (!held.pieces.empty()) {  // what was cut may reach beyond the next piece
        Held::Kept& next = held.pieces.front();
        next.missing =
            static_cast<uint32_t>(std::max(static_cast<int32_t>(next.missing), distance(next.end(), cut_end)));
      }
      put_gap(call, direction, cut_end);
    }
    if (given_up) call.sink.held_no_more();
    if (progress) held.progress(ticks(call.time));
    if (held.has_fin && held.pieces.empty() && distance(held.fin, mine.next) >= 0) {
      held.has_fin = false;
      close(call, direction);
    }
    if (!held.waiting() && held.strays == 0) mine.held.reset();
  }
  uint8_t& mine_flags = flags(direction);
  if ((mine_flags & kAhead) && distance(mine.ahead, mine.next) >= 0)
    mine_flags = static_cast<uint8_t>(mine_flags & ~kAhead);
}

bool TcpStream::is_lost(const Call& call, Direction direction) const {
  const Half& mine = half(direction);
  const Held& held = *mine.held;
  const StreamLimits& limits = call.context.limits;
  if (held.pieces.size() > limits.held_segments || held.octets > limits.held_octets) return true;
  if (call.context.held_octets > limits.all_held_octets) return true;
  const uint32_t now = ticks(call.time);
  if ((flags(direction) & kAhead) && distance(held.front(), mine.ahead) >= 0) {
    if (held.after_ack > limits.segments_after_ack) return true;
    if (held.answered && distance(held.since, now) > 0) return true;
    if (distance(mine.ahead_since, now) >= ticks(limits.ack_grace)) return true;
  }
  return distance(held.since, now) >= ticks(limits.hole_timeout);
}

void TcpStream::check_hole(const Call& call, Direction direction) {
  while (half(direction).held && half(direction).held->waiting() && is_lost(call, direction)) give_up(call, direction);
}

/// give_up declares the first hole of a direction lost and puts out what lies behind it.
void TcpStream::give_up(const Call& call, Direction direction) {
  put_gap(call, direction, half(direction).held->front());
  drain(call, direction, true);
}

/// release puts out everything of a direction, and at last what only the other side's acknowledgement speaks of.
void TcpStream::release(const Call& call, Direction direction) {
  Half& mine = half(direction);
  while (mine.held && mine.held->waiting()) give_up(call, direction);
  uint8_t& mine_flags = flags(direction);
  // One beyond is taken for a FIN that was not recorded.
  if ((mine_flags & kAhead) && distance(mine.next, mine.ahead) > 1) put_gap(call, direction, mine.ahead);
  mine_flags = static_cast<uint8_t>(mine_flags & ~kAhead);
  mine.held.reset();
}

void TcpStream::expire(StreamContext& context, TimePoint now, StreamSink& sink) {
  if (!holding()) return;
  const Call call{context, sink, now};
  check_hole(call, Direction::to_server);
  check_hole(call, Direction::to_client);
}

void TcpStream::flush(StreamContext& context, StreamSink& sink) {
  const Call call{context, sink, {}};
  release(call, Direction::to_server);
  release(call, Direction::to_client);
}

}  // namespace rampart::monitor
