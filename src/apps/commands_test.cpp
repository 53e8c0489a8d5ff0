// The commands as a user meets them: good input, and nonsense.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "apps/command_check.h"
#include "apps/command_discover.h"
#include "apps/command_rehearse.h"
#include "apps/command_watch.h"
#include "base/error.h"

namespace rampart::apps {
namespace {

constexpr const char* kPlant = R"(rampart: 1   # a comment
plant: Test
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - id: plc
        kind: controller
        at: [{ip: 10.2.0.10}]
        points:
          - {id: valve, object: holding-register 100, range: 0..100}   # percent
conduits:
  - id: up-down
    joins: [upper, lower]
    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
      - {id: set, allow: write, protocol: modbus, from: [scada], to: [plc], points: [valve]}
)";

class Commands : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("rampart-commands-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    write("plant.yaml", kPlant);
    write("capture.pcap", capture());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  /// message is what a command that must fail says.
  template <class Command>
  static std::string message(Command&& command) {
    try {
      command();
    } catch (const Error& error) {
      return error.what();
    }
    return "(no error)";
  }

  /// capture is one Modbus write of 55 to register 100 and its answer, in a pcap file.
  static std::string capture() {
    using namespace std::string_literals;
    const std::string header = "\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0"s;
    const std::string modbus = "\0\x01\0\0\0\x06\x01\x06\0\x64\0\x37"s;
    const auto frame = [&](bool asks) {
      const std::string here = "\x0a\x01\0\x0a"s, there = "\x0a\x02\0\x0a"s;
      std::string bytes = "\2\0\0\0\0\1\2\0\0\0\0\2\x08\0\x45\0\0\x34\0\0\0\0\x40\x06\0\0"s;
      bytes += asks ? here + there + "\x9c\x40\x01\xf6"s : there + here + "\x01\xf6\x9c\x40"s;
      bytes += "\0\0\0\x01\0\0\0\x01\x50\x18\x20\0\0\0\0\0"s + modbus;
      const char size = static_cast<char>(bytes.size());
      return "\0\0\0\0\0\0\0\0"s + size + "\0\0\0"s + size + "\0\0\0"s + bytes;
    };
    return header + frame(true) + frame(false);
  }

  std::filesystem::path folder_;
};

TEST_F(Commands, CheckPrintsWhoReachesWhom) {
  std::string out;
  EXPECT_EQ(check_command(path("plant.yaml"), false, out), 0);
  EXPECT_NE(out.find("2 zones, 2 assets, 1 points, 1 conduits, 2 rules"), std::string::npos) << out;
  EXPECT_NE(out.find("read write"), std::string::npos) << out;
  EXPECT_NE(out.find("no errors, 0 warnings"), std::string::npos) << out;
}

TEST_F(Commands, CheckSaysTheErrorsOfLoaderAndCompilerInOneRun) {
  std::string text = kPlant;
  text.replace(text.find("protocol: modbus"), 16, "protocol: modbos");
  text.replace(text.find("kind: controller"), 16, "knid: controller");
  write("bad.yaml", text);
  std::string out;
  const std::string said = message([&] { check_command(path("bad.yaml"), false, out); });
  EXPECT_NE(said.find("knid"), std::string::npos) << said;
  EXPECT_NE(said.find("modbos"), std::string::npos) << said;
  EXPECT_NE(said.find("bad.yaml:13:9: error:"), std::string::npos) << said;
  EXPECT_NE(said.find("^"), std::string::npos) << said;
}

TEST_F(Commands, CheckSaysHowManyRulesNobodyHasReviewed) {
  std::string out;
  check_command(path("plant.yaml"), false, out);
  EXPECT_EQ(out.find("not reviewed"), std::string::npos) << out;
  std::string text = kPlant;
  text.replace(text.find("to: [plc]}"), 10, "to: [plc], reviewed: no}");
  write("draft.yaml", text);
  EXPECT_EQ(check_command(path("draft.yaml"), false, out), 0);
  EXPECT_NE(out.find("1 of the 2 rules are not reviewed"), std::string::npos) << out;
}

TEST_F(Commands, CheckWarnsOfAZoneThatMixesAndStillEndsWell) {
  std::string text = kPlant;
  text.replace(text.find("kind: scada-server"), 18, "kind: mobile");
  text.replace(text.find("{id: scada"), 0, "{id: panel, kind: operator-station}\n      - ");
  write("mixed.yaml", text);
  std::string out;
  EXPECT_EQ(check_command(path("mixed.yaml"), false, out), 0);
  EXPECT_NE(out.find("mixed.yaml:9:14: warning: the asset \"scada\" is connected temporarily"), std::string::npos)
      << out;
  EXPECT_NE(out.find("IEC 62443-3-2 ZCR 3.4"), std::string::npos) << out;
  EXPECT_NE(out.find("no errors, 1 warnings"), std::string::npos) << out;
}

TEST_F(Commands, CheckNamesPlainTrafficInTheReach) {
  std::string text = kPlant;
  text += "      - {id: web, allow: session, protocol: tcp, ports: 443, from: [scada], to: [plc]}\n";
  write("plain.yaml", text);
  std::string out;
  EXPECT_EQ(check_command(path("plain.yaml"), false, out), 0);
  EXPECT_NE(out.find("undecoded"), std::string::npos) << out;
}

TEST_F(Commands, DiscoverDraftsAPlantThatCheckAcceptsAndWatchAgreesWith) {
  std::string out;
  EXPECT_EQ(discover_command({.captures = {path("capture.pcap")}, .output = path("draft.yaml"), .name = "Works"}, out),
            0);
  EXPECT_NE(out.find("2 zones, 2 assets, 1 point, 3 conduits, 1 rule, none of them reviewed"), std::string::npos)
      << out;
  out.clear();
  EXPECT_EQ(check_command(path("draft.yaml"), false, out), 0);
  EXPECT_NE(out.find("Works: 2 zones"), std::string::npos) << out;
  EXPECT_NE(out.find("1 of the 1 rules are not reviewed"), std::string::npos) << out;
  WatchOptions options;
  options.plant = path("draft.yaml");
  options.captures = {path("capture.pcap")};
  options.json = path("events.json");
  options.quiet = true;
  EXPECT_EQ(watch_command(options, SystemClock()), 0);
  EXPECT_EQ(read("events.json").find("Not allowed by the plant"), std::string::npos);
  EXPECT_NE(read("events.json").find("\"rule\":\"write-modbus\""), std::string::npos);
}

TEST_F(Commands, DiscoverWritesToStandardOutputWhereAsked) {
  std::string out;
  EXPECT_EQ(discover_command({.captures = {path("capture.pcap")}, .output = "-", .name = "Works"}, out), 0);
  EXPECT_NE(out.find("rampart: 1\nplant: Works\n"), std::string::npos) << out;
}

TEST_F(Commands, DiscoverNeverReplacesAFile) {
  std::string out;
  const std::string said = message([&] {
    discover_command({.captures = {path("capture.pcap")}, .output = path("plant.yaml"), .name = "Works"}, out);
  });
  EXPECT_NE(said.find("plant.yaml exists already"), std::string::npos) << said;
  EXPECT_NE(said.find("choose another name"), std::string::npos) << said;
  EXPECT_EQ(read("plant.yaml"), kPlant);
}

TEST_F(Commands, DiscoverSaysWhatIsWrongWithItsInputAndWritesNothing) {
  std::string out;
  write("text.pcap", "this is no capture file, it is text");
  EXPECT_NE(message([&] {
              discover_command({.captures = {path("text.pcap")}, .output = path("new.yaml"), .name = "W"}, out);
            }).find("text.pcap"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("new.yaml")));
  EXPECT_NE(message([&] {
              discover_command({.captures = {path("capture.pcap")}, .output = path("nowhere/new.yaml"), .name = "W"},
                               out);
            }).find("nowhere"),
            std::string::npos);
}

TEST_F(Commands, SetChangesOneLineAndKeepsComments) {
  std::string out;
  EXPECT_EQ(
      set_command(path("plant.yaml"), "zones/lower/assets/plc/points/valve/range", "0..80", "", SystemClock(), out), 0);
  std::string expected = kPlant;
  expected.replace(expected.find("0..100"), 6, "0..80");
  EXPECT_EQ(read("plant.yaml"), expected);
}

TEST_F(Commands, SetRefusesWhatWouldNotLoadAndLosesNothing) {
  std::string out;
  const std::string said = message([&] {
    set_command(path("plant.yaml"), "zones/lower/assets/plc/points/valve/range", "80..0", "", SystemClock(), out);
  });
  EXPECT_NE(said, "(no error)");
  EXPECT_NE(message([&] { set_command(path("plant.yaml"), "zones/nowhere/target", "2", "", SystemClock(), out); }),
            "(no error)");
  EXPECT_EQ(read("plant.yaml"), kPlant);
}

TEST_F(Commands, WatchWritesEventsWithTheHashOfThePlant) {
  WatchOptions options;
  options.plant = path("plant.yaml");
  options.captures = {path("capture.pcap")};
  options.json = path("events.json");
  options.quiet = true;
  EXPECT_EQ(watch_command(options, SystemClock()), 0);
  const std::string events = read("events.json");
  EXPECT_NE(events.find("\"values\":[55]"), std::string::npos) << events;
  EXPECT_NE(events.find("\"rule\":\"set\""), std::string::npos) << events;
  EXPECT_NE(events.find("\"run\":\"stop\""), std::string::npos) << events;
  EXPECT_NE(events.find("\"plant_sha256\":\""), std::string::npos) << events;
}

TEST_F(Commands, WatchLeavesOperationsOutWhereAsked) {
  WatchOptions options;
  options.captures = {path("capture.pcap")};
  options.json = path("events.json");
  options.quiet = true;
  options.operations = Operations::none;
  watch_command(options, SystemClock());
  EXPECT_EQ(read("events.json").find("\"event_type\":\"operation\""), std::string::npos);
  options.operations = Operations::changes;
  watch_command(options, SystemClock());
  EXPECT_NE(read("events.json").find("\"event_type\":\"operation\""), std::string::npos);
}

TEST_F(Commands, WatchSaysWhatIsWrongWithItsInput) {
  WatchOptions options;
  options.quiet = true;
  options.captures = {path("nowhere.pcap")};
  EXPECT_NE(message([&] { watch_command(options, SystemClock()); }).find("nowhere.pcap"), std::string::npos);
  write("text.pcap", "this is no capture file, it is text");
  options.captures = {path("text.pcap")};
  EXPECT_NE(message([&] { watch_command(options, SystemClock()); }).find("text.pcap"), std::string::npos);
  options.captures = {path("capture.pcap")};
  options.plant = path("no-plant.yaml");
  EXPECT_NE(message([&] { watch_command(options, SystemClock()); }).find("no-plant.yaml"), std::string::npos);
  options.plant = "";
  options.json = path("no-folder/events.json");
  EXPECT_NE(message([&] { watch_command(options, SystemClock()); }).find("no-folder"), std::string::npos);
}

TEST_F(Commands, WatchSaysThatTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  WatchOptions options;
  options.quiet = true;
  options.captures = {path("capture.pcap")};
  options.json = "/dev/full";
  EXPECT_NE(message([&] { watch_command(options, SystemClock()); }).find("/dev/full"), std::string::npos);
}

TEST_F(Commands, RehearseNamesTheOperationsWhoseVerdictChanges) {
  std::string text = kPlant;
  text.replace(text.find("0..100"), 6, "0..50");
  write("new.yaml", text);
  std::string out;
  EXPECT_EQ(rehearse_command(path("new.yaml"), path("plant.yaml"), {path("capture.pcap")}, 1, out), 3);
  EXPECT_NE(out.find("1 of 1 operations would be judged differently"), std::string::npos) << out;
  EXPECT_NE(out.find("scada -> plc"), std::string::npos) << out;
  EXPECT_NE(out.find("packet 1: holding-register 100 = 55"), std::string::npos) << out;
  out.clear();
  EXPECT_EQ(rehearse_command(path("plant.yaml"), path("plant.yaml"), {path("capture.pcap")}, 2, out), 0);
  EXPECT_NE(out.find("0 of 1 operations"), std::string::npos) << out;
}

}  // namespace
}  // namespace rampart::apps
