// Hash tiles under the folder of a journal. Full tiles of level 0 lie many in one file, a pack, since a file for every
// 256 records costs more than hashing them; all others have a file of their own, as C2SP tlog-tiles names them. What
// was written before there were packs is still read: a tile that no pack has is looked for in a file of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/files.h"
#include "journal/tree.h"

namespace rampart::journal {

inline constexpr size_t kTileOctets = kBundle * sizeof(Hash);
inline constexpr uint64_t kPackTiles = 4096;  // a pack is up to 32 MiB, the tiles of 2^20 records

/// pack_path is the name of the pack that tile `index` of level 0 is in, under the journal's folder:
/// "tile/0/<first record, 20 digits>.tiles".
std::string pack_path(uint64_t index);

/// read_tile gives the octets of one tile, exactly as wide; nothing where it is missing, cut, or cannot be read.
std::optional<std::vector<uint8_t>> read_tile(const std::string& folder, uint8_t level, uint64_t index, uint32_t width);

/// DirectoryTiles reads them for proofs: also from a tile that is wider than asked for. Keeps the few last read.
class DirectoryTiles final : public TileSource {
 public:
  explicit DirectoryTiles(std::string folder) : folder_(std::move(folder)) {}
  std::optional<Bytes> tile(uint8_t level, uint64_t index, uint32_t width) override;

 private:
  struct Kept {
    uint8_t level = 0;
    uint64_t index = 0;
    uint64_t used = 0;
    std::vector<uint8_t> hashes;
  };
  std::string folder_;
  std::vector<Kept> kept_;
  uint64_t uses_ = 0;
};

/// TileFiles writes them. A tile appears whole or not at all to whoever reads meanwhile. All throw Error where the disk
/// refuses.
class TileFiles {
 public:
  explicit TileFiles(std::string folder) : folder_(std::move(folder)) {}

  /// put writes one tile of `width` hashes. Durable: a full one of level 0 once sync() returned, any other at once.
  void put(uint8_t level, uint64_t index, uint32_t width, Bytes hashes);
  /// put_leaves writes full tiles of level 0, `hashes` of one after the other from tile `index` on.
  void put_leaves(uint64_t index, Bytes hashes);
  /// sync makes them durable. Where it fails nobody knows which are on disk: they have to be put again.
  void sync();
  /// remove_partials removes the partial tiles of a tile whose full one is durable.
  void remove_partials(uint8_t level, uint64_t index);

 private:
  void open_pack(const std::string& path);

  std::string folder_;
  std::string pack_path_;  // of the pack that is open
  FileDescriptor pack_;
  bool unsynced_ = false;
};

}  // namespace rampart::journal
