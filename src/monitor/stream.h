// One TCP connection put in order. A TcpStream is fed with segments as they were recorded and calls a StreamSink with
// contiguous bytes and with the gaps between them. In order it neither copies nor allocates. It belongs to one thread;
// the StreamContext (one per worker) must outlive it. Only contents, order and packet time decide: same input, same
// calls.
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/time.h"
#include "monitor/packet.h"
#include "protocols/operation.h"

namespace rampart::monitor {

using protocols::Direction;

/// StreamLimits: what one connection may make us keep, and when a hole is given up.
struct StreamLimits {
  size_t held_octets = size_t{256} << 10;     // per direction
  size_t held_segments = 64;                  // per direction
  size_t all_held_octets = size_t{64} << 20;  // over all streams of a context
  uint32_t window = 16u << 20;                // further away from what is expected, a segment is a stray
  uint32_t segments_after_ack = 3;            // a hole that the other side acknowledged waits for so many segments
  Duration ack_grace = std::chrono::milliseconds(20);  // ... or so long, as packets are recorded out of order
  Duration hole_timeout = std::chrono::seconds(10);    // a hole that nobody acknowledged
  uint8_t strays = 4;  // so many strays in sequence move the expectation to where they are
};

struct StreamStatistics {
  uint64_t in_order = 0;       // segments with payload passed through at once
  uint64_t held = 0;           // segments that came too early
  uint64_t retransmitted = 0;  // segments with nothing new
  uint64_t trimmed = 0;        // segments of which a part was known
  uint64_t conflicting = 0;    // overlaps whose octets differ from what is held: evasion, or a broken stack
  uint64_t keep_alives = 0;
  uint64_t strays = 0;       // segments far outside of the window
  uint64_t holes = 0;        // given up
  uint64_t lost_octets = 0;  // in those holes
  uint64_t late_resets = 0;  // resets outside of the window, ignored
  uint64_t data_after_fin = 0;
  uint64_t restarts = 0;  // new connections on the same ports
};

/// StreamContext is what all streams of one worker share.
struct StreamContext {
  StreamLimits limits;
  StreamStatistics statistics;
  size_t held_octets = 0;
};

/// TcpSegment is what a stream needs of a packet. `missing`: octets of its payload behind `payload` that the capture
/// cut off.
struct TcpSegment {
  uint32_t sequence = 0;
  uint32_t acknowledgement = 0;
  uint8_t flags = 0;
  Bytes payload;
  uint32_t missing = 0;
  TimePoint time;
  uint64_t number = 0;  // of the packet, for StreamSink::held_since
};

inline TcpSegment segment_of(const Packet& packet, uint64_t number = 0) {
  return {packet.sequence, packet.acknowledgement, packet.tcp_flags, packet.payload, packet.missing, packet.time,
          number};
}

/// StreamSink takes what a stream puts out. Nothing that it is given outlives the call.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  /// data: the next contiguous octets of a direction. Never empty.
  virtual void data(Direction direction, Bytes bytes) = 0;
  /// held_since: the data that follow, until the next call, came with an earlier packet and waited behind a hole that
  /// is given up: what they say was said then. held_no_more: what follows came with the packet at hand.
  virtual void held_since(TimePoint, uint64_t /*number*/) {}
  virtual void held_no_more() {}
  /// gap: exactly `bytes` octets are missing here; 0 where nobody can know how many (the sequence numbers jumped).
  virtual void gap(Direction direction, uint64_t bytes) = 0;
  /// closed: this direction ended with a FIN, after all of its data. Once per connection and direction.
  virtual void closed(Direction direction) = 0;
  /// reset: `direction` sent an acceptable RST. What both sides had was put out before. Once per connection.
  virtual void reset(Direction direction) = 0;
  /// restarted: a new connection began on the same ports. What the old one had was put out before.
  virtual void restarted() = 0;
};

/// TcpStream puts the two directions of one connection in order.
///
/// First data wins: what was put out or is held is never replaced. A missed start is no loss: the first segment with
/// data sets what is expected, a SYN sets it right. A hole is given up, and a gap put out, as soon as
///   - the other side acknowledged it and `segments_after_ack` more segments or `ack_grace` passed since: it was
///     received and not recorded (an acknowledgement alone may be recorded before what it acknowledges);
///   - the other side sent data that acknowledges what lies behind the hole, a millisecond or more after it was held:
///     a request must come out before its answer;
///   - more is held than the limits allow;
///   - `hole_timeout` passed without progress (seen at the next segment of the stream, or by expire());
///   - the stream ends (flush()).
/// Octets that the capture cut off a segment are a gap at once.
class TcpStream {
 public:
  TcpStream() = default;
  ~TcpStream();
  TcpStream(TcpStream&& other) noexcept;
  TcpStream& operator=(TcpStream&& other) noexcept;

  void feed(StreamContext& context, Direction direction, const TcpSegment& segment, StreamSink& sink);
  /// expire gives up holes whose time is over; for streams that see no more packets.
  void expire(StreamContext& context, TimePoint now, StreamSink& sink);
  /// flush puts out all that is held, with gaps for what is missing; at the end of a flow.
  void flush(StreamContext& context, StreamSink& sink);

  /// started: at least one segment with data, or a SYN, was seen in this direction.
  bool started(Direction direction) const { return flags(direction) & kStarted; }
  /// synchronised: this direction began with a SYN, so nothing was missed before it.
  bool synchronised(Direction direction) const { return flags(direction) & kSyn; }
  bool closed(Direction direction) const { return flags(direction) & kFin; }
  /// over: reset, or closed in both directions. What still comes in sequence is put out all the same.
  bool over() const { return ((flags_[0] | flags_[1]) & kReset) || (flags_[0] & flags_[1] & kFin); }
  /// holding: something waits for a hole to be filled; only then expire() has anything to do.
  bool holding() const { return halves_[0].held != nullptr || halves_[1].held != nullptr; }
  /// expected: the next sequence number of a direction that started.
  uint32_t expected(Direction direction) const { return half(direction).next; }

 private:
  static constexpr uint8_t kStarted = 1, kSyn = 2, kFin = 4, kReset = 8, kAhead = 16, kGuess = 32;
  struct Held;
  struct HeldDeleter {
    void operator()(Held* held) const;
  };
  struct Half {
    std::unique_ptr<Held, HeldDeleter> held;
    uint32_t next = 0;         // the sequence number expected; before the start, with kGuess, one that is likely
    uint32_t initial = 0;      // of the first octet
    uint32_t ahead = 0;        // with kAhead: the other side acknowledged up to here, beyond `next`
    uint32_t ahead_since = 0;  // in ticks
  };
  /// Piece is what a segment brings to its direction.
  struct Piece {
    uint32_t sequence = 0;
    Bytes bytes;
    uint32_t missing = 0;
    bool fin = false;
    uint32_t end() const { return sequence + static_cast<uint32_t>(bytes.size()) + missing; }
  };
  /// Call is what every step of one call needs.
  struct Call {
    StreamContext& context;
    StreamSink& sink;
    TimePoint time;
    uint64_t number = 0;
  };

  Half& half(Direction direction) { return halves_[static_cast<size_t>(direction)]; }
  const Half& half(Direction direction) const { return halves_[static_cast<size_t>(direction)]; }
  uint8_t& flags(Direction direction) { return flags_[static_cast<size_t>(direction)]; }
  uint8_t flags(Direction direction) const { return flags_[static_cast<size_t>(direction)]; }

  void feed_slowly(const Call& call, Direction direction, const TcpSegment& segment);
  bool feed_syn(const Call& call, Direction direction, const TcpSegment& segment);
  void feed_reset(const Call& call, Direction direction, const TcpSegment& segment);
  void feed_acknowledgement(const Call& call, Direction direction, const TcpSegment& segment);
  void feed_piece(const Call& call, Direction direction, Piece piece);
  void feed_stray(const Call& call, Direction direction, const Piece& piece);
  void start(Direction direction, uint32_t sequence, uint8_t with);
  void restart(const Call& call);
  void accept(const Call& call, Direction direction, Piece piece);
  void close(const Call& call, Direction direction);
  Held& hold(const Call& call, Direction direction);
  void keep(const Call& call, Direction direction, const Piece& piece);
  void drain(const Call& call, Direction direction, bool given_up = false);
  void put_gap(const Call& call, Direction direction, uint32_t until);
  bool is_lost(const Call& call, Direction direction) const;
  void check_hole(const Call& call, Direction direction);
  void give_up(const Call& call, Direction direction);
  void release(const Call& call, Direction direction);

  Half halves_[2];
  uint32_t restart_sequence_ = 0;  // with restart_pending_: where a SYN inside of a running connection points
  bool restart_pending_ = false;
  uint8_t flags_[2] = {};
};

}  // namespace rampart::monitor
