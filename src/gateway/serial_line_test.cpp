// Modbus RTU on a serial line, with a clock that the test moves: frames, the queue, silences, devices that do not
// answer or answer too late, lines that break.
#include "gateway/serial_line.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "gateway/testing.h"

namespace rampart::gateway {
namespace {

using namespace std::chrono_literals;
using testing::hex;
using testing::Octets;

plant::SerialLine said(uint32_t baud = 19'200) {
  plant::SerialLine line;
  line.baud = baud;
  return line;
}

Octets framed(std::string_view unit_and_pdu) { return rtu::frame_of(hex(unit_and_pdu)); }

/// Line is a line at 19,200 baud whose device is the test.
class Line final : public SerialLine::Ends {
 public:
  Line() : line(said(), *this) {
    line.mended(now);
    pass(10ms);
  }
  bool put(Bytes frame) override {
    sent.emplace_back(frame.begin(), frame.end());
    sent_at.push_back(now);
    return takes;
  }
  void answer(uint64_t client, Bytes frame) override { answers[client].emplace_back(frame.begin(), frame.end()); }

  /// ask sends unit and PDU as transaction `number`.
  void ask(uint64_t client, uint16_t number, std::string_view unit_and_pdu) {
    const Octets rest = hex(unit_and_pdu);
    Octets frame = {static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number), 0, 0, 0,
                    static_cast<uint8_t>(rest.size())};
    frame.insert(frame.end(), rest.begin(), rest.end());
    line.ask(client, frame, now);
  }
  void reply(Bytes octets) { line.received(octets, now); }
  void reply(std::string_view unit_and_pdu) { reply(framed(unit_and_pdu)); }
  /// pass lets time go by, and does what is due when it is due.
  void pass(Duration time) {
    const Duration end = now + time;
    while (line.next() <= end) {
      ASSERT_LT(++steps, 10'000) << "it is due again and again";
      now = std::max(now, line.next());
      line.tick(now);
    }
    now = end;
  }
  Octets last(uint64_t client) const {
    const auto at = answers.find(client);
    return at == answers.end() || at->second.empty() ? Octets{} : at->second.back();
  }

  Duration now{1h};
  bool takes = true;
  int steps = 0;
  std::vector<Octets> sent;
  std::vector<Duration> sent_at;
  std::map<uint64_t, std::vector<Octets>> answers;
  SerialLine line;
};

TEST(Rtu, ChecksAsTheSpecificationDoes) {
  // MODBUS over Serial Line V1.02, 6.2.2: address 02, function 07 has the check 1241, low octet first.
  EXPECT_EQ(rtu::crc(hex("02 07")), 0x1241);
  EXPECT_EQ(framed("02 07"), hex("02 07 41 12"));
  // Requests as many manuals of devices print them.
  EXPECT_EQ(framed("01 03 00 00 00 0a"), hex("01 03 00 00 00 0a c5 cd"));
  EXPECT_EQ(framed("11 03 00 6b 00 03"), hex("11 03 00 6b 00 03 76 87"));
  EXPECT_EQ(framed("01 06 00 01 00 17"), hex("01 06 00 01 00 17 98 04"));
}

TEST(Rtu, KnowsTheSilenceBetweenFrames) {
  plant::SerialLine line = said(9'600);
  EXPECT_EQ(rtu::pace_of(line).octet, Duration(11'000'000'000 / 9'600));
  EXPECT_NEAR(static_cast<double>(rtu::pace_of(line).gap.count()), 3.5 * 11e9 / 9'600, 10);
  line.parity = plant::Parity::none;
  EXPECT_EQ(rtu::pace_of(line).octet, Duration(10'000'000'000 / 9'600));
  EXPECT_LT(rtu::pace_of(said(19'200)).gap, 2'006us);
  EXPECT_EQ(rtu::pace_of(said(38'400)).gap, 1'750us);
  EXPECT_EQ(rtu::pace_of(said(115'200)).gap, 1'750us);
}

TEST(Rtu, FindsAnAnswerOfEachFunctionAndNoneThatIsCutShort) {
  const std::pair<const char*, const char*> exchanges[] = {
      {"07 01 00 13 00 13", "07 01 03 cd 6b 05"},
      {"07 02 00 c4 00 16", "07 02 03 ac db 35"},
      {"07 03 00 6b 00 03", "07 03 06 02 2b 00 00 00 64"},
      {"07 04 00 08 00 01", "07 04 02 00 0a"},
      {"07 05 00 ac ff 00", "07 05 00 ac ff 00"},
      {"07 06 00 01 00 03", "07 06 00 01 00 03"},
      {"07 07", "07 07 6d"},
      {"07 08 00 00 a5 37", "07 08 00 00 a5 37"},
      {"07 0b", "07 0b ff ff 01 08"},
      {"07 0c", "07 0c 08 00 00 01 08 01 21 20 00"},
      {"07 0f 00 13 00 0a 02 cd 01", "07 0f 00 13 00 0a"},
      {"07 10 00 01 00 02 04 00 0a 01 02", "07 10 00 01 00 02"},
      {"07 11", "07 11 03 01 ff 02"},
      {"07 14 07 06 00 04 00 01 00 02", "07 14 06 05 06 0d fe 00 20"},
      {"07 15 09 06 00 04 00 07 00 01 06 af", "07 15 09 06 00 04 00 07 00 01 06 af"},
      {"07 16 00 04 00 f2 00 25", "07 16 00 04 00 f2 00 25"},
      {"07 17 00 03 00 02 00 0e 00 01 02 00 ff", "07 17 04 00 fe 0a cd"},
      {"07 18 04 de", "07 18 00 06 00 02 01 b8 12 84"},
  };
  for (const auto& [asked, answered] : exchanges) {
    const Octets request = hex(asked), frame = framed(answered);
    for (size_t size = 0; size < frame.size(); ++size) {
      EXPECT_FALSE(rtu::find_answer(request, Bytes(frame).first(size), false)) << asked << ": " << size;
    }
    const auto found = rtu::find_answer(request, frame, false);
    ASSERT_TRUE(found) << asked;
    EXPECT_EQ(Octets(found->begin(), found->end()), hex(answered));
    const Octets exception = rtu::frame_of(Octets{7, static_cast<uint8_t>(request[1] | 0x80), 2});
    EXPECT_TRUE(rtu::find_answer(request, exception, false)) << asked;
  }
  // Of a function that nobody here knows only the silence tells the end.
  const Octets request = hex("07 2b 0e 01 00"), frame = framed("07 2b 0e 01 01 00 00 01 00 03 41 42 43");
  EXPECT_FALSE(rtu::find_answer(request, frame, false));
  EXPECT_TRUE(rtu::find_answer(request, frame, true));
}

TEST(Rtu, TakesNoAnswerOfAnotherUnitFunctionOrRequest) {
  const Octets request = hex("07 03 00 6b 00 02");
  for (const char* other : {"08 03 04 00 01 00 02", "07 04 04 00 01 00 02", "07 03 02 00 01", "07 83 02 00"}) {
    EXPECT_FALSE(rtu::find_answer(request, framed(other), true)) << other;
  }
  EXPECT_FALSE(rtu::find_answer(hex("07 06 00 05 00 01"), framed("07 06 00 06 00 01"), true));
  Octets spoiled = framed("07 03 04 00 01 00 02");
  spoiled[4] ^= 1;
  EXPECT_FALSE(rtu::find_answer(request, spoiled, true));
}

TEST(SerialLine, AsksInRtuAndAnswersUnderTheHeaderOfTheRequest) {
  Line device;
  device.ask(1, 0x1234, "07 03 00 0a 00 02");
  ASSERT_EQ(device.sent.size(), 1u);
  EXPECT_EQ(device.sent[0], framed("07 03 00 0a 00 02"));
  device.reply("07 03 04 00 01 00 02");
  EXPECT_EQ(device.last(1), hex("12 34 00 00 00 07 07 03 04 00 01 00 02"));
  device.pass(5ms);
  device.ask(1, 2, "07 06 00 0a 00 02");
  device.reply("07 86 04");
  EXPECT_EQ(device.last(1), hex("00 02 00 00 00 03 07 86 04"));
}

TEST(SerialLine, HasOneRequestOnTheLineAtATimeAndKeepsTheSilence) {
  Line device;
  device.ask(1, 1, "07 03 00 00 00 01");
  device.ask(2, 2, "08 03 00 00 00 01");
  device.ask(1, 3, "07 03 00 01 00 01");
  device.pass(100ms);
  ASSERT_EQ(device.sent.size(), 1u) << "half duplex";
  const Duration answered = device.now;
  device.reply("07 03 02 00 11");
  ASSERT_EQ(device.sent.size(), 1u) << "before the silence is over";
  device.pass(3ms);
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_GE(device.sent_at[1] - answered, rtu::pace_of(said()).gap);
  EXPECT_EQ(device.sent[1], framed("08 03 00 00 00 01"));
  device.reply("08 03 02 00 22");
  device.pass(3ms);
  device.reply("07 03 02 00 33");
  EXPECT_EQ(device.last(2), hex("00 02 00 00 00 05 08 03 02 00 22"));
  EXPECT_EQ(device.last(1), hex("00 03 00 00 00 05 07 03 02 00 33"));
}

TEST(SerialLine, TakesAnswersOctetByOctetAndAfterNoise) {
  Line device;
  device.ask(1, 1, "07 03 00 00 00 01");
  Octets noisy = hex("ff 00 07 03");
  const Octets frame = framed("07 03 02 00 11");
  noisy.insert(noisy.end(), frame.begin(), frame.end());
  for (size_t i = 0; i < noisy.size(); ++i) {
    EXPECT_TRUE(device.answers.empty());
    device.reply(Bytes(noisy).subspan(i, 1));
    device.pass(600us);
  }
  EXPECT_EQ(device.last(1), hex("00 01 00 00 00 05 07 03 02 00 11"));
  EXPECT_EQ(device.line.counts().thrown_away, 4u);
}

TEST(SerialLine, SaysThatADeviceDoesNotAnswerAfterASecond) {
  Line device;
  device.ask(1, 1, "07 03 00 00 00 01");
  device.ask(2, 2, "08 03 00 00 00 01");
  device.pass(990ms);
  EXPECT_TRUE(device.answers.empty());
  device.pass(50ms);
  EXPECT_EQ(device.last(1), hex("00 01 00 00 00 03 07 83 0b"));
  ASSERT_EQ(device.sent.size(), 2u) << "the others go on";
  device.reply("08 03 02 00 22");
  EXPECT_EQ(device.last(2), hex("00 02 00 00 00 05 08 03 02 00 22"));
  EXPECT_EQ(device.line.counts().unanswered, 1u);
}

TEST(SerialLine, NeverTakesALateAnswerForTheNextOne) {
  Line device;
  device.ask(1, 1, "07 03 00 00 00 01");
  device.pass(1'050ms);
  ASSERT_EQ(device.last(1), hex("00 01 00 00 00 03 07 83 0b"));
  // The same unit is not asked while its answer may still be on its way; another one is.
  device.ask(1, 2, "07 03 00 64 00 01");
  device.ask(1, 3, "08 03 00 00 00 01");
  device.pass(10ms);
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_EQ(device.sent[1], framed("08 03 00 00 00 01"));
  device.reply("07 03 02 be ef");
  device.reply("08 03 02 00 22");
  EXPECT_EQ(device.last(1), hex("00 03 00 00 00 05 08 03 02 00 22"));
  device.pass(1s);
  ASSERT_EQ(device.sent.size(), 3u);
  device.reply("07 03 02 00 33");
  EXPECT_EQ(device.last(1), hex("00 02 00 00 00 05 07 03 02 00 33"));
  EXPECT_GE(device.line.counts().thrown_away, 7u);
}

TEST(SerialLine, IsBusyBeyondItsBounds) {
  Line device;
  const auto number = [](uint64_t i) { return static_cast<uint16_t>(i); };
  for (uint16_t i = 0; i < 1 + SerialLine::kMostOfClient; ++i) device.ask(1, i, "07 03 00 00 00 01");
  EXPECT_TRUE(device.answers.empty());
  device.ask(1, 99, "07 03 00 00 00 01");
  EXPECT_EQ(device.last(1), hex("00 63 00 00 00 03 07 83 06")) << "one client has its share";
  for (uint64_t client = 2; client < 200; ++client) device.ask(client, number(client), "07 03 00 00 00 01");
  EXPECT_EQ(device.last(199), hex("00 c7 00 00 00 03 07 83 06"));
  EXPECT_EQ(device.line.counts().busy, 1u + 198 - (SerialLine::kMostQueued - SerialLine::kMostOfClient));
}

TEST(SerialLine, SendsNothingThatItsClientHasGivenUp) {
  Line device;
  for (uint16_t i = 0; i < 10; ++i) device.ask(1, i, "07 06 00 00 00 01");
  device.pass(20s);
  EXPECT_LE(device.sent.size(), 5u) << "a write is not sent long after it was asked";
  EXPECT_EQ(device.answers[1].size(), 10u);
  const std::vector<Octets>& answers = device.answers[1];
  EXPECT_NE(std::find(answers.begin(), answers.end(), hex("00 09 00 00 00 03 07 86 06")), answers.end());
  EXPECT_EQ(device.line.next(), Duration::max());
  device.ask(2, 1, "08 06 00 00 00 01");
  device.ask(2, 2, "08 06 00 00 00 02");
  device.line.forget(2);
  device.reply("08 06 00 00 00 01");
  device.pass(1s);
  EXPECT_EQ(device.sent.back(), framed("08 06 00 00 00 01")) << "what was not on the line yet is not sent";
  EXPECT_TRUE(device.answers[2].empty());
}

TEST(SerialLine, BroadcastsWritesWithoutAnAnswer) {
  Line device;
  device.ask(1, 1, "00 06 00 00 00 01");
  device.ask(1, 2, "07 03 00 00 00 01");
  ASSERT_EQ(device.sent.size(), 1u);
  device.pass(90ms);
  EXPECT_EQ(device.sent.size(), 1u) << "the devices need time";
  device.pass(30ms);
  ASSERT_EQ(device.sent.size(), 2u);
  EXPECT_TRUE(device.answers.empty());
  device.ask(1, 3, "00 03 00 00 00 01");
  EXPECT_EQ(device.last(1), hex("00 03 00 00 00 03 00 83 0b")) << "nobody answers a broadcast";
}

TEST(SerialLine, TellsAllWhoWaitThatTheLineIsBroken) {
  Line device;
  device.ask(1, 1, "07 03 00 00 00 01");
  device.ask(2, 2, "08 03 00 00 00 01");
  device.line.broken();
  EXPECT_EQ(device.last(1), hex("00 01 00 00 00 03 07 83 0a"));
  EXPECT_EQ(device.last(2), hex("00 02 00 00 00 03 08 83 0a"));
  EXPECT_FALSE(device.line.owes(1));
  device.ask(1, 3, "07 03 00 00 00 01");
  EXPECT_EQ(device.last(1), hex("00 03 00 00 00 03 07 83 0a"));
  EXPECT_EQ(device.sent.size(), 1u);
  device.line.mended(device.now);
  device.ask(1, 4, "07 03 00 00 00 01");
  device.pass(10ms);
  EXPECT_EQ(device.sent.size(), 2u);
}

TEST(SerialLine, RefusesWhatFitsNoFrameOfALine) {
  Line device;
  device.ask(1, 1, "f8 03 00 00 00 01");
  EXPECT_EQ(device.last(1), hex("00 01 00 00 00 03 f8 83 0a")) << "units end at 247";
  Octets longest(6 + 1 + 254, 0x5a);
  longest[0] = 0;
  longest[1] = 2;
  longest[6] = 7;
  device.line.ask(1, longest, device.now);
  EXPECT_EQ(device.last(1), hex("00 02 00 00 00 03 07 da 03"));
  EXPECT_TRUE(device.sent.empty());
}

TEST(SerialLine, BoundsADeviceThatNeverFallsSilent) {
  Line device;
  device.ask(1, 1, "07 03 00 00 00 01");
  device.ask(1, 2, "07 03 00 00 00 01");
  const Octets noise(512, 0xff);
  for (int i = 0; i < 8'000; ++i) {
    device.reply(noise);
    device.pass(1ms);
  }
  ASSERT_EQ(device.answers[1].size(), 2u);
  EXPECT_EQ(device.answers[1][0], hex("00 01 00 00 00 03 07 83 0b"));
  EXPECT_EQ(device.answers[1][1], hex("00 02 00 00 00 03 07 83 06"));
  EXPECT_EQ(device.line.counts().thrown_away, 8'000u * 512);
}

}  // namespace
}  // namespace rampart::gateway
