#include "journal/segment.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/text.h"
#include "records/stored.h"

namespace rampart::journal {

namespace {

constexpr std::array<uint8_t, 8> kMagic{'R', 'M', 'P', 'T', 'S', 'E', 'G', 1};
constexpr uint32_t kOpensGroup = uint32_t{1} << 31;
constexpr uint32_t kLengthBits = (uint32_t{1} << 17) - 1;
/// A scan for the next good frame reads at most so many octets of candidates: a file made to look like frames at every
/// fourth octet would keep it busy for minutes.
constexpr uint64_t kMostScanned = uint64_t{64} << 20;

template <size_t Size>
void append_little(std::vector<uint8_t>& out, uint64_t value) {
  for (size_t i = 0; i < Size; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

uint32_t frame_crc(uint64_t number, uint32_t word, Bytes record) {
  std::array<uint8_t, 12> head;
  for (size_t i = 0; i < 8; ++i) head[i] = static_cast<uint8_t>(number >> (8 * i));
  for (size_t i = 0; i < 4; ++i) head[8 + i] = static_cast<uint8_t>(word >> (8 * i));
  return crc32c(record, crc32c(head));
}

/// Head is what stands before a record.
struct Head {
  uint32_t word = 0, crc = 0;
  Bytes record;
  bool opens_group() const { return (word & kOpensGroup) != 0; }
};

/// head_at reads the frame at `offset`; nothing where its length cannot be one or its end is not there.
std::optional<Head> head_at(Bytes bytes, uint64_t offset) {
  if (bytes.size() - offset < kFrameHeader) return std::nullopt;
  const uint8_t* at = bytes.data() + offset;
  Head head;
  head.word = static_cast<uint32_t>(load_little<4>(at));
  head.crc = static_cast<uint32_t>(load_little<4>(at + 4));
  const uint32_t length = head.word & kLengthBits;
  if ((head.word & ~(kOpensGroup | kLengthBits)) != 0 || length == 0 || length > records::kMostRecord) {
    return std::nullopt;
  }
  if (bytes.size() - offset - kFrameHeader < length) return std::nullopt;
  head.record = bytes.subspan(offset + kFrameHeader, length);
  return head;
}

/// Backwards takes octets back out of a CRC-32C.
class Backwards {
 public:
  Backwards() {
    for (uint32_t top = 0; top < 256; ++top) {
      uint32_t value = top << 24;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 31) != 0 ? (value ^ 0x82F6'3B78U) << 1 | 1U : value << 1;
      table_[top] = value;
    }
  }
  uint32_t without(uint32_t state, uint8_t octet) const { return state << 8 ^ table_[state >> 24] ^ octet; }

 private:
  std::array<uint32_t, 256> table_{};
};

/// number_of says for which record number, with these upper 32 bits, the frame's CRC is right. There is exactly one: a
/// scan that does not know the number computes it instead of trying all.
uint64_t number_of(const Head& head, uint64_t upper) {
  static const Backwards backwards;
  uint32_t state = ~head.crc;
  for (size_t i = head.record.size(); i > 0; --i) state = backwards.without(state, head.record[i - 1]);
  for (int shift = 24; shift >= 0; shift -= 8)
    state = backwards.without(state, static_cast<uint8_t>(head.word >> shift));
  for (int shift = 24; shift >= 0; shift -= 8) state = backwards.without(state, static_cast<uint8_t>(upper >> shift));
  for (int i = 0; i < 4; ++i) state = backwards.without(state, 0);
  return upper << 32 | (state ^ 0xFFFF'FFFFU);
}

struct Found {
  uint64_t offset = 0, number = 0;
  bool gave_up = false;  // the scan became too expensive; nothing was found so far
};

/// find_frame looks after `offset`, where record `number` should begin, for the next frame that verifies under a number
/// that can stand there: each record between takes at least nine octets. A record can hold bytes that look like a
/// frame; only the tree tells such a forgery, this finds the place.
std::optional<Found> find_frame(Bytes bytes, uint64_t offset, uint64_t number, bool only_openers) {
  uint64_t scanned = 0;
  for (uint64_t at = offset + 1; at + kFrameHeader < bytes.size(); ++at) {
    const std::optional<Head> head = head_at(bytes, at);
    if (!head || (only_openers && !head->opens_group())) continue;
    scanned += head->record.size();
    if (scanned > kMostScanned) return Found{.offset = at, .gave_up = true};
    const uint64_t most = number + std::max<uint64_t>((at - offset) / (kFrameHeader + 1), 1);
    for (uint64_t upper = number >> 32; upper <= most >> 32; ++upper) {
      const uint64_t candidate = number_of(*head, upper);
      if (candidate > number && candidate <= most) return Found{.offset = at, .number = candidate};
    }
  }
  return std::nullopt;
}

}  // namespace

void append(std::vector<uint8_t>& out, const SegmentHeader& header) {
  const size_t begin = out.size();
  out.insert(out.end(), kMagic.begin(), kMagic.end());
  append_little<8>(out, header.first);
  append_little<8>(out, static_cast<uint64_t>(header.made.time_since_epoch().count()));
  append_little<4>(out, 0);
  append_little<4>(out, crc32c(Bytes(out).subspan(begin)));
}

std::optional<SegmentHeader> parse_segment_header(Bytes bytes) {
  if (bytes.size() < kSegmentHeader) return std::nullopt;
  bytes = bytes.first(kSegmentHeader);
  ByteReader reader(bytes);
  const Bytes magic = reader.bytes(kMagic.size());
  SegmentHeader header;
  header.first = reader.u64_little();
  header.made = TimePoint(Duration(static_cast<int64_t>(reader.u64_little())));
  const uint32_t zero = reader.u32_little();
  const uint32_t crc = reader.u32_little();
  if (!std::ranges::equal(magic, kMagic) || zero != 0 || crc != crc32c(bytes.first(kSegmentHeader - 4))) {
    return std::nullopt;
  }
  return header;
}

void append_frame(std::vector<uint8_t>& out, uint64_t number, bool opens_group, Bytes record) {
  const uint32_t word = static_cast<uint32_t>(record.size()) | (opens_group ? kOpensGroup : 0);
  append_little<4>(out, word);
  append_little<4>(out, frame_crc(number, word, record));
  out.insert(out.end(), record.begin(), record.end());
}

FrameReader::State FrameReader::next(Frame& frame) {
  if (offset_ == bytes_.size()) return State::clean;
  const std::optional<Head> head = head_at(bytes_, offset_);
  if (head && head->crc == frame_crc(number_, head->word, head->record)) {
    frame = {.number = number_, .opens_group = head->opens_group(), .record = head->record, .offset = offset_};
    offset_ += kFrameHeader + head->record.size();
    ++number_;
    return State::frame;
  }
  // A group is written only once the one before it was synced: with a later one there, this was no crash.
  return find_frame(bytes_, offset_, number_, true) ? State::damaged : State::torn;
}

bool FrameReader::resume() {
  // Where only the record's octets were changed its length still leads to its neighbour, past whatever they imitate.
  if (const std::optional<Head> wrong = offset_ < bytes_.size() ? head_at(bytes_, offset_) : std::nullopt) {
    const uint64_t after = offset_ + kFrameHeader + wrong->record.size();
    const std::optional<Head> neighbour = after < bytes_.size() ? head_at(bytes_, after) : std::nullopt;
    if (neighbour && neighbour->crc == frame_crc(number_ + 1, neighbour->word, neighbour->record)) {
      offset_ = after;
      ++number_;
      return true;
    }
  }
  const std::optional<Found> found = find_frame(bytes_, offset_, number_, false);
  if (!found || found->gave_up) return false;
  offset_ = found->offset;
  number_ = found->number;
  return true;
}

std::vector<SegmentName> segments_of(const Layout& layout) {
  std::vector<SegmentName> segments;
  for (const std::string& name : names_in(layout.segments())) {
    const std::string_view digits = std::string_view(name).substr(0, 20);
    if (name.size() != 24 || !name.ends_with(".seg") ||
        !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) {
      continue;
    }
    if (const std::optional<uint64_t> first = parse_number(digits)) {
      segments.push_back({.first = *first, .path = layout.segments() + "/" + name});
    }
  }
  return segments;
}

MappedFile::MappedFile(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) {
    throw Error(fmt::format("{}: cannot be read: {}", path, std::strerror(errno)));
  }
  if (status.st_size == 0) return;
  const auto size = static_cast<size_t>(status.st_size);
  void* const at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at == MAP_FAILED) throw Error(fmt::format("{}: cannot be mapped: {}", path, std::strerror(errno)));
  bytes_ = {static_cast<const uint8_t*>(at), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<uint8_t*>(bytes_.data()), bytes_.size());
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

}  // namespace rampart::journal
