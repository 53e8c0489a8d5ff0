#include "protocols/iec104/objects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/iec104/wire.h"

namespace rampart::protocols::iec104::testing {
namespace {

using ::testing::ElementsAre;

TEST(Iec104Objects, SequencesHaveOneAddressAndConsecutiveValues) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer("01 83 14 00 01 00 e8 03 00 01 00 01"),
              ElementsAre("answer read single-point id 0 [ioa 1000-1002 unit 1] = 1 0 1 more"));
  EXPECT_THAT(conversation.answer("0b 82 03 00 01 00 e8 03 00 01 00 00 02 00 00"),
              ElementsAre("unsolicited read measured-scaled id 1 [ioa 1000-1001 unit 1] = 1 2"));
}

TEST(Iec104Objects, OthersHaveAnAddressEach) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer("01 03 03 00 01 00 e9 03 00 01 e8 03 00 00 ff ff ff 01"),
              ElementsAre("unsolicited read single-point id 0 [ioa 1000-16777215 unit 1] = 1001:1 1000:0 16777215:1"));
}

TEST(Iec104Objects, ASequenceThatIsTooShortIsMalformedAndWhatIsThereIsTold) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer("01 85 03 00 01 00 e8 03 00 01 01"),
              ElementsAre("unsolicited read single-point id 0 [ioa 1000-1001 unit 1] = 1 1",
                          "malformed information objects cut short"));
  EXPECT_THAT(conversation.answer("01 85 03 00 01 00 e8 03"), ElementsAre("malformed information objects cut short"));
  EXPECT_THAT(conversation.answer("01 02 03 00 01 00 e8 03 00 01 e9"),
              ElementsAre("unsolicited read single-point id 2 [ioa 1000 unit 1] = 1000:1",
                          "malformed information objects cut short"));
}

TEST(Iec104Objects, AnOverlongAsduIsMalformedAndItsCommandIsTold) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask("2d 01 06 00 01 00 e8 03 00 01 00"),
              ElementsAre("deviation execute-without-select",
                          "operation operate single-command item 0 id 0 [ioa 1000 unit 1] = 1",
                          "malformed octets behind the last information object"));
}

TEST(Iec104Objects, HeadersThatAreCutShortAndImpossibleOnesAreMalformed) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask("64 01 06 00 01"), ElementsAre("malformed ASDU header cut short"));
  EXPECT_THAT(conversation.ask(""), ElementsAre("malformed ASDU header cut short"));
  EXPECT_THAT(conversation.ask("00 01 06 00 01 00 00 00 00 14"), ElementsAre("malformed type identification zero"));
  EXPECT_THAT(conversation.answer("01 00 03 00 01 00"), ElementsAre("malformed number of information objects is zero"));
  EXPECT_THAT(conversation.ask("2d 00 06 00 01 00 e8 03 00 01"),
              ElementsAre("deviation execute-without-select",
                          "operation operate single-command item 0 id 3 [ioa 1000 unit 1] = 1",
                          "malformed number of information objects is zero"))
      << "a lenient station carries it out";
}

TEST(Iec104Objects, AddressesEndAt16777215) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer("01 83 03 00 01 00 fe ff ff 01 00 01"),
              ElementsAre("unsolicited read single-point id 0 [ioa 16777214-16777215 unit 1] = 1 0",
                          "malformed object addresses pass 16777215"));
}

TEST(Iec104Objects, OriginatorAndNumberAreTheIdentifier) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask("64 01 06 02 01 00 00 00 00 14"),
              ElementsAre("operation read interrogation item 0 id 131072 [station unit 1] = 20"));
}

TEST(Iec104Objects, DetailIsTypeAndCauseWithItsTwoBits) {
  Conversation conversation;
  Details details;
  conversation.decoder().feed(Direction::to_server, frame(0, 0, hex("2d 01 86 00 01 00 e8 03 00 01")), details);
  conversation.decoder().feed(Direction::to_client, frame(0, 1, hex("2d 01 c7 00 01 00 e8 03 00 01")), details);
  EXPECT_THAT(details.details, ElementsAre(0x2d86, 0x2dc7));
}

TEST(Iec104Objects, DataMarkedAsTestAreNotReadFromTheProcess) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer("01 01 83 00 01 00 e8 03 00 01"),
              ElementsAre("unsolicited diagnose single-point id 0 [ioa 1000 unit 1] = 1000:1"));
}

TEST(Iec104Objects, CausesThatNobodyDefinedAreADeviation) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer("01 01 30 00 01 00 e8 03 00 01"),
              ElementsAre("deviation unknown-cause", "unsolicited read single-point id 0 [ioa 1000 unit 1] = 1000:1"));
}

TEST(Iec104Objects, SeveralStationsShareAConnection) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask("64 01 06 00 01 00 00 00 00 14"), ElementsAre(::testing::HasSubstr("unit 1]")));
  EXPECT_THAT(conversation.ask("64 01 06 00 fe ff 00 00 00 14"), ElementsAre(::testing::HasSubstr("unit 65534]")));
}

TEST(Iec104Objects, BroadcastsExpectNoAnswer) {
  Conversation conversation;
  Details details;
  conversation.decoder().feed(Direction::to_server, frame(0, 0, hex("64 01 06 00 ff ff 00 00 00 14")), details);
  conversation.decoder().feed(Direction::to_server, frame(1, 0, hex("64 01 06 00 01 00 00 00 00 14")), details);
  EXPECT_THAT(details.expects, ElementsAre(false, true));
}

TEST(Iec104Objects, AreWrittenAsTheyAreRead) {
  for (const std::string_view text :
       {"ioa", "ioa 0", "ioa 4001-4010", "ioa 16777215", "station", "clock", "parameter 7", "file", "file 30001",
        "file 30001/1", "file 30001/1-9", "file 0/65535"}) {
    const ParsedObject parsed = parse_object(text);
    ASSERT_EQ(parsed.error, "") << text;
    std::string out;
    append_object(out, parsed.object);
    EXPECT_EQ(out, text);
  }
  for (const std::string_view text : {"ioa 16777216", "ioa x", "station 1", "clock 0", "file x", "file 1/65536",
                                      "file 1/2-1", "file 16777216/1", "file 1/", "file 1/-", "coil 1", ""}) {
    const ParsedObject parsed = parse_object(text);
    EXPECT_NE(parsed.error, "") << text;
    EXPECT_NE(parsed.hint, "") << text;
  }
}

TEST(Iec104Objects, AFileWithoutNumberIsAllFiles) {
  const Object all = parse_object("file").object;
  EXPECT_TRUE(all.covers(parse_object("file 30001/1").object));
  EXPECT_TRUE(parse_object("file 30001").object.covers(parse_object("file 30001/65535").object));
  EXPECT_FALSE(parse_object("file 30001").object.covers(parse_object("file 30002/0").object));
}

}  // namespace
}  // namespace rampart::protocols::iec104::testing
