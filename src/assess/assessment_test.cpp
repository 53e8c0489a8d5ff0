// Story: SL-A is the highest level at which every row is met, compensated or not applicable; what was not assessed is
// not met. Facts come in any order, grow old, and are taken back.
#include "assess/assessment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "assess/steps.h"
#include "assess/testing.h"

namespace rampart::assess {
namespace {

using namespace testing;

const Scope kPlant{Scope::Kind::plant, 0};
const Scope kUpper{Scope::Kind::zone, 0};
const Scope kLower{Scope::Kind::zone, 1};
enum : size_t { kIac, kUc, kSi, kDc, kRdf, kTre, kRa };

std::vector<std::array<Cell, kFrs>> vectors(const Assessment& assessment) {
  std::vector<std::array<Cell, kFrs>> out;
  for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) {
    out.emplace_back();
    for (size_t fr = 0; fr < kFrs; ++fr) out.back()[fr] = assessment.cell(unit, fr);
  }
  return out;
}

class Levels : public ::testing::Test {
 protected:
  std::unique_ptr<Assessment> made(std::vector<Fact> facts, std::vector<Statement> statements = {}) const {
    auto out = std::make_unique<Assessment>(plant_, std::vector<OwnCell>(), kNow);
    out->add_all(std::move(facts), std::move(statements));
    return out;
  }
  std::vector<Fact> good_and_nothing_else_there() const {
    std::vector<Fact> facts = all_good(plant_);
    for (const Scope zone : scopes_of(plant_, Scope::Kind::zone)) {
      for (const char* word : {"no-wireless", "no-portable", "no-untrusted-access"}) facts.push_back(fact(word, zone));
    }
    facts.push_back(fact("no-host", kLower));
    return facts;
  }
  Statement stated(std::string what, Answer answer, std::string scope = "plant") const {
    Statement out;
    out.id = "st-1";
    out.person = "j.koch";
    out.what = std::move(what);
    out.scope = std::move(scope);
    out.answer = answer;
    out.reason = "seen";
    out.made = kNow - std::chrono::days(1);
    out.until = kNow + std::chrono::days(10);
    return out;
  }
  static uint32_t aspect(const Assessment& assessment, std::string_view id) {
    return assessment.rows().called(id).at(0);
  }
  static Answer answer(const Assessment& assessment, size_t unit, std::string_view id) {
    return assessment.answer(unit, aspect(assessment, id)).answer;
  }

  const plant::Plant plant_ = plant_of(kGood);
};

TEST_F(Levels, AreFourWhereAllIsSoAndNothingElseIsThere) {
  const auto assessment = made(good_and_nothing_else_there(), all_stated());
  for (size_t unit = 0; unit < assessment->site().units().size(); ++unit) {
    for (size_t fr = 0; fr < kFrs; ++fr) {
      EXPECT_EQ(assessment->cell(unit, fr).achieved, 4) << "unit " << unit << " FR" << fr + 1;
      EXPECT_TRUE(assessment->blocking(unit, fr, 4).empty());
    }
  }
}

TEST_F(Levels, AreNotAssessedWhereNothingIsKnown) {
  const auto assessment = made({});
  for (size_t fr = 0; fr < kFrs; ++fr) {
    EXPECT_EQ(assessment->cell(0, fr).achieved, 0);
    EXPECT_FALSE(assessment->cell(0, fr).assessed);
  }
}

TEST_F(Levels, FallInFr6WhenTheMonitorStops) {
  const auto assessment = made(good_and_nothing_else_there(), all_stated());
  const auto changes = assessment->add(fact("monitor-running", kPlant, false, kNow + std::chrono::seconds(1)));
  EXPECT_EQ(assessment->cell(0, kTre).achieved, 1) << "SR 6.2 is asked from SL 2";
  const auto tre =
      std::ranges::find_if(changes, [](const Change& change) { return change.unit == 0 && change.fr == kTre; });
  ASSERT_NE(tre, changes.end());
  EXPECT_EQ(tre->before.achieved, 4);
  EXPECT_EQ(tre->cause.fact, fact_kind("monitor-running"));
  EXPECT_FALSE(tre->cause.holds);
  const auto back = assessment->add(fact("monitor-running", kPlant, true, kNow + std::chrono::seconds(2)));
  EXPECT_EQ(assessment->cell(0, kTre).achieved, 4);
  EXPECT_EQ(back.size(), changes.size());
}

/// The examples of the levels: what goes wrong, of what, and to which level which cell falls.
TEST_F(Levels, FallToTheLevelThatEachExampleSaysAndNameTheCause) {
  const Scope journal{Scope::Kind::journal, 0}, conduit{Scope::Kind::conduit, 0}, plc{Scope::Kind::asset, 2};
  const struct {
    std::vector<const char*> words;
    Scope scope;
    size_t unit, fr;
    int level;
  } kExamples[] = {
      {{"rules-name-roles"}, conduit, 1, kUc, 0},                // anyone can change settings
      {{"journal-open"}, journal, 1, kUc, 0},                    // nothing is logged
      {{"credentials-covered"}, kLower, 1, kIac, 0},             // a password crosses readable
      {{"clients-known"}, kLower, 1, kIac, 1},                   // not only listed addresses
      {{"rules-name-objects"}, conduit, 1, kUc, 1},              // devices without defined rights
      {{"roles-defined"}, kPlant, 0, kUc, 1},                    // roles without defined rights
      {{"journals-joined"}, journal, 1, kUc, 2},                 // not every access attempt and change in one trail
      {{"tunnel-up", "traffic-encrypted"}, conduit, 1, kDc, 3},  // not all traffic encrypted
      {{"tunnel-up", "traffic-encrypted", "traffic-authenticated"}, conduit, 1, kSi, 2},
      {{"values-kept"}, conduit, 1, kSi, 0},            // a value out of its bounds
      {{"device-as-intended"}, plc, 1, kSi, 1},         // another firmware than intended
      {{"boundary-kept"}, kUpper, 0, kRdf, 0},          // traffic past the conduits
      {{"conduit-guarded"}, conduit, 1, kRdf, 1},       // no deny by default
      {{"conduit-fails-closed"}, conduit, 1, kRdf, 2},  // open when the gateway fails
      {{"plan-in-force"}, kPlant, 0, kTre, 1},          // the monitor judges by an old plant
      {{"journal-exported"}, journal, 0, kTre, 2},      // no other tool gets the records
      {{"backup-taken"}, plc, 1, kRa, 0},               // nothing to restore
      {{"devices-known"}, kLower, 1, kRa, 1},           // a device that nobody knows
  };
  for (const auto& example : kExamples) {
    const auto assessment = made(good_and_nothing_else_there(), all_stated());
    std::vector<Change> changes;
    for (const char* word : example.words) {
      for (Change& change : assessment->add(fact(word, example.scope, false, kNow + std::chrono::seconds(1)))) {
        changes.push_back(std::move(change));
      }
    }
    EXPECT_EQ(assessment->cell(example.unit, example.fr).achieved, example.level) << example.words.back();
    const auto named = std::ranges::find_if(
        changes, [&](const Change& change) { return change.unit == example.unit && change.fr == example.fr; });
    ASSERT_NE(named, changes.end()) << example.words.back();
    EXPECT_EQ(named->cause.fact, fact_kind(example.words.back()));
    EXPECT_EQ(named->cause.scope, example.scope);
  }
}

/// Which aspects the words of a gateway about certificates answer, for the conduit, and which exactly fall.
TEST_F(Levels, WhatAGatewayShowsOfCertificatesAnswersTheAspectsThatItIsAbout) {
  const Scope conduit{Scope::Kind::conduit, 0};
  const size_t unit = 2;
  static constexpr const char* kAspects[] = {"SR 1.2/a",      "SR 1.9/a",      "SR 2.12 RE 1/a", "SR 3.8/a",
                                             "SR 3.1 RE 1/a", "SR 4.1 RE 1/a", "SR 4.1 RE 2/a"};
  const struct {
    std::vector<const char*> words;
    std::set<std::string> met;
  } kRows[] = {
      {{"tunnel-up", "peers-proved", "chains-checked"},  // a wire
       {"SR 1.2/a", "SR 1.9/a", "SR 3.8/a", "SR 3.1 RE 1/a", "SR 4.1 RE 1/a", "SR 4.1 RE 2/a"}},
      {{"peers-proved", "clients-proved", "chains-checked"},  // doors of Modbus/TCP Security
       {"SR 1.2/a", "SR 1.9/a", "SR 2.12 RE 1/a", "SR 3.8/a"}},
      {{"peers-proved"}, {"SR 1.2/a", "SR 3.8/a"}},
      {{"clients-proved"}, {"SR 2.12 RE 1/a"}},
      {{"chains-checked"}, {"SR 1.9/a"}},
  };
  for (const auto& row : kRows) {
    std::vector<Fact> so, otherwise;
    for (const char* word : row.words) {
      so.push_back(fact(word, conduit));
      otherwise.push_back(fact(word, conduit, false));
    }
    const auto good = made(so), bad = made(otherwise);
    for (Fact& one : so) one.share = 0.5f;
    const auto half = made(so);
    for (const char* id : kAspects) {
      const bool about = row.met.contains(id);
      EXPECT_EQ(answer(*good, unit, id), about ? Answer::met : Answer::not_assessed) << row.words[0] << " " << id;
      EXPECT_EQ(answer(*bad, unit, id), about ? Answer::not_met : Answer::not_assessed) << row.words[0] << " " << id;
      EXPECT_EQ(answer(*half, unit, id), Answer::not_assessed) << "half of the servers is too little";
    }
  }
}

TEST_F(Levels, AWireEndsWithTheGatewayThatWasKilledAndFallsWhereOneOfTwoSaysSo) {
  const Scope conduit{Scope::Kind::conduit, 0};
  Fact near = fact("tunnel-up", conduit), far = fact("tunnel-up", conduit, true, kNow, 2);
  near.until = far.until = kNow + std::chrono::minutes(5);
  auto assessment = made({near, far});
  EXPECT_EQ(answer(*assessment, 2, "SR 4.1 RE 2/a"), Answer::met);
  assessment->expire(kNow + std::chrono::minutes(6));
  EXPECT_EQ(answer(*assessment, 2, "SR 4.1 RE 2/a"), Answer::not_assessed) << "both were killed";

  assessment = made({near, far});
  assessment->add(fact("tunnel-up", conduit, false, kNow + std::chrono::seconds(1)));
  far.time += std::chrono::seconds(30);
  assessment->add(far);
  EXPECT_EQ(answer(*assessment, 2, "SR 4.1 RE 2/a"), Answer::not_met)
      << "the other one does not know, and says so anew";
}

TEST_F(Levels, SayZeroAndNotADashWhereSomethingIsWrongAtLevelOne) {
  const auto assessment = made({fact("credentials-covered", kUpper, false)});
  EXPECT_EQ(assessment->cell(0, 0).achieved, 0);
  EXPECT_TRUE(assessment->cell(0, 0).assessed);
  EXPECT_FALSE(assessment->cell(0, 1).assessed);
}

TEST_F(Levels, CountNotAssessedBelowTheShareThatTheAspectAsks) {
  // Of two assets one was heard: 50 % is less than the 80 % that SR 6.2/b asks.
  auto assessment = made({fact("asset-heard", {Scope::Kind::asset, 0}), fact("monitor-running", kPlant)});
  EXPECT_EQ(answer(*assessment, 0, "SR 6.2/b"), Answer::not_assessed);
  EXPECT_NEAR(assessment->answer(0, aspect(*assessment, "SR 6.2/b")).share, 0.5, 1e-6);
  assessment->add(fact("asset-heard", {Scope::Kind::asset, 1}));
  EXPECT_EQ(answer(*assessment, 0, "SR 6.2/b"), Answer::met);
}

TEST_F(Levels, DraftedRulesCountForNothing) {
  auto facts = good_and_nothing_else_there();
  std::string text = kGood;
  text.replace(text.find("to: [plc]}"), 10, "to: [plc], reviewed: no}");
  const plant::Plant drafted = plant_of(text);
  Assessment assessment(drafted, {}, kNow);
  std::erase_if(facts, [](const Fact& one) { return row_of(one.kind).source == "policy"; });
  for (Fact& one : plant_facts(drafted, kNow)) facts.push_back(std::move(one));
  assessment.add_all(std::move(facts), all_stated());
  for (const char* id : {"SR 2.1/a", "SR 2.1/e", "SR 5.2/a", "SR 5.2/b", "SR 5.2/d", "SR 3.5/a", "SR 7.7/a"}) {
    EXPECT_EQ(answer(assessment, 0, id), Answer::not_met) << id;
  }
}

TEST_F(Levels, WirelessIsNotApplicableOnlyWhereThePlantHasNoneAndNoneIsSeenAndSomebodyListened) {
  const Fact none = fact("no-wireless", kUpper);
  auto assessment = made({none});
  EXPECT_EQ(answer(*assessment, 0, "SR 1.6/a"), Answer::not_assessed) << "nobody listened";
  assessment->add(fact("asset-heard", {Scope::Kind::asset, 0}));
  assessment->add(fact("asset-heard", {Scope::Kind::asset, 1}));
  EXPECT_EQ(answer(*assessment, 0, "SR 1.6/a"), Answer::not_applicable);
  Fact seen = fact("no-wireless", kUpper, false);
  seen.origin = 2;
  assessment->add(seen);
  EXPECT_EQ(answer(*assessment, 0, "SR 1.6/a"), Answer::not_assessed) << "something on radio is seen";
}

TEST_F(Levels, TakeAStatementForWhatNobodySeesUntilItEnds) {
  auto assessment = made({}, {stated("SR 7.5/a", Answer::met, "zone upper")});
  EXPECT_EQ(answer(*assessment, 0, "SR 7.5/a"), Answer::met);
  EXPECT_EQ(answer(*assessment, 1, "SR 7.5/a"), Answer::not_assessed) << "it spoke of the other zone";
  assessment->expire(kNow + std::chrono::days(9));
  EXPECT_EQ(answer(*assessment, 0, "SR 7.5/a"), Answer::met);
  assessment->expire(kNow + std::chrono::days(10));
  EXPECT_EQ(answer(*assessment, 0, "SR 7.5/a"), Answer::not_assessed);
}

TEST_F(Levels, AStatementNeverOutranksWhatWasSeenAndIsToldAsAContradiction) {
  for (const Answer said : {Answer::met, Answer::not_applicable}) {
    auto assessment = made({}, {stated("SR 1.5/a", said)});
    EXPECT_EQ(answer(*assessment, 0, "SR 1.5/a"), said);
    EXPECT_TRUE(assessment->contradictions().empty());
    assessment->add(fact("credentials-covered", kUpper, false));
    EXPECT_EQ(answer(*assessment, 0, "SR 1.5/a"), Answer::not_met);
    ASSERT_EQ(assessment->contradictions().size(), 1u);
    EXPECT_EQ(assessment->contradictions()[0].aspect, aspect(*assessment, "SR 1.5/a"));
  }
}

TEST_F(Levels, ACompensatingMeasureStandsDespiteOnlyWhatItNames) {
  Statement measure = stated("SR 1.5/a", Answer::compensated);
  auto facts = std::vector<Fact>{fact("credentials-covered", kUpper, false)};
  auto assessment = made(facts, {measure});
  EXPECT_EQ(answer(*assessment, 0, "SR 1.5/a"), Answer::not_met);
  measure.despite = {"credentials-covered"};
  assessment->state({measure});
  EXPECT_EQ(answer(*assessment, 0, "SR 1.5/a"), Answer::compensated);
  EXPECT_TRUE(assessment->contradictions().empty());
}

TEST_F(Levels, AMeasureForOneAssetDoesNotAnswerForAnother) {
  Statement measure = stated("SR 7.7/b", Answer::compensated, "asset scada");
  measure.despite = {"services-needed"};
  auto assessment = made({fact("services-needed", {Scope::Kind::asset, 1}, false)}, {measure});
  EXPECT_EQ(answer(*assessment, 0, "SR 7.7/b"), Answer::not_met);
}

TEST_F(Levels, AStateIsAsItsNewestWordSaysAndASightingAsItsWorst) {
  const auto hour = std::chrono::hours(1);
  auto assessment = made({fact("journal-writes", {Scope::Kind::journal, 0}, false, kNow - 2 * hour),
                          fact("journal-open", {Scope::Kind::journal, 0})});
  EXPECT_EQ(answer(*assessment, 0, "SR 2.10/a"), Answer::not_met);
  assessment->add(fact("journal-writes", {Scope::Kind::journal, 0}, true, kNow - hour));
  EXPECT_EQ(answer(*assessment, 0, "SR 2.10/a"), Answer::met);
  for (const Scope asset : scopes_of(plant_, Scope::Kind::asset)) assessment->add(fact("asset-heard", asset));
  assessment->add(fact("addresses-stable", kUpper, false, kNow - 2 * hour));
  assessment->add(fact("addresses-stable", kUpper, true, kNow - hour));
  EXPECT_EQ(answer(*assessment, 0, "SR 3.1/a"), Answer::not_met) << "it was seen, whatever came after";
  assessment->expire(kNow + std::chrono::days(29));
  EXPECT_EQ(answer(*assessment, 0, "SR 3.1/a"), Answer::not_met);
  assessment->expire(kNow + std::chrono::days(30) - hour);
  EXPECT_NE(answer(*assessment, 0, "SR 3.1/a"), Answer::not_met);
}

TEST_F(Levels, OneOfSeveralJournalsMustBeOpenButEveryMonitorMustRun) {
  const Scope journal{Scope::Kind::journal, 0};
  const auto later = kNow + std::chrono::seconds(5);
  auto assessment =
      made({fact("journal-open", journal, true, kNow, 1), fact("journal-open", journal, false, later, 2)});
  EXPECT_EQ(answer(*assessment, 0, "SR 2.8/a"), Answer::met);
  assessment->add(fact("journal-open", journal, false, later, 1));
  EXPECT_EQ(answer(*assessment, 0, "SR 2.8/a"), Answer::not_met);
  assessment->add(fact("monitor-running", kPlant, true, later, 1));
  EXPECT_EQ(answer(*assessment, 0, "SR 6.2/a"), Answer::met);
  assessment->add(fact("monitor-running", kPlant, false, kNow, 2));
  EXPECT_EQ(answer(*assessment, 0, "SR 6.2/a"), Answer::not_met) << "one of two sensors was stopped";
  assessment->add(fact("monitor-running", kPlant, true, later, 2));
  EXPECT_EQ(answer(*assessment, 0, "SR 6.2/a"), Answer::met);
}

TEST_F(Levels, OwnCellsMoveARowAndDisputesAreToldUntilThen) {
  // SR 3.4 is asked from SL 2 here; the text of 2013 asked from SL 1.
  auto facts = good_and_nothing_else_there();
  std::erase_if(facts, [](const Fact& one) { return row_of(one.kind).word == "host-integrity"; });
  Assessment assessment(plant_, {}, kNow);
  assessment.add_all(facts, all_stated());
  EXPECT_EQ(assessment.cell(0, 2).achieved, 1);
  const auto disputed = disputes(assessment, 0, 2);
  ASSERT_FALSE(disputed.empty());
  EXPECT_EQ(assessment.rows().rows()[disputed[0].row].requirement->id, "SR 3.4");
  EXPECT_EQ(disputed[0].level_then, 0);
  Assessment own(plant_, {{"SR 3.4", 1, "as printed"}}, kNow);
  own.add_all(facts, all_stated());
  EXPECT_EQ(own.cell(0, 2).achieved, 0);
  EXPECT_TRUE(disputes(own, 0, 2).empty());
}

TEST_F(Levels, TheFirstStepIsTheOneThatLiftsMost) {
  auto facts = good_and_nothing_else_there();
  std::erase_if(facts, [](const Fact& one) {
    return row_of(one.kind).word == "conduit-enforced" || row_of(one.kind).word == "session-locks";
  });
  const auto assessment = made(facts, all_stated());
  const auto all = steps(*assessment);
  ASSERT_GE(all.size(), 2u);
  EXPECT_TRUE(std::ranges::is_sorted(all, std::greater<>(), &Step::worth));
  ASSERT_TRUE(all[0].kind && all[1].kind);
  EXPECT_EQ(row_of(*all[0].kind).word, "conduit-enforced") << "days, but it lifts nearly everything";
  EXPECT_EQ(row_of(*all[1].kind).word, "session-locks");
  EXPECT_GT(all[0].levels, 4);
  for (const Step& step : all) {
    for (const Lift& lift : step.lifts) EXPECT_GT(lift.rows, 0u);
  }
}

/// The steps keep their word: doing what one says lifts what it says.
TEST_F(Levels, AStepLiftsExactlyWhatItSays) {
  auto facts = good_and_nothing_else_there();
  std::erase_if(facts, [](const Fact& one) {
    const std::string_view word = row_of(one.kind).word;
    return word == "conduit-enforced" || word == "rules-loaded" || word == "inventory-reviewed" || word == "host-logs";
  });
  const auto assessment = made(facts, all_stated());
  for (const Step& step : steps(*assessment)) {
    if (!step.kind) continue;
    const auto then = made(facts, all_stated());
    for (const Scope scope : step.where) then->add(fact(row_of(*step.kind).word, scope));
    for (const Lift& lift : step.lifts) {
      EXPECT_EQ(then->cell(lift.unit, lift.fr).achieved, lift.to) << row_of(*step.kind).word;
    }
  }
}

/// Facts of random kinds, scopes, ages and truth; origins differ, so that each stands for itself.
class Chance : public Levels, public ::testing::WithParamInterface<uint32_t> {
 protected:
  std::vector<Fact> some(size_t count) {
    std::vector<Fact> out;
    for (size_t i = 0; i < count; ++i) {
      const auto kind = static_cast<FactKind>(random_() % fact_kinds().size());
      const auto scopes = scopes_of(plant_, row_of(kind).scope);
      const auto age = std::chrono::hours(random_() % (24 * 60));
      Fact made = fact(row_of(kind).word, scopes[random_() % scopes.size()], random_() % 6 != 0, kNow - age,
                       static_cast<uint32_t>(i + 1));
      if (random_() % 5 == 0) made.until = kNow + std::chrono::hours(random_() % (24 * 40));
      out.push_back(std::move(made));
    }
    return out;
  }
  static bool any_lower(const std::vector<std::array<Cell, kFrs>>& before,
                        const std::vector<std::array<Cell, kFrs>>& after) {
    for (size_t unit = 0; unit < before.size(); ++unit) {
      for (size_t fr = 0; fr < kFrs; ++fr) {
        if (after[unit][fr].achieved < before[unit][fr].achieved) return true;
      }
    }
    return false;
  }

  std::mt19937 random_{GetParam()};
};

TEST_P(Chance, AFavourableFactNeverLowersAndTakingItAwayNeverRaises) {
  std::vector<Fact> facts = all_good(plant_);
  for (Fact& one : some(200)) {
    one.origin += 1000;
    facts.push_back(std::move(one));
  }
  const auto assessment = made(facts, all_stated());
  for (Fact& one : some(60)) {
    one.holds = true;
    one.origin += 5000;
    const auto before = vectors(*assessment);
    assessment->add(one);
    const auto with = vectors(*assessment);
    EXPECT_FALSE(any_lower(before, with)) << row_of(one.kind).word;
    if (random_() % 2 == 0) continue;
    assessment->remove(one.kind, one.scope, true, one.origin);
    EXPECT_FALSE(any_lower(vectors(*assessment), with)) << row_of(one.kind).word;
    EXPECT_EQ(vectors(*assessment), before);
  }
}

TEST_P(Chance, TheOrderOfFactsDoesNotMatterNorWhetherTheyComeOneByOne) {
  std::vector<Fact> facts = all_good(plant_);
  for (Fact& one : some(300)) {
    one.origin += 1000;
    facts.push_back(std::move(one));
  }
  const auto at_once = made(facts, all_stated());
  std::shuffle(facts.begin(), facts.end(), random_);
  const auto one_by_one = made({}, all_stated());
  for (const Fact& one : facts) one_by_one->add(one);
  EXPECT_EQ(vectors(*at_once), vectors(*one_by_one));
}

TEST_P(Chance, ExpiryIsTheSameAsNeverHavingKnown) {
  const std::vector<Fact> facts = some(400);
  const auto lived = made(facts);
  for (const int days : {1, 3, 8, 15, 31, 61, 400}) {
    const TimePoint later = kNow + std::chrono::days(days);
    lived->expire(later);
    Assessment anew(plant_, {}, later);
    anew.add_all(facts, {});
    EXPECT_EQ(vectors(*lived), vectors(anew)) << days << " days";
    lived->forget();
    EXPECT_EQ(vectors(*lived), vectors(anew)) << days << " days";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Chance, ::testing::Range(1u, 9u));

}  // namespace
}  // namespace rampart::assess
