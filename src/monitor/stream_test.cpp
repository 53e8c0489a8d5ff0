#include "monitor/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace rampart::monitor {
namespace {

constexpr auto kServer = Direction::to_server;
constexpr auto kClient = Direction::to_client;

TimePoint at(int milliseconds) { return TimePoint(std::chrono::milliseconds(milliseconds)); }

/// Heard writes what a stream puts out as one text a direction: the octets, `<N>` for a gap, `.` closed, `!` reset.
struct Heard : StreamSink {
  std::string text[2];
  std::string& of(Direction direction) { return text[static_cast<size_t>(direction)]; }
  void data(Direction direction, Bytes bytes) override {
    EXPECT_FALSE(bytes.empty());
    of(direction) += as_text(bytes);
  }
  void gap(Direction direction, uint64_t bytes) override { of(direction) += "<" + std::to_string(bytes) + ">"; }
  void closed(Direction direction) override { of(direction) += "."; }
  void reset(Direction direction) override { of(direction) += "!"; }
  void restarted() override {
    text[0] += "|";
    text[1] += "|";
  }
};

class Stream : public testing::Test {
 protected:
  void feed(Direction direction, uint32_t sequence, std::string_view payload, uint8_t flags = 0,
            uint32_t acknowledgement = 0, int milliseconds = 0, uint32_t missing = 0) {
    TcpSegment segment;
    segment.sequence = sequence;
    segment.acknowledgement = acknowledgement;
    segment.flags = flags;
    segment.payload = as_bytes(payload);
    segment.missing = missing;
    segment.time = at(milliseconds);
    stream.feed(context, direction, segment, heard);
  }
  void ask(uint32_t sequence, std::string_view payload, int milliseconds = 0) {
    feed(kServer, sequence, payload, 0, 0, milliseconds);
  }
  void acknowledge(uint32_t number, int milliseconds = 0) {
    feed(kClient, 500, "", tcp_flag::ack, number, milliseconds);
  }
  std::string flushed() {
    stream.flush(context, heard);
    EXPECT_EQ(context.held_octets, 0u);
    return heard.of(kServer);
  }
  StreamContext context;
  TcpStream stream;
  Heard heard;
};

TEST_F(Stream, IsSmallWhenIdle) { EXPECT_LE(sizeof(TcpStream), 64u); }

TEST_F(Stream, PassesAHandshakeBothDirectionsAndBothEnds) {
  feed(kServer, 99, "", tcp_flag::syn);
  feed(kClient, 199, "", tcp_flag::syn | tcp_flag::ack, 100);
  feed(kServer, 100, "", tcp_flag::ack, 200);
  feed(kServer, 100, "abc", tcp_flag::ack, 200);
  feed(kClient, 200, "xyz", tcp_flag::ack, 103);
  feed(kServer, 103, "d", tcp_flag::ack | tcp_flag::fin, 203);
  feed(kClient, 203, "", tcp_flag::ack | tcp_flag::fin, 105);
  feed(kServer, 105, "", tcp_flag::ack, 204);
  EXPECT_EQ(heard.of(kServer), "abcd.");
  EXPECT_EQ(heard.of(kClient), "xyz.");
  EXPECT_TRUE(stream.over());
  stream.flush(context, heard);
  EXPECT_EQ(heard.of(kServer), "abcd.");
}

TEST_F(Stream, PutsSegmentsInOrder) {
  ask(1, "ab");
  ask(5, "ef");
  ask(3, "cd");
  EXPECT_EQ(heard.of(kServer), "abcdef");
  EXPECT_FALSE(stream.holding());
}

}  // namespace
}  // namespace rampart::monitor
