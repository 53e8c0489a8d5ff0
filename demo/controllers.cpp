// The four controllers and the process behind their registers: one thread, one poll(), ten steps of physics a second.
#include <poll.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include "controller.h"
#include "process.h"
#include "registers.h"
#include "roles.h"

namespace demo {
namespace {

constexpr int kStepMilliseconds = 100;

uint16_t rounded(double value) { return static_cast<uint16_t>(std::lround(std::fmin(std::fmax(value, 0), 65535))); }

void put_float(uint16_t* registers, double value) {
  const auto words = registers_of(static_cast<float>(value));
  std::copy(words.begin(), words.end(), registers);
}

struct Plant {
  explicit Plant(const Settings& s)
      : intake(s.network + ".10.11", s.port, {"Riverside", "Intake PLC", "2.7"}),
        dosing(s.network + ".10.12", s.port, {"Riverside", "Dosing PLC", "1.4"}),
        gateway(s.network + ".10.20", s.port, {"Riverside", "Serial gateway", "5.1"}),
        booster(s.network + ".30.11", s.port, {"Riverside", "Booster RTU", "3.0"}),
        intake_map(intake.add_unit(1, 512)),
        dosing_map(dosing.add_unit(1, 512)),
        flow_map(gateway.add_unit(kFlowMeterUnit, 16)),
        turbidity_map(gateway.add_unit(kTurbidityMeterUnit, 16)),
        booster_map(booster.add_unit(1, 512)) {
    const Controls start;
    intake_map.tab_registers[kIntakeValve] = rounded(start.valve_percent);
    intake_map.tab_registers[kPumpSpeed] = rounded(start.pump_percent);
    intake_map.tab_registers[kLevelSetPoint] = 240;
    intake_map.tab_bits[kPumpRuns] = 1;
    put_float(&dosing_map.tab_registers[kChlorineSetPoint], start.chlorine_set_point);
    booster_map.tab_registers[kPressureSetPoint] = rounded(start.pressure_set_point);
    show();
  }

  Controls controls() const {
    Controls c;
    c.valve_percent = intake_map.tab_registers[kIntakeValve];
    c.pump_percent = intake_map.tab_registers[kPumpSpeed];
    c.pump_runs = intake_map.tab_bits[kPumpRuns] != 0;
    const uint16_t* chlorine_registers = &dosing_map.tab_registers[kChlorineSetPoint];
    const double chlorine = float_of(chlorine_registers[0], chlorine_registers[1]);
    if (std::isfinite(chlorine)) c.chlorine_set_point = chlorine;
    c.pressure_set_point = booster_map.tab_registers[kPressureSetPoint];
    return c;
  }

  void show() {
    intake_map.tab_input_registers[kTankLevel] = rounded(readings.level_cm);
    intake_map.tab_input_registers[kInflow] = rounded(readings.inflow);
    intake_map.tab_input_registers[kOutflow] = rounded(readings.outflow);
    intake_map.tab_input_bits[kLevelHigh] = readings.level_cm > 360 ? 1 : 0;
    intake_map.tab_input_bits[kLevelLow] = readings.level_cm < 60 ? 1 : 0;
    put_float(&dosing_map.tab_input_registers[kChlorine], readings.chlorine);
    flow_map.tab_input_registers[kReading] = rounded(readings.inflow);
    turbidity_map.tab_input_registers[kReading] = rounded(readings.turbidity * 100);
    booster_map.tab_input_registers[kPressure] = rounded(readings.pressure);
  }

  std::array<Controller*, 4> all() { return {&intake, &dosing, &gateway, &booster}; }

  Readings readings;
  Controller intake, dosing, gateway, booster;
  modbus_mapping_t &intake_map, &dosing_map, &flow_map, &turbidity_map, &booster_map;
};

}  // namespace

void run_controllers(const Settings& settings) {
  Plant plant(settings);
  const Pacer pacer(kStepMilliseconds);
  std::printf("ready\n");
  std::fflush(stdout);
  while (stop_asked == 0) {
    std::vector<pollfd> sockets{{pacer.socket(), POLLIN, 0}};
    for (const Controller* controller : plant.all()) controller->watch(sockets);
    if (::poll(sockets.data(), sockets.size(), -1) < 0) continue;  // a signal: the loop's condition decides
    if (sockets.front().revents != 0 && pacer.next()) {
      plant.readings = advance(plant.readings, plant.controls(), kStepMilliseconds / 1000.0);
      plant.show();
    }
    for (size_t i = 1; i < sockets.size(); ++i) {
      if (sockets[i].revents == 0) continue;
      for (Controller* controller : plant.all()) controller->serve(sockets[i].fd);
    }
  }
}

}  // namespace demo
