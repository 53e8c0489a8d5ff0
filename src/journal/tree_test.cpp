#include "journal/tree.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <span>
#include <tuple>

#include "base/text.h"

namespace rampart::journal {
namespace {

// A trivially correct tree: RFC 6962 section 2.1 word by word, over all leaves.
uint64_t largest_power_below(uint64_t count) {
  uint64_t power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

Hash reference_root(std::span<const Hash> leaves) {
  if (leaves.empty()) return crypto::sha256({});
  if (leaves.size() == 1) return leaves[0];
  const uint64_t k = largest_power_below(leaves.size());
  return node_hash(reference_root(leaves.first(k)), reference_root(leaves.subspan(k)));
}

std::vector<Hash> reference_path(uint64_t index, std::span<const Hash> leaves) {
  if (leaves.size() == 1) return {};
  const uint64_t k = largest_power_below(leaves.size());
  const bool left = index < k;
  std::vector<Hash> path = left ? reference_path(index, leaves.first(k)) : reference_path(index - k, leaves.subspan(k));
  path.push_back(reference_root(left ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

std::vector<Hash> reference_subproof(uint64_t old_size, std::span<const Hash> leaves, bool known) {
  if (old_size == leaves.size()) return known ? std::vector<Hash>{} : std::vector<Hash>{reference_root(leaves)};
  const uint64_t k = largest_power_below(leaves.size());
  const bool left = old_size <= k;
  std::vector<Hash> proof = left ? reference_subproof(old_size, leaves.first(k), known)
                                 : reference_subproof(old_size - k, leaves.subspan(k), false);
  proof.push_back(reference_root(left ? leaves.subspan(k) : leaves.first(k)));
  return proof;
}

std::vector<Hash> make_leaves(uint64_t count) {
  std::vector<Hash> leaves;
  for (uint64_t i = 0; i < count; ++i) leaves.push_back(leaf_hash(as_bytes("record " + std::to_string(i))));
  return leaves;
}

/// MemoryTiles keeps what a builder gives out; `forget` takes a tile away.
class MemoryTiles final : public TileSource {
 public:
  std::optional<Bytes> tile(uint8_t level, uint64_t index, uint32_t width) override {
    const auto found = tiles_.find({level, index});
    if (found == tiles_.end() || found->second.size() < width * sizeof(Hash)) return {};
    return Bytes(found->second).first(width * sizeof(Hash));
  }
  void keep(uint8_t level, uint64_t index, Bytes hashes) { tiles_[{level, index}] = {hashes.begin(), hashes.end()}; }
  void forget(uint8_t level, uint64_t index) { tiles_.erase({level, index}); }
  size_t count() const { return tiles_.size(); }
  TreeBuilder::FullTile full() {
    return [this](uint8_t level, uint64_t index, Bytes hashes) { keep(level, index, hashes); };
  }
  void keep_partials(const TreeBuilder& tree) {
    tree.partials([this](uint8_t level, uint64_t index, uint32_t, Bytes hashes) { keep(level, index, hashes); });
  }

 private:
  std::map<std::pair<uint8_t, uint64_t>, std::vector<uint8_t>> tiles_;
};

struct Grown {
  std::vector<Hash> leaves;
  MemoryTiles tiles;
  TreeBuilder tree;
};
Grown grow(uint64_t count) {
  Grown grown{make_leaves(count), {}, {}};
  for (const Hash& leaf : grown.leaves) grown.tree.append(leaf, grown.tiles.full());
  grown.tiles.keep_partials(grown.tree);
  return grown;
}

std::string hex(Bytes bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

/// expect_proofs holds both proofs of one pair of sizes against the reference, and both checks against both.
void expect_proofs(Grown& grown, uint64_t index, uint64_t old_size, uint64_t size) {
  const std::span<const Hash> leaves = std::span(grown.leaves).first(size);
  const Hash root = reference_root(leaves);
  const auto inclusion = inclusion_proof(grown.tiles, index, size);
  ASSERT_TRUE(inclusion);
  EXPECT_EQ(*inclusion, reference_path(index, leaves)) << index << " in " << size;
  EXPECT_TRUE(check_inclusion(*inclusion, index, size, leaves[index], root)) << index << " in " << size;
  const auto consistency = consistency_proof(grown.tiles, old_size, size);
  ASSERT_TRUE(consistency);
  const auto expected = old_size == 0 ? std::vector<Hash>{} : reference_subproof(old_size, leaves, true);
  EXPECT_EQ(*consistency, expected) << old_size << " to " << size;
  const Hash old_root = reference_root(leaves.first(old_size));
  EXPECT_TRUE(check_consistency(*consistency, old_size, old_root, size, root)) << old_size << " to " << size;
}

TEST(Tree, HashesOfNothingOfOneLeafAndOfTwoAreTheKnownOnes) {
  EXPECT_EQ(hex(empty_root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(leaf_hash({})), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  const uint8_t zero = 0;
  EXPECT_EQ(hex(node_hash(leaf_hash({}), leaf_hash({&zero, 1}))),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
}

TEST(Tree, EightLeavesOfCertificateTransparencyGiveItsRoots) {
  // The leaves and roots that the tests of the Certificate Transparency reference implementation use.
  const std::vector<std::vector<uint8_t>> records = {
      {},
      {0x00},
      {0x10},
      {0x20, 0x21},
      {0x30, 0x31},
      {0x40, 0x41, 0x42, 0x43},
      {0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57},
      {0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f}};
  const std::vector<std::string> roots = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  TreeBuilder tree;
  for (size_t i = 0; i < records.size(); ++i) {
    tree.append(leaf_hash(records[i]), {});
    EXPECT_EQ(hex(tree.root()), roots[i]) << i + 1;
  }
}

TEST(Tree, RootsOfAllSmallSizesAreTheReferences) {
  const std::vector<Hash> leaves = make_leaves(600);
  TreeBuilder tree;
  EXPECT_EQ(tree.root(), empty_root());
  for (uint64_t size = 1; size <= leaves.size(); ++size) {
    tree.append(leaves[size - 1], {});
    ASSERT_EQ(tree.size(), size);
    ASSERT_EQ(tree.root(), reference_root(std::span(leaves).first(size))) << size;
  }
}

TEST(Tree, ProofsOfAllSmallSizesAreTheReferences) {
  Grown grown = grow(600);
  std::mt19937_64 random(1);
  for (uint64_t size = 1; size <= 600; ++size) {
    ASSERT_EQ(root_at(grown.tiles, size), reference_root(std::span(grown.leaves).first(size))) << size;
    for (int i = 0; i < 3; ++i) expect_proofs(grown, random() % size, random() % (size + 1), size);
    expect_proofs(grown, 0, size - 1, size);
    expect_proofs(grown, size - 1, size, size);
    if (HasFatalFailure()) return;
  }
  EXPECT_EQ(root_at(grown.tiles, 0), empty_root());
}

TEST(Tree, EveryIndexAndOldSizeOfAFewSizesIsProved) {
  Grown grown = grow(70);
  for (const uint64_t size : {1u, 2u, 7u, 8u, 33u, 64u, 70u}) {
    for (uint64_t i = 0; i < size; ++i) expect_proofs(grown, i, i + 1, size);
  }
}

TEST(Tree, ProofsOfLargerSizesAreTheReferences) {
  Grown grown = grow(70'300);  // three levels of tiles
  std::mt19937_64 random(2);
  for (const uint64_t size : {65'535u, 65'536u, 65'537u, 70'000u, 70'300u}) {
    for (int i = 0; i < 4; ++i) expect_proofs(grown, random() % size, random() % (size + 1), size);
    expect_proofs(grown, size - 1, 65'280, size);
  }
}

TEST(Tree, GivesTheTilesThatC2spListsForSeventyThousandRecords) {
  Grown grown = grow(70'000);
  std::map<std::pair<int, uint32_t>, uint64_t> partials;
  grown.tree.partials([&](uint8_t level, uint64_t index, uint32_t width, Bytes hashes) {
    partials[{level, width}] = index;
    EXPECT_EQ(hashes.size(), width * sizeof(Hash));
  });
  const std::map<std::pair<int, uint32_t>, uint64_t> expected = {{{0, 112}, 273}, {{1, 17}, 1}, {{2, 1}, 0}};
  EXPECT_EQ(partials, expected);
  EXPECT_EQ(grown.tiles.count(), 273u + 1 + 1 + 1 + 1);
}

TEST(Tree, GivesFullTilesLowestLevelFirstWhenTheyFill) {
  TreeBuilder tree;
  std::vector<std::tuple<uint64_t, int, uint64_t>> filled;
  const Hash leaf = leaf_hash({});
  for (uint64_t i = 0; i < 65'536; ++i) {
    tree.append(leaf, [&](uint8_t level, uint64_t index, Bytes) { filled.emplace_back(tree.size(), level, index); });
  }
  ASSERT_EQ(filled.size(), 257u);
  EXPECT_EQ(filled[0], std::make_tuple(256u, 0, 0u));
  EXPECT_EQ(filled[254], std::make_tuple(65'280u, 0, 254u));
  EXPECT_EQ(filled[255], std::make_tuple(65'536u, 0, 255u));
  EXPECT_EQ(filled[256], std::make_tuple(65'536u, 1, 0u));
}

TEST(Tree, GoesOnAfterRestoreAsIfItHadNeverStopped) {
  Grown grown = grow(66'100);
  for (const uint64_t size : {0u, 1u, 255u, 256u, 257u, 600u, 65'535u, 65'536u, 65'800u, 66'099u}) {
    TreeBuilder again;
    ASSERT_TRUE(again.restore(grown.tiles, size)) << size;
    EXPECT_EQ(again.size(), size);
    EXPECT_EQ(again.root(), reference_root(std::span(grown.leaves).first(size))) << size;
    for (uint64_t i = size; i < size + 300 && i < 66'100; ++i) again.append(grown.leaves[i], {});
    EXPECT_EQ(again.root(), reference_root(std::span(grown.leaves).first(again.size()))) << size;
  }
}

TEST(Tree, RestoresWhereTheLevelsAboveAreMissing) {
  Grown grown = grow(66'000);
  grown.tiles.forget(1, 0);
  grown.tiles.forget(1, 1);
  grown.tiles.forget(2, 0);
  TreeBuilder again;
  ASSERT_TRUE(again.restore(grown.tiles, 66'000));
  EXPECT_EQ(again.root(), grown.tree.root());
  EXPECT_EQ(inclusion_proof(grown.tiles, 65'999, 66'000), reference_path(65'999, grown.leaves));
}

TEST(Tree, SaysWhereATileIsMissingAndStaysWhatItWas) {
  Grown grown = grow(1'000);
  TreeBuilder tree = grown.tree;
  grown.tiles.forget(0, 3);
  EXPECT_FALSE(tree.restore(grown.tiles, 1'000));
  EXPECT_EQ(tree.size(), 1'000u);
  EXPECT_EQ(tree.root(), grown.tree.root());
  EXPECT_EQ(root_at(grown.tiles, 1'000), std::nullopt);
  EXPECT_EQ(inclusion_proof(grown.tiles, 5, 1'000), std::nullopt);
  EXPECT_EQ(consistency_proof(grown.tiles, 700, 1'000), std::nullopt);
  EXPECT_TRUE(root_at(grown.tiles, 768));
}

TEST(Tree, RefusesProofsThatAreNotTheRightOnes) {
  Grown grown = grow(300);
  const Hash root = grown.tree.root();
  const Hash old_root = reference_root(std::span(grown.leaves).first(200));
  const auto inclusion = *inclusion_proof(grown.tiles, 123, 300);
  const auto consistency = *consistency_proof(grown.tiles, 200, 300);
  for (size_t i = 0; i < inclusion.size(); ++i) {
    auto spoiled = inclusion;
    spoiled[i][i] ^= 1;
    EXPECT_FALSE(check_inclusion(spoiled, 123, 300, grown.leaves[123], root));
  }
  for (size_t i = 0; i < consistency.size(); ++i) {
    auto spoiled = consistency;
    spoiled[i][i] ^= 1;
    EXPECT_FALSE(check_consistency(spoiled, 200, old_root, 300, root));
  }
  auto longer = inclusion;
  longer.push_back(root);
  EXPECT_FALSE(check_inclusion(longer, 123, 300, grown.leaves[123], root));
  longer = consistency;
  longer.push_back(root);
  EXPECT_FALSE(check_consistency(longer, 200, old_root, 300, root));
  EXPECT_FALSE(check_inclusion({inclusion.begin(), inclusion.end() - 1}, 123, 300, grown.leaves[123], root));
  EXPECT_FALSE(check_consistency({consistency.begin(), consistency.end() - 1}, 200, old_root, 300, root));
  EXPECT_FALSE(check_inclusion(inclusion, 122, 300, grown.leaves[123], root));
  EXPECT_FALSE(check_inclusion(inclusion, 123, 300, grown.leaves[122], root));
  EXPECT_FALSE(check_inclusion({}, 0, 0, grown.leaves[0], root));
  EXPECT_FALSE(check_inclusion({}, 300, 300, grown.leaves[0], root));
  EXPECT_FALSE(check_consistency({}, 200, old_root, 300, root));
  EXPECT_FALSE(check_consistency({}, 256, root, 300, root));
  EXPECT_FALSE(check_consistency(consistency, 300, root, 200, old_root));
  EXPECT_FALSE(check_consistency({}, 300, old_root, 300, root));
}

TEST(Tree, NothingIsAPrefixOfEverythingButOnlyWithItsOwnRoot) {
  Grown grown = grow(3);
  EXPECT_TRUE(check_consistency({}, 0, empty_root(), 3, grown.tree.root()));
  EXPECT_FALSE(check_consistency({}, 0, grown.leaves[0], 3, grown.tree.root()));
  EXPECT_FALSE(check_consistency({grown.leaves[0]}, 0, empty_root(), 3, grown.tree.root()));
  EXPECT_TRUE(check_consistency({}, 0, empty_root(), 0, empty_root()));
  EXPECT_FALSE(check_consistency({}, 0, grown.leaves[0], 0, grown.leaves[0]));
}

TEST(Tree, NamesTilesAsC2spDoes) {
  EXPECT_EQ(tile_path(0, 1'234'067, 256), "tile/0/x001/x234/067");
  EXPECT_EQ(tile_path(1, 0, 17), "tile/1/000.p/17");
  EXPECT_EQ(tile_path(2, 1'000, 255), "tile/2/x001/000.p/255");
  EXPECT_EQ(bundle_path(1'234, 5), "tile/entries/x001/234.p/5");
  EXPECT_EQ(bundle_path(999, 256), "tile/entries/999");
}

TEST(Layout, NamesFilesSoThatTheySortAsNumbersDo) {
  const Layout layout{"/j"};
  EXPECT_EQ(layout.segment(70'144), "/j/segments/00000000000000070144.seg");
  EXPECT_EQ(layout.checkpoint_of(18'446'744'073'709'551'615u), "/j/checkpoints/18446744073709551615");
}

}  // namespace
}  // namespace rampart::journal
