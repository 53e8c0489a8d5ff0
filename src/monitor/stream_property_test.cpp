#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "monitor/stream.h"
#include "monitor/stream_testing.h"

namespace rampart::monitor {
namespace {

using namespace rampart::monitor::testing;

/// One segment of a random plan.
struct Part {
  size_t begin = 0;
  size_t end = 0;
  uint64_t place = 0;
};

/// cut makes segments of random sizes that cover `size` octets; some overlap the one before, some come twice. A
/// segment moves at most `reach` places from where it belongs.
std::vector<Part> cut(std::mt19937_64& random, size_t size, size_t largest, uint64_t reach) {
  std::vector<Part> parts;
  uint64_t place = 0;
  for (size_t begin = 0; begin < size;) {
    const size_t end = std::min(size, begin + 1 + random() % largest);
    const size_t back = random() % 4 == 0 ? random() % 5 : 0;
    parts.push_back({begin - std::min(back, begin), end, ++place * 4 + random() % (reach * 4)});
    if (random() % 8 == 0) parts.push_back({begin, end, place * 4 + random() % (reach * 4)});
    begin = end;
  }
  std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.place < b.place; });
  return parts;
}

std::string random_text(std::mt19937_64& random, size_t size) {
  std::string text(size, ' ');
  for (char& letter : text) letter = static_cast<char>('a' + random() % 26);
  return text;
}

TEST(StreamProperty, SameBytesComeOutHoweverTheyAreCutReorderedRepeatedAndOverlapped) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    std::mt19937_64 random(seed);
    const std::string text = random_text(random, 1 + random() % 3000);
    const auto initial = static_cast<uint32_t>(seed % 2 ? random() : 0u - random() % 3000);
    StreamContext context;
    context.limits.held_segments = 100;
    TcpStream stream;
    Heard heard;
    stream.feed(context, kServer, {initial - 1, 0, tcp_flag::syn, {}, 0, at_ms(0)}, heard);
    const size_t largest = seed % 5 == 0 ? 1 : 1 + random() % 200;
    for (const Part& part : cut(random, text.size(), largest, 1 + random() % 20)) {
      const Bytes payload = as_bytes(text).subspan(part.begin, part.end - part.begin);
      const uint8_t flags = part.end == text.size() ? tcp_flag::fin : 0;
      stream.feed(context, kServer, {initial + static_cast<uint32_t>(part.begin), 0, flags, payload, 0, at_ms(0)}, heard);
    }
    EXPECT_EQ(heard.of(kServer), text + ".") << "seed " << seed;
    EXPECT_FALSE(stream.holding()) << "seed " << seed;
    EXPECT_EQ(context.held_octets, 0u);
    EXPECT_EQ(context.statistics.conflicting, 0u);
  }
}

TEST(StreamProperty, GapsLieExactlyWhereSegmentsWereLost) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    std::mt19937_64 random(seed);
    const std::string text = random_text(random, 1 + random() % 3000);
    const auto initial = static_cast<uint32_t>(random());
    StreamContext context;
    TcpStream stream;
    Heard heard;
    stream.feed(context, kServer, {initial - 1, 0, tcp_flag::syn, {}, 0, at_ms(0)}, heard);
    std::vector<bool> seen(text.size(), false);
    for (const Part& part : cut(random, text.size(), 1 + random() % 100, 1 + random() % 10)) {
      if (random() % 10 == 0) continue;
      std::fill(seen.begin() + static_cast<long>(part.begin), seen.begin() + static_cast<long>(part.end), true);
      const Bytes payload = as_bytes(text).subspan(part.begin, part.end - part.begin);
      stream.feed(context, kServer, {initial + static_cast<uint32_t>(part.begin), 0, 0, payload, 0, at_ms(0)}, heard);
    }
    stream.feed(context, kServer, {initial + static_cast<uint32_t>(text.size()), 0, tcp_flag::fin, {}, 0, at_ms(0)},
                heard);
    stream.flush(context, heard);
    std::string expected;
    for (size_t i = 0; i < text.size();) {
      size_t end = i;
      while (end < text.size() && seen[end] == seen[i]) ++end;
      expected += seen[i] ? text.substr(i, end - i) : "<" + std::to_string(end - i) + ">";
      i = end;
    }
    EXPECT_EQ(heard.of(kServer), expected + ".") << "seed " << seed;
  }
}

}  // namespace
}  // namespace rampart::monitor
