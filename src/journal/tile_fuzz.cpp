// Tiles that a disk or a stranger gives: any of them may be missing, cut or wrong. Where only leaves are given the tree
// is the one over them, so that every proof made must hold.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include "journal/tree.h"

namespace journal = rampart::journal;
using rampart::ByteReader;
using rampart::Bytes;

namespace {

constexpr size_t kTile = journal::kBundle * sizeof(journal::Hash);
constexpr uint64_t kMostLeaves = 1'000;  // where the proofs are held against the tree
constexpr int kMostTiles = 24;           // read by one operation: a source that gives everything would never end

void require(bool holds) {
  if (!holds) std::abort();
}

/// FuzzTiles cuts tiles from the input, repeated: where each begins, and whether it is there, an octet of it says.
class FuzzTiles final : public journal::TileSource {
 public:
  FuzzTiles(Bytes input, bool only_leaves) : input_(input), only_leaves_(only_leaves) {
    for (size_t i = 0; i < tiles_.size(); ++i) tiles_[i] = input.empty() ? uint8_t{0} : input[i % input.size()];
  }
  std::optional<Bytes> tile(uint8_t level, uint64_t index, uint32_t width) override {
    require(level < 8 && width >= 1 && width <= journal::kBundle);
    if (only_leaves_)
      return level == 0 ? std::optional(at(index * 32 % kTile, width * sizeof(journal::Hash))) : std::nullopt;
    const uint8_t control = input_.empty() ? uint8_t{0} : input_[(level * 31 + index) % input_.size()];
    if (left_-- <= 0 || control % 8 == 0) return {};
    if (control % 8 == 1) return at(control, control);  // another size
    return at(control * 32u, width * sizeof(journal::Hash));
  }
  FuzzTiles& again() {
    left_ = kMostTiles;
    return *this;
  }

 private:
  Bytes at(size_t offset, size_t size) const { return Bytes(tiles_).subspan(offset, size); }

  Bytes input_;
  bool only_leaves_;
  int left_ = 0;
  std::array<uint8_t, 2 * kTile> tiles_{};
};

std::vector<journal::Hash> hashes(Bytes bytes) {
  std::vector<journal::Hash> out;
  for (ByteReader reader(bytes); reader.left() >= sizeof(journal::Hash) && out.size() < 70;) {
    const Bytes next = reader.bytes(sizeof(journal::Hash));
    std::copy(next.begin(), next.end(), out.emplace_back().begin());
  }
  return out;
}

void proofs_hold(FuzzTiles& tiles, uint64_t index, uint64_t old_size, uint64_t size) {
  const auto root = journal::root_at(tiles, size);
  const auto old_root = journal::root_at(tiles, old_size);
  const auto consistency = journal::consistency_proof(tiles, old_size, size);
  require(root && old_root && consistency);
  require(journal::check_consistency(*consistency, old_size, *old_root, size, *root));
  journal::TreeBuilder tree;
  require(tree.restore(tiles, size) && tree.root() == *root);
  const auto inclusion = journal::inclusion_proof(tiles, index, size);
  const auto tile = tiles.tile(0, index / journal::kBundle, static_cast<uint32_t>(index % journal::kBundle) + 1);
  require(inclusion && tile);
  journal::Hash leaf;
  std::copy(tile->end() - sizeof leaf, tile->end(), leaf.begin());
  require(journal::check_inclusion(*inclusion, index, size, leaf, *root));
  if (!inclusion->empty()) require(!journal::check_inclusion(*inclusion, index, size, *root, *root));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader(Bytes{data, size});
  const bool only_leaves = reader.u8() % 2 == 1;
  const uint64_t records = only_leaves ? reader.u64() % kMostLeaves + 1 : std::max<uint64_t>(reader.u64(), 1);
  const uint64_t index = reader.u64() % records;
  const uint64_t old_size = reader.u64() % records;
  const Bytes rest = reader.rest();
  FuzzTiles tiles(rest, only_leaves);
  if (only_leaves) {
    proofs_hold(tiles, index, old_size, records);
    return 0;
  }
  journal::root_at(tiles.again(), records);
  journal::inclusion_proof(tiles.again(), index, records);
  journal::consistency_proof(tiles.again(), old_size, records);
  journal::TreeBuilder tree;
  if (tree.restore(tiles.again(), records)) {
    tree.root();
    // As far as the counter reaches: a journal of 2^64 records is none.
    const journal::Hash leaf = journal::leaf_hash(rest);
    for (uint64_t i = records; i < records + 300 && i >= records; ++i) tree.append(leaf, {});
  }
  // Proofs by a stranger.
  const std::vector<journal::Hash> proof = hashes(rest);
  const journal::Hash root = proof.empty() ? journal::empty_root() : proof.back();
  journal::check_inclusion(proof, index, records, root, root);
  journal::check_consistency(proof, old_size, root, records, root);
  journal::check_consistency(proof, records, root, old_size, root);
  return 0;
}
