// What a conversation must remember so that answers, pushes and refusals can be understood: a few requests, a few
// subscriptions, a few uploads, a few unfinished answers. All bounded; memory is reused. Belongs to one decoder.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "protocols/operation.h"
#include "protocols/s7comm/names.h"

namespace rampart::protocols::s7comm {

/// kKeptOctets bounds the addresses kept of one request; the answers of longer ones give octets.
constexpr size_t kKeptOctets = 2048;

/// Asked is a request as far as its answer or refusal needs it.
struct Asked {
  uint64_t key = 0;  // 0: free
  Service service{};
  uint8_t rosctr = 0;
  uint8_t code = 0;  // function of a job; type and group of userdata
  uint8_t subfunction = 0;
  uint8_t sequence = 0;
  uint8_t item_count = 0;
  uint16_t redundancy = 0;
  uint16_t reference = 0;
  bool kept = false;            // `octets` is whole
  std::vector<uint8_t> octets;  // addresses of variables, or the name of a block
};

/// Ring is a small table found by key; what is new takes the place of what is oldest.
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

/// Subscription: which variables the pushes of a job carry.
struct Subscription {
  uint64_t key = 0;
  uint8_t subfunction = 0;
  uint16_t count = 0;
  std::vector<uint8_t> octets;
};

/// Upload: the name of the block that an upload identifier stands for.
struct Upload {
  uint64_t key = 0;
  std::array<uint8_t, 32> name{};
  uint8_t name_octets = 0;
};

/// Partial is an answer of several messages; `object` is what its request asked for.
struct Partial {
  uint64_t key = 0;
  uint8_t unit = 0;
  Object object{};
  std::vector<uint8_t> octets;
};

}  // namespace rampart::protocols::s7comm
