// Words of a command line: what they mean, and that nonsense is refused with what would mend it.
#include "apps/arguments.h"

#include <gtest/gtest.h>

#include <fstream>

#include "apps/commands.h"
#include "base/testing.h"

namespace rampart::apps {
namespace {

using namespace std::chrono_literals;

// 2026-11-23 18:30:00 UTC
const TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 18h + 30min;

TEST(Arguments, ReadsTimes) {
  const TimePoint midnight = kNow - 18h - 30min;
  const std::pair<const char*, TimePoint> good[] = {
      {"2026-11-23", midnight},
      {"2026-11-23T18:30:00Z", kNow},
      {"2026-11-23 18:30:00", kNow},
      {"2026-11-23T18:30", kNow},
      {"2026-11-23t19:30:00+01:00", kNow},
      {"2026-11-23T13:30:00-0500", kNow},
      {"2026-11-23T18:30:00.250000+0000", kNow + 250ms},
      {"2026-11-23T18:30:00.000000001Z", kNow + 1ns},
      {"90s", kNow - 90s},
      {"15m", kNow - 15min},
      {"2h", kNow - 2h},
      {"7d", kNow - 168h},
      {"4w", kNow - 672h},
      {"999999w", TimePoint{}},
      {"2024-02-29", std::chrono::sys_days(std::chrono::year(2024) / 2 / 29)},
  };
  for (const auto& [text, when] : good) EXPECT_EQ(parse_time(text, kNow), when) << text;
}

TEST(Arguments, RefusesWhatIsNoTime) {
  for (const char* text : {"",
                           "h",
                           "-2h",
                           "2x",
                           "2 h",
                           "yesterday",
                           "2026",
                           "2026-13-01",
                           "2026-02-30",
                           "2026-11-23T",
                           "2026-11-23T24:00:00Z",
                           "2026-11-23T18:60:00Z",
                           "2026-11-23T18:30:61Z",
                           "2026-11-23T18:30:00.Z",
                           "2026-11-23T18:30:00+1",
                           "2026-11-23T18:30:00Z ",
                           "2026-11-23T18:30:00+25:00",
                           "9999-01-01",
                           "0001-01-01",
                           "99999999h",
                           "26-11-23"}) {
    EXPECT_EQ(parse_time(text, kNow), std::nullopt) << text;
  }
  try {
    require_time("--since", "soon", kNow);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("--since: 'soon' is no time"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("2h"), std::string::npos) << error.what();
  }
}

TEST(Arguments, ReadsSizes) {
  EXPECT_EQ(parse_octets("4GiB"), uint64_t{4} << 30);
  EXPECT_EQ(parse_octets("512 MiB"), uint64_t{512} << 20);
  EXPECT_EQ(parse_octets("500MB"), 500'000'000u);
  EXPECT_EQ(parse_octets("1000"), 1000u);
  for (const char* text : {"", "GiB", "-1", "4gib", "1.5GiB", "99999999999TiB", "4GiBs", "0x10"}) {
    EXPECT_EQ(parse_octets(text), std::nullopt) << text;
  }
}

TEST(Arguments, ReadsWhereACollectorListens) {
  const auto is = [](std::string_view text, std::string_view host, uint16_t port) {
    const HostPort place = require_host(text, 6514);
    EXPECT_EQ(place.host, host) << text;
    EXPECT_EQ(place.port, port) << text;
  };
  is("collector", "collector", 6514);
  is("10.0.0.5:514", "10.0.0.5", 514);
  is("fd00::5", "fd00::5", 6514);
  is("[fd00::5]", "fd00::5", 6514);
  is("[fd00::5]:7000", "fd00::5", 7000);
  for (const char* text : {"", ":514", "host:", "host:0", "host:65536", "host:x", "[fd00::5", "[fd00::5]7", "[]:1",
                           "https://host:1", "a b"}) {
    EXPECT_THROW(require_host(text, 6514), UsageError) << text;
  }
}

TEST(Arguments, ReadsWhereToListen) {
  const auto is = [](std::string_view text, std::string_view host, uint16_t port) {
    const HostPort place = require_listen("--metrics", text);
    EXPECT_EQ(place.host, host) << text;
    EXPECT_EQ(place.port, port) << text;
  };
  is("9464", "127.0.0.1", 9464);
  is("127.0.0.1:9464", "127.0.0.1", 9464);
  is("0.0.0.0:0", "0.0.0.0", 0);
  is("[::1]:9464", "::1", 9464);
  for (const char* text : {"", ":", ":9464", "localhost:9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1",
                           "::1:9464", "[::1]", "[127.0.0.1]:9464", "[]:1", "127.0.0.1:9464:1", "1.2.3:80", "-1"}) {
    EXPECT_THROW(require_listen("--metrics", text), UsageError) << text;
  }
}

TEST(Arguments, ReadsKeysFromWordsAndFiles) {
  const journal::VerifierKey one{"plant/one", journal::VerifierKey::Type::note, {1}};
  const journal::VerifierKey two{"plant/two", journal::VerifierKey::Type::cosignature, {2}};
  const TemporaryFolder folder;
  std::ofstream(folder / "keys") << "# ours\n\n" << one.text() << "\r\n  " << two.text() << "\n";
  EXPECT_EQ(require_keys({one.text(), folder / "keys"}), (std::vector{one, one, two}));
  std::ofstream(folder / "empty") << "# nothing\n";
  std::ofstream(folder / "broken") << one.text() << "\nhello\n";
  EXPECT_THROW(require_keys({folder / "empty"}), UsageError);
  EXPECT_THROW(require_keys({folder / "nowhere"}), UsageError);
  try {
    require_keys({folder / "broken"});
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("broken:2: this line is no verifier key"), std::string::npos);
  }
}

}  // namespace
}  // namespace rampart::apps
