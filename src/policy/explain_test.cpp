#include <gtest/gtest.h>

#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using protocols::Action;
using protocols::Operation;
using protocols::Values;
using protocols::ValueType;

class Explain : public ::testing::Test {
 protected:
  Explain() {
    const Index office = build_.zone("office"), control = build_.zone("control"), lab = build_.zone("lab");
    scada_ = build_.asset(office, "scada");
    plc_ = build_.asset(control, "plc");
    tester_ = build_.asset(lab, "tester");
    plant::Point& valve = build_.point(plc_, "intake-valve", "holding-register 100");
    valve.minimum = 0;
    valve.maximum = 100;
    valve.unit = "%";
    valve.step = 10;
    build_.plant.roles.push_back({text("engineer"), {}, 1});
    build_.plant.calendars.push_back({text("maintenance"), {}, {}, std::chrono::minutes(1440), text("")});
    link_ = build_.conduit("link", {office, control});
  }
  plant::Rule& rule(const char* id, std::initializer_list<const char*> allow) {
    return build_.rule(link_, id, allow, "modbus", {scada_}, {plc_});
  }
  std::string say(Index client, const Operation& operation, int times = 1) {
    const auto policy = build_.compile().policy;
    Situation situation(policy);
    situation.see_people(true);
    const Parties parties{{client, build_.plant.assets[client].zone}, {plc_, build_.plant.assets[plc_].zone}};
    Verdict verdict;
    const std::vector<uint8_t> known = registers({50});
    const Operation read = testing::operation("modbus", Action::read, "holding-register 100");
    const protocols::Answer answer = answer_to(read, Values::numbers(ValueType::uint16, known));
    if (know_) note_answered(situation, *policy, parties, &read, &answer, {}, at(0));
    for (int i = 0; i < times; ++i) {
      verdict = decide(*policy, situation, parties, operation, at(5));
      note_asked(situation, *policy, parties, verdict, at(5));
    }
    return explain(*policy, verdict, parties, operation);
  }
  Operation write(std::initializer_list<uint16_t> values) {
    bytes_ = registers(values);
    return testing::operation("modbus", Action::write, "holding-register 100",
                              Values::numbers(ValueType::uint16, bytes_));
  }
  Builder build_;
  Index scada_, plc_, tester_, link_;
  bool know_ = true;
  std::vector<uint8_t> bytes_;
};

TEST_F(Explain, SaysWhatHappenedAndWhatIsAllowed) {
  const Operation read = testing::operation("modbus", Action::read, "coil 5");
  EXPECT_EQ(say(scada_, read), "scada read coil 5 of plc over modbus; no rule of link allows it");
  EXPECT_EQ(say(tester_, read), "tester read coil 5 of plc; no conduit joins lab and control");
  rule("set", {"write", "read"}).rate = plant::Rate{1, std::chrono::seconds(60)};
  EXPECT_EQ(say(scada_, read), "scada read coil 5 of plc, as rule set of link allows");
  EXPECT_EQ(say(scada_, read, 2), "scada read coil 5 of plc more often than 1 time in 60 s");
  EXPECT_EQ(say(scada_, write({4500})), "scada wrote 4500 to intake-valve (allowed 0 to 100 %)");
  EXPECT_EQ(say(scada_, write({70})), "scada wrote 70 to intake-valve (allowed in steps of at most 10 %)");
  know_ = false;
  EXPECT_EQ(
      say(scada_, write({70})),
      "scada wrote 70 to intake-valve; its last value or what it becomes is not known, so its limits cannot be held "
      "against it");
}

TEST_F(Explain, NamesPeopleAndHours) {
  plant::Rule& stop = rule("halt", {"stop"});
  stop.role = 0;
  const Operation halt = testing::operation("modbus", Action::stop, "coil 5");
  EXPECT_EQ(say(scada_, halt), "scada stopped or restarted coil 5 of plc without a lease of the role engineer");
  build_.plant.conduits[link_].rules[0].role = kNone;
  build_.plant.conduits[link_].rules[0].approvals = 1;
  EXPECT_EQ(say(scada_, halt), "scada stopped or restarted coil 5 of plc without the approval of another person");
  build_.plant.conduits[link_].rules[0].during = 0;
  EXPECT_EQ(say(scada_, halt), "scada stopped or restarted coil 5 of plc outside the hours of maintenance");
}

}  // namespace
}  // namespace rampart::policy
