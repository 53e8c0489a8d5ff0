#include "gateway/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/testing.h"
#include "protocols/golden_testing.h"

namespace rampart::gateway {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const char* const kRules =
    R"(      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc], objects: [holding-register 0-99]}
      - {id: set, allow: write, protocol: modbus, from: [scada], to: [plc], objects: [holding-register 10]}
)";

// Transaction, protocol 0, length 6, unit 1, then function, address, count or value.
const char* const kRead = "0001 0000 0006 01 03 0000 0002";
const char* const kReadAnswer = "0001 0000 0007 01 03 04 0001 0002";
const char* const kReadOutside = "0002 0000 0006 01 03 0062 0004";
const char* const kWrite = "0003 0000 0006 01 06 000a 0005";
const char* const kWriteForbidden = "0004 0000 0006 01 06 000b 0005";
const char* const kWriteRefused = "0004 0000 0003 01 86 01";

Octets joined(std::initializer_list<const char*> parts) {
  Octets all;
  for (const char* part : parts) {
    const Octets one = hex(part);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

TEST(Gate, ForwardsWhatIsAllowedUnchangedAndInOnePiece) {
  Case one(plant_with(kRules));
  EXPECT_TRUE(one.admitted);
  EXPECT_TRUE(one.ask(kRead));
  EXPECT_EQ(one.wires.server, hex(kRead));
  EXPECT_TRUE(one.reply(kReadAnswer));
  EXPECT_EQ(one.wires.client, hex(kReadAnswer));
  EXPECT_EQ(one.wires.sends, 2u);
  EXPECT_THAT(one.told.transactions, ElementsAre("read-holding-registers allowed ok"));
  EXPECT_TRUE(one.told.findings.empty());
}

TEST(Gate, RefusesInTheProtocolsWordsAndTheServerNeverSeesIt) {
  Case one(plant_with(kRules));
  EXPECT_TRUE(one.ask(kWriteForbidden));
  EXPECT_TRUE(one.wires.server.empty());
  EXPECT_EQ(one.wires.client, hex(kWriteRefused));
  EXPECT_THAT(one.told.transactions, ElementsAre("write-single-register denied refused by-gateway"));
  EXPECT_THAT(one.told.findings, ElementsAre("no-rule"));
  EXPECT_THAT(one.told.messages[0], HasSubstr("refused by the gateway"));
}

TEST(Gate, HoldsAMessageUntilItsLastOctet) {
  Case one(plant_with(kRules));
  const Octets write = hex(kWrite);
  EXPECT_TRUE(one.dribble(Direction::to_server, Bytes(write).first(write.size() - 1)));
  EXPECT_TRUE(one.wires.server.empty());
  EXPECT_EQ(one.gate->held(), write.size() - 1);
  EXPECT_TRUE(one.ask(Bytes(write).last(1)));
  EXPECT_EQ(one.wires.server, write);
  EXPECT_EQ(one.gate->held(), 0u);
}

TEST(Gate, JudgesPipelinedRequestsOneByOneAndAnswersTheRefusedOneInItsPlace) {
  Case one(plant_with(kRules));
  EXPECT_TRUE(one.ask(joined({kRead, kWriteForbidden, kWrite})));
  EXPECT_EQ(one.wires.server, joined({kRead, kWrite}));
  EXPECT_TRUE(one.wires.client.empty()) << "the refusal waits for the answer before it";
  EXPECT_TRUE(one.reply(joined({kReadAnswer, kWrite})));
  EXPECT_EQ(one.wires.client, joined({kReadAnswer, kWriteRefused, kWrite}));
}

TEST(Gate, SendsAWaitingRefusalWhenTheAnswerBeforeItIsGivenUpOrTheServerEnds) {
  Case late(plant_with(kRules));
  EXPECT_TRUE(late.ask(joined({kRead, kWriteForbidden})));
  late.now += std::chrono::seconds(11);
  EXPECT_TRUE(late.gate->expire(late.now, late.wires));
  EXPECT_EQ(late.wires.client, hex(kWriteRefused));
  EXPECT_THAT(late.told.transactions, Contains("read-holding-registers allowed unanswered"));

  Case ended(plant_with(kRules));
  EXPECT_TRUE(ended.ask(joined({kRead, kWriteForbidden})));
  ended.gate->ended(Direction::to_client, ended.now, ended.wires);
  EXPECT_EQ(ended.wires.client, hex(kWriteRefused));
}

TEST(Gate, TellsRequestsWithTheSameNumberApart) {
  Case one(plant_with(kRules));
  const char* const other = "0001 0000 0006 01 06 000b 0005";
  EXPECT_TRUE(one.ask(joined({kRead, other, kRead})));
  EXPECT_EQ(one.wires.server, joined({kRead, kRead}));
  EXPECT_TRUE(one.reply(joined({kReadAnswer, kReadAnswer})));
  EXPECT_EQ(one.wires.client, joined({kReadAnswer, "0001 0000 0003 01 86 01", kReadAnswer}));
}

TEST(Gate, TakesNoMoreRequestsThanItCanMatchAndLosesNone) {
  Case one(plant_with(kRules));
  Octets asked, forwarded, answered;
  const auto add = [](Octets& to, std::string_view text, int number) {
    Octets octets = hex(text);
    octets[0] = static_cast<uint8_t>(number >> 8);
    octets[1] = static_cast<uint8_t>(number);
    to.insert(to.end(), octets.begin(), octets.end());
  };
  for (int i = 0; i < 1000; ++i) {
    const bool forbidden = i % 10 == 9;
    add(asked, forbidden ? kWriteForbidden : kRead, i);
    if (!forbidden) add(forwarded, kRead, i);
    add(answered, forbidden ? kWriteRefused : kReadAnswer, i);
  }
  EXPECT_TRUE(one.ask(asked));
  EXPECT_FALSE(one.gate->reads(Direction::to_server));
  EXPECT_LT(one.wires.server.size(), 100 * hex(kRead).size()) << "the rest waits";
  one.now += std::chrono::seconds(6);
  EXPECT_TRUE(one.gate->expire(one.now, one.wires)) << "what waits is whole, its peer is not slow";
  for (int i = 0; i < 1000; ++i) {
    if (i % 10 == 9) continue;
    Octets answer;
    add(answer, kReadAnswer, i);
    ASSERT_TRUE(one.reply(answer)) << i;
  }
  EXPECT_EQ(one.wires.server, forwarded);
  EXPECT_EQ(one.wires.client, answered);
  EXPECT_TRUE(one.gate->reads(Direction::to_server));
  EXPECT_EQ(one.gate->held(), 0u);
  EXPECT_THAT(one.told.findings, ::testing::Each("no-rule"));
}

TEST(Gate, GoesOnAskingWhenWhatWasAskedIsGivenUp) {
  Case one(plant_with(kRules));
  Octets asked;
  for (int i = 0; i < 100; ++i) {
    const Octets read = hex(kRead);
    asked.insert(asked.end(), read.begin(), read.end());
  }
  EXPECT_TRUE(one.ask(asked));
  EXPECT_LT(one.wires.server.size(), asked.size());
  one.now += std::chrono::seconds(11);
  EXPECT_TRUE(one.gate->expire(one.now, one.wires));
  EXPECT_EQ(one.wires.server, asked);
  EXPECT_TRUE(one.gate->reads(Direction::to_server));
}

TEST(Gate, BearsAClockThatIsSetForwardAndBack) {
  for (const std::chrono::hours step : {std::chrono::hours(5), std::chrono::hours(-5)}) {
    const std::string rules = std::string(kRules).replace(std::string(kRules).rfind('}'), 1, ", rate: 2/min}");
    Case one(plant_with(rules));
    EXPECT_TRUE(one.ask(joined({kWrite, kWrite, kRead})));
    EXPECT_TRUE(one.reply(joined({kWrite, kWrite})));
    EXPECT_TRUE(one.ask(Bytes(hex(kWriteForbidden)).first(5)));
    one.now += step;
    one.gate->shift(step);
    one.judge.shift(step);
    EXPECT_TRUE(one.gate->expire(one.now, one.wires)) << "half a message may still come";
    EXPECT_TRUE(one.reply(kReadAnswer));
    const Octets rest = hex(kWriteForbidden);
    EXPECT_TRUE(one.ask(Bytes(rest).subspan(5)));
    one.wires.client.clear();
    EXPECT_TRUE(one.ask(kWrite));
    EXPECT_EQ(one.wires.client, hex("0003 0000 0003 01 86 06")) << "two a minute, whatever the clock says";
    one.now += std::chrono::seconds(61);
    one.wires.server.clear();
    EXPECT_TRUE(one.ask(kWrite));
    EXPECT_EQ(one.wires.server, hex(kWrite)) << "and a minute later again";
    EXPECT_THAT(one.told.findings, Not(Contains("unasked-answer")));
  }
}

TEST(Gate, RefusesAReadThatReachesOutOfItsRange) {
  Case one(plant_with(kRules));
  EXPECT_TRUE(one.ask(kReadOutside));
  EXPECT_TRUE(one.wires.server.empty());
  EXPECT_EQ(one.wires.client, hex("0002 0000 0003 01 83 01"));
}

TEST(Gate, ResetsOrKeepsSilentWhereTheConduitSaysSo) {
  Case reset(plant_with(kRules, "\n    on-deny: reset"));
  EXPECT_FALSE(reset.ask(kWriteForbidden));
  EXPECT_TRUE(reset.wires.server.empty());
  Case silent(plant_with(kRules, "\n    on-deny: ignore"));
  EXPECT_TRUE(silent.ask(joined({kWriteForbidden, kRead})));
  EXPECT_EQ(silent.wires.server, hex(kRead));
  EXPECT_TRUE(silent.wires.client.empty());
}

TEST(Gate, LetsPassInTestModeAndSaysWhatItWouldRefuse) {
  Case one(plant_with(kRules, "\n    mode: test"));
  EXPECT_TRUE(one.ask(kWriteForbidden));
  EXPECT_EQ(one.wires.server, hex(kWriteForbidden));
  EXPECT_THAT(one.told.findings, ElementsAre("no-rule"));
  EXPECT_THAT(one.told.messages[0], HasSubstr("it would be refused"));
  EXPECT_EQ(one.judge.counts_of(0, plant::kNone).would_refuse, 1u);
  EXPECT_EQ(one.judge.candidates().size(), 0u);
}

TEST(Gate, LearnsTheRulesThatAreMissing) {
  Case one(plant_with(kRules, "\n    mode: learn"));
  EXPECT_TRUE(one.ask(kWriteForbidden));
  EXPECT_TRUE(one.ask("0005 0000 0006 01 06 0014 0005"));
  EXPECT_EQ(one.judge.candidates().text(),
            "# conduit link:\n- {id: learned-1, allow: [write], protocol: modbus, from: [scada], to: [plc], objects: "
            "[\"holding-register 11-20\"], reviewed: no}  # seen 2 times\n");
  const std::string rules = "      " + one.judge.candidates().text().substr(16);
  EXPECT_NE(policy_of(plant_with(rules)), nullptr) << "it can be taken over as it is";
}

TEST(Gate, TakesTheModeOfTheRuleThatCameNearest) {
  const std::string rules =
      R"(      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc], rate: 1/min, mode: test}
)";
  Case one(plant_with(rules));
  EXPECT_TRUE(one.ask(kRead));
  EXPECT_TRUE(one.ask(kRead));
  EXPECT_EQ(one.wires.server, joined({kRead, kRead}));
  EXPECT_THAT(one.told.findings, ElementsAre("rate-exceeded"));
  EXPECT_EQ(one.judge.counts_of(0, 0).passed, 1u);
  EXPECT_EQ(one.judge.counts_of(0, 0).would_refuse, 1u);
  EXPECT_TRUE(one.ask(kWrite));
  EXPECT_EQ(one.wires.server.size(), hex(kRead).size() * 2) << "no rule is about it: the conduit enforces";
}

TEST(Gate, AsksTheClientToComeAgainWhereARateIsExceeded) {
  const std::string rules = R"(      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc], rate: 1/min}
)";
  Case one(plant_with(rules));
  EXPECT_TRUE(one.ask(kRead));
  EXPECT_TRUE(one.reply(kReadAnswer));
  one.wires.client.clear();
  EXPECT_TRUE(one.ask(kRead));
  EXPECT_EQ(one.wires.client, hex("0001 0000 0003 01 83 06"));
  one.now += std::chrono::minutes(2);
  EXPECT_TRUE(one.ask(kRead));
  EXPECT_EQ(one.wires.server, joined({kRead, kRead}));
}

TEST(Gate, HoldsBackWhatNobodyAsked) {
  Case one(plant_with(kRules));
  EXPECT_TRUE(one.reply(kReadAnswer));
  EXPECT_TRUE(one.wires.client.empty());
  EXPECT_THAT(one.told.findings, ElementsAre("unasked-answer"));
  EXPECT_TRUE(one.ask(kRead));
  EXPECT_TRUE(one.reply(joined({kReadAnswer, kReadAnswer})));
  EXPECT_EQ(one.wires.client, hex(kReadAnswer)) << "the second answers nothing any more";
}

TEST(Gate, EndsAConversationThatIsNoConversationOfTheProtocol) {
  Case one(plant_with(kRules));
  EXPECT_FALSE(one.ask(Octets{'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P', '\r', '\n'}));
  EXPECT_TRUE(one.wires.server.empty());
  EXPECT_THAT(one.told.findings, ElementsAre("malformed"));
  Case tests(plant_with(kRules, "\n    mode: test"));
  const Octets odd{'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P', '\r', '\n'};
  EXPECT_TRUE(tests.ask(odd));
  EXPECT_TRUE(tests.ask(odd));
  EXPECT_EQ(tests.wires.server.size(), odd.size() * 2);
}

TEST(Gate, AnswersNothingThatIsCutShortSinceTheRefusalWouldBeToo) {
  const std::string any =
      plant_with("      - {id: look, allow: [read, session], protocol: iec104, from: [scada], to: [plc]}\n");
  // An interrogation with the place for one object and 91 announced, asked by either side.
  const char* const cut_short = "680e 0000 0000 64 5b 06 03 0100 000000 14";
  Case client(any, "iec104");
  EXPECT_FALSE(client.ask(cut_short));
  Case server(any, "iec104");
  EXPECT_TRUE(server.reply(cut_short));
  for (const Case* one : {&client, &server}) {
    EXPECT_THAT(one->told.findings, Contains("malformed"));
    EXPECT_THAT(one->wires.server.size(), ::testing::Le(6u)) << "at most the acknowledgement of what was left out";
  }
  EXPECT_TRUE(server.wires.client.empty());
}

TEST(Gate, EndsAMessageWhoseRestDoesNotCome) {
  Case one(plant_with(kRules));
  EXPECT_TRUE(one.ask("0001 0000"));
  EXPECT_TRUE(one.gate->expire(one.now + std::chrono::seconds(1), one.wires));
  EXPECT_FALSE(one.gate->expire(one.now + std::chrono::seconds(6), one.wires));
}

TEST(Gate, LetsOnlyListedDeviationsPass) {
  // A read with an octet too many behind it.
  const char* const trailing = "0001 0000 0007 01 03 0000 0002 00";
  Case strict(plant_with(kRules));
  EXPECT_TRUE(strict.ask(trailing));
  EXPECT_TRUE(strict.wires.server.empty());
  EXPECT_THAT(strict.told.findings, Contains("deviation"));
  std::string listed = plant_with(kRules);
  const std::string scada = "at: [{ip: 10.1.0.1}]";
  listed.replace(listed.find(scada), scada.size(), scada + ", deviations: [trailing-bytes]");
  Case lenient(listed);
  EXPECT_TRUE(lenient.ask(trailing));
  EXPECT_EQ(lenient.wires.server, hex(trailing));
}

TEST(Gate, JudgesTheNextMessageByTheNewPlantAndKeepsWhatIsKnown) {
  const std::string with_step = "\n        points: [{id: level, object: holding-register 10, type: uint16, step: 5}]";
  const std::string all = "      - {id: all, allow: [read, write], protocol: modbus, from: [scada], to: [plc]}\n";
  Case one(plant_with(all, "", with_step));
  EXPECT_TRUE(one.ask("0001 0000 0006 01 03 000a 0001"));
  EXPECT_TRUE(one.reply("0001 0000 0005 01 03 02 0003"));
  one.judge.take({one.judge.shared_policy(), policy_of(plant_with(all + kRules, "\n    on-deny: ignore", with_step))},
                 one.now);
  one.judge.place(one.talk);
  EXPECT_TRUE(one.ask("0003 0000 0006 01 06 000a 0005"));
  EXPECT_EQ(one.wires.server.size(), 24u) << "its last value is still known: 3, and 5 is within the step";
  one.judge.take({one.judge.shared_policy(), policy_of(plant_with(kRules, "", with_step))}, one.now);
  one.judge.place(one.talk);
  one.wires.server.clear();
  EXPECT_TRUE(one.ask(kWriteForbidden));
  EXPECT_TRUE(one.wires.server.empty());
  EXPECT_TRUE(one.reply("0003 0000 0006 01 06 000a 0005")) << "the answer to what the plant before let pass";
  EXPECT_THAT(one.told.transactions, Contains("write-single-register allowed ok"));
}

TEST(Gate, RefusesStrangersAtTheDoor) {
  Case stranger(plant_with(kRules), "modbus", "10.1.0.77");
  EXPECT_FALSE(stranger.admitted);
  EXPECT_THAT(stranger.told.findings, ElementsAre("traffic-no-conduit"));
  Case without(plant_with(kRules), "modbus", "10.1.0.2");
  EXPECT_FALSE(without.admitted);
  EXPECT_THAT(without.told.findings, ElementsAre("traffic-no-rule"));
}

// Every golden conversation through a gate that only tests: not one octet is added, lost or changed.

struct Golden : ::testing::TestWithParam<const char*> {};

std::string everything(const char* protocol, const char* mode) {
  return plant_with(
      std::string("      - {id: all, allow: [read, write, operate, configure, program, start, stop, firmware, "
                  "file, time, identify, session, diagnose], protocol: ") +
          protocol + ", from: [scada], to: [plc]}\n",
      std::string("\n    mode: ") + mode);
}

TEST_P(Golden, PassesUnchangedWholeAndOneOctetAtATime) {
  const auto policy = everything(GetParam(), "test");
  for (const auto& path : protocols::testing::vectors_of(GetParam())) {
    for (const bool dribbled : {false, true}) {
      Case one(policy, GetParam());
      Octets server, client;
      for (const auto& step : protocols::testing::load_steps(path)) {
        Octets& expected = step.direction == Direction::to_server ? server : client;
        expected.insert(expected.end(), step.bytes.begin(), step.bytes.end());
        const bool going_on = dribbled ? one.dribble(step.direction, step.bytes)
                                       : one.gate->take(step.direction, step.bytes, false, one.now, one.wires);
        EXPECT_TRUE(going_on) << path;
      }
      // What is still held back is the beginning of a message whose end the vector does not have.
      EXPECT_EQ(one.wires.server.size() + one.wires.client.size() + one.gate->held(), server.size() + client.size())
          << path;
      server.resize(one.wires.server.size());
      client.resize(one.wires.client.size());
      EXPECT_EQ(one.wires.server, server) << path;
      EXPECT_EQ(one.wires.client, client) << path;
    }
  }
}

TEST_P(Golden, NothingOfItReachesTheServerWhereNothingIsAllowed) {
  const std::string nothing =
      plant_with("      - {id: other, allow: read, protocol: snmp, from: [scada], to: [plc]}\n");
  for (const auto& path : protocols::testing::vectors_of(GetParam())) {
    Case one(nothing, GetParam());
    for (const auto& step : protocols::testing::load_steps(path)) {
      if (step.direction == Direction::to_server && !one.ask(Bytes(step.bytes))) break;
    }
    EXPECT_TRUE(one.talk.operations == one.talk.refused || one.talk.refused > 0) << path;
    EXPECT_EQ(one.judge.counts_of(0, 0).passed + one.judge.counts_of(0, plant::kNone).passed, 0u) << path;
  }
}

INSTANTIATE_TEST_SUITE_P(Protocols, Golden, ::testing::Values("s7comm", "dnp3", "enip", "iec104"),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace rampart::gateway
