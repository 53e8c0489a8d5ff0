#include "gateway/kernel_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/testing.h"

namespace rampart::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::plant_with;
using testing::policy_of;

const char* const kRules =
    R"(      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
      - {id: files, allow: session, protocol: tcp, ports: 9000, from: [hmi], to: [plc]}
)";

/// rules_for are those of a gateway that stands as `stands` in a conduit that fails as `how`.
KernelRules rules_for(const std::string& stands, const std::string& how) {
  std::string text = plant_with(kRules, "\n    on-failure: " + how);
  const std::string served = "    serves: [{to: plc, protocol: modbus, at: 10.1.0.9}]\n";
  text.replace(text.find(served), served.size(), "    stands: " + stands + "\n    interfaces: [up0, low0]\n");
  const auto policy = policy_of(text);
  const plant::Plant& plant = policy::plant_of(*policy);
  EXPECT_EQ(needs_warden(plant, plant.gateways[0]), how != "close");
  return kernel_rules(plant, plant.gateways[0], "02:00:00:00:00:01");
}

const char* const kOpen =
    R"(iifname "up0" ip saddr . ip daddr . tcp dport { 10.1.0.1 . 10.2.0.1 . 502, 10.1.0.2 . 10.2.0.1 . 9000 } accept)";
const char* const kDrop = R"(iifname "up0" ip daddr . tcp dport { 10.2.0.1 . 502, 10.2.0.1 . 9000 } drop)";

TEST(KernelRules, WhatHasNoListenerIsDroppedAndNeverForwarded) {
  for (const char* how : {"close", "open", "island"}) {
    const KernelRules rules = rules_for("transparent", how);
    EXPECT_THAT(rules.standing,
                HasSubstr("tproxy ip to 127.0.0.1:14000 meta mark set 1 accept\n    " + std::string(kDrop)));
    EXPECT_THAT(rules.failed, HasSubstr(kDrop));
    EXPECT_THAT(rules.failed, Not(HasSubstr("tproxy")));
  }
}

TEST(KernelRules, OnlyWhatTheRulesOfAnOpenConduitNamePasses) {
  EXPECT_THAT(rules_for("transparent", "open").failed, HasSubstr(kOpen));
  for (const char* how : {"close", "island"})
    EXPECT_THAT(rules_for("transparent", how).failed, Not(HasSubstr("10.1.0.1")));
  EXPECT_THAT(rules_for("transparent", "open").standing, Not(HasSubstr("10.1.0.1")));
}

TEST(KernelRules, AnIslandIsCutBothWays) {
  const std::string failed = rules_for("transparent", "island").failed;
  EXPECT_THAT(failed, HasSubstr(R"(iifname "up0" oifname "low0" drop)"));
  EXPECT_THAT(failed, HasSubstr(R"(iifname "low0" oifname "up0" drop)"));
  EXPECT_THAT(rules_for("transparent", "open").failed, Not(HasSubstr("oifname")));
  EXPECT_THAT(rules_for("bridged", "island").failed, HasSubstr("priority 0; policy drop;\n  }"));
}

TEST(KernelRules, ABridgeLiftsAllButWhatItLetsPassAtItsFailure) {
  const KernelRules rules = rules_for("bridged", "open");
  EXPECT_THAT(rules.standing, HasSubstr("meta pkttype set host ether daddr set 02:00:00:00:00:01 accept"));
  const size_t passed = rules.failed.find("table bridge rampart_guard {\n  chain pre");
  ASSERT_NE(passed, std::string::npos);
  EXPECT_LT(rules.failed.find("ip saddr . ip daddr . tcp dport", passed), rules.failed.find("meta pkttype", passed));
}

TEST(KernelRules, TheMomentOfFailureHasItsPlace) {
  const KernelRules rules = rules_for("transparent", "open");
  EXPECT_THAT(rules.failed, HasSubstr("chain since_" + std::string(kSince)));
  EXPECT_THAT(rules.standing, Not(HasSubstr("since_")));
}

TEST(KernelRules, AnAddressedGatewayNeedsNobodyToWatchOverIt) {
  const auto policy = policy_of(plant_with(
      "      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}\n", "\n    on-failure: island"));
  EXPECT_FALSE(needs_warden(policy::plant_of(*policy), policy::plant_of(*policy).gateways[0]));
}

}  // namespace
}  // namespace rampart::gateway
