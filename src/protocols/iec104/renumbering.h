// The numbers of I-frames where a gateway puts some in and leaves others out. Each direction is a count of its own:
// what the sender calls N(S) = 7 may reach the receiver as 6 or 8, and the receiver's N(R) has to be told in the
// sender's numbers. Belongs to a decoder; bounded by what is not yet acknowledged.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "protocols/operation.h"

namespace rampart::protocols::iec104 {

class Renumbering {
 public:
  /// kMost frames put in or left out may wait for their acknowledgement, in each direction.
  static constexpr size_t kMost = 1024;

  /// begins: `send` is the number of an I-frame; that of the first says where its direction begins to count.
  void begins(Direction direction, uint16_t send) {
    Way& way = this->way(direction);
    if (!way.begun) way.last = send;
    way.begun = true;
  }
  /// leave_out: the frame that its sender numbered `send` does not reach the receiver.
  void leave_out(Direction direction, uint16_t send);
  /// put_in: a frame reaches the receiver between others; its sender would number `next` next. Result: its N(S).
  uint16_t put_in(Direction direction, uint16_t next);
  /// full: no more can be put in or left out before something is acknowledged.
  bool full(Direction direction) const { return way(direction).waiting.size() >= kMost; }

  /// sent is the receiver's number of the frame that its sender numbered `send`.
  uint16_t sent(Direction direction, uint16_t send) const;
  /// acknowledged is N(R) `receive` of the frames that go in `direction`, in their sender's numbers. To be asked in the
  /// order in which acknowledgements come.
  uint16_t acknowledged(Direction direction, uint16_t receive);
  /// last is what was acknowledged last, in the sender's numbers, with what was left out since.
  uint16_t last(Direction direction) { return acknowledged(direction, way(direction).last); }
  bool used() const { return used_; }
  /// used_for: a frame that goes in `direction` was left out or put in.
  bool used_for(Direction direction) const { return way(direction).used; }

 private:
  struct Moved {
    uint16_t at = 0;  // in the receiver's numbers: of the frame put in, or of the one after that left out
    bool put_in = false;
  };
  struct Way {
    uint16_t shift = 0;  // receiver's number - sender's number, of what is sent now
    uint16_t acked = 0;  // sender's number - receiver's number, of what is acknowledged
    uint16_t last = 0;   // acknowledged, in the receiver's numbers
    bool begun = false, used = false;
    std::vector<Moved> waiting;
  };
  Way& way(Direction direction) { return ways_[static_cast<size_t>(direction)]; }
  const Way& way(Direction direction) const { return ways_[static_cast<size_t>(direction)]; }

  std::array<Way, 2> ways_{};
  bool used_ = false;
};

}  // namespace rampart::protocols::iec104
