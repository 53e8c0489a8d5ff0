// Story: what an asset can do is what its maker declares and what was seen of it; and numbers beside levels are there
// only where they can be computed.
#include "assess/capability.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "assess/metrics.h"
#include "assess/programmes.h"
#include "assess/testing.h"

namespace rampart::assess {
namespace {

using namespace testing;

class Capability : public ::testing::Test {
 protected:
  std::unique_ptr<Assessment> made(std::vector<Fact> facts, std::vector<Statement> statements = {}) const {
    auto out = std::make_unique<Assessment>(plant_, std::vector<OwnCell>(), kNow);
    out->add_all(std::move(facts), std::move(statements));
    return out;
  }
  static Statement declared(std::string what, std::string scope) {
    Statement out;
    out.id = "st-1";
    out.person = "maker";
    out.what = std::move(what);
    out.scope = std::move(scope);
    out.made = kNow - std::chrono::days(1);
    out.until = kNow + std::chrono::days(300);
    return out;
  }

  const plant::Plant plant_ = plant_of(kGood);
  const Index kPlc = 2;
  const Scope kPlcScope{Scope::Kind::asset, 2};
};

TEST_F(Capability, KnowsWhichComponentAnAssetIs) {
  EXPECT_EQ(component_of(plant_.assets[0]), standard::Component::host);
  EXPECT_EQ(component_of(plant_.assets[kPlc]), standard::Component::embedded);
  plant::Asset network;
  network.kind.value = "switch";
  EXPECT_EQ(component_of(network), standard::Component::network);
}

TEST_F(Capability, IsNotAssessedWhereNobodyDeclaredAnything) {
  const auto assessment = made({});
  for (const CapabilityCell& cell : Capabilities(*assessment).of(kPlc)) {
    EXPECT_EQ(cell.achieved, 0);
    EXPECT_FALSE(cell.assessed);
    EXPECT_FALSE(cell.blocked_by.empty());
  }
}

TEST_F(Capability, IsWhatTheMakerDeclaresUntilSomethingElseIsSeen) {
  const auto statement = declared("SL-C 2", "asset plc");
  const auto assessment = made({}, {statement});
  const auto cells = Capabilities(*assessment).of(kPlc);
  EXPECT_EQ(cells[0].achieved, 2);
  EXPECT_EQ(cells[3].achieved, 2);
  EXPECT_EQ(cells[4].achieved, 4) << "4-2 asks no more of a controller in FR5";
  EXPECT_EQ(Capabilities(*assessment).of(0)[0].achieved, 0) << "it spoke of another asset";
  assessment->add(fact("device-crypto-current", kPlcScope, false));
  const auto seen = Capabilities(*assessment).of(kPlc);
  EXPECT_EQ(seen[3].achieved, 0);
  EXPECT_TRUE(seen[3].assessed);
  EXPECT_EQ(seen[3].blocked_by, std::vector<std::string_view>{"CR 4.3"});
  EXPECT_EQ(seen[0].achieved, 2);
}

TEST_F(Capability, FourIsReachedByDeclarationOfFourAlone) {
  const auto assessment = made({}, {declared("SL-C 4", "asset scada")});
  for (const CapabilityCell& cell : Capabilities(*assessment).of(0)) EXPECT_EQ(cell.achieved, 4);
}

TEST_F(Capability, MetricsAreFourteenAndSayWhyWhereThereIsNone) {
  const auto nothing = made({});
  const auto none = measure(*nothing, {}, {});
  ASSERT_EQ(none.size(), 14u);
  for (const Measured& measured : none) {
    EXPECT_NE(measured.metric->id, "STATUS");
    EXPECT_EQ(measured.value.has_value(), measured.say.empty()) << measured.metric->id;
  }
  EXPECT_GT(none[0].value, 0) << "levels are lacking";
  EXPECT_EQ(none[1].value, 0) << "no row is met";
  const auto good = made(all_good(plant_), all_stated());
  const auto some = measure(*good, {}, {});
  EXPECT_LT(some[0].value, none[0].value);
  EXPECT_GT(some[1].value, 50);
  EXPECT_GT(some[2].value, 0);
  EXPECT_LT(some[2].value, 100) << "some rows rest on a person's word";
  EXPECT_EQ(some[3].value, 0) << "all of it is of now";
}

TEST_F(Capability, ConduitConformanceIsTheShareOfWhatWasAllowed) {
  const auto nothing = made({});
  Tally one, other;
  one.crossed = 90;
  one.crossed_allowed = 90;
  other.crossed = 10;
  const auto metrics = measure(*nothing, {&one, &other}, {});
  EXPECT_EQ(metrics[4].metric->id, "M05");
  EXPECT_EQ(metrics[4].value, 90);
}

TEST_F(Capability, MaturityIsTheNewestWordOfAClauseAndFactsStandBesideIt) {
  Statement old = declared("CM 1.1", "plant"), newer = old;
  old.maturity = 1;
  newer.maturity = 3;
  newer.made += std::chrono::hours(1);
  const std::vector<Statement> all = {newer, old};
  size_t spoken = 0;
  for (const Practice& practice : practices("2-1", all, kNow)) {
    if (practice.maturity > 0) ++spoken;
    if (practice.clause->id != "CM 1.1") continue;
    EXPECT_EQ(practice.maturity, 3);
    EXPECT_EQ(practice.facts.front(), fact_kind("inventory-reviewed"));
  }
  EXPECT_EQ(spoken, 1u);
}

TEST_F(Capability, FactsFeedTheClausesThatTheyShowSomethingOf) {
  const auto fed = [](std::string_view part) {
    std::map<std::string_view, std::set<std::string_view>> out;
    for (const Practice& practice : practices(part, {}, kNow)) {
      EXPECT_EQ(practice.maturity, 0) << "what was seen never becomes a maturity";
      for (const FactKind kind : practice.facts) out[practice.clause->id].insert(row_of(kind).word);
    }
    return out;
  };
  const auto owner = fed("2-1"), provider = fed("2-4");
  EXPECT_EQ(owner.size(), 38u) << "a clause that facts feed does not exist any more";
  EXPECT_EQ(provider.size(), 5u);
  EXPECT_TRUE(fed("4-1").empty()) << "how a maker develops is seen by no sensor";
  EXPECT_TRUE(owner.at("CM 1.1").contains("inventory-described")) << "an inventory is kept";
  EXPECT_TRUE(owner.at("CM 1.4").contains("acts-attributed")) << "changes are on record, by whom";
  EXPECT_TRUE(owner.at("AVAIL 2.1").contains("journal-backed-up")) << "copies were taken";
  EXPECT_FALSE(owner.contains("COMP 3.3")) << "patches are not recorded";
  EXPECT_TRUE(provider.at("SP.08.02 BR").contains("journal-open"));
}

TEST_F(Capability, WhatWasSeenOfAClauseIsCountedOverThePlant) {
  const Scope kUpper{Scope::Kind::zone, 0}, kLower{Scope::Kind::zone, 1};
  const FactKind known = fact_kind("devices-known"), saved = fact_kind("journal-backed-up");
  const auto nothing = made({});
  EXPECT_EQ(spoken(*nothing, known).holds + spoken(*nothing, known).against, 0u);
  EXPECT_EQ(spoken(*nothing, known).all, 2u);
  const auto some = made({fact("devices-known", kUpper), fact("devices-known", kLower, false),
                          fact("journal-backed-up", {Scope::Kind::journal, 0}, true, kNow - std::chrono::days(400))});
  EXPECT_EQ(spoken(*some, known).holds, 1u);
  EXPECT_EQ(spoken(*some, known).against, 1u);
  EXPECT_EQ(spoken(*some, saved).holds, 0u) << "more than a year ago";
}

}  // namespace
}  // namespace rampart::assess
