#include "firewall/rule_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "firewall/messages.h"
#include "firewall/plants_testing.h"
#include "firewall/project.h"

namespace rampart::firewall {
namespace {

using ::testing::HasSubstr;

RuleSet sample() { return project(*testing::policy_of(testing::kPlant), "gw-1", false).rules; }

std::string refused(const RuleSet& rules) {
  std::string why;
  EXPECT_FALSE(decode(encode(rules), why));
  return why;
}
std::string refused(const std::function<void(RuleSet&)>& spoil) {
  RuleSet rules = sample();
  spoil(rules);
  return refused(rules);
}

TEST(RuleSet, IsReadBackAsItWasWritten) {
  const RuleSet rules = sample();
  std::string why;
  const auto again = decode(encode(rules), why);
  ASSERT_TRUE(again) << why;
  EXPECT_EQ(*again, rules);
}

TEST(RuleSet, CutAnywhereIsRefused) {
  const std::vector<uint8_t> bytes = encode(sample());
  std::string why;
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode(Bytes(bytes).first(size), why)) << size;
    EXPECT_FALSE(why.empty()) << size;
  }
  std::vector<uint8_t> longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode(longer, why));
  EXPECT_THAT(why, HasSubstr("left over"));
}

TEST(RuleSet, WithAnyOctetSpoiledIsRefusedOrReadAsSomethingElse) {
  const RuleSet rules = sample();
  const std::vector<uint8_t> bytes = encode(rules);
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const uint8_t bit : {uint8_t{1}, uint8_t{128}}) {
      std::vector<uint8_t> spoiled = bytes;
      spoiled[at] = static_cast<uint8_t>(spoiled[at] ^ bit);
      std::string why;
      const auto read = decode(spoiled, why);
      // One form for each rule set: what is accepted is written the same again.
      if (read) {
        EXPECT_EQ(encode(*read), spoiled) << at;
        EXPECT_NE(*read, rules) << at;
      }
    }
  }
}

TEST(RuleSet, NamesThatNoPlantAllowsAreRefused) {
  EXPECT_THAT(refused([](RuleSet& rules) { rules.guard = "gw 1"; }), HasSubstr("the guard has no id"));
  EXPECT_THAT(refused([](RuleSet& rules) { rules.zones[0].id = "a\"},{"; }), HasSubstr("a zone has no id"));
  EXPECT_THAT(refused([](RuleSet& rules) { rules.conduits[0].id = ""; }), HasSubstr("a conduit has no id"));
  EXPECT_THAT(refused([](RuleSet& rules) { rules.conduits[0].rules[0].id = "Poll"; }), HasSubstr("a rule has no id"));
  EXPECT_THAT(refused([](RuleSet& rules) { rules.zones[0].id = std::string(65, 'a'); }), HasSubstr("no id"));
}

TEST(RuleSet, NamesThatComeTwiceAreRefused) {
  EXPECT_THAT(refused([](RuleSet& rules) { rules.zones[1].id = rules.zones[0].id; }), HasSubstr("comes twice"));
  EXPECT_THAT(refused([](RuleSet& rules) { rules.conduits.push_back(rules.conduits[0]); }), HasSubstr("comes twice"));
  EXPECT_THAT(refused([](RuleSet& rules) { rules.conduits[0].rules[1].id = rules.conduits[0].rules[0].id; }),
              HasSubstr("comes twice"));
}

TEST(RuleSet, WhatIsNotInOrderIsRefused) {
  EXPECT_THAT(refused([](RuleSet& rules) { std::swap(rules.zones[0].addresses[0], rules.zones[0].addresses[1]); }),
              HasSubstr("not in order"));
  EXPECT_THAT(
      refused([](RuleSet& rules) { std::swap(rules.zones[0].addresses[0].first, rules.zones[0].addresses[0].last); }),
      HasSubstr("not in order"));
  const auto web = [](RuleSet& rules) -> Rule& { return rules.conduits[0].rules[1]; };
  EXPECT_THAT(refused([&](RuleSet& rules) { std::swap(web(rules).openings[0], web(rules).openings[1]); }),
              HasSubstr("not in order"));
  EXPECT_THAT(refused([&](RuleSet& rules) { web(rules).openings[1] = web(rules).openings[0]; }),
              HasSubstr("not in order"));
  EXPECT_THAT(refused([&](RuleSet& rules) { web(rules).openings[0].last_port = 9'000; }), HasSubstr("not in order"));
  EXPECT_THAT(refused([](RuleSet& rules) { std::swap(rules.pairs[0], rules.pairs[1]); }), HasSubstr("not in order"));
}

TEST(RuleSet, PortsWhereThereAreNoneAreRefused) {
  EXPECT_THAT(refused([](RuleSet& rules) { rules.conduits[0].rules[2].openings[0].last_port = 7; }),
              HasSubstr("bad ports"));
  EXPECT_THAT(refused([](RuleSet& rules) { rules.conduits[0].rules[1].openings[0].last_port = 1; }),
              HasSubstr("bad ports"));
}

TEST(RuleSet, PlacesThatAreNotThereAreRefused) {
  EXPECT_THAT(refused([](RuleSet& rules) { rules.pairs[0].conduits = {7}; }), HasSubstr("conduit that is not there"));
  EXPECT_THAT(refused([](RuleSet& rules) { rules.pairs[0].from = 9; }), HasSubstr("zone that is not there"));
  EXPECT_THAT(refused([](RuleSet& rules) { rules.pairs[0].conduits = {}; }), HasSubstr("has no conduit"));
}

TEST(RuleSet, JudgesByTheRuleThatOpensAndNamesTheConduitThatDenies) {
  const RuleSet rules = sample();
  const auto ask = [&](const char* from, const char* to, uint8_t transport, uint16_t port) {
    return judge(rules, {*IpAddress::parse(from), *IpAddress::parse(to), transport, 40'000, port});
  };
  const Judgement poll = ask("10.1.0.10", "10.2.0.10", 6, 502);
  ASSERT_TRUE(poll.allowed);
  EXPECT_EQ(poll.rule->id, "poll");
  EXPECT_TRUE(ask("fd01::10", "fd02::10", 17, 502).allowed);
  EXPECT_TRUE(ask("10.1.0.11", "10.2.0.10", 6, 8'010).allowed);
  EXPECT_FALSE(ask("10.1.0.11", "10.2.0.10", 6, 8'011).allowed);
  EXPECT_FALSE(ask("10.2.0.10", "10.1.0.10", 6, 502).allowed) << "nobody may ask the other way";
  const Judgement denied = ask("10.1.0.10", "10.2.0.10", 6, 22);
  EXPECT_FALSE(denied.allowed);
  EXPECT_EQ(denied.conduit->id, "up-down");
  EXPECT_EQ(ask("10.3.0.1", "10.2.0.10", 6, 502).conduit, nullptr);
  EXPECT_TRUE(ask("10.1.0.99", "10.1.0.98", 6, 1).allowed) << "inside a zone that nothing judges";
}

TEST(Messages, AreReadBackAndBounded) {
  const Load load{{1, 2, 3}, 60, {9, 8, 7}};
  const auto again = decode_load(encode(load));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->digest, load.digest);
  EXPECT_EQ(again->seconds, 60);
  EXPECT_EQ(again->rules, load.rules);
  EXPECT_FALSE(decode_load(encode(Load{{}, kLongestWait + 1, {}})));
  const Status status{Status::State::waiting, {5}, 42, "loaded"};
  EXPECT_EQ(decode_status(encode(status)), status);
  std::vector<uint8_t> asked = request(Ask::status);
  EXPECT_TRUE(parse_request_head(asked));
  asked[4] = kLastAsk + 1;
  EXPECT_FALSE(parse_request_head(asked)) << "an unknown question";
  asked = request(Ask::load);
  asked[5] = 0xff;
  EXPECT_FALSE(parse_request_head(asked)) << "a length beyond the bound";
  EXPECT_FALSE(parse_answer_head(request(Ask::status))) << "a question is no answer";
}

}  // namespace
}  // namespace rampart::firewall
