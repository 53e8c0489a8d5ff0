#include "monitor/shard.h"

#include <algorithm>

namespace rampart::monitor {
namespace {

using protocols::Feed;
using protocols::Frame;
using protocols::Match;
using protocols::Protocol;

constexpr size_t kWaitForProbe = 512;  // octets kept while a protocol says "more"

size_t index(Direction direction) { return static_cast<size_t>(direction); }

/// carried is true where `entry` may be what a flow of this transport speaks.
bool carried(const protocols::Entry& entry, const Flow& flow) {
  switch (flow.transport) {
    case Transport::tcp:
      return entry.over_tcp;
    case Transport::udp:
      return entry.over_udp;
    case Transport::none:
      return entry.over_ethernet;
  }
  return false;
}

}  // namespace

/// Output passes what a stream or decoder found on, with the flow and direction that are being worked on.
class Shard::Output : public StreamSink, public protocols::Sink {
 public:
  explicit Output(Shard& shard) : shard_(shard) {}

  uint32_t slot = 0;
  Direction decoding{};
  Seen seen = Seen::whole;

  void data(Direction direction, Bytes bytes) override { shard_.stream_data(slot, direction, bytes); }
  void gap(Direction direction, uint64_t bytes) override { shard_.stream_gap(slot, direction, bytes); }
  void closed(Direction) override { shard_.flows_[slot].over = shard_.flows_[slot].stream.over(); }
  void reset(Direction) override { shard_.flows_[slot].over = shard_.flows_[slot].reset = true; }
  void restarted() override {}
  // What lay behind a hole is told as of the packet that brought it, not of the one that made us stop waiting.
  void held_since(TimePoint time, uint64_t number) override {
    if (!at_hand_) at_hand_ = shard_.now_;
    shard_.now_ = {time, number};
  }
  void held_no_more() override {
    if (at_hand_) shard_.now_ = *at_hand_;
    at_hand_.reset();
  }

  void operation(const protocols::Operation& operation) override {
    shard_.events_->operation({shard_.number_, slot}, decoding, operation, seen, shard_.now_);
    seen = Seen::whole;
  }
  void answer(const protocols::Answer& answer) override {
    shard_.events_->answer({shard_.number_, slot}, decoding, answer, shard_.now_);
  }
  void attribute(const protocols::Attribute& attribute) override {
    shard_.events_->attribute({shard_.number_, slot}, decoding, attribute, shard_.now_);
  }
  void protection(const protocols::Protection& protection) override {
    shard_.events_->protection({shard_.number_, slot}, decoding, protection, shard_.now_);
  }
  void deviation(std::string_view name) override { shard_.events_->deviation({shard_.number_, slot}, name); }

 private:
  Shard& shard_;
  std::optional<Moment> at_hand_;  // while data are told that were held: the moment to come back to
};

Shard::Shard(uint32_t number, const ShardLimits& limits, Events& events, const HashKey& key)
    : number_(number),
      limits_(limits),
      events_(&events),
      flows_(limits.flows, key),
      fragments_({}, key),
      output_(std::make_unique<Output>(*this)) {
  for (size_t i = 0; i < protocols::registry().size(); ++i) {
    probes_.push_back(protocols::registry()[i].make({static_cast<uint16_t>(i + 1)}));
  }
}

Shard::~Shard() = default;

void Shard::packet(const RawPacket& raw) {
  now_ = {raw.time, raw.number};
  Packet packet;
  switch (parse_packet(raw, packet)) {
    case Parsed::ip:
      ip_packet(packet);
      return;
    case Parsed::fragment: {
      Packet whole;
      Parsed parsed{};
      if (!fragments_.add(packet, whole, parsed)) return;
      if (parsed == Parsed::ip) {
        ip_packet(whole);
      } else {
        events_->packet_trouble(whole.reason.empty() ? "cut inside its headers" : whole.reason, now_);
      }
      return;
    }
    case Parsed::other:
      ethernet_packet(packet);
      return;
    case Parsed::unsupported:
      return;
    case Parsed::malformed:
      events_->packet_trouble(packet.reason, now_);
      return;
    case Parsed::truncated:
      events_->packet_trouble("cut inside its headers", now_);
      return;
  }
}

void Shard::ip_packet(Packet& packet) {
  Direction direction{};
  uint32_t slot = flow_of(packet, direction);
  Flow* flow = &flows_[slot];
  const bool opens = packet.transport == Transport::tcp && (packet.tcp_flags & tcp_flag::syn) != 0 &&
                     (packet.tcp_flags & tcp_flag::ack) == 0;
  if (opens && flow->packets[0] + flow->packets[1] > 0 && (flow->over || flow->stream.synchronised(direction)) &&
      packet.sequence + 1 != flow->stream.expected(direction)) {
    stop(slot, flow->reset ? "reset" : "closed", now_);
    slot = flow_of(packet, direction);
    flow = &flows_[slot];
  }
  flow->last = packet.time;
  ++flow->packets[index(direction)];
  flow->octets[index(direction)] += packet.payload.size() + packet.missing;
  if (packet.transport == Transport::tcp) {
    tcp_packet(slot, packet, direction);
  } else if (packet.transport == Transport::udp && !packet.payload.empty()) {
    datagram(slot, direction, packet.payload);
  }
}

/// ethernet_packet takes what some protocol sends without IP; other ethertypes and LLC make no flows.
void Shard::ethernet_packet(const Packet& packet) {
  if (packet.llc || packet.source_mac == MacAddress{} || packet.payload.empty()) return;
  if (!protocols::protocol_over_ethernet(packet.ethertype).known()) return;
  Direction direction{};
  const uint32_t slot = flow_of(packet, direction);
  Flow& flow = flows_[slot];
  flow.last = packet.time;
  ++flow.packets[index(direction)];
  flow.octets[index(direction)] += packet.payload.size() + packet.missing;
  datagram(slot, direction, packet.payload);
}

uint32_t Shard::flow_of(const Packet& packet, Direction& direction) {
  bool low_is_source = false;
  const FlowKey key = FlowKey::of(packet, low_is_source);
  const uint64_t hash = flows_.hash(key);
  uint32_t slot = flows_.find(key, hash);
  if (slot == FlowTable::kNone) {
    if (flows_.full()) stop(flows_.oldest_of_some(), "evicted", now_);
    slot = flows_.insert(key, hash);
    start(slot, packet, low_is_source);
  }
  direction = low_is_source == flows_[slot].client_is_low ? Direction::to_server : Direction::to_client;
  return slot;
}

void Shard::start(uint32_t slot, const Packet& packet, bool low_is_source) {
  Flow& flow = flows_[slot];
  flow.transport = packet.transport;
  flow.ip_protocol = packet.protocol;
  flow.ethertype = packet.has_ip ? uint16_t{0} : packet.ethertype;
  flow.first = flow.last = packet.time;
  flow.first_packet = packet.number;
  flow.flow_id = packet.number;
  if (packet.vlan_count > 0) flow.vlan = packet.vlans[0];
  const bool tcp = packet.transport == Transport::tcp;
  const bool syn = tcp && (packet.tcp_flags & tcp_flag::syn) != 0;
  const bool answered = syn && (packet.tcp_flags & tcp_flag::ack) != 0;
  flow.opening_seen = syn;
  bool from_client = !answered;
  if (!syn && packet.transport != Transport::none) {
    // The start was not seen: the side with a protocol's own port is asked, else the one with the lower port.
    const bool to_known = protocols::protocol_at(tcp, packet.destination_port).known();
    const bool from_known = protocols::protocol_at(tcp, packet.source_port).known();
    from_client =
        to_known != from_known || !tcp ? to_known || !from_known : packet.source_port >= packet.destination_port;
  }
  flow.client_is_low = low_is_source == from_client;
  FlowSide source{.mac = packet.source_mac, .port = packet.source_port};
  FlowSide destination{.mac = packet.destination_mac, .port = packet.destination_port};
  if (packet.has_ip) {
    source.ip = packet.source;
    destination.ip = packet.destination;
  }
  flow.client = from_client ? source : destination;
  flow.server = from_client ? destination : source;
  if (look_at_.size() <= slot) look_at_.resize(slot + 1u);
  look_at_[slot] = flow.first + idle_limit(flow);
  announce(slot, now_);
}

void Shard::announce(uint32_t slot, Moment moment) {
  const Flow& flow = flows_[slot];
  FlowStart start{.flow_id = flow.flow_id,
                  .client = flow.client,
                  .server = flow.server,
                  .vlan = flow.vlan,
                  .ip_protocol = flow.ip_protocol};
  switch (flow.transport) {
    case Transport::tcp:
      start.transport = records::Transport::tcp;
      break;
    case Transport::udp:
      start.transport = records::Transport::udp;
      break;
    case Transport::none:
      start.transport = flow.ethertype != 0 ? records::Transport::ethernet : records::Transport::other;
      break;
  }
  events_->flow_started({number_, slot}, start, moment);
}

void Shard::stop(uint32_t slot, std::string_view end, Moment moment) {
  Flow& flow = flows_[slot];
  output_->slot = slot;
  if (flow.transport == Transport::tcp) flow.stream.flush(streams_, *output_);
  FlowStop stopped{.first = flow.first,
                   .last = flow.last,
                   .first_packet = flow.first_packet,
                   .opening_seen = flow.opening_seen,
                   .end = end};
  for (size_t i = 0; i < 2; ++i) {
    stopped.packets[i] = flow.packets[flow.swapped ? 1 - i : i];
    stopped.octets[i] = flow.octets[flow.swapped ? 1 - i : i];
  }
  events_->flow_stopped({number_, slot}, stopped, moment);
  flows_.erase(slot);
}

void Shard::tcp_packet(uint32_t slot, const Packet& packet, Direction direction) {
  output_->slot = slot;
  Flow& flow = flows_[slot];
  flow.stream.feed(streams_, direction, segment_of(packet, now_.packet), *output_);
  if (flow.over || flow.stream.holding()) look_at_[slot] = TimePoint{};
}

void Shard::datagram(uint32_t slot, Direction direction, Bytes payload) {
  Flow& flow = flows_[slot];
  bool wait = false;
  if (!flow.decoder && (flow.detection_over || !detect(slot, direction, payload, wait))) return;
  feed(slot, seen_as(flow, direction), payload);
  let_go(flow);
}

/// let_go drops a decoder that wants no more; the flow is only counted from then on.
bool Shard::let_go(Flow& flow) {
  if (!flow.decoder->done()) return false;
  flow.decoder.reset();
  flow.detection_over = true;
  for (std::vector<uint8_t>& left : flow.left) left = {};
  return true;
}

void Shard::stream_data(uint32_t slot, Direction direction, Bytes bytes) {
  Flow& flow = flows_[slot];
  if (flow.decoder) {
    consume(slot, seen_as(flow, direction), bytes);
    return;
  }
  if (flow.detection_over) return;
  std::vector<uint8_t> kept = std::move(flow.left[index(direction)]);  // what came before and was too short to tell
  flow.left[index(direction)].clear();
  if (!kept.empty()) {
    kept.insert(kept.end(), bytes.begin(), bytes.end());
    bytes = kept;
  }
  bool wait = false;
  if (detect(slot, direction, bytes, wait)) {
    consume(slot, seen_as(flow, direction), bytes);
  } else if (wait && bytes.size() <= kWaitForProbe) {
    flow.left[index(direction)].assign(bytes.begin(), bytes.end());
  }
}

Protocol Shard::hinted(const Flow& flow) {
  if (flow.transport == Transport::none) return protocols::protocol_over_ethernet(flow.ethertype);
  const bool tcp = flow.transport == Transport::tcp;
  const Protocol at_server = protocols::protocol_at(tcp, flow.server.port);
  return at_server.known() ? at_server : protocols::protocol_at(tcp, flow.client.port);
}

bool Shard::detect(uint32_t slot, Direction direction, Bytes bytes, bool& wait) {
  Flow& flow = flows_[slot];
  const bool tcp = flow.transport == Transport::tcp;
  const Protocol expected = hinted(flow);
  if (expected.known() && try_protocol(slot, expected, direction, bytes, wait)) return true;
  // Octets that come one by one must not wear out our patience, nor fall to a protocol that is content with fewer.
  const bool may_wait = tcp && bytes.size() <= kWaitForProbe;
  if (wait && may_wait) return false;
  for (size_t i = 0; i < probes_.size(); ++i) {
    const Protocol protocol{static_cast<uint16_t>(i + 1)};
    if (protocol == expected || protocol.entry().only_own_port || !carried(protocol.entry(), flow)) continue;
    if (try_protocol(slot, protocol, direction, bytes, wait)) return true;
  }
  if (wait && may_wait) return false;
  if (++flow.attempts >= limits_.detection_attempts || (!expected.known() && flow.attempts >= 4)) {
    flow.detection_over = true;
    flow.left[0] = {};
    flow.left[1] = {};
    const bool can_tell = !tcp || flow.opening_seen || (expected.known() && !expected.entry().by_opening);
    if (expected.known() && can_tell) events_->protocol_missing({number_, slot}, expected, now_);
  }
  return false;
}

bool Shard::try_protocol(uint32_t slot, Protocol protocol, Direction direction, Bytes bytes, bool& wait) {
  const Flow& flow = flows_[slot];
  const protocols::Decoder& probe = *probes_[protocol.number - 1u];
  const Match match = probe.probe(direction, bytes);
  if (match == Match::yes) {
    adopt(slot, protocol, false);
    return true;
  }
  // Who opened the connection is who asks; where nobody saw it open, or it was opened from the protocol's own port, the
  // content may say that it is the other one.
  const bool from_own_port = protocols::protocol_at(flow.transport == Transport::tcp, flow.client.port) == protocol;
  const bool opener_asks = flow.opening_seen && !from_own_port;
  const Match other = opener_asks ? Match::no : probe.probe(protocols::opposite(direction), bytes);
  if (other == Match::yes) {
    adopt(slot, protocol, true);
    return true;
  }
  wait = wait || match == Match::more || other == Match::more;
  return false;
}

void Shard::adopt(uint32_t slot, Protocol protocol, bool swap) {
  Flow& flow = flows_[slot];
  flow.protocol = protocol;
  flow.decoder = protocol.entry().make(protocol);
  flow.decoder->share(associations_, protocols::Associations::pair_of(flow.client.ip.value_or(IpAddress{}),
                                                                      flow.server.ip.value_or(IpAddress{})));
  if (swap) {
    flow.swapped = true;
    std::swap(flow.left[0], flow.left[1]);
    events_->roles_swapped({number_, slot});
  }
  events_->protocol_found({number_, slot}, protocol, now_);
  // What may be on any port is out of place all the same where the port is that of a device's own protocol.
  const Protocol expected = hinted(flow);
  const bool elsewhere = protocol.entry().any_port && expected.known() && !(expected == protocol);
  if (elsewhere && !expected.entry().by_opening) events_->protocol_missing({number_, slot}, expected, now_);
}

void Shard::stream_gap(uint32_t slot, Direction raw_direction, uint64_t octets) {
  Flow& flow = flows_[slot];
  const Direction direction = seen_as(flow, raw_direction);
  if (flow.decoder) {
    flow.decoder->lost(direction, octets);
    flow.resync_needed[index(direction)] = true;
    flow.gap_before[index(direction)] = true;
    flow.left[index(direction)].clear();
    let_go(flow);
  } else {
    flow.left[index(raw_direction)].clear();
  }
  events_->trouble({number_, slot}, direction, "gap", "not recorded", octets, now_);
}

/// consume cuts what a stream put out into frames. A frame whose end is missing waits in `left`.
void Shard::consume(uint32_t slot, Direction direction, Bytes bytes) {
  Flow& flow = flows_[slot];
  std::vector<uint8_t>& left = flow.left[index(direction)];
  if (left.empty()) {
    const size_t used = cut(slot, direction, bytes);
    left.assign(bytes.begin() + static_cast<ptrdiff_t>(used), bytes.end());
  } else {
    left.insert(left.end(), bytes.begin(), bytes.end());
    std::vector<uint8_t> whole = std::move(left);
    left.clear();
    const size_t used = cut(slot, direction, whole);
    whole.erase(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(used));
    flow.left[index(direction)] = std::move(whole);
  }
  if (!flow.decoder) {
    left = {};
    return;
  }
  const size_t bound = flow.protocol.entry().limits.message_octets + 65'536;
  if (flow.left[index(direction)].size() > bound) {
    events_->trouble({number_, slot}, direction, "malformed", "frame longer than the protocol allows",
                     flow.left[index(direction)].size(), now_);
    flow.left[index(direction)].clear();
    flow.resync_needed[index(direction)] = true;
  }
}

/// cut feeds all whole frames at the beginning of `bytes` and says how many octets it used.
size_t Shard::cut(uint32_t slot, Direction direction, Bytes bytes) {
  Flow& flow = flows_[slot];
  protocols::Decoder& decoder = *flow.decoder;
  size_t used = 0;
  while (used < bytes.size()) {
    const Bytes rest = bytes.subspan(used);
    if (flow.resync_needed[index(direction)]) {
      const size_t skipped = decoder.resync(direction, rest);
      used += skipped;
      if (skipped >= rest.size()) return bytes.size();
      flow.resync_needed[index(direction)] = false;
      continue;
    }
    const Frame frame = decoder.frame(direction, rest);
    if (frame.state == Frame::State::more) break;
    if (frame.state == Frame::State::complete && frame.size > 0 && frame.size <= rest.size()) {
      feed(slot, direction, rest.first(frame.size));
      if (let_go(flow)) return bytes.size();
      used += frame.size;
      continue;
    }
    events_->trouble({number_, slot}, direction, "malformed", "no frame of the protocol begins here", 1, now_);
    decoder.lost(direction, 0);
    if (let_go(flow)) return bytes.size();
    ++used;
    flow.resync_needed[index(direction)] = true;
  }
  return used;
}

void Shard::feed(uint32_t slot, Direction direction, Bytes frame) {
  Flow& flow = flows_[slot];
  output_->slot = slot;
  output_->decoding = direction;
  output_->seen = flow.gap_before[index(direction)] ? Seen::gap_before : Seen::whole;
  const Feed fed = flow.decoder->feed(direction, frame, *output_);
  switch (fed.state) {
    case Feed::State::complete:
      flow.gap_before[index(direction)] = false;
      return;
    case Feed::State::held:
      return;
    case Feed::State::malformed:
      events_->trouble({number_, slot}, direction, "malformed", fed.reason, 1, now_);
      return;
    case Feed::State::unsupported:
      events_->trouble({number_, slot}, direction, "unsupported", fed.reason, 1, now_);
      return;
  }
}

void Shard::tick(Moment moment) {
  now_ = moment;
  for (uint32_t slot = 0; slot < flows_.slots(); ++slot) {
    if (moment.time < look_at_[slot]) continue;
    Flow& flow = flows_[slot];
    if (!flow.live) continue;
    output_->slot = slot;
    if (flow.stream.holding()) flow.stream.expire(streams_, moment.time, *output_);
    const Duration silent = moment.time - flow.last;
    if (flow.over && silent > limits_.over_idle) {
      stop(slot, flow.reset ? "reset" : "closed", moment);
    } else if (silent > idle_limit(flow)) {
      stop(slot, "idle", moment);
    } else if (!flow.over && !flow.stream.holding()) {
      look_at_[slot] = flow.last + idle_limit(flow);
    }
  }
}

void Shard::finish(Moment moment) {
  now_ = moment;
  for (uint32_t slot = 0; slot < flows_.slots(); ++slot) {
    const Flow& flow = flows_[slot];
    if (!flow.live) continue;
    stop(slot, !flow.over ? "capture-end" : flow.reset ? "reset" : "closed", moment);
  }
}

}  // namespace rampart::monitor
