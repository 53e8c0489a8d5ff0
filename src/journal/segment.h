// Segment files: a header, then records framed by length and CRC-32C. Reading tells the end that a crash left (torn)
// from damage to what had been acknowledged. Every octet is in docs/formats/journal.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/files.h"
#include "base/time.h"
#include "journal/layout.h"

namespace rampart::journal {

inline constexpr size_t kSegmentHeader = 32;
inline constexpr size_t kFrameHeader = 8;

/// SegmentHeader: magic "RMPTSEG" and format version 1, first record's number, when it was made, CRC-32C.
struct SegmentHeader {
  uint64_t first = 0;
  TimePoint made{};
};
void append(std::vector<uint8_t>& out, const SegmentHeader& header);
std::optional<SegmentHeader> parse_segment_header(Bytes bytes);

/// append_frame writes one framed record: length with the flag that it opens a group, CRC-32C over number, length and
/// bytes, bytes. A group is what one write and one fdatasync made durable: whoever finds a later group opened knows
/// that all earlier ones had been acknowledged.
void append_frame(std::vector<uint8_t>& out, uint64_t number, bool opens_group, Bytes record);

/// FrameReader walks the frames of a segment in memory. It borrows the bytes.
class FrameReader {
 public:
  /// End: `clean` at the very end of the bytes; `torn`: the last group is incomplete, as a crash leaves it; `damaged`:
  /// a frame is wrong and a later group is there, so it had been acknowledged.
  enum class State { frame, clean, torn, damaged };
  struct Frame {
    uint64_t number = 0;
    bool opens_group = false;
    Bytes record;
    uint64_t offset = 0;  // of its header, from the beginning of the bytes
  };
  /// `bytes` begin after the segment header; the first frame has number `first`.
  FrameReader(Bytes bytes, uint64_t first) : bytes_(bytes), number_(first) {}

  /// next gives a frame, or how the walk ended. After `damaged`, resume() goes on at the next frame that can be
  /// verified, if there is one; the numbers between are missing.
  State next(Frame& frame);
  bool resume();
  uint64_t offset() const { return offset_; }  // of the next frame
  uint64_t number() const { return number_; }

 private:
  Bytes bytes_;
  uint64_t offset_ = 0;
  uint64_t number_ = 0;
};

/// SegmentName is one file of segments/, as its name says.
struct SegmentName {
  uint64_t first = 0;
  std::string path;
};
/// segments_of lists them in order.
std::vector<SegmentName> segments_of(const Layout& layout);

/// MappedFile maps a file for reading. Errors: throws Error. What the file loses while mapped reads as failure of the
/// process, so only segments that nobody shortens are mapped; the open one is read.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace rampart::journal
