// The light protocols through the whole monitor: frames without IP, what flows say of their protection, who is judged,
// and credentials, which must not come out anywhere.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "monitor/sensor_testing.h"
#include "records/stored.h"

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
      - {id: station, kind: workstation, at: [{ip: 10.1.0.10}]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - {id: plc, kind: controller, at: [{ip: 10.2.0.10}]}
conduits:
  - id: up-down
    joins: [upper, lower]
    rules:
      - {id: shell, allow: session, protocol: ssh, from: [station], to: [plc]}
)";

std::string arp(unsigned operation, const std::string& mac, const std::string& ip, const std::string& asked) {
  return be16(1) + be16(0x0800) + "\x06\x04"s + be16(operation) + mac + ip_octets(ip) + std::string(6, '\0') +
         ip_octets(asked);
}

struct Step {
  bool by_client = true;
  std::string bytes;
};
/// Vector is one file of tests/data/light.
struct Vector {
  std::string name;
  protocols::Protocol protocol;
  std::vector<Step> steps;
  std::vector<std::string> secrets;
};
std::vector<Vector> load() {
  std::vector<Vector> vectors;
  for (const auto& file : std::filesystem::directory_iterator(RAMPART_SOURCE_DIR "/tests/data/light")) {
    Vector& vector = vectors.emplace_back();
    vector.name = file.path().filename().string();
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("protocol: ")) vector.protocol = protocols::find_protocol(line.substr(10)).value();
      if (line.starts_with("secret: ")) vector.secrets.push_back(line.substr(8));
      if (!line.starts_with("> ") && !line.starts_with("< ")) continue;
      Step step{.by_client = line[0] == '>', .bytes = {}};
      for (size_t i = 2; i + 1 < line.size(); i += 2) {
        step.bytes += static_cast<char>(std::stoul(line.substr(i, 2), nullptr, 16));
      }
      vector.steps.push_back(std::move(step));
    }
  }
  return vectors;
}

/// put writes a vector to a wire as its protocol travels.
void put(Wire& wire, const Vector& vector) {
  const protocols::Entry& entry = vector.protocol.entry();
  if (entry.over_ethernet) {
    for (const Step& step : vector.steps) wire.add(ethernet(entry.ethertypes[0], step.bytes));
  } else if (entry.over_udp) {
    const unsigned port = entry.udp_ports[0];
    for (const Step& step : vector.steps) {
      std::string datagram = ipv4(17, step.by_client ? udp(40000, port, step.bytes) : udp(port, 40000, step.bytes));
      if (!step.by_client) datagram = datagram.substr(0, 12) + kIpB + kIpA + datagram.substr(20);
      wire.add(ethernet(0x0800, datagram));
    }
  } else {
    Conversation conversation(wire, "10.1.0.10", 40000, "10.2.0.10", entry.tcp_ports[0]);
    conversation.open();
    for (const Step& step : vector.steps) {
      step.by_client ? conversation.ask(step.bytes) : conversation.tell(step.bytes);
    }
    conversation.close();
  }
}

/// StoredTexts keeps every record as CBOR beside its JSON.
class StoredTexts : public Lines {
 public:
  void record(const records::Run& run) override { keep(run); }
  void record(const records::Transaction& transaction) override { keep(transaction); }
  void record(const records::Finding& finding) override { keep(finding); }
  void record(const records::AssetSeen& seen) override { keep(seen); }
  void record(const records::Loss& loss) override { keep(loss); }
  void record(const records::Flow& flow) override { keep(flow); }
  void record(const records::ProtectionSeen& seen) override { keep(seen); }
  std::vector<uint8_t> cbor;

 private:
  template <class Record>
  void keep(const Record& record) {
    Lines::record(record);
    records::append_cbor(cbor, record, TimePoint{});
  }
};

TEST(LightFlows, AreFoundAndToldForEveryVector) {
  for (const Vector& vector : load()) {
    Wire wire;
    put(wire, vector);
    const Watched watched(wire);
    const std::string name = "\"app_proto\":\"" + std::string(vector.protocol.name()) + "\"";
    EXPECT_FALSE(watched.out.with({"\"event_type\":\"flow\"", name}).empty()) << vector.name;
    EXPECT_GE(watched.out.with({name}).size(), 2u) << vector.name << " tells nothing but its flow";
    EXPECT_TRUE(watched.out.with({"protocol-on-other-port"}).empty()) << vector.name;
  }
}

TEST(LightFlows, NeverWriteACredentialAsJsonOrCbor) {
  size_t secrets = 0;
  for (const Vector& vector : load()) {
    Wire wire;
    put(wire, vector);
    StoredTexts out;
    Correlator correlator(nullptr, nullptr, out);
    run(wire, correlator, {}, [](const SensorResult&) {});
    correlator.finish();
    for (const std::string& secret : vector.secrets) {
      ++secrets;
      for (const std::string& line : out.lines) {
        EXPECT_EQ(line.find(secret), std::string::npos) << vector.name << ": " << line;
      }
      EXPECT_EQ(as_text(out.cbor).find(secret), std::string_view::npos) << vector.name;
    }
  }
  EXPECT_GE(secrets, 8u);
}

TEST(LightFlows, SayThatCredentialsWereThereWithoutThem) {
  for (const char* const method :
       {"HTTP Basic", "FTP PASS", "Telnet login", "SNMP community", "MQTT CONNECT password"}) {
    bool found = false;
    for (const Vector& vector : load()) {
      Wire wire;
      put(wire, vector);
      const Watched watched(wire);
      found = found || !watched.out.with({"\"protection\":\"plain_credentials\"", method}).empty();
    }
    EXPECT_TRUE(found) << method;
  }
}

TEST(LightFlows, AreTheSameWithSeveralWorkers) {
  Wire wire;
  for (const Vector& vector : load()) put(wire, vector);
  const Watched one(wire);
  wire.rewind();
  const Watched four(wire, "", {.workers = 4, .limits = {}});
  EXPECT_EQ(one.out.lines, four.out.lines);
  EXPECT_FALSE(one.out.with({"\"event_type\":\"protection\"", "certificate"}).empty());
}

TEST(LightFlows, SayAtTheirEndWhetherTheyWereEncrypted) {
  for (const Vector& vector : load()) {
    if (vector.name != "tls13.txt" && vector.name != "http_basic.txt") continue;
    Wire wire;
    put(wire, vector);
    const Watched watched(wire);
    const char* const expected = vector.name == "tls13.txt" ? "\"encrypted\":\"yes\"" : "\"encrypted\":\"no\"";
    EXPECT_EQ(watched.out.with({"\"event_type\":\"flow\"", expected}).size(), 1u) << vector.name;
  }
  Wire wire;
  Conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 502).open().ask(read_registers(7, 100, 2)).close();
  EXPECT_EQ(
      Watched(wire).out.with({"\"event_type\":\"flow\"", "\"encrypted\":\"no\"", "\"authenticated\":\"no\""}).size(),
      1u);
}

TEST(EthernetFlows, LieBetweenTwoMacAddressesAndHaveNoIp) {
  Wire wire;
  wire.add(std::string(6, '\xff') + kMacA + be16(0x0806) + arp(1, kMacA, "10.1.0.10", "10.1.0.20"));
  wire.add(kMacA + kMacB + be16(0x0806) + arp(2, kMacB, "10.1.0.20", "10.1.0.10"));
  const Watched watched(wire);
  const auto flows = watched.out.with({"\"event_type\":\"flow\"", "\"proto\":\"Ethernet\"", "\"app_proto\":\"arp\""});
  ASSERT_EQ(flows.size(), 2u) << "one to everybody, one back";
  EXPECT_EQ(flows[0].find("src_ip"), std::string::npos);
  EXPECT_NE((flows[0] + flows[1]).find("\"dest_mac\":\"ff:ff:ff:ff:ff:ff\""), std::string::npos);
  EXPECT_EQ(watched.out.with({"\"about_ip\":\"10.1.0.10\"", "\"basis\":\"asked\""}).size(), 1u);
  EXPECT_EQ(watched.out.with({"\"about_ip\":\"10.1.0.20\"", "\"basis\":\"answered\""}).size(), 1u);
}

TEST(EthernetFlows, OfOtherEthertypesAreNone) {
  Wire wire;
  wire.add(ethernet(0x88cd, std::string(60, 'x')));
  wire.add(kMacB + kMacA + be16(46) + "\x42\x42\x03" + std::string(43, '\0'));
  EXPECT_EQ(Watched(wire).totals.flows, 0u);
}

TEST(EthernetFlows, AreBoundedAsAllOthers) {
  Wire wire;
  for (unsigned i = 0; i < 5000; ++i) {
    const std::string mac = "\x02\x00\x00\x00"s + be16(i);
    wire.add(std::string(6, '\xff') + mac + be16(0x0806) + arp(1, mac, "10.1.0.10", "10.1.0.20"));
  }
  SensorOptions options;
  options.limits.flows = 100;
  const Watched watched(wire, "", options);
  EXPECT_EQ(watched.totals.flows, 5000u);
  EXPECT_GE(watched.totals.evicted_flows, 4000u);
}

TEST(EthernetFlows, AreNoTrafficThatAPlantWouldHaveToAllow) {
  Wire wire;
  wire.add(kMacA + kMacB + be16(0x0806) + arp(2, kMacB, "10.2.0.10", "10.1.0.10"));
  EXPECT_TRUE(Watched(wire, kPlant).out.with({"\"event_type\":\"alert\""}).empty());
}

TEST(LightRules, AllowASessionOfTheirProtocolAndNoOther) {
  Wire wire;
  Conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 22)
      .open()
      .tell("SSH-2.0-dropbear_2019.78\r\n")
      .ask("SSH-2.0-OpenSSH_9.2p1\r\n")
      .close();
  EXPECT_TRUE(Watched(wire, kPlant).out.with({"\"event_type\":\"alert\""}).empty());
  Wire other;
  Conversation(other, "10.1.0.10", 40000, "10.2.0.10", 5900).open().tell("RFB 003.008\n").ask("RFB 003.008\n").close();
  EXPECT_EQ(Watched(other, kPlant).out.with({"\"finding\":\"no-rule\"", "\"app_proto\":\"vnc\""}).size(), 1u);
}

TEST(LightRules, JudgeNobodyWhoAsksEverybody) {
  Wire wire;
  for (const Vector& vector : load()) {
    if (vector.name != "dhcp_discover.txt") continue;
    std::string datagram = ipv4(17, udp(68, 67, vector.steps[0].bytes));
    datagram = datagram.substr(0, 12) + ip_octets("10.1.0.10") + ip_octets("255.255.255.255") + datagram.substr(20);
    wire.add(ethernet(0x0800, datagram));
  }
  const Watched watched(wire, kPlant);
  EXPECT_EQ(watched.out.with({"\"event_type\":\"operation\"", "\"app_proto\":\"dhcp\""}).size(), 1u);
  EXPECT_TRUE(watched.out.with({"\"verdict\""}).empty());
  EXPECT_TRUE(watched.out.with({"\"finding\":\"unknown-server\""}).empty());
}

TEST(LightRules, FindNothingWrongWithAPortWhoseOpeningWasNotSeen) {
  Wire wire;
  Conversation conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 22);
  for (int i = 0; i < 40; ++i) conversation.ask(std::string(60, static_cast<char>(0x80 + i)));
  EXPECT_TRUE(Watched(wire).out.with({"other-protocol-on-port"}).empty());
}

}  // namespace
}  // namespace rampart::monitor
