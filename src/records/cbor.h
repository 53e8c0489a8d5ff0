// CBOR items (RFC 8949) in the deterministic form of section 4.2.1, over libcbor's streaming functions: no tree of
// items is built, nothing is allocated from a length that was read. A Writer and a Reader belong to one call each; a
// Reader's items borrow from its bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace rampart::records {

/// is_text: may these octets stand as a text string? Quick for ASCII.
bool is_text(std::string_view octets);

/// Writer appends items to `out`. `out` is longer than what was written until the Writer is gone.
class Writer {
 public:
  explicit Writer(std::vector<uint8_t>& out) : out_(out), used_(out.size()) {}
  ~Writer() { out_.resize(used_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void natural(uint64_t value) {
    if (value >= 24) return long_natural(value);
    spare();
    *end() = static_cast<uint8_t>(value);  // its own head: keys and most numbers
    ++used_;
  }
  void integer(int64_t value);
  void boolean(bool value);
  /// text writes a text string; octets that are no UTF-8 become a byte string, for CBOR allows no others as text.
  void text(std::string_view value);
  void octets(Bytes value);
  void array(size_t items);
  void raw(Bytes items);

  /// open_map keeps a place for the head of a map, close_map fills it in once its pairs are counted.
  size_t open_map();
  void close_map(size_t at, size_t pairs);

  size_t used() const { return used_; }
  void cut(size_t used) { used_ = used; }

 private:
  static constexpr size_t kLongestHead = 9;
  static constexpr size_t kStep = 512;  // a usual record grows the output once

  /// spare makes room for a head and `more` octets.
  void spare(size_t more = 0) {
    const size_t needed = used_ + kLongestHead + more;
    if (needed > out_.size()) out_.resize(needed + kStep);
  }
  void long_natural(uint64_t value);
  uint8_t* end() { return out_.data() + used_; }

  std::vector<uint8_t>& out_;
  size_t used_;
};

/// Item is one head with what follows it directly. `none`: there was none, or it broke a rule.
struct Item {
  enum class Kind : uint8_t { none, natural, negative, octets, text, array, map, tag, boolean, other };
  Kind kind = Kind::none;
  uint64_t number = 0;  // negative: -1 - number; array, map: items, pairs; boolean: 0, 1
  Bytes bytes{};        // octets, text
};

/// Reader takes one item after the other. Refused for good: what is not well-formed, heads longer than need be,
/// indefinite lengths, text that is no UTF-8.
class Reader {
 public:
  static constexpr int kMostDepth = 16;

  explicit Reader(Bytes bytes) : bytes_(bytes) {}

  Item next();
  /// skip passes over one item and all in it. Maps in it have their keys in order, none twice. `depth`: arrays, maps
  /// and tags that it lies in; not more than kMostDepth lie in each other.
  bool skip(int depth);

  size_t at() const { return at_; }
  Bytes since(size_t start) const { return bytes_.subspan(start, at_ - start); }
  size_t left() const { return bytes_.size() - at_; }

 private:
  bool skip_map(uint64_t pairs, int depth);

  Bytes bytes_;
  size_t at_ = 0;
};

}  // namespace rampart::records
