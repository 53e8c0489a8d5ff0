#include "journal/room.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/files.h"
#include "journal/segment.h"

namespace rampart::journal {

namespace {

/// Of a record, all that is left in the tiles: its hash, and its share of the hashes above.
constexpr uint64_t kTileOctets = 33;

uint64_t octets_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

unsigned percent(double part, double all) {
  return all > 0 ? static_cast<unsigned>(std::min(100 * part / all, 1e6)) : 0;
}

/// made_at is when a segment was made; nothing where its header is damaged.
std::optional<TimePoint> made_at(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<uint8_t, kSegmentHeader> bytes;
  if (!file || ::pread(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  const std::optional<SegmentHeader> header = parse_segment_header(bytes);
  return header ? std::optional(header->made) : std::nullopt;
}

}  // namespace

bool Reserve::make() {
  if (octets_ == 0) return true;
  if (octets_of(path_) == octets_) return true;
  struct statvfs disk {};
  if (::statvfs(folder_.c_str(), &disk) != 0) return false;
  if (static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize < 2 * octets_) return false;
  FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
  if (!file) return false;
  if (::posix_fallocate(file.get(), 0, static_cast<off_t>(octets_)) == 0) return true;
  ::unlink(path_.c_str());
  return false;
}

bool Reserve::release() { return ::unlink(path_.c_str()) == 0; }

Usage usage(const Layout& layout, const Settings& settings, uint64_t size) {
  uint64_t octets = size * kTileOctets;
  for (const SegmentName& segment : segments_of(layout)) octets += octets_of(segment.path);
  Usage usage{.of_settings = percent(static_cast<double>(octets), static_cast<double>(settings.most_octets))};
  struct statvfs disk {};
  if (::statvfs(layout.folder.c_str(), &disk) == 0) {
    const double used = static_cast<double>(disk.f_blocks - disk.f_bfree);
    usage.of_disk = percent(used, used + static_cast<double>(disk.f_bavail));
  }
  return usage;
}

std::optional<PrunePlan> plan_prune(const Layout& layout, const Settings& settings, TimePoint now,
                                    uint64_t checkpoint_size) {
  const std::vector<SegmentName> segments = segments_of(layout);
  if (segments.empty()) return std::nullopt;
  uint64_t octets = checkpoint_size * kTileOctets;
  for (const SegmentName& segment : segments) octets += octets_of(segment.path);
  PrunePlan plan{.from = segments.front().first, .to = segments.front().first, .paths = {}};
  size_t whole = 0;
  for (size_t i = 0; i + 1 < segments.size() && segments[i + 1].first <= checkpoint_size; ++i) {
    // A segment's records are no younger than the segment after it.
    const std::optional<TimePoint> ended = made_at(segments[i + 1].path);
    const bool old = ended && *ended < now - std::chrono::days(settings.keep_days);
    if (!old && octets <= settings.most_octets) break;
    octets -= std::min(octets, octets_of(segments[i].path));
    if (segments[i + 1].first % kBundle == 0) whole = i + 1;
  }
  if (whole == 0) return std::nullopt;
  plan.to = segments[whole].first;
  for (size_t i = 0; i < whole; ++i) plan.paths.push_back(segments[i].path);
  return plan;
}

void carry_out(const PrunePlan& plan, const Layout& layout) {
  for (const std::string& path : plan.paths) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw file_error("remove", path, errno);
  }
  sync_folder(layout.segments());
}

}  // namespace rampart::journal
