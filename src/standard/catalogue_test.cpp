// Story: the numbers of the standard are facts that others can check. These tests hold the compiled tables against the
// totals of Annex B, against the rules that any such table must keep, and against the reference tables where present.
#include "standard/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "base/text.h"
#include "standard/csv.h"

namespace rampart::standard {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<const Requirement*> all_requirements() {
  std::vector<const Requirement*> all;
  for (const Requirement& row : system_requirements()) all.push_back(&row);
  for (const Requirement& row : component_requirements()) all.push_back(&row);
  return all;
}

TEST(Catalogue, CountsSystemRequirementsPerLevelAsAnnexB) {
  const size_t wanted[] = {0, 37, 60, 90, 100, 0};
  for (int level = 0; level <= 5; ++level) {
    EXPECT_EQ(required_system_requirements(level).size(), wanted[level]) << "SL " << level;
  }
}

TEST(Catalogue, CountsComponentRequirementsPerTypeAndLevel) {
  const std::map<Component, std::array<size_t, 4>> wanted = {{Component::application, {34, 53, 67, 73}},
                                                             {Component::embedded, {36, 61, 77, 83}},
                                                             {Component::host, {36, 62, 78, 84}},
                                                             {Component::network, {40, 67, 86, 92}}};
  for (const auto& [type, counts] : wanted) {
    for (int level = 1; level <= kHighestLevel; ++level) {
      EXPECT_EQ(required_component_requirements(type, level).size(), counts[static_cast<size_t>(level - 1)])
          << name_of(type) << " SL " << level;
    }
  }
}

TEST(Catalogue, HasTheRowsOfEachPart) {
  EXPECT_EQ(std::ranges::count_if(system_requirements(), &Requirement::enhancement), 49);
  std::map<std::string_view, size_t> rows;
  for (const Clause& clause : clauses()) ++rows[clause.part];
  const std::map<std::string_view, size_t> wanted = {{"2-1", 111}, {"2-4", 135}, {"3-2", 32}, {"4-1", 47}, {"4-2", 4}};
  EXPECT_EQ(rows, wanted);
  EXPECT_EQ(component_requirements().size(), 122u);
  EXPECT_EQ(techniques().size(), 83u);
  EXPECT_EQ(mitigations().size(), 52u);
  EXPECT_EQ(tactics().size(), 12u);
  EXPECT_EQ(technique_requirements().size(), 439u);
}

TEST(Catalogue, HasSevenFoundationalRequirementsInVectorOrder) {
  std::string codes;
  for (const Foundational& row : foundational_requirements()) codes += std::string(row.code) + " ";
  EXPECT_EQ(codes, "IAC UC SI DC RDF TRE RA ");
  for (int number = 1; number <= 7; ++number) ASSERT_NE(find_foundational(number), nullptr);
  EXPECT_EQ(find_foundational(0), nullptr);
  EXPECT_EQ(find_foundational(8), nullptr);
  size_t rows = 0;
  for (int number = 1; number <= 7; ++number) rows += requirements_of(number).size();
  EXPECT_EQ(rows, system_requirements().size());
}

TEST(Catalogue, HasFiveLevels) {
  for (int level = 0; level <= kHighestLevel; ++level) ASSERT_NE(find_level(level), nullptr);
  EXPECT_EQ(find_level(5), nullptr);
  EXPECT_EQ(find_level(2)->motivation, "low");
}

TEST(Catalogue, GivesEveryRowItsOwnIdentifier) {
  std::set<std::string_view> seen;
  for (const Requirement* row : all_requirements()) EXPECT_TRUE(seen.insert(row->id).second) << row->id;
  for (const Clause& row : clauses()) EXPECT_TRUE(seen.insert(row.id).second) << row.id;
  for (const Technique& row : techniques()) EXPECT_TRUE(seen.insert(row.id).second) << row.id;
  for (const Mitigation& row : mitigations()) EXPECT_TRUE(seen.insert(row.id).second) << row.id;
  for (const Tactic& row : tactics()) EXPECT_TRUE(seen.insert(row.id).second) << row.id;
}

TEST(Catalogue, SplitsEveryRowIntoOneToSixAspectsInOtherWordsThanItsTitle) {
  std::set<std::string_view> seen;
  for (const Requirement* row : all_requirements()) {
    const auto aspects = aspects_of(row->id);
    EXPECT_TRUE(aspects.size() >= 1 && aspects.size() <= 6) << row->id << " has " << aspects.size();
    char letter = 'a';
    for (const Aspect& aspect : aspects) {
      EXPECT_EQ(aspect.id, std::string(row->id) + "/" + letter++);
      EXPECT_TRUE(seen.insert(aspect.id).second) << aspect.id;
      EXPECT_NE(lower(aspect.what), lower(row->title) + ".") << aspect.id;
      EXPECT_NE(aspect.what, row->summary) << aspect.id;
      EXPECT_TRUE(aspect.what.ends_with('.')) << aspect.id;
      EXPECT_EQ(find_aspect(aspect.id), &aspect);
    }
  }
  EXPECT_EQ(seen.size(), aspects().size() + component_aspects().size()) << "an aspect of no row";
}

TEST(Catalogue, AsksForAspectsWhereAndByFactsThatThereAre) {
  const std::set<std::string_view> where = {"zone",       "conduit",        "asset",         "plant",
                                            "journal",    "asset:host",     "asset:wireless", "asset:portable"};
  const std::set<std::string_view> facts = {"traffic", "policy", "gateway", "firewall", "journal",
                                            "host",    "account", "pki",    "statement"};
  for (const auto table : {aspects(), component_aspects()}) {
    for (const Aspect& aspect : table) {
      EXPECT_TRUE(where.contains(aspect.where)) << aspect.id << ": " << aspect.where;
      EXPECT_TRUE(facts.contains(aspect.fact)) << aspect.id << ": " << aspect.fact;
      EXPECT_EQ(aspect.fact == "statement", aspect.check == "statement") << aspect.id;
    }
  }
}

TEST(Catalogue, LeavesNoTitleOrSummaryEmpty) {
  for (const Requirement* row : all_requirements()) {
    EXPECT_FALSE(row->title.empty() || row->summary.empty()) << row->id;
  }
  for (const Clause& row : clauses()) EXPECT_FALSE(row.title.empty() || row.summary.empty()) << row.id;
}

TEST(Catalogue, NeverDropsARequirementAtAHigherLevel) {
  for (const Requirement* row : all_requirements()) {
    EXPECT_GE(row->lowest_level(), 1) << row->id;
    for (int level = row->lowest_level(); level <= kHighestLevel; ++level) {
      EXPECT_TRUE(row->required_at(level)) << row->id << " SL " << level;
    }
  }
}

TEST(Catalogue, PutsNoEnhancementBelowItsBase) {
  for (const Requirement* row : all_requirements()) {
    if (!row->enhancement()) continue;
    const Requirement* base = find_requirement(row->base);
    ASSERT_NE(base, nullptr) << row->id;
    EXPECT_GE(row->lowest_level(), base->lowest_level()) << row->id;
    EXPECT_EQ(row->fr, base->fr) << row->id;
    EXPECT_EQ(row->component, base->component) << row->id;
    EXPECT_TRUE(std::ranges::count(enhancements_of(*base), row) == 1) << row->id;
  }
}

TEST(Catalogue, NumbersRequirementsAfterTheirFoundationalRequirement) {
  for (const Requirement* row : all_requirements()) {
    EXPECT_EQ(row->id.substr(row->id.find(' ') + 1, 2), std::to_string(row->fr) + ".") << row->id;
  }
}

TEST(Catalogue, KnowsTheTypeOfComponentByTheLetters) {
  const std::map<std::string_view, Component> letters = {{"CR", Component::any},
                                                         {"SAR", Component::application},
                                                         {"EDR", Component::embedded},
                                                         {"HDR", Component::host},
                                                         {"NDR", Component::network}};
  for (const Requirement& row : component_requirements()) {
    EXPECT_EQ(row.component, letters.at(row.id.substr(0, row.id.find(' ')))) << row.id;
  }
}

TEST(Catalogue, TakesConfidenceWithItsSources) {
  std::map<Confidence, size_t> counts;
  for (const Requirement& row : system_requirements()) {
    ++counts[row.confidence];
    EXPECT_GE(row.agreeing.size(), 2u) << row.id;
    EXPECT_EQ(row.confidence == Confidence::confirmed, row.differing.empty()) << row.id;
  }
  const std::map<Confidence, size_t> wanted = {
      {Confidence::confirmed, 74}, {Confidence::majority, 23}, {Confidence::disputed, 3}};
  EXPECT_EQ(counts, wanted);
  EXPECT_EQ(find_requirement("SR 3.4")->confidence, Confidence::disputed);
  EXPECT_EQ(find_requirement("SAR 2.4")->confidence, Confidence::single_source);
}

TEST(Catalogue, FindsComponentRowsOfTheSameNumber) {
  const auto boundary = components_for(*find_requirement("SR 5.2 RE 1"));
  ASSERT_EQ(boundary.size(), 1u);
  EXPECT_EQ(boundary[0]->id, "NDR 5.2");
  EXPECT_EQ(components_for(*find_requirement("SR 2.4")).size(), 4u);
  EXPECT_TRUE(components_for(*find_requirement("SR 5.4")).empty());
}

// MITRE's labels name these though part 4-2 has no such row; they are kept as MITRE wrote them.
TEST(Catalogue, LinksTechniquesToRequirementsThatExist) {
  const std::set<std::string_view> known = {"CR 1.6", "CR 3.2", "CR 3.10", "CR 3.14", "CR 5.4"};
  std::set<std::string_view> absent;
  for (const TechniqueRequirement& row : technique_requirements()) {
    EXPECT_NE(find_technique(row.technique), nullptr) << row.technique;
    for (const std::string_view via : row.mitigations) EXPECT_NE(find_mitigation(via), nullptr) << via;
    if (find_requirement(row.requirement) == nullptr) absent.insert(row.requirement);
  }
  EXPECT_EQ(absent, known);
}

TEST(Catalogue, LinksTechniquesToTacticsAndMitigationsThatExist) {
  for (const Technique& row : techniques()) {
    EXPECT_FALSE(row.tactics.empty()) << row.id;
    for (const std::string_view id : row.tactics) EXPECT_NE(find_tactic(id), nullptr) << row.id << " " << id;
    for (const std::string_view id : row.mitigations) EXPECT_NE(find_mitigation(id), nullptr) << row.id << " " << id;
  }
}

TEST(Catalogue, AnswersATechniqueThroughItsMitigations) {
  const auto answers = answers_to("T0800");
  const auto found = std::ranges::find_if(answers, [](const auto* row) { return row->requirement == "SR 2.1"; });
  ASSERT_NE(found, answers.end());
  ASSERT_EQ((*found)->mitigations.size(), 2u);
  EXPECT_EQ((*found)->mitigations[1], "M0801");
  const auto helped = helped_by("SR 5.1");
  EXPECT_TRUE(std::ranges::any_of(helped, [](const auto* row) { return row->technique == "T0800"; }));
}

TEST(Catalogue, ExplainsAtLeast150TermsOnceEach) {
  EXPECT_GE(terms().size(), 150u);
  std::set<std::string> seen;
  std::string before;
  for (const Term& row : terms()) {
    const std::string name = lower(row.term);
    EXPECT_TRUE(seen.insert(name).second) << row.term << " stands twice";
    EXPECT_LT(before, name) << "not in alphabetical order";
    before = name;
    EXPECT_NE(find_part(row.part), nullptr) << row.term << " names part " << row.part;
    EXPECT_GE(row.definition.size(), 20u) << row.term;
    EXPECT_TRUE(row.definition.ends_with('.')) << row.term;
    for (const std::string_view other : row.see) EXPECT_NE(find_term(other), nullptr) << row.term << " -> " << other;
  }
}

TEST(Catalogue, HasTheWordsThatTheProgramUses) {
  for (const char* word : {"zone",
                           "conduit",
                           "asset",
                           "SL-T",
                           "SL-C",
                           "SL-A",
                           "FR",
                           "SR",
                           "RE",
                           "CR",
                           "IACS",
                           "SuC",
                           "DMZ",
                           "essential function",
                           "countermeasure",
                           "compensating countermeasure",
                           "residual risk",
                           "threat",
                           "vulnerability",
                           "defence in depth",
                           "least privilege",
                           "nonrepudiation"}) {
    EXPECT_NE(find_term(word), nullptr) << word;
  }
}

TEST(Catalogue, CompilesInWhatTheTablesSay) {
  const CsvTable table = parse_csv(read(RAMPART_SOURCE_DIR "/data/iec62443_3_3.csv"));
  ASSERT_TRUE(table.ok()) << table.error;
  ASSERT_EQ(table.rows.size(), system_requirements().size() + 1);
  for (size_t i = 0; i < system_requirements().size(); ++i) {
    const Requirement& row = system_requirements()[i];
    const CsvRow wanted = {std::string(row.id),
                           "FR" + std::to_string(row.fr),
                           std::string(row.title),
                           std::string(row.summary),
                           row.required_at(1) ? "1" : "0",
                           row.required_at(2) ? "1" : "0",
                           row.required_at(3) ? "1" : "0",
                           row.required_at(4) ? "1" : "0"};
    EXPECT_EQ(table.rows[i + 1], wanted);
  }
}

TEST(Catalogue, FindsARowForEveryPracticeInTheDocumentOfHowWeDevelop) {
  const std::string document = read(RAMPART_SOURCE_DIR "/docs/62443-4-1.md");
  std::map<std::string, size_t> states;
  for (const std::string_view line : split(document, '\n')) {
    const auto cells = split(line, '|');
    if (cells.size() == 5) ++states[std::string(trim(cells[1])) + " " + std::string(trim(cells[2]))];
  }
  for (const Clause& row : clauses()) {
    if (row.part != "4-1") continue;
    const std::string id(row.id);
    EXPECT_EQ(states[id + " done"] + states[id + " partly"] + states[id + " not yet"], 1u) << id;
  }
}

TEST(Catalogue, EqualsTheReferenceTables) {
  const std::filesystem::path reference = RAMPART_SOURCE_DIR "/../shared/reference";
  if (!std::filesystem::exists(reference)) GTEST_SKIP() << "no reference tables beside the source";
  size_t compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(reference)) {
    if (entry.path().filename() == "README.md") continue;
    EXPECT_EQ(read(std::filesystem::path(RAMPART_SOURCE_DIR "/data") / entry.path().filename()), read(entry.path()))
        << entry.path().filename();
    ++compared;
  }
  EXPECT_GE(compared, 20u);
}

}  // namespace
}  // namespace rampart::standard
