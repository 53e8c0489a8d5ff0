// The register map of the demonstration plant: what controllers hold and clients ask for. plant.yaml says the same of
// the points that may be written; attack.py repeats the few it abuses.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace demo {

// A float32 lies in two registers, high word first. libmodbus 3.1.6 has calls for this that swap bytes instead.
inline std::array<uint16_t, 2> registers_of(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return {static_cast<uint16_t>(bits >> 16), static_cast<uint16_t>(bits & 0xffff)};
}
inline float float_of(uint16_t high, uint16_t low) {
  return std::bit_cast<float>(static_cast<uint32_t>(high) << 16 | low);
}

// plc-intake, unit 1: raw water, tank and pump.
constexpr int kIntakeValve = 100;    ///< holding, percent
constexpr int kPumpSpeed = 101;      ///< holding, percent
constexpr int kLevelSetPoint = 102;  ///< holding, centimetres
constexpr int kPumpRuns = 0;         ///< coil
constexpr int kTankLevel = 0;        ///< input, centimetres
constexpr int kInflow = 1;           ///< input, litres a second
constexpr int kOutflow = 2;          ///< input, litres a second
constexpr int kLevelHigh = 0;        ///< discrete input
constexpr int kLevelLow = 1;         ///< discrete input

// plc-dosing, unit 1: float32 in two registers, high word first.
constexpr int kChlorineSetPoint = 200;  ///< holding, mg/L
constexpr int kChlorine = 200;          ///< input, mg/L

// serial-gateway: two instruments behind one address.
constexpr int kFlowMeterUnit = 7;
constexpr int kTurbidityMeterUnit = 8;
constexpr int kReading = 0;  ///< input of either instrument: litres a second; hundredths of NTU

// rtu-booster, unit 1: pressure of the distant pumping station.
constexpr int kPressureSetPoint = 300;  ///< holding, kPa
constexpr int kPressure = 300;          ///< input, kPa

}  // namespace demo
