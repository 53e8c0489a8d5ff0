// Golden vectors of conversations: what other people's implementations sent, and what we make of it. A file is one
// conversation: `# ` comment, `> ` octets to the server, `< ` from it, `= ` a line that must have been written since.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "protocols/decoder.h"
#include "protocols/hex_testing.h"

namespace rampart::protocols::testing {

/// Step is one piece of a conversation with the lines that it must give.
struct Step {
  Direction direction{};
  Octets bytes;
  Lines expected;
};

inline std::vector<Step> load_steps(const std::filesystem::path& path) {
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

/// vectors_of lists the files of tests/data/<protocol>, in order.
inline std::vector<std::filesystem::path> vectors_of(const std::string& protocol) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(RAMPART_SOURCE_DIR "/tests/data/" + protocol)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// expect_steps feeds each file to a Conversation in pieces of `piece` octets.
template <class Conversation>
void expect_steps(const std::vector<std::filesystem::path>& paths, size_t piece) {
  for (const auto& path : paths) {
    Conversation conversation;
    size_t number = 0;
    for (const Step& step : load_steps(path)) {
      conversation.stream(step.direction, step.bytes, piece);
      EXPECT_EQ(conversation.take(), step.expected) << path << ", step " << number;
      ++number;
    }
    EXPECT_GT(number, 0u) << path;
  }
}

/// expect_steps_reversed feeds one as if the flow layer took the server for the client.
template <class Conversation>
void expect_steps_reversed(const std::filesystem::path& path) {
  Conversation conversation;
  for (const Step& step : load_steps(path)) {
    conversation.stream(opposite(step.direction), step.bytes, SIZE_MAX);
    EXPECT_EQ(conversation.take(), step.expected) << path;
  }
}

/// expect_found: the first frame of each is known by its content.
template <class Conversation>
void expect_found(const std::vector<std::filesystem::path>& paths) {
  for (const auto& path : paths) {
    Conversation conversation;
    const Step first = load_steps(path).front();
    EXPECT_EQ(conversation.decoder().probe(first.direction, first.bytes), Match::yes) << path;
  }
}

}  // namespace rampart::protocols::testing
