#include <bit>

#include "policy/decide_fixture.h"

namespace rampart::policy {
namespace {

using namespace testing;

/// ValuesOf has the plant of Decide.
class ValuesOf : public Decide {};

TEST_F(ValuesOf, HoldsAWriteAgainstTheRangeOfThePoint) {
  plant::Point& valve = build_.point(plc_, "valve", "holding-register 100");
  valve.minimum = 0;
  valve.maximum = 100;
  rule("set", {"write"}).points = texts({"valve"});
  make();
  EXPECT_TRUE(judge(write("holding-register 100", {100})).allowed());
  const Verdict verdict = judge(write("holding-register 100", {4500}));
  EXPECT_EQ(verdict.reason, Reason::value_out_of_range);
  EXPECT_EQ(verdict.point, 0u);
  EXPECT_EQ(verdict.value, 4500);
  EXPECT_EQ(verdict.limit, 100);
  EXPECT_EQ(reason(write("holding-register 100-101", {1, 1})), Reason::no_rule);
}

TEST_F(ValuesOf, HoldsPointsThatTheRuleDoesNotNameToTheirLimitsToo) {
  build_.point(plc_, "valve", "holding-register 100").maximum = 100;
  rule("set", {"write"});
  make();
  EXPECT_EQ(reason(write("holding-register 99-101", {7, 101, 7})), Reason::value_out_of_range);
  EXPECT_TRUE(judge(write("holding-register 99-101", {7000, 100, 7000})).allowed());
}

TEST_F(ValuesOf, ReadsFloatsInEveryByteOrder) {
  const uint32_t bits = std::bit_cast<uint32_t>(2.5f);
  const auto high = static_cast<uint16_t>(bits >> 16), low = static_cast<uint16_t>(bits);
  const auto swap = [](uint16_t word) { return static_cast<uint16_t>(word << 8 | word >> 8); };
  const char* orders[] = {"", "little", "word-swapped", "byte-swapped"};
  const std::array<uint16_t, 2> wires[] = {{high, low}, {swap(low), swap(high)}, {low, high}, {swap(high), swap(low)}};
  for (int i = 0; i < 4; ++i) {
    plant::Point& point =
        build_.point(plc_, "p" + std::to_string(i), "holding-register " + std::to_string(10 * i), "float32");
    point.byte_order = text(orders[i]);
    point.minimum = 2.5;
    point.maximum = 2.5;
  }
  rule("set", {"write"});
  make();
  for (int i = 0; i < 4; ++i) {
    for (int k = 0; k < 4; ++k) {
      const std::string object = "holding-register " + std::to_string(10 * i) + "-" + std::to_string(10 * i + 1);
      const auto wire = wires[k];
      EXPECT_EQ(reason(write(object.c_str(), {wire[0], wire[1]})), i == k ? Reason::rule : Reason::value_out_of_range)
          << i << " " << k;
    }
  }
}

TEST_F(ValuesOf, ReadsFourWordsSwapped) {
  plant::Point& point = build_.point(plc_, "total", "holding-register 0-3", "uint64");
  point.byte_order = text("word-swapped");
  point.maximum = 0x0001000200030004;
  point.minimum = 0x0001000200030004;
  rule("set", {"write"});
  make();
  EXPECT_TRUE(judge(write("holding-register 0-3", {4, 3, 2, 1})).allowed());
  EXPECT_EQ(reason(write("holding-register 0-3", {1, 2, 3, 4})), Reason::value_out_of_range);
}

TEST_F(ValuesOf, NeverTakesNanOrInfinityForAValueInRange) {
  build_.point(plc_, "level", "holding-register 0", "float32").minimum = 0;
  build_.point(plc_, "flow", "holding-register 10", "float32").step = 1;
  rule("set", {"write"});
  make();
  EXPECT_EQ(reason(write("holding-register 0-1", {0x7fc0, 0})), Reason::value_out_of_range);
  EXPECT_EQ(reason(write("holding-register 0-1", {0x7f80, 0})), Reason::value_out_of_range);
  EXPECT_EQ(reason(write("holding-register 10-11", {0x7fc0, 0})), Reason::step_too_large);
}

TEST_F(ValuesOf, ForgivesWhatFloat32CannotTell) {
  plant::Point& dose = build_.point(plc_, "dose", "holding-register 0", "float32");
  dose.maximum = 1.1;
  dose.step = 0.2;
  rule("set", {"write"});
  make();
  const auto words = [](float value) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    return std::array<uint16_t, 2>{static_cast<uint16_t>(bits >> 16), static_cast<uint16_t>(bits)};
  };
  const auto low = words(0.9f), high = words(1.1f), above = words(1.1001f);
  answer_read("holding-register 0-1", {low[0], low[1]});
  EXPECT_TRUE(judge(write("holding-register 0-1", {high[0], high[1]})).allowed());
  EXPECT_EQ(reason(write("holding-register 0-1", {above[0], above[1]})), Reason::value_out_of_range);
}

TEST_F(ValuesOf, ScalesRawValues) {
  plant::Point& heat = build_.point(plc_, "heat", "holding-register 0", "int16");
  heat.scale = 0.1;
  heat.offset = -40;
  heat.minimum = -41;
  heat.maximum = 0;
  rule("set", {"write"});
  make();
  EXPECT_TRUE(judge(write("holding-register 0", {400})).allowed());
  EXPECT_TRUE(judge(write("holding-register 0", {static_cast<uint16_t>(-10)})).allowed());
  EXPECT_EQ(reason(write("holding-register 0", {401})), Reason::value_out_of_range);
  EXPECT_EQ(reason(write("holding-register 0", {static_cast<uint16_t>(-11)})), Reason::value_out_of_range);
}

TEST_F(ValuesOf, WantsTheLastValueForAStep) {
  build_.point(plc_, "valve", "holding-register 100").step = 10;
  rule("set", {"write"});
  make();
  EXPECT_EQ(judge(write("holding-register 100", {5})).decision, Decision::undecidable);
  EXPECT_EQ(reason(write("holding-register 100", {5})), Reason::value_unknown);
  answer_read("holding-register 90-110", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(judge(write("holding-register 100", {60})).allowed());
  EXPECT_TRUE(judge(write("holding-register 100", {40})).allowed());
  const Verdict verdict = judge(write("holding-register 100", {61}));
  EXPECT_EQ(verdict.reason, Reason::step_too_large);
  EXPECT_EQ(verdict.limit, 10);
}

TEST_F(ValuesOf, LetsARulePassWhatIsNotKnownButNotWhatIsOutOfRange) {
  plant::Point& valve = build_.point(plc_, "valve", "holding-register 100");
  valve.step = 10;
  valve.maximum = 100;
  rule("set", {"write"}).unknown = plant::Unknown::allow;
  make();
  EXPECT_TRUE(judge(write("holding-register 100", {5})).allowed());
  EXPECT_EQ(reason(write("holding-register 100", {101})), Reason::value_out_of_range);
}

TEST_F(ValuesOf, PutsHalfAValueTogetherWithTheHalfThatIsKnown) {
  plant::Point& total = build_.point(plc_, "total", "holding-register 0", "uint32");
  total.maximum = 0x00020000;
  rule("set", {"write"});
  make();
  EXPECT_EQ(reason(write("holding-register 0", {1})), Reason::value_unknown);
  answer_read("holding-register 1", {0xffff});
  EXPECT_TRUE(judge(write("holding-register 0", {1})).allowed());
  EXPECT_EQ(reason(write("holding-register 0", {2})), Reason::value_out_of_range);
  EXPECT_EQ(reason(write("holding-register 1", {2})), Reason::value_unknown);
}

TEST_F(ValuesOf, LearnsFromAnsweredWritesAndForgetsUnansweredOnes) {
  build_.point(plc_, "valve", "holding-register 100").step = 10;
  rule("set", {"write"});
  make();
  note(write("holding-register 100", {50}), kOk);
  EXPECT_TRUE(judge(write("holding-register 100", {55})).allowed());
  note(write("holding-register 100", {0}), kRefused);
  EXPECT_TRUE(judge(write("holding-register 100", {55})).allowed());
  note(write("holding-register 100", {0}), kUnanswered);
  EXPECT_EQ(reason(write("holding-register 100", {55})), Reason::value_unknown);
  note(write("holding-register 100", {50}), kOk);
  EXPECT_TRUE(judge(write("holding-register 100", {55})).allowed());
  note(operation("modbus", Action::stop, "holding-register 0"), kOk);
  EXPECT_EQ(reason(write("holding-register 100", {55})), Reason::value_unknown);
}

TEST_F(ValuesOf, ComputesWritesByMaskFromTheOldValue) {
  build_.point(plc_, "valve", "holding-register 100").maximum = 0x00ff;
  rule("set", {"write"});
  make();
  Operation mask = write("holding-register 100", {0xff00, 0x0012});
  mask.values.masks = true;
  EXPECT_EQ(reason(mask), Reason::value_unknown);
  answer_read("holding-register 100", {0x0034});
  EXPECT_TRUE(judge(mask).allowed());
  Operation high = write("holding-register 100", {0x00ff, 0x0100});
  high.values.masks = true;
  const Verdict verdict = judge(high);
  EXPECT_EQ(verdict.reason, Reason::value_out_of_range);
  EXPECT_EQ(verdict.value, 0x0134);
}

TEST_F(ValuesOf, TakesABitOfARegisterForAPoint) {
  plant::Point& pump = build_.point(plc_, "pump", "holding-register 100.3");
  pump.maximum = 0;
  rule("set", {"read", "write"}).points = texts({"pump"});
  rule("all", {"write"}).functions = texts({"6"});
  make();
  EXPECT_TRUE(judge(operation("modbus", Action::read, "holding-register 100")).allowed());
  Operation mask = write("holding-register 100", {static_cast<uint16_t>(~0x0008), 0x0008});
  mask.values.masks = true;
  EXPECT_EQ(reason(mask), Reason::value_out_of_range);
  mask.values = write("holding-register 100", {static_cast<uint16_t>(~0x0008), 0}).values;
  mask.values.masks = true;
  EXPECT_TRUE(judge(mask).allowed());
  mask.values = write("holding-register 100", {static_cast<uint16_t>(~0x0018), 0}).values;
  mask.values.masks = true;
  EXPECT_EQ(reason(mask), Reason::no_rule);
  Operation whole = write("holding-register 100", {0x0018});
  EXPECT_EQ(reason(whole), Reason::no_rule);
  whole.function.code = 6;
  EXPECT_EQ(reason(whole), Reason::value_out_of_range);
  whole.values = write("holding-register 100", {0xfff7}).values;
  EXPECT_TRUE(judge(whole).allowed());
}

TEST_F(ValuesOf, ReadsCoilsAndRunsOfCoils) {
  build_.point(plc_, "run", "coil 10").maximum = 0;
  rule("set", {"write"});
  make();
  const std::vector<uint8_t> octets = {0b00000100, 0};
  const Values values = Values::packed_bits(octets, 9);
  EXPECT_EQ(reason(operation("modbus", Action::write, "coil 8-16", values)), Reason::value_out_of_range);
  EXPECT_TRUE(judge(operation("modbus", Action::write, "coil 7-15", values)).allowed());
}

TEST_F(ValuesOf, ReadsDoubleWordsAndBitsOfDataBlocks) {
  plant::Point& chlorine = build_.point(plc_, "chlorine", "DB10.DBD4", "float32");
  chlorine.minimum = 0.2;
  chlorine.maximum = 4;
  build_.point(plc_, "lock", "DB10.DBX8.1").minimum = 1;
  rule("dose", {"write"}, "s7comm");
  make();
  const std::vector<uint8_t> two = {0x40, 0, 0, 0}, eight = {0x41, 0, 0, 0}, bit = {0}, octet = {0xfd};
  const Values real = Values::numbers(ValueType::float32, two);
  EXPECT_TRUE(judge(operation("s7comm", Action::write, "DB10.DBD4", real)).allowed());
  EXPECT_TRUE(
      judge(operation("s7comm", Action::write, "DB11.DBD4", Values::numbers(ValueType::float32, eight))).allowed());
  EXPECT_EQ(reason(operation("s7comm", Action::write, "DB10.DBD4", Values::numbers(ValueType::float32, eight))),
            Reason::value_out_of_range);
  EXPECT_EQ(reason(operation("s7comm", Action::write, "DB10.DBD4", Values::numbers(ValueType::uint8, eight))),
            Reason::value_out_of_range);
  EXPECT_EQ(reason(operation("s7comm", Action::write, "DB10.DBX8.1", Values::one(ValueType::bit, bit))),
            Reason::value_out_of_range);
  EXPECT_EQ(reason(operation("s7comm", Action::write, "DB10.DBB8", Values::numbers(ValueType::uint8, octet))),
            Reason::value_out_of_range);
  EXPECT_EQ(reason(operation("s7comm", Action::write, "DB10.DBD4")), Reason::value_unknown);
}

/// control makes a list of control relay output blocks with one-octet indexes.
std::vector<uint8_t> controls(std::initializer_list<std::pair<uint8_t, uint8_t>> index_and_code) {
  std::vector<uint8_t> octets;
  for (const auto& [index, code] : index_and_code) {
    octets.push_back(index);
    octets.push_back(code);
    octets.insert(octets.end(), 10, 0);
  }
  return octets;
}
Values listed_controls(const std::vector<uint8_t>& octets) {
  return {.type = ValueType::control,
          .index_octets = 1,
          .offset_bits = 8,
          .stride_bits = 96,
          .count = static_cast<uint32_t>(octets.size() / 12),
          .data = octets};
}

TEST_F(ValuesOf, ReadsControlsOfDnp3AsOnAndOff) {
  build_.point(plc_, "breaker", "binary-output 3").maximum = 0;
  rule("switch", {"operate"}, "dnp3");
  make();
  const std::pair<uint8_t, Reason> cases[] = {{0x03, Reason::value_out_of_range},
                                              {0x01, Reason::value_out_of_range},
                                              {0x41, Reason::value_out_of_range},
                                              {0x04, Reason::rule},
                                              {0x02, Reason::rule},
                                              {0x81, Reason::rule},
                                              {0x00, Reason::value_unknown},
                                              {0x44, Reason::value_unknown},
                                              {0xc1, Reason::value_unknown}};
  for (const auto& [code, expected] : cases) {
    const auto octets = controls({{3, code}});
    EXPECT_EQ(reason(operation("dnp3", Action::operate, "binary-output 3", listed_controls(octets))), expected)
        << int(code);
    const auto others = controls({{4, code}});
    EXPECT_TRUE(judge(operation("dnp3", Action::operate, "binary-output 4", listed_controls(others))).allowed());
  }
}

TEST_F(ValuesOf, GoesByTheNumbersThatValuesCarryNotByTheRangeAroundThem) {
  rule("switch", {"operate"}, "dnp3").objects = texts({"binary-output 3", "binary-output 9"});
  make();
  const auto good = controls({{3, 4}, {9, 4}}), bad = controls({{3, 4}, {5, 4}, {9, 4}});
  EXPECT_TRUE(judge(operation("dnp3", Action::operate, "binary-output 3-9", listed_controls(good))).allowed());
  EXPECT_EQ(reason(operation("dnp3", Action::operate, "binary-output 3-9", listed_controls(bad))), Reason::no_rule);
}

TEST_F(ValuesOf, CountsStepsOnFromTheSameNumberEarlierInTheMessage) {
  plant::Point& level = build_.point(plc_, "level", "analog-output 2");
  level.step = 10;
  rule("set", {"operate"}, "dnp3");
  make();
  const auto values = [&](std::initializer_list<uint8_t> raw) {
    bytes_.push_back(std::make_unique<std::vector<uint8_t>>());
    for (const uint8_t one : raw) bytes_.back()->insert(bytes_.back()->end(), {2, one, 0});
    return Values{.type = ValueType::int16,
                  .little_endian = true,
                  .index_octets = 1,
                  .offset_bits = 8,
                  .stride_bits = 24,
                  .count = static_cast<uint32_t>(raw.size()),
                  .data = *bytes_.back()};
  };
  EXPECT_EQ(reason(operation("dnp3", Action::operate, "analog-output 2", values({50}))), Reason::value_unknown);
  note(operation("dnp3", Action::operate, "analog-output 2", values({50})), kOk);
  EXPECT_TRUE(judge(operation("dnp3", Action::operate, "analog-output 2", values({55, 65}))).allowed());
  EXPECT_EQ(reason(operation("dnp3", Action::operate, "analog-output 2", values({60, 45}))), Reason::step_too_large);
  Operation select = operation("dnp3", Action::operate, "analog-output 2", values({90}));
  select.function.name = "select";
  note(select, kOk);
  EXPECT_TRUE(judge(operation("dnp3", Action::operate, "analog-output 2", values({55}))).allowed());
}

TEST_F(ValuesOf, LearnsFromUnsolicitedAnswersThatNameTheirObject) {
  build_.point(plc_, "level", "analog-output 2").step = 10;
  rule("set", {"operate"}, "dnp3");
  make();
  const std::vector<uint8_t> octets = {50, 0};
  const Operation told =
      operation("dnp3", Action::read, "analog-output 2", Values::numbers(ValueType::int16, octets, true));
  protocols::Answer answer = answer_to(told, told.values);
  answer.unsolicited = true;
  answer.object = told.object;
  note_answered(*situation_, *policy_, parties(scada_, plc_), nullptr, &answer, kOk, at(1));
  Operation set = told;
  set.action = Action::operate;
  EXPECT_TRUE(judge(set).allowed());
}

}  // namespace
}  // namespace rampart::policy
