// The first pass of verify over a journal: every frame, every record's hash, the tree built anew from them and held
// against the tiles. Segments are hashed by several threads, joined in order by one. It only says where something
// differs; differences.h says what.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "journal/layout.h"
#include "journal/segment.h"
#include "journal/tile_files.h"

namespace rampart::journal {

/// Range of numbers: `from` included, `to` not.
struct Range {
  uint64_t from = 0, to = 0;
  bool operator==(const Range&) const = default;
};

/// Span is a segment file and the numbers that count as its own: a later segment outranks an overlapping tail. The last
/// one may grow while it is read.
struct Span {
  uint64_t first = 0, until = UINT64_MAX;
  std::string path;
  bool last = false;
};
std::vector<Span> spans_of(const Layout& layout);

/// SegmentBytes holds a segment for reading: mapped, or read where it may still be written to. Errors: throws Error.
class SegmentBytes {
 public:
  explicit SegmentBytes(const Span& span);
  Bytes all() const { return mapped_ ? mapped_->bytes() : Bytes(read_); }
  /// frames is what follows the header; header_good says whether that is what the name says.
  Bytes frames() const { return all().size() < kSegmentHeader ? Bytes{} : all().subspan(kSegmentHeader); }
  bool header_good() const { return header_good_; }

 private:
  std::optional<MappedFile> mapped_;
  std::vector<uint8_t> read_;
  bool header_good_ = false;
};

/// ListedTiles is what lies under tile/, noted before the segments are read, since a writer adds to both.
struct ListedTiles {
  uint64_t leaves = 0;  // how far level 0 reaches
  struct Partial {
    uint8_t level = 0;
    uint64_t index = 0;
    uint32_t width = 0;
  };
  std::vector<Partial> partials;
};
ListedTiles list_tiles(const Layout& layout);

struct TileId {
  uint8_t level = 0;
  uint64_t index = 0;
  auto operator<=>(const TileId&) const = default;
};

/// Noted is a record that says something about the journal itself.
struct Noted {
  uint64_t number = 0;
  Hash leaf{};
  std::string before, after;  // of a change of key
  uint64_t pruned_to = 0;     // of a pruning
};

struct ScanOptions {
  std::vector<uint64_t> sizes;  // in order: a root is wanted at each
  uint64_t target = 0;          // records up to here should be there
  uint32_t workers = 2;
  std::function<void(uint64_t done, uint64_t all)> progress{};
};

struct Scan {
  uint64_t first = 0, size = 0;  // records that were read: first <= n < size
  uint64_t tree = 0;             // leaves whose hash is known, from records or from tiles
  uint64_t records = 0, octets = 0;
  std::map<uint64_t, Hash> roots;  // by size
  Hash root{};                     // over `tree` leaves
  std::vector<Hash> blocks;        // of each complete 65,536 leaves
  std::vector<Range> dirty;        // level-0 tiles (by index) where records and hashes differ, or records are missing
  std::vector<TileId> upper;       // tiles above that differ from the tree of the records
  std::vector<ListedTiles::Partial> partials;  // unfinished tiles that differ
  std::vector<Range> lost;                     // records that are missing where no tile says their hash
  std::vector<uint64_t> headers;               // first numbers of segments whose header is wrong
  std::vector<Noted> keys, prunings;
};
Scan scan(const Layout& layout, const std::vector<Span>& spans, const ListedTiles& listed, const ScanOptions& options);

/// noted reads a record that may be a change of key or a pruning; costs nothing where it is neither.
std::optional<Noted> noted(uint64_t number, Bytes record);

}  // namespace rampart::journal
