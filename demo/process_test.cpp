#include "process.h"

#include <gtest/gtest.h>

#include "registers.h"

namespace {

demo::Readings after(double seconds, const demo::Controls& controls, demo::Readings now = {}) {
  for (double t = 0; t < seconds; t += 0.1) now = demo::advance(now, controls, 0.1);
  return now;
}

TEST(Process, TankRisesWhenMoreComesInThanGoesOut) {
  const demo::Readings now = after(10, {.valve_percent = 80, .pump_percent = 20});
  EXPECT_GT(now.level_cm, demo::Readings{}.level_cm);
  EXPECT_GT(now.inflow, now.outflow);
}

TEST(Process, TankNeitherOverflowsNorFallsBelowItsFloor) {
  EXPECT_DOUBLE_EQ(after(1000, {.valve_percent = 100, .pump_runs = false}).level_cm, demo::kTankHeightCm);
  EXPECT_DOUBLE_EQ(after(1000, {.valve_percent = 0, .pump_percent = 100}).level_cm, 0);
}

TEST(Process, DryTankGivesNoOutflow) {
  EXPECT_DOUBLE_EQ(after(1000, {.valve_percent = 0, .pump_percent = 100}).outflow, 0);
}

TEST(Process, ValuesThatAnAttackWritesAreClamped) {
  const demo::Readings now = after(100, {.valve_percent = 4500, .chlorine_set_point = 1e9, .pressure_set_point = -5});
  EXPECT_DOUBLE_EQ(now.inflow, 120);
  EXPECT_NEAR(now.chlorine, 10, 0.01);
  EXPECT_NEAR(now.pressure, 0, 0.01);
}

TEST(Process, ChlorineFollowsItsSetPoint) {
  const demo::Controls controls{.chlorine_set_point = 1.0};
  EXPECT_LT(after(1, controls).chlorine, 0.7);
  EXPECT_NEAR(after(60, controls).chlorine, 1.0, 0.001);
}

TEST(Registers, FloatsLieHighWordFirst) {
  EXPECT_EQ(demo::registers_of(9.5F), (std::array<uint16_t, 2>{0x4118, 0}));
  EXPECT_EQ(demo::float_of(0x3f00, 0), 0.5F);
}

}  // namespace
