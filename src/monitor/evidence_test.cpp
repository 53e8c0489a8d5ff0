#include "monitor/evidence.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/files.h"
#include "base/testing.h"
#include "monitor/sensor_testing.h"

namespace rampart::monitor {
namespace {

using namespace testing;

constexpr const char* kPlant = R"(rampart: 1
plant: Test
zones:
  - {id: upper, target: 1, networks: [10.1.0.0/24]}
  - {id: lower, target: 1, networks: [10.2.0.0/24]}
)";

class EvidenceFiles : public ::testing::Test {
 protected:
  EvidenceFiles() {
    folder_ = std::filesystem::temp_directory_path() / ("rampart-evidence-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
  }
  ~EvidenceFiles() override { std::filesystem::remove_all(folder_); }
  std::string folder(const std::string& name) const { return (folder_ / name).string(); }
  std::string read(const std::string& folder, const std::string& name) const {
    const auto octets = read_file(folder + "/" + name, 1u << 30);
    return octets ? std::string(octets->begin(), octets->end()) : "";
  }
  std::filesystem::path folder_;
};

Wire attack() {
  Wire wire;
  Conversation other(wire, "10.1.0.5", 1000, "10.1.0.6", 502);
  Conversation talk(wire, "10.1.0.10", 50'000, "10.2.0.10", 502);
  other.open().ask(read_registers(1, 0, 1)).tell(registers(1, {5}));
  talk.open().ask(write_register(1, 100, 5)).tell(write_register(1, 100, 5));
  other.ask(read_registers(2, 0, 1)).tell(registers(2, {5}));
  talk.ask(write_register(2, 100, 5)).tell(write_register(2, 100, 5));
  wire.wait(std::chrono::seconds(5));
  talk.ask(write_register(3, 100, 5)).tell(write_register(3, 100, 5));
  return wire;
}

TEST_F(EvidenceFiles, HoldThePacketsOfTheTwoBeforeAndAfter) {
  Wire wire = attack();
  Evidence evidence(folder("one"));
  const Watched watched(wire, kPlant, {.tap = &evidence}, &evidence);
  evidence.finish();
  const std::vector<std::string> names = names_in(folder("one"));
  ASSERT_EQ(evidence.files(), names.size());
  const auto named = [&](const std::string& word) {
    return std::find_if(names.begin(), names.end(),
                        [&](const std::string& name) { return name.find(word) != std::string::npos; });
  };
  ASSERT_NE(named("no-conduit"), names.end());
  EXPECT_EQ(named("no-conduit")->substr(0, 23), "20231114T221320.008000Z");
  CaptureFiles file({folder("one") + "/" + *named("no-conduit")});
  std::vector<TimePoint> times;
  RawPacket raw;
  while (file.next(raw)) {
    times.push_back(raw.time);
    EXPECT_EQ(as_text(raw.bytes).substr(26, 4) == ip_octets("10.1.0.10") ||
                  as_text(raw.bytes).substr(30, 4) == ip_octets("10.1.0.10"),
              true);
  }
  // Three of the handshake, the write, its answer, and two of the next write; what came five seconds later is not
  // there.
  ASSERT_EQ(times.size(), 7u);
  EXPECT_EQ(times[0], wire.frames[5].time);
  EXPECT_EQ(times[3], wire.frames[8].time);
  EXPECT_EQ(times[6], wire.frames[13].time);
  EXPECT_TRUE(file.warnings().empty());
}

TEST_F(EvidenceFiles, AreTheSameForAnyNumberOfWorkers) {
  for (const uint32_t workers : {1u, 2u, 4u}) {
    Wire wire = attack();
    Evidence evidence(folder(std::to_string(workers)));
    const Watched watched(wire, kPlant, {.workers = workers, .tap = &evidence}, &evidence);
    evidence.finish();
  }
  const std::vector<std::string> names = names_in(folder("1"));
  ASSERT_GE(names.size(), 2u);
  for (const char* workers : {"2", "4"}) {
    ASSERT_EQ(names_in(folder(workers)), names);
    for (const std::string& name : names) EXPECT_EQ(read(folder(workers), name), read(folder("1"), name)) << name;
  }
}

TEST_F(EvidenceFiles, OfAScanHoldAllThatTheScannerSent) {
  Wire wire;
  for (unsigned host = 1; host <= 20; ++host) {
    std::string datagram = ipv4(6, tcp(50'000, 502, 1, 0, tcp_flag::syn, ""));
    datagram.replace(12, 4, ip_octets("10.1.0.66"));
    datagram.replace(16, 4, ip_octets("10.2.0." + std::to_string(host)));
    wire.add(ethernet(0x0800, datagram));
  }
  Evidence evidence(folder("scan"));
  const Watched watched(wire, kPlant, {.tap = &evidence}, &evidence);
  evidence.finish();
  for (const std::string& name : names_in(folder("scan"))) {
    if (name.find("scan-hosts") == std::string::npos) continue;
    EXPECT_EQ(read(folder("scan"), name).size(), 24 + 20 * (16 + wire.frames[0].bytes.size()));
    return;
  }
  FAIL() << "no file of the scan";
}

TEST_F(EvidenceFiles, StayWithinTheirBounds) {
  Wire wire;
  for (unsigned host = 1; host <= 250; ++host) {
    Conversation(wire, "10.1.0." + std::to_string(host), 50'000, "10.2.0.10", 502)
        .open()
        .ask(write_register(1, 100, 5))
        .tell(write_register(1, 100, 5));
  }
  Evidence files(folder("files"), {.files = 10});
  const Watched first(wire, kPlant, {.tap = &files}, &files);
  files.finish();
  EXPECT_EQ(files.files(), 10u);
  EXPECT_EQ(names_in(folder("files")).size(), 10u);
  EXPECT_GT(files.left_out(), 200u);
  wire.rewind();
  Evidence octets(folder("octets"), {.octets = 5000});
  const Watched second(wire, kPlant, {.tap = &octets}, &octets);
  octets.finish();
  EXPECT_LE(octets.octets(), 5000u);
  EXPECT_GT(octets.files(), 0u);
}

TEST_F(EvidenceFiles, KeepTheNewestOfARingThatIsTooSmall) {
  Wire wire = attack();
  // Room for three frames: what came before has been overwritten, and no octet of a packet is another's.
  Evidence evidence(folder("small"), {.ring_octets = 220, .ring_packets = 100});
  const Watched watched(wire, kPlant, {.tap = &evidence}, &evidence);
  evidence.finish();
  for (const std::string& name : names_in(folder("small"))) {
    CaptureFiles file({folder("small") + "/" + name});
    RawPacket raw;
    size_t packets = 0;
    while (file.next(raw)) {
      ++packets;
      bool whole = false;
      for (const Wire::Frame& frame : wire.frames) {
        whole = whole || (frame.time == raw.time && frame.bytes == as_text(raw.bytes));
      }
      EXPECT_TRUE(whole) << name;
    }
    EXPECT_GT(packets, 0u);
  }
}

TEST_F(EvidenceFiles, AreReadByTshark) {
  if (std::system("tshark --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no tshark";
  Wire wire = attack();
  wire.frames[8].time += Duration(7);  // a nanosecond that must survive
  Evidence evidence(folder("tshark"));
  const Watched watched(wire, kPlant, {.tap = &evidence}, &evidence);
  evidence.finish();
  bool found = false;
  for (const std::string& name : names_in(folder("tshark"))) {
    if (name.find("no-conduit") == std::string::npos) continue;
    const std::string out = folder("out");
    const std::string command = "tshark -r '" + folder("tshark") + "/" + name +
                                "' -T fields -e frame.time_epoch -e mbtcp.trans_id > '" + out + "' 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const std::string said = read(folder_.string(), "out");
    EXPECT_NE(said.find("1700000000.008000007\t1\n"), std::string::npos) << said;
    found = true;
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace rampart::monitor
