// The water works as numbers: a tank that fills through a valve and is emptied by a pump, chlorine that follows its set
// point, pressure that follows its set point. Knows no protocol and no clock; one thread.
#pragma once

namespace demo {

/// Controls is what the controllers' registers ask of the process. Values out of bounds are clamped, as a real valve
/// is.
struct Controls {
  double valve_percent = 40;
  double pump_percent = 50;
  bool pump_runs = true;
  double chlorine_set_point = 0.5;  ///< mg/L
  double pressure_set_point = 400;  ///< kPa
};

/// Readings is what the instruments show.
struct Readings {
  double level_cm = 240;
  double inflow = 0;       ///< litres a second
  double outflow = 0;      ///< litres a second
  double chlorine = 0.5;   ///< mg/L
  double turbidity = 0.4;  ///< NTU
  double pressure = 400;   ///< kPa
};

constexpr double kTankHeightCm = 400;

/// advance returns the readings `seconds` later. Explicit Euler; steps of up to one second are stable.
Readings advance(const Readings& before, const Controls& controls, double seconds);

}  // namespace demo
