// Tables that hostile traffic cannot make grow: KeyMap keeps what came first and refuses the rest, Recent forgets what
// was silent longest. Both double up to their bound, keys are hashes. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"

namespace rampart::monitor {

/// KeyMap is a hash map that only grows, up to `most` entries; what comes later is counted and not kept.
template <class Value>
class KeyMap {
 public:
  explicit KeyMap(size_t most) : most_(most) {}

  /// insert finds `key` or makes room for it; null where the bound is reached. `fresh`: it was not there.
  Value* insert(uint64_t key, bool& fresh) {
    fresh = false;
    if (key == kEmpty) key = 1;
    if (!slots_.empty()) {
      Slot& slot = place(key);
      if (slot.key == key) return &slot.value;
    }
    if (size_ == most_) {
      ++refused_;
      return nullptr;
    }
    if (size_ * 2 >= slots_.size()) grow();
    Slot& slot = place(key);
    slot.key = key;
    ++size_;
    fresh = true;
    return &slot.value;
  }
  bool contains(uint64_t key) const {
    if (key == kEmpty) key = 1;
    return !slots_.empty() && const_cast<KeyMap*>(this)->place(key).key == key;
  }
  const Value* find(uint64_t key) const {
    if (key == kEmpty) key = 1;
    if (slots_.empty()) return nullptr;
    const Slot& slot = const_cast<KeyMap*>(this)->place(key);
    return slot.key == key ? &slot.value : nullptr;
  }
  size_t size() const { return size_; }
  uint64_t refused() const { return refused_; }

 private:
  static constexpr uint64_t kEmpty = 0;
  struct Slot {
    uint64_t key = kEmpty;
    Value value{};
  };
  Slot& place(uint64_t key) {
    // Mixed once more: pairs of small numbers are keys, too.
    size_t at = (key * 0x9e3779b97f4a7c15u) >> 32 & (slots_.size() - 1);
    while (slots_[at].key != kEmpty && slots_[at].key != key) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.key != kEmpty) place(slot.key) = std::move(slot);
    }
  }
  size_t most_, size_ = 0;
  uint64_t refused_ = 0;
  std::vector<Slot> slots_;  // a power of two, at most half full
};

/// Recent is a hash table of what happened lately: where eight entries of a row are taken, the one that was touched
/// longest ago makes room. `most` is rounded up to a power of two.
template <class Value>
class Recent {
 public:
  explicit Recent(size_t most) : most_(most) {}

  /// touch finds `key` or makes it anew, as a Value that was never used.
  Value& touch(uint64_t key, TimePoint now) {
    if (rows_.empty() || (size_ * 2 > rows_.size() * kWide && rows_.size() * kWide < most_)) grow();
    Entry* entry = seek(key);
    if (entry != nullptr) {
      entry->touched = now;
      return entry->value;
    }
    Row& row = row_of(key);
    entry = &row.entries[0];
    for (Entry& candidate : row.entries) {
      if (!candidate.used) {
        entry = &candidate;
        break;
      }
      if (candidate.touched < entry->touched) entry = &candidate;
    }
    if (entry->used) {
      ++evicted_;
    } else {
      ++size_;
    }
    *entry = Entry{.key = key, .touched = now, .used = true};
    return entry->value;
  }
  Value* find(uint64_t key) {
    Entry* entry = rows_.empty() ? nullptr : seek(key);
    return entry == nullptr ? nullptr : &entry->value;
  }
  uint64_t evicted() const { return evicted_; }

 private:
  static constexpr size_t kWide = 8;
  struct Entry {
    uint64_t key = 0;
    TimePoint touched{};
    bool used = false;
    Value value{};
  };
  struct Row {
    Entry entries[kWide];
  };
  Row& row_of(uint64_t key) { return rows_[(key ^ key >> 32) & (rows_.size() - 1)]; }
  Entry* seek(uint64_t key) {
    for (Entry& entry : row_of(key).entries) {
      if (entry.used && entry.key == key) return &entry;
    }
    return nullptr;
  }
  /// grow doubles the rows: what shared a row lies in one of two now, so that all of it has room.
  void grow() {
    std::vector<Row> old(rows_.empty() ? 8 : rows_.size() * 2);
    old.swap(rows_);
    for (Row& row : old) {
      for (Entry& entry : row.entries) {
        if (!entry.used) continue;
        for (Entry& place : row_of(entry.key).entries) {
          if (place.used) continue;
          place = std::move(entry);
          break;
        }
      }
    }
  }
  size_t most_, size_ = 0;
  uint64_t evicted_ = 0;
  std::vector<Row> rows_;
};

}  // namespace rampart::monitor
