// One share of the traffic: all packets between some pairs of hosts. It keeps their flows, puts their streams in order,
// finds out what they speak, and drives the decoders. There is a fixed number of shards whatever the number of threads,
// so that bounds cost the same flows everywhere. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "monitor/capture.h"
#include "monitor/events.h"
#include "monitor/flow_table.h"
#include "monitor/fragments.h"
#include "monitor/stream.h"
#include "protocols/associations.h"

namespace rampart::monitor {

inline constexpr uint32_t kShards = 8;

struct ShardLimits {
  size_t flows = 131'072;               // in one shard; the stalest make room
  std::chrono::seconds tcp_idle{3600};  // OT sessions are silent for long; a later packet opens a new flow
  std::chrono::seconds udp_idle{180};
  std::chrono::seconds over_idle{5};  // after both sides closed
  uint8_t detection_attempts = 24;    // pieces of data that may pass before we stop asking what they are
};

class Shard {
 public:
  Shard(uint32_t number, const ShardLimits& limits, Events& events, const HashKey& key = {});
  ~Shard();

  /// report_to sends the events to come to `events`.
  void report_to(Events& events) { events_ = &events; }

  void packet(const RawPacket& raw);
  /// tick lets time pass: what is over or silent for too long ends. `when` is packet time.
  void tick(Moment moment);
  /// finish ends all flows.
  void finish(Moment moment);

 private:
  class Output;  // what streams and decoders call
  friend class Output;

  void ip_packet(Packet& packet);
  void ethernet_packet(const Packet& packet);
  void tcp_packet(uint32_t slot, const Packet& packet, Direction direction);
  void datagram(uint32_t slot, Direction direction, Bytes payload);
  uint32_t flow_of(const Packet& packet, Direction& direction);
  void start(uint32_t slot, const Packet& packet, bool low_is_source);
  void stop(uint32_t slot, std::string_view end, Moment moment);
  void announce(uint32_t slot, Moment moment);
  void stream_data(uint32_t slot, Direction direction, Bytes bytes);
  void stream_gap(uint32_t slot, Direction direction, uint64_t octets);
  bool detect(uint32_t slot, Direction direction, Bytes bytes, bool& wait);
  bool try_protocol(uint32_t slot, protocols::Protocol protocol, Direction direction, Bytes bytes, bool& wait);
  void adopt(uint32_t slot, protocols::Protocol protocol, bool swap);
  static protocols::Protocol hinted(const Flow& flow);
  void consume(uint32_t slot, Direction direction, Bytes bytes);
  size_t cut(uint32_t slot, Direction direction, Bytes bytes);
  void feed(uint32_t slot, Direction direction, Bytes frame);
  bool let_go(Flow& flow);
  Duration idle_limit(const Flow& flow) const {
    return flow.transport == Transport::tcp ? limits_.tcp_idle : limits_.udp_idle;
  }

  Direction seen_as(const Flow& flow, Direction direction) const {
    return flow.swapped ? protocols::opposite(direction) : direction;
  }

  uint32_t number_;
  ShardLimits limits_;
  Events* events_;
  protocols::Associations associations_;  // between flows of the same two hosts; outlives their decoders
  FlowTable flows_;
  std::vector<TimePoint> look_at_;  // by slot: before then tick() finds nothing to do
  FragmentReassembler fragments_;
  StreamContext streams_;
  std::unique_ptr<Output> output_;
  std::vector<std::unique_ptr<protocols::Decoder>> probes_;  // one of each protocol, only to ask
  Moment now_;
};

}  // namespace rampart::monitor
