// What the packet side of the monitor tells the judging side, in the order of the wire. One thread at a time;
// everything handed over is valid during the call. Recorder (recorder.h) keeps a run of events and plays it again
// elsewhere.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/address.h"
#include "base/time.h"
#include "protocols/decoder.h"
#include "protocols/operation.h"
#include "protocols/registry.h"
#include "records/records.h"

namespace rampart::monitor {

using protocols::Direction;
using records::Seen;

/// Moment: which packet, and when it was captured.
struct Moment {
  TimePoint time{};
  uint64_t packet = 0;
};

/// FlowRef names a flow while it lives: the place in its shard's slab is reused after flow_ended.
struct FlowRef {
  uint32_t shard = 0;
  uint32_t slot = 0;
};

struct FlowSide {
  std::optional<IpAddress> ip{};
  MacAddress mac{};
  uint16_t port = 0;
};

/// FlowStart: the two ends as they look at the first packet. Who asks may turn out to be the other one: roles_swapped.
struct FlowStart {
  uint64_t flow_id = 0;
  FlowSide client, server;
  std::optional<uint16_t> vlan;
  records::Transport transport = records::Transport::none;
  uint8_t ip_protocol = 0;
};

struct FlowStop {
  TimePoint first{}, last{};
  uint64_t first_packet = 0;
  uint64_t packets[2]{}, octets[2]{};
  bool opening_seen = false;
  std::string_view end{};  // a literal
};

class Events {
 public:
  virtual ~Events() = default;
  virtual void flow_started(FlowRef flow, const FlowStart& start, Moment moment) = 0;
  virtual void roles_swapped(FlowRef flow) = 0;
  virtual void protocol_found(FlowRef flow, protocols::Protocol protocol, Moment moment) = 0;
  /// protocol_missing: the port promises `expected`, the content is something else.
  virtual void protocol_missing(FlowRef flow, protocols::Protocol expected, Moment moment) = 0;
  virtual void operation(FlowRef flow, Direction direction, const protocols::Operation& operation, Seen seen,
                         Moment moment) = 0;
  virtual void answer(FlowRef flow, Direction direction, const protocols::Answer& answer, Moment moment) = 0;
  /// attribute is called for every one, also where it was said before. Of kind `address` it is a claim that about_ip
  /// lies at about_mac, and its basis says whether that was asked, answered, gratuitous, probed or assigned: what
  /// duplicate addresses and contradictions show in. The claim need not agree with the frame's own sender.
  virtual void attribute(FlowRef flow, Direction direction, const protocols::Attribute& attribute, Moment moment) = 0;
  /// protection: what a conversation shows about its own, by the side that sent it.
  virtual void protection(FlowRef flow, Direction direction, const protocols::Protection& protection,
                          Moment moment) = 0;
  virtual void deviation(FlowRef flow, std::string_view name) = 0;
  /// trouble: kind "malformed", "unsupported" or "gap", all literals; count is octets for a gap.
  virtual void trouble(FlowRef flow, Direction direction, std::string_view kind, std::string_view reason,
                       uint64_t count, Moment moment) = 0;
  virtual void flow_stopped(FlowRef flow, const FlowStop& stop, Moment moment) = 0;
  /// packet_trouble: a packet that could not be read as far as a flow.
  virtual void packet_trouble(std::string_view reason, Moment moment) = 0;
  /// tick comes at least every ten seconds of packet time, before the packet that made it due.
  virtual void tick(Moment moment) = 0;
};

}  // namespace rampart::monitor
