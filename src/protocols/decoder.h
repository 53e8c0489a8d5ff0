// The seam that every protocol stands behind. A Decoder belongs to one conversation and one thread, does no I/O, reads
// no clock, and keeps no more memory than its Limits allow. It serves the monitor and the gateway alike.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "protocols/operation.h"

namespace rampart::protocols {

/// Limits of a protocol: what a conversation may make us keep.
struct Limits {
  size_t message_octets = 0;                        // longest message, reassembled
  size_t pending_operations = 64;                   // asked and not yet answered
  std::chrono::milliseconds answer_within{10'000};  // then it counts as unanswered
  std::chrono::milliseconds held_at_most{5'000};    // longest time that a part of a message may be held
};

/// Match: does this look like the protocol? `more`: too short to tell.
enum class Match : uint8_t { no, more, yes };

/// Frame: where the next frame of a stream ends. `more`: not all there yet, size = octets needed at least.
struct Frame {
  enum class State : uint8_t { more, complete, malformed };
  State state = State::more;
  size_t size = 0;
};

/// Feed: what became of a frame. `held`: part of a longer message. `unsupported`: well-formed, but nothing that we
/// decode; `reason` names it. `malformed`: breaks the protocol's rules; `reason` says which. Reasons are literals.
/// `thread`: of which message the frame is a part, where the parts of several may come mixed in one direction.
struct Feed {
  enum class State : uint8_t { complete, held, malformed, unsupported };
  State state = State::complete;
  std::string_view reason{};
  uint32_t thread = 0;
};

/// Sink takes what a decoder found, in the order of the wire. What it is given is valid during the call only.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void operation(const Operation& operation) = 0;
  virtual void answer(const Answer& answer) = 0;
  virtual void attribute(const Attribute& attribute) = 0;
  virtual void protection(const Protection& protection) = 0;
  /// deviation names, as a literal, a departure from the specification that real devices make and that does not stop
  /// decoding: "trailing-bytes", "coil-value". It belongs to the operation or answer that follows.
  virtual void deviation(std::string_view name) = 0;
};

/// Why a gateway refuses.
enum class Reason : uint8_t { not_allowed, value, busy };

/// Refusal: the bytes of the protocol's own "no" to one message; empty where the protocol has none.
struct Refusal {
  std::vector<uint8_t> bytes;
};

class Associations;

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// probe tells by content whether `bytes`, the beginning of a stream's direction or a datagram, speak this protocol.
  virtual Match probe(Direction direction, Bytes bytes) const = 0;
  /// frame finds the end of the frame at the beginning of `bytes` (streams only; a datagram is one frame).
  virtual Frame frame(Direction direction, Bytes bytes) = 0;
  /// feed decodes one whole frame and tells `sink` what it says.
  virtual Feed feed(Direction direction, Bytes frame, Sink& sink) = 0;
  /// resync: the offset of the next header in `after_gap` that can be verified, or its size where there is none.
  virtual size_t resync(Direction direction, Bytes after_gap) = 0;
  /// lost: `bytes` of this direction are missing; what was held of a longer message is dropped.
  virtual void lost(Direction direction, uint64_t bytes) = 0;
  /// done is true once the conversation can tell nothing more that is asked for: what follows is only counted.
  virtual bool done() const { return false; }
  /// refuse: the protocol's own "no" to the message with `key`, which came in `direction`, built from what feed() saw.
  virtual Refusal refuse(Direction direction, TransactionKey key, Reason reason) = 0;
  /// leave_out tells a decoder that serves a gateway that the frame fed last in `direction` is not forwarded. Result:
  /// what its sender must see so that it goes on sending, where the protocol acknowledges frames apart from answering
  /// them.
  virtual Refusal leave_out(Direction /*direction*/) { return {}; }
  /// renumber changes in `frame`, which is about to be forwarded, the numbers of frames that refusals put in and frames
  /// left out have moved. Only where Entry::numbers_frames.
  virtual void renumber(Direction /*direction*/, std::span<uint8_t> /*frame*/) {}
  /// share lends what all conversations of one pair of hosts have in common; `shared` outlives the decoder.
  virtual void share(Associations& /*shared*/, uint64_t /*pair*/) {}
};

}  // namespace rampart::protocols
