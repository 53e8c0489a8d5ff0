#include "process.h"

#include <algorithm>

namespace demo {
namespace {

constexpr double kInflowMax = 120;      // litres a second with the valve open
constexpr double kOutflowMax = 100;     // litres a second at full speed
constexpr double kTankAreaM2 = 4;       // small, so that a viewer sees the level move
constexpr double kChlorineSeconds = 6;  // time constants of the first-order lags
constexpr double kPressureSeconds = 3;
constexpr double kTurbiditySeconds = 20;

double lag(double value, double target, double seconds, double constant) {
  return value + (target - value) * std::min(1.0, seconds / constant);
}

}  // namespace

Readings advance(const Readings& before, const Controls& controls, double seconds) {
  Readings now = before;
  now.inflow = kInflowMax * std::clamp(controls.valve_percent, 0.0, 100.0) / 100;
  const bool dry = before.level_cm <= 0;
  now.outflow = controls.pump_runs && !dry ? kOutflowMax * std::clamp(controls.pump_percent, 0.0, 100.0) / 100 : 0;
  // One litre on one square metre is 0.1 cm.
  now.level_cm =
      std::clamp(before.level_cm + (now.inflow - now.outflow) * seconds * 0.1 / kTankAreaM2, 0.0, kTankHeightCm);
  now.chlorine = lag(before.chlorine, std::clamp(controls.chlorine_set_point, 0.0, 10.0), seconds, kChlorineSeconds);
  now.pressure = lag(before.pressure, std::clamp(controls.pressure_set_point, 0.0, 900.0), seconds, kPressureSeconds);
  now.turbidity = lag(before.turbidity, 0.2 + now.inflow / kInflowMax * 0.6, seconds, kTurbiditySeconds);
  return now;
}

}  // namespace demo
