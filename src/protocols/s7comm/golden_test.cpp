// Every vector of tests/data/s7comm, whole and one octet at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "protocols/testing.h"

namespace rampart::protocols::s7comm {
namespace {

struct Vector {
  std::string name;
  std::vector<std::pair<Direction, std::vector<uint8_t>>> steps;
  std::vector<std::string> expected;
};

std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::vector<Vector> load() {
  std::vector<Vector> vectors;
  for (const auto& file : std::filesystem::directory_iterator(RAMPART_SOURCE_DIR "/tests/data/s7comm")) {
    Vector vector;
    vector.name = file.path().filename().string();
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("> ")) vector.steps.emplace_back(Direction::to_server, from_hex(line.substr(2)));
      if (line.starts_with("< ")) vector.steps.emplace_back(Direction::to_client, from_hex(line.substr(2)));
      if (line.starts_with("= ")) vector.expected.push_back(line.substr(2));
    }
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

std::vector<std::string> decode(const Vector& vector, size_t piece) {
  const Protocol self = *find_protocol("s7comm");
  const auto decoder = self.entry().make(self);
  testing::RecordingSink sink;
  std::vector<uint8_t> held[2];
  for (const auto& [direction, bytes] : vector.steps) {
    testing::drive(*decoder, direction, bytes, sink, held[direction == Direction::to_client ? 1 : 0], piece);
  }
  return sink.lines;
}

TEST(S7commVectors, GiveTheirLinesWholeAndOctetByOctet) {
  const std::vector<Vector> vectors = load();
  ASSERT_GE(vectors.size(), 20u);
  for (const Vector& vector : vectors) {
    EXPECT_FALSE(vector.expected.empty()) << vector.name;
    EXPECT_EQ(decode(vector, SIZE_MAX), vector.expected) << vector.name;
    EXPECT_EQ(decode(vector, 1), vector.expected) << vector.name;
    EXPECT_EQ(decode(vector, 7), vector.expected) << vector.name;
  }
}

TEST(S7commVectors, AreAllRecognisedByTheirFirstFrames) {
  const Protocol self = *find_protocol("s7comm");
  const auto decoder = self.entry().make(self);
  for (const Vector& vector : load()) {
    for (const auto& [direction, bytes] : vector.steps) {
      const bool empty_unit = bytes.size() == 7;
      const bool fragment = bytes.size() > 7 && bytes[5] == 0xf0 && bytes[7] != 0x32;
      const bool connect = bytes.size() > 5 && bytes[5] != 0xf0;
      if (empty_unit || fragment || connect) continue;
      EXPECT_EQ(decoder->probe(direction, bytes), bytes[0] == 3 && bytes[3] > 6 ? Match::yes : Match::no)
          << vector.name;
    }
  }
}

TEST(S7commVectors, NeverShowAPassword) {
  for (const Vector& vector : load()) {
    for (const std::string& line : decode(vector, SIZE_MAX)) {
      EXPECT_EQ(line.find("SECRET"), std::string::npos) << line;
      if (line.find("password") != std::string::npos || line.find("login") != std::string::npos) {
        EXPECT_EQ(line.find(" = "), std::string::npos) << line;
      }
    }
  }
}

TEST(S7commVectors, SurviveEveryFlippedBit) {
  for (const Vector& vector : load()) {
    for (size_t step = 0; step < vector.steps.size(); ++step) {
      for (size_t bit = 0; bit < vector.steps[step].second.size() * 8; bit += 3) {
        Vector changed{.name = {}, .steps = {vector.steps[step]}, .expected = {}};
        changed.steps[0].second[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
        decode(changed, SIZE_MAX);
      }
    }
  }
}

TEST(S7commVectors, SurviveEveryCut) {
  for (const Vector& vector : load()) {
    for (const auto& [direction, bytes] : vector.steps) {
      const Protocol self = *find_protocol("s7comm");
      const auto decoder = self.entry().make(self);
      testing::RecordingSink sink;
      for (size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_NE(decoder->frame(direction, Bytes(bytes).first(size)).state, Frame::State::complete) << vector.name;
        decoder->feed(direction, Bytes(bytes).first(size), sink);
        if (size < 5) continue;
        // The same with lengths that agree, so that the inner parsers see the cut.
        std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
        cut[2] = static_cast<uint8_t>(size >> 8);
        cut[3] = static_cast<uint8_t>(size);
        decoder->feed(direction, cut, sink);
      }
      if (bytes.size() > 7 && bytes[0] == 3 && bytes[3] > 6) {
        EXPECT_EQ(decoder->frame(direction, bytes).state, Frame::State::complete) << vector.name;
      }
    }
  }
}

}  // namespace
}  // namespace rampart::protocols::s7comm
