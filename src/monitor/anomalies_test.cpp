// What no rule of the plant says, over the whole way of a packet.
#include <gtest/gtest.h>

#include "monitor/sensor_testing.h"

namespace rampart::monitor {
namespace {

using namespace testing;

constexpr const char* kPlant = R"(rampart: 1
plant: Test
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}]}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.11}]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - {id: plc, kind: controller, at: [{ip: 10.2.0.10}]}
conduits:
  - id: up-down
    joins: [upper, lower]
    rules:
      - {id: poll, allow: [read, write], protocol: modbus, from: [scada], to: [plc]}
)";
constexpr const char* kLearn = R"(findings:
  - {id: new-master, learn: 60s}
  - {id: new-pair, learn: 60s}
  - {id: first-write, learn: 60s}
  - {id: unusual-value, learn: 60s}
  - {id: write-burst, learn: 60s}
)";

std::string address(const char* network, unsigned host) { return network + std::to_string(host); }

/// knock is one SYN that nobody answers.
void knock(Wire& wire, const std::string& from, const std::string& to, unsigned port) {
  std::string datagram = ipv4(6, tcp(50'000, port, 1, 0, tcp_flag::syn, ""));
  datagram.replace(12, 4, ip_octets(from));
  datagram.replace(16, 4, ip_octets(to));
  wire.add(ethernet(0x0800, datagram));
}

size_t count(const Watched& watched, const std::string& finding) {
  return watched.out.with({"\"finding\":\"" + finding + "\"", "\"count\""}).size() -
         watched.out.with({"\"finding\":\"" + finding + "\"", "not told one by one"}).size();
}

std::string first(const Watched& watched, const std::string& finding) {
  const auto lines = watched.out.with({"\"finding\":\"" + finding + "\""});
  return lines.empty() ? "" : lines[0];
}

TEST(Anomalies, AScanOfHostsIsOneFindingAndTakesInWhatItTouches) {
  Wire wire;
  for (unsigned host = 1; host <= 200; ++host) knock(wire, "10.1.0.66", address("10.2.0.", host), 502);
  const Watched watched(wire, kPlant);
  EXPECT_EQ(count(watched, "scan-hosts"), 2u);  // the first, and the repeats once they are counted
  const std::string line = first(watched, "scan-hosts");
  EXPECT_NE(line.find("10.1.0.66 tries out hosts: 10 different ones within 60 s"), std::string::npos) << line;
  EXPECT_NE(line.find("\"pcap_cnt\":10,"), std::string::npos) << line;
  EXPECT_NE(line.find("\"zone\":\"lower\""), std::string::npos) << line;
  EXPECT_NE(line.find("T0846"), std::string::npos) << line;
  // 66 itself, and the nine addresses before the scan was recognised (10.2.0.10 is an asset).
  EXPECT_EQ(count(watched, "unknown-asset"), 10u);
  EXPECT_EQ(count(watched, "traffic-no-rule") + count(watched, "traffic-no-conduit"), 0u);
  const auto folded = watched.out.with({"\"reason\":\"part-of-scan\"", "\"finding\":\"unknown-asset\""});
  ASSERT_EQ(folded.size(), 1u);
  EXPECT_NE(folded[0].find("\"count\":190"), std::string::npos) << folded[0];
}

/// knock_from is one SYN from another network card than that of the other tests' clients.
void knock_from(const std::string& mac, Wire& wire, const std::string& from, const std::string& to) {
  knock(wire, from, to, 502);
  wire.frames.back().bytes.replace(6, 6, mac);
}

TEST(Anomalies, AnAddressUsedFromAnotherCardIsFoundAmongNeighbours) {
  Wire wire;
  const std::string other("\x02\x00\x00\x00\x00\x66", 6);
  knock(wire, "10.2.0.10", "10.2.0.20", 502);
  knock(wire, "10.2.0.10", "10.2.0.21", 502);
  knock_from(other, wire, "10.2.0.10", "10.2.0.22");
  const Watched watched(wire, kPlant);
  ASSERT_EQ(count(watched, "address-moved"), 1u);
  const std::string line = first(watched, "address-moved");
  EXPECT_NE(line.find("plc (10.2.0.10) is used now by 02:00:00:00:00:66"), std::string::npos) << line;
}

TEST(Anomalies, WhatComesThroughARouterSaysNothingOfCards) {
  Wire wire;
  const std::string other("\x02\x00\x00\x00\x00\x66", 6);
  knock(wire, "10.1.0.10", "10.2.0.20", 502);
  knock_from(other, wire, "10.1.0.10", "10.2.0.21");  // another zone
  knock(wire, "10.2.0.10", "10.2.0.200", 502);        // a narrower network parts them
  knock_from(other, wire, "10.2.0.10", "10.2.0.201");
  knock(wire, "10.7.0.1", "10.9.0.1", 502);
  knock_from(other, wire, "10.7.0.1", "10.9.0.2");  // no zone, and no neighbours
  std::string plant = kPlant;
  plant.replace(plant.find("10.2.0.0/24"), 11, "10.2.0.0/26");
  const Watched watched(wire, plant);
  EXPECT_EQ(count(watched, "address-moved") + count(watched, "duplicate-address"), 0u);
}

TEST(Anomalies, WhoIsForeseenToAskManyIsNoScan) {
  std::string plant =
      "rampart: 1\nplant: Test\nzones:\n  - id: one\n    target: 1\n    networks: [10.1.0.0/24]\n"
      "    assets:\n      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.1}]}\n";
  std::string to;
  for (unsigned host = 2; host <= 60; ++host) {
    plant +=
        "      - {id: p" + std::to_string(host) + ", kind: controller, at: [{ip: " + address("10.1.0.", host) + "}]}\n";
    to += (to.empty() ? "p" : ", p") + std::to_string(host);
  }
  plant +=
      "conduits:\n  - id: inside\n    joins: [one, one]\n    rules:\n"
      "      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [" +
      to + "]}\n";
  Wire wire;
  for (unsigned host = 2; host <= 60; ++host) knock(wire, "10.1.0.1", address("10.1.0.", host), 502);
  const Watched watched(wire, plant);
  EXPECT_EQ(count(watched, "scan-hosts"), 0u);
  wire.rewind();
  const Watched unforeseen(wire, kPlant);
  EXPECT_EQ(count(unforeseen, "scan-hosts"), 2u);
}

TEST(Anomalies, WithoutAPlantOnlyWhoIsNotAnsweredScans) {
  Wire silent, answered;
  for (unsigned host = 1; host <= 40; ++host) {
    knock(silent, "10.1.0.66", address("10.2.0.", host), 502);
    Conversation(answered, "10.1.0.66", 50'000, address("10.2.0.", host), 502)
        .open()
        .ask(read_registers(1, 0, 1))
        .tell(registers(1, {5}));
  }
  EXPECT_GE(count(Watched(silent), "scan-hosts"), 1u);
  EXPECT_EQ(count(Watched(answered), "scan-hosts"), 0u);
}

TEST(Anomalies, AScanOfPortsIsFoundAlsoBetweenTwoThatMayTalk) {
  Wire wire;
  for (unsigned port = 1; port <= 100; ++port) knock(wire, "10.1.0.10", "10.2.0.10", port);
  const Watched watched(wire, kPlant);
  EXPECT_GE(count(watched, "scan-ports"), 1u);
  EXPECT_EQ(count(watched, "scan-hosts"), 0u);
}

TEST(Anomalies, AScanOfFunctionsTakesInReadsButNoWrite) {
  Wire wire;
  Conversation talk(wire, "10.1.0.66", 50'000, "10.2.0.10", 502);
  talk.open();
  for (unsigned code = 1; code <= 60; ++code) {
    const std::string pdu = code == 60 ? "\x06" + be16(100) + be16(7) : static_cast<char>(code) + be16(1) + be16(1);
    talk.ask(modbus(code, 1, pdu)).tell(modbus(code, 1, std::string(1, static_cast<char>(pdu[0] | 0x80)) + "\x01"));
  }
  const Watched watched(wire, kPlant);
  EXPECT_GE(count(watched, "scan-functions"), 1u);
  const auto written = watched.out.with({"\"finding\":\"unknown-asset\"", "write-single-register"});
  EXPECT_FALSE(written.empty());
  EXPECT_EQ(watched.findings, [&] {
    uint64_t sum = 0;
    for (const std::string& line : watched.out.with({"\"event_type\":\"alert\""})) {
      sum += std::stoull(line.substr(line.find("\"count\":") + 8));
    }
    return sum;
  }());
}

TEST(Anomalies, AScanOfUnitsIsFoundByItsRefusals) {
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 50'000, "10.2.0.10", 502);
  talk.open();
  for (unsigned unit = 1; unit <= 20; ++unit) {
    talk.ask(read_registers(unit, 0, 1, unit)).tell(modbus(unit, unit, "\x83\x0b"));
  }
  const Watched watched(wire, kPlant);
  EXPECT_GE(count(watched, "scan-units"), 1u);
  EXPECT_EQ(count(watched, "scan-functions"), 0u);
}

TEST(Anomalies, AMasterThatNoRuleForeseesIsToldAtOnce) {
  Wire wire;
  Conversation(wire, "10.1.0.11", 50'000, "10.2.0.10", 502).open().ask(read_registers(1, 0, 1)).tell(registers(1, {5}));
  Conversation(wire, "10.1.0.10", 50'001, "10.2.0.10", 502).open().ask(read_registers(1, 0, 1)).tell(registers(1, {5}));
  Conversation(wire, "10.1.0.11", 50'002, "10.2.0.10", 502).open().ask(read_registers(1, 0, 1)).tell(registers(1, {5}));
  const Watched watched(wire, kPlant);
  ASSERT_EQ(count(watched, "new-master"), 1u);
  EXPECT_NE(first(watched, "new-master").find("hmi began to give plc operations of modbus; no rule foresees"),
            std::string::npos)
      << first(watched, "new-master");
}

TEST(Anomalies, InsideAZoneWithoutRulesAMasterIsNewAfterLearning) {
  const std::string plant = "rampart: 1\nplant: Test\nzones:\n  - {id: one, target: 1, networks: [10.1.0.0/24]}\n";
  Wire wire;
  const auto ask = [&](const char* from, unsigned port) {
    Conversation(wire, from, port, "10.1.0.50", 502).open().ask(read_registers(1, 0, 1)).tell(registers(1, {5}));
  };
  ask("10.1.0.1", 1001);
  wire.wait(std::chrono::seconds(61));
  ask("10.1.0.1", 1002);
  ask("10.1.0.2", 1003);
  const Watched watched(wire, plant + kLearn);
  EXPECT_EQ(count(watched, "new-master"), 1u);
  EXPECT_NE(first(watched, "new-master").find("10.1.0.2 began"), std::string::npos);
  EXPECT_EQ(count(watched, "new-pair"), 1u);
}

TEST(Anomalies, AWriteToAnObjectOrOfAValueThatNobodySawBefore) {
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 50'000, "10.2.0.10", 502);
  talk.open();
  unsigned id = 0;
  const auto write = [&](unsigned object, unsigned value) {
    ++id;
    talk.ask(write_register(id, object, value)).tell(write_register(id, object, value));
  };
  for (const unsigned value : {10u, 30u, 20u}) write(100, value);
  wire.wait(std::chrono::seconds(61));
  write(100, 25);
  write(100, 31);
  write(101, 25);
  write(101, 99);
  const Watched watched(wire, std::string(kPlant) + kLearn);
  EXPECT_EQ(count(watched, "unusual-value"), 1u);
  EXPECT_NE(first(watched, "unusual-value").find("31 to holding-register 100, which was only written with 10 to 30"),
            std::string::npos)
      << first(watched, "unusual-value");
  EXPECT_EQ(count(watched, "first-write"), 1u);
  EXPECT_NE(first(watched, "first-write").find("holding-register 101"), std::string::npos);
}

TEST(Anomalies, ABurstOfWritesIsHeldAgainstWhatWasUsual) {
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 50'000, "10.2.0.10", 502);
  talk.open();
  const auto write = [&](unsigned times) {
    for (unsigned i = 0; i < times; ++i) talk.ask(write_register(i, 100, 5)).tell(write_register(i, 100, 5));
  };
  write(10);
  wire.wait(std::chrono::seconds(120));
  write(50);
  Wire more = wire;
  EXPECT_EQ(count(Watched(wire, std::string(kPlant) + kLearn), "write-burst"), 0u);
  Conversation(more, "10.1.0.10", 50'001, "10.2.0.10", 502).open().ask(write_register(1, 100, 5));
  EXPECT_EQ(count(Watched(more, std::string(kPlant) + kLearn), "write-burst"), 1u);
}

TEST(Anomalies, AFloodOfConversationsIsOneFinding) {
  Wire wire;
  for (unsigned i = 0; i < 400; ++i) Conversation(wire, "10.1.0.10", 10'000 + i, "10.2.0.10", 502).open().close();
  const Watched watched(wire, kPlant);
  EXPECT_GE(count(watched, "flood"), 1u);
  EXPECT_LE(count(watched, "flood"), 2u);
}

/// half is a conversation of which the answers go another way.
void half(Wire& wire) {
  Wire both;
  Conversation talk(both, "10.1.0.10", 50'000, "10.2.0.10", 502);
  talk.open();
  for (unsigned i = 0; i < 5; ++i) talk.ask(read_registers(i, 0, 1)).tell(registers(i, {5}));
  for (const Wire::Frame& frame : both.frames) {
    if (frame.bytes.substr(26, 4) == ip_octets("10.1.0.10")) wire.frames.push_back(frame);
  }
  wire.now = both.now;
}

TEST(Anomalies, TrafficOfWhichHalfIsSeenIsTold) {
  Wire wire;
  half(wire);
  const Watched watched(wire, kPlant);
  EXPECT_EQ(count(watched, "one-sided"), 1u);
  Wire whole;
  Conversation(whole, "10.1.0.10", 50'000, "10.2.0.10", 502)
      .open()
      .ask(read_registers(1, 0, 1))
      .tell(registers(1, {5}));
  EXPECT_EQ(count(Watched(whole, kPlant), "one-sided"), 0u);
}

TEST(Anomalies, HalfSeenTrafficIsHeldBackWhereTheSensorLostPackets) {
  Wire wire;
  half(wire);
  Conversation lossy(wire, "10.1.0.10", 50'001, "10.2.0.10", 502);
  lossy.open().ask(read_registers(1, 0, 1)).tell(registers(1, {5})).lose(false, 40);
  for (unsigned i = 2; i < 40; ++i) lossy.ask(read_registers(i, 0, 1)).tell(registers(i, {5}));
  const Watched watched(wire, kPlant);
  ASSERT_GT(watched.totals.gaps, 0u);
  EXPECT_EQ(count(watched, "one-sided"), 0u);
  EXPECT_EQ(watched.out.with({"\"finding\":\"one-sided\"", "\"reason\":\"sensor-lost-packets\""}).size(), 1u);
}

TEST(Anomalies, ADeviceThatTellsAnotherFirmwareIsToldOnce) {
  const auto identity = [](unsigned id, const std::string& version) {
    const std::string object = "\x02" + std::string(1, static_cast<char>(version.size())) + version;
    return modbus(id, 1, "\x2b\x0e\x01\x01"s + std::string("\x00\x00\x01", 3) + object);
  };
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 50'000, "10.2.0.10", 502);
  talk.open();
  unsigned id = 0;
  for (const char* version : {"V1.0", "V1.0", "V1.1", "V1.1"}) {
    ++id;
    talk.ask(modbus(id, 1, "\x2b\x0e\x01"s + std::string("\x00", 1))).tell(identity(id, version));
  }
  const Watched watched(wire, kPlant);
  EXPECT_EQ(count(watched, "changed-asset"), 1u);
  EXPECT_NE(first(watched, "changed-asset").find("V1.1"), std::string::npos) << first(watched, "changed-asset");
}

TEST(Anomalies, WhatIsSuppressedIsCountedAndSaid) {
  Wire wire;
  Conversation(wire, "10.1.0.11", 50'000, "10.2.0.10", 502).open().ask(read_registers(1, 0, 1)).tell(registers(1, {5}));
  const Watched told(wire, kPlant);
  wire.rewind();
  const Watched watched(wire,
                        std::string(kPlant) +
                            "suppress:\n  - {finding: new-master, from: hmi, to: plc, until: 2023-12-01, reason: test "
                            "of the panel, by: j.koch}\n");
  EXPECT_EQ(count(told, "new-master"), 1u);
  EXPECT_EQ(count(watched, "new-master"), 0u);
  EXPECT_EQ(watched.findings, told.findings);
  const std::string line = first(watched, "new-master");
  EXPECT_NE(line.find("suppressed by j.koch, test of the panel"), std::string::npos) << line;
  EXPECT_NE(line.find("\"count\":1"), std::string::npos) << line;
  EXPECT_EQ(count(watched, "no-rule"), 1u);  // another finding of the same two
}

TEST(Anomalies, AreTheSameForAnyNumberOfWorkers) {
  Wire wire;
  for (unsigned host = 1; host <= 100; ++host) knock(wire, "10.1.0.66", address("10.2.0.", host), 500 + host);
  half(wire);
  for (unsigned i = 0; i < 400; ++i) Conversation(wire, "10.1.0.10", 10'000 + i, "10.2.0.10", 502).open().close();
  const Watched one(wire, kPlant);
  wire.rewind();
  const Watched four(wire, kPlant, {.workers = 4});
  EXPECT_EQ(one.out.lines, four.out.lines);
}

}  // namespace
}  // namespace rampart::monitor
