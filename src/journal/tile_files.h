// Writes hash tiles under the folder of a journal. A tile appears whole or not at all to whoever reads meanwhile, but
// survives a crash of the machine only once sync() returned.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "journal/tree.h"

namespace rampart::journal {

class TileFiles {
 public:
  explicit TileFiles(std::string folder) : folder_(std::move(folder)) {}

  /// put writes one tile of `width` hashes. Errors: throws Error.
  void put(uint8_t level, uint64_t index, uint32_t width, Bytes hashes);
  /// sync makes all tiles durable. Errors: throws Error.
  void sync();
  /// remove_partials removes the partial tiles of a tile whose full one is durable.
  void remove_partials(uint8_t level, uint64_t index);

 private:
  std::string folder_;
};

}  // namespace rampart::journal
