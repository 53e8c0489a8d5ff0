#include "monitor/sensor.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "monitor/community_id.h"
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
      - id: plc
        kind: controller
        at: [{ip: 10.2.0.10}]
        points:
          - {id: valve, object: holding-register 100, unit: "%", range: 0..100, step: 10}
  - id: other
    target: 1
    networks: [10.3.0.0/24]
    assets:
      - {id: office, kind: workstation, at: [{ip: 10.3.0.10}]}
conduits:
  - id: up-down
    joins: [upper, lower]
    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada, hmi], to: [plc]}
      - {id: valve, allow: write, protocol: modbus, from: [scada], to: [plc], points: [valve], rate: 3/min}
)";

TEST(Sensor, JoinsRequestAndAnswerAndReportsBothPackets) {
  Wire wire;
  Conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 502)
      .open()
      .ask(read_registers(7, 100, 2))
      .tell(registers(7, {11, 12}))
      .close();
  const Watched watched(wire, kPlant);
  const auto lines = watched.out.with({"\"event_type\":\"operation\""});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("\"object\":\"holding-register 100-101\""), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("\"values\":[11,12]"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("\"pcap_cnt\":4"), std::string::npos) << lines[0];
  EXPECT_NE(
      lines[0].find("\"answer_pcap_cnt\":5,\"verdict\":{\"allowed\":true,\"conduit\":\"up-down\",\"rule\":\"poll\""),
      std::string::npos)
      << lines[0];
  EXPECT_NE(lines[0].find("\"latency_us\":1000"), std::string::npos) << lines[0];
  EXPECT_TRUE(watched.out.with({"\"alert\""}).empty());
}

TEST(Sensor, FindsAWriteOutsideItsRange) {
  Wire wire;
  Conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 502)
      .open()
      .ask(write_register(1, 100, 4500))
      .tell(write_register(1, 100, 4500));
  const Watched watched(wire, kPlant);
  const auto lines = watched.out.with({"\"finding\":\"value-out-of-range\""});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("4500"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("valve"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("\"pcap_cnt\":4"), std::string::npos) << lines[0];
}

TEST(Sensor, KnowsTheLastValueFromReadsAndFindsTooLargeASTep) {
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 40000, "10.2.0.10", 502);
  talk.open().ask(write_register(1, 100, 50)).tell(write_register(1, 100, 50));  // unknown before: undecidable
  talk.ask(write_register(2, 100, 55)).tell(write_register(2, 100, 55));         // known now: a step of 5
  talk.ask(write_register(3, 100, 90)).tell(write_register(3, 100, 90));         // a step of 35
  const Watched watched(wire, kPlant);
  EXPECT_EQ(watched.out.with({"\"finding\":\"undecidable\""}).size(), 1u);
  const auto steps = watched.out.with({"\"finding\":\"step-too-large\""});
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_NE(steps[0].find("\"pcap_cnt\":8"), std::string::npos) << steps[0];
}

TEST(Sensor, ARefusedWriteChangesNoKnownValue) {
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 40000, "10.2.0.10", 502);
  talk.open().ask(read_registers(1, 100, 1)).tell(registers(1, {50}));
  talk.ask(write_register(2, 100, 58)).tell(modbus(2, 1, "\x86\x04"));    // refused: the value is still 50
  talk.ask(write_register(3, 100, 42)).tell(write_register(3, 100, 42));  // 8 from 50, 16 from 58
  const Watched watched(wire, kPlant);
  EXPECT_EQ(watched.out.with({"\"outcome\":{\"code\":4"}).size(), 1u);
  EXPECT_TRUE(watched.out.with({"\"finding\":\"step-too-large\""}).empty());
}

TEST(Sensor, BelievesContentWhereAConnectionWasOpenedFromTheProtocolsOwnPort) {
  Wire wire;
  Conversation(wire, "10.2.0.10", 502, "10.1.0.10", 40000)
      .open()
      .tell(read_registers(1, 100, 1))
      .ask(registers(1, {50}));
  const Watched watched(wire, kPlant);
  EXPECT_EQ(watched.out.with({"\"event_type\":\"operation\"", "\"src_ip\":\"10.1.0.10\"", "\"allowed\":true"}).size(),
            1u);
  EXPECT_TRUE(watched.out.with({"\"alert\""}).empty());
}

TEST(Sensor, CountsARateAcrossConnections) {
  Wire wire;
  for (unsigned i = 0; i < 5; ++i) {
    Conversation(wire, "10.1.0.10", 40000 + i, "10.2.0.10", 502)
        .open()
        .ask(read_registers(1, 100, 1))
        .tell(registers(1, {50}))
        .ask(write_register(2, 100, 50))
        .tell(write_register(2, 100, 50))
        .close();
  }
  const Watched watched(wire, kPlant);
  const auto lines = watched.out.with({"\"finding\":\"rate-exceeded\""});
  ASSERT_EQ(lines.size(), 2u) << "the first, and what was counted after it";
  EXPECT_NE(lines[1].find("\"count\":1"), std::string::npos) << lines[1];
}

TEST(Sensor, TellsNoRuleFromNoConduitFromUnknown) {
  Wire wire;
  Conversation(wire, "10.1.0.11", 40000, "10.2.0.10", 502).open().ask(write_register(1, 100, 5));
  Conversation(wire, "10.3.0.10", 40001, "10.2.0.10", 502).open().ask(read_registers(1, 100, 1));
  Conversation(wire, "192.0.2.1", 40002, "10.2.0.10", 502).open().ask(read_registers(1, 100, 1));
  Conversation(wire, "10.1.0.99", 40003, "10.2.0.10", 502).open().ask(read_registers(1, 100, 1));
  const Watched watched(wire, kPlant);
  EXPECT_EQ(watched.out.with({"\"finding\":\"no-rule\"", "10.1.0.11"}).size(), 1u);
  EXPECT_EQ(watched.out.with({"\"finding\":\"no-conduit\"", "10.3.0.10"}).size(), 1u);
  EXPECT_EQ(watched.out.with({"\"finding\":\"unknown-client\"", "192.0.2.1"}).size(), 1u);
  EXPECT_EQ(watched.out.with({"\"finding\":\"unknown-asset\"", "192.0.2.1"}).size(), 1u);
  EXPECT_GE(watched.out.with({"\"finding\":\"unknown-asset\"", "10.1.0.99"}).size(), 1u);
}

TEST(Sensor, CountsRepeatsInsteadOfRepeatingThem) {
  Wire wire;
  Conversation talk(wire, "10.3.0.10", 40000, "10.2.0.10", 502);
  talk.open();
  for (unsigned i = 0; i < 100; ++i) talk.ask(read_registers(i, 100, 1)).tell(registers(i, {1}));
  const Watched watched(wire, kPlant);
  const auto lines = watched.out.with({"\"finding\":\"no-conduit\""});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("\"count\":1}") == std::string::npos ? lines[0].find("\"count\":1,") : size_t{0},
            std::string::npos);
  EXPECT_NE(lines[1].find("\"count\":99,\"first_pcap_cnt\":6"), std::string::npos) << lines[1];
}

TEST(Sensor, FindsAProtocolOnAnotherPortByItsContent) {
  Wire wire;
  Conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 8080)
      .open()
      .ask(read_registers(1, 100, 1))
      .tell(registers(1, {1}));
  const Watched watched(wire, kPlant);
  EXPECT_EQ(watched.out.with({"\"event_type\":\"operation\"", "\"app_proto\":\"modbus\""}).size(), 1u);
  EXPECT_EQ(watched.out.with({"\"finding\":\"protocol-on-other-port\""}).size(), 1u);
}

// Far more segments than we have patience for, were it counted in segments.
TEST(Sensor, FindsAProtocolInSegmentsOfOneOctet) {
  for (const unsigned port : {502u, 10'502u}) {
    Wire wire;
    Conversation talk(wire, "10.1.0.10", 40000, "10.2.0.10", port);
    talk.open();
    for (const char octet : modbus(7, 1, "\x10"s + be16(100) + be16(9) + "\x12"s + std::string(18, '\x01'))) {
      talk.ask(std::string(1, octet));
    }
    const Watched watched(wire, kPlant);
    EXPECT_EQ(watched.out.with({"\"event_type\":\"operation\"", "write-multiple-registers"}).size(), 1u) << port;
  }
}

TEST(Sensor, SaysThatAPortCarriesSomethingElse) {
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 40000, "10.2.0.10", 502);
  talk.open();
  for (int i = 0; i < 30; ++i) talk.ask("GET / HTTP/1.1\r\nHost: plc\r\n\r\n").tell("HTTP/1.1 200 OK\r\n\r\nhello");
  const Watched watched(wire, kPlant);
  EXPECT_TRUE(watched.out.with({"\"event_type\":\"operation\"", "\"app_proto\":\"modbus\""}).empty());
  EXPECT_EQ(watched.out.with({"\"finding\":\"other-protocol-on-port\""}).size(), 1u);
  EXPECT_FALSE(watched.out.with({"\"finding\":\"no-rule\"", "\"app_proto\":\"http\""}).empty());
}

TEST(Sensor, TakesUpConnectionsWhoseStartWasNotSeen) {
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 40000, "10.2.0.10", 502);
  talk.tell(registers(1, {5})).ask(read_registers(2, 100, 1)).tell(registers(2, {6}));
  const Watched watched(wire, kPlant);
  const auto lines = watched.out.with({"\"event_type\":\"operation\""});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("\"request\":\"not-seen\""), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("\"src_ip\":\"10.1.0.10\""), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("\"values\":[6]"), std::string::npos) << lines[1];
}

TEST(Sensor, MarksAGapAndGoesOnBehindIt) {
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 40000, "10.2.0.10", 502);
  talk.open().ask(read_registers(1, 100, 1)).tell(registers(1, {1}));
  talk.lose(true, 30);
  for (unsigned i = 2; i < 9; ++i) talk.ask(read_registers(i, 100, 1)).tell(registers(i, {i}));
  talk.close();
  const Watched watched(wire, kPlant);
  const auto lines = watched.out.with({"\"event_type\":\"operation\""});
  EXPECT_EQ(lines.size(), 8u);
  EXPECT_EQ(watched.out.with({"\"seen\":\"gap-before\""}).size(), 1u);
  const auto losses = watched.out.with({"\"kind\":\"gap\""});
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_NE(losses[0].find("\"count\":30"), std::string::npos) << losses[0];
  EXPECT_EQ(watched.totals.gap_octets, 30u);
}

TEST(Sensor, GivesUpWhatIsNotAnsweredInTime) {
  Wire wire;
  Conversation talk(wire, "10.1.0.10", 40000, "10.2.0.10", 502);
  talk.open().ask(read_registers(1, 100, 1));
  wire.wait(std::chrono::seconds(40));
  talk.ask(read_registers(2, 100, 1)).tell(registers(2, {1}));
  const Watched watched(wire, kPlant);
  const auto lines = watched.out.with({"\"event_type\":\"operation\""});
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_NE(lines[0].find("\"outcome\":\"unanswered\""), std::string::npos) << lines[0];
}

TEST(Sensor, EvictsTheStalestFlowAndCountsIt) {
  Wire wire;
  for (unsigned i = 0; i < 300; ++i) {
    Conversation(wire, "10.1.0.10", 40000 + i, "10.2.0.10", 502).open().ask(read_registers(1, 100, 1));
  }
  SensorOptions options;
  options.limits.flows = 64;
  const Watched watched(wire, kPlant, options);
  EXPECT_EQ(watched.totals.evicted_flows, 300u - 64u);
  EXPECT_EQ(watched.out.with({"\"event_type\":\"flow\""}).size(), 300u);
  EXPECT_EQ(watched.out.with({"\"event_type\":\"operation\""}).size(), 300u)
      << "what was asked is told, answered or not";
}

TEST(Sensor, BeginsAnewWhenPortsAreUsedAgain) {
  Wire wire;
  Conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 502).open().ask(read_registers(1, 1, 1)).close();
  Conversation second(wire, "10.1.0.10", 40000, "10.2.0.10", 502);
  second.lose(true, 500'000).lose(false, 700'000).open().ask(read_registers(2, 2, 1)).tell(registers(2, {1}));
  const Watched watched(wire, kPlant);
  EXPECT_EQ(watched.out.with({"\"event_type\":\"flow\""}).size(), 2u);
  EXPECT_EQ(watched.out.with({"\"event_type\":\"operation\""}).size(), 2u);
  EXPECT_TRUE(watched.out.with({"\"kind\":\"gap\""}).empty());
}

TEST(Sensor, NeverPrintsNamesFromTheWireUnescaped) {
  Wire wire;
  Conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 502)
      .open()
      .ask(modbus(1, 1, std::string("\x2b\x0e\x01\x00", 4)))
      .tell(modbus(1, 1, std::string("\x2b\x0e\x01\x01\x00\x00\x01\x00\x06\"\n\x1b\\\xff\x7f", 15)));
  const Watched watched(wire, kPlant);
  ASSERT_EQ(watched.out.with({"\"event_type\":\"operation\"", "\"outcome\":\"ok\""}).size(), 1u);
  for (const std::string& line : watched.out.lines) {
    for (const char c : line.substr(0, line.size() - 1)) {
      EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << line;
    }
  }
}

TEST(CommunityId, EqualsThePublishedVectors) {
  records::Conversation conversation;
  conversation.transport = records::Transport::tcp;
  conversation.ip_protocol = 6;
  conversation.client.ip = IpAddress::parse("128.232.110.120");
  conversation.client.port = 34855;
  conversation.server.ip = IpAddress::parse("66.35.250.204");
  conversation.server.port = 80;
  EXPECT_EQ(community_id(conversation), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
  std::swap(conversation.client, conversation.server);
  EXPECT_EQ(community_id(conversation), "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

std::vector<std::string> lines_with_workers(PacketSource& source, uint32_t workers, size_t flows) {
  SensorOptions options;
  options.workers = workers;
  options.limits.flows = flows;
  return Watched(source, kPlant, options).out.lines;
}

TEST(Workers, WriteTheSameLinesInTheSameOrderWhateverTheirNumber) {
  Wire wire;
  for (unsigned i = 0; i < 400; ++i) {
    const std::string client = "10.1.0." + std::to_string(10 + i % 50);
    Conversation talk(wire, client, 30000 + i, "10.2.0." + std::to_string(10 + i % 7), i % 5 == 0 ? 8080 : 502);
    talk.open().ask(read_registers(i, i, 2)).tell(registers(i, {i, i}));
    if (i % 3 == 0) talk.lose(false, 10).ask(write_register(i, 100, i)).tell(write_register(i, 100, i)).close();
    if (i % 50 == 0) wire.wait(std::chrono::seconds(30));
  }
  for (const size_t flows : {size_t{100'000}, size_t{33}}) {
    wire.rewind();
    const auto one = lines_with_workers(wire, 1, flows);
    for (const uint32_t workers : {2u, 4u}) {
      wire.rewind();
      ASSERT_EQ(lines_with_workers(wire, workers, flows), one) << workers << " workers, " << flows << " flows";
    }
  }
}

TEST(HashKey, ChangesNothingThatIsTold) {
  Wire wire;
  for (unsigned i = 0; i < 300; ++i) {
    Conversation talk(wire, "10.1.0." + std::to_string(10 + i % 50), 30000 + i, "10.2.0." + std::to_string(10 + i % 7),
                      502);
    talk.open().ask(read_registers(i, i, 2)).tell(registers(i, {i, i})).ask(write_register(i, 100, i));
  }
  SensorOptions options;
  options.limits.flows = 33;
  const auto lines = Watched(wire, kPlant, options).out.lines;
  for (const uint64_t key : {uint64_t{1}, ~uint64_t{0}, uint64_t{0x0123456789abcdef}}) {
    options.hash_key = {key, key * 3};
    wire.rewind();
    EXPECT_EQ(Watched(wire, kPlant, options).out.lines, lines) << key;
  }
}

TEST(Workers, AgreeOnRealTraffic) {
  const std::filesystem::path captures = RAMPART_SOURCE_DIR "/../shared/captures";
  if (!std::filesystem::exists(captures)) GTEST_SKIP() << "no captures beside the project";
  std::vector<std::string> files;
  for (const char* folder : {"modbus", "s7comm", "dnp3"}) {
    for (const auto& entry : std::filesystem::directory_iterator(captures / folder)) {
      if (entry.is_regular_file() && entry.file_size() < 2'000'000) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> one;
  for (const uint32_t workers : {1u, 2u, 4u}) {
    CaptureFiles source(files);
    auto lines = lines_with_workers(source, workers, 100'000);
    if (workers == 1) {
      one = std::move(lines);
      EXPECT_GT(one.size(), 10'000u);
    } else {
      ASSERT_EQ(lines.size(), one.size());
      for (size_t i = 0; i < one.size(); ++i) ASSERT_EQ(lines[i], one[i]) << workers << " workers, line " << i;
    }
  }
}

}  // namespace
}  // namespace rampart::monitor
