#include "monitor/settings.h"

#include <gtest/gtest.h>

namespace rampart::monitor {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1'700'000'000)};  // 2023-11-14

constexpr const char* kPlant = R"(rampart: 1
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
      - {id: plc, kind: controller, at: [{ip: 10.2.0.10}]}
conduits:
  - {id: up-down, joins: [upper, lower]}
)";

plant::Plant plant_with(const std::string& more) {
  return plant::require(plant::load_text(kPlant + more, "test.yaml"));
}

std::string problems(const std::string& more, TimePoint now = kStart) {
  std::string all;
  for (const Problem& problem : check_settings(plant_with(more), now)) all += render(problem) + "\n";
  return all;
}

TEST(Settings, TakeWhatThePlantSaysAndElseTheDefaults) {
  const plant::Plant plant =
      plant_with("findings:\n  - {id: scan-hosts, threshold: 50/min}\n  - {id: first-write, learn: 7d}\n");
  const Settings settings = settings_of(&plant);
  EXPECT_EQ(settings.scans[0].count, 50u);
  EXPECT_EQ(settings.scans[1].count, 10u);
  EXPECT_EQ(settings.first_write, std::chrono::hours(168));
  EXPECT_EQ(settings.new_pair, std::chrono::hours(1));
  EXPECT_EQ(settings_of(nullptr).scans[0].count, 10u);
}

TEST(Settings, SayWhereAnIdIsNone) {
  const std::string said = problems("findings:\n  - {id: scan-host, threshold: 5/min}\n");
  EXPECT_NE(said.find("test.yaml:17:10: error: there is no finding `scan-host`"), std::string::npos) << said;
  EXPECT_NE(said.find("did you mean scan-hosts?"), std::string::npos) << said;
  const std::string suppressed =
      problems("suppress:\n  - {finding: unknown, asset: plc, until: 2027-01-01, reason: r, by: b}\n");
  EXPECT_NE(suppressed.find("test.yaml:17:15: error: there is no finding `unknown`"), std::string::npos) << suppressed;
}

TEST(Settings, RefuseToLearnWhatDoesNotLearn) {
  EXPECT_NE(problems("findings:\n  - {id: malformed, learn: 1h}\n").find("does not learn"), std::string::npos);
  EXPECT_NE(problems("findings:\n  - {id: scan-ports, threshold: 10001/min}\n").find("at most 10000"),
            std::string::npos);
  EXPECT_EQ(problems("findings:\n  - {id: malformed, threshold: 10001/min}\n  - {id: flood, learn: 1d}\n"), "");
}

TEST(Settings, WarnOfASuppressionThatHasEnded) {
  const std::string line = "suppress:\n  - {finding: malformed, asset: plc, until: 2023-11-13, reason: r, by: b}\n";
  const std::string said = problems(line);
  EXPECT_NE(said.find("17:5: warning: the suppression of `malformed` has ended"), std::string::npos) << said;
  EXPECT_EQ(problems(line, TimePoint(seconds(1'600'000'000))), "");
}

Ends between(std::string_view from, std::string_view to) {
  Ends ends;
  ends.asset[0] = from;
  ends.asset[1] = to;
  ends.zone[0] = from == "scada" ? "upper" : "";
  ends.zone[1] = to == "plc" ? "lower" : "";
  ends.ip[0] = IpAddress::parse(from == "scada" ? "10.1.0.10" : "10.1.0.99");
  ends.ip[1] = IpAddress::parse("10.2.0.10");
  ends.conduit = "up-down";
  return ends;
}

TEST(Muting, HidesWhatASuppressionNamesAndNothingElse) {
  const plant::Plant plant = plant_with(R"(suppress:
  - {finding: malformed, from: scada, to: plc, until: 2023-11-14, reason: old driver, by: j.koch}
  - {finding: new-pair, from: 10.1.0.99, until: 2023-11-14, reason: laptop, by: j.koch}
  - {finding: no-rule, zone: lower, conduit: up-down, until: 2023-11-14, reason: known, by: j.koch}
)");
  Muting muting(&plant);
  EXPECT_TRUE(muting.muted(kinds::kMalformed, 1, between("scada", "plc"), kStart));
  EXPECT_FALSE(muting.muted(kinds::kMalformed, 1, between("", "plc"), kStart));
  EXPECT_FALSE(muting.muted(kinds::kMalformed, 1, between("plc", "scada"), kStart));
  EXPECT_FALSE(muting.muted(kinds::kStop, 1, between("scada", "plc"), kStart));
  EXPECT_TRUE(muting.muted(kinds::kNewPair, 1, between("", "plc"), kStart));
  EXPECT_FALSE(muting.muted(kinds::kNewPair, 1, between("scada", "plc"), kStart));
  EXPECT_TRUE(muting.muted(kinds::kNoRule, 1, between("scada", "plc"), kStart));
  EXPECT_FALSE(muting.muted(kinds::kNoRule, 1, between("scada", "office"), kStart));
  const std::vector<Muting::Hidden> hidden = muting.take();
  ASSERT_EQ(hidden.size(), 3u);
  EXPECT_EQ(hidden[0].kind->id, "no-rule");
  EXPECT_EQ(hidden[1].kind->id, "malformed");
  EXPECT_EQ(hidden[1].count, 1u);
  EXPECT_EQ(hidden[1].suppression->reason, "old driver");
  EXPECT_TRUE(muting.take().empty());
}

TEST(Muting, EndsWithTheLastDayOfASuppression) {
  const plant::Plant plant =
      plant_with("suppress:\n  - {finding: malformed, asset: plc, until: 2023-11-14, reason: r, by: b}\n");
  Muting muting(&plant);
  const TimePoint midnight = std::chrono::sys_days(std::chrono::year(2023) / 11 / 15);
  EXPECT_TRUE(muting.muted(kinds::kMalformed, 1, between("scada", "plc"), midnight - Duration(1)));
  EXPECT_FALSE(muting.muted(kinds::kMalformed, 1, between("scada", "plc"), midnight));
}

TEST(Muting, WaitsForTheThreshold) {
  const plant::Plant plant = plant_with("findings:\n  - {id: malformed, threshold: 3/min}\n");
  Muting muting(&plant);
  EXPECT_TRUE(muting.muted(kinds::kMalformed, 1, {}, kStart));
  EXPECT_TRUE(muting.muted(kinds::kMalformed, 2, {}, kStart));  // between others
  EXPECT_TRUE(muting.muted(kinds::kMalformed, 1, {}, kStart + seconds(30)));
  EXPECT_FALSE(muting.muted(kinds::kMalformed, 1, {}, kStart + seconds(59)));
  EXPECT_FALSE(muting.muted(kinds::kMalformed, 1, {}, kStart + seconds(59)));
  EXPECT_TRUE(muting.muted(kinds::kMalformed, 1, {}, kStart + seconds(61)));
  const auto hidden = muting.take();
  ASSERT_EQ(hidden.size(), 1u);
  EXPECT_EQ(hidden[0].count, 4u);
  EXPECT_EQ(to_text(hidden[0].why), "below-threshold");
}

}  // namespace
}  // namespace rampart::monitor
