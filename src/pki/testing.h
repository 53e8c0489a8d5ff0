// For tests of this room: a small plant, an authority in a folder of its own, what it told, and who asks it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/testing.h"
#include "crypto/issuing.h"
#include "pki/authority.h"
#include "plant/plant.h"

namespace rampart::pki {

inline const TimePoint kNow = from_unix(1'795'000'000, 0);

inline constexpr const char* kPlant = R"(rampart: 1
plant: Water works
roles:
  operator: {may: watch}
  engineer: {may: [watch, lease]}
essential-functions: [{id: dosing, name: Dosing}]
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.11}]}
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}, {ip: 10.1.0.12}], essential: [dosing]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - {id: plc, kind: controller, at: [{ip: 10.2.0.10}]}
conduits:
  - id: up-down
    joins: [upper, lower]
    guard: gw-1
    rules:
      - {id: poll, allow: read, protocol: modbus, from: hmi, to: plc}
gateways:
  - id: gw-1
    wire: {at: 10.1.0.1}
    grace: 12h
    serves:
      - {to: plc, protocol: modbus, at: 10.1.0.2}
)";

inline plant::Plant test_plant(const std::string& text = kPlant) {
  return plant::require(plant::load_text(text, "plant.yaml"));
}

/// Works is an authority and what it told: "event subject reason".
struct Works {
  explicit Works(TimePoint now = kNow) {
    Authority::make(folder / "authority", plant.name, std::nullopt, now, tell());
    authority.emplace(folder / "authority", tell());
  }
  Tell tell() {
    return [this](const records::CertificateEvent& event) {
      std::string line(event.event);
      line.append(" ").append(event.subject);
      if (!event.reason.empty()) line.append(": ").append(event.reason);
      told.push_back(line);
    };
  }
  /// open opens it anew, as another process would.
  void open() { authority.emplace(folder / "authority", tell()); }

  TemporaryFolder folder;
  plant::Plant plant = test_plant();
  std::vector<std::string> told;
  std::optional<Authority> authority;
};

/// Party has a key and asks with it.
struct Party {
  explicit Party(const std::string& file) : key(crypto::make_certificate_key(file)) {}
  std::vector<uint8_t> request(const std::string& subject) const { return crypto::make_request(subject, *key); }
  std::unique_ptr<crypto::CertificateKey> key;
};

inline IpAddress ip(const char* text) { return *IpAddress::parse(text); }

template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace rampart::pki
