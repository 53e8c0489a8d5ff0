#include "monitor/flow_table.h"

#include <utility>

namespace rampart::monitor {
namespace {

using End = std::array<uint64_t, 3>;

End end_of(const Packet& packet, const IpAddress& ip, const MacAddress& mac, uint16_t port) {
  if (!packet.has_ip) return {load_big<6>(mac.octets.data()), 0, port};
  const auto [first, second] = ip.words();
  return {first, second, port};
}

}  // namespace

FlowKey FlowKey::of(const Packet& packet, bool& low_is_source) {
  const End source = end_of(packet, packet.source, packet.source_mac, packet.source_port);
  const End destination = end_of(packet, packet.destination, packet.destination_mac, packet.destination_port);
  low_is_source = source[0] != destination[0]   ? source[0] < destination[0]
                  : source[1] != destination[1] ? source[1] < destination[1]
                                                : source[2] <= destination[2];
  const End& low = low_is_source ? source : destination;
  const End& high = low_is_source ? destination : source;
  FlowKey key{{low[0], low[1], low[2], high[0], high[1], high[2]}};
  const uint64_t vlan = packet.vlan_count > 0 ? packet.vlans[0] + 1u : 0u;
  key.words[2] |= vlan << 16 | uint64_t{packet.protocol} << 40 | uint64_t{packet.has_ip} << 48;
  key.words[5] |= uint64_t{packet.has_ip ? uint16_t{0} : packet.ethertype} << 16;
  return key;
}

FlowTable::FlowTable(size_t limit, const HashKey& key) : hash_(key), limit_(limit), buckets_(1024) {}

uint32_t FlowTable::find(const FlowKey& key, uint64_t hash) const {
  const auto tag = static_cast<uint32_t>(hash >> 32);
  for (size_t at = hash & (buckets_.size() - 1);; at = (at + 1) & (buckets_.size() - 1)) {
    const Bucket& bucket = buckets_[at];
    if (bucket.slot == kNone) return kNone;
    if (bucket.tag == tag && (*this)[bucket.slot].key == key) return bucket.slot;
  }
}

void FlowTable::place(uint64_t hash, uint32_t slot) {
  size_t at = hash & (buckets_.size() - 1);
  while (buckets_[at].slot != kNone) at = (at + 1) & (buckets_.size() - 1);
  buckets_[at] = {static_cast<uint32_t>(hash >> 32), slot};
}

void FlowTable::grow() {
  buckets_.assign(buckets_.size() * 2, Bucket{});
  for (uint32_t slot = 0; slot < slots_; ++slot) {
    if ((*this)[slot].live) place(hash((*this)[slot].key), slot);
  }
}

uint32_t FlowTable::insert(const FlowKey& key, uint64_t hash) {
  if ((live_ + 1) * 2 > buckets_.size()) grow();
  uint32_t slot = slots_;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
  } else {
    if ((slots_ & (kChunk - 1)) == 0) chunks_.push_back(std::make_unique<Flow[]>(kChunk));
    ++slots_;
  }
  ++live_;
  Flow& flow = (*this)[slot];
  flow.key = key;
  flow.live = true;
  place(hash, slot);
  return slot;
}

void FlowTable::erase(uint32_t slot) {
  const size_t mask = buckets_.size() - 1;
  size_t hole = hash((*this)[slot].key) & mask;
  while (buckets_[hole].slot != slot) hole = (hole + 1) & mask;
  // Linear probing without marks for the deleted: what follows moves up where its own place allows it.
  for (size_t at = (hole + 1) & mask; buckets_[at].slot != kNone; at = (at + 1) & mask) {
    const size_t home = hash((*this)[buckets_[at].slot].key) & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    buckets_[hole] = buckets_[at];
    hole = at;
  }
  buckets_[hole] = Bucket{};
  Flow& flow = (*this)[slot];
  std::destroy_at(&flow);
  std::construct_at(&flow);
  free_.push_back(slot);
  --live_;
}

uint32_t FlowTable::oldest_of_some() {
  uint32_t oldest = kNone;
  for (int looked = 0; looked < 32;) {
    hand_ = hand_ + 1 < slots_ ? hand_ + 1 : 0;
    if (!(*this)[hand_].live) continue;
    ++looked;
    if (oldest == kNone || (*this)[hand_].last < (*this)[oldest].last) oldest = hand_;
  }
  return oldest;
}

}  // namespace rampart::monitor
