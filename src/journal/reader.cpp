#include "journal/reader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "journal/scan.h"

namespace rampart::journal {
namespace {

std::optional<SegmentHeader> header_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, kSegmentHeader> octets{};
  file.read(octets.data(), octets.size());
  if (!file) return {};
  return parse_segment_header(as_bytes({octets.data(), octets.size()}));
}

}  // namespace

struct Reader::Body {
  explicit Body(const std::string& folder) : layout{folder} {
    if (!std::filesystem::is_directory(layout.segments())) {
      throw Error(folder + " is no journal: it has no folder segments", "name the folder that `journal init` made");
    }
    refresh();
    seek(0);
  }

  void refresh() {
    spans = spans_of(layout);
    if (spans.empty()) return;
    if (open && open->last) reopen();
    const Span& last = spans.back();
    if (last.first != tail_first) {
      tail_first = last.first;
      tail_offset = 0;
      size = last.first;
    }
    const SegmentBytes now(last);
    if (now.frames().size() < tail_offset) tail_offset = 0, size = last.first;
    FrameReader walk(now.frames().subspan(tail_offset), size);
    FrameReader::Frame frame;
    for (auto state = walk.next(frame); state != FrameReader::State::clean; state = walk.next(frame)) {
      if (state == FrameReader::State::frame) continue;
      if (state == FrameReader::State::torn || !walk.resume()) break;
    }
    size = walk.number();
    tail_offset += walk.offset();
  }

  /// enter begins at the start of a segment.
  void enter(const Span& span) {
    open = span;
    bytes.emplace(span);
    base = 0;
    frames.emplace(bytes->frames(), span.first);
  }
  /// reopen looks again at the segment that was the last one: it has grown, or is followed by another.
  void reopen() {
    const auto same = std::ranges::find(spans, open->first, &Span::first);
    if (same == spans.end()) return;
    const uint64_t number = frames->number();
    base += frames->offset();
    open = *same;
    bytes.emplace(*same);
    base = std::min<uint64_t>(base, bytes->frames().size());
    frames.emplace(bytes->frames().subspan(base), number);
  }
  /// leave goes on to the segment that follows; false where there is none.
  bool leave() {
    const auto following = std::ranges::find_if(spans, [&](const Span& span) { return span.first > open->first; });
    if (following == spans.end()) return false;
    if (following->first > frames->number()) damaged += following->first - frames->number();
    enter(*following);
    return true;
  }

  void seek(uint64_t number) {
    if (spans.empty()) return;
    const Span* at = &spans.front();
    for (const Span& span : spans) {
      if (span.first <= number) at = &span;
    }
    enter(*at);
    wanted = number;
  }

  bool next(Item& item) {
    if (!open) seek(0);
    while (open) {
      FrameReader::Frame frame;
      if (open->last && frames->number() >= size) return false;
      const uint64_t number = frames->number();
      const bool outranked = number >= open->until;
      const auto state = outranked ? FrameReader::State::clean : frames->next(frame);
      if (state == FrameReader::State::frame) {
        if (frame.number < wanted) continue;
        item = {.number = frame.number, .record = frame.record};
        return true;
      }
      const bool ended = state == FrameReader::State::clean || (state == FrameReader::State::torn && open->last);
      if (!ended && frames->resume()) {
        const uint64_t to = std::min(frames->number(), open->until);
        damaged += to - std::min(to, std::max(number, wanted));
      } else if (!leave()) {
        return false;
      }
    }
    return false;
  }

  Layout layout;
  std::vector<Span> spans;
  std::optional<Span> open;  // the segment that is being read
  std::optional<SegmentBytes> bytes;
  std::optional<FrameReader> frames;  // over bytes, from `base` on
  uint64_t base = 0;
  uint64_t wanted = 0;  // numbers before this are passed over
  uint64_t damaged = 0;
  uint64_t size = 0;
  uint64_t tail_first = UINT64_MAX, tail_offset = 0;  // how far the last segment was counted
};

Reader::Reader(const std::string& folder) : body_(std::make_unique<Body>(folder)) {}
Reader::~Reader() = default;

uint64_t Reader::first() const { return body_->spans.empty() ? 0 : body_->spans.front().first; }
uint64_t Reader::size() const { return body_->size; }
void Reader::refresh() { body_->refresh(); }
void Reader::seek(uint64_t number) { body_->seek(number); }

void Reader::seek_written(TimePoint when) {
  uint64_t number = first();
  for (const Span& span : body_->spans) {
    const auto header = header_of(span.path);
    if (header && header->made > when) break;
    number = span.first;
  }
  body_->seek(number);
}

bool Reader::next(Item& item) { return body_->next(item); }
uint64_t Reader::damaged() const { return body_->damaged; }

}  // namespace rampart::journal
