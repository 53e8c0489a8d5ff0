// The list of findings, held against ATT&CK, the requirements of 3-3, and the page that explains it.
#include "records/findings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "standard/catalogue.h"

namespace rampart::records {
namespace {

std::string read_file(const std::string& name) {
  std::ifstream stream(RAMPART_SOURCE_DIR "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Findings, HaveNumbersAndIdsOfTheirOwn) {
  std::set<uint32_t> numbers;
  std::set<std::string_view> ids;
  for (const FindingKind* kind : kinds::kAll) {
    EXPECT_TRUE(numbers.insert(kind->signature).second) << kind->signature;
    EXPECT_TRUE(ids.insert(kind->id).second) << kind->id;
  }
}

TEST(Findings, AreAllInTheList) {
  const std::string text = read_file("src/records/findings.h");
  std::set<uint32_t> numbers;
  for (size_t at = text.find("constexpr FindingKind k"); at != std::string::npos;
       at = text.find("constexpr FindingKind k", at + 1)) {
    const size_t digit = text.find_first_not_of(" \n", text.find('{', at) + 1);
    if (digit < text.size() && text[digit] >= '0' && text[digit] <= '9') {
      numbers.insert(static_cast<uint32_t>(std::stoul(text.substr(digit, 10))));
    }
  }
  std::set<uint32_t> listed;
  for (const FindingKind* kind : kinds::kAll) listed.insert(kind->signature);
  EXPECT_EQ(numbers, listed);
}

TEST(Findings, NameTechniquesAndRequirementsThatExist) {
  for (const FindingKind* kind : kinds::kAll) {
    if (!kind->technique.empty()) {
      EXPECT_NE(standard::find_technique(kind->technique), nullptr) << kind->id;
    }
    EXPECT_NE(standard::find_requirement(kind->requirement), nullptr) << kind->id;
  }
}

TEST(Findings, StandOnTheirPageWithAllThatTheListSays) {
  const std::string text = read_file("docs/findings.md");
  for (const FindingKind* kind : kinds::kAll) {
    const std::string technique = kind->technique.empty() ? "" : std::string(kind->technique) + " ";
    const std::string row = "| " + std::to_string(kind->signature) + " | `" + std::string(kind->id) + "` | " +
                            std::string(to_text(kind->severity)) + " | " + technique + "| " +
                            std::string(kind->requirement) + " |";
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
  size_t rows = 0;
  for (size_t at = text.find("\n| 1"); at != std::string::npos; at = text.find("\n| 1", at + 1)) ++rows;
  EXPECT_EQ(rows, std::size(kinds::kAll));
}

}  // namespace
}  // namespace rampart::records
