#include "journal/blobs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace rampart::journal {
namespace {

constexpr uint64_t kMostOctets = uint64_t{256} << 20;
constexpr size_t kNameLength = 64;

std::string name_of(Bytes bytes) {
  std::string name;
  append_hex(name, crypto::sha256(bytes));
  return name;
}

/// A name from elsewhere becomes part of a path: nothing but the digits that put_blob writes.
bool good_name(std::string_view name) {
  return name.size() == kNameLength && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string folder_of(const Layout& layout, std::string_view name) {
  return layout.blobs() + "/" + std::string(name.substr(0, 2));
}

struct Kept {
  TimePoint written;
  uint64_t octets = 0;
  std::string path;
};

/// blobs_of lists every file, also what a crash left half written: that goes the same way.
std::vector<Kept> blobs_of(const Layout& layout) {
  std::vector<Kept> blobs;
  for (const std::string& folder : names_in(layout.blobs())) {
    const std::string inside = layout.blobs() + "/" + folder;
    struct stat facts {};
    if (lstat(inside.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode)) continue;
    for (const std::string& name : names_in(inside)) {
      std::string path = inside + "/" + name;
      if (lstat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
      blobs.push_back({from_unix(facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec), static_cast<uint64_t>(facts.st_size),
                       std::move(path)});
    }
  }
  std::sort(blobs.begin(), blobs.end(), [](const Kept& a, const Kept& b) { return a.written < b.written; });
  return blobs;
}

}  // namespace

std::string put_blob(const Layout& layout, Bytes bytes) {
  if (bytes.size() > kMostOctets) throw Error("cannot keep a blob of more than 256 MiB beside the journal");
  const std::string name = name_of(bytes);
  const std::string folder = folder_of(layout, name);
  const std::string path = folder + "/" + name;
  if (get_blob(layout, name)) {
    // What is put again is needed again: its time of retention begins anew.
    if (utimensat(AT_FDCWD, path.c_str(), nullptr, 0) != 0) throw file_error("write", path, errno);
    return name;
  }
  make_folders(folder);
  replace_file(path, bytes);
  return name;
}

std::optional<std::vector<uint8_t>> get_blob(const Layout& layout, std::string_view name) {
  if (!good_name(name)) return std::nullopt;
  auto bytes = read_file(folder_of(layout, name) + "/" + std::string(name), kMostOctets);
  if (bytes && name_of(*bytes) != name) return std::nullopt;
  return bytes;
}

BlobsPruned prune_blobs(const Layout& layout, const Settings& settings, TimePoint now) {
  const std::vector<Kept> blobs = blobs_of(layout);
  uint64_t octets = 0;
  for (const Kept& blob : blobs) octets += blob.octets;
  const TimePoint oldest = now - std::chrono::days(settings.blob_days);
  BlobsPruned pruned;
  for (const Kept& blob : blobs) {
    if (blob.written >= oldest && octets <= settings.blob_octets) break;
    if (unlink(blob.path.c_str()) != 0 && errno != ENOENT) throw file_error("remove", blob.path, errno);
    octets -= blob.octets;
    ++pruned.blobs;
    pruned.octets += blob.octets;
  }
  return pruned;
}

}  // namespace rampart::journal
