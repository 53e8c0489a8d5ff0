#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>

#include "base/error.h"
#include "base/files.h"
#include "journal/reader.h"
#include "journal/tile_files.h"
#include "journal/verify.h"

namespace rampart::journal {
namespace {

constexpr uint8_t kLevels = 8;

void write_new(const std::string& path, Bytes bytes) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!file || !write_all(file.get(), bytes)) throw file_error("write", path, errno);
}

/// Exporter writes below `to_`, making folders as they come.
class Exporter {
 public:
  Exporter(const std::string& folder, std::string to, uint64_t size)
      : folder_(folder), to_(std::move(to)), size_(size) {}

  void tiles() {
    DirectoryTiles tiles(folder_);
    for (uint8_t level = 0; level < kLevels; ++level) {
      const uint64_t hashes = size_ >> (8 * level);
      for (uint64_t at = 0; at < hashes; at += kBundle) {
        const auto width = static_cast<uint32_t>(std::min(hashes - at, kBundle));
        const auto tile = tiles.tile(level, at / kBundle, width);
        if (!tile) {
          throw Error(folder_ + "/" + tile_path(level, at / kBundle, width) + " is missing",
                      "see what `journal verify` says");
        }
        write(tile_path(level, at / kBundle, width), *tile);
      }
    }
  }

  /// bundles writes the records; those that begin before the first record that is here are left out.
  uint64_t bundles() {
    Reader reader(folder_);
    uint64_t number = (reader.first() + kBundle - 1) / kBundle * kBundle;
    uint64_t records = 0;
    reader.seek(number);
    std::vector<uint8_t> bundle;
    Reader::Item item;
    for (; number < size_; ++number) {
      if (!reader.next(item) || item.number != number) {
        throw Error(fmt::format("record {} is damaged or missing", number), "see what `journal verify` says");
      }
      bundle.push_back(static_cast<uint8_t>(item.record.size() >> 8));
      bundle.push_back(static_cast<uint8_t>(item.record.size()));
      bundle.insert(bundle.end(), item.record.begin(), item.record.end());
      ++records;
      const uint64_t end = number + 1;
      if (end % kBundle != 0 && end != size_) continue;
      write(bundle_path(number / kBundle, static_cast<uint32_t>((end - 1) % kBundle + 1)), bundle);
      bundle.clear();
    }
    return records;
  }

 private:
  void write(const std::string& name, Bytes bytes) {
    const std::string path = to_ + "/" + name;
    const std::string above = path.substr(0, path.rfind('/'));
    if (above != made_) make_folders(made_ = above);
    write_new(path, bytes);
  }

  const std::string folder_, to_;
  const uint64_t size_;
  std::string made_;
};

}  // namespace

uint64_t export_tlog(const std::string& folder, const std::string& to) {
  const Layout layout{folder};
  const auto text = read_file(layout.checkpoint(), 1'000'000);
  const auto note = text ? parse_note(as_text(*text)) : std::nullopt;
  const auto checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!checkpoint) throw Error(layout.checkpoint() + " is no signed checkpoint", "see what `journal verify` says");
  if (!names_in(to).empty()) throw Error(to + " is not empty", "name a folder that is empty or not there yet");
  make_folders(to);
  Exporter exporter(folder, to, checkpoint->size);
  exporter.tiles();
  const uint64_t records = exporter.bundles();
  // Last, so that whoever serves the folder meanwhile has no checkpoint without its tiles.
  write_new(to + "/checkpoint", *text);
  return records;
}

}  // namespace rampart::journal
