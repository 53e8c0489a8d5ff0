// Records as earlier versions wrote them, and as the documentation describes them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "records/describe.h"
#include "records/stored.h"

namespace rampart::records {
namespace {

const std::filesystem::path kSource = RAMPART_SOURCE_DIR;

struct Sample {
  std::vector<uint8_t> octets;
  std::string line;  // of JSON, as record number 1
};

/// read_sample reads a file of tests/data/records: `#` comments, hexadecimal digits, `=` and the line of JSON.
Sample read_sample(const std::filesystem::path& path) {
  Sample sample;
  std::string digits;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("= ")) sample.line = line.substr(2);
    if (line.empty() || line[0] == '#' || line[0] == '=') continue;
    for (const char c : line) {
      if (c != ' ') digits += c;
    }
  }
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    sample.octets.push_back(static_cast<uint8_t>(parse_number("0x" + digits.substr(i, 2)).value()));
  }
  return sample;
}
Stored stored(const char* name) {
  return Stored::decode(read_sample(kSource / "tests/data/records" / name).octets).value();
}

TEST(StoredSamples, AreReadAsTheyWereMeantAndWrittenAgainAsTheyWere) {
  std::set<Kind> first_versions;
  for (const auto& entry : std::filesystem::directory_iterator(kSource / "tests/data/records")) {
    const Sample sample = read_sample(entry.path());
    const auto stored = Stored::decode(sample.octets);
    ASSERT_TRUE(stored) << entry.path();
    std::string line;
    append_json(line, *stored, 1);
    EXPECT_EQ(line, sample.line + "\n") << entry.path();
    EXPECT_EQ(stored->encode(), sample.octets) << entry.path();
    if (stored->version() == 1) first_versions.insert(stored->kind());
  }
  EXPECT_EQ(first_versions.size(), std::variant_size_v<Fact> - 1) << "a sample of version 1 is kept for every kind";
}

TEST(StoredSamples, OfTheFirstRunHaveNoSettingsAndNoPerson) {
  const Stored first = stored("run_v1.cborhex");
  EXPECT_EQ(first.version(), 1);
  EXPECT_EQ(std::get<records::Run>(first.fact()).settings, "");
  EXPECT_EQ(std::get<records::Run>(first.fact()).person, "");
  EXPECT_EQ(std::get<records::Run>(first.fact()).packets, 1000u);
  const Stored second = stored("run_v2.cborhex");
  EXPECT_EQ(second.version(), 2);
  EXPECT_EQ(std::get<records::Run>(second.fact()).settings, "workers=2 operations=all");
}

TEST(StoredFormat, IsDocumentedFieldByField) {
  std::ifstream file(kSource / "docs/formats/records.md");
  std::stringstream text;
  text << file.rdbuf();
  std::string shared;
  append_shared(shared);
  EXPECT_NE(text.str().find(shared), std::string::npos) << "docs/formats/records.md has not these tables:\n" << shared;
  for (size_t kind = 1; kind < std::variant_size_v<Fact>; ++kind) {
    std::string table;
    append_fields(table, static_cast<Kind>(kind));
    // A table ends where a blank line follows.
    EXPECT_NE((text.str() + "\n").find(table + "\n"), std::string::npos) << "docs/formats/records.md has not:\n"
                                                                         << table;
  }
}

TEST(StoredFormat, HasTheWorkedExampleOfTheDocumentation) {
  std::ifstream file(kSource / "docs/formats/records.md");
  std::vector<uint8_t> octets;
  for (std::string line; std::getline(file, line);) {
    // `    02 1b...  # what it says`
    const size_t hash = line.find("  # ");
    if (!line.starts_with("    ") || hash == std::string::npos) continue;
    std::string digits;
    for (const char c : line.substr(0, hash)) {
      if (c != ' ') digits += c;
    }
    for (size_t i = 0; i + 1 < digits.size(); i += 2) {
      octets.push_back(static_cast<uint8_t>(parse_number("0x" + digits.substr(i, 2)).value()));
    }
  }
  EXPECT_EQ(octets, read_sample(kSource / "tests/data/records/journal_event_v1.cborhex").octets);
}

}  // namespace
}  // namespace rampart::records
