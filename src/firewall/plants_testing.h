// For tests: a plant of a few lines compiled, and random plants as text.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "plant/plant.h"
#include "policy/policy.h"

namespace rampart::firewall::testing {

inline std::shared_ptr<const policy::Policy> policy_of(const std::string& text) {
  plant::Loaded loaded = plant::load_text(text, "plant.yaml");
  for (const Problem& problem : loaded.problems) EXPECT_TRUE(problem.warning) << render(problem) << text;
  policy::Compiled compiled = policy::compile(std::make_shared<const plant::Plant>(std::move(loaded.plant)));
  for (const Problem& problem : compiled.problems) EXPECT_TRUE(problem.warning) << render(problem) << text;
  return compiled.policy;
}

/// kPlant: two zones and a conduit that gw-1 guards; a third zone that no conduit joins.
inline constexpr const char* kPlant = R"(rampart: 1
plant: Test works
essential-functions:
  - {id: dosing, name: Keep the dose, consequence: {safety: 4}}
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24, "fd01::/64"]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}, {ip: "fd01::10"}]}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.11}]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24, "fd02::/64"]
    assets:
      - {id: plc, kind: controller, at: [{ip: 10.2.0.10}, {ip: "fd02::10"}]}
      - {id: doser, kind: controller, essential: [dosing], at: [{ip: 10.2.0.11}]}
  - id: office
    target: 1
    networks: [10.3.0.0/24]
conduits:
  - id: up-down
    joins: [upper, lower]
    guard: gw-1
    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
      - {id: web, allow: session, protocol: tcp, ports: [443, 8000-8010], from: [hmi], to: [plc], essential: no}
      - {id: ping, allow: session, protocol: icmp, from: [scada], to: [plc, doser]}
)";

/// RandomPlant writes plants with nested networks, both families, units behind one address, conduits of two or three
/// zones and inside one, several guards and modes.
class RandomPlant {
 public:
  explicit RandomPlant(uint32_t seed) : random_(seed) {}
  uint32_t pick(uint32_t count) { return static_cast<uint32_t>(random_() % count); }

  std::string text() {
    std::string out = "rampart: 1\nplant: Random\nroles:\n  engineer: {may: [lease]}\ncalendars:\n";
    out += "  saturday: {days: [sat]}\nzones:\n";
    for (uint32_t zone = 0; zone < kZones; ++zone) out += zone_text(zone);
    out += "conduits:\n";
    for (uint32_t i = 0, count = 2 + pick(5); i < count; ++i) out += conduit_text(i);
    return out;
  }

 private:
  static constexpr uint32_t kZones = 5, kAssets = 3;

  std::string zone_text(uint32_t zone) {
    const std::string number = std::to_string(zone);
    const bool unplaced = zone + 1 == kZones && pick(2) == 0;  // a zone without networks: it is where its assets are
    std::string out = "  - id: z" + number + "\n    target: 1\n";
    if (!unplaced) {
      out += "    networks: [10." + number + ".0.0/24, \"fd0" + number + "::/64\"";
      if (zone > 0 && pick(3) == 0) out += ", 10." + std::to_string(zone - 1) + ".0.128/26";  // inside another's
      out += "]\n";
    }
    out += "    assets:\n";
    for (uint32_t asset = 0; asset < kAssets; ++asset) {
      const std::string host = std::to_string(10 + asset);
      out += "      - {id: a" + number + std::to_string(asset) + ", kind: controller, at: [{ip: 10." + number + ".0." +
             host + "}";
      if (pick(2) == 0) out += ", {ip: \"fd0" + number + "::" + host + "\"}";
      // Behind another's address, by unit: of the same zone, or of one that has nothing to do with it.
      if (asset == 2 && (unplaced || pick(3) == 0)) {
        const uint32_t other = unplaced ? pick(kZones - 1) : zone;
        out += ", {ip: 10." + std::to_string(other) + ".0.10, unit: " + std::to_string(10 + zone) + "}";
      }
      out += "]}\n";
    }
    return out;
  }

  std::string conduit_text(uint32_t index) {
    const uint32_t one = pick(kZones), other = pick(4) == 0 ? one : pick(kZones);
    std::string joins = "z" + std::to_string(one) + ", z" + std::to_string(other);
    if (pick(4) == 0) joins += ", z" + std::to_string(pick(kZones));
    std::string out = "  - id: c" + std::to_string(index) + "\n    joins: [" + joins + "]\n";
    out += std::string("    guard: ") + (pick(5) == 0 ? "gw-2" : "gw-1") + "\n";
    if (pick(6) == 0) out += std::string("    mode: ") + (pick(2) == 0 ? "test" : "learn") + "\n";
    out += "    rules:\n";
    for (uint32_t i = 0, count = 1 + pick(4); i < count; ++i) out += rule_text(i);
    return out;
  }

  std::string assets() {
    std::string out;
    for (uint32_t i = 0, count = 1 + pick(4); i < count; ++i) {
      out += (out.empty() ? "" : ", ") + ("a" + std::to_string(pick(kZones))) + std::to_string(pick(kAssets));
    }
    return "[" + out + "]";
  }

  std::string rule_text(uint32_t index) {
    static const char* const kProtocols[] = {"protocol: modbus, allow: [read, write]",
                                             "protocol: s7comm, allow: read",
                                             "protocol: dnp3, allow: [read, operate]",
                                             "protocol: enip, allow: read",
                                             "protocol: ssh, allow: session",
                                             "protocol: snmp, allow: read",
                                             "protocol: tcp, allow: session, ports: [443, 8000-8010]",
                                             "protocol: tcp, allow: session",
                                             "protocol: udp, allow: session, ports: [5000-5001, 5001-5003, 53]",
                                             "protocol: icmp, allow: session",
                                             "protocol: ip-47, allow: session"};
    std::string out = "      - {id: r" + std::to_string(index) + ", from: " + assets() + ", to: " + assets() + ", " +
                      kProtocols[pick(std::size(kProtocols))];
    if (pick(6) == 0) out += ", role: engineer";
    if (pick(6) == 0) out += ", during: saturday";
    if (pick(6) == 0) out += ", essential: no";
    return out + "}\n";
  }

  std::mt19937 random_;
};

}  // namespace rampart::firewall::testing
