// Commands, selections and confirmations; what belongs together; refusals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/iec104/wire.h"

namespace rampart::protocols::iec104::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

TEST(Iec104Commands, SelectAndExecuteAreTied) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask("2d 01 06 00 01 00 e8 03 00 81"),
              ElementsAre("operation operate select-single-command item 0 id 0 [ioa 1000 unit 1] = 1"));
  EXPECT_THAT(conversation.answer("2d 01 07 00 01 00 e8 03 00 81"),
              ElementsAre("answer operate select-single-command id 0 [ioa 1000 unit 1] = 1"));
  EXPECT_THAT(conversation.ask("2d 01 06 00 01 00 e8 03 00 01"),
              ElementsAre("operation operate single-command item 0 id 1 [ioa 1000 unit 1] = 1"));
  EXPECT_THAT(conversation.ask("2d 01 06 00 01 00 e8 03 00 01"),
              ElementsAre("deviation execute-without-select",
                          "operation operate single-command item 0 id 2 [ioa 1000 unit 1] = 1"))
      << "a selection serves once";
}

TEST(Iec104Commands, AnExecutionThatDiffersFromItsSelectionIsTold) {
  Conversation conversation;
  conversation.ask("32 01 06 00 01 00 e8 03 00 00 00 50 42 80");
  EXPECT_THAT(conversation.ask("32 01 06 00 01 00 e8 03 00 00 00 51 42 00"),
              ElementsAre("deviation execute-differs-from-select",
                          "operation operate set-point-float item 0 id 1 [ioa 1000 unit 1] = 52.25"));
}

TEST(Iec104Commands, TheTimeTagIsNoPartOfASelection) {
  Conversation conversation;
  conversation.ask("3a 01 06 00 01 00 e8 03 00 81 b0 36 11 0c 02 0b 13");
  EXPECT_THAT(conversation.ask("3a 01 06 00 01 00 e8 03 00 01 b1 36 11 0c 02 0b 13"),
              ElementsAre("operation operate single-command-with-time item 0 id 1 [ioa 1000 unit 1] = 1"));
}

TEST(Iec104Commands, ARefusedOrGivenUpSelectionIsNone) {
  Conversation conversation;
  conversation.ask("2d 01 06 00 01 00 e8 03 00 81");
  conversation.answer("2d 01 47 00 01 00 e8 03 00 81");
  EXPECT_THAT(conversation.ask("2d 01 06 00 01 00 e8 03 00 01"), Contains("deviation execute-without-select"));
  conversation.ask("2d 01 06 00 01 00 e8 03 00 81");
  EXPECT_THAT(conversation.ask("2d 01 08 00 01 00 e8 03 00 81"),
              ElementsAre("operation operate deactivate-single-command item 0 id 3 [ioa 1000 unit 1]"));
  EXPECT_THAT(conversation.answer("2d 01 09 00 01 00 e8 03 00 81"),
              ElementsAre("answer operate deactivate-single-command id 1 [ioa 1000 unit 1] = 1"));
  EXPECT_THAT(conversation.ask("2d 01 06 00 01 00 e8 03 00 01"), Contains("deviation execute-without-select"));
}

TEST(Iec104Commands, SelectionsAreKeptPerTypeStationAndAddress) {
  Conversation conversation;
  conversation.ask("2d 01 06 00 01 00 e8 03 00 81");
  EXPECT_THAT(conversation.ask("2d 01 06 00 02 00 e8 03 00 01"), Contains("deviation execute-without-select"));
  EXPECT_THAT(conversation.ask("2d 01 06 00 01 00 e9 03 00 01"), Contains("deviation execute-without-select"));
  EXPECT_THAT(conversation.ask("2e 01 06 00 01 00 e8 03 00 01"), Contains("deviation execute-without-select"));
  EXPECT_EQ(conversation.ask("2d 01 06 00 01 00 e8 03 00 01").size(), 1u);
}

TEST(Iec104Commands, ManySelectionsAreBounded) {
  Conversation conversation;
  for (int i = 0; i < 100; ++i) {
    const std::string address = {"0123456789abcdef"[i / 16], "0123456789abcdef"[i % 16]};
    conversation.ask("2d 01 06 00 01 00 " + address + " 00 00 81");
  }
  EXPECT_EQ(conversation.ask("2d 01 06 00 01 00 63 00 00 01").size(), 1u) << "the last is kept";
  EXPECT_EQ(conversation.ask("2d 01 06 00 01 00 00 00 00 01").size(), 2u) << "the first had to make room";
}

TEST(Iec104Commands, EveryRefusalHasTheNameOfItsCause) {
  const auto refused = [](std::string_view cause) {
    Conversation conversation;
    return conversation.answer("2d 01 " + std::string(cause) + " 00 01 00 e8 03 00 01").at(0);
  };
  const std::string before = "answer operate single-command id 0 refused ", after = " [ioa 1000 unit 1] = 1";
  EXPECT_EQ(refused("47"), before + "7 negative-activation-confirmation" + after);
  EXPECT_EQ(refused("6c"), before + "44 unknown-type" + after);
  EXPECT_EQ(refused("2d"), before + "45 unknown-cause" + after) << "also where the station forgets the bit";
  EXPECT_EQ(refused("6e"), before + "46 unknown-common-address" + after);
  EXPECT_EQ(refused("6f"), before + "47 unknown-object-address" + after);
}

TEST(Iec104Commands, ATerminationIsToldAndNothingWaitsForIt) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer("2d 01 0a 00 01 00 e8 03 00 01"),
              ElementsAre("unsolicited operate single-command id 0 [ioa 1000 unit 1] = 1"));
}

TEST(Iec104Commands, SeveralObjectsAreSeveralItems) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask("2d 02 06 00 01 00 e8 03 00 81 e9 03 00 80"),
              ElementsAre("operation operate select-single-command item 0 id 0 [ioa 1000 unit 1] = 1",
                          "operation operate select-single-command item 1 id 0 [ioa 1001 unit 1] = 0"));
  EXPECT_THAT(conversation.answer("2d 02 07 00 01 00 e8 03 00 81 e9 03 00 80"),
              ElementsAre("answer operate select-single-command item 0 id 0 [ioa 1000 unit 1] = 1 more",
                          "answer operate select-single-command item 1 id 0 [ioa 1001 unit 1] = 0"));
}

TEST(Iec104Commands, ASystemCommandHasObjectAddressZero) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask("64 01 06 00 01 00 05 00 00 14"),
              ElementsAre("deviation object-address-not-zero",
                          "operation read interrogation item 0 id 0 [station unit 1] = 20"));
}

TEST(Iec104Commands, ADelayThatIsLoadedAndAStationsOwnClockExpectNoAnswer) {
  Conversation conversation;
  Details details;
  conversation.decoder().feed(Direction::to_server, frame(0, 0, hex("6a 01 03 00 01 00 00 00 00 10 27")), details);
  EXPECT_THAT(details.expects, ElementsAre(false));
  EXPECT_THAT(conversation.answer("67 01 03 00 01 00 00 00 00 b0 36 11 0c 02 0b 13"),
              ElementsAre("unsolicited time clock-synchronization id 0 [clock unit 1] = "
                          R"({"time":"2019-11-02T12:17:14.000","valid":true,"summer":false})"));
}

// What belongs together, by the matcher that monitor and gateway use.

TEST(Iec104Matching, AnInterrogationHoldsItsDataUntilItsTermination) {
  Joined joined;
  joined.ask("64 01 06 00 01 00 00 00 00 14");
  joined.reply("64 01 07 00 01 00 00 00 00 14");
  joined.reply("01 83 14 00 01 00 e8 03 00 01 00 01");
  joined.reply("01 01 03 00 01 00 e8 03 00 00");  // spontaneous in between
  joined.reply("0b 01 14 00 01 00 e9 03 00 01 00 00");
  EXPECT_THAT(joined.lines, ElementsAre("nobody 1"));
  joined.reply("64 01 0a 00 01 00 00 00 00 14");
  EXPECT_THAT(joined.lines, ElementsAre("nobody 1", "interrogation 4"));
}

TEST(Iec104Matching, GroupsAndStationsAreInterrogatedApart) {
  Joined joined;
  joined.ask("64 01 06 00 01 00 00 00 00 15");
  joined.ask("64 01 06 00 02 00 00 00 00 15");
  joined.reply("01 01 15 00 02 00 e8 03 00 01");
  joined.reply("64 01 0a 00 02 00 00 00 00 15");
  joined.reply("01 01 14 00 01 00 e8 03 00 01");
  joined.reply("64 01 0a 00 01 00 00 00 00 15");
  EXPECT_THAT(joined.lines, ElementsAre("interrogation 2", "nobody 1", "interrogation 1"));
}

TEST(Iec104Matching, CountersBelongToTheCounterInterrogation) {
  Joined joined;
  joined.ask("65 01 06 00 01 00 00 00 00 05");
  joined.reply("65 01 07 00 01 00 00 00 00 05");
  joined.reply("0f 01 25 00 01 00 e8 03 00 01 00 00 00 00");
  joined.reply("65 01 0a 00 01 00 00 00 00 05");
  joined.ask("65 01 06 00 01 00 00 00 00 02");
  joined.reply("0f 01 27 00 01 00 e8 03 00 01 00 00 00 00");
  joined.reply("65 01 0a 00 01 00 00 00 00 02");
  EXPECT_THAT(joined.lines, ElementsAre("counter-interrogation 3", "counter-interrogation 2"));
}

TEST(Iec104Matching, ANegativeConfirmationEndsAnInterrogation) {
  Joined joined;
  joined.ask("64 01 06 00 09 00 00 00 00 14");
  joined.reply("64 01 6e 00 09 00 00 00 00 14");
  EXPECT_THAT(joined.lines, ElementsAre("interrogation 1 refused unknown-common-address"));
}

TEST(Iec104Matching, AReadIsAnsweredByTheDataOrRefusedByItsMirror) {
  Joined joined;
  joined.ask("66 01 05 00 01 00 e8 03 00");
  joined.reply("0b 01 05 00 01 00 e8 03 00 01 00 00");
  joined.ask("66 01 05 00 01 00 e9 03 00");
  joined.reply("66 01 6f 00 01 00 e9 03 00");
  EXPECT_THAT(joined.lines, ElementsAre("read 1", "read 1 refused unknown-object-address"));
}

TEST(Iec104Matching, ACommandIsAnsweredByItsConfirmationAndItsTerminationStandsAlone) {
  Joined joined;
  joined.ask("2d 01 06 00 01 00 e8 03 00 81");
  joined.reply("2d 01 07 00 01 00 e8 03 00 81");
  joined.ask("2d 01 06 00 01 00 e8 03 00 01");
  joined.reply("2d 01 07 00 01 00 e8 03 00 01");
  joined.reply("2d 01 0a 00 01 00 e8 03 00 01");
  EXPECT_THAT(joined.lines, ElementsAre("select-single-command 1", "single-command 1", "nobody 1"));
}

TEST(Iec104Matching, NothingIsJoinedAcrossAGap) {
  for (const Direction gap : {Direction::to_server, Direction::to_client}) {
    Joined joined;
    joined.ask("2d 01 06 00 01 00 e8 03 00 01");
    joined.decoder->lost(gap, 16);  // the confirmation, or another command with its own
    joined.reply("2d 01 07 00 01 00 e8 03 00 01");
    EXPECT_THAT(joined.lines, ElementsAre("nobody 1"));
    joined.ask("2d 01 06 00 01 00 e8 03 00 00");
    joined.reply("2d 01 07 00 01 00 e8 03 00 00");
    EXPECT_THAT(joined.lines, ElementsAre("nobody 1", "single-command 1"));
    EXPECT_EQ(joined.matcher.in_flight(), 1u) << "the first is not answered";
  }
}

TEST(Iec104Matching, AnExecutionIsNotAnsweredByTheConfirmationOfASelection) {
  Joined joined;
  joined.ask("2d 01 06 00 01 00 e8 03 00 01");
  joined.reply("2d 01 07 00 01 00 e8 03 00 81");
  EXPECT_THAT(joined.lines, ElementsAre("nobody 1"));
  EXPECT_EQ(joined.matcher.in_flight(), 1u);
}

// Refusals.

Octets refuse(std::string_view asdu) {
  Conversation conversation;
  conversation.answer("01 01 03 00 01 00 e8 03 00 01");  // so that the numbers are not all zero
  Details details;
  conversation.decoder().feed(Direction::to_server, frame(7, 1, hex(asdu)), details);
  return conversation.decoder().refuse(Direction::to_server, details.key, Reason::not_allowed).bytes;
}

TEST(Iec104Refusals, ACommandIsMirroredWithANegativeConfirmation) {
  EXPECT_EQ(refuse("2d 01 06 03 01 00 e8 03 00 81"), hex("68 0e 02 00 10 00 2d 01 47 03 01 00 e8 03 00 81"));
  EXPECT_EQ(refuse("2d 01 86 03 01 00 e8 03 00 81"), hex("68 0e 02 00 10 00 2d 01 c7 03 01 00 e8 03 00 81"))
      << "the test bit stays";
  EXPECT_EQ(refuse("2d 01 08 00 01 00 e8 03 00 01"), hex("68 0e 02 00 10 00 2d 01 49 00 01 00 e8 03 00 01"));
  EXPECT_EQ(refuse("69 01 06 00 01 00 00 00 00 01"), hex("68 0e 02 00 10 00 69 01 47 00 01 00 00 00 00 01"));
}

TEST(Iec104Refusals, ReadsAndFilesAreSaidToBeUnknown) {
  EXPECT_EQ(refuse("66 01 05 00 01 00 e8 03 00"), hex("68 0d 02 00 10 00 66 01 6f 00 01 00 e8 03 00"));
  EXPECT_EQ(refuse("7a 01 0d 00 01 00 31 75 00 02 00 00 01"),
            hex("68 11 02 00 10 00 7a 01 6c 00 01 00 31 75 00 02 00 00 01"));
}

TEST(Iec104Refusals, TheRefusalOfEachAnswersWhatItRefuses) {
  for (const std::string_view asdu :
       {"2d 01 06 00 01 00 e8 03 00 81", "32 01 06 00 01 00 e8 03 00 00 00 50 42 00", "64 01 06 00 01 00 00 00 00 14",
        "66 01 05 00 01 00 e8 03 00", "7a 01 0d 00 01 00 31 75 00 02 00 00 01", "88 01 06 00 01 00 e8 03 00"}) {
    Conversation conversation;
    Details details;
    conversation.decoder().feed(Direction::to_server, frame(0, 0, hex(asdu)), details);
    const Refusal refusal = conversation.decoder().refuse(Direction::to_server, details.key, Reason::value);
    ASSERT_FALSE(refusal.bytes.empty()) << asdu;
    conversation.decoder().feed(Direction::to_client, refusal.bytes, details);
    EXPECT_EQ(details.answer_key.match, details.key.match) << asdu;
  }
}

TEST(Iec104Refusals, FramesWithoutANoHaveNone) {
  Conversation conversation;
  Details details;
  conversation.decoder().feed(Direction::to_server, unnumbered_frame(0x07), details);
  EXPECT_TRUE(conversation.decoder().refuse(Direction::to_server, details.key, Reason::busy).bytes.empty());
  EXPECT_TRUE(conversation.decoder().refuse(Direction::to_server, {.match = 4711}, Reason::busy).bytes.empty());
}

}  // namespace
}  // namespace rampart::protocols::iec104::testing
