// What stands between the octets of both sides of one conversation: cuts messages, holds each until it is complete, has
// it judged as a whole, and lets it through unchanged or not at all. No I/O, no clock: what is to be sent goes to a
// Wire. Belongs to one conversation and one thread. Memory is bounded by the protocol's Limits.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "gateway/judge.h"
#include "protocols/registry.h"

namespace rampart::gateway {

/// Wire takes what a gate sends. The octets are valid during the call.
class Wire {
 public:
  virtual void send(Direction towards, Bytes octets) = 0;

 protected:
  ~Wire() = default;
};

class Collector;

class Gate {
 public:
  /// `protocol` tells every message (Entry::every_message). Judge and talk must outlive the gate.
  Gate(Judge& judge, Talk& talk, protocols::Protocol protocol, protocols::Associations* shared, uint64_t pair);
  ~Gate();

  /// take judges what came in `direction`; of datagrams, one whole. False where the conversation is to be reset: what
  /// came cannot be understood, or the plant says so.
  bool take(Direction direction, Bytes octets, bool datagram, TimePoint now, Wire& wire);
  /// ended: nothing more comes in `direction`. Who waits for an answer of a server that has ended gets what is left.
  void ended(Direction direction, TimePoint now, Wire& wire);
  /// expire gives up what was not answered in time. False where part of a message waits for its rest for too long.
  bool expire(TimePoint now, Wire& wire);

  /// shift keeps what waits as long as it would have: the wall's clock was set by `step`.
  void shift(Duration step);

  /// resume lets go on what waited for its record and has it, or gives that up after a second. False as of take().
  bool resume(TimePoint now, Wire& wire);
  /// writes_first is true where a message in `direction` waits for its record: nothing is to be read there meanwhile.
  bool writes_first(Direction direction) const { return ways_[static_cast<size_t>(direction)].first.has_value(); }
  bool writes_first() const { return writes_first(Direction::to_server) || writes_first(Direction::to_client); }
  /// reads is false where nothing is to be read in `direction` meanwhile: a message waits for its record, or as much
  /// was asked as can be told from what nobody asked.
  bool reads(Direction direction) const {
    return !writes_first(direction) && !(stalled_ && direction == Direction::to_server);
  }

  /// held counts the octets that wait here.
  size_t held() const;
  /// waits is true where there is something that expire() would look at.
  bool waits() const { return held() > 0 || !refusals_.empty() || talk_.matcher->in_flight() > 0; }
  /// awaited is true where the client waits for an answer: to what was forwarded, to what is being written down, or to
  /// what is refused in its turn.
  bool awaited() const { return writes_first() || !refusals_.empty() || talk_.matcher->asks(Direction::to_server); }

 private:
  /// Part is what is there of a message that is not complete: whole frames, one behind the other.
  struct Part {
    uint32_t thread = 0;
    std::vector<uint8_t> octets;
    std::vector<size_t> sizes;  // of the frames
  };
  /// Writing is a message that was judged and waits until what it asks for is on record.
  struct Writing {
    std::unique_ptr<Collector> says;
    std::vector<uint8_t> frame;
    uint32_t thread = 0;
    bool datagram = false;
    uint64_t number = 0;  // of its last record
    TimePoint since{};
    std::deque<std::vector<uint8_t>> behind;  // datagrams that came meanwhile
  };
  struct Way {
    std::optional<Writing> first;
    std::vector<uint8_t> partial;  // the beginning of a frame
    std::vector<Part> parts;
    TimePoint since{};  // when the oldest of these came
    bool waiting = false;
  };
  /// Queued is a refusal that waits until what was forwarded before it is answered.
  struct Queued {
    uint64_t behind = 0;
    std::vector<uint8_t> octets;
  };
  bool full() const;
  bool go_on_asking(TimePoint now, Wire& wire);
  bool take_frame(Direction direction, Bytes frame, bool datagram, TimePoint now, Wire& wire);
  bool take_part(Direction direction, Bytes frame, const protocols::Feed& feed, TimePoint now, Wire& wire);
  bool deny(Direction direction, const protocols::Feed& feed, TimePoint now, Wire& wire);
  bool refuse(Direction direction, TimePoint now, Wire& wire);
  bool passes(Direction direction, const protocols::Feed& feed, TimePoint now);
  bool write_first(Direction direction, TimePoint now, std::optional<uint64_t>& number);
  void wait_for(uint64_t number, Direction direction, Bytes frame, const protocols::Feed& feed, bool datagram,
                TimePoint now, Wire& wire);
  bool wait_behind(Direction direction, Bytes octets, bool datagram);
  bool go_on(Direction direction, Writing& first, bool durable, TimePoint now, Wire& wire);
  void forward(Direction direction, Bytes frame, Part* part, bool datagram, Wire& wire);
  void settle(Direction direction, TimePoint now, Wire& wire);
  void release(Wire& wire);
  void put(Direction direction, Bytes frame, Wire& wire);
  void flush(Wire& wire);
  Part* part_of(Direction direction, uint32_t thread, bool make);
  bool hold(Direction direction, uint32_t thread, Bytes frame, TimePoint now);
  void drop(Direction direction, uint32_t thread);
  void note_waiting(Direction direction, TimePoint now);
  void keep_rest(Direction direction, Bytes rest, std::vector<uint8_t>& joined);
  bool pass_unseen(Direction direction, std::string_view reason, Bytes rest, TimePoint now, Wire& wire);
  Way& way(Direction direction) { return ways_[static_cast<size_t>(direction)]; }

  Judge& judge_;
  Talk& talk_;
  const protocols::Entry& entry_;
  std::unique_ptr<protocols::Decoder> decoder_;
  std::unique_ptr<Collector> collector_;
  Way ways_[2];
  Bytes run_{};                // of the octets being taken: what is to be forwarded and was not yet sent,
  Direction run_direction_{};  // and where
  std::vector<uint8_t> scratch_;
  std::deque<Queued> refusals_;
  std::vector<uint64_t> open_;  // serials of messages forwarded and not answered, in order
  uint64_t serial_ = 0;
  bool stalled_ = false;  // requests wait, in the partial of their way, until answers make room
  bool opaque_ = false;   // where the mode only tests: what cannot be understood is not looked at any more
};

}  // namespace rampart::gateway
