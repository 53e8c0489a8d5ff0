// Every vector of tests/data/light: `protocol: ` names the decoder, `> ` and `< ` are what the client and the server
// sent, `= ` what must come of it, in order.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "protocols/hex_testing.h"
#include "protocols/testing.h"

namespace rampart::protocols::light {
namespace {

struct Vector {
  std::string name;
  Protocol protocol;
  std::vector<std::pair<Direction, std::vector<uint8_t>>> steps;
  std::vector<std::string> expected;
  std::vector<std::string> secrets;
};

std::vector<Vector> load() {
  std::vector<Vector> vectors;
  std::set<std::filesystem::path> paths;
  for (const auto& file : std::filesystem::directory_iterator(RAMPART_SOURCE_DIR "/tests/data/light")) {
    paths.insert(file.path());
  }
  for (const auto& path : paths) {
    Vector vector;
    vector.name = path.filename().string();
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("protocol: ")) vector.protocol = find_protocol(line.substr(10)).value_or(Protocol{});
      if (line.starts_with("secret: ")) vector.secrets.push_back(line.substr(8));
      if (line.starts_with("> "))
        vector.steps.emplace_back(Direction::to_server, protocols::testing::hex(line.substr(2)));
      if (line.starts_with("< "))
        vector.steps.emplace_back(Direction::to_client, protocols::testing::hex(line.substr(2)));
      if (line.starts_with("= ")) vector.expected.push_back(line.substr(2));
    }
    vectors.push_back(std::move(vector));
  }
  return vectors;
}

/// decode feeds a vector as a shard would: in pieces where it is a stream, and no further than the decoder wants.
std::vector<std::string> decode(const Vector& vector, size_t piece) {
  const auto decoder = vector.protocol.entry().make(vector.protocol);
  testing::RecordingSink sink;
  std::vector<uint8_t> held[2];
  for (const auto& [direction, bytes] : vector.steps) {
    if (decoder->done()) break;
    if (vector.protocol.entry().over_tcp) {
      for (size_t at = 0; at < bytes.size() && !decoder->done(); at += std::min(piece, bytes.size() - at)) {
        const Bytes part = Bytes(bytes).subspan(at, std::min(piece, bytes.size() - at));
        testing::drive(*decoder, direction, part, sink, held[direction == Direction::to_client ? 1 : 0]);
      }
    } else {
      decoder->feed(direction, bytes, sink);
    }
  }
  return sink.lines;
}

TEST(LightVectors, GiveTheirLinesWholeAndOctetByOctet) {
  const std::vector<Vector> vectors = load();
  ASSERT_GE(vectors.size(), 20u);
  for (const Vector& vector : vectors) {
    ASSERT_TRUE(vector.protocol.known()) << vector.name;
    EXPECT_FALSE(vector.expected.empty()) << vector.name;
    EXPECT_EQ(decode(vector, SIZE_MAX), vector.expected) << vector.name;
    EXPECT_EQ(decode(vector, 1), vector.expected) << vector.name;
    EXPECT_EQ(decode(vector, 7), vector.expected) << vector.name;
  }
}

TEST(LightVectors, ExistForEveryLightProtocol) {
  std::set<std::string> seen;
  for (const Vector& vector : load()) seen.insert(std::string(vector.protocol.name()));
  for (const Entry& entry : registry()) {
    EXPECT_TRUE(!entry.status.starts_with("light") || seen.contains(std::string(entry.name))) << entry.name;
  }
}

TEST(LightVectors, AreRecognisedByTheirFirstStepAndByNoOtherProtocolThatIsAskedEverywhere) {
  for (const Vector& vector : load()) {
    const auto& [direction, bytes] = vector.steps.front();
    const Protocol self = vector.protocol;
    const auto decoder = self.entry().make(self);
    // Where the server speaks first, the client's side is asked for the other direction too.
    EXPECT_EQ(decoder->probe(direction, bytes), Match::yes) << vector.name;
    for (size_t i = 0; i < registry().size(); ++i) {
      const Protocol other{static_cast<uint16_t>(i + 1)};
      const Entry& entry = other.entry();
      const bool same_way = (entry.over_tcp && self.entry().over_tcp) || (entry.over_udp && self.entry().over_udp) ||
                            (entry.over_ethernet && self.entry().over_ethernet);
      if (other == self || entry.only_own_port || !same_way || self.name() == "mdns") continue;
      EXPECT_EQ(entry.make(other)->probe(direction, bytes), Match::no) << vector.name << " taken by " << entry.name;
    }
  }
}

TEST(LightVectors, AreNeverTakenForAnotherProtocolByTheirFirstOctets) {
  for (const Vector& vector : load()) {
    const auto& [direction, bytes] = vector.steps.front();
    const auto decoder = vector.protocol.entry().make(vector.protocol);
    for (size_t size = 0; size < std::min<size_t>(bytes.size(), 64) && vector.protocol.entry().over_tcp; ++size) {
      EXPECT_NE(decoder->probe(direction, Bytes(bytes).first(size)), Match::no) << vector.name << " " << size;
    }
  }
}

TEST(LightVectors, NeverShowASecret) {
  size_t secrets = 0;
  for (const Vector& vector : load()) {
    secrets += vector.secrets.size();
    for (const std::string& secret : vector.secrets) {
      bool there = false;
      for (const auto& [direction, bytes] : vector.steps) {
        there = there || as_text(bytes).find(secret) != std::string_view::npos;
      }
      EXPECT_TRUE(there) << vector.name << ": the test is about nothing";
      for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{7}}) {
        for (const std::string& line : decode(vector, piece)) {
          EXPECT_EQ(line.find(secret), std::string::npos) << vector.name << ": " << line;
        }
      }
    }
  }
  EXPECT_GE(secrets, 8u);
}

TEST(LightVectors, SurviveEveryFlippedBit) {
  for (const Vector& vector : load()) {
    for (size_t step = 0; step < vector.steps.size(); ++step) {
      const size_t bits = std::min<size_t>(vector.steps[step].second.size() * 8, 4000);
      for (size_t bit = 0; bit < bits; bit += 11) {
        Vector changed = vector;
        changed.steps.resize(std::min(vector.steps.size(), step + 2));
        changed.steps[step].second[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
        decode(changed, SIZE_MAX);
      }
    }
  }
}

TEST(LightVectors, SurviveEveryCut) {
  for (const Vector& vector : load()) {
    for (const auto& [direction, bytes] : vector.steps) {
      for (size_t size = 0; size < std::min<size_t>(bytes.size(), 1200); ++size) {
        const auto decoder = vector.protocol.entry().make(vector.protocol);
        testing::RecordingSink sink;
        const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size));
        decoder->probe(direction, cut);
        decoder->feed(direction, cut, sink);
        if (vector.protocol.entry().over_tcp) continue;
        Vector one = vector;
        one.steps = {{direction, bytes}};
        const auto whole = decode(one, SIZE_MAX);
        EXPECT_LE(sink.lines.size(), whole.size() + 1) << vector.name << ": a part says no more than the whole";
      }
    }
  }
}

}  // namespace
}  // namespace rampart::protocols::light
