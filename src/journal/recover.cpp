#include "journal/recover.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "journal/tile_files.h"
#include "records/stored.h"

namespace rampart::journal {

namespace {

constexpr uint64_t kMostSegment = uint64_t{4} << 30;  // octets that are read at once

std::vector<uint8_t> read_segment(const std::string& path) {
  // Read, not mapped: a bad block is then an error with a name and not the end of the process.
  std::optional<std::vector<uint8_t>> bytes = read_file(path, kMostSegment);
  return bytes ? std::move(*bytes) : std::vector<uint8_t>{};
}

void cut_file(const std::string& path, uint64_t length) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(length)) != 0 || ::fsync(file.get()) != 0) {
    throw file_error("cut", path, errno);
  }
}

/// sync_file: what a killed process wrote may lie in memory only, and is about to be signed.
void sync_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || ::fdatasync(file.get()) != 0) throw file_error("make durable", path, errno);
}

/// Recovery walks the segments from the one that holds the checkpoint's end.
class Recovery {
 public:
  Recovery(const Layout& layout, const Checkpoint& checkpoint, const std::optional<VerifierKey>& next)
      : layout_(layout), checkpoint_(checkpoint), next_(next), files_(layout.folder), segments_(segments_of(layout)) {}

  Recovered run();

 private:
  void restore_tree();
  void rebuild_tree();
  uint64_t limit_of(size_t at) const { return at + 1 < segments_.size() ? segments_[at + 1].first : UINT64_MAX; }
  bool last(size_t at) const { return at + 1 == segments_.size(); }
  void walk(size_t at);
  bool walk_frames(size_t at, FrameReader& reader, uint64_t size);
  bool cross_hole(size_t at, FrameReader& reader, FrameReader::State state, uint64_t size);
  bool header_is_good(size_t at, Bytes bytes);
  void take(uint64_t number, Bytes record);
  void lose(uint64_t from, uint64_t to, const std::string& where);
  void remove_from(size_t at);
  std::string set_aside(const std::string& path);

  const Layout& layout_;
  const Checkpoint& checkpoint_;
  const std::optional<VerifierKey>& next_;
  TileFiles files_;
  std::vector<SegmentName> segments_;
  const TreeBuilder::FullTile full_ = [this](uint8_t level, uint64_t index, Bytes hashes) {
    files_.put(level, index, kBundle, hashes);
  };
  Recovered result_;
  bool spoiled_ = false;  // damage was found: writing goes on in a new segment
};

Recovered Recovery::run() {
  restore_tree();
  size_t at = 0;
  while (at + 1 < segments_.size() && segments_[at + 1].first <= checkpoint_.size) ++at;
  result_.first = segments_.empty() ? checkpoint_.size : segments_.front().first;
  for (; at < segments_.size(); ++at) {
    if (segments_[at].first > result_.tree.size()) {
      // The records between are nowhere, not even their hashes: what comes after them can follow nothing.
      lose(result_.tree.size(), segments_[at].first, layout_.damaged());
      remove_from(at);
      break;
    }
    walk(at);
  }
  files_.sync();
  if (spoiled_ && result_.segment) {
    sync_file(result_.segment->path);
    result_.segment.reset();
  }
  return std::move(result_);
}

void Recovery::restore_tree() {
  DirectoryTiles tiles(layout_.folder);
  if (result_.tree.restore(tiles, checkpoint_.size) && result_.tree.root() == checkpoint_.root) return;
  rebuild_tree();
  if (result_.tree.size() == checkpoint_.size && result_.tree.root() == checkpoint_.root) {
    result_.tree.partials([this](uint8_t level, uint64_t index, uint32_t width, Bytes hashes) {
      files_.put(level, index, width, hashes);
    });
    result_.incidents.push_back({.event = "damaged", .reason = "tiles were made anew", .to = checkpoint_.size});
    return;
  }
  throw Error(
      fmt::format("{}: neither tiles nor records give the root of the newest checkpoint, of {} records", layout_.folder,
                  checkpoint_.size),
      "`rampart journal verify` says which records or tiles are wrong; a backup or another copy has them right");
}

/// rebuild_tree makes all tiles anew from the records; what was pruned must have its tiles.
void Recovery::rebuild_tree() {
  DirectoryTiles tiles(layout_.folder);
  result_.tree = {};
  const uint64_t first = segments_.empty() ? 0 : segments_.front().first;
  if (first > checkpoint_.size || (first > 0 && !result_.tree.restore(tiles, first))) return;
  for (size_t at = 0; at < segments_.size() && result_.tree.size() < checkpoint_.size; ++at) {
    const std::vector<uint8_t> bytes = read_segment(segments_[at].path);
    if (bytes.size() < kSegmentHeader || segments_[at].first != result_.tree.size()) return;
    FrameReader reader(Bytes(bytes).subspan(kSegmentHeader), segments_[at].first);
    FrameReader::Frame frame;
    while (result_.tree.size() < std::min(limit_of(at), checkpoint_.size) &&
           reader.next(frame) == FrameReader::State::frame) {
      result_.tree.append(leaf_hash(frame.record), full_);
    }
  }
}

void Recovery::walk(size_t at) {
  const std::vector<uint8_t> bytes = read_segment(segments_[at].path);
  if (!header_is_good(at, bytes)) return;
  FrameReader reader(Bytes(bytes).subspan(kSegmentHeader), segments_[at].first);
  if (!walk_frames(at, reader, bytes.size())) return;
  if (const uint64_t end = std::min(limit_of(at), checkpoint_.size); reader.number() < end) {
    lose(reader.number(), end, segments_[at].path);  // signed, and cut off clean
  }
  if (last(at)) {
    result_.segment = segments_[at];
    result_.length = kSegmentHeader + reader.offset();
  }
}

/// walk_frames takes the records that are this segment's; false where it ended before its end.
bool Recovery::walk_frames(size_t at, FrameReader& reader, uint64_t size) {
  while (reader.number() < limit_of(at)) {
    FrameReader::Frame frame;
    const FrameReader::State state = reader.next(frame);
    if (state == FrameReader::State::clean) return true;
    if (state != FrameReader::State::frame) {
      if (!cross_hole(at, reader, state, size)) return !spoiled_;
    } else if (frame.number > result_.tree.size()) {
      return false;  // beyond a hole that reaches over the checkpoint's end: the copy set aside has them
    } else {
      take(frame.number, frame.record);
    }
  }
  return true;
}

/// cross_hole repairs where a frame is wrong; true where the walk goes on behind it.
bool Recovery::cross_hole(size_t at, FrameReader& reader, FrameReader::State state, uint64_t size) {
  const std::string& path = segments_[at].path;
  const uint64_t hole = reader.number();
  const uint64_t offset = kSegmentHeader + reader.offset();
  if (hole < checkpoint_.size) {
    // A signed record is wrong. Its hash is kept and the file stays as it is.
    const bool more = reader.resume();
    lose(hole, std::min(limit_of(at), more ? reader.number() : checkpoint_.size), set_aside(path));
    return more;
  }
  if (state == FrameReader::State::torn && last(at)) {
    result_.incidents.push_back({.event = "torn-tail", .reason = {}, .from = hole, .to = hole, .count = size - offset});
  } else {
    lose(hole, last(at) ? hole : limit_of(at), set_aside(path));
  }
  cut_file(path, offset);
  return false;
}

/// header_is_good judges the first octets of a segment; false where no record can be taken from it.
bool Recovery::header_is_good(size_t at, Bytes bytes) {
  const SegmentName& segment = segments_[at];
  const std::optional<SegmentHeader> header = parse_segment_header(bytes);
  if (header && header->first == segment.first) return true;
  const size_t skipped = std::min<size_t>(bytes.size(), kSegmentHeader);
  FrameReader::Frame frame;
  const FrameReader::State state = FrameReader(bytes.subspan(skipped), segment.first).next(frame);
  const bool group_is_there = state == FrameReader::State::frame || state == FrameReader::State::damaged;
  if (group_is_there) lose(segment.first, segment.first, set_aside(segment.path));
  if (state == FrameReader::State::frame) return true;  // the frames say by their CRC whose they are
  if (segment.first < checkpoint_.size) {
    lose(segment.first, std::min(limit_of(at), checkpoint_.size), segment.path);
    return false;
  }
  if (!group_is_there) {  // the crash came before its first group was acknowledged
    result_.incidents.push_back(
        {.event = "torn-tail", .reason = {}, .from = segment.first, .to = segment.first, .count = bytes.size()});
  }
  if (::unlink(segment.path.c_str()) != 0) throw file_error("remove", segment.path, errno);
  sync_folder(layout_.segments());
  return false;
}

void Recovery::take(uint64_t number, Bytes record) {
  if (number < checkpoint_.size) return;
  result_.tree.append(leaf_hash(record), full_);
  if (!next_) return;
  const std::optional<records::Stored> stored = records::Stored::decode(record);
  const auto* change = stored ? std::get_if<records::KeyChange>(&stored->fact()) : nullptr;
  if (change != nullptr && change->after == next_->text()) result_.key_change = number;
}

void Recovery::lose(uint64_t from, uint64_t to, const std::string& where) {
  spoiled_ = true;
  const bool inside = where.starts_with(layout_.folder + "/");
  result_.incidents.push_back(
      {.event = "damaged", .reason = inside ? where.substr(layout_.folder.size() + 1) : where, .from = from, .to = to});
}

/// remove_from sets aside whole segments.
void Recovery::remove_from(size_t at) {
  for (; at < segments_.size(); ++at) {
    const std::string& path = segments_[at].path;
    set_aside(path);
    if (::unlink(path.c_str()) != 0) throw file_error("remove", path, errno);
  }
  sync_folder(layout_.segments());
}

/// set_aside copies a segment to damaged/, under a free name, durable. Result: the copy's path.
std::string Recovery::set_aside(const std::string& path) {
  make_folders(layout_.damaged());
  const std::string name = path.substr(path.rfind('/') + 1);
  for (int attempt = 0;; ++attempt) {
    const std::string to = layout_.damaged() + "/" + (attempt == 0 ? name : fmt::format("{}.{}", name, attempt));
    std::error_code error;
    if (std::filesystem::exists(to, error)) continue;
    create_file(to, read_segment(path), 0640);
    return to;
  }
}

}  // namespace

Recovered recover(const Layout& layout, const Checkpoint& checkpoint, const std::optional<VerifierKey>& next) {
  return Recovery(layout, checkpoint, next).run();
}

}  // namespace rampart::journal
