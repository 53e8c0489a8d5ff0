// Beside a gateway: a conversation through an addressed one is two, and both are judged as what they are.
#include "monitor/gateways.h"

#include <gtest/gtest.h>

#include "monitor/sensor_testing.h"

namespace rampart::monitor {
namespace {

using namespace testing;

// gw-1 is found at 10.1.0.1; towards the controller it has another address, and an asset of its id that says so.
constexpr const char* kPlant = R"(rampart: 1
plant: Test
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}]}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.11}]}
      - {id: gw-1, kind: gateway, at: [{ip: 10.1.0.1}, {ip: 10.2.0.1}]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - id: plc
        kind: controller
        at: [{ip: 10.2.0.10}]
        points:
          - {id: level, object: holding-register 10, range: 0..100}
      - {id: meter, kind: sensor, at: [{ip: 10.2.0.10, unit: 7}]}
      - {id: other, kind: controller, at: [{ip: 10.2.0.20}]}
conduits:
  - id: up-down
    joins: [upper, lower]
    guard: gw-1
    rules:
      - {id: poll, allow: [read], protocol: modbus, from: [scada, hmi], to: [plc, meter]}
      - {id: move, allow: [write], protocol: modbus, from: [scada], to: [plc], points: [level], rate: 1/min}
gateways:
  - id: gw-1
    serves:
      - {to: plc, protocol: modbus, at: 10.1.0.1}
      - {to: plc, protocol: modbus, at: 10.1.0.1, port: 8802, tls: clients}
)";
constexpr const char* kScada = "10.1.0.10";
constexpr const char* kGateway = "10.1.0.1";
constexpr const char* kOwn = "10.2.0.1";
constexpr const char* kPlc = "10.2.0.10";

/// A record of TLS 1.2 that begins a handshake, and nothing behind it that could be read.
const std::string kHello = std::string("\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03", 11) + std::string(32, 'r') +
                           std::string("\x00\x00\x04\x13\x01\x13\x02\x01\x00", 9);

std::string all(const Watched& watched) {
  std::string lines;
  for (const std::string& line : watched.out.with({"\"event_type\":\"alert\""})) lines += line + "\n";
  return lines;
}
size_t count(const Watched& watched, const std::string& finding) {
  return watched.out.with({"\"event_type\":\"alert\"", "\"finding\":\"" + finding + "\""}).size();
}

/// through writes what a sensor sees that sits at both sides: a request and its answer, twice.
void through(Wire& wire, const std::string& request, const std::string& answer, const std::string& client = kScada) {
  Conversation outside(wire, client, 40'000, kGateway, 502), inside(wire, kOwn, 50'000, kPlc, 502);
  outside.open();
  inside.open();
  outside.ask(request);
  inside.ask(request).tell(answer).close();
  outside.tell(answer).close();
}

TEST(BesideAGateway, NobodyIsAStrangerAndWhatIsAllowedIsNoFinding) {
  Wire wire;
  through(wire, read_registers(1, 0, 1), registers(1, {7}));
  through(wire, write_register(2, 10, 50), write_register(2, 10, 50));
  const Watched watched(wire, kPlant);
  EXPECT_EQ(all(watched), "") << "also not that the rate was exceeded, for the write was one";
  EXPECT_EQ(watched.out.with({"\"event_type\":\"operation\"", "\"rule\":\"move\""}).size(), 2u) << "the rule of both";
  EXPECT_FALSE(watched.out.with({"\"dest_ip\":\"10.1.0.1\"", "\"server_asset\":\"plc\""}).empty()) << "who is meant";
}

TEST(BesideAGateway, WhatIsForbiddenIsTheClientsBeforeItAndTheGatewaysBehindIt) {
  Wire wire;
  through(wire, write_register(1, 10, 50), write_register(1, 10, 50), "10.1.0.11");  // hmi, which may only read
  const Watched before(wire, kPlant);
  EXPECT_EQ(count(before, "no-rule"), 1u) << all(before);
  EXPECT_FALSE(before.out.with({"\"finding\":\"no-rule\"", "hmi wrote"}).empty()) << all(before);
  Wire other;
  through(other, write_register(1, 10, 500), write_register(1, 10, 500));  // out of bounds for everybody
  const Watched watched(other, kPlant);
  EXPECT_EQ(count(watched, "value-out-of-range"), 2u) << all(watched);
  EXPECT_FALSE(watched.out.with({"\"finding\":\"value-out-of-range\"", "gw-1 wrote"}).empty()) << all(watched);
}

TEST(BesideAGateway, ItAsksForItsClientsOnlyWhatItServes) {
  Wire wire;
  Conversation(wire, kOwn, 50'000, "10.2.0.20", 502)
      .open()
      .ask(read_registers(1, 0, 1))
      .tell(registers(1, {7}))
      .close();
  Conversation(wire, kScada, 40'001, kGateway, 503).open().ask("hello").tell("world").close();
  const Watched watched(wire, kPlant);
  EXPECT_EQ(count(watched, "no-rule"), 1u) << all(watched);
  EXPECT_FALSE(watched.out.with({"\"finding\":\"no-rule\"", "gw-1"}).empty()) << all(watched);
  EXPECT_EQ(count(watched, "traffic-no-rule") + count(watched, "unknown-asset"), 0u) << "gw-1 is in scada's zone";
}

TEST(BesideAGateway, UnitsBehindTheAssetAreToldApart) {
  Wire wire;
  through(wire, read_registers(1, 0, 1, 7), registers(1, {7}, 7));
  const Watched watched(wire, kPlant);
  EXPECT_EQ(all(watched), "");
  EXPECT_EQ(watched.out.with({"\"event_type\":\"asset\"", "\"asset\":\"meter\""}).size(), 1u);
}

TEST(BesideAGateway, WhoMayAskMayDoSoInsideTls) {
  for (const unsigned port : {802u, 8802u}) {
    Wire wire;
    Conversation(wire, kScada, 40'000, port == 802 ? kPlc : kGateway, port).open().ask(kHello).close();
    EXPECT_EQ(count(Watched(wire, kPlant), "no-rule") + count(Watched(wire, kPlant), "traffic-no-rule"), 0u) << port;
  }
  Wire wire;
  Conversation(wire, kScada, 40'000, "10.2.0.20", 802).open().ask(kHello).close();
  const Watched watched(wire, kPlant);
  EXPECT_EQ(count(watched, "no-rule") + count(watched, "traffic-no-rule"), 1u) << all(watched);
}

TEST(Gateways, KnowTheWireBetweenThoseThatShareAConduit) {
  plant::Plant plant;
  for (const char* id : {"gw-1", "gw-2", "gw-3"}) {
    plant::Gateway gateway;
    gateway.id.value = id;
    gateway.stands = plant::Stands::transparent;
    gateway.wire.emplace().at = IpAddress::parse(std::string("10.9.0.") + id[3]);
    plant.gateways.push_back(std::move(gateway));
  }
  plant::Conduit conduit;
  conduit.guard.value = "gw-1";
  for (const char* id : {"gw-1", "gw-2"}) conduit.guards.emplace_back().value = id;
  conduit.protect = plant::Protect::mutual_tls;
  plant.conduits.push_back(std::move(conduit));
  const Gateways gateways(plant);
  const records::Side wire{.ip = IpAddress::parse("10.9.0.2"), .port = 14'443};
  EXPECT_EQ(gateways.at(wire.ip), 1u);
  EXPECT_TRUE(gateways.are_wired(gateways.at(IpAddress::parse("10.9.0.1")), wire));
  EXPECT_FALSE(gateways.are_wired(gateways.at(IpAddress::parse("10.9.0.3")), wire));
  EXPECT_FALSE(gateways.are_wired(gateways.at(IpAddress::parse("10.9.0.4")), wire));
  EXPECT_FALSE(gateways.are_wired(0, {.ip = wire.ip, .port = 443}));
  plant.conduits[0].protect = plant::Protect::none;
  EXPECT_FALSE(Gateways(plant).are_wired(0, wire)) << "the plant has no TLS between them";
}

}  // namespace
}  // namespace rampart::monitor
