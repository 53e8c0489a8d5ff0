#include <gtest/gtest.h>

#include <algorithm>

#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using protocols::Action;

const Reach* find(const std::vector<Reach>& rows, Index from, Index to, Action action) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Reach& row) {
    return row.from == from && row.to == to && row.action == action;
  });
  return found == rows.end() ? nullptr : &*found;
}

TEST(Reachability, FollowsRulesAndCrossesZonesThatNothingJudges) {
  Builder build;
  const Index office = build.zone("office"), middle = build.zone("middle"), control = build.zone("control");
  const Index desk = build.asset(office, "desk"), server = build.asset(middle, "server");
  const Index history = build.asset(middle, "history"), plc = build.asset(control, "plc");
  const Index up = build.conduit("up", {office, middle}), down = build.conduit("down", {middle, control});
  build.rule(up, "look", {"read"}, "modbus", {desk}, {server});
  build.rule(down, "set", {"write"}, "modbus", {history}, {plc});
  const auto policy = build.compile().policy;
  const std::vector<Reach> rows = reachability(*policy);
  EXPECT_EQ(rows.size(), 3u);
  ASSERT_NE(find(rows, desk, server, Action::read), nullptr);
  EXPECT_EQ(find(rows, desk, server, Action::read)->conduits, std::vector{up});
  ASSERT_NE(find(rows, desk, plc, Action::write), nullptr);
  EXPECT_EQ(find(rows, desk, plc, Action::write)->conduits, (std::vector{up, down}));
  EXPECT_EQ(find(rows, plc, desk, Action::read), nullptr);
}

TEST(Reachability, StopsInsideAZoneThatHasRulesOfItsOwn) {
  Builder build;
  const Index office = build.zone("office"), middle = build.zone("middle"), control = build.zone("control");
  const Index desk = build.asset(office, "desk"), server = build.asset(middle, "server");
  const Index history = build.asset(middle, "history"), plc = build.asset(control, "plc");
  build.rule(build.conduit("up", {office, middle}), "look", {"read"}, "modbus", {desk}, {server});
  build.rule(build.conduit("down", {middle, control}), "set", {"write"}, "modbus", {history}, {plc});
  const Index inner = build.conduit("inner", {middle, middle});
  EXPECT_EQ(find(reachability(*build.compile().policy), desk, plc, Action::write), nullptr);
  build.rule(inner, "pass", {"file"}, "modbus", {server}, {history});
  const Reach* reach = nullptr;
  const std::vector<Reach> rows = reachability(*build.compile().policy);
  ASSERT_NE(reach = find(rows, desk, plc, Action::write), nullptr);
  EXPECT_EQ(reach->conduits.size(), 3u);
}

TEST(Reachability, StaysBoundedForTenThousandAssets) {
  Builder build;
  std::vector<Index> zones, assets;
  for (int i = 0; i < 100; ++i) {
    zones.push_back(build.zone("zone"));
    for (int k = 0; k < 100; ++k) assets.push_back(build.asset(zones.back(), "asset"));
  }
  for (size_t i = 0; i + 1 < zones.size(); ++i) {
    const Index conduit = build.conduit("conduit", {zones[i], zones[i + 1]});
    for (size_t k = 0; k < 100; ++k) {
      build.rule(conduit, "rule", {"read", "write"}, "modbus", {assets[i * 100 + k]}, {assets[(i + 1) * 100 + k]});
    }
  }
  const auto policy = build.compile().policy;
  ASSERT_NE(policy, nullptr);
  const std::vector<Reach> rows = reachability(*policy);
  EXPECT_EQ(rows.size(), 100'000u);
  EXPECT_EQ(std::count_if(rows.begin(), rows.end(), [](const Reach& row) { return row.conduits.size() == 1; }),
            2 * 9'900);
}

}  // namespace
}  // namespace rampart::policy
