// Tags, objects of classes and files of PCCC in rules and as points: objects that have a name or a structure of their
// own.
#include "policy/decide_fixture.h"

namespace rampart::policy {
namespace {

using namespace testing;

class DecideTags : public Decide {
 protected:
  Operation set(const char* object, std::initializer_list<uint16_t> values) {
    bytes_.push_back(std::make_unique<std::vector<uint8_t>>(registers(values)));
    return operation("enip", Action::write, object, Values::numbers(ValueType::uint16, *bytes_.back()));
  }
};

TEST_F(DecideTags, ARuleNarrowedToTagsAndClassesAllowsThoseOnly) {
  rule("set", {"write"}, "enip").objects = texts({"tag Program:Main.Setpoint", "tag Levels[0-9]", "assembly 100"});
  make();
  EXPECT_TRUE(judge(set("tag Program:Main.Setpoint", {1})).allowed());
  EXPECT_TRUE(judge(set("tag Levels[3]", {1})).allowed());
  EXPECT_TRUE(judge(set("assembly 100 attribute 3", {1})).allowed());
  for (const char* object : {"tag Setpoint", "tag Levels[10]", "tag Levels", "assembly 101 attribute 3",
                             "class 1 instance 100", "tag Program:Main.Setpoint.Low"}) {
    EXPECT_EQ(reason(set(object, {1})), Reason::no_rule) << object;
  }
}

TEST_F(DecideTags, APointThatIsATagHasItsLimits) {
  build_.point(plc_, "setpoint", "tag Program:Main.Setpoint").maximum = 100;
  build_.point(plc_, "third", "tag Levels[3]").maximum = 10;
  build_.point(plc_, "speed", "pccc N7:3").maximum = 50;
  rule("set", {"write"}, "enip");
  make();
  EXPECT_TRUE(judge(set("tag Program:Main.Setpoint", {100})).allowed());
  EXPECT_EQ(reason(set("tag Program:Main.Setpoint", {101})), Reason::value_out_of_range);
  EXPECT_TRUE(judge(set("tag Levels[2-3]", {99, 10})).allowed());
  EXPECT_EQ(reason(set("tag Levels[2-3]", {9, 11})), Reason::value_out_of_range);
  EXPECT_EQ(reason(set("pccc N7:0-3", {1, 1, 1, 51})), Reason::value_out_of_range);
}

TEST_F(DecideTags, MasksAreNotTakenForValues) {
  build_.point(plc_, "flags", "tag Flags").maximum = 1000;
  rule("set", {"write"}, "enip");
  make();
  Operation masked = set("tag Flags", {1, 0});
  masked.values.masks = true;
  EXPECT_EQ(reason(masked), Reason::value_unknown);
  note(masked, kOk);
  EXPECT_EQ(reason(masked), Reason::value_unknown);
}

}  // namespace
}  // namespace rampart::policy
