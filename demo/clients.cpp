// The three clients of the plant: the SCADA server that polls and holds the level, the operator station whose operator
// moves set points within their range and step, the engineering station that asks who is there.
#include <algorithm>
#include <cmath>
#include <utility>

#include "client.h"
#include "registers.h"
#include "roles.h"

namespace demo {
namespace {

// An operator moves a set point by at most `step` towards `target`. A value out of its range was written by somebody
// else: the safe value goes back at once.
uint16_t moved(uint16_t now, uint16_t target, uint16_t step, std::pair<uint16_t, uint16_t> range, uint16_t safe) {
  if (now < range.first || now > range.second) return safe;
  if (now < target) return static_cast<uint16_t>(std::min<int>(now + step, target));
  return static_cast<uint16_t>(std::max<int>(now - step, target));
}

}  // namespace

void run_scada(const Settings& s) {
  const std::string here = s.network + ".20.10";
  Client intake(here, s.network + ".10.11", s.port);
  Client dosing(here, s.network + ".10.12", s.port);
  Client meters(here, s.network + ".10.20", s.port);
  Client booster(here, s.network + ".30.11", s.port);
  const Pacer pacer(s.period_ms);
  for (int round = 0; (s.rounds == 0 || round < s.rounds) && pacer.next(); ++round) {
    const std::vector<uint16_t> measured = intake.read_input(kTankLevel, 3);
    const std::vector<uint16_t> asked = intake.read_holding(kIntakeValve, 3);
    intake.read_coils(kPumpRuns, 2);
    intake.read_discrete(kLevelHigh, 2);
    dosing.read_input(kChlorine, 2);
    dosing.read_holding_float(kChlorineSetPoint);
    meters.set_unit(round % 2 == 0 ? kFlowMeterUnit : kTurbidityMeterUnit);
    meters.read_input(kReading, 1);
    if (round % 4 == 0) {
      booster.read_input(kPressure, 1);
      booster.read_holding(kPressureSetPoint, 1);
    }
    // The level is held with the pump, 5 percent at a time.
    if (round % 10 == 9 && measured.size() == 3 && asked.size() == 3) {
      const uint16_t target = measured[0] > asked[2] ? 70 : 30;
      intake.write_register(kPumpSpeed, moved(asked[1], target, 5, {0, 100}, 0));
    }
  }
}

void run_operator(const Settings& s) {
  const std::string here = s.network + ".20.21";
  Client intake(here, s.network + ".10.11", s.port);
  Client dosing(here, s.network + ".10.12", s.port);
  Client booster(here, s.network + ".30.11", s.port);
  const Pacer pacer(s.period_ms);
  for (int round = 0; (s.rounds == 0 || round < s.rounds) && pacer.next(); ++round) {
    const bool up = round / 40 % 2 == 0;
    const std::vector<uint16_t> valve = intake.read_holding(kIntakeValve, 1);
    const std::optional<float> chlorine = dosing.read_holding_float(kChlorineSetPoint);
    if (round % 8 == 3 && !valve.empty()) {
      intake.write_register(kIntakeValve, moved(valve[0], up ? 60 : 40, 10, {0, 100}, 0));
    }
    if (round % 8 == 5 && chlorine) {
      const bool known = *chlorine >= 0.2F && *chlorine <= 4.0F;
      const float next = std::round((*chlorine + (up ? 0.1F : -0.1F)) * 10) / 10;
      dosing.write_float(kChlorineSetPoint, known ? std::clamp(next, 0.4F, 1.0F) : 0.5F);
    }
    if (round % 16 == 7) {
      const std::vector<uint16_t> pressure = booster.read_holding(kPressureSetPoint, 1);
      if (!pressure.empty())
        booster.write_register(kPressureSetPoint, moved(pressure[0], up ? 450 : 400, 25, {200, 600}, 300));
    }
    if (round % 32 == 15) intake.write_coil(kPumpRuns, true);
  }
}

void run_engineer(const Settings& s) {
  const std::string here = s.network + ".20.31";
  const Pacer pacer(s.period_ms);
  for (int round = 0; (s.rounds == 0 || round < s.rounds) && pacer.next(); ++round) {
    if (round % 60 != 2) continue;
    for (const char* host : {".10.11", ".10.12", ".30.11"}) {
      Client controller(here, s.network + host, s.port);
      controller.ask({43, 14, 1, 0});         // read device identification, basic
      controller.ask({8, 0, 0, 0xa5, 0x37});  // diagnostics, return query data
      controller.ask({17});                   // report server ID
    }
  }
}

}  // namespace demo
