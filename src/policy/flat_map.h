// A hash table made once and then only read: open addressing, one allocation, no tombstones. Keys are 64-bit numbers
// chosen by the caller; all ones is no key. Any thread may read it.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace rampart::policy {

/// Slice names `count` neighbours in a vector, from `begin` on.
struct Slice {
  uint32_t begin = 0;
  uint32_t count = 0;
};

/// mixed spreads a key over all 64 bits, so that its low bits choose a slot well.
inline uint64_t mixed(uint64_t key) {
  key ^= key >> 32;
  key *= 0xd6e8feb86659fd93u;
  key ^= key >> 32;
  key *= 0xd6e8feb86659fd93u;
  return key ^ key >> 32;
}

template <class Value>
class FlatMap {
 public:
  static constexpr uint64_t kNoKey = ~uint64_t{0};

  FlatMap() = default;
  /// FlatMap takes pairs with different keys.
  explicit FlatMap(const std::vector<std::pair<uint64_t, Value>>& from) {
    if (from.empty()) return;
    slots_.resize(std::bit_ceil(from.size() * 2));
    for (const auto& [key, value] : from) {
      size_t at = mixed(key) & (slots_.size() - 1);
      while (slots_[at].key != kNoKey) at = (at + 1) & (slots_.size() - 1);
      slots_[at] = {key, value};
    }
  }

  /// find gives the value of `key`, or null.
  const Value* find(uint64_t key) const {
    if (slots_.empty()) return nullptr;
    for (size_t at = mixed(key) & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].key == key) return &slots_[at].value;
      if (slots_[at].key == kNoKey) return nullptr;
    }
  }

 private:
  struct Slot {
    uint64_t key = kNoKey;
    Value value{};
  };
  std::vector<Slot> slots_;  // at most half full: every search ends at an empty slot
};

}  // namespace rampart::policy
