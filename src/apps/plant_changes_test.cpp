// Which rules another plant changes, in the words of its file.
#include "apps/plant_changes.h"

#include <gtest/gtest.h>

namespace rampart::apps {
namespace {

constexpr const char* kPlant = R"(rampart: 1
plant: Test
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - id: plc
        kind: controller
        at: [{ip: 10.2.0.10}]
        points:
          - {id: valve, object: holding-register 100, range: 0..100}
conduits:
  - id: up-down
    name: "braces } in ' words"
    joins: [upper, lower]
    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}   # every second
      - {id: set, allow: write, protocol: modbus,   # it's one } to a line
         from: [scada], to: [plc], points: [valve]}
      # the engineer
      - id: look
        allow: [identify, diagnose]   # no more
        protocol: modbus

        # nobody else
        from: [scada]
        to:
          - plc
      # the last one
      - id: files
        allow: file
        protocol: modbus
        from: [scada]
        to: [plc]
calendars: {}
)";

plant::Plant plant_of(std::string text) { return plant::require(plant::load_text(std::move(text), "plant.yaml")); }

plant::Plant with(std::string_view from, std::string_view to) {
  std::string text = kPlant;
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return plant_of(text.replace(at, from.size(), to));
}

TEST(PlantChanges, GivesARuleInTheWordsOfTheFile) {
  const plant::Plant plant = plant_of(kPlant);
  const auto& rules = plant.conduits[0].rules;
  ASSERT_EQ(rules.size(), 4u);
  EXPECT_EQ(rule_text(plant, rules[0]), "{id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}");
  EXPECT_EQ(rule_text(plant, rules[1]),
            "{id: set, allow: write, protocol: modbus,   # it's one } to a line\n"
            "         from: [scada], to: [plc], points: [valve]}");
  EXPECT_EQ(rule_text(plant, rules[2]),
            "id: look\n        allow: [identify, diagnose]   # no more\n        protocol: modbus\n\n"
            "        # nobody else\n        from: [scada]\n        to:\n          - plc");
  EXPECT_EQ(rule_text(plant, rules[3]),
            "id: files\n        allow: file\n        protocol: modbus\n        from: [scada]\n        to: [plc]");
}

TEST(PlantChanges, GivesEachRuleOfAListOnOneLine) {
  std::string text = kPlant;
  const size_t from = text.find("    rules:");
  text.replace(from, text.find("calendars") - from,
               "    rules: [{id: a, allow: read, protocol: modbus, from: [scada], to: [plc]}, "
               "{id: \"b\", allow: file, protocol: modbus, from: [scada], to: [plc]}]\n");
  const plant::Plant plant = plant_of(text);
  EXPECT_EQ(rule_text(plant, plant.conduits[0].rules[0]),
            "{id: a, allow: read, protocol: modbus, from: [scada], to: [plc]}");
  EXPECT_EQ(rule_text(plant, plant.conduits[0].rules[1]),
            "{id: \"b\", allow: file, protocol: modbus, from: [scada], to: [plc]}");
}

TEST(PlantChanges, FindsWhatWasAddedRemovedAndAltered) {
  const plant::Plant before = plant_of(kPlant);
  EXPECT_TRUE(compare_rules(before, with("0..100", "0..80")).empty());

  const plant::Plant altered = with("id: files\n        allow: file", "id: files\n        allow: program");
  const auto one = compare_rules(before, altered);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one[0].conduit, "up-down");
  EXPECT_EQ(one[0].rule, "files");
  EXPECT_NE(one[0].before.find("allow: file"), std::string_view::npos);
  EXPECT_NE(one[0].after.find("allow: program"), std::string_view::npos);

  const plant::Plant renamed = with("{id: poll,", "{id: ask,");
  const auto two = compare_rules(before, renamed);
  ASSERT_EQ(two.size(), 2u);
  EXPECT_EQ(two[0].rule, "poll");
  EXPECT_TRUE(two[0].after.empty());
  EXPECT_EQ(two[1].rule, "ask");
  EXPECT_TRUE(two[1].before.empty());
}

TEST(PlantChanges, SeesThatARuleOnlyMoved) {
  std::string text = kPlant;
  const std::string poll =
      "      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}   # every second\n";
  text.erase(text.find(poll), poll.size());
  text.insert(text.find("      # the engineer"), poll);
  const plant::Plant before = plant_of(kPlant);
  EXPECT_TRUE(compare_rules(before, plant_of(text)).empty());
}

}  // namespace
}  // namespace rampart::apps
