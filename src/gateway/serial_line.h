// One serial line with Modbus RTU devices, and the clients that ask them by Modbus/TCP: one queue, one request on the
// line at a time. No I/O and no clock: what goes out goes to Ends, time comes as an argument. One thread. Memory is
// bounded by kMostQueued requests and kMostReceived octets.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "gateway/rtu.h"

namespace rampart::gateway {

/// LineCounts of one line since it began.
struct LineCounts {
  uint64_t answered = 0, unanswered = 0, busy = 0, away = 0;
  uint64_t thrown_away = 0;  // octets that answered nothing: noise, late answers
};

class SerialLine {
 public:
  static constexpr size_t kMostQueued = 64;
  static constexpr size_t kMostOfClient = 16;
  static constexpr size_t kMostReceived = 2 * rtu::kFrameMost;
  /// How long a device may take before its answer begins; what it takes on the line comes on top.
  static constexpr std::chrono::milliseconds kAnswerWithin{1'000};
  /// How long a request may wait for the line. What is older is not sent any more: its client has given it up.
  static constexpr std::chrono::milliseconds kMostWait{5'000};
  /// Between a broadcast and the next request (2.4.1: typically 100 to 200 ms).
  static constexpr std::chrono::milliseconds kTurnaround{100};
  /// A frame is over when nothing came for t3.5 and this: drivers hand over octets in bunches.
  static constexpr std::chrono::milliseconds kDriverDelay{20};

  /// Exceptions of the line itself. MODBUS Application Protocol V1.1b3, section 7.
  enum class Exception : uint8_t { value = 3, busy = 6, path_unavailable = 10, target_failed = 11 };

  class Ends {
   public:
    /// put sends a frame on the line; false where it cannot be sent whole: the owner then calls broken().
    virtual bool put(Bytes frame) = 0;
    /// answer gives a client what it asked for, as a Modbus/TCP frame. It must not call the line.
    virtual void answer(uint64_t client, Bytes frame) = 0;

   protected:
    ~Ends() = default;
  };

  /// A line begins broken; `ends` must outlive it.
  SerialLine(const plant::SerialLine& line, Ends& ends) : pace_(rtu::pace_of(line)), ends_(ends) {}

  /// ask takes a whole Modbus/TCP frame of `client`, which is not 0.
  void ask(uint64_t client, Bytes frame, Duration now);
  /// forget drops what `client` asked; the answer to what is on the line already goes nowhere.
  void forget(uint64_t client);
  /// owes is true where `client` still waits for an answer.
  bool owes(uint64_t client) const;
  void received(Bytes octets, Duration now);
  /// broken: the device is not there; who asks is told so at once. mended: it is there again.
  void broken();
  void mended(Duration now);
  /// tick does what is due. next is when there is something to do; the greatest Duration: never.
  void tick(Duration now);
  Duration next() const;

  bool is_broken() const { return state_ == State::broken; }
  const LineCounts& counts() const { return counts_; }

 private:
  enum class State : uint8_t { broken, idle, awaiting, turnaround };
  struct Request {
    uint64_t client = 0;  // 0: it has gone
    uint16_t transaction = 0;
    std::vector<uint8_t> octets;  // unit and PDU
    Duration since{};
    uint8_t unit() const { return octets[0]; }
  };

  void advance(Duration now);
  void drop_stale(Duration now);
  void send(Request request, Duration now);
  void look_for_answer(Duration now, bool silent);
  void refuse(const Request& request, Exception why);
  void answer(const Request& request, Bytes octets);

  const rtu::Pace pace_;
  Ends& ends_;
  State state_ = State::broken;
  std::deque<Request> queue_;                // in the order of coming
  Request current_;                          // while awaiting
  Duration until_{};                         // the end of waiting for an answer, or of the turnaround
  Duration free_at_{};                       // before which the line must be silent
  std::array<Duration, 256> doubt_until_{};  // of a unit whose last answer did not come: it may still be on its way
  std::vector<uint8_t> received_;
  Duration heard_{};
  bool searched_ = true;  // nothing came since the last search that took the frame for finished
  LineCounts counts_;
};

}  // namespace rampart::gateway
