#include "journal/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

namespace rampart::journal {
namespace {

constexpr size_t kHash = sizeof(Hash);
constexpr uint8_t kLevels = 8;       // a tree of 2^64 records has no more
constexpr unsigned kTileHeight = 8;  // a tile is a complete subtree of this height

Bytes octets(const std::vector<Hash>& hashes) {
  return {reinterpret_cast<const uint8_t*>(hashes.data()), hashes.size() * kHash};
}

/// numbered is a tile's index in path elements of three digits, all but the last with an x before them.
std::string numbered(uint64_t index) {
  std::string path = fmt::format("{:03}", index % 1000);
  for (index /= 1000; index > 0; index /= 1000) path = fmt::format("x{:03}/{}", index % 1000, path);
  return path;
}

std::string with_width(std::string path, uint32_t width) {
  return width == kBundle ? path : fmt::format("{}.p/{}", path, width);
}

/// subtree_root folds the hashes of a complete subtree: a power of two of them, at most kBundle.
Hash subtree_root(std::span<const Hash> hashes) {
  std::array<Hash, kBundle> folded;
  std::copy(hashes.begin(), hashes.end(), folded.begin());
  for (size_t count = hashes.size() / 2; count > 0; count /= 2) {
    for (size_t i = 0; i < count; ++i) folded[i] = node_hash(folded[2 * i], folded[2 * i + 1]);
  }
  return folded[0];
}

/// read_hashes reads `count` hashes of `level` from number `first` on, all within one tile. A tile that is missing is
/// computed from the full ones below it: partial tiles are only written with a checkpoint. The work is bounded by the
/// tiles that are there, since the first one missing at level 0 ends it.
bool read_hashes(TileSource& tiles, uint8_t level, uint64_t first, uint32_t count, std::vector<Hash>& out) {
  out.clear();
  const auto skipped = static_cast<uint32_t>(first % kBundle);
  const uint32_t width = skipped + count;
  if (const auto tile = tiles.tile(level, first / kBundle, width); tile && tile->size() == width * kHash) {
    out.resize(count);
    std::memcpy(out.data(), tile->data() + skipped * kHash, count * kHash);
    return true;
  }
  if (level == 0) return false;
  std::vector<Hash> below;
  for (uint64_t number = first; number < first + count; ++number) {
    if (!read_hashes(tiles, static_cast<uint8_t>(level - 1), number * kBundle, kBundle, below)) return false;
    out.push_back(subtree_root(below));
  }
  return true;
}

/// split is RFC 6962's k: the largest power of two below `count`, which is at least 2.
uint64_t split(uint64_t count) { return std::bit_floor(count - 1); }

/// range_root is MTH(D[begin:end]) for the ranges that RFC 6962's recursion makes: `begin` is a multiple of the power
/// of two that holds the range.
std::optional<Hash> range_root(TileSource& tiles, uint64_t begin, uint64_t end) {
  const uint64_t count = end - begin;
  if (!std::has_single_bit(count)) {
    const uint64_t middle = begin + split(count);
    const auto left = range_root(tiles, begin, middle);
    const auto right = left ? range_root(tiles, middle, end) : std::nullopt;
    return right ? std::optional(node_hash(*left, *right)) : std::nullopt;
  }
  const auto height = static_cast<unsigned>(std::countr_zero(count));
  const auto level = static_cast<uint8_t>(height / kTileHeight);
  std::vector<Hash> hashes;
  if (!read_hashes(tiles, level, begin >> (kTileHeight * level), 1u << height % kTileHeight, hashes)) return {};
  return subtree_root(hashes);
}

/// climb takes one step up from a node towards the root of a tree whose rightmost node is `last`, past the levels where
/// the node has no sibling (RFC 9162 section 2.1.3.2).
void climb(uint64_t& node, uint64_t& last) {
  while (node != 0 && (node & 1) == 0) {
    node >>= 1;
    last >>= 1;
  }
}

}  // namespace

Hash leaf_hash(Bytes record) { return crypto::sha256_tagged(0, record); }
Hash node_hash(const Hash& left, const Hash& right) { return crypto::sha256_tagged(1, left, right); }
Hash empty_root() { return crypto::sha256({}); }

std::string tile_path(uint8_t level, uint64_t index, uint32_t width) {
  return with_width(fmt::format("tile/{}/{}", level, numbered(index)), width);
}
std::string bundle_path(uint64_t index, uint32_t width) { return with_width("tile/entries/" + numbered(index), width); }

void TreeBuilder::append(const Hash& leaf, const FullTile& full) {
  Hash hash = leaf;
  const uint64_t number = size_++;
  for (uint8_t level = 0; level < kLevels; ++level) {
    if (levels_.size() <= level) levels_.emplace_back().reserve(kBundle);
    std::vector<Hash>& hashes = levels_[level];
    hashes.push_back(hash);
    if (hashes.size() < kBundle) return;
    if (full) full(level, (number >> (kTileHeight * level)) / kBundle, octets(hashes));
    hash = subtree_root(hashes);
    hashes.clear();
  }
}

Hash TreeBuilder::root() const {
  std::optional<Hash> right;
  for (const std::vector<Hash>& level : levels_) {
    std::span<const Hash> hashes = level;
    while (!hashes.empty()) {
      const size_t complete = size_t{1} << std::countr_zero(hashes.size());  // the rightmost complete subtree
      const Hash left = subtree_root(hashes.last(complete));
      right = right ? node_hash(left, *right) : left;
      hashes = hashes.first(hashes.size() - complete);
    }
  }
  return right.value_or(empty_root());
}

void TreeBuilder::partials(const PartialTile& partial) const {
  for (uint8_t level = 0; level < levels_.size(); ++level) {
    const std::vector<Hash>& hashes = levels_[level];
    const uint64_t index = (size_ >> (kTileHeight * level)) / kBundle;
    if (!hashes.empty()) partial(level, index, static_cast<uint32_t>(hashes.size()), octets(hashes));
  }
}

bool TreeBuilder::restore(TileSource& tiles, uint64_t size) {
  std::vector<std::vector<Hash>> levels;
  for (uint8_t level = 0; level < kLevels && size >> (kTileHeight * level) != 0; ++level) {
    const uint64_t all = size >> (kTileHeight * level);
    const auto count = static_cast<uint32_t>(all % kBundle);
    std::vector<Hash>& hashes = levels.emplace_back();
    if (count > 0 && !read_hashes(tiles, level, all - count, count, hashes)) return false;
    hashes.reserve(kBundle);
  }
  levels_ = std::move(levels);
  size_ = size;
  return true;
}

std::optional<Hash> root_at(TileSource& tiles, uint64_t size) {
  return size == 0 ? empty_root() : range_root(tiles, 0, size);
}

std::optional<std::vector<Hash>> inclusion_proof(TileSource& tiles, uint64_t index, uint64_t size) {
  std::vector<Hash> proof;
  uint64_t begin = 0;
  uint64_t end = size;
  while (end - begin > 1) {
    const uint64_t middle = begin + split(end - begin);
    const bool left = index < middle;
    const auto sibling = left ? range_root(tiles, middle, end) : range_root(tiles, begin, middle);
    if (!sibling) return {};
    proof.push_back(*sibling);
    (left ? end : begin) = middle;
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

std::optional<std::vector<Hash>> consistency_proof(TileSource& tiles, uint64_t old_size, uint64_t size) {
  std::vector<Hash> proof;
  if (old_size == 0) return proof;
  uint64_t begin = 0;
  uint64_t end = size;
  while (end != old_size) {
    const uint64_t middle = begin + split(end - begin);
    const bool left = old_size <= middle;
    const auto sibling = left ? range_root(tiles, middle, end) : range_root(tiles, begin, middle);
    if (!sibling) return {};
    proof.push_back(*sibling);
    (left ? end : begin) = middle;
  }
  // Where the old tree is a complete subtree of the new one, the verifier knows its hash: it is the old root.
  if (begin != 0) {
    const auto last = range_root(tiles, begin, end);
    if (!last) return {};
    proof.push_back(*last);
  }
  std::reverse(proof.begin(), proof.end());
  return proof;
}

bool check_inclusion(const std::vector<Hash>& proof, uint64_t index, uint64_t size, const Hash& leaf,
                     const Hash& root) {
  if (index >= size) return false;
  uint64_t node = index;
  uint64_t last = size - 1;
  Hash hash = leaf;
  for (const Hash& sibling : proof) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      hash = node_hash(sibling, hash);
      climb(node, last);
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool check_consistency(const std::vector<Hash>& proof, uint64_t old_size, const Hash& old_root, uint64_t size,
                       const Hash& root) {
  if (old_size > size) return false;
  if (old_size == size) return proof.empty() && old_root == root && (size != 0 || root == empty_root());
  if (old_size == 0) return proof.empty() && old_root == empty_root();
  // The highest node that is the last of the old tree and complete: the walk begins there.
  const auto skipped = std::countr_one(old_size - 1);
  uint64_t node = (old_size - 1) >> skipped;
  uint64_t last = (size - 1) >> skipped;
  std::span<const Hash> rest = proof;
  Hash old_hash = old_root;
  if (!std::has_single_bit(old_size)) {
    if (rest.empty()) return false;
    old_hash = rest.front();
    rest = rest.subspan(1);
  }
  Hash hash = old_hash;
  for (const Hash& sibling : rest) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_hash = node_hash(sibling, old_hash);
      hash = node_hash(sibling, hash);
      climb(node, last);
    } else {
      hash = node_hash(hash, sibling);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == old_root && hash == root;
}

}  // namespace rampart::journal
