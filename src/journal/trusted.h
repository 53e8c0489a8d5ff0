// The hashes that a signed root vouches for: found from the top down, in the tiles where they fit, rebuilt from the
// tiles below or from the records where a tile does not. What is handed out hashes up to the root.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "journal/scan.h"
#include "journal/walk.h"

namespace rampart::journal {

class TrustedTiles {
 public:
  /// Everything borrowed must outlive it. good() says whether hashes were found that lead to `root`.
  TrustedTiles(const Layout& layout, const Scan& scan, Walker& walker, uint64_t size, const Hash& root);
  bool good() const { return good_; }
  uint64_t size() const { return size_; }
  /// tile gives the hashes of a tile as far as it lies within the size; nothing where none are found that fit.
  std::optional<std::vector<Hash>> tile(uint8_t level, uint64_t index);

 private:
  using Hashes = std::optional<std::vector<Hash>>;
  Hashes from_file(uint8_t level, uint64_t index, uint32_t width);
  Hashes from_tiles(uint8_t level, uint64_t index, uint32_t width);
  Hashes from_records(uint8_t level, uint64_t index, uint32_t width);
  Hashes candidate(int kind, uint8_t level, uint64_t index, uint32_t width);
  bool find_edges(const Hash& root);
  Hashes fitting(uint8_t level, uint64_t index, const Hash& wanted);

  const Scan& scan_;
  Walker& walker_;
  DirectoryTiles files_;
  uint64_t size_;
  bool good_ = false;
  std::map<uint8_t, std::vector<Hash>> edges_;  // hashes of the unfinished tile of each level
  std::map<TileId, Hashes> found_;
};

}  // namespace rampart::journal
