#include "journal/tile_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"

namespace rampart::journal {

void TileFiles::put(uint8_t level, uint64_t index, uint32_t width, Bytes hashes) {
  const std::string path = folder_ + "/" + tile_path(level, index, width);
  const std::string unfinished = folder_ + "/tile/" + std::string(kUnfinished) + "tile";
  FileDescriptor file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!file || !write_all(file.get(), hashes)) throw file_error("write", path, errno);
  if (::rename(unfinished.c_str(), path.c_str()) == 0) return;
  if (errno != ENOENT) throw file_error("write", path, errno);
  make_folders(path.substr(0, path.rfind('/')));
  if (::rename(unfinished.c_str(), path.c_str()) != 0) throw file_error("write", path, errno);
}

// One call for the whole file system: a busy journal fills thousands of tiles between two checkpoints, each of which
// would cost the disk a journal commit of its own.
void TileFiles::sync() {
  const std::string path = folder_ + "/tile";
  const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0) throw file_error("make durable", path, errno);
}

void TileFiles::remove_partials(uint8_t level, uint64_t index) {
  std::error_code ignored;  // one that stays takes room and does no harm
  std::filesystem::remove_all(folder_ + "/" + tile_path(level, index, kBundle) + ".p", ignored);
}

}  // namespace rampart::journal
