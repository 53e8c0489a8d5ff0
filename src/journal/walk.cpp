#include "journal/walk.h"

#include <algorithm>

#include "records/stored.h"

namespace rampart::journal {
namespace {

constexpr uint32_t kLengthBits = (uint32_t{1} << 17) - 1;
constexpr uint64_t kMostNumbers = 64;   // numbers that are tried for a frame that stands where another belongs
constexpr uint64_t kMostOpaque = 4096;  // unreadable records that are named one by one between two good ones

/// whole_length: a length that can be one stands there.
bool whole_length(Bytes bytes, uint64_t at) {
  const uint64_t length = load_little<4>(bytes.data() + at) & kLengthBits;
  return length > 0 && length <= records::kMostRecord;
}

struct Candidate {
  uint64_t offset = 0, size = 0;
};

/// chain follows lengths from `begin`; nothing where they do not lead to `end` exactly.
std::optional<std::vector<Candidate>> chain(Bytes bytes, uint64_t begin, uint64_t end) {
  std::vector<Candidate> found;
  while (begin < end) {
    if (end - begin < kFrameHeader) return {};
    const uint64_t size = kFrameHeader + (load_little<4>(bytes.data() + begin) & kLengthBits);
    if (!whole_length(bytes, begin) || size > end - begin) return {};
    found.push_back({begin, size});
    begin += size;
  }
  return found;
}

}  // namespace

void Walker::open(size_t index) {
  at_ = index;
  waiting_.clear();
  reader_.reset();
  ended_ = false;
  if (index >= spans_.size()) return;
  bytes_ = std::make_unique<SegmentBytes>(spans_[index]);
  reader_.emplace(bytes_->frames(), spans_[index].first);
}

void Walker::seek(uint64_t number) {
  size_t index = 0;
  while (index + 1 < spans_.size() && spans_[index + 1].first <= number) ++index;
  if (index != at_ || number < reached_) open(index);
  from_ = reached_ = number;
}

void Walker::add(Item item) {
  item.extra = item.number >= spans_[at_].until;
  if (item.number >= from_) waiting_.push_back(item);
}

void Walker::salvage(uint64_t offset, uint64_t number) {
  const Bytes frames = bytes_->frames();
  const bool resumed = reader_->resume();
  ended_ = !resumed;
  const uint64_t end = resumed ? reader_->offset() : frames.size();
  const uint64_t next = resumed ? reader_->number() : number + 1;
  const auto candidates = chain(frames, offset, end);
  if (!candidates) {
    // Octets that are no frames stand for the records that are missing here. A last frame that is cut stands for none.
    const bool cut = !resumed && (end - offset < kFrameHeader || whole_length(frames, offset));
    const uint64_t to = cut ? number : std::min(next, number + kMostOpaque);
    for (uint64_t i = number; i < to; ++i) add({.number = i});
    return;
  }
  uint64_t place = number;
  const uint64_t most = std::min(std::max(next, number + candidates->size()), number + kMostNumbers);
  for (const Candidate& candidate : *candidates) {
    const Bytes frame = frames.subspan(candidate.offset, candidate.size);
    Item item{.number = place++, .hash = leaf_hash(frame.subspan(kFrameHeader))};
    for (uint64_t i = number; i <= most && !item.good; ++i) {
      FrameReader alone(frame, i);
      FrameReader::Frame out;
      if (alone.next(out) != FrameReader::State::frame) continue;
      item.good = true;
      item.number = i;
    }
    add(item);
  }
}

std::optional<Walker::Item> Walker::next() {
  while (reader_) {
    if (!waiting_.empty()) {
      const Item item = waiting_.front();
      waiting_.pop_front();
      reached_ = std::max(reached_, item.number + 1);
      return item;
    }
    FrameReader::Frame frame;
    const uint64_t offset = reader_->offset();
    const uint64_t number = reader_->number();
    const FrameReader::State state = ended_ ? FrameReader::State::clean : reader_->next(frame);
    if (state == FrameReader::State::frame) {
      if (number >= from_) add({.number = number, .good = true, .hash = leaf_hash(frame.record)});
    } else if (state == FrameReader::State::clean) {
      open(at_ + 1);
    } else {
      salvage(offset, number);
    }
  }
  return {};
}

std::optional<Hash> Walker::leaf(uint64_t number) {
  if (number < reached_ || number > reached_ + kBundle) seek(number);
  while (const auto item = next()) {
    if (item->number > number) {
      waiting_.push_front(*item);
      reached_ = number + 1;
      return {};
    }
    if (item->number == number && item->good) return item->hash;
  }
  return {};
}

}  // namespace rampart::journal
