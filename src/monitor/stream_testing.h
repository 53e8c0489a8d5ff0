// What the tests of streams share: a sink that writes down what it hears, and packet time.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "monitor/stream.h"

namespace rampart::monitor::testing {

constexpr auto kServer = Direction::to_server;
constexpr auto kClient = Direction::to_client;

inline TimePoint at_ms(int milliseconds) { return TimePoint(std::chrono::milliseconds(milliseconds)); }

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

}  // namespace rampart::monitor::testing
