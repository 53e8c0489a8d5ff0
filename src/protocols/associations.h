// What one conversation of two hosts says and another of theirs needs: the identifiers of a connection that was opened
// over TCP and carries its data over UDP. One table belongs to one shard and its thread, since all conversations of two
// hosts meet in one shard; decoders borrow it for as long as the shard lives. Bounded; what the bound cost is counted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/address.h"
#include "protocols/operation.h"

namespace rampart::protocols {

/// Association is one direction of a connection, as its opening describes it.
struct Association {
  uint64_t pair = 0;       // the two hosts, see pair_of()
  uint32_t id = 0;         // the identifier that the data of this direction carry
  uint32_t other = 0;      // that of the other direction
  uint64_t owner = 0;      // what the end of the connection names, the same for both directions
  bool to_target = false;  // from who opened it to who was asked
  uint8_t kind = 0;        // the protocol's own: class of the transport
  Object object{};         // what the data belong to; without a name
};

class Associations {
 public:
  static constexpr size_t kMost = 4096;

  /// pair_of names two hosts, whichever comes first.
  static uint64_t pair_of(const IpAddress& one, const IpAddress& other) {
    const uint64_t a = one.hash(), b = other.hash();
    return ((a + b) * 0x9e3779b97f4a7c15u) ^ (a ^ b);
  }

  /// open keeps `association`, in place of one with the same pair and identifier. False where another one that may
  /// still be in use had to make room.
  bool open(const Association& association) {
    if (!places_) places_ = std::make_unique<std::array<Place, kMost>>();
    Place* const bucket = bucket_of(association.pair, association.id);
    Place* chosen = bucket;
    for (size_t i = 0; i < kWays; ++i) {
      Place& place = bucket[i];
      if (place.used != 0 && place.association.pair == association.pair && place.association.id == association.id) {
        chosen = &place;
        break;
      }
      if (place.used < chosen->used) chosen = &place;
    }
    const bool same =
        chosen->used == 0 || (chosen->association.pair == association.pair && chosen->association.id == association.id);
    chosen->association = association;
    chosen->used = ++clock_;
    if (!same) ++displaced_;
    return same;
  }

  /// find gives what is known of `id` between the hosts of `pair`; null where its opening was not seen. Good until the
  /// next open() or close().
  const Association* find(uint64_t pair, uint32_t id) {
    if (!places_) return nullptr;
    Place* const bucket = bucket_of(pair, id);
    for (size_t i = 0; i < kWays; ++i) {
      Place& place = bucket[i];
      if (place.used == 0 || place.association.id != id || place.association.pair != pair) continue;
      place.used = ++clock_;
      return &place.association;
    }
    return nullptr;
  }

  /// close forgets all directions of the connection that `owner` names. Cost: a walk over the table.
  void close(uint64_t pair, uint64_t owner) {
    if (!places_) return;
    for (Place& place : *places_) {
      if (place.association.pair == pair && place.association.owner == owner) place.used = 0;
    }
  }

  /// displaced counts associations that had to make room for others.
  uint64_t displaced() const { return displaced_; }

 private:
  static constexpr size_t kWays = 8;
  struct Place {
    Association association;
    uint64_t used = 0;  // when it was last asked for; 0: free
  };
  Place* bucket_of(uint64_t pair, uint32_t id) {
    const uint64_t hash = (pair ^ id) * 0xff51afd7ed558ccdu;
    return places_->data() + (hash >> 32) % (kMost / kWays) * kWays;
  }

  std::unique_ptr<std::array<Place, kMost>> places_;
  uint64_t clock_ = 0;
  uint64_t displaced_ = 0;
};

}  // namespace rampart::protocols
