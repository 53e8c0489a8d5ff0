// The small plants of tests/data/plant: each says in its first lines what the loader must say of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "plant/plant.h"

namespace rampart::plant {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

struct Expected {
  Mark mark;
  std::string text;
};

/// expected_of reads `# valid` or lines of `# invalid: line:column text`.
std::vector<Expected> expected_of(std::string_view text, bool& valid) {
  std::vector<Expected> all;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (std::string_view line : split(text, '\n')) {
    if (line == "# valid") valid = true;
    if (!line.starts_with("# invalid: ")) continue;
    line = trim(line.substr(11, line.find("# schema") - 11));
    const size_t colon = line.find(':');
    const size_t space = line.find(' ');
    const auto number = [&](size_t from, size_t to) {
      return static_cast<uint32_t>(parse_number(line.substr(from, to - from)).value_or(0));
    };
    all.push_back({{number(0, colon), number(colon + 1, space)}, std::string(line.substr(space + 1))});
  }
  return all;
}

TEST(PlantCases, AreJudgedAsTheirFirstLineSays) {
  size_t seen = 0;
  for (const auto& entry : std::filesystem::directory_iterator(RAMPART_SOURCE_DIR "/tests/data/plant")) {
    SCOPED_TRACE(entry.path().filename().string());
    const std::string text = read_file(entry.path());
    bool valid = false;
    const std::vector<Expected> expected = expected_of(text, valid);
    ASSERT_NE(valid, !expected.empty());
    const Loaded loaded = load(entry.path().string());
    std::string all;
    for (const Problem& problem : loaded.problems) all += render(problem) + "\n";
    EXPECT_EQ(loaded.ok(), valid) << all;
    ASSERT_EQ(loaded.problems.size(), expected.size()) << all;
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(loaded.problems[i].mark, expected[i].mark) << all;
      EXPECT_NE(all.find(expected[i].text), std::string::npos) << all;
    }
    ++seen;
  }
  EXPECT_GE(seen, 100u);
}

TEST(PlantCases, SurviveEveryCut) {
  for (const char* name : {"rule-all-keys", "point-all-keys", "target-vector", "asset-all-keys", "json"}) {
    const std::string text = read_file(std::filesystem::path(RAMPART_SOURCE_DIR "/tests/data/plant") / name += ".yaml");
    ASSERT_FALSE(text.empty());
    for (size_t length = 0; length < text.size(); ++length) {
      const Loaded loaded = load_text(text.substr(0, length), "cut.yaml");
      EXPECT_EQ(loaded.plant.text.size(), length);
    }
  }
}

TEST(PlantCases, SurviveEveryFlippedOctet) {
  std::string text = read_file(RAMPART_SOURCE_DIR "/tests/data/plant/rule-all-keys.yaml");
  for (size_t at = 0; at < text.size(); ++at) {
    const char kept = text[at];
    for (const char other : {'\0', '\n', '\t', '"', '{', ']', ':', '&', '#', '\xff'}) {
      text[at] = other;
      EXPECT_LE(load_text(text, "flipped.yaml").problems.size(), 101u);
    }
    text[at] = kept;
  }
}

}  // namespace
}  // namespace rampart::plant
