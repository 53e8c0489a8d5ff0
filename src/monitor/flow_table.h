// The flows of one shard: found by their two ends, kept in a slab whose places are reused, bounded. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/keyed_hash.h"
#include "monitor/events.h"
#include "monitor/packet.h"
#include "monitor/stream.h"

namespace rampart::monitor {

/// FlowKey: both ends in a fixed order, so that either direction gives the same key. 48 octets without padding.
struct FlowKey {
  std::array<uint64_t, 6> words{};

  /// of builds the key of `packet`; `low_is_source` says which end came first in it.
  static FlowKey of(const Packet& packet, bool& low_is_source);
  uint64_t hash(const SeededHash& by) const {
    return by.add(by.add(by.add(0, words[0], words[1]), words[2], words[3]), words[4], words[5]);
  }
  /// Without a branch or a call: this runs for every packet.
  bool operator==(const FlowKey& other) const {
    uint64_t differs = 0;
    for (size_t i = 0; i < words.size(); ++i) differs |= words[i] ^ other.words[i];
    return differs == 0;
  }
};

/// Flow is one conversation while it lives. Directions here are from the first packet's (or the handshake's) client;
/// `swapped` says that content showed it to be the other way round.
struct Flow {
  FlowKey key;
  FlowSide client, server;
  std::optional<uint16_t> vlan;
  Transport transport = Transport::none;
  uint8_t ip_protocol = 0;
  uint16_t ethertype = 0;  // of a flow without IP
  bool client_is_low = false;
  bool swapped = false;
  bool opening_seen = false;
  bool over = false;
  bool reset = false;
  bool detection_over = false;
  bool gap_before[2]{};
  bool resync_needed[2]{};
  uint8_t attempts = 0;
  protocols::Protocol protocol;
  uint64_t flow_id = 0;
  uint64_t first_packet = 0;
  TimePoint first{}, last{};
  uint64_t packets[2]{}, octets[2]{};
  TcpStream stream;
  std::unique_ptr<protocols::Decoder> decoder;
  std::vector<uint8_t> left[2];  // the beginning of a frame whose end has not come
  bool live = false;
};

/// FlowTable finds flows by key. At most `limit` live at a time; who asks for one more gets the stalest of some
/// neighbours to make room first, by way of oldest_of_some().
class FlowTable {
 public:
  explicit FlowTable(size_t limit, const HashKey& key = {});

  static constexpr uint32_t kNone = 0xffffffff;
  uint64_t hash(const FlowKey& key) const { return key.hash(hash_); }
  uint32_t find(const FlowKey& key, uint64_t hash) const;
  /// insert gives a fresh place for `key`, which is not there yet. Precondition: !full().
  uint32_t insert(const FlowKey& key, uint64_t hash);
  void erase(uint32_t slot);
  bool full() const { return live_ == limit_; }
  /// oldest_of_some looks at 32 live flows from where it last stopped and names the one longest without a packet.
  uint32_t oldest_of_some();

  Flow& operator[](uint32_t slot) { return chunks_[slot >> kChunkBits][slot & (kChunk - 1)]; }
  const Flow& operator[](uint32_t slot) const { return chunks_[slot >> kChunkBits][slot & (kChunk - 1)]; }
  /// slots: one more than the highest place ever used; some may not be live.
  uint32_t slots() const { return slots_; }

 private:
  static constexpr uint32_t kChunkBits = 8, kChunk = 1u << kChunkBits;
  struct Bucket {
    uint32_t tag = 0;
    uint32_t slot = kNone;
  };
  void grow();
  void place(uint64_t hash, uint32_t slot);

  SeededHash hash_;
  size_t limit_;
  size_t live_ = 0;
  uint32_t slots_ = 0;
  uint32_t hand_ = 0;
  std::vector<uint32_t> free_;
  std::vector<std::unique_ptr<Flow[]>> chunks_;
  std::vector<Bucket> buckets_;  // linear probing; a power of two, at most half full
};

}  // namespace rampart::monitor
