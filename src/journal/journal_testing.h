// For tests: a journal of small segments made by hand, and hands to tamper with it as somebody would who knows the
// format and has everything but the key.
#pragma once

#include <fcntl.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/testing.h"
#include "crypto/signature.h"
#include "journal/note.h"
#include "journal/scan.h"
#include "journal/segment.h"
#include "journal/tile_files.h"

namespace rampart::journal {

using Record = std::vector<uint8_t>;

/// Tiles says where full tiles of level 0 lie: in packs, or each in a file of its own, as before there were packs.
enum class Tiles { packed, single };

/// MadeJournal writes a journal: `in_segment` records a segment, a kept checkpoint at the end of each.
class MadeJournal {
 public:
  explicit MadeJournal(uint64_t in_segment = 512, Tiles tiles = Tiles::packed)
      : in_segment_(in_segment), tiles_(tiles) {
    for (const char* name : {"/keys", "/segments", "/checkpoints", "/tile/0"}) make_folders(layout.folder + name);
    signer_ = crypto::make_key_file(layout.key_file());
    put(layout.verifier_keys(), as_bytes(key().text() + "\n"));
    sign();
  }

  /// record makes a record that no other is equal to.
  static Record record(uint64_t number, uint64_t salt = 0) {
    Record bytes(16 + number * 7 % 40, static_cast<uint8_t>(number));
    for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(number >> (8 * i) ^ salt * (i + 1));
    bytes[8] = static_cast<uint8_t>(salt);
    return bytes;
  }

  void append(const Record& bytes, bool opens_group = true) {
    if (records.size() % in_segment_ == 0) begin_segment();
    records.push_back(bytes);
    std::vector<uint8_t> frame;
    append_frame(frame, records.size() - 1, opens_group, bytes);
    tail_.insert(tail_.end(), frame.begin(), frame.end());
    tree_.append(leaf_hash(bytes), tile_writer());
    if (records.size() % in_segment_ == 0) {
      flush();
      sign(true);
    }
  }
  void fill(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) append(record(records.size()), records.size() % 5 == 0);
    flush();
  }
  /// sign makes the newest checkpoint, and keeps it under checkpoints/ where it is to be kept.
  void sign(bool keep = false, crypto::Signer* also = nullptr) {
    flush();
    tree_.partials(
        [&](uint8_t level, uint64_t index, uint32_t width, Bytes hashes) { put_tile(level, index, width, hashes); });
    Note note{
        .text = format(Checkpoint{.origin = kOrigin, .size = records.size(), .root = tree_.root(), .extensions = {}}),
        .signatures = {}};
    journal::sign(note, kOrigin, *signer_);
    if (also != nullptr) journal::sign(note, kOrigin, *also);
    put(layout.checkpoint(), as_bytes(format(note)));
    if (keep) put(layout.checkpoint_of(records.size()), as_bytes(format(note)));
  }
  void flush() {
    if (!tail_.empty()) put(layout.segment((records.size() - 1) / in_segment_ * in_segment_), tail_);
  }
  VerifierKey key() const { return {.name = kOrigin, .key = signer_->public_key()}; }
  std::unique_ptr<crypto::Signer>& signer() { return signer_; }

  // Tampering. Numbers of segments count from 0.

  uint64_t first_of(uint64_t segment) const { return segment * in_segment_; }
  std::string path_of(uint64_t number) const { return layout.segment(number / in_segment_ * in_segment_); }
  static std::vector<uint8_t> get(const std::string& path) { return read_file(path, uint64_t{1} << 30).value(); }
  static void put(const std::string& path, Bytes bytes) {
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!write_all(file.get(), bytes)) throw file_error("write", path, errno);
  }
  /// records_of reads the records of the segment that begins at `first`.
  std::vector<Record> records_of(uint64_t first) const {
    const std::vector<uint8_t> bytes = get(layout.segment(first));
    FrameReader reader(Bytes(bytes).subspan(kSegmentHeader), first);
    std::vector<Record> all;
    for (FrameReader::Frame frame; reader.next(frame) == FrameReader::State::frame;) {
      all.emplace_back(frame.record.begin(), frame.record.end());
    }
    return all;
  }
  /// rewrite writes a segment anew, every CRC right.
  void rewrite(uint64_t first, const std::vector<Record>& all) const {
    std::vector<uint8_t> bytes;
    journal::append(bytes, SegmentHeader{.first = first});
    for (size_t i = 0; i < all.size(); ++i) append_frame(bytes, first + i, i % 5 == 0, all[i]);
    put(layout.segment(first), bytes);
  }
  /// change lets `by` work on the records of the segment that holds `number`, with the place of that record.
  void change(uint64_t number, const std::function<void(std::vector<Record>&, size_t)>& by) const {
    const uint64_t first = number / in_segment_ * in_segment_;
    std::vector<Record> all = records_of(first);
    by(all, number - first);
    rewrite(first, all);
  }
  /// rehash builds all tiles anew from the records that are there.
  void rehash() {
    std::filesystem::remove_all(layout.folder + "/tile");
    TreeBuilder tree;
    for (const SegmentName& segment : segments_of(layout)) {
      for (const Record& bytes : records_of(segment.first)) tree.append(leaf_hash(bytes), tile_writer());
    }
    tree.partials(
        [&](uint8_t level, uint64_t index, uint32_t width, Bytes hashes) { put_tile(level, index, width, hashes); });
  }
  /// frames_of gives where each frame of a segment begins in its file, and the end.
  std::vector<uint64_t> frames_of(uint64_t first) const {
    const std::vector<uint8_t> bytes = get(layout.segment(first));
    FrameReader reader(Bytes(bytes).subspan(kSegmentHeader), first);
    std::vector<uint64_t> begins{kSegmentHeader};
    for (FrameReader::Frame frame; reader.next(frame) == FrameReader::State::frame;) {
      begins.push_back(kSegmentHeader + reader.offset());
    }
    return begins;
  }
  void put_tile(uint8_t level, uint64_t index, uint32_t width, Bytes hashes) const {
    const bool packed = tiles_ == Tiles::packed && level == 0 && width == kBundle;
    const std::string path = layout.folder + "/" + (packed ? pack_path(index) : tile_path(level, index, width));
    make_folders(path.substr(0, path.rfind('/')));
    if (!packed) return put(path, hashes);
    const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    const auto place = static_cast<int64_t>(index % kPackTiles * kTileOctets);
    if (!write_all(file.get(), hashes, place)) throw file_error("write", path, errno);
  }

  /// remove_leaves takes a full tile of level 0 away: cut out of its file, which leaves a hole, or the file itself.
  void remove_leaves(uint64_t index) const {
    const std::string path = layout.folder + "/" + tile_path(0, index, kBundle);
    if (std::filesystem::remove(path)) return;
    std::vector<uint8_t> pack = get(layout.folder + "/" + pack_path(index));
    const auto begin = pack.begin() + static_cast<ptrdiff_t>(index % kPackTiles * kTileOctets);
    std::fill(begin, begin + kTileOctets, uint8_t{0});
    put(layout.folder + "/" + pack_path(index), pack);
  }
  /// flip_leaves flips a bit of octet `at` of a full tile of level 0.
  void flip_leaves(uint64_t index, uint64_t at) const {
    std::vector<uint8_t> hashes = read_tile(layout.folder, 0, index, kBundle).value();
    hashes.at(at) ^= 0x10;
    put_tile(0, index, kBundle, hashes);
  }

  static constexpr const char* kOrigin = "waterworks/gw-1";
  TemporaryFolder folder;
  const Layout layout{folder.path()};
  std::vector<Record> records;

 private:
  void begin_segment() {
    tail_.clear();
    journal::append(tail_,
                    SegmentHeader{.first = records.size(), .made = TimePoint(std::chrono::seconds(records.size()))});
  }
  TreeBuilder::FullTile tile_writer() const {
    return [this](uint8_t level, uint64_t index, Bytes hashes) { put_tile(level, index, kBundle, hashes); };
  }

  uint64_t in_segment_;
  Tiles tiles_;
  std::unique_ptr<crypto::Signer> signer_;
  std::vector<uint8_t> tail_;
  TreeBuilder tree_;
};

}  // namespace rampart::journal
