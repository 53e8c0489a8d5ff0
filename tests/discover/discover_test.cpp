// Drafts of traffic that the test makes: one story each, then all properties of every draft.
#include <gtest/gtest.h>

#include "base/text.h"
#include "judged.h"
#include "monitor/draft_ranges.h"
#include "monitor/draft_text.h"
#include "monitor/sensor_testing.h"

namespace rampart::monitor::discover::testing {
namespace {

using namespace monitor::testing;

/// Story is some traffic, its draft, and that the draft is as every draft must be.
class Story {
 public:
  explicit Story(Wire wire) : wire_(std::move(wire)), draft_(drafted(source())) {
    const Judged judged(source(), draft_, draft_.text);
    for (const auto* complaints : {&judged.complaints_of_load(), &judged.unexpected()}) {
      for (const std::string& complaint : *complaints) ADD_FAILURE() << complaint << "\n" << draft_.text;
    }
    if (!judged.complaints_of_load().empty()) return;
    for (const Complaints& complaints : {judged.missed(), judged.needless(), judged.too_broad()}) {
      for (const std::string& complaint : complaints) ADD_FAILURE() << complaint << "\n" << draft_.text;
    }
    findings_ = judged.findings();
  }
  Source source() const {
    return [this] {
      auto copy = std::make_unique<Wire>(wire_);
      copy->rewind();
      return copy;
    };
  }
  const std::string& text() const { return draft_.text; }
  const Draft& draft() const { return draft_; }
  size_t findings() const { return findings_; }
  bool says(const std::string& words) const { return draft_.text.find(words) != std::string::npos; }

 private:
  Wire wire_;
  Draft draft_;
  size_t findings_ = 0;
};

/// udp_packet is one datagram from client to server.
std::string udp_packet(const std::string& from, unsigned from_port, const std::string& to, unsigned to_port,
                       const std::string& payload) {
  std::string datagram =
      ipv4(17, be16(from_port) + be16(to_port) + be16(static_cast<unsigned>(payload.size() + 8)) + be16(0) + payload);
  datagram.replace(12, 4, ip_octets(from));
  datagram.replace(16, 4, ip_octets(to));
  return ethernet(0x0800, datagram);
}

/// water is the ordinary traffic of a small works: SCADA polls two controllers, a panel writes to one of them.
Wire water() {
  Wire wire;
  Conversation poll(wire, "10.20.0.10", 40000, "10.10.1.11", 502);
  poll.open();
  for (unsigned i = 0; i < 3; ++i) poll.ask(read_registers(i, 100, 2)).tell(registers(i, {11, 12}));
  poll.ask(read_registers(9, 102, 3)).tell(registers(9, {1, 2, 3})).close();
  Conversation(wire, "10.20.0.10", 40001, "10.10.1.12", 502)
      .open()
      .ask(read_registers(1, 100, 5))
      .tell(registers(1, {1, 2, 3, 4, 5}))
      .close();
  Conversation panel(wire, "10.20.0.21", 40002, "10.10.1.11", 502);
  panel.open();
  for (const unsigned value : {3u, 97u, 50u}) {
    panel.ask(write_register(value, 100, value)).tell(write_register(value, 100, value));
  }
  panel.close();
  return wire;
}

TEST(Discover, OrdinaryTrafficBecomesZonesByRoleAndRulesByUse) {
  const Story story(water());
  EXPECT_TRUE(story.says("- id: control-10-10-1-0\n")) << story.text();
  EXPECT_TRUE(story.says("- id: supervisory-10-20-0-0\n"));
  EXPECT_TRUE(story.says("networks: [10.10.1.0/24]"));
  EXPECT_TRUE(story.says("kind: scada-server"));
  EXPECT_TRUE(story.says("kind: operator-station"));
  EXPECT_TRUE(story.says("at: [{ip: 10.10.1.11, unit: 1}]"));
  // Registers 100-101 and 102-104 touch each other, and are then what the other controller was asked for: one rule.
  EXPECT_TRUE(story.says("to: [host-10-10-1-11, host-10-10-1-12]\n        objects: holding-register 100-104\n"));
  EXPECT_TRUE(story.says("written 3 times, 3 to 97; rounded outward to multiples of 1\n") ||
              story.says("written 3 times, 3 to 97\n"));
  EXPECT_TRUE(story.says("range: 3..97}"));
  EXPECT_TRUE(story.says("points: holding-register-100\n"));
  EXPECT_EQ(story.findings(), 0u);
  EXPECT_EQ(story.draft().rules, 2u);
}

TEST(Discover, EveryRuleIsMissedInAWholeRunWithoutIt) {
  const Story story(water());
  const auto plant = plant::require(plant::load_text(story.text(), "draft.yaml"));
  size_t removed = 0;
  for (size_t conduit = 0; conduit < plant.conduits.size(); ++conduit) {
    for (size_t rule = 0; rule < plant.conduits[conduit].rules.size(); ++rule) {
      auto less = std::make_shared<plant::Plant>(plant);
      auto& rules = less->conduits[conduit].rules;
      rules.erase(rules.begin() + static_cast<std::ptrdiff_t>(rule));
      Lines lines;
      Correlator correlator(policy::compile(less).policy, less, lines);
      run(*story.source()(), correlator, {}, [](const SensorResult&) {});
      correlator.finish();
      EXPECT_FALSE(lines.with({"Not allowed by the plant"}).empty()) << conduit << "/" << rule;
      ++removed;
    }
  }
  EXPECT_EQ(removed, 2u);
}

TEST(Discover, OtherTrafficThanWasSeenIsFound) {
  const Story story(water());
  Wire attack;
  Conversation(attack, "10.20.0.21", 41000, "10.10.1.11", 502)
      .open()
      .ask(write_register(1, 100, 98))
      .tell(write_register(1, 100, 98))
      .ask(read_registers(2, 100, 1))
      .tell(registers(2, {1}))
      .ask(write_register(3, 101, 50))
      .tell(write_register(3, 101, 50));
  Conversation(attack, "10.20.0.99", 41001, "10.10.1.11", 502).open().ask(read_registers(1, 100, 1));
  const Watched watched(attack, story.text());
  EXPECT_EQ(watched.out.with({"\"finding\":\"value-out-of-range\""}).size(), 1u);
  EXPECT_EQ(watched.out.with({"\"finding\":\"no-rule\""}).size(), 2u);
  EXPECT_FALSE(watched.out.with({"10.20.0.99", "\"finding\":\"unknown-asset\""}).empty());
}

TEST(Discover, RangesAreRoundedOutwardToATenthOfWhatWasSeen) {
  Wire wire;
  Conversation panel(wire, "10.20.0.21", 40002, "10.10.1.11", 502);
  panel.open();
  for (const unsigned value : {1013u, 2987u}) {
    panel.ask(write_register(value, 7, value)).tell(write_register(value, 7, value));
  }
  const Story story(wire);
  EXPECT_TRUE(story.says("written 2 times, 1013 to 2987; rounded outward to multiples of 100")) << story.text();
  EXPECT_TRUE(story.says("range: 1000..3000}"));
}

TEST(Discover, AMaskWriteHasNoRangeForItCannotBeJudged) {
  Wire wire;
  Conversation(wire, "10.20.0.21", 40002, "10.10.1.11", 502)
      .open()
      .ask(modbus(1, 1, "\x16" + be16(4) + be16(0xfff0) + be16(0x0005)))
      .tell(modbus(1, 1, "\x16" + be16(4) + be16(0xfff0) + be16(0x0005)))
      .ask(write_register(2, 4, 5))
      .tell(write_register(2, 4, 5));
  const Story story(wire);
  EXPECT_FALSE(story.says("points:")) << story.text();
  EXPECT_TRUE(story.says("objects: holding-register 4\n"));
}

TEST(Discover, TwoRegistersThatAlwaysGiveANumberAreOnePoint) {
  const auto write_two = [](unsigned id, unsigned first, unsigned high, unsigned low) {
    return modbus(id, 1, "\x10" + be16(first) + be16(2) + "\x04" + be16(high) + be16(low));
  };
  const auto wrote_two = [](unsigned id, unsigned first) { return modbus(id, 1, "\x10" + be16(first) + be16(2)); };
  Wire wire;
  Conversation panel(wire, "10.20.0.21", 40002, "10.10.1.11", 502);
  panel.open();
  panel.ask(write_two(1, 200, 0x3f00, 0)).tell(wrote_two(1, 200));  // 0.5
  panel.ask(write_two(2, 200, 0x4020, 0)).tell(wrote_two(2, 200));  // 2.5
  panel.ask(write_two(3, 300, 0, 40)).tell(wrote_two(3, 300));      // two small numbers
  panel.ask(write_two(4, 400, 0x3f00, 0)).tell(wrote_two(4, 400));  // 0.5, but then one half is written alone
  panel.ask(write_register(5, 401, 7)).tell(write_register(5, 401, 7));
  const Story story(wire);
  EXPECT_TRUE(story.says("written 2 times, 0.5 to 2.5, as float32; rounded outward to multiples of 0.1"))
      << story.text();
  EXPECT_TRUE(story.says("object: holding-register 200-201, type: float32, range: 0.5..2.5}"));
  EXPECT_TRUE(story.says("object: holding-register 300, type: uint16, range: 0..0}"));
  EXPECT_TRUE(story.says("object: holding-register 401, type: uint16, range: 0..7}"));
}

TEST(Discover, UnitsBehindOneAddressAreAGatewayAndItsDevices) {
  Wire wire;
  Conversation poll(wire, "10.20.0.10", 40000, "10.10.1.20", 502);
  poll.open();
  for (const unsigned unit : {7u, 8u}) {
    poll.ask(read_registers(unit, 0, unit, unit)).tell(registers(unit, std::vector<unsigned>(unit, 1), unit));
  }
  const Story story(wire);
  EXPECT_TRUE(story.says("kind: gateway")) << story.text();
  EXPECT_TRUE(story.says("- id: host-10-10-1-20-unit-7\n"));
  EXPECT_TRUE(story.says("at: [{ip: 10.10.1.20, unit: 8}]"));
  EXPECT_TRUE(story.says("to: host-10-10-1-20-unit-8\n"));
}

TEST(Discover, WhatStopsAControllerIsACommentWithItsPacketAndStaysAFinding) {
  Wire wire = water();
  Conversation(wire, "10.20.0.31", 40005, "10.10.1.11", 502)
      .open()
      .ask(modbus(1, 1, "\x08" + be16(4) + be16(0)))  // force listen only mode: no answer
      .ask(modbus(2, 1, "\x08" + be16(1) + be16(0)))  // restart communications
      .tell(modbus(2, 1, "\x08" + be16(1) + be16(0)))
      .close();
  const Story story(wire);
  EXPECT_TRUE(story.says("# seen, not allowed: host-10-20-0-31 asked host-10-10-1-11 for stop")) << story.text();
  EXPECT_TRUE(story.says("kind: engineering-workstation"));
  EXPECT_GE(story.draft().not_allowed, 1u);
  EXPECT_GE(story.findings(), 1u);
}

TEST(Discover, PlainTrafficIsDraftedByItsPorts) {
  Wire wire = water();
  Conversation(wire, "10.20.0.21", 50000, "10.20.0.80", 8080).open().ask("hello there").tell("and to you").close();
  Conversation(wire, "10.20.0.21", 50001, "10.20.0.80", 8443).open().close();
  wire.add(udp_packet("10.20.0.10", 50002, "10.20.0.80", 5514, "something"));
  const Story story(wire);
  EXPECT_TRUE(story.says("protocol: tcp\n")) << story.text();
  EXPECT_TRUE(story.says("ports: [8080, 8443]\n"));
  EXPECT_TRUE(story.says("protocol: udp\n"));
  EXPECT_TRUE(story.says("- id: other-10-20-0-0\n")) << "a host without a role of control has a zone of its own";
  EXPECT_TRUE(story.says("no answer was seen"));
}

TEST(Discover, AConnectionWithoutARequestNeedsNoRuleBesideThatOfItsProtocol) {
  Wire wire = water();
  Conversation(wire, "10.20.0.10", 45000, "10.10.1.11", 502).open().close();
  const Story story(wire);
  EXPECT_FALSE(story.says("protocol: tcp")) << story.text();
}

TEST(Discover, AScanIsNamedAndNotDrafted) {
  Wire wire = water();
  for (unsigned host = 1; host <= 150; ++host) {
    Conversation(wire, "10.20.0.66", 30000 + host, "10.10.7." + std::to_string(host), 502).lose(true, 0).ask("");
  }
  const Story story(wire);
  EXPECT_TRUE(story.says("# 10.20.0.66 touched 150 addresses, 150 of them in vain")) << story.text();
  EXPECT_FALSE(story.says("ip: 10.10.7.1}")) << "what never answered is no asset";
  EXPECT_FALSE(story.says("from: host-10-20-0-66"));
  EXPECT_GE(story.findings(), 1u);
  ASSERT_EQ(story.draft().scanners.size(), 1u);
}

TEST(Discover, AnOperationToAGroupHasAnAddressThatIsNoHost) {
  Wire wire = water();
  wire.add(udp_packet("10.20.0.10", 502, "224.0.0.77", 502, write_register(1, 3, 4)));
  const Story story(wire);
  EXPECT_TRUE(story.says("- id: groups\n")) << story.text();
  EXPECT_TRUE(story.says("- id: group-224-0-0-77\n"));
  EXPECT_TRUE(story.says("a group, broadcast or unspecified address, no host"));
}

TEST(Discover, AddressesOfTheInternetShareOneZone) {
  Wire wire = water();
  Conversation(wire, "10.20.0.21", 50000, "93.184.216.34", 443).open().ask("x").tell("y").close();
  Conversation(wire, "203.0.113.9", 50000, "10.20.0.21", 3389).open().ask("x").tell("y").close();
  const Story story(wire);
  EXPECT_TRUE(story.says("- id: outside\n")) << story.text();
  EXPECT_TRUE(story.says("level: 5"));
  EXPECT_TRUE(story.says("ip: 203.0.113.9}"));
}

TEST(Discover, TrafficSeenFromOneSideIsDraftedAndSaysSo) {
  Wire wire;
  Conversation(wire, "10.20.0.10", 40000, "10.10.1.11", 502).ask(read_registers(1, 0, 1)).ask(read_registers(2, 0, 1));
  Conversation(wire, "10.20.0.10", 40001, "10.10.1.12", 502).tell(registers(1, {5})).tell(registers(2, {5}));
  const Story story(wire);
  EXPECT_TRUE(story.says("no answer was seen")) << story.text();
  EXPECT_TRUE(story.says("was addressed, and not seen to answer"));
  EXPECT_TRUE(story.says("ports: 502\n"));
  EXPECT_TRUE(story.says("answers in modbus; serves what is not decoded here, port 502")) << story.text();
}

TEST(Discover, WordsOfADeviceCannotBreakTheFile) {
  Wire wire;
  const std::string name = "evil\" } # x: [\\";
  const std::string object = std::string("\x00", 1) + static_cast<char>(name.size()) + name;
  const std::string version = std::string("\x02\x04") + "2.10";
  Conversation(wire, "10.20.0.10", 40000, "10.10.1.11", 502)
      .open()
      .ask(modbus(1, 1, std::string("\x2b\x0e\x01\x00", 4)))
      .tell(modbus(1, 1, std::string("\x2b\x0e\x01\x01\x00\x00\x02", 7) + object + version));
  const Story story(wire);
  EXPECT_TRUE(story.says("vendor: \"evil\\\" } # x: [\\\\\"")) << story.text();
  EXPECT_TRUE(story.says("firmware: \"2.10\"")) << story.text();
}

TEST(Discover, NothingSeenIsAPlantWithoutZones) {
  const Draft draft = drafted([] { return std::make_unique<Wire>(); });
  EXPECT_TRUE(plant::load_text(draft.text, "draft.yaml").ok()) << draft.text;
  EXPECT_EQ(draft.assets, 0u);
}

TEST(Discover, ManyScatteredObjectsCloseHolesAndSayHowWide) {
  Wire wire;
  Conversation poll(wire, "10.20.0.10", 40000, "10.10.1.11", 502);
  poll.open();
  for (unsigned i = 0; i < 100; ++i) {
    const unsigned at = i * (i < 50 ? 3 : 10);
    poll.ask(read_registers(i, at, 1)).tell(registers(i, {1}));
  }
  const Story story(wire);
  EXPECT_TRUE(story.says("; holes of up to 9 numbers are closed") ||
              story.says("; holes of up to 2 numbers are closed"))
      << story.text();
}

TEST(Discover, TheSameTrafficIsTheSameTextWithTwoWorkers) {
  const Story story(water());
  EXPECT_EQ(story.text(), drafted(story.source(), 2).text);
  EXPECT_EQ(story.text(), drafted(story.source(), 1).text);
}

TEST(DraftText, MakesWordsFromTheWireHarmless) {
  EXPECT_EQ(DraftText::scalar("a\nb: c"), "\"a?b: c\"");
  EXPECT_EQ(DraftText::scalar("\xc3\xa9\x1b[2J\""), "\"???[2J\\\"\"");
  EXPECT_EQ(DraftText::scalar("no"), "\"no\"");
  EXPECT_EQ(DraftText::scalar("holding-register 1-9"), "holding-register 1-9");
  EXPECT_EQ(DraftText::word("0x1"), "\"0x1\"");
  DraftText text;
  text.comment(2, "one\n- id: two " + std::string(300, 'x') + " end");
  for (const std::string_view line : split(text.take(), '\n')) {
    EXPECT_LE(line.size(), 120u);
    EXPECT_TRUE(line.empty() || line.starts_with("  # ")) << line;
  }
}

TEST(DraftRanges, MergeWhatTouchesAndKeepWhatDoesNot) {
  Ranges ranges;
  ranges.add(5, 6);
  ranges.add(9, 9);
  ranges.add(7, 7);
  EXPECT_EQ(ranges.runs(), (Ranges::Runs{{5, 7}, {9, 9}}));
  ranges.add(8, 8);
  EXPECT_EQ(ranges.runs(), (Ranges::Runs{{5, 9}}));
  ranges.add(0, ~uint64_t{0});
  EXPECT_EQ(ranges.runs(), (Ranges::Runs{{0, ~uint64_t{0}}}));
  EXPECT_EQ(ranges.rounding(), 0u);
}

TEST(DraftRanges, TakeLeavesWhatIsOnBothSides) {
  Ranges ranges;
  ranges.add(0, 9);
  ranges.add(20, 29);
  ranges.take(3, 4);
  ranges.take(8, 24);
  EXPECT_EQ(ranges.runs(), (Ranges::Runs{{0, 2}, {5, 7}, {25, 29}}));
  ranges.take(0, 100);
  EXPECT_TRUE(ranges.empty());
}

TEST(DraftRanges, CloseTheNarrowestHolesAndTellTheWidest) {
  Ranges ranges;
  for (const uint64_t at : {0u, 2u, 10u, 100u}) ranges.add(at, at);
  ranges.close_holes(3);
  EXPECT_EQ(ranges.runs(), (Ranges::Runs{{0, 2}, {10, 10}, {100, 100}}));
  EXPECT_EQ(ranges.rounding(), 1u);
  ranges.close_holes(1);
  EXPECT_EQ(ranges.runs(), (Ranges::Runs{{0, 100}}));
  EXPECT_EQ(ranges.rounding(), 89u);
}

TEST(DraftRanges, StayBoundedWhateverIsAdded) {
  Ranges ranges;
  for (uint64_t at = 0; at < 100'000; ++at) ranges.add(at * 7, at * 7);
  EXPECT_LE(ranges.runs().size(), Ranges::kMost);
  EXPECT_EQ(ranges.rounding(), 6u);
}

}  // namespace
}  // namespace rampart::monitor::discover::testing
