// Who may use a serial line, and whom its units stand for: the address before it is the gateway's own, and whoever else
// has that address is not who would be asked.
#include <gtest/gtest.h>

#include "gateway/standing.h"
#include "gateway/testing.h"

namespace rampart::gateway {
namespace {

using namespace testing;

/// The client shares its zone with the gateway, whose address the line has: what nobody judges inside a zone must not
/// reach the line.
std::string plant_of(const char* rules) {
  return std::string(R"(rampart: 1
plant: Test
zones:
  - id: office
    target: 1
    networks: [10.1.0.0/16]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.1}]}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.2}]}
      - {id: box, kind: gateway, at: [{ip: 10.1.0.9}]}
  - id: field
    target: 1
    assets:
      - {id: meter, kind: meter, at: [{unit: 7}]}
      - {id: drive, kind: drive, at: [{unit: 8}]}
conduits:
  - id: link
    joins: [office, field]
    guard: gw
    rules:
)") + rules +
         R"(gateways:
  - id: gw
    serves:
      - {to: meter, protocol: modbus, at: 10.1.0.9, serial: {device: /dev/ttyS0}}
      - {to: drive, protocol: modbus, at: 10.1.0.9, serial: {device: /dev/ttyS0}}
)";
}

struct OnLine {
  OnLine(const char* rules, const char* client) : judge(policy_of(plant_of(rules)), "gw", told) {
    const plant::Gateway& said = gateway_of(judge.plant(), "gw");
    doors = doors_of(judge.plant(), said);
    talk.conversation.transport = records::Transport::tcp;
    talk.conversation.ip_protocol = 6;
    talk.conversation.protocol = *protocols::find_protocol("modbus");
    talk.conversation.client = {.ip = IpAddress::parse(client), .port = 40'000};
    talk.conversation.server = {.ip = doors[0].server.ip, .port = doors[0].server.port};
    talk.client.ip = talk.conversation.client.ip;
    talk.server.ip = doors[0].server.ip;
    talk.behind = behind(judge.plant(), said, doors[0]);
    admitted = judge.admit(talk, true, now);
    gate = std::make_unique<Gate>(judge, talk, talk.conversation.protocol, nullptr, 0);
  }
  bool ask(std::string_view octets) { return gate->take(Direction::to_server, hex(octets), false, now, wires); }

  Told told;
  Judge judge;
  std::vector<Door> doors;
  Talk talk;
  Wires wires;
  std::unique_ptr<Gate> gate;
  TimePoint now{std::chrono::hours(24 * 20'000)};
  bool admitted = false;
};

constexpr const char* kRules = R"(      - {id: look, allow: read, protocol: modbus, from: [scada], to: [meter]}
      - {id: set, allow: write, protocol: modbus, from: [scada, hmi], to: [drive], objects: [holding-register 5]}
)";

TEST(BehindALine, AreSeveralAssetsBehindOneDoor) {
  OnLine line(kRules, "10.1.0.1");
  ASSERT_EQ(line.doors.size(), 1u);
  EXPECT_EQ(line.talk.behind, (std::vector<std::string>{"meter", "drive"}));
  EXPECT_EQ(net::to_text(line.doors[0].listen), "10.1.0.9:502");
  EXPECT_EQ(lines_of(gateway_of(line.judge.plant(), "gw")).size(), 2u);
}

TEST(BehindALine, WhoMayAskOneOfThemMayConnect) {
  EXPECT_TRUE(OnLine(kRules, "10.1.0.1").admitted);
  EXPECT_TRUE(OnLine(kRules, "10.1.0.2").admitted) << "it may ask the second";
  EXPECT_FALSE(OnLine(kRules, "10.1.0.77").admitted);
  EXPECT_FALSE(OnLine(kRules, "10.1.0.9").admitted) << "the gateway itself";
}

TEST(BehindALine, EachUnitIsJudgedAsTheAssetThatItIs) {
  OnLine line(kRules, "10.1.0.1");
  EXPECT_TRUE(line.ask("00 01 00 00 00 06 07 03 00 00 00 01"));
  EXPECT_EQ(line.wires.server, hex("00 01 00 00 00 06 07 03 00 00 00 01"));
  EXPECT_TRUE(line.ask("00 02 00 00 00 06 08 06 00 05 00 01"));
  EXPECT_EQ(line.wires.server.size(), 24u);
  for (const char* denied : {"00 03 00 00 00 06 08 03 00 00 00 01", "00 03 00 00 00 06 07 06 00 05 00 01"}) {
    EXPECT_TRUE(line.ask(denied));
    EXPECT_EQ(line.wires.server.size(), 24u) << denied;
  }
}

TEST(BehindALine, NoUnitThatThePlantDoesNotNameIsAsked) {
  for (const char* client : {"10.1.0.1", "10.1.0.2"}) {
    OnLine line(kRules, client);
    for (const char* unit : {"00", "01", "09", "f7", "ff"}) {
      EXPECT_TRUE(line.ask("00 01 00 00 00 06 " + std::string(unit) + " 06 00 05 00 01"));
      EXPECT_TRUE(line.ask("00 01 00 00 00 06 " + std::string(unit) + " 03 00 05 00 01"));
    }
    EXPECT_TRUE(line.wires.server.empty()) << "what is free inside a zone is not free behind the line";
    EXPECT_EQ(line.told.transactions.size(), 10u);
  }
}

}  // namespace
}  // namespace rampart::gateway
