#include "plant/plant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/text.h"

namespace rampart::plant {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kExample = RAMPART_SOURCE_DIR "/../shared/plant-example.yaml";

class PlantExample : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kExample)) GTEST_SKIP() << "no ../shared/plant-example.yaml";
    Loaded loaded = load(kExample);
    for (const Problem& problem : loaded.problems) ADD_FAILURE() << render(problem);
    plant_ = require(std::move(loaded));
  }
  Plant plant_;
};

TEST_F(PlantExample, HasItsZonesAndTargets) {
  ASSERT_EQ(plant_.zones.size(), 4u);
  EXPECT_EQ(plant_.name, "Riverside Water Works");
  EXPECT_EQ(plant_.tolerable_risk, "low");
  const Zone& control = plant_.zones[plant_.zone("control")];
  EXPECT_THAT(control.target.levels, ElementsAre(2, 3, 3, 1, 3, 2, 3));
  EXPECT_EQ(control.networks[0].vlan, 101);
  EXPECT_EQ(control.assets.size(), 4u);
  const Zone& supervisory = plant_.zones[plant_.zone("supervisory")];
  EXPECT_THAT(supervisory.target.levels, ElementsAre(2, 2, 2, 2, 2, 2, 2));
  EXPECT_TRUE(supervisory.inventory.complete);
  EXPECT_EQ(supervisory.inventory.reviewed, 2026y / 11 / 2);
  EXPECT_TRUE(plant_.zones[plant_.zone("safety")].safety);
  EXPECT_EQ(plant_.zones[plant_.zone("remote")].networks[0].seen_by, "sensor-2");
}

TEST_F(PlantExample, HasItsAssetsAndPoints) {
  const Asset& dosing = plant_.assets[plant_.asset("plc-dosing")];
  EXPECT_EQ(dosing.firmware, "3.2.8");
  EXPECT_THAT(dosing.essential, ElementsAre(0u));
  const Point& chlorine = dosing.points[0];
  EXPECT_EQ(chlorine.object.value, "DB10.DBD4");
  EXPECT_EQ(chlorine.minimum, 0.2);
  EXPECT_EQ(chlorine.maximum, 4.0);
  EXPECT_EQ(chlorine.step, 0.2);
  EXPECT_THAT(chlorine.safe, ElementsAre(0.5));
  EXPECT_EQ(plant_.assets[plant_.asset("flow-meter-7")].at[0].unit, 7u);
  EXPECT_EQ(plant_.assets[plant_.asset("rtu-3")].at[0].link, 4u);
  const Location& rack = plant_.assets[plant_.asset("io-rack")].at[0];
  EXPECT_EQ(to_text(*rack.mac), "00:0e:8c:01:02:03");
  EXPECT_EQ(rack.name, "io-rack-1");
}

TEST_F(PlantExample, HasItsConduitAndRules) {
  const Conduit& conduit = plant_.conduits[plant_.conduit("scada-to-control")];
  EXPECT_THAT(conduit.joins, ElementsAre(plant_.zone("supervisory"), plant_.zone("control")));
  EXPECT_EQ(conduit.guard.value, "gw-1");
  EXPECT_EQ(conduit.protect, Protect::mutual_tls);
  ASSERT_EQ(conduit.rules.size(), 4u);
  EXPECT_EQ(conduit.rules[0].allow[1].value, "identify");
  EXPECT_EQ(conduit.rules[1].rate->count, 10u);
  EXPECT_EQ(conduit.rules[1].rate->per, 60s);
  EXPECT_EQ(conduit.rules[2].role, 0u);
  const Rule& program = conduit.rules[3];
  EXPECT_EQ(program.approvals, 1u);
  EXPECT_EQ(program.during, 0u);
  EXPECT_FALSE(program.essential);
  EXPECT_EQ(plant_.calendars[0].from, 6h);
  EXPECT_TRUE(plant_.calendars[0].days[5]);
  EXPECT_EQ(plant_.calendars[0].zone.value, "Europe/Berlin");
}

TEST_F(PlantExample, FillsTheConduitsTargetFromItsZones) {
  EXPECT_THAT(plant_.target(plant_.conduits[0]).levels, ElementsAre(2, 3, 3, 2, 3, 2, 3));
}

TEST_F(PlantExample, PointsAtThePlaceOfAWord) {
  const Rule& dose = plant_.conduits[0].rules[2];
  const Problem problem = plant_.problem(dose.protocol.mark, "what", "hint");
  EXPECT_EQ(problem.excerpt.substr(problem.mark.column - 1, problem.width), "s7comm");
  EXPECT_THAT(render(problem), HasSubstr("plant-example.yaml:79:48: error: what"));
}

TEST(Plant, FindsNothingUnderAnUnknownId) {
  const Plant plant = require(load_text("rampart: 1\nplant: x\nzones: [{id: a, target: 1}]\n", "p"));
  EXPECT_EQ(plant.zone("b"), kNone);
  EXPECT_EQ(plant.asset(""), kNone);
  EXPECT_EQ(plant.zone("a"), 0u);
}

TEST(Plant, FindsByIdWhereItWasMadeByHand) {
  Plant plant;
  plant.zones.resize(2);
  plant.zones[1].id.value = "a";
  EXPECT_EQ(plant.zone("a"), 1u);
}

TEST(Plant, WarnsOfAZoneWithoutTarget) {
  const Loaded loaded = load_text("rampart: 1\nplant: x\nzones: [{id: a}]\n", "p");
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_TRUE(loaded.problems[0].warning);
  EXPECT_TRUE(loaded.ok());
}

TEST(Plant, ReadsAllFormsOfATarget) {
  for (const char* target : {"{2 2 0 1 3 1 3}", "\"{2 2 0 1 3 1 3}\"", "{2, 2, 0, 1, 3, 1, 3}", "[2,2,0,1,3,1,3]",
                             "2 2 0 1 3 1 3", "{IAC: 2, UC: 2, SI: 0, DC: 1, RDF: 3, TRE: 1, RA: 3}"}) {
    const Loaded loaded =
        load_text("rampart: 1\nplant: x\nzones:\n  - id: a\n    target: " + std::string(target) + "\n", "p");
    ASSERT_TRUE(loaded.ok()) << target << render(loaded.problems[0]);
    EXPECT_THAT(loaded.plant.zones[0].target.levels, ElementsAre(2, 2, 0, 1, 3, 1, 3)) << target;
  }
}

TEST(Plant, ReportsAllProblemsInTheOrderOfTheFile) {
  const Loaded loaded = load_text(
      "rampart: 1\nplant: x\nzones:\n  - {id: a, target: 9, nmae: x}\n  - {id: a, target: 1}\nconduits:\n"
      "  - {id: c, joins: [a, b], mode: on}\n",
      "p");
  std::vector<Mark> marks;
  for (const Problem& problem : loaded.problems) marks.push_back(problem.mark);
  EXPECT_THAT(marks, ElementsAre(Mark{4, 21}, Mark{4, 24}, Mark{5, 10}, Mark{7, 24}, Mark{7, 34}));
}

TEST(Plant, ReportsWhatStandsBeforeABreakInTheSyntax) {
  const Loaded loaded = load_text("rampart: 3\nplant: x\nzones:\n  - {id: A_1, target: 1}\n  - {id: [}\n", "p");
  ASSERT_EQ(loaded.problems.size(), 3u);
  EXPECT_THAT(loaded.problems[0].what, HasSubstr("`3`"));
  EXPECT_THAT(loaded.problems[1].what, HasSubstr("`A_1`"));
  EXPECT_EQ(loaded.problems[2].mark.line, 5u);
}

TEST(Plant, SaysThatAFileCannotBeRead) {
  for (const char* file : {"/nonexistent/plant.yaml", "/", ""}) {
    const Loaded loaded = load(file);
    ASSERT_EQ(loaded.problems.size(), 1u) << file;
    EXPECT_THAT(loaded.problems[0].what, HasSubstr("cannot be read"));
    EXPECT_THROW(require(loaded), FileError);
  }
}

TEST(Plant, CountsColumnsInCharacters) {
  const Loaded loaded = load_text("rampart: 1\nplant: \"Süd 東\"\nzones: [{id: a, name: Ä, target: 7}]\n", "p");
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(loaded.problems[0].mark, (Mark{3, 34}));
}

TEST(Plant, SharesItsAddressesAmongSitesToldApartBySensor) {
  std::string text = "rampart: 1\nplant: x\nzones:\n";
  for (int i = 0; i < 300; ++i) {
    std::string n;
    append_number(n, i);
    text += "  - {id: z" + n + ", target: 1, networks: [{cidr: 192.168.0.0/24, seen-by: s" + n + "}], assets: [{id: a" +
            n + ", kind: controller, at: [{ip: 192.168.0.1}]}]}\n";
  }
  EXPECT_TRUE(load_text(text, "p").ok());
}

}  // namespace
}  // namespace rampart::plant
