// Segments of an attacker, of both sides, through one TCP stream. Input: records of eight octets, see read_segment().
// Holds: what comes out adds up to what the sequence numbers say, and nothing is held at the end.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "monitor/stream.h"

namespace {

using namespace rampart;
using namespace rampart::monitor;

void demand(bool holds) {
  if (!holds) std::abort();
}

/// Ledger adds up what a direction put out.
struct Ledger : StreamSink {
  uint64_t octets[2] = {};
  bool jumped[2] = {};
  int closes[2] = {};
  int resets = 0;
  uint8_t sum = 0;

  void data(Direction direction, Bytes bytes) override {
    demand(!bytes.empty());
    sum = static_cast<uint8_t>(sum ^ bytes.front() ^ bytes.back());
    octets[static_cast<size_t>(direction)] += bytes.size();
  }
  void gap(Direction direction, uint64_t bytes) override {
    octets[static_cast<size_t>(direction)] += bytes;
    if (bytes == 0) jumped[static_cast<size_t>(direction)] = true;
  }
  void closed(Direction direction) override { demand(++closes[static_cast<size_t>(direction)] == 1); }
  void reset(Direction) override { demand(++resets == 1); }
  void restarted() override { *this = Ledger(); }
};

constexpr size_t kLongest = 64 * 8;        // 64 segments say as much as more
constexpr uint32_t kInitial = 0xffffff00;  // the numbers wrap soon

/// read_segment: one octet of direction and flags, one that says where numbers come from, two of sequence, one of
/// acknowledgement, one of payload, one of missing, one of time.
TcpSegment read_segment(ByteReader& reader, Bytes payloads, Direction& direction, int64_t& time) {
  const uint8_t first = reader.u8();
  const uint8_t spread = reader.u8();
  direction = first & 0x80 ? Direction::to_client : Direction::to_server;
  TcpSegment segment;
  segment.flags = first & 0x3f;
  segment.sequence = kInitial + (uint32_t{reader.u16()} << (spread % 18));
  segment.acknowledgement = kInitial + (uint32_t{reader.u8()} << (spread / 18 % 18));
  segment.payload = payloads.first(std::min<size_t>(reader.u8(), payloads.size()));
  const uint8_t missing = reader.u8();
  segment.missing = missing > 200 ? missing : 0;
  time += reader.u8();
  segment.time = TimePoint(std::chrono::milliseconds(time));
  return segment;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const uint8_t kPayloads[256] = {1, 2, 3};
  StreamContext context;
  context.limits.held_octets = 2000;
  context.limits.held_segments = 8;
  context.limits.all_held_octets = 3000;
  Ledger ledger;
  uint32_t initial[2] = {};
  {
    TcpStream stream;
    ByteReader reader(Bytes(data, std::min(size, kLongest)));
    int64_t time = 0;
    while (reader.left() >= 8) {
      Direction direction = Direction::to_server;
      const TcpSegment segment = read_segment(reader, kPayloads, direction, time);
      const uint64_t restarts = context.statistics.restarts;
      bool before[2] = {stream.started(Direction::to_server), stream.started(Direction::to_client)};
      stream.feed(context, direction, segment, ledger);
      if (context.statistics.restarts != restarts) before[0] = before[1] = false;
      for (const Direction each : {Direction::to_server, Direction::to_client}) {
        const auto i = static_cast<size_t>(each);
        if (!stream.started(each)) continue;
        if (!before[i]) initial[i] = stream.expected(each) - static_cast<uint32_t>(ledger.octets[i]);
        demand(ledger.jumped[i] || stream.expected(each) - initial[i] == static_cast<uint32_t>(ledger.octets[i]));
      }
      demand(context.held_octets <= 2 * (2000 + 256 * 3 + 64 * 10));
      if (segment.flags & tcp_flag::urg) stream.expire(context, segment.time, ledger);
    }
    if (size % 2) stream.flush(context, ledger);
    demand(size % 2 == 0 || !stream.holding());
  }
  demand(context.held_octets == 0);
  return 0;
}
