#include "policy/decide_fixture.h"

namespace rampart::policy {
namespace {

using namespace testing;

TEST_F(Decide, AllowsWhatARuleNames) {
  rule("poll", {"read"});
  make();
  const Verdict verdict = judge(operation("modbus", Action::read, "holding-register 5"));
  EXPECT_TRUE(verdict.allowed());
  EXPECT_EQ(verdict.reason, Reason::rule);
  EXPECT_EQ(verdict.conduit, conduit_);
  EXPECT_EQ(verdict.rule, 0u);
}

TEST_F(Decide, DeniesWhatNoRuleAllows) {
  rule("poll", {"read"});
  make();
  EXPECT_EQ(reason(write("holding-register 5", {1})), Reason::no_rule);
  EXPECT_EQ(reason(operation("s7comm", Action::read, "DB1.DBW0")), Reason::no_rule);
  EXPECT_EQ(
      decide(*policy_, *situation_, parties(hmi_, plc_), operation("modbus", Action::read, "coil 1"), at(0)).reason,
      Reason::no_rule);
  EXPECT_EQ(
      decide(*policy_, *situation_, parties(plc_, scada_), operation("modbus", Action::read, "coil 1"), at(0)).reason,
      Reason::no_rule);
}

TEST_F(Decide, TellsWhoIsUnknownBeforeWhatIsMissing) {
  const Index lab = build_.zone("lab");
  const Index tester = build_.asset(lab, "tester");
  rule("poll", {"read"});
  make();
  const Operation read = operation("modbus", Action::read, "coil 1");
  const Party known{plc_, control_}, nobody{}, stranger{kNone, office_};
  EXPECT_EQ(decide(*policy_, *situation_, {nobody, nobody}, read, at(0)).reason, Reason::unknown_client);
  EXPECT_EQ(decide(*policy_, *situation_, {known, nobody}, read, at(0)).reason, Reason::unknown_server);
  EXPECT_EQ(decide(*policy_, *situation_, {stranger, known}, read, at(0)).reason, Reason::unknown_asset);
  EXPECT_EQ(decide(*policy_, *situation_, {{tester, lab}, known}, read, at(0)).reason, Reason::no_conduit);
  EXPECT_EQ(decide(*policy_, *situation_, {{kNone, lab}, known}, read, at(0)).reason, Reason::no_conduit);
  EXPECT_EQ(decide(*policy_, *situation_, {{99, 99}, known}, read, at(0)).reason, Reason::unknown_client);
}

TEST_F(Decide, AllowsEverythingInsideAZoneWithoutRulesOfItsOwn) {
  rule("poll", {"read"});
  make();
  const Verdict verdict =
      decide(*policy_, *situation_, parties(scada_, hmi_), operation("modbus", Action::stop, "coil 1"), at(0));
  EXPECT_TRUE(verdict.allowed());
  EXPECT_EQ(verdict.reason, Reason::same_zone);
}

TEST_F(Decide, JudgesInsideAZoneThatAConduitJoinsWithItself) {
  const Index inner = build_.conduit("inside", {office_, office_});
  build_.rule(inner, "look", {"read"}, "modbus", {scada_}, {hmi_});
  make();
  const Parties same = parties(scada_, hmi_);
  EXPECT_TRUE(decide(*policy_, *situation_, same, operation("modbus", Action::read, "coil 1"), at(0)).allowed());
  const Verdict denied = decide(*policy_, *situation_, same, operation("modbus", Action::write, "coil 1"), at(0));
  EXPECT_EQ(denied.reason, Reason::no_rule);
  EXPECT_EQ(denied.conduit, inner);
}

TEST_F(Decide, TakesTheRulesOfAllConduitsThatJoinTheZones) {
  rule("poll", {"read"});
  const Index second = build_.conduit("second", {control_, office_});
  build_.rule(second, "set", {"write"}, "modbus", {scada_}, {plc_});
  make();
  EXPECT_EQ(judge(write("holding-register 1", {1})).conduit, second);
  EXPECT_EQ(judge(operation("modbus", Action::read, "coil 1")).conduit, conduit_);
}

TEST_F(Decide, NarrowsByFunctionNameAndCode) {
  rule("set", {"write"}).functions = texts({"write-single-register", "0x10"});
  make();
  Operation set = write("holding-register 1", {1});
  for (const uint32_t code : {6u, 16u}) {
    set.function.code = code;
    EXPECT_TRUE(judge(set).allowed()) << code;
  }
  set.function.code = 22;
  EXPECT_EQ(reason(set), Reason::no_rule);
}

TEST_F(Decide, WantsTheWholeObjectInsideTheUnionOfWhatIsListed) {
  rule("poll", {"read"}).objects = texts({"holding-register 100-109", "holding-register 110-119", "coil 7"});
  make();
  EXPECT_TRUE(judge(operation("modbus", Action::read, "holding-register 105-115")).allowed());
  EXPECT_TRUE(judge(operation("modbus", Action::read, "coil 7")).allowed());
  EXPECT_EQ(reason(operation("modbus", Action::read, "holding-register 105-120")), Reason::no_rule);
  EXPECT_EQ(reason(operation("modbus", Action::read, "holding-register")), Reason::no_rule);
  EXPECT_EQ(reason(operation("modbus", Action::read, "coil 7-8")), Reason::no_rule);
  Operation nothing;
  nothing.protocol = *protocols::find_protocol("modbus");
  EXPECT_EQ(reason(nothing), Reason::no_rule);
}

TEST_F(Decide, LetsSafeValuesPassRangeStepAndRate) {
  plant::Point& valve = build_.point(plc_, "valve", "holding-register 100");
  valve.minimum = 10;
  valve.maximum = 100;
  valve.step = 5;
  valve.safe = {0};
  rule("set", {"write"}).rate = plant::Rate{1, std::chrono::seconds(60)};
  make();
  const Operation safe = write("holding-register 100", {0});
  const Verdict first = judge(safe);
  EXPECT_TRUE(first.allowed());
  note_asked(*situation_, *policy_, parties(scada_, plc_), first, at(1000));
  EXPECT_TRUE(judge(safe, at(1001)).allowed());
  answer_read("holding-register 100", {20});
  EXPECT_EQ(reason(write("holding-register 100", {22}), at(1001)), Reason::rate_exceeded);
  EXPECT_EQ(reason(write("holding-register 100-101", {0, 0}), at(1001)), Reason::rate_exceeded);
}

TEST_F(Decide, CountsARateInASlidingWindow) {
  rule("set", {"write"}).rate = plant::Rate{2, std::chrono::seconds(10)};
  make();
  const Operation set = write("holding-register 1", {1});
  const auto ask = [&](int64_t second) {
    const Verdict verdict = judge(set, at(second));
    if (verdict.allowed()) note_asked(*situation_, *policy_, parties(scada_, plc_), verdict, at(second));
    return verdict.reason;
  };
  EXPECT_EQ(ask(100), Reason::rule);
  EXPECT_EQ(ask(105), Reason::rule);
  EXPECT_EQ(ask(106), Reason::rate_exceeded);
  EXPECT_EQ(ask(109), Reason::rate_exceeded);
  EXPECT_EQ(ask(110), Reason::rule);
  EXPECT_EQ(ask(114), Reason::rate_exceeded);
  EXPECT_EQ(ask(115), Reason::rule);
  EXPECT_EQ(ask(90), Reason::rate_exceeded);  // time may run backwards; the count does not
}

TEST_F(Decide, AsksForPeopleOnlyWhereItCanSeeThem) {
  build_.plant.roles.push_back({text("engineer"), {}, 1});
  plant::Rule& program = rule("program", {"program"}, "s7comm");
  program.role = 0;
  program.approvals = 2;
  make();
  const Operation load = operation("s7comm", Action::program, "block OB1");
  EXPECT_EQ(judge(load).decision, Decision::undecidable);
  EXPECT_EQ(reason(load), Reason::role_unknown);
  situation_->see_people(true);
  EXPECT_EQ(reason(load), Reason::role_missing);
  EXPECT_TRUE(situation_->add(Lease{.role = 0, .server = scada_, .until = at(2000)}, at(0)));
  EXPECT_EQ(reason(load), Reason::role_missing);
  EXPECT_TRUE(situation_->add(Lease{.role = 0, .server = plc_, .until = at(2000)}, at(0)));
  EXPECT_EQ(reason(load), Reason::approval_missing);
  EXPECT_TRUE(situation_->add(Approval{.approver = 7, .until = at(2000)}, at(0)));
  EXPECT_TRUE(situation_->add(Approval{.approver = 7, .rule = 0, .until = at(2000)}, at(0)));
  EXPECT_EQ(reason(load), Reason::approval_missing);
  EXPECT_TRUE(situation_->add(Approval{.approver = 8, .until = at(2000)}, at(0)));
  EXPECT_TRUE(judge(load).allowed());
  EXPECT_EQ(reason(load, at(2000)), Reason::role_missing);
}

TEST_F(Decide, TakesTheRoleThatACertificateProvedButNoApprovalFromIt) {
  build_.plant.roles.push_back({text("operator"), {}, 1});
  build_.plant.roles.push_back({text("engineer"), {}, 1});
  rule("move", {"write"}).role = 0;
  rule("load", {"program"}).role = 1;
  plant::Rule& twice = rule("stop", {"stop"});
  twice.role = 1;
  twice.approvals = 1;
  make();
  situation_->see_people(true);
  Parties proven = parties(scada_, plc_);
  const auto ask = [&](Action action) {
    return decide(*policy_, *situation_, proven, operation("modbus", action, "holding-register 5"), at(1000)).reason;
  };
  EXPECT_EQ(ask(Action::write), Reason::role_missing);
  proven.role = 0;
  EXPECT_EQ(ask(Action::write), Reason::rule);
  EXPECT_EQ(ask(Action::program), Reason::role_missing) << "another role";
  proven.role = 1;
  EXPECT_EQ(ask(Action::write), Reason::role_missing);
  EXPECT_EQ(ask(Action::program), Reason::rule);
  EXPECT_EQ(ask(Action::stop), Reason::role_missing) << "nobody's yes is in a certificate";
}

TEST_F(Decide, BoundsLeasesAndDropsEndedOnesFirst) {
  make();
  for (uint32_t i = 0; i < Situation::kMostLeases; ++i) {
    ASSERT_TRUE(situation_->add(Lease{.role = i, .until = at(i < 10 ? 10 : 100)}, at(0)));
  }
  EXPECT_FALSE(situation_->add(Lease{.role = 5000, .until = at(100)}, at(5)));
  EXPECT_TRUE(situation_->add(Lease{.role = 5000, .until = at(100)}, at(50)));
}

TEST_F(Decide, NamesTheRuleThatCameNearest) {
  build_.plant.calendars.push_back({text("never"), {}, std::chrono::minutes(0), std::chrono::minutes(1440), text("")});
  build_.point(plc_, "valve", "holding-register 100").maximum = 100;
  rule("far", {"write"});
  rule("near", {"write"}).during = 0;
  make();
  EXPECT_EQ(reason(write("holding-register 100", {500})), Reason::value_out_of_range);
  build_.plant.conduits[conduit_].rules[0].rate = plant::Rate{1, std::chrono::seconds(60)};
  make();
  Verdict verdict = judge(write("holding-register 100", {50}));
  note_asked(*situation_, *policy_, parties(scada_, plc_), verdict, at(1000));
  verdict = judge(write("holding-register 100", {50}));
  EXPECT_EQ(verdict.reason, Reason::outside_calendar);
  EXPECT_EQ(verdict.rule, 1u);
}

}  // namespace
}  // namespace rampart::policy
