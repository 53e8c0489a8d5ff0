#include "journal/segment.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/testing.h"

namespace rampart::journal {
namespace {

std::vector<uint8_t> record_of(uint64_t number) {
  const std::string text = "record " + std::to_string(number) + std::string(number % 50, 'x');
  return {text.begin(), text.end()};
}

/// frames_of writes records first..last-1 in groups of `group` records.
std::vector<uint8_t> frames_of(uint64_t first, uint64_t last, uint64_t group) {
  std::vector<uint8_t> out;
  for (uint64_t n = first; n < last; ++n) append_frame(out, n, (n - first) % group == 0, record_of(n));
  return out;
}

struct Walk {
  std::vector<uint64_t> numbers;
  FrameReader::State end{};
  uint64_t offset = 0;
};

Walk walk(FrameReader& reader) {
  Walk result;
  FrameReader::Frame frame;
  while ((result.end = reader.next(frame)) == FrameReader::State::frame) {
    EXPECT_EQ(std::vector<uint8_t>(frame.record.begin(), frame.record.end()), record_of(frame.number));
    result.numbers.push_back(frame.number);
  }
  result.offset = reader.offset();
  return result;
}

TEST(Segment, HeaderReadsBackAndEveryFlippedBitIsNoticed) {
  std::vector<uint8_t> bytes;
  append(bytes, SegmentHeader{.first = 512, .made = from_unix(1'700'000'000, 7)});
  ASSERT_EQ(bytes.size(), kSegmentHeader);
  const auto header = parse_segment_header(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->first, 512U);
  EXPECT_EQ(header->made, from_unix(1'700'000'000, 7));
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::vector<uint8_t> wrong = bytes;
    wrong[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(parse_segment_header(wrong)) << bit;
  }
  EXPECT_FALSE(parse_segment_header(Bytes(bytes).first(kSegmentHeader - 1)));
}

TEST(Segment, FramesReadBackWithTheirNumbersAndGroups) {
  const std::vector<uint8_t> bytes = frames_of(1000, 1010, 4);
  FrameReader reader(bytes, 1000);
  FrameReader::Frame frame;
  for (uint64_t n = 1000; n < 1010; ++n) {
    ASSERT_EQ(reader.next(frame), FrameReader::State::frame);
    EXPECT_EQ(frame.number, n);
    EXPECT_EQ(frame.opens_group, n % 4 == 0);
  }
  EXPECT_EQ(reader.next(frame), FrameReader::State::clean);
  EXPECT_EQ(reader.offset(), bytes.size());
}

TEST(Segment, EveryCutInsideTheLastGroupIsTornAtTheLastWholeFrame) {
  const std::vector<uint8_t> bytes = frames_of(0, 12, 4);
  std::vector<uint64_t> ends{0};
  for (uint64_t n = 0; n < 12; ++n) ends.push_back(ends.back() + kFrameHeader + record_of(n).size());
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    FrameReader reader(Bytes(bytes).first(cut), 0);
    const Walk result = walk(reader);
    EXPECT_EQ(result.offset, ends[result.numbers.size()]);
    EXPECT_EQ(result.end, result.offset == cut ? FrameReader::State::clean : FrameReader::State::torn) << cut;
    EXPECT_TRUE(result.numbers.size() == 12 || ends[result.numbers.size() + 1] > cut);
  }
}

TEST(Segment, PagesThatNeverReachedTheDiskInTheLastGroupAreTorn) {
  std::vector<uint8_t> bytes = frames_of(0, 12, 4);
  uint64_t begin = 0;
  for (uint64_t n = 0; n < 8; ++n) begin += kFrameHeader + record_of(n).size();
  std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(begin), 30, uint8_t{0});  // frame 8 is gone, 9 to 11 are whole
  FrameReader reader(bytes, 0);
  const Walk result = walk(reader);
  EXPECT_EQ(result.end, FrameReader::State::torn);
  EXPECT_EQ(result.numbers.size(), 8U);
}

TEST(Segment, EveryFlippedOctetBeforeALaterGroupIsDamageAndCostsOneRecord) {
  const std::vector<uint8_t> bytes = frames_of(300, 312, 4);
  uint64_t last_group = 0;
  for (uint64_t n = 300; n < 308; ++n) last_group += kFrameHeader + record_of(n).size();
  for (size_t at = 0; at < last_group; ++at) {
    std::vector<uint8_t> wrong = bytes;
    wrong[at] ^= 0x55;
    FrameReader reader(wrong, 300);
    Walk before = walk(reader);
    EXPECT_EQ(before.end, FrameReader::State::damaged) << at;
    ASSERT_TRUE(reader.resume()) << at;
    EXPECT_EQ(reader.number(), 300 + before.numbers.size() + 1) << at;
    const Walk after = walk(reader);
    EXPECT_EQ(after.end, FrameReader::State::clean) << at;
    EXPECT_EQ(before.numbers.size() + 1 + after.numbers.size(), 12U) << at;
  }
}

TEST(Segment, ResumesAcrossAHoleOfManyRecordsAndAcrossTwoToTheThirtyTwo) {
  const uint64_t first = (uint64_t{1} << 32) - 5;
  std::vector<uint8_t> bytes = frames_of(first, first + 12, 2);
  std::fill_n(bytes.begin(), 150, uint8_t{0xFF});
  FrameReader reader(bytes, first);
  FrameReader::Frame frame;
  EXPECT_EQ(reader.next(frame), FrameReader::State::damaged);
  ASSERT_TRUE(reader.resume());
  const Walk rest = walk(reader);
  EXPECT_EQ(rest.end, FrameReader::State::clean);
  ASSERT_FALSE(rest.numbers.empty());
  EXPECT_EQ(rest.numbers.back(), first + 11);
}

TEST(Segment, ARecordThatHoldsFramesOfOtherNumbersDoesNotLeadAstray) {
  std::vector<uint8_t> inner;
  append_frame(inner, 77, true, record_of(77));
  std::vector<uint8_t> bytes;
  append_frame(bytes, 0, true, record_of(0));
  append_frame(bytes, 1, true, inner);
  const size_t second = kFrameHeader + record_of(0).size();
  bytes[second + 5] ^= 1;
  FrameReader reader(bytes, 0);
  EXPECT_EQ(walk(reader).end, FrameReader::State::torn);
  EXPECT_FALSE(reader.resume());
}

TEST(Segment, AFileMadeOfFrameHeadsIsCalledDamagedInBoundedTime) {
  std::vector<uint8_t> bytes(size_t{1} << 20);
  for (size_t i = 0; i < bytes.size(); i += 4) {
    bytes[i] = 0xFF, bytes[i + 1] = 0xFF, bytes[i + 2] = 0, bytes[i + 3] = 0x80;
  }
  FrameReader reader(bytes, 0);
  FrameReader::Frame frame;
  EXPECT_EQ(reader.next(frame), FrameReader::State::damaged);
  EXPECT_FALSE(reader.resume());
}

TEST(Segment, ListsSegmentsInOrderAndNothingElse) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  make_folders(layout.segments());
  for (const uint64_t first : {uint64_t{512}, uint64_t{0}, uint64_t{18'446'744'073'709'551'615U}}) {
    create_file(layout.segment(first), as_bytes("x"), 0640);
  }
  for (const char* other : {"0000000000000000051x.seg", "00000000000000000512.tmp", "99999999999999999999.seg", "a"}) {
    create_file(layout.segments() + "/" + other, {}, 0640);
  }
  const std::vector<SegmentName> segments = segments_of(layout);
  ASSERT_EQ(segments.size(), 3U);
  EXPECT_EQ(segments[1].first, 512U);
  EXPECT_EQ(segments[1].path, layout.segment(512));
  MappedFile mapped(segments[1].path);
  EXPECT_EQ(as_text(mapped.bytes()), "x");
}

}  // namespace
}  // namespace rampart::journal
