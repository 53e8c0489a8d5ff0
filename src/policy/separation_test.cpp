// ZCR 3.2 to 3.6: for each a plant where it holds, and the same plant with the one change that breaks it.
#include <gtest/gtest.h>

#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using plant::Connected;

class Separation : public ::testing::Test {
 protected:
  Separation() {
    office_ = plant.zone("office");
    control_ = plant.zone("control");
    plant.plant.zones[office_].level = 4;
    plant.plant.zones[control_].level = 1;
    asset(control_, "plc", "controller");
    asset(control_, "panel", "operator-station");
    asset(office_, "desk", "workstation");
  }
  plant::Asset& asset(Index zone, const std::string& id, const char* kind) {
    plant::Asset& made = plant.plant.assets[plant.asset(zone, id)];
    made.kind = text(kind);
    made.id.mark = {++line_, 9};
    return made;
  }
  /// warned gives the warnings; all of them must be of `requirement`.
  std::vector<Problem> warned(const std::string& requirement) {
    const Compiled compiled = plant.compile();
    EXPECT_TRUE(compiled.policy) << "a separation rule is never an error";
    for (const Problem& problem : compiled.problems) {
      EXPECT_TRUE(problem.warning);
      EXPECT_NE(problem.what.find("IEC 62443-3-2 " + requirement + ")"), std::string::npos) << problem.what;
      EXPECT_FALSE(problem.hint.empty());
    }
    return compiled.problems;
  }

  Builder plant;
  Index office_ = 0, control_ = 0;
  uint32_t line_ = 0;
};

TEST_F(Separation, HoldsWhereEveryZoneHasOneKindOfAsset) { EXPECT_TRUE(warned("none").empty()); }

TEST_F(Separation, BusinessAndControlInOneZoneAreToldWithAssetAndLine) {
  asset(control_, "mail", "workstation");
  const auto problems = warned("ZCR 3.2");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].mark.line, 4u);
  EXPECT_NE(problems[0].what.find("\"mail\""), std::string::npos);
  EXPECT_NE(problems[0].what.find("\"control\""), std::string::npos);
}

TEST_F(Separation, ControlInAZoneOfBusinessIsTold) {
  asset(office_, "plc-2", "controller");
  EXPECT_EQ(warned("ZCR 3.2").size(), 2u);  // the level of the zone, and the desk that shares it
  plant.plant.zones[office_].level = 3;
  EXPECT_EQ(warned("ZCR 3.2").size(), 1u);
}

TEST_F(Separation, SafetyWantsAZoneOfSafety) {
  const Index safety = plant.zone("safety");
  plant.plant.zones[safety].safety = true;
  asset(safety, "sis", "safety-controller");
  EXPECT_TRUE(warned("none").empty());
  plant.plant.zones[safety].safety = false;
  EXPECT_EQ(warned("ZCR 3.3").size(), 1u);
}

TEST_F(Separation, AZoneThatIsTreatedAsSafetyMayBeShared) {
  asset(control_, "sis", "safety-controller");
  EXPECT_EQ(warned("ZCR 3.3").size(), 1u);
  plant.plant.zones[control_].safety = true;
  EXPECT_TRUE(warned("none").empty());
}

TEST_F(Separation, WhatComesAndGoesWantsAZoneOfItsOwn) {
  const Index visitors = plant.zone("visitors");
  asset(visitors, "laptop", "engineering-workstation").connected = Connected::temporarily;
  asset(visitors, "tablet", "mobile");
  asset(visitors, "switch", "switch");
  EXPECT_TRUE(warned("none").empty());
  asset(control_, "laptop-2", "engineering-workstation").connected = Connected::temporarily;
  EXPECT_EQ(warned("ZCR 3.4").size(), 1u);
}

TEST_F(Separation, AMobileComesAndGoesUnlessThePlantSaysOtherwise) {
  const size_t mobile = plant.plant.assets.size();
  asset(control_, "tablet", "mobile");
  EXPECT_EQ(warned("ZCR 3.4").size(), 1u);
  plant.plant.assets[mobile].connected = Connected::permanently;
  EXPECT_TRUE(warned("none").empty());
}

TEST_F(Separation, WirelessWantsAZoneOfItsOwn) {
  const Index radio = plant.zone("radio");
  asset(radio, "sensor", "sensor").wireless = true;
  asset(radio, "point", "wireless-access-point");
  EXPECT_TRUE(warned("none").empty());
  const size_t wired = plant.plant.assets.size();
  asset(radio, "meter", "meter");
  const auto problems = warned("ZCR 3.5");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].what.find("\"sensor\""), std::string::npos);
  plant.plant.assets[wired].wireless = true;
  EXPECT_TRUE(warned("none").empty());
}

TEST_F(Separation, WhatComesByOtherPeoplesNetworksWantsAZoneOfItsOwn) {
  const Index remote = plant.zone("remote");
  asset(remote, "service", "other").connected = Connected::externally;
  asset(remote, "jump", "jump-host");
  EXPECT_TRUE(warned("none").empty());
  asset(control_, "rtu", "remote-terminal-unit").connected = Connected::externally;
  EXPECT_EQ(warned("ZCR 3.6").size(), 1u);
}

}  // namespace
}  // namespace rampart::policy
