// Golden vectors: what other people's implementations sent, and what we make of it. A file is one conversation: `# `
// comment, `> ` octets to the controlled station, `< ` from it, `= ` a line that must have been written since.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "protocols/iec104/wire.h"

namespace rampart::protocols::iec104::testing {
namespace {

struct Step {
  Direction direction{};
  Octets bytes;
  Lines expected;
};

std::vector<Step> load(const std::filesystem::path& path) {
  std::vector<Step> steps;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("= ")) {
      if (!steps.empty()) steps.back().expected.push_back(line.substr(2));
    } else if (line.starts_with("> ") || line.starts_with("< ")) {
      steps.push_back({line[0] == '>' ? Direction::to_server : Direction::to_client, hex(line.substr(2)), {}});
    }
  }
  return steps;
}

std::vector<std::filesystem::path> vectors() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(RAMPART_SOURCE_DIR "/tests/data/iec104")) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

void expect_all(size_t piece) {
  ASSERT_GE(vectors().size(), 10u);
  for (const auto& path : vectors()) {
    Conversation conversation;
    size_t number = 0;
    for (const Step& step : load(path)) {
      conversation.stream(step.direction, step.bytes, piece);
      EXPECT_EQ(conversation.take(), step.expected) << path << ", step " << number;
      ++number;
    }
    EXPECT_GT(number, 0u) << path;
  }
}

TEST(Iec104Golden, GivesWhatIsWrittenWhenFedWhole) { expect_all(SIZE_MAX); }

TEST(Iec104Golden, GivesTheSameOneOctetAtATime) { expect_all(1); }

TEST(Iec104Golden, GivesTheSameInPiecesOfSeven) { expect_all(7); }

TEST(Iec104Golden, GivesTheSameWhateverDirectionTheFlowLayerBelievesButForFiles) {
  for (const auto& path : vectors()) {
    if (path.filename().string().starts_with("file")) continue;
    Conversation conversation;
    for (const Step& step : load(path)) {
      conversation.stream(opposite(step.direction), step.bytes, SIZE_MAX);
      EXPECT_EQ(conversation.take(), step.expected) << path;
    }
  }
}

TEST(Iec104Golden, EveryFirstFrameIsFoundByContent) {
  for (const auto& path : vectors()) {
    Conversation conversation;
    const Step first = load(path).front();
    EXPECT_EQ(conversation.decoder().probe(first.direction, first.bytes), Match::yes) << path;
  }
}

}  // namespace
}  // namespace rampart::protocols::iec104::testing
