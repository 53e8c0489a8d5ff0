// Feeds every file of tests/data/modbus to a decoder, whole and one octet at a time. A file is one conversation: `# `
// comment, `> ` octets to the server, `< ` to the client, `= ` a line that a RecordingSink must have written since.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "protocols/testing.h"

namespace rampart::protocols::modbus {
namespace {

std::vector<uint8_t> from_hex(std::string_view text) {
  std::vector<uint8_t> octets;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    octets.push_back(static_cast<uint8_t>(parse_number("0x" + std::string(text.substr(i, 2))).value_or(0)));
  }
  return octets;
}

class ModbusGolden : public ::testing::TestWithParam<std::string> {};

void replay(const std::string& path, size_t piece) {
  const Protocol self = *find_protocol("modbus");
  const auto decoder = self.entry().make(self);
  std::vector<uint8_t> held[2];
  std::vector<std::string> expected;
  testing::RecordingSink sink;
  std::ifstream in(path);
  std::string line;
  size_t steps = 0;
  const auto compare = [&](const std::string& before) {
    EXPECT_EQ(sink.lines, expected) << path << ", before: " << before;
    sink.lines.clear();
    expected.clear();
  };
  while (std::getline(in, line)) {
    const std::string_view rest = std::string_view(line).substr(std::min<size_t>(line.size(), 2));
    if (line.starts_with("= ")) {
      expected.emplace_back(rest);
    } else if (line.starts_with("> ") || line.starts_with("< ")) {
      compare(line);
      const bool answers = line[0] == '<';
      const Direction direction = answers ? Direction::to_client : Direction::to_server;
      testing::drive(*decoder, direction, from_hex(rest), sink, held[answers ? 1 : 0], piece);
      ++steps;
    }
  }
  compare("end of file");
  EXPECT_GT(steps, 0u) << path;
}

TEST_P(ModbusGolden, GivesTheSameWhole) { replay(GetParam(), SIZE_MAX); }
TEST_P(ModbusGolden, GivesTheSameOneOctetAtATime) { replay(GetParam(), 1); }
TEST_P(ModbusGolden, GivesTheSameInPiecesOfSeven) { replay(GetParam(), 7); }

std::vector<std::string> files() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(RAMPART_SOURCE_DIR "/tests/data/modbus")) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

INSTANTIATE_TEST_SUITE_P(Files, ModbusGolden, ::testing::ValuesIn(files()),
                         [](const auto& file) { return std::filesystem::path(file.param).stem().string(); });

}  // namespace
}  // namespace rampart::protocols::modbus
