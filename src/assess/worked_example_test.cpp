// Story: somebody computed a small plant by hand, on a page for people. The program must come to the same, to the last
// cell. The page is read as it is.
#include <gtest/gtest.h>

#include <fstream>

#include "assess/testing.h"
#include "base/text.h"

namespace rampart::assess {
namespace {

using namespace testing;

std::string page() {
  std::ifstream file(std::string(RAMPART_SOURCE_DIR) + "/docs/worked-example.md", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string section(const std::string& text, const std::string& title) {
  const size_t at = text.find("\n## " + title + "\n");
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find("\n## ", at + 4) - at);
}

/// rows are the cells of the table in a section, without its head.
std::vector<std::vector<std::string>> rows(const std::string& text) {
  std::vector<std::vector<std::string>> out;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with("| ")) continue;
    std::vector<std::string> cells;
    for (const std::string_view cell : split(line.substr(1, line.size() - 2), '|')) {
      std::string plain(trim(cell));
      std::erase(plain, '`');
      cells.push_back(plain);
    }
    out.push_back(cells);
  }
  if (!out.empty()) out.erase(out.begin());
  return out;
}

std::optional<Scope> any_scope(const plant::Plant& plant, const std::string& words) {
  return words == "journal" ? Scope{Scope::Kind::journal, 0} : scope_of(plant, words);
}

TEST(WorkedExample, EqualsTheProgramToTheLastCell) {
  const std::string text = page();
  const std::string yaml = section(text, "The plant");
  const size_t begin = yaml.find("```yaml\n") + 8;
  const plant::Plant plant = plant_of(yaml.substr(begin, yaml.find("```", begin) - begin));
  std::vector<Fact> facts = plant_facts(plant, kNow);
  for (const auto& row : rows(section(text, "What was seen"))) {
    ASSERT_EQ(row.size(), 3u);
    ASSERT_TRUE(find_fact_kind(row[0])) << row[0];
    facts.push_back(fact(row[0], any_scope(plant, row[1]).value(), row[2] == "yes", kNow - std::chrono::hours(1)));
  }
  std::vector<Statement> statements;
  for (const auto& row : rows(section(text, "What people state"))) {
    Statement one;
    one.what = row.at(0);
    one.scope = row.at(1);
    one.answer = parse_answer(row.at(2)).value();
    one.made = kNow - std::chrono::days(1);
    one.until = kNow + std::chrono::days(1);
    statements.push_back(one);
  }
  EXPECT_EQ(statements.size(), 6u);
  Assessment assessment(plant, {}, kNow);
  assessment.add_all(std::move(facts), std::move(statements));
  const auto wanted = rows(section(text, "Levels"));
  ASSERT_EQ(wanted.size(), assessment.site().units().size());
  for (const auto& row : wanted) {
    ASSERT_EQ(row.size(), 1 + kFrs);
    const size_t unit = assessment.site().unit_of(scope_of(plant, row[0]).value());
    for (size_t fr = 0; fr < kFrs; ++fr) {
      const Cell& cell = assessment.cell(unit, fr);
      EXPECT_EQ(cell.assessed ? std::to_string(cell.achieved) : "-", row[fr + 1]) << row[0] << " FR" << fr + 1;
    }
  }
}

}  // namespace
}  // namespace rampart::assess
