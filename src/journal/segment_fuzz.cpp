#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "journal/segment.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

/// A whole segment file: the walk ends, its frames lie in order inside the input, and what it gives out is written back
/// to the same octets.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using rampart::journal::FrameReader;
  const rampart::Bytes file(data, size);
  const auto header = rampart::journal::parse_segment_header(file);
  const uint64_t first = header ? header->first : 0;
  if (header) {
    std::vector<uint8_t> again;
    append(again, *header);
    require(std::equal(again.begin(), again.end(), file.begin()));
  }
  const rampart::Bytes frames = file.subspan(header ? rampart::journal::kSegmentHeader : 0);
  FrameReader reader(frames, first);
  uint64_t end = 0;
  for (bool more = true; more; more = reader.resume()) {
    require(reader.offset() >= end);
    FrameReader::Frame frame;
    FrameReader::State state;
    while ((state = reader.next(frame)) == FrameReader::State::frame) {
      require(frame.offset >= end && !frame.record.empty());
      require(frame.record.data() == frames.data() + frame.offset + rampart::journal::kFrameHeader);
      end = frame.offset + rampart::journal::kFrameHeader + frame.record.size();
      require(end == reader.offset() && end <= frames.size());
      std::vector<uint8_t> again;
      rampart::journal::append_frame(again, frame.number, frame.opens_group, frame.record);
      require(std::equal(again.begin(), again.end(), frames.begin() + static_cast<ptrdiff_t>(frame.offset)));
    }
    require((state == FrameReader::State::clean) == (reader.offset() == frames.size()));
  }
  return 0;
}
