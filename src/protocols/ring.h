// A small table of what a decoder remembers, found by key: what is new takes the place of what is oldest. Belongs to
// one decoder; nothing is allocated by it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace rampart::protocols {

/// Ring keeps `Size` elements that have a member `key`; the key 0 means a free place.
template <class Element, size_t Size>
class Ring {
 public:
  /// take gives the element with `key`, or one to be overwritten.
  Element& take(uint64_t key) {
    size_t place = find(key);
    if (place == Size) {
      place = next_;
      next_ = (next_ + 1) % Size;
    }
    keys_[place] = key;
    elements_[place].key = key;
    return elements_[place];
  }
  Element* get(uint64_t key) {
    const size_t place = find(key);
    return place == Size ? nullptr : &elements_[place];
  }
  void forget(uint64_t key) {
    const size_t place = find(key);
    if (place == Size) return;
    keys_[place] = 0;
    elements_[place].key = 0;
  }

 private:
  size_t find(uint64_t key) const {
    // Newest first: what is answered was mostly asked just before.
    size_t place = next_;
    for (size_t i = 0; i < Size; ++i) {
      place = (place + Size - 1) % Size;
      if (keys_[place] == key) return place;
    }
    return Size;
  }

  std::array<uint64_t, Size> keys_{};
  std::array<Element, Size> elements_{};
  size_t next_ = 0;
};

}  // namespace rampart::protocols
