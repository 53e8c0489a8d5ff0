// For tests: a plant of a few lines compiled, and random plants as text.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
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

/// RandomPlant writes plants with both families, units behind one address, conduits of two or three
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
    if (!unplaced) out += "    networks: [10." + number + ".0.0/24, \"fd0" + number + "::/64\"]\n";
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
    std::vector<uint32_t> zones = {pick(kZones)};
    const bool inside = pick(4) == 0;
    for (uint32_t i = 0, count = 1 + (pick(4) == 0); i < count && !inside; ++i) {
      const uint32_t other = pick(kZones);
      if (std::find(zones.begin(), zones.end(), other) == zones.end()) zones.push_back(other);
    }
    if (zones.size() == 1) zones.push_back(zones[0]);
    std::sort(zones.begin(), zones.end());
    if (!joined_.insert(zones).second) return {};  // one conduit for the same zones
    std::string joins;
    for (const uint32_t zone : zones) joins += (joins.empty() ? "z" : ", z") + std::to_string(zone);
    std::string out = "  - id: c" + std::to_string(index) + "\n    joins: [" + joins + "]\n";
    out += std::string("    guard: ") + (index > 0 && pick(5) == 0 ? "gw-2" : "gw-1") + "\n";
    if (pick(6) == 0) out += std::string("    mode: ") + (pick(2) == 0 ? "test" : "learn") + "\n";
    out += "    rules:\n";
    for (uint32_t i = 0, count = 1 + pick(4); i < count; ++i) out += rule_text(i, zones);
    return out;
  }

  std::string assets(const std::vector<uint32_t>& zones) {
    std::vector<std::string> found;
    for (uint32_t i = 0, count = 1 + pick(4); i < count; ++i) {
      const uint32_t zone = zones[pick(static_cast<uint32_t>(zones.size()))];
      const std::string id = "a" + std::to_string(zone) + std::to_string(pick(kAssets));
      if (std::find(found.begin(), found.end(), id) == found.end()) found.push_back(id);
    }
    std::string out;
    for (const std::string& id : found) out += (out.empty() ? "" : ", ") + id;
    return "[" + out + "]";
  }

  std::string rule_text(uint32_t index, const std::vector<uint32_t>& zones) {
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
    std::string out = "      - {id: r" + std::to_string(index) + ", from: " + assets(zones) + ", to: " + assets(zones) +
                      ", " + kProtocols[pick(std::size(kProtocols))];
    if (pick(6) == 0) out += ", role: engineer";
    if (pick(6) == 0) out += ", during: saturday";
    if (pick(6) == 0) out += ", essential: no";
    return out + "}\n";
  }

  std::mt19937 random_;
  std::set<std::vector<uint32_t>> joined_;
};

}  // namespace rampart::firewall::testing
