// Walks the object headers of one application fragment (IEEE 1815 clause 4.2.2.7 and Annex A) and gives one item for
// each header, or for each object where objects have a length of their own. Borrows the fragment; keeps nothing.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "protocols/decoder.h"
#include "protocols/dnp3/objects.h"
#include "protocols/operation.h"

namespace rampart::protocols::dnp3 {

/// kMostPoints bounds the points of one fragment, as 2048 octets of packed bits hold no more.
inline constexpr uint32_t kMostPoints = 16'384;

struct Item {
  uint8_t group = 0;
  uint8_t variation = 0;
  Layout layout{};
  Object object{};
  Values values{};
  Bytes payload{};               // objects with a length of their own, attributes: the object without its prefix
  std::string_view deviation{};  // empty: none
};

class ObjectWalker {
 public:
  /// `request`: the function code of a request, or kAnswer.
  static constexpr uint8_t kAnswer = 0xff;
  ObjectWalker(Bytes objects, uint8_t request, uint32_t unit) : reader_(objects), unit_(unit), request_(request) {}

  /// next gives the next item; false at the end, or where the rest cannot be read: see result().
  bool next(Item& item);
  Feed result() const { return result_; }

 private:
  struct Header {
    uint8_t prefix_octets = 0;
    bool prefix_is_size = false;
    bool has_range = false;  // first and last were given
    bool all = false;
    uint64_t first = 0;
    uint64_t count = 0;
  };

  bool read_header(Item& item);
  bool read_range(uint8_t code);
  bool take_fixed(Item& item);
  bool take_packed(Item& item);
  bool take_prefixes(Item& item, uint32_t object_octets);
  bool take_own_length(Item& item);
  bool stop(Feed::State state, std::string_view reason);
  void place(Item& item) const;

  ByteReader reader_;
  Header header_{};
  Item shared_{};      // what the objects of a header with own lengths have in common
  uint64_t left_ = 0;  // objects of that header still to come
  uint64_t points_ = 0;
  uint32_t unit_;
  uint8_t request_;
  Feed result_{};
};

}  // namespace rampart::protocols::dnp3
