#include "firewall/running.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "firewall/nft_json.h"
#include "firewall/plants_testing.h"
#include "firewall/project.h"

namespace rampart::firewall {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RuleSet sample() { return project(*testing::policy_of(testing::kPlant), "gw-1", false).rules; }
Running running() { return parse_running(nft_json(sample())); }

TEST(Running, ThatIsAsItShouldBeHasNoDifferences) { EXPECT_THAT(differences(sample(), running()), IsEmpty()); }

TEST(Running, ThatIsNotThereIsOneDifference) {
  EXPECT_THAT(differences(sample(), std::nullopt), ElementsAre(HasSubstr("no rules are loaded")));
}

TEST(Running, ReadsPrefixesRangesAndSpellingsOfAddressesAlike) {
  const auto set = [](const std::string& elements) {
    return parse_running(
               R"({"nftables":[{"metainfo":{"version":"1.0.6"}},{"table":{"family":"inet","name":"rampart","handle":7}},
        {"set":{"family":"inet","name":"s","table":"rampart","type":"ipv4_addr","handle":2,"elem":[)" +
               elements + "]}}]}")
        .sets.at("s");
  };
  EXPECT_EQ(set(R"({"prefix":{"addr":"10.1.0.0","len":24}})"), set(R"({"range":["10.1.0.0","10.1.0.255"]})"));
  EXPECT_EQ(set(R"("fd00:0:0::1")"), set(R"("fd00::1")"));
  EXPECT_EQ(set(R"("10.0.0.1","10.0.0.2")"), set(R"("10.0.0.2","10.0.0.1")"));
  EXPECT_NE(set(R"("10.0.0.1")"), set(R"("10.0.0.2")"));
}

TEST(Running, SaysWhichRuleWasTakenAwayOrAdded) {
  Running changed = running();
  auto& rules = changed.chains.at("forward").rules;
  rules.erase(rules.begin());
  rules.insert(rules.begin(), "[{accept:null}]");
  EXPECT_THAT(differences(sample(), changed), ElementsAre(HasSubstr("chain forward: a rule was taken away"),
                                                          "chain forward: a rule was added: [{accept:null}]"));
}

TEST(Running, SaysThatRulesStandInAnotherOrder) {
  Running changed = running();
  auto& rules = changed.chains.at("forward").rules;
  std::reverse(rules.begin(), rules.end());
  EXPECT_THAT(differences(sample(), changed), ElementsAre("chain forward: its rules stand in another order"));
}

TEST(Running, SaysThatAPolicyWasTurned) {
  Running changed = running();
  changed.chains.at("forward").hook = "filter forward 0 accept";
  EXPECT_THAT(differences(sample(), changed),
              ElementsAre("chain forward hangs at 'filter forward 0 accept' and should at 'filter forward 0 drop'"));
}

TEST(Running, SaysWhichElementChanged) {
  Running changed = running();
  changed.sets.at("rule-up-down/poll-tcp4").push_back("10.1.0.66-10.1.0.66 10.2.0.10-10.2.0.10 502-502");
  changed.sets.at("zone-upper-4").pop_back();
  EXPECT_THAT(differences(sample(), changed),
              ElementsAre("set rule-up-down/poll-tcp4: an element was added: 10.1.0.66 10.2.0.10 502",
                          "set zone-upper-4: an element was taken away: 10.1.0.0-10.1.0.255"));
}

TEST(Running, SaysWhatIsThereThatWeNeverMake) {
  Running changed = running();
  changed.chains["backdoor"];
  changed.others.push_back("map quick");
  changed.counters.erase("deny-up-down");
  changed.sets.erase("zone-office-6");
  const auto said = differences(sample(), changed);
  for (const char* what : {"chain backdoor was added", "map quick was added", "counter deny-up-down was taken away",
                           "set zone-office-6 was taken away"}) {
    EXPECT_THAT(said, Contains(what));
  }
}

TEST(Running, ObservingIsAnotherThingThanEnforcing) {
  EXPECT_THAT(differences(project(*testing::policy_of(testing::kPlant), "gw-1", true).rules, running()),
              Contains(HasSubstr("should at 'filter forward 0 accept'")));
}

TEST(Running, ManyDifferencesAreCountedBeyondABound) {
  Running changed = running();
  for (int i = 0; i < 1'000; ++i) changed.others.push_back("map m" + std::to_string(i));
  const auto said = differences(sample(), changed);
  EXPECT_THAT(said, SizeIs(kMostDifferences));
  EXPECT_EQ(said.back(), "and 801 more");
}

TEST(Running, WhatIsNoListingIsRefused) {
  for (const char* text : {"", "[]", "{}", R"({"nftables":1})", R"({"nftables":[1]})", R"({"nftables":[{"set":1}]})",
                           R"({"nftables":[{"a":{},"b":{}}]})"}) {
    EXPECT_THROW(parse_running(text), Error) << text;
  }
  EXPECT_THROW(parse_running(R"({"nftables":)" + std::string(100'000, '[')), Error);
}

}  // namespace
}  // namespace rampart::firewall
