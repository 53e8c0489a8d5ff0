// The root of a Merkle tree of any size from its hashes in order, in memory that grows with the logarithm: the complete
// subtrees seen so far, RFC 6962 section 2.1. Where no tiles are needed it is all of TreeBuilder that is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "journal/tree.h"

namespace rampart::journal {

class Peaks {
 public:
  void push(Hash hash) {
    for (uint64_t size = size_++; (size & 1) != 0; size >>= 1) {
      hash = node_hash(peaks_.back(), hash);
      peaks_.pop_back();
    }
    peaks_.push_back(hash);
  }
  /// root joins the subtrees; `right` is the root of what follows them, a smaller and unfinished subtree.
  Hash root(std::optional<Hash> right = {}) const {
    for (auto peak = peaks_.rbegin(); peak != peaks_.rend(); ++peak) right = right ? node_hash(*peak, *right) : *peak;
    return right ? *right : empty_root();
  }
  uint64_t size() const { return size_; }

 private:
  uint64_t size_ = 0;
  std::vector<Hash> peaks_;
};

/// root_of is the root of the tree over `hashes`.
inline Hash root_of(std::span<const Hash> hashes) {
  Peaks peaks;
  for (const Hash& hash : hashes) peaks.push(hash);
  return peaks.root();
}

inline Bytes octets_of(std::span<const Hash> hashes) {
  return {reinterpret_cast<const uint8_t*>(hashes.data()), hashes.size() * sizeof(Hash)};
}

}  // namespace rampart::journal
