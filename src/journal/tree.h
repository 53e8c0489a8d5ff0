// The Merkle tree over the records: RFC 6962 section 2.1 hashes, kept as C2SP tlog-tiles. TreeBuilder holds only the
// right edge (at most 256 hashes a level); proofs read tiles through TileSource. No I/O here: that is in tile_files.h.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "crypto/hash.h"
#include "journal/layout.h"

namespace rampart::journal {

using Hash = crypto::Sha256Digest;

Hash leaf_hash(Bytes record);
Hash node_hash(const Hash& left, const Hash& right);
Hash empty_root();  // SHA-256 of nothing

/// tile_path is the name of a tile under the journal's folder: "tile/0/x001/234", "tile/1/000.p/17". width 1..256.
std::string tile_path(uint8_t level, uint64_t index, uint32_t width);
/// bundle_path is the same for entries: "tile/entries/x001/234.p/5".
std::string bundle_path(uint64_t index, uint32_t width);

/// TileSource hands out tiles. Nothing where there is none or it has another size than 32 * width.
class TileSource {
 public:
  virtual ~TileSource() = default;
  /// tile gives the first `width` hashes of a tile, from the full one or from a partial one that is wide enough. The
  /// bytes are valid until the next call.
  virtual std::optional<Bytes> tile(uint8_t level, uint64_t index, uint32_t width) = 0;
};

/// TreeBuilder takes leaf hashes in order and gives roots and tiles. A leaf costs one hash of two others, when its tile
/// fills; a root at most 255 a level.
class TreeBuilder {
 public:
  /// FullTile takes a tile that has just become full: 8,192 octets, valid during the call.
  using FullTile = std::function<void(uint8_t level, uint64_t index, Bytes hashes)>;
  using PartialTile = std::function<void(uint8_t level, uint64_t index, uint32_t width, Bytes hashes)>;

  /// append adds one leaf; `full` is called for each tile that it filled, lowest level first.
  void append(const Hash& leaf, const FullTile& full);
  uint64_t size() const { return size_; }
  Hash root() const;
  /// partials calls back with the partial tile of each level that has one at this size.
  void partials(const PartialTile& partial) const;
  /// restore reads the right edge of a tree of `size` from tiles: false where one is missing.
  bool restore(TileSource& tiles, uint64_t size);

 private:
  uint64_t size_ = 0;
  std::vector<std::vector<Hash>> levels_;  // hashes of the unfinished tile of each level
};

/// root_at is the root of the first `size` records. Errors of all three: nothing where a tile is missing.
std::optional<Hash> root_at(TileSource& tiles, uint64_t size);
/// inclusion_proof: RFC 6962 section 2.1.1, leaf's sibling first. Precondition: index < size.
std::optional<std::vector<Hash>> inclusion_proof(TileSource& tiles, uint64_t index, uint64_t size);
/// consistency_proof: RFC 6962 section 2.1.2. Precondition: old_size <= size. Empty where old_size is 0 or size.
std::optional<std::vector<Hash>> consistency_proof(TileSource& tiles, uint64_t old_size, uint64_t size);

bool check_inclusion(const std::vector<Hash>& proof, uint64_t index, uint64_t size, const Hash& leaf, const Hash& root);
bool check_consistency(const std::vector<Hash>& proof, uint64_t old_size, const Hash& old_root, uint64_t size,
                       const Hash& root);

}  // namespace rampart::journal
