// Story: the plant file says much of a level by itself. Each thing that it says is spoiled once, on its line, and
// exactly the facts fall that speak of it.
#include "assess/plant_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "assess/testing.h"

namespace rampart::assess {
namespace {

using namespace testing;

/// contrary names the facts of a plant that do not hold.
std::set<std::string> contrary(const std::string& text) {
  const plant::Plant plant = plant_of(text);
  std::set<std::string> out;
  for (const Fact& fact : plant_facts(plant, kNow)) {
    if (!fact.holds) {
      out.insert(std::string(row_of(fact.kind).word) + " " + std::string(id_of(plant, fact.scope)));
    }
  }
  return out;
}

std::string with(std::string_view old, std::string_view now) {
  std::string text = kGood;
  const size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), now);
}

TEST(PlantFacts, AllHoldOfAGoodPlantAndNameTheirLine) {
  EXPECT_EQ(contrary(kGood), std::set<std::string>());
  const plant::Plant plant = plant_of(kGood);
  size_t count = 0;
  for (const Fact& fact : plant_facts(plant, kNow)) {
    EXPECT_EQ(row_of(fact.kind).source, "policy");
    EXPECT_EQ(row_of(fact.kind).scope, fact.scope.kind);
    ASSERT_EQ(fact.sources.size(), 1u) << row_of(fact.kind).word;
    EXPECT_EQ(fact.sources[0].kind, Source::Kind::plant);
    EXPECT_GT(fact.sources[0].number, 0u);
    ++count;
  }
  EXPECT_GT(count, 30u);
}

struct Spoiled {
  const char *old, *now;
  std::set<std::string> falls;
};

TEST(PlantFacts, EachThingSpoiledOnItsLineMakesExactlyItsFactsFall) {
  const Spoiled kRows[] = {
      {"    networks: [10.1.0.0/24]\n", "", {"zone-has-networks upper"}},
      {"complete: true, reviewed: 2026-11-01, by: j.koch", "complete: false", {"inventory-reviewed upper"}},
      {"complete: true, reviewed: 2026-11-01, by: j.koch", "complete: true", {"inventory-reviewed upper"}},
      {"kind: operator-station, at: [{ip: 10.1.0.11}], vendor: V",
       "kind: operator-station, at: [{ip: 10.1.0.11}]",
       {"inventory-described hmi"}},
      {"kind: operator-station, at: [{ip: 10.1.0.11}],", "kind: operator-station,", {"asset-addressed hmi"}},
      {"        essential: [supply]\n", "", {"essential-named "}},
      {"to: [plc]}", "to: [plc], reviewed: no}", {"rules-reviewed up-down"}},
      {", role: operator}", "}", {"rules-name-roles up-down"}},
      {", points: [valve]", "", {"rules-name-objects up-down", "rules-bound-values up-down"}},
      {", range: 0..100, safe: [0]", "", {"rules-bound-values up-down"}},
      {", rate: 60/min", "", {"rules-limit-rate up-down"}},
      {", safe: [0]", "", {"points-have-safe-values lower"}},
      {"allow: write, protocol: modbus", "allow: [write, program], protocol: modbus", {"rules-ask-two up-down"}},
      {"role: operator}\n",
       "role: operator}\n      - {id: mail, allow: session, protocol: tcp, ports: 25, from: [hmi], to: [plc]}\n",
       {"rules-without-messaging up-down"}},
      {"role: operator}\n",
       "role: operator}\n      - {id: all, allow: session, protocol: tcp, from: [hmi], to: [plc]}\n",
       {"rules-narrow up-down"}},
      {"to: [plc]}", "to: [plc], journal: before}", {"essential-not-held up-down"}},
      {"    guard: gw-1\n", "", {"conduit-guarded up-down"}},
      {"mode: enforce", "mode: test", {"conduit-guarded up-down"}},
      {"to: [plc]}", "to: [plc], mode: learn}", {"conduit-guarded up-down"}},
      {"on-failure: close", "on-failure: open", {"conduit-fails-closed up-down"}},
      {"may: [watch, lease]", "may: [watch, lease, approve]", {"duties-divided "}},
      {"{may: [watch, verify], factors: 2}", "{may: [watch, verify]}", {"roles-ask-two "}},
      {"approve, override]", "approve]", {"override-role "}},
      {"[watch, verify]", "[watch]", {"auditor-role "}},
      {"id: scada, kind: scada-server", "id: scada, kind: scada-server, wireless: true", {"zone-separated upper"}},
  };
  for (const Spoiled& row : kRows)
    EXPECT_EQ(contrary(with(row.old, row.now)), row.falls) << row.old << " -> " << row.now;
}

TEST(PlantFacts, SayThatThereIsNoneOfSomethingOnlyOfACompleteInventory) {
  const auto none = [](const std::string& text) {
    const plant::Plant plant = plant_of(text);
    std::set<std::string> out;
    for (const Fact& fact : plant_facts(plant, kNow)) {
      if (row_of(fact.kind).word.starts_with("no-")) {
        out.insert(std::string(row_of(fact.kind).word) + " " + std::string(id_of(plant, fact.scope)));
      }
    }
    return out;
  };
  const std::set<std::string> good = none(kGood);
  EXPECT_EQ(good,
            (std::set<std::string>{"no-host lower", "no-wireless upper", "no-wireless lower", "no-portable upper",
                                   "no-portable lower", "no-untrusted-access upper", "no-untrusted-access lower"}));
  std::set<std::string> fewer = good;
  for (const char* word : {"no-wireless upper", "no-portable upper", "no-untrusted-access upper"}) fewer.erase(word);
  EXPECT_EQ(none(with("complete: true", "complete: false")), fewer);
  fewer = good;
  fewer.erase("no-wireless upper");
  EXPECT_EQ(none(with("id: scada, kind: scada-server", "id: scada, kind: scada-server, wireless: true")), fewer);
  fewer = good;
  fewer.erase("no-untrusted-access upper");
  fewer.erase("no-untrusted-access lower");
  EXPECT_EQ(none(with("level: 2", "level: 4")), fewer);
  std::string plain = with("    protect: mutual-tls\n", "");
  EXPECT_TRUE(none(plain).contains("no-pki lower"));
  plain += "gateways:\n  - id: gw-1\n    serves: [{to: plc, protocol: modbus, at: 10.2.0.1, tls: clients}]\n";
  EXPECT_FALSE(none(plain).contains("no-pki lower")) << "Modbus/TCP Security takes certificates";
  EXPECT_TRUE(none(plain).contains("no-pki upper"));
}

TEST(PlantFacts, AnInventoryIsAsOldAsItsReview) {
  const plant::Plant plant = plant_of(kGood);
  const auto facts = plant_facts(plant, kNow);
  const auto found =
      std::ranges::find_if(facts, [](const Fact& fact) { return fact.kind == fact_kind("inventory-reviewed"); });
  ASSERT_NE(found, facts.end());
  EXPECT_EQ(found->time, TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 11 / 1)));
  EXPECT_EQ(found->text, "by j.koch");
}

}  // namespace
}  // namespace rampart::assess
