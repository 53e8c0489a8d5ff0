// Story: a level is worth what its checks are worth. Every check must hold where what it asks for is so, and fall, it
// and no other, where exactly that is not so.
#include "assess/checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "assess/checks_page.h"
#include "assess/testing.h"

namespace rampart::assess {
namespace {

using namespace testing;

TEST(Checks, AreThereForEveryAspectAndNoneIsAnOrphan) {
  std::set<std::string_view> used;
  for (const auto table : {standard::aspects(), standard::component_aspects()}) {
    for (const standard::Aspect& aspect : table) {
      if (aspect.check == "statement") continue;
      EXPECT_TRUE(find_check(aspect.check)) << aspect.id << ": " << aspect.check;
      used.insert(aspect.check);
    }
  }
  for (const Check& check : checks()) EXPECT_TRUE(used.contains(check.name)) << check.name << " answers no aspect";
}

TEST(Checks, UseEveryKindOfFactAndNameEachOnce) {
  std::set<FactKind> used;
  std::set<std::string_view> names;
  for (const Check& check : checks()) {
    EXPECT_TRUE(names.insert(check.name).second) << check.name;
    EXPECT_FALSE(check.needs.empty()) << check.name;
    for (const auto& need : check.needs) {
      used.insert(need.begin(), need.end());
      for (const FactKind kind : need) EXPECT_EQ(row_of(kind).scope, row_of(need.front()).scope) << check.name;
    }
    used.insert(check.against.begin(), check.against.end());
    used.insert(check.unless.begin(), check.unless.end());
  }
  const Rows rows(standard::system_requirements(), {});
  for (const Asked& asked : rows.aspects()) {
    for (const FactKind kind : unless_empty(asked)) used.insert(kind);
  }
  for (FactKind kind = 0; kind < fact_kinds().size(); ++kind) {
    EXPECT_TRUE(used.contains(kind)) << row_of(kind).word << " bears on nothing";
  }
}

TEST(Checks, AnswerTheKindOfFactThatTheAspectNames) {
  // The first fact that an aspect's check needs, or the facts that speak against it, come from where the table says.
  for (const auto table : {standard::aspects(), standard::component_aspects()}) {
    for (const standard::Aspect& aspect : table) {
      if (aspect.check == "statement") continue;
      const Check& check = checks()[*find_check(aspect.check)];
      std::set<std::string_view> sources;
      for (const auto& need : check.needs) {
        for (const FactKind kind : need) sources.insert(row_of(kind).source);
      }
      for (const FactKind kind : check.against) sources.insert(row_of(kind).source);
      EXPECT_TRUE(sources.contains(aspect.fact)) << aspect.id << " by " << aspect.fact << ", " << check.name;
    }
  }
}

/// World is the good plant with everything that can be seen seen, and everything else stated.
class World : public ::testing::Test {
 protected:
  void SetUp() override { fill(true); }
  void fill(bool stated) {
    assessment_ = std::make_unique<Assessment>(plant_, std::vector<OwnCell>(), kNow);
    assessment_->add_all(all_good(plant_), stated ? all_stated() : std::vector<Statement>());
  }
  std::map<std::string_view, Answer> answers(size_t unit) const {
    std::map<std::string_view, Answer> out;
    for (uint32_t i = 0; i < assessment_->rows().aspects().size(); ++i) {
      out[assessment_->rows().aspects()[i].aspect->id] = assessment_->answer(unit, i).answer;
    }
    return out;
  }

  const plant::Plant plant_ = plant_of(kGood);
  std::unique_ptr<Assessment> assessment_;
};

TEST_F(World, WhereAllIsSoEveryRowIsMetButThoseOfWhatIsNotThere) {
  const size_t lower = 1;
  for (uint32_t i = 0; i < assessment_->rows().aspects().size(); ++i) {
    const Asked& asked = assessment_->rows().aspects()[i];
    const bool nobody = asked.where == Scope::Kind::asset && asked.asked_of != AssetClass::any;
    const Answer upper = assessment_->answer(0, i).answer;
    const Answer control = assessment_->answer(lower, i).answer;
    if (asked.asked_of == AssetClass::host || !nobody) {
      EXPECT_EQ(upper, Answer::met) << asked.aspect->id;
    }
    // That the lower zone has no host is not said here: it is not assessed, and that is not met.
    EXPECT_EQ(control, nobody ? Answer::not_assessed : Answer::met) << asked.aspect->id;
  }
}

TEST_F(World, WithoutStatementsNoAspectIsMetThatOnlyAPersonCanSay) {
  fill(false);
  for (const auto& [id, answer] : answers(0)) {
    const bool machine = standard::find_aspect(id)->check != "statement";
    const bool radio =
        standard::find_aspect(id)->where == "asset:wireless" || standard::find_aspect(id)->where == "asset:portable";
    EXPECT_EQ(answer, machine && !radio ? Answer::met : Answer::not_assessed) << id;
  }
}

/// bears is true where a fact of that kind about that scope can change the aspect's answer for the unit.
bool bears(const Assessment& assessment, size_t unit, const Asked& asked, FactKind kind, Scope scope, bool contrary) {
  const Unit& of = assessment.site().units()[unit];
  const auto& subjects = assessment.site().subjects(of, row_of(kind).scope, asked.asked_of);
  if (asked.check == nullptr || std::ranges::find(subjects, scope) == subjects.end()) return false;
  const auto needed = std::ranges::find_if(
      asked.check->needs, [&](const auto& need) { return std::ranges::find(need, kind) != need.end(); });
  if (needed != asked.check->needs.end()) return needed->size() == 1;  // others would do instead
  return contrary && std::ranges::find(asked.check->against, kind) != asked.check->against.end();
}

TEST_F(World, EachFactBrokenOnceMakesExactlyTheAspectsFallThatItBearsOn) {
  size_t broken = 0;
  for (FactKind kind = 0; kind < fact_kinds().size(); ++kind) {
    if (row_of(kind).word.starts_with("no-")) continue;
    for (const Scope scope : scopes_of(plant_, row_of(kind).scope)) {
      Fact contrary = fact(row_of(kind).word, scope, false, kNow + std::chrono::seconds(1));
      assessment_->add(contrary);
      for (size_t unit = 0; unit < 2; ++unit) {
        for (uint32_t i = 0; i < assessment_->rows().aspects().size(); ++i) {
          const Asked& asked = assessment_->rows().aspects()[i];
          if (asked.where == Scope::Kind::asset && asked.asked_of != AssetClass::any &&
              assessment_->site().subjects(assessment_->site().units()[unit], asked.where, asked.asked_of).empty()) {
            continue;
          }
          const bool fell = assessment_->answer(unit, i).answer == Answer::not_met;
          EXPECT_EQ(fell, bears(*assessment_, unit, asked, kind, scope, true))
              << row_of(kind).word << " of " << to_text(scope.kind) << " " << id_of(plant_, scope) << ": "
              << asked.aspect->id << " in unit " << unit;
          broken += fell ? 1 : 0;
        }
      }
      assessment_->remove(kind, scope, false, 1);
    }
  }
  EXPECT_GT(broken, 300u);
}

TEST_F(World, EachFactTakenAwayMakesAspectsNotAssessedAndNeverNotMet) {
  for (FactKind kind = 0; kind < fact_kinds().size(); ++kind) {
    if (row_of(kind).word.starts_with("no-")) continue;
    for (const Scope scope : scopes_of(plant_, row_of(kind).scope)) {
      assessment_->remove(kind, scope, true, 1);
      for (size_t unit = 0; unit < 3; ++unit) {
        for (uint32_t i = 0; i < assessment_->rows().aspects().size(); ++i) {
          EXPECT_NE(assessment_->answer(unit, i).answer, Answer::not_met)
              << row_of(kind).word << ": " << assessment_->rows().aspects()[i].aspect->id;
        }
      }
      assessment_->add(fact(row_of(kind).word, scope));
    }
  }
}

TEST(Checks, SeeByMachineEveryAspectOfSl1And2ThatAMachineCanSeeInThirtyRequirementsAndMore) {
  std::set<std::string_view> seen;
  for (const standard::Requirement& row : standard::system_requirements()) {
    if (row.lowest_level() > 2) continue;
    for (const standard::Aspect& aspect : standard::aspects_of(row.id)) {
      if (aspect.check != "statement") seen.insert(row.enhancement() ? row.base : row.id);
    }
  }
  EXPECT_GE(seen.size(), 30u);
}

TEST(Checks, PageIsWhatTheProgramWrites) {
  std::string page;
  append_checks_page(page);
  std::ifstream file(std::string(RAMPART_SOURCE_DIR) + "/docs/checks.md", std::ios::binary);
  const std::string kept{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(kept == page, true) << "write it anew: rampart levels --checks > docs/checks.md";
}

}  // namespace
}  // namespace rampart::assess
