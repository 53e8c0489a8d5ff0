// The gate's part for messages that must be on record before they go on: written down, held, judged again, let go.
#include <utility>

#include "gateway/collector.h"
#include "gateway/gate.h"

namespace rampart::gateway {
namespace {

using protocols::Feed;

// How long a message waits for its record, and how many datagrams wait behind it.
constexpr std::chrono::seconds kRecordWithin{1};
constexpr size_t kMostBehind = 16;

}  // namespace

/// write_first writes down what is to be on record before it is done. False where that is refused for want of room.
bool Gate::write_first(Direction direction, TimePoint now, std::optional<uint64_t>& number) {
  Collector& found = *collector_;
  for (size_t i = 0; i < found.asked; ++i) {
    Collector::Asking& asking = found.asking[i];
    const First first = judge_.write_first(talk_, direction, asking.operation.view(), asking.ruling, now);
    if (first.state == First::State::written) number = first.number;
    if (first.state != First::State::refused) continue;
    asking.ruling.pass = false;
    return false;
  }
  return true;
}

/// wait_for keeps a message that passes until record `number` is durable; all records before it are then.
void Gate::wait_for(uint64_t number, Direction direction, Bytes frame, const Feed& feed, bool datagram, TimePoint now,
                    Wire& wire) {
  flush(wire);
  Writing first;
  first.says = std::exchange(collector_, std::make_unique<Collector>());
  first.frame.assign(frame.begin(), frame.end());
  first.thread = feed.thread;
  first.datagram = datagram;
  first.number = number;
  first.since = now;
  way(direction).first = std::move(first);
}

/// wait_behind keeps what comes behind such a message. A stream is not read meanwhile; datagrams beyond the bound are
/// lost, as datagrams are.
bool Gate::wait_behind(Direction direction, Bytes octets, bool datagram) {
  Way& mine = way(direction);
  if (!datagram) {
    mine.partial.insert(mine.partial.end(), octets.begin(), octets.end());
  } else if (mine.first->behind.size() < kMostBehind) {
    mine.first->behind.emplace_back(octets.begin(), octets.end());
  }
  return true;
}

bool Gate::resume(TimePoint now, Wire& wire) {
  for (const Direction direction : {Direction::to_server, Direction::to_client}) {
    Way& mine = way(direction);
    if (!mine.first) continue;
    const bool durable = judge_.durable(mine.first->number);
    if (!durable && now - mine.first->since < kRecordWithin) continue;
    Writing first = std::move(*mine.first);
    mine.first.reset();
    if (!go_on(direction, first, durable, now, wire)) return false;
    std::vector<uint8_t> rest;
    if (!first.datagram) rest.swap(mine.partial);
    if (!first.datagram && !take(direction, rest, false, now, wire)) return false;
    for (const std::vector<uint8_t>& octets : first.behind) {
      if (!take(direction, octets, true, now, wire)) return false;
    }
  }
  return true;
}

/// go_on lets a message go that waited. It is judged again: values, rates and the plant may be others than when it
/// came.
bool Gate::go_on(Direction direction, Writing& first, bool durable, TimePoint now, Wire& wire) {
  collector_ = std::move(first.says);
  Collector& found = *collector_;
  const Feed feed{.thread = first.thread};
  bool pass = passes(direction, feed, now);
  for (size_t i = 0; i < found.asked && pass && !durable; ++i) {
    Collector::Asking& asking = found.asking[i];
    pass = asking.ruling.pass = judge_.not_durable(talk_, direction, asking.operation.view(), asking.ruling, now);
  }
  if (!pass) return deny(direction, feed, now, wire);
  forward(direction, first.frame, part_of(direction, first.thread, false), first.datagram, wire);
  flush(wire);
  drop(direction, first.thread);
  settle(direction, now, wire);
  return true;
}

}  // namespace rampart::gateway
