// The index of rules: never another verdict than without it, in spaces with names, containers and lists of their own
// numbers too; and few rules asked where there are many.
#include "policy/rule_index.h"

#include <gtest/gtest.h>

#include <random>

#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using protocols::Action;
using protocols::Operation;
using protocols::Values;

struct Pair {
  Builder build;
  Index conduit = kNone, client = kNone, server = kNone;
  Pair() {
    const Index upper = build.zone("upper"), lower = build.zone("lower");
    client = build.asset(upper, "client");
    server = build.asset(lower, "server");
    conduit = build.conduit("link", {upper, lower});
  }
  plant::Rule& rule(const std::string& protocol, std::initializer_list<const char*> objects) {
    auto& rules = build.plant.conduits[conduit].rules;
    plant::Rule& rule =
        build.rule(conduit, "rule-" + std::to_string(rules.size()), {"read", "write"}, protocol, {client}, {server});
    for (const char* object : objects) rule.objects.push_back(text(object));
    return rule;
  }
  Parties parties() const { return {{client, 0}, {server, 1}}; }
};

auto tied(const Verdict& verdict) {
  return std::tie(verdict.decision, verdict.reason, verdict.conduit, verdict.rule, verdict.point);
}

size_t asked(const Policy& policy, const Parties& parties, const Operation& operation) {
  const uint64_t key = rule_key(parties.client.asset, parties.server.asset, operation.protocol, operation.action);
  const RuleIndex* index = policy.indexed.find(key);
  if (index == nullptr) return policy.allowed.find(key)->count;
  size_t count = 0;
  RulesAbout rules(policy, *index, extent_of(operation.object, operation.values, operation.protocol), operation.values);
  for (uint32_t rule = 0; rules.next(rule);) ++count;
  return count;
}

/// random_object is a place or a range of one of the spaces that the protocol's examples name.
std::string random_object(std::mt19937& random, std::string_view protocol) {
  const auto pick = [&](uint32_t count) { return std::to_string(random() % count); };
  const auto first = static_cast<uint32_t>(random() % 12);
  const std::string range = std::to_string(first) + "-" + std::to_string(first + random() % 4);
  if (protocol == "modbus") return (random() % 3 == 0 ? "coil " : "holding-register ") + range;
  if (protocol == "s7comm") return "db" + pick(3) + ".dbx" + pick(6) + ".0";
  if (protocol == "dnp3") return (random() % 2 == 0 ? "analog-output " : "binary-output ") + range;
  return "tag Line" + pick(60) + (random() % 4 == 0 ? "" : "[" + range + "]");
}

TEST(RuleIndex, GivesTheVerdictsThatAskingEveryRuleGives) {
  for (const char* protocol : {"modbus", "s7comm", "dnp3", "enip"}) {
    size_t allowed = 0, denied = 0;
    for (uint32_t round = 0; round < 60; ++round) {
      std::mt19937 random(round);
      Pair pair;
      for (int i = 0; i < 40; ++i) {
        plant::Rule& rule = pair.rule(protocol, {});
        for (uint32_t k = random() % 4; k > 0; --k) rule.objects.push_back(text(random_object(random, protocol)));
        if (rule.objects.empty() && random() % 8 != 0) rule.objects.push_back(text("none"));
        if (random() % 2 == 0) rule.rate = plant::Rate{random() % 2 == 0 ? 1u : 2u, std::chrono::seconds(60)};
        if (random() % 3 == 0) rule.functions = {text("5")};
      }
      const Compiled compiled = pair.build.compile();
      ASSERT_NE(compiled.policy, nullptr) << protocol << ": " << compiled.problems.at(0).what;
      Policy plain = *compiled.policy;
      plain.indexed = {};
      Situation situation(compiled.policy);
      const Parties parties = pair.parties();
      for (int i = 0; i < 200; ++i) {
        const std::string object = random() % 16 == 0 ? "" : random_object(random, protocol);
        Operation asked = operation(protocol, random() % 2 == 0 ? Action::read : Action::write, object);
        asked.function.code = random() % 2 == 0 ? 5 : 6;
        const Verdict verdict = decide(*compiled.policy, situation, parties, asked, at(100));
        ASSERT_EQ(tied(verdict), tied(decide(plain, situation, parties, asked, at(100)))) << protocol << " " << object;
        ++(verdict.allowed() ? allowed : denied);
        if (verdict.allowed()) note_asked(situation, *compiled.policy, parties, verdict, at(100));
      }
    }
    EXPECT_GT(allowed, 100u) << protocol;
    EXPECT_GT(denied, 100u) << protocol;
  }
}

TEST(RuleIndex, AsksOneOfTenThousandRulesThatEachHaveTheirRegister) {
  Pair pair;
  for (int i = 0; i < 10'000; ++i) pair.rule("modbus", {}).objects = {text("holding-register " + std::to_string(i))};
  const Compiled compiled = pair.build.compile();
  ASSERT_NE(compiled.policy, nullptr);
  const Parties parties = pair.parties();
  for (const char* object : {"holding-register 0", "holding-register 9999", "holding-register 10-12"}) {
    EXPECT_EQ(asked(*compiled.policy, parties, operation("modbus", Action::read, object)), 1u) << object;
  }
  EXPECT_EQ(asked(*compiled.policy, parties, operation("modbus", Action::read, "holding-register 10000")), 0u);
  EXPECT_EQ(asked(*compiled.policy, parties, operation("modbus", Action::read, "coil 5")), 0u);
}

TEST(RuleIndex, KeepsItsSizeWhereRulesLieInsideEachOther) {
  Pair pair;
  for (int i = 0; i < 2'000; ++i) {
    pair.rule("modbus", {}).objects = {text("holding-register " + std::to_string(i) + "-" + std::to_string(9'999 - i))};
  }
  const Compiled compiled = pair.build.compile();
  ASSERT_NE(compiled.policy, nullptr);
  EXPECT_LT(compiled.policy->candidates.size(), 2u * 2'000 * 70);
}

TEST(RuleIndex, FindsRulesForTheBitsOfAWriteByMask) {
  Pair pair;
  for (int i = 0; i < 40; ++i) pair.rule("modbus", {}).objects = {text("holding-register " + std::to_string(i + 100))};
  pair.build.point(pair.server, "bit", "holding-register 5.3");
  pair.rule("modbus", {}).points = {text("bit")};
  const Compiled compiled = pair.build.compile();
  ASSERT_NE(compiled.policy, nullptr);
  Situation situation(compiled.policy);
  const auto write = [&](uint16_t keep, uint16_t set) {
    const std::vector<uint8_t> octets = registers({keep, set});
    Operation asked = operation("modbus", Action::write, "holding-register 5");
    asked.values = Values::numbers(protocols::ValueType::uint16, octets);
    asked.values.masks = true;
    return decide(*compiled.policy, situation, pair.parties(), asked, at(100));
  };
  EXPECT_EQ(write(0xfff7, 0x0008).rule, 40u);
  EXPECT_EQ(write(0xfff6, 0x0009).reason, Reason::no_rule);
  EXPECT_EQ(write(0xffff, 0).rule, 0u) << "a write that changes nothing lies inside every rule";
}

}  // namespace
}  // namespace rampart::policy
