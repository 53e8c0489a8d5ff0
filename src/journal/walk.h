// The second pass's way through the records: everything that stands in the segments, good or not, in the order in which
// it stands there. Slower than the first pass and used only where that one found something.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "journal/scan.h"

namespace rampart::journal {

/// Walker hands out what stands between two numbers. It goes on where it was; a number before that begins anew at the
/// segment's start.
class Walker {
 public:
  struct Item {
    uint64_t number = 0;  // under which its CRC is right; else the one that its place gives it
    bool good = false;    // its CRC is right
    bool extra = false;   // in a tail that a later segment outranks
    Hash hash{};          // zero where the bytes are no frame
  };
  explicit Walker(std::vector<Span> spans) : spans_(std::move(spans)) {}

  void seek(uint64_t number);
  /// next gives the next item; nothing at the end of the journal.
  std::optional<Item> next();
  /// leaf is the hash of record `number`, where it can be read.
  std::optional<Hash> leaf(uint64_t number);

 private:
  void open(size_t index);
  void add(Item item);
  void salvage(uint64_t offset, uint64_t number);

  std::vector<Span> spans_;
  size_t at_ = SIZE_MAX;
  std::unique_ptr<SegmentBytes> bytes_;
  std::optional<FrameReader> reader_;
  std::deque<Item> waiting_;
  bool ended_ = false;    // nothing more can be read of this segment
  uint64_t from_ = 0;     // items before this number are not wanted
  uint64_t reached_ = 0;  // items before this number were handed out
};

}  // namespace rampart::journal
