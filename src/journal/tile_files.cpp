#include "journal/tile_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"

namespace rampart::journal {
namespace {

constexpr size_t kKeptTiles = 32;  // DirectoryTiles: 256 KiB

bool is_packed(uint8_t level, uint32_t width) { return level == 0 && width == kBundle; }
uint64_t place_in_pack(uint64_t index) { return index % kPackTiles * kTileOctets; }

/// read_packed gives nothing where the pack ends before the tile's end, and where it has zeros only: a pack that was
/// begun in the middle, after single files, has a hole before, and no 256 records hash to that.
std::optional<std::vector<uint8_t>> read_packed(const std::string& folder, uint64_t index) {
  const FileDescriptor file(::open((folder + '/' + pack_path(index)).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return {};
  std::vector<uint8_t> hashes(kTileOctets);
  for (size_t filled = 0; filled < kTileOctets;) {
    const ssize_t count = ::pread(file.get(), hashes.data() + filled, kTileOctets - filled,
                                  static_cast<off_t>(place_in_pack(index) + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    filled += static_cast<size_t>(count);
  }
  if (std::ranges::all_of(hashes, [](uint8_t octet) { return octet == 0; })) return {};
  return hashes;
}

/// read_wide reads any tile that has the first `width` hashes: the full one may have replaced the partial ones, and one
/// of a later checkpoint holds what an earlier one did.
std::optional<std::vector<uint8_t>> read_wide(const std::string& folder, uint8_t level, uint64_t index,
                                              uint32_t width) {
  if (auto full = read_tile(folder, level, index, kBundle)) return full;
  if (width == kBundle) return {};
  if (auto exact = read_tile(folder, level, index, width)) return exact;
  for (const std::string& name : names_in(folder + '/' + tile_path(level, index, kBundle) + ".p")) {
    const auto wide = parse_number(name);
    if (!wide || *wide <= width || *wide >= kBundle) continue;
    if (auto wider = read_tile(folder, level, index, static_cast<uint32_t>(*wide))) return wider;
  }
  return {};
}

}  // namespace

std::string pack_path(uint64_t index) {
  return fmt::format("tile/0/{:020}.tiles", index / kPackTiles * kPackTiles * kBundle);
}

std::optional<std::vector<uint8_t>> read_tile(const std::string& folder, uint8_t level, uint64_t index,
                                              uint32_t width) {
  if (is_packed(level, width)) {
    if (auto packed = read_packed(folder, index)) return packed;
  }
  try {
    auto hashes = read_file(folder + '/' + tile_path(level, index, width), kTileOctets);
    if (hashes && hashes->size() == width * sizeof(Hash)) return hashes;
  } catch (const Error&) {  // larger than a tile, or nothing that can be read: no tile
  }
  return {};
}

std::optional<Bytes> DirectoryTiles::tile(uint8_t level, uint64_t index, uint32_t width) {
  const auto same = [&](const Kept& kept) { return kept.level == level && kept.index == index; };
  auto kept = std::find_if(kept_.begin(), kept_.end(), same);
  if (kept == kept_.end() || kept->hashes.size() < width * sizeof(Hash)) {
    auto hashes = read_wide(folder_, level, index, width);
    if (!hashes) return {};
    if (kept == kept_.end()) {
      const auto older = [](const Kept& a, const Kept& b) { return a.used < b.used; };
      kept = kept_.size() < kKeptTiles ? kept_.insert(kept_.end(), Kept{})
                                       : std::min_element(kept_.begin(), kept_.end(), older);
    }
    *kept = {level, index, 0, std::move(*hashes)};
  }
  kept->used = ++uses_;
  return Bytes(kept->hashes).first(width * sizeof(Hash));
}

void TileFiles::put(uint8_t level, uint64_t index, uint32_t width, Bytes hashes) {
  if (is_packed(level, width)) return put_leaves(index, hashes);
  const std::string path = folder_ + "/" + tile_path(level, index, width);
  const std::string above = path.substr(0, path.rfind('/'));
  const std::string unfinished = folder_ + "/tile/" + std::string(kUnfinished) + "tile";
  FileDescriptor file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!file || !write_all(file.get(), hashes) || ::fdatasync(file.get()) != 0) throw file_error("write", path, errno);
  if (::rename(unfinished.c_str(), path.c_str()) != 0) {
    if (errno != ENOENT) throw file_error("write", path, errno);
    make_folders(above);
    if (::rename(unfinished.c_str(), path.c_str()) != 0) throw file_error("write", path, errno);
  }
  sync_folder(above);
}

// A tile counts where the pack is long enough, and a file is never longer than what has been written to it: so whoever
// reads meanwhile sees whole tiles.
void TileFiles::put_leaves(uint64_t index, Bytes hashes) {
  while (!hashes.empty()) {
    const std::string path = folder_ + "/" + pack_path(index);
    if (path != pack_path_) open_pack(path);
    const uint64_t tiles = std::min(kPackTiles - index % kPackTiles, hashes.size() / kTileOctets);
    const Bytes now = hashes.first(tiles * kTileOctets);
    unsynced_ = true;
    if (!write_all(pack_.get(), now, static_cast<int64_t>(place_in_pack(index)))) {
      throw file_error("write", path, errno);
    }
    hashes = hashes.subspan(now.size());
    index += tiles;
  }
}

void TileFiles::open_pack(const std::string& path) {
  sync();
  const std::string above = path.substr(0, path.rfind('/'));
  make_folders(above);
  pack_path_.clear();
  pack_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640));
  if (!pack_) throw file_error("write", path, errno);
  sync_folder(above);
  pack_path_ = path;
}

void TileFiles::sync() {
  if (!unsynced_) return;
  if (::fdatasync(pack_.get()) != 0) throw file_error("make durable", pack_path_, errno);
  unsynced_ = false;
}

void TileFiles::remove_partials(uint8_t level, uint64_t index) {
  std::error_code ignored;  // one that stays takes room and does no harm
  std::filesystem::remove_all(folder_ + "/" + tile_path(level, index, kBundle) + ".p", ignored);
}

}  // namespace rampart::journal
