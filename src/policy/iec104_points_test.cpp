// Points on object addresses of IEC 60870-5-104, judged from the frames themselves.
#include "policy/decide_fixture.h"

namespace rampart::policy {
namespace {

using namespace testing;

constexpr uint8_t kToServer = 0, kToClient = 1;

/// Iec104Points decodes an ASDU, judges what it asks, and notes what is confirmed as the correlator does.
class Iec104Points : public Decide, protected protocols::Sink {
 protected:
  Iec104Points() : decoder_(protocols::find_protocol("iec104")->entry().make(*protocols::find_protocol("iec104"))) {}

  /// ask gives the reason of the verdict on a command, Reason::rule where it is allowed, and notes it as confirmed.
  Reason ask(std::vector<uint8_t> asdu, bool confirmed = true) {
    confirmed_ = confirmed;
    feed(kToServer, std::move(asdu));
    return reason_;
  }
  void tell(std::vector<uint8_t> asdu) { feed(kToClient, std::move(asdu)); }

  static std::vector<uint8_t> set_point(uint8_t low, uint8_t high, bool select = false) {
    return {49, 1, 6, 0, 1, 0, 0xa1, 0x0f, 0, low, high, static_cast<uint8_t>(select ? 0x80 : 0)};
  }

 private:
  void feed(uint8_t direction, std::vector<uint8_t> asdu) {
    std::vector<uint8_t> frame = {0x68, static_cast<uint8_t>(4 + asdu.size()), send_[direction], 0, 0, 0};
    send_[direction] = static_cast<uint8_t>(send_[direction] + 2);
    frame.insert(frame.end(), asdu.begin(), asdu.end());
    decoder_->feed(direction == kToServer ? protocols::Direction::to_server : protocols::Direction::to_client, frame,
                   *this);
  }
  void operation(const Operation& operation) override {
    reason_ = reason(operation);
    if (confirmed_) note(operation, kOk);
  }
  void answer(const protocols::Answer& answer) override {
    note_answered(*situation_, *policy_, parties(scada_, plc_), nullptr, &answer, answer.outcome, at(1));
  }
  void attribute(const protocols::Attribute&) override {}
  void protection(const protocols::Protection&) override {}
  void deviation(std::string_view) override {}

  std::unique_ptr<protocols::Decoder> decoder_;
  Reason reason_{};
  bool confirmed_ = true;
  uint8_t send_[2] = {0, 0};
};

TEST_F(Iec104Points, HoldSetPointsToTheirRange) {
  plant::Point& level = build_.point(plc_, "level", "ioa 4001");
  level.minimum = 0;
  level.maximum = 100;
  rule("set", {"operate"}, "iec104").objects = texts({"ioa 4001-4010"});
  make();
  EXPECT_EQ(ask(set_point(100, 0)), Reason::rule);
  EXPECT_EQ(ask(set_point(101, 0)), Reason::value_out_of_range);
  EXPECT_EQ(ask(set_point(0xff, 0xff)), Reason::value_out_of_range) << "-1";
  EXPECT_EQ(ask(set_point(101, 0, true)), Reason::value_out_of_range) << "a selection is held to it too";
  EXPECT_EQ(ask({49, 1, 6, 0, 1, 0, 0xab, 0x0f, 0, 1, 0, 0}), Reason::no_rule) << "4011";
}

TEST_F(Iec104Points, HoldSetPointsToTheirStepFromWhatWasConfirmedOrMeasured) {
  build_.point(plc_, "level", "ioa 4001").step = 10;
  rule("set", {"operate"}, "iec104");
  make();
  EXPECT_EQ(ask(set_point(50, 0), false), Reason::value_unknown);
  EXPECT_EQ(ask(set_point(50, 0)), Reason::value_unknown);
  EXPECT_EQ(ask(set_point(61, 0), false), Reason::step_too_large);
  EXPECT_EQ(ask(set_point(55, 0, true)), Reason::rule);
  EXPECT_EQ(ask(set_point(60, 0)), Reason::rule) << "the selection of 55 changed nothing";
  tell({11, 1, 3, 0, 1, 0, 0xa1, 0x0f, 0, 90, 0, 0});  // measured, scaled, spontaneous
  EXPECT_EQ(ask(set_point(70, 0), false), Reason::step_too_large);
  EXPECT_EQ(ask(set_point(80, 0)), Reason::rule);
  tell({11, 1, 0x83, 0, 1, 0, 0xa1, 0x0f, 0, 1, 0, 0});  // the same, marked as a test
  EXPECT_EQ(ask(set_point(85, 0)), Reason::rule);
}

TEST_F(Iec104Points, ReadFractionsAndStepsAsNumbers) {
  build_.point(plc_, "valve", "ioa 1").maximum = 0.5;
  build_.point(plc_, "breaker", "ioa 2").maximum = 1;
  rule("set", {"operate"}, "iec104");
  make();
  EXPECT_EQ(ask({48, 1, 6, 0, 1, 0, 1, 0, 0, 0x00, 0x40, 0}), Reason::rule);
  EXPECT_EQ(ask({48, 1, 6, 0, 1, 0, 1, 0, 0, 0x01, 0x40, 0}), Reason::value_out_of_range);
  EXPECT_EQ(ask({46, 1, 6, 0, 1, 0, 2, 0, 0, 1}), Reason::rule) << "off";
  EXPECT_EQ(ask({46, 1, 6, 0, 1, 0, 2, 0, 0, 2}), Reason::value_out_of_range) << "on";
}

TEST_F(Iec104Points, RulesNarrowByFunction) {
  rule("switch", {"operate"}, "iec104").functions = texts({"single-command", "select-single-command"});
  make();
  EXPECT_EQ(ask({45, 1, 6, 0, 1, 0, 2, 0, 0, 0x81}), Reason::rule);
  EXPECT_EQ(ask({45, 1, 6, 0, 1, 0, 2, 0, 0, 1}), Reason::rule);
  EXPECT_EQ(ask({45, 1, 8, 0, 1, 0, 2, 0, 0, 1}), Reason::no_rule);
  EXPECT_EQ(ask({46, 1, 6, 0, 1, 0, 2, 0, 0, 1}), Reason::no_rule);
}

}  // namespace
}  // namespace rampart::policy
