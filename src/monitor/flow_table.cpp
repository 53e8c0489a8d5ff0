#include "monitor/flow_table.h"

#include <utility>

namespace rampart::monitor {
namespace {

constexpr uint64_t kOdd[] = {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu,
                             0xff51afd7ed558ccdu, 0xc4ceb9fe1a85ec53u, 0xd6e8feb86659fd93u};

void put_end(uint64_t* words, Bytes address, uint16_t port) {
  std::memcpy(words, address.data(), address.size());
  words[2] = port;
}

}  // namespace

FlowKey FlowKey::of(const Packet& packet, bool& low_is_source) {
  Bytes source = packet.source.octets(), destination = packet.destination.octets();
  if (!packet.has_ip) {
    source = packet.source_mac.octets;
    destination = packet.destination_mac.octets;
  }
  const int order = std::memcmp(source.data(), destination.data(), std::min(source.size(), destination.size()));
  low_is_source = order < 0 || (order == 0 && packet.source_port <= packet.destination_port);
  FlowKey key;
  put_end(key.words.data() + (low_is_source ? 0 : 3), source, packet.source_port);
  put_end(key.words.data() + (low_is_source ? 3 : 0), destination, packet.destination_port);
  const uint64_t vlan = packet.vlan_count > 0 ? packet.vlans[0] + 1u : 0u;
  key.words[2] |= vlan << 16 | uint64_t{packet.protocol} << 32 | uint64_t{packet.has_ip} << 40;
  key.words[5] |= uint64_t{packet.has_ip ? uint16_t{0} : packet.ethertype} << 16;
  return key;
}

uint64_t FlowKey::hash() const {
  uint64_t hash = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    hash = (hash ^ words[i]) * kOdd[i];
    hash ^= hash >> 32;
  }
  return hash;
}

FlowTable::FlowTable(size_t limit) : limit_(limit), buckets_(1024) {}

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
    if ((*this)[slot].live) place((*this)[slot].key.hash(), slot);
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
  size_t hole = (*this)[slot].key.hash() & mask;
  while (buckets_[hole].slot != slot) hole = (hole + 1) & mask;
  // Linear probing without marks for the deleted: what follows moves up where its own place allows it.
  for (size_t at = (hole + 1) & mask; buckets_[at].slot != kNone; at = (at + 1) & mask) {
    const size_t home = (*this)[buckets_[at].slot].key.hash() & mask;
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
