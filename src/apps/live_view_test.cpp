// The live view drawn into a string, the numbers for Prometheus, the health line.
#include "apps/live_view.h"

#include <gtest/gtest.h>

#include "apps/metrics.h"
#include "apps/version.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow{std::chrono::seconds(1'793'613'600)};  // 2026-11-02 10:00:00 UTC

std::shared_ptr<const plant::Plant> plant_of(size_t zones) {
  std::string text =
      "rampart: 1\nplant: Wasserwerk S\xc3\xbc"
      "d\nzones:\n";
  for (size_t i = 0; i < zones; ++i) {
    const std::string n = std::to_string(i);
    text += "  - id: zone-" + n + "\n    target: 1\n    networks: [10." + n + ".0.0/24]\n    assets:\n" +
            "      - {id: plc-" + n + ", kind: controller, at: [{ip: 10." + n + ".0.10}]}\n";
  }
  text += zones > 1 ? "conduits:\n" : "conduits: []\n";
  for (size_t i = 1; i < zones; ++i) {
    text += "  - {id: conduit-" + std::to_string(i) + ", joins: [zone-0, zone-" + std::to_string(i) + "]}\n";
  }
  return std::make_shared<const plant::Plant>(plant::require(plant::load_text(text, "test.yaml")));
}

/// Scene is a state with some traffic in it.
struct Scene {
  explicit Scene(size_t zones) {
    state.started = kNow - 2h - 14min;
    state.use(plant_of(zones));
    conversation.protocol = protocols::protocol_at(true, 502);
    conversation.client.zone = "zone-0";
    conversation.server.zone = "zone-1";
    source.name = "eth0";
    source.packets = 1000;
    source.last_packet = kNow - 1s;
    state.beat(kNow - 1s, {source});
  }
  void operations(size_t count, records::Verdict::Kind kind, std::string_view conduit) {
    records::Transaction transaction;
    transaction.conversation = &conversation;
    transaction.verdict = {.kind = kind, .conduit = conduit};
    for (size_t i = 0; i < count; ++i) state.record(transaction);
  }
  void finding(records::Severity severity, std::string_view message) {
    state.record(
        records::Finding{.when = kNow, .id = "no-rule", .severity = severity, .message = message, .zone = "zone-1"});
  }
  void beat() { state.beat(kNow, {source}); }

  WatchState state;
  records::Conversation conversation;
  monitor::LiveSource source;
};

size_t columns_of(std::string_view line) {
  size_t columns = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b') {
      i = line.find('m', i);
    } else if ((static_cast<unsigned char>(line[i]) & 0xc0) != 0x80) {
      ++columns;
    }
  }
  return columns;
}

void expect_fits(const std::string& picture, const Screen& screen) {
  const auto lines = split(picture, '\n');
  EXPECT_LE(lines.size() - 1, screen.rows) << picture;
  for (const std::string_view line : lines) EXPECT_LE(columns_of(line), screen.columns) << line;
}

TEST(LiveView, ShowsRatesZonesConduitsAndFindingsIn80By24) {
  Scene scene(2);
  scene.operations(7, records::Verdict::Kind::allowed, "conduit-1");
  scene.operations(3, records::Verdict::Kind::denied, "conduit-1");
  scene.finding(records::Severity::critical, "scada wrote 4500 to intake valve (allowed 0 to 100)");
  scene.source.packets += 1204;
  scene.source.octets += 1204 * 187;
  scene.beat();
  const std::string picture = render(scene.state, {});
  expect_fits(picture, {});
  EXPECT_EQ(picture, "Rampart " + std::string(kVersion) +
                         "   Wasserwerk S\xc3\xbc"
                         "d                  up 2 h 14 min   10:00:00 UTC\n"
                         "1,204 packets/s   1.8 Mbit/s   10 operations/s   10 operations\n"
                         "eth0: last packet 1 s ago, 0 dropped, blind 0 s\n"
                         "\n"
                         "Zones                       assets seen    strangers     findings\n"
                         "  zone-0                         0 of 1            0            0\n"
                         "  zone-1                         0 of 1            0            1\n"
                         "\n"
                         "Conduits                     per second   operations       denied  undecidable\n"
                         "  conduit-1                          10           10            3            0\n"
                         "\n"
                         "Newest findings, 1 in all\n"
                         "10:00:00  critical scada wrote 4500 to intake valve (allowed 0 to 100)\n");
}

TEST(LiveView, FitsEveryScreenHoweverMuchThereIs) {
  Scene scene(60);
  for (int i = 0; i < 100; ++i) {
    scene.finding(records::Severity::high, std::to_string(i) + std::string(300, 'x'));
  }
  scene.operations(5, records::Verdict::Kind::denied, "conduit-59");
  scene.source.state = monitor::InterfaceState::down;
  scene.source.blind = 90s;
  scene.beat();
  for (const auto& [columns, rows] : {std::pair<size_t, size_t>{80, 23}, {80, 24}, {132, 50}, {40, 8}, {300, 100}}) {
    for (const bool colour : {false, true}) {
      const Screen screen{columns, rows, colour};
      const std::string picture = render(scene.state, screen);
      expect_fits(picture, screen);
      EXPECT_EQ(picture.find('\x1b') != std::string::npos, colour);
    }
  }
  const std::string picture = render(scene.state, {});
  EXPECT_NE(picture.find("eth0 is down: nothing is seen there, blind 1 min"), std::string::npos) << picture;
  EXPECT_NE(picture.find("conduit-59"), std::string::npos) << "what is loud is shown first\n" << picture;
  EXPECT_NE(picture.find("and 5"), std::string::npos) << "what is left out is counted\n" << picture;
  EXPECT_NE(picture.find("Newest findings, 100 in all"), std::string::npos) << picture;
}

TEST(LiveView, ShowsAFindingThatIsRepeatedOnceWithItsCount) {
  Scene scene(2);
  scene.finding(records::Severity::high, "again");
  scene.finding(records::Severity::low, "other");
  scene.finding(records::Severity::high, "again");
  const std::string picture = render(scene.state, {});
  EXPECT_NE(picture.find("again (2x)\n"), std::string::npos) << picture;
  EXPECT_LT(picture.find("again"), picture.find("other")) << "the newest is first";
}

TEST(LiveView, LetsNothingFromTheWireControlTheTerminal) {
  EXPECT_EQ(fit("a\x1b[2J\n\x7f\xc2\x9b", 10), "a?[2J???  ");
  EXPECT_EQ(fit("\xff\xfe", 4), "??  ");
  EXPECT_EQ(fit("gr\xc3\xbcn", 4), "gr\xc3\xbcn");
  EXPECT_EQ(fit("gr\xc3\xbcner", 5), "gr\xc3\xbc..");
  EXPECT_EQ(fit("\xf0\x9f\x92\xa7 water", 4), "\xf0\x9f\x92\xa7 ..");
  EXPECT_EQ(fit("\xc2", 2), "? ");
  EXPECT_EQ(fit("abc", 2), "..");
  EXPECT_EQ(fit("abc", 0), "");
  EXPECT_EQ(fit("", 3), "   ");
  Scene scene(2);
  scene.finding(records::Severity::high, "name \x1b]0;owned\x07 of a device");
  const std::string picture = render(scene.state, {});
  EXPECT_EQ(picture.find('\x1b'), std::string::npos);
  EXPECT_EQ(picture.find('\x07'), std::string::npos);
}

TEST(LiveView, ShowsProtocolsWhereThereIsNoPlant) {
  Scene scene(2);
  scene.state.use(nullptr);
  scene.operations(4, records::Verdict::Kind::none, "");
  const std::string picture = render(scene.state, {});
  EXPECT_NE(picture.find("Protocols"), std::string::npos);
  EXPECT_NE(picture.find("modbus"), std::string::npos);
  EXPECT_NE(picture.find("No findings.\n"), std::string::npos);
}

TEST(WatchState, KeepsWhatWasCountedUnderAnotherPlant) {
  Scene scene(2);
  scene.operations(4, records::Verdict::Kind::allowed, "conduit-1");
  scene.state.use(plant_of(3));
  EXPECT_EQ(scene.state.conduits.at("conduit-1").operations, 4u);
  EXPECT_EQ(scene.state.conduits.at("conduit-2").operations, 0u);
  EXPECT_EQ(scene.state.zones.size(), 3u);
  scene.state.use(plant_of(1));
  EXPECT_FALSE(scene.state.conduits.contains("conduit-1"));
}

/// HandClock is set by hand.
class HandClock : public Clock {
 public:
  TimePoint now() const override { return kNow; }
  Duration steady() const override { return steady_; }
  Duration steady_{1h};
};

TEST(Metrics, AreWellFormedWhateverNamesSay) {
  Scene scene(2);
  scene.source.name = "eth\"0\\\n";
  scene.operations(2, records::Verdict::Kind::denied, "a \"conduit\"\n");
  scene.beat();
  const std::string text = metrics_text(scene.state, {.plant_sha256 = "ab"});
  EXPECT_NE(text.find("rampart_capture_packets_total{interface=\"eth\\\"0\\\\\\n\"} 1000\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("# TYPE rampart_capture_packets_total counter\n"), std::string::npos);
  EXPECT_NE(text.find("{conduit=\"a \\\"conduit\\\"\\n\",verdict=\"denied\"} 2\n"), std::string::npos);
  for (const std::string_view line : split(text, '\n')) {
    EXPECT_TRUE(line.empty() || line.starts_with("# HELP rampart_") || line.starts_with("# TYPE rampart_") ||
                line.starts_with("rampart_"))
        << line;
  }
}

TEST(Metrics, HealthIsBadWhileAnInterfaceIsDownOrTheJournalLoses) {
  Scene scene(2);
  scene.beat();
  bool well = false;
  EXPECT_NE(health_line(scene.state, {}, well).find("\"status\":\"ok\""), std::string::npos);
  EXPECT_TRUE(well);
  health_line(scene.state, {.has_journal = true, .journal_not_kept = 1}, well);
  EXPECT_FALSE(well);
  scene.source.state = monitor::InterfaceState::gone;
  scene.beat();
  EXPECT_NE(health_line(scene.state, {}, well).find("\"state\":\"gone\""), std::string::npos);
  EXPECT_FALSE(well);
}

TEST(Metrics, AWatchThatIsStuckIsToldByTheAgeOfItsNumbers) {
  Scene scene(2);
  scene.beat();
  HandClock clock;
  MetricsBoard board(clock);
  EXPECT_EQ(board.answer("/health").status, 503) << "nothing was laid down yet";
  board.lay_down(scene.state, {});
  EXPECT_EQ(board.answer("/health").status, 200);
  EXPECT_EQ(board.answer("/metrics").status, 200);
  EXPECT_EQ(board.answer("/metrics").type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(board.answer("/elsewhere").status, 404);
  clock.steady_ += 11s;
  EXPECT_EQ(board.answer("/health").status, 503);
  EXPECT_EQ(board.answer("/metrics").status, 503);
  board.lay_down(scene.state, {});
  EXPECT_EQ(board.answer("/health").status, 200);
}

}  // namespace
}  // namespace rampart::apps
