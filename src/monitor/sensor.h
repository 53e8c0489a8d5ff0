// The way of a packet: source, shards, correlator. With one worker everything happens in the caller's thread; with
// more, this thread reads, workers decode, one thread judges, and the same records come out in the same order.
#pragma once

#include <cstdint>
#include <functional>

#include "monitor/capture.h"
#include "monitor/events.h"
#include "monitor/shard.h"

namespace rampart::monitor {

/// PacketTap sees every packet just before what it means is told, in the order and in the thread of the events.
class PacketTap {
 public:
  virtual ~PacketTap() = default;
  virtual void packet(const RawPacket& raw) = 0;
};

struct SensorOptions {
  uint32_t workers = 1;
  PacketTap* tap = nullptr;
  ShardLimits limits{};
  HashKey hash_key{};  // of the tables of packets and conversations; a live sensor wants a random one
  /// beat is called once a second of a live source, between packets and where `events` is called: the place for all
  /// that writes records or shows what was seen.
  std::function<void(Moment)> beat{};
};

struct SensorResult {
  uint64_t packets = 0, octets = 0;
  TimePoint first{}, last{};
  uint64_t last_number = 0;  // of a packet
};

/// run reads `source` to its end and tells `events` what it saw, always in the order of the packets. `progress` is
/// called now and then, in the calling thread. Whatever source.next() throws is passed on after all threads have ended.
SensorResult run(PacketSource& source, Events& events, const SensorOptions& options,
                 const std::function<void(const SensorResult&)>& progress);

}  // namespace rampart::monitor
