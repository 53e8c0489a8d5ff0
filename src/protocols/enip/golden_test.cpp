// Every vector of tests/data/enip, whole and one octet at a time. A file is one conversation: `> ` octets to the
// server,
// `< ` to the client, with `D` before it a datagram; `= ` a line that a RecordingSink must have written since.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "protocols/enip/wire.h"

namespace rampart::protocols::enip::testing {
namespace {

struct Step {
  Direction direction{};
  bool datagram = false;
  Octets octets;
  std::vector<std::string> expected;
};
struct Vector {
  std::string name;
  std::vector<Step> steps;
};

std::vector<Vector> load() {
  std::vector<Vector> vectors;
  for (const auto& file : std::filesystem::directory_iterator(RAMPART_SOURCE_DIR "/tests/data/enip")) {
    Vector vector{.name = file.path().stem().string(), .steps = {}};
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);) {
      std::string_view text = line;
      if (text.starts_with("= ") && !vector.steps.empty()) vector.steps.back().expected.emplace_back(text.substr(2));
      const bool datagram = text.starts_with("D");
      if (datagram) text.remove_prefix(1);
      if (!text.starts_with("> ") && !text.starts_with("< ")) continue;
      vector.steps.push_back({.direction = text[0] == '>' ? Direction::to_server : Direction::to_client,
                              .datagram = datagram,
                              .octets = hex(text.substr(2)),
                              .expected = {}});
    }
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

void replay(const Vector& vector, size_t piece) {
  Conversation conversation;
  Octets held[2];
  for (size_t i = 0; i < vector.steps.size(); ++i) {
    const Step& step = vector.steps[i];
    protocols::testing::RecordingSink sink;
    if (step.datagram) {
      conversation.decoder().feed(step.direction, step.octets, sink);
    } else {
      protocols::testing::drive(conversation.decoder(), step.direction, step.octets, sink,
                                held[static_cast<size_t>(step.direction)], piece);
    }
    EXPECT_EQ(sink.lines, step.expected) << vector.name << ", step " << i + 1 << ", pieces of " << piece;
  }
}

TEST(EnipVectors, GiveTheirLinesWholeAndOctetByOctet) {
  const std::vector<Vector> vectors = load();
  ASSERT_GE(vectors.size(), 24u);
  for (const Vector& vector : vectors) {
    EXPECT_FALSE(vector.steps.empty()) << vector.name;
    for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{7}}) replay(vector, piece);
  }
}

TEST(EnipVectors, AreRecognisedByEachOfTheirMessages) {
  Conversation conversation;
  for (const Vector& vector : load()) {
    for (const Step& step : vector.steps) {
      if (step.octets[0] < 4 && step.octets[0] != 2) continue;  // nothing and legacy commands say too little
      EXPECT_EQ(conversation.decoder().probe(step.direction, step.octets), Match::yes) << vector.name;
      const bool either = step.octets[0] == 0x66 || step.octets[0] == 2;
      const Match other = conversation.decoder().probe(opposite(step.direction), step.octets);
      EXPECT_TRUE(either || other == Match::no) << vector.name;
    }
  }
}

TEST(EnipVectors, NeverShowASecret) {
  size_t secrets = 0;
  for (const Vector& vector : load()) {
    Conversation conversation;
    for (const Step& step : vector.steps) {
      secrets += as_text(step.octets).find("letmein!") != std::string_view::npos;
      for (const std::string& line : conversation.feed(step.direction, step.octets)) {
        EXPECT_EQ(line.find("6c65746d65696e21"), std::string::npos) << line;
        EXPECT_EQ(line.find("letmein"), std::string::npos) << line;
      }
    }
  }
  EXPECT_EQ(secrets, 2u);
}

TEST(EnipVectors, SurviveEveryFlippedBit) {
  for (const Vector& vector : load()) {
    Conversation conversation;
    for (const Step& step : vector.steps) {
      for (size_t bit = 0; bit < step.octets.size() * 8; bit += 3) {
        Octets changed = step.octets;
        changed[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
        conversation.feed(step.direction, changed);
      }
    }
  }
}

/// SurviveEveryCut: with lengths that agree, so that what is inside sees the cut.
TEST(EnipVectors, SurviveEveryCut) {
  for (const Vector& vector : load()) {
    Conversation conversation;
    for (const Step& step : vector.steps) {
      for (size_t size = 0; size < step.octets.size(); ++size) {
        Octets cut(step.octets.begin(), step.octets.begin() + static_cast<ptrdiff_t>(size));
        EXPECT_NE(conversation.decoder().frame(step.direction, cut).state, Frame::State::complete) << vector.name;
        conversation.feed(step.direction, cut);
        if (size < kHeaderOctets + 16 || step.datagram) continue;
        // Header, and the last item where there are two: session or connection, then the message.
        cut[2] = static_cast<uint8_t>(size - kHeaderOctets);
        cut[3] = static_cast<uint8_t>((size - kHeaderOctets) >> 8);
        const size_t item = step.octets[0] == 0x70 ? 40 : 36;
        if (size >= item + 4) {
          cut[item + 2] = static_cast<uint8_t>(size - item - 4);
          cut[item + 3] = static_cast<uint8_t>((size - item - 4) >> 8);
        }
        conversation.feed(step.direction, cut);
      }
    }
  }
}

}  // namespace
}  // namespace rampart::protocols::enip::testing
