// Traffic that is not decoded, and operations that name no object: what rules of a plant say of them.
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using protocols::Action;

class Streams : public ::testing::Test {
 protected:
  Streams() {
    const Index upper = plant.zone("upper", {"10.1.0.0/24"}), lower = plant.zone("lower", {"10.2.0.0/24"});
    client_ = plant.asset(upper, "client", "10.1.0.1");
    server_ = plant.asset(lower, "server", "10.2.0.1");
    conduit_ = plant.conduit("link", {upper, lower});
  }
  plant::Rule& rule(const std::string& protocol, std::vector<plant::PortRange> ports = {}) {
    plant::Rule& made =
        plant.rule(conduit_, "r" + std::to_string(++rules_), {"session"}, protocol, {client_}, {server_});
    made.ports = std::move(ports);
    return made;
  }
  Verdict decided(const Stream& stream) {
    const Compiled compiled = plant.compile();
    EXPECT_TRUE(compiled.policy);
    if (!compiled.policy) return {};
    const Situation situation(compiled.policy);
    return decide_stream(*compiled.policy, situation, parties(), stream, at(0));
  }
  Parties parties() const { return {{client_, 0}, {server_, 1}}; }
  std::vector<std::string> problems() {
    std::vector<std::string> all;
    for (const Problem& problem : plant.compile().problems) all.push_back(problem.what);
    return all;
  }

  Builder plant;
  Index client_ = 0, server_ = 0, conduit_ = 0;
  int rules_ = 0;
};

TEST_F(Streams, PassOnThePortsOfARuleAndOnNoOthers) {
  constexpr uint16_t kOpen[] = {443, 5000, 5010}, kShut[] = {442, 444, 4999, 5011, 0};
  rule("tcp", {{443, 443}, {5000, 5010}});
  for (const uint16_t port : kOpen) EXPECT_TRUE(decided({6, port, {}}).allowed()) << port;
  for (const uint16_t port : kShut) {
    const Verdict verdict = decided({6, port, {}});
    EXPECT_EQ(verdict.reason, Reason::no_rule) << port;
    EXPECT_EQ(verdict.conduit, conduit_);
  }
  EXPECT_FALSE(decided({17, 443, {}}).allowed());
}

TEST_F(Streams, PassOnAnyPortWhereARuleNamesNone) {
  rule("udp");
  EXPECT_TRUE(decided({17, 1, {}}).allowed());
  EXPECT_TRUE(decided({17, 65535, {}}).allowed());
  EXPECT_FALSE(decided({6, 1, {}}).allowed());
}

TEST_F(Streams, ToldByTheirProtocolOfIp) {
  rule("icmp");
  EXPECT_TRUE(decided({1, 0, {}}).allowed());
  EXPECT_TRUE(decided({58, 0, {}}).allowed());
  EXPECT_FALSE(decided({47, 0, {}}).allowed());
  rule("ip-47");
  EXPECT_TRUE(decided({47, 0, {}}).allowed());
}

TEST_F(Streams, NeverPassTheOtherWayRound) {
  rule("tcp", {{443, 443}});
  const Compiled compiled = plant.compile();
  const Situation situation(compiled.policy);
  const Parties back{parties().server, parties().client};
  EXPECT_FALSE(decide_stream(*compiled.policy, situation, back, {6, 443, {}}, at(0)).allowed());
}

TEST_F(Streams, AreOpenedByTheRulesOfTheirProtocol) {
  plant.rule(conduit_, "poll", {"read"}, "modbus", {client_}, {server_});
  const auto modbus = protocols::find_protocol("modbus").value();
  EXPECT_TRUE(decided({6, 502, {}}).allowed());
  EXPECT_TRUE(decided({6, 9999, modbus}).allowed());
  EXPECT_FALSE(decided({6, 9999, {}}).allowed());
  EXPECT_FALSE(decided({6, 102, {}}).allowed());
  EXPECT_FALSE(decided({47, 502, {}}).allowed());
}

TEST_F(Streams, LeaveOperationsToTheRulesOfTheirProtocol) {
  rule("tcp");
  const Compiled compiled = plant.compile();
  const Situation situation(compiled.policy);
  for (const Action action : {Action::read, Action::session}) {
    EXPECT_FALSE(
        decide(*compiled.policy, situation, parties(), operation("modbus", action, "holding-register 1"), at(0))
            .allowed());
  }
  protocols::Operation nothing;
  nothing.action = Action::session;
  EXPECT_FALSE(decide(*compiled.policy, situation, parties(), nothing, at(0)).allowed());
}

TEST_F(Streams, AreHeldToRateAndPeople) {
  rule("tcp", {{22, 22}}).rate = plant::Rate{1, std::chrono::seconds(60)};
  plant.plant.roles.push_back({text("engineer"), {}, 1});
  rule("tcp", {{3389, 3389}}).role = 0;
  const Compiled compiled = plant.compile();
  ASSERT_TRUE(compiled.policy);
  Situation situation(compiled.policy);
  const Stream shell{6, 22, {}};
  const Verdict first = decide_stream(*compiled.policy, situation, parties(), shell, at(0));
  EXPECT_TRUE(first.allowed());
  note_stream(situation, *compiled.policy, parties(), first, at(0));
  EXPECT_EQ(decide_stream(*compiled.policy, situation, parties(), shell, at(1)).reason, Reason::rate_exceeded);
  EXPECT_TRUE(decide_stream(*compiled.policy, situation, parties(), shell, at(61)).allowed());
  EXPECT_EQ(decide_stream(*compiled.policy, situation, parties(), {6, 3389, {}}, at(0)).decision,
            Decision::undecidable);
}

TEST_F(Streams, DoNotUseUpTheRateOfOperations) {
  plant.rule(conduit_, "poll", {"read"}, "modbus", {client_}, {server_}).rate =
      plant::Rate{1, std::chrono::seconds(60)};
  const Compiled compiled = plant.compile();
  Situation situation(compiled.policy);
  const auto read = operation("modbus", Action::read, "holding-register 1");
  for (int i = 0; i < 3; ++i) {
    const Verdict verdict = decide_stream(*compiled.policy, situation, parties(), {6, 502, {}}, at(i));
    EXPECT_TRUE(verdict.allowed());
    note_stream(situation, *compiled.policy, parties(), verdict, at(i));
  }
  const Verdict verdict = decide(*compiled.policy, situation, parties(), read, at(4));
  EXPECT_TRUE(verdict.allowed());
  note_asked(situation, *compiled.policy, parties(), verdict, at(4));
  EXPECT_TRUE(decide_stream(*compiled.policy, situation, parties(), {6, 502, {}}, at(5)).allowed());
  EXPECT_FALSE(decide(*compiled.policy, situation, parties(), read, at(5)).allowed());
}

TEST_F(Streams, RulesThatCannotMeanAnythingAreErrors) {
  rule("tcp").objects = texts({"holding-register 1"});
  plant.rule(conduit_, "write", {"write"}, "udp", {client_}, {server_});
  rule("icmp", {{1, 1}});
  rule("modbus", {{502, 502}});
  rule("ip-256");
  const auto all = problems();
  const auto told = [&](const std::string& words) {
    return std::any_of(all.begin(), all.end(), [&](const std::string& what) { return what.find(words) != what.npos; });
  };
  EXPECT_TRUE(told("\"tcp\" is traffic that is not decoded: it has no points"));
  EXPECT_TRUE(told("\"udp\" is traffic that is not decoded: it has no other action than session"));
  EXPECT_TRUE(told("\"icmp\" has no ports"));
  EXPECT_TRUE(told("ports narrow tcp and udp, not \"modbus\""));
  EXPECT_TRUE(told("\"ip-256\" is no protocol that is known here"));
}

TEST_F(Streams, AreToldOfRulesThatChangeNothing) {
  rule("tcp", {{1, 100}});
  rule("tcp", {{5, 6}});
  EXPECT_EQ(problems().size(), 1u);
  plant.plant.conduits[conduit_].rules.pop_back();
  rule("tcp", {{100, 101}});
  rule("udp", {{5, 6}});
  EXPECT_TRUE(problems().empty());
}

TEST_F(Streams, AppearInTheReachOfAnAsset) {
  rule("tcp", {{443, 443}});
  const Compiled compiled = plant.compile();
  const auto rows = reachability(*compiled.policy);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_FALSE(rows[0].protocol.known());
  EXPECT_EQ(rows[0].to, server_);
}

TEST_F(Streams, ObjectsNoneMeansOperationsThatNameNoObject) {
  plant.rule(conduit_, "look", {"identify"}, "modbus", {client_}, {server_}).objects = texts({"none"});
  const Compiled compiled = plant.compile();
  ASSERT_TRUE(compiled.policy);
  EXPECT_TRUE(compiled.problems.empty());
  const Situation situation(compiled.policy);
  protocols::Operation nameless;
  nameless.protocol = protocols::find_protocol("modbus").value();
  nameless.action = Action::identify;
  EXPECT_TRUE(decide(*compiled.policy, situation, parties(), nameless, at(0)).allowed());
  EXPECT_FALSE(
      decide(*compiled.policy, situation, parties(), operation("modbus", Action::identify, "coil 1"), at(0)).allowed());
  plant.plant.conduits[conduit_].rules[0].objects = texts({"coil 1"});
  const Compiled other = plant.compile();
  EXPECT_FALSE(decide(*other.policy, Situation(other.policy), parties(), nameless, at(0)).allowed());
}

}  // namespace
}  // namespace rampart::policy
