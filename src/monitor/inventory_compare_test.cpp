// What is missing, unknown or different by the plant, and when that is a finding.
#include "monitor/inventory_compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "monitor/inventory_testing.h"

namespace rampart::monitor {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::Tell;
using Attribute = protocols::Attribute;

constexpr const char* kPlant = R"(rampart: 1
plant: Test
zones:
  - id: cell
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - id: plc
        kind: controller
        at: [{ip: 10.1.0.20}]
        vendor: Siemens
        model: 6ES7 315-2EH14-0AB0
        firmware: 3.2.8
        serial: S C-1
      - {id: meter-7, kind: meter, at: [{ip: 10.1.0.20, unit: 7}], vendor: Acme}
      - {id: meter-8, kind: meter, at: [{ip: 10.1.0.20, unit: 8}]}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.10}]}
      - {id: spare, kind: controller, at: [{ip: 10.1.0.77}]}
      - {id: rack, kind: remote-io, at: [{name: rack-1}]}
)";

class Compared : public ::testing::Test {
 protected:
  Compared() : plant_(plant::require(plant::load_text(kPlant, "plant.yaml"))), tell_(inventory_) {
    talk_ = &tell_.between("10.1.0.10", "00:0e:8c:00:00:01", "10.1.0.20", "00:0e:8c:00:00:02");
    tell_.operation(*talk_, protocols::Action::read, 7);
    tell_.flow(*talk_);
  }
  void say(Attribute::Kind kind, const char* text, uint32_t unit = protocols::Object::kNoUnit, int second = 0) {
    tell_.attribute(*talk_, {.kind = kind, .unit = unit, .text = text, .source = "43/14"}, second);
  }
  /// words are the differences, one line each.
  std::vector<std::string> words() {
    const auto seen = inventory_.assets();
    std::vector<std::string> lines;
    for (const Difference& difference : compare(plant_, seen).differences) {
      std::string line(to_text(difference.kind));
      if (difference.asset != plant::kNone) line += " " + plant_.assets[difference.asset].id.value;
      if (difference.kind == Difference::Kind::unknown) line += " " + to_text(seen[difference.seen].ips[0]);
      if (!difference.what.empty()) {
        line += " " + std::string(difference.what) + ": " + difference.intended + " / " + difference.told + " by " +
                difference.source;
      }
      lines.push_back(line);
    }
    return lines;
  }

  plant::Plant plant_;
  Inventory inventory_;
  Tell tell_;
  const records::Conversation* talk_ = nullptr;
};

/// Findings keeps what is reported.
class Findings : public records::Sink {
 public:
  std::vector<std::string> lines;
  void record(const records::Run&) override {}
  void record(const records::Transaction&) override {}
  void record(const records::Finding& finding) override {
    lines.push_back(std::to_string(finding.signature) + " " + std::string(finding.id) + " " +
                    std::string(finding.zone) + ": " + std::string(finding.message));
  }
  void record(const records::AssetSeen&) override {}
  void record(const records::ProtectionSeen&) override {}
  void record(const records::Loss&) override {}
  void record(const records::Flow&) override {}
};

TEST_F(Compared, WhatWasNotHeardOfIsMissingAlsoBehindAUnit) {
  EXPECT_THAT(words(), ElementsAre("missing meter-8", "missing spare"));
  const auto comparison = compare(plant_, inventory_.assets());
  EXPECT_EQ(comparison.not_looked_for, 1u) << "a station name is not seen in this traffic";
}

TEST_F(Compared, WhatThePlantDoesNotHaveIsUnknown) {
  tell_.flow(tell_.between("10.1.0.66", "00:0e:8c:00:00:09", "10.1.0.20", "00:0e:8c:00:00:02"));
  EXPECT_THAT(words(), ElementsAre("missing meter-8", "missing spare", "unknown 10.1.0.66"));
  const auto seen = inventory_.assets();
  const auto comparison = compare(plant_, seen);
  EXPECT_EQ(comparison.zone_of[2], 0u) << "it lies in the network of a zone";
}

TEST_F(Compared, AGatewayIsNotUnknown) {
  const std::string with = std::string(kPlant) + R"(conduits:
  - {id: in, joins: [cell, cell], guard: gw-1, rules: [{id: poll, allow: read, protocol: modbus, from: [hmi], to: [plc]}]}
gateways:
  - {id: gw-1, serves: [{to: plc, protocol: modbus, at: 10.1.0.50}]}
)";
  tell_.flow(tell_.between("10.1.0.10", "00:0e:8c:00:00:01", "10.1.0.50", "00:0e:8c:00:00:05"));
  EXPECT_THAT(words(), Contains("unknown 10.1.0.50"));
  plant_ = plant::require(plant::load_text(with, "plant.yaml"));
  EXPECT_THAT(words(), Not(Contains("unknown 10.1.0.50")));
}

TEST_F(Compared, WaysOfWritingAreNoDifference) {
  say(Attribute::Kind::vendor, "SIEMENS  AG");
  say(Attribute::Kind::order_number, "6ES7315-2EH14-0AB0");
  say(Attribute::Kind::model, "CPU 315-2 PN/DP");
  say(Attribute::Kind::firmware, "V 3.2.8");
  say(Attribute::Kind::serial, "s c-1");
  EXPECT_THAT(words(), ElementsAre("missing meter-8", "missing spare"));
}

TEST_F(Compared, WhatADeviceSaysOtherwiseIsADifferenceWithItsSource) {
  say(Attribute::Kind::vendor, "Siemensx");
  say(Attribute::Kind::model, "CPU 317");
  say(Attribute::Kind::firmware, "3.2.7");
  EXPECT_THAT(words(),
              ElementsAre("different plc vendor: Siemens / Siemensx by modbus 43/14",
                          "different plc model: 6ES7 315-2EH14-0AB0 / CPU 317 by modbus 43/14",
                          "different plc firmware: 3.2.8 / 3.2.7 by modbus 43/14", "missing meter-8", "missing spare"));
}

TEST_F(Compared, AnEarlierWordThatAgreesIsEnoughAndBothAreKept) {
  say(Attribute::Kind::firmware, "3.2.8", protocols::Object::kNoUnit, 1);
  say(Attribute::Kind::firmware, "3.2.9", protocols::Object::kNoUnit, 2);
  EXPECT_THAT(words(), ElementsAre("missing meter-8", "missing spare"));
  EXPECT_EQ(testing::having(inventory_.assets(), "10.1.0.20")->told.size(), 2u);
}

TEST_F(Compared, WhatAUnitSaysIsTheUnitsOwn) {
  say(Attribute::Kind::vendor, "Other", 7);
  EXPECT_THAT(words(), ElementsAre("different meter-7 vendor: Acme / Other by modbus 43/14", "missing meter-8",
                                   "missing spare"));
}

TEST_F(Compared, DifferencesAreFindingsAtOnceAndAbsencesOnlyAfterALongLook) {
  say(Attribute::Kind::firmware, "3.2.7");
  Findings findings;
  EXPECT_EQ(report_differences(plant_, inventory_, findings), 1u);
  EXPECT_THAT(findings.lines,
              ElementsAre("1043 asset-differs cell: plc says its firmware is \"3.2.7\" (modbus 43/14); the plant says "
                          "\"3.2.8\""));
  tell_.flow(*talk_, 4000);
  Findings later;
  EXPECT_EQ(report_differences(plant_, inventory_, later), 3u);
  EXPECT_THAT(later.lines[2], "1044 asset-missing cell: spare is an asset of the plant, and nothing was heard of it");
}

TEST_F(Compared, WhatThePlantSuppressesIsCountedAndNotTold) {
  const std::string suppress = R"(suppress:
  - {finding: asset-differs, asset: plc, until: 2100-01-01, reason: "firmware is being rolled out", by: j.koch}
)";
  const plant::Plant plant = plant::require(plant::load_text(kPlant + suppress, "plant.yaml"));
  say(Attribute::Kind::firmware, "4.0");
  Findings findings;
  EXPECT_EQ(report_differences(plant, inventory_, findings), 0u);
  EXPECT_THAT(findings.lines, ElementsAre("1043 asset-differs : 1 of asset-differs not told one by one: suppressed by "
                                          "j.koch, firmware is being rolled out"));
}

TEST_F(Compared, AbsencesAreHeldBackWhereTheSensorLostPackets) {
  tell_.flow(*talk_, 4000);
  inventory_.record(records::Loss{.kind = "capture", .reason = "cut short", .count = 1});
  Findings findings;
  EXPECT_EQ(report_differences(plant_, inventory_, findings), 0u);
  EXPECT_THAT(findings.lines, IsEmpty());
}

}  // namespace
}  // namespace rampart::monitor
