#include <gtest/gtest.h>

#include "base/text.h"
#include "plant/plant.h"

namespace rampart::plant {
namespace {

constexpr std::string_view kText = R"(# A comment above
rampart: 1
plant: Test   # a name
roles:
  op: {may: [watch, lease], factors: 2}
zones:
  - id: control
    target: 2                   # SL-T
    networks: [10.1.0.0/16]
    assets:
      - {id: scada, kind: server, at: [{ip: 10.1.0.1}], firmware: "2.7", vendor: 'It''s'}   # seven
      - id: plc
        kind: controller
        at: [{ip: 10.1.0.2}, {ip: 10.1.0.3}]
        points:
          - {id: level, object: holding-register 1, range: 0..100, step: 5, safe: [0, 50]}
conduits:
  - id: inside
    joins: [control, control]
    rules:
      - {id: set, allow: write, protocol: modbus, from: [scada], to: [plc], points: [level], rate: 10/min}
)";

Plant plant() { return require(load_text(std::string(kText), "plant.yaml")); }

/// changed is the one line that differs, as it became; it fails where another line differs too.
std::string changed(std::string_view path, std::string_view value) {
  const std::string text = edited(plant(), path, value);
  const auto before = split(kText, '\n');
  const auto after = split(text, '\n');
  std::string line;
  EXPECT_EQ(before.size(), after.size());
  for (size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    if (before[i] == after[i]) continue;
    EXPECT_TRUE(line.empty()) << "two lines changed";
    line = trim(after[i]);
  }
  return line;
}

TEST(PlantEdit, ChangesAPlainValueAndKeepsTheComment) {
  EXPECT_EQ(changed("plant", "Other"), "plant: Other   # a name");
  EXPECT_EQ(changed("zones/control/target", "3"), "target: 3                   # SL-T");
}

TEST(PlantEdit, ChangesAValueInBraces) {
  EXPECT_EQ(changed("zones/control/assets/plc/points/level/step", "2.5"),
            "- {id: level, object: holding-register 1, range: 0..100, step: 2.5, safe: [0, 50]}");
  EXPECT_EQ(changed("roles/op/factors", "1"), "op: {may: [watch, lease], factors: 1}");
  EXPECT_EQ(changed("conduits/inside/rules/set/rate", "5/s"),
            "- {id: set, allow: write, protocol: modbus, from: [scada], to: [plc], points: [level], rate: 5/s}");
}

TEST(PlantEdit, ChangesAnItemByItsNumber) {
  EXPECT_EQ(changed("zones/control/assets/plc/at/1/ip", "10.1.0.9"), "at: [{ip: 10.1.0.2}, {ip: 10.1.0.9}]");
  EXPECT_EQ(changed("zones/0/assets/1/points/0/safe/1", "60"),
            "- {id: level, object: holding-register 1, range: 0..100, step: 5, safe: [0, 60]}");
}

TEST(PlantEdit, KeepsTheQuotesThatWereThere) {
  EXPECT_EQ(changed("zones/control/assets/scada/firmware", "2.8"),
            "- {id: scada, kind: server, at: [{ip: 10.1.0.1}], firmware: \"2.8\", vendor: 'It''s'}   # seven");
  EXPECT_EQ(changed("zones/control/assets/scada/vendor", "That's"),
            "- {id: scada, kind: server, at: [{ip: 10.1.0.1}], firmware: \"2.7\", vendor: 'That''s'}   # seven");
}

TEST(PlantEdit, QuotesWhatNeedsQuotes) {
  EXPECT_EQ(changed("plant", "A: b"), "plant: \"A: b\"   # a name");
  EXPECT_EQ(changed("plant", "say \"x\" \\ # y"), "plant: \"say \\\"x\\\" \\\\ # y\"   # a name");
  EXPECT_EQ(changed("plant", "null"), "plant: \"null\"   # a name");
  EXPECT_EQ(changed("plant", "- item"), "plant: \"- item\"   # a name");
  EXPECT_EQ(changed("plant", "[a, b]"), "plant: \"[a, b]\"   # a name");
  EXPECT_EQ(changed("plant", "Süd 東"), "plant: Süd 東   # a name");
}

TEST(PlantEdit, RefusesWhatWouldNotLoad) {
  EXPECT_THROW(edited(plant(), "zones/control/target", "5"), FileError);
  EXPECT_THROW(edited(plant(), "zones/control/assets/plc/points/level/step", "0"), FileError);
  EXPECT_THROW(edited(plant(), "zones/control/assets/plc/points/level/range", "60..100"), FileError);
  EXPECT_THROW(edited(plant(), "zones/control/assets/plc/at/0/ip", "10.1.0.1"), FileError);
  EXPECT_THROW(edited(plant(), "zones/control/assets/plc/id", "other"), FileError);
  EXPECT_THROW(edited(plant(), "plant", ""), Error);
}

TEST(PlantEdit, RefusesWhatIsNoScalar) {
  EXPECT_THROW(edited(plant(), "zones/control/assets/plc/at", "x"), Error);
  EXPECT_THROW(edited(plant(), "zones/control", "x"), Error);
  EXPECT_THROW(edited(plant(), "", "x"), Error);
}

TEST(PlantEdit, RefusesAPathThatLeadsNowhere) {
  for (const char* path : {"zone", "zones/none/target", "zones/control/assets/7", "plant/x", "zones//target", "/plant",
                           "zones/control/assets/plc/at/99999999999999999999/ip"}) {
    EXPECT_THROW(edited(plant(), path, "x"), Error) << path;
  }
}

TEST(PlantEdit, RefusesSeveralLinesAndControlCharacters) {
  EXPECT_THROW(edited(plant(), "plant", "a\nb: c"), Error);
  EXPECT_THROW(edited(plant(), "plant", "a\x1b[31m"), Error);
  EXPECT_THROW(edited(plant(), "plant", "\xff"), Error);
}

TEST(PlantEdit, CannotBeMadeToAddAnotherKey) {
  for (const char* value :
       {"x, safety: yes", "x}", "x} # ", "x\", safety: yes, b: \"", "x: y", "2.7\\", "*a", "&a b"}) {
    const Plant after = require(load_text(edited(plant(), "zones/control/assets/scada/firmware", value), "plant.yaml"));
    EXPECT_EQ(after.assets[0].firmware, value);
    const Plant other = require(load_text(edited(plant(), "plant", value), "plant.yaml"));
    EXPECT_EQ(other.name, value);
  }
}

TEST(PlantEdit, TellsTheValueAtAPath) {
  const Plant before = plant();
  const Plant after = require(load_text(edited(before, "plant", "x: \"y\""), "plant.yaml"));
  EXPECT_EQ(scalar_at(after, "plant"), "x: \"y\"");
  EXPECT_EQ(scalar_at(before, "plant"), before.name);
  EXPECT_THROW(scalar_at(before, "zones"), Error);
  EXPECT_THROW(scalar_at(before, "zones/nowhere/target"), Error);
}

TEST(PlantEdit, KeepsLineEndsOfWindows) {
  std::string text;
  for (const char c : kText) text += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const std::string after = edited(require(load_text(text, "plant.yaml")), "plant", "Other");
  EXPECT_EQ(std::count(after.begin(), after.end(), '\r'), std::count(text.begin(), text.end(), '\r'));
  EXPECT_EQ(require(load_text(after, "plant.yaml")).name, "Other");
}

TEST(PlantEdit, MayChangeAPlantThatHasErrorsButNotAddOne) {
  std::string text(kText);
  text.replace(text.find("10/min"), 6, "10/day");
  const Loaded loaded = load_text(text, "plant.yaml");
  ASSERT_FALSE(loaded.ok());
  EXPECT_NE(edited(loaded.plant, "plant", "Other").find("plant: Other"), std::string::npos);
  EXPECT_THROW(edited(loaded.plant, "zones/control/target", "9"), FileError);
  EXPECT_TRUE(load_text(edited(loaded.plant, "conduits/inside/rules/set/rate", "10/min"), "plant.yaml").ok());
}

}  // namespace
}  // namespace rampart::plant
