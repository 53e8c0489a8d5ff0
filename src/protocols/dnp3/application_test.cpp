// Requests and responses: object headers, qualifiers, values, outcomes. Frames are made by hand after IEEE 1815.
#include "protocols/dnp3/application.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "protocols/dnp3/functions.h"
#include "protocols/dnp3/wire.h"

namespace rampart::protocols::dnp3::testing {
namespace {

using ::testing::ElementsAre;

Lines ask(std::string_view fragment) { return Conversation().ask(asking(fragment)); }
Lines answer(std::string_view fragment) { return Conversation().answer(answering(fragment)); }

TEST(Dnp3Application, EveryHeaderOfARequestIsOneItem) {
  EXPECT_THAT(ask("c1 01 3c 02 06 1e 00 01 00 00 ff 01 0a 02 17 02 03 07 02 00 07 05"),
              ElementsAre("operation read read item 0 id 1 [class 1 unit 10]",
                          "operation read read item 1 id 1 [analog-input 0-511 unit 10]",
                          "operation read read item 2 id 1 [binary-output 3-7 unit 10] = 3:null 7:null",
                          "operation read read item 3 id 1 [binary-input unit 10]"));
}

TEST(Dnp3Application, KnowsEveryRangeSpecifier) {
  const auto object = [](std::string_view header) { return ask("c0 01 " + std::string(header)).front(); };
  EXPECT_EQ(object("1e 00 00 02 05"), "operation read read item 0 id 0 [analog-input 2-5 unit 10]");
  EXPECT_EQ(object("1e 00 01 00 01 ff ff"), "operation read read item 0 id 0 [analog-input 256-65535 unit 10]");
  EXPECT_EQ(object("1e 00 02 00 00 01 00 ff ff 01 00"),
            "operation read read item 0 id 0 [analog-input 65536-131071 unit 10]");
  EXPECT_EQ(object("1e 00 03 02 05"), "operation read read item 0 id 0 [analog-input 2-5 unit 10]");
  EXPECT_EQ(object("1e 00 04 02 00 05 00"), "operation read read item 0 id 0 [analog-input 2-5 unit 10]");
  EXPECT_EQ(object("1e 00 05 02 00 00 00 05 00 00 00"), "operation read read item 0 id 0 [analog-input 2-5 unit 10]");
  EXPECT_EQ(object("1e 00 06"), "operation read read item 0 id 0 [analog-input unit 10]");
  EXPECT_EQ(object("1e 00 07 05"), "operation read read item 0 id 0 [analog-input unit 10]");
  EXPECT_EQ(object("1e 00 08 05 00"), "operation read read item 0 id 0 [analog-input unit 10]");
  EXPECT_EQ(object("1e 00 09 05 00 00 00"), "operation read read item 0 id 0 [analog-input unit 10]");
  EXPECT_EQ(object("1e 00 17 01 09"), "operation read read item 0 id 0 [analog-input 9 unit 10] = 9:null");
  EXPECT_EQ(object("1e 00 39 01 00 00 00 09 00 00 00"),
            "operation read read item 0 id 0 [analog-input 9 unit 10] = 9:null");
  EXPECT_EQ(object("1e 00 06"), "operation read read item 0 id 0 [analog-input unit 10]");
}

TEST(Dnp3Application, BrokenHeadersAreNamedAndWhatCameBeforeIsGiven) {
  const std::string before = "operation read read item 0 id 0 [class 1 unit 10]";
  const auto rest = [&](std::string_view header) { return ask("c0 01 3c 02 06 " + std::string(header)); };
  EXPECT_THAT(rest("1e"), ElementsAre(before, "malformed object header cut short"));
  EXPECT_THAT(rest("1e 00 00 02"), ElementsAre(before, "malformed object header cut short"));
  EXPECT_THAT(rest("1e 00 08 02"), ElementsAre(before, "malformed object header cut short"));
  EXPECT_THAT(rest("1e 00 0a"), ElementsAre(before, "malformed reserved range specifier"));
  EXPECT_THAT(rest("1e 00 0c"), ElementsAre(before, "malformed reserved range specifier"));
  EXPECT_THAT(rest("1e 00 76"), ElementsAre(before, "malformed reserved prefix code"));
  EXPECT_THAT(rest("1e 00 00 05 02"), ElementsAre(before, "malformed range ends before it begins"));
  EXPECT_THAT(rest("1e 00 17 02 01"), ElementsAre(before, "malformed objects cut short"));
  EXPECT_THAT(rest("1e 00 86"), ElementsAre(before, "deviation qualifier-reserved-bit",
                                            "operation read read item 1 id 0 [analog-input unit 10]"));
  EXPECT_THAT(ask("c0 02 1e"),
              ElementsAre("operation write write item 0 id 0 [ unit 10]", "malformed object header cut short"));
  EXPECT_THAT(ask("c0"), ElementsAre("malformed application header cut short"));
  EXPECT_THAT(answer("c0 81 00"), ElementsAre("malformed response header cut short"));
}

TEST(Dnp3Application, UnknownGroupsAndVariationsAreUnsupportedNotMalformed) {
  EXPECT_THAT(ask("c0 01 05 01 06"),
              ElementsAre("operation read read item 0 id 0 [ unit 10]", "unsupported unknown object group"));
  EXPECT_THAT(ask("c0 01 1e 09 06"), ElementsAre("operation read read item 0 id 0 [analog-input unit 10]",
                                                 "unsupported unknown object variation"));
  EXPECT_THAT(
      answer("c0 81 00 00 1e 04 00 00 00 2a 00 1e 09 00 00 00 01"),
      ElementsAre("answer read response id 0 [analog-input 0 unit 10] = 42", "unsupported unknown object variation"));
  EXPECT_THAT(answer("c0 81 00 00 fa 01 00 00 00 01"),
              ElementsAre("answer read response id 0", "unsupported unknown object group"));
  EXPECT_THAT(answer("c0 81 00 00 46 05 00 00 00 01"),
              ElementsAre("answer read response id 0", "unsupported object of unknown length"));
  EXPECT_THAT(
      answer("c0 81 00 00 fa 01 5b 01 02 00 aa bb 1e 04 00 00 00 2a 00"),
      ElementsAre("answer read response id 0 [ unit 10] = \"aabb\" more",
                  "answer read response id 0 [analog-input 0 unit 10] = 42", "unsupported unknown object group"));
}

TEST(Dnp3Application, UnknownFunctionsAreGivenSoThatTheyCanBeForbidden) {
  EXPECT_THAT(ask("c0 28 01 02 03"),
              ElementsAre("operation configure unknown item 0 id 0 [ unit 10]", "unsupported unknown function code"));
  EXPECT_THAT(answer("c0 90 00 00"), ElementsAre("unsupported unknown function code"));
}

TEST(Dnp3Application, PointsOfAFragmentAreBounded) {
  // Objects without size once made other parsers loop for ever (Suricata #4111).
  EXPECT_THAT(ask("c0 02 70 00 02 00 00 00 00 ff ff ff ff"),
              ElementsAre("operation write write item 0 id 0 [ unit 10]", "malformed too many points"));
  EXPECT_THAT(
      ask("c0 02 70 00 01 00 00 ff 1f 70 00 01 00 00 ff 1f 70 00 00 00 00"),
      ElementsAre("operation write write item 0 id 0 [virtual-terminal 0-8191 unit 10]",
                  "operation write write item 1 id 0 [virtual-terminal 0-8191 unit 10]", "malformed too many points"));
  EXPECT_THAT(answer("c0 81 00 00 01 01 02 00 00 00 00 ff ff ff ff"),
              ElementsAre("answer read response id 0", "malformed too many points"));
  EXPECT_THAT(ask("c0 01 01 00 02 00 00 00 00 ff ff ff ff"),
              ElementsAre("operation read read item 0 id 0 [binary-input 0-4294967295 unit 10]"))
      << "a range that is only asked for costs nothing";
}

TEST(Dnp3Application, ActionsFollowTheFunctionAndTheObject) {
  const auto action = [](std::string_view fragment) {
    const std::string line = ask(fragment).front();
    return line.substr(10, line.find(' ', 10) - 10);
  };
  EXPECT_EQ(action("c0 00"), "session");
  EXPECT_EQ(action("c0 01 3c 01 06"), "read");
  EXPECT_EQ(action("c0 01 00 fe 00 00 00"), "identify");
  EXPECT_EQ(action("c0 02 32 01 07 01 000000000000"), "time");
  EXPECT_EQ(action("c0 02 32 04 00 00 00 000000000000 00000000 00"), "configure");
  EXPECT_EQ(action("c0 02 50 01 00 07 07 00"), "configure");
  EXPECT_EQ(action("c0 02 22 01 00 00 00 05 00"), "configure");
  EXPECT_EQ(action("c0 02 00 f7 00 00 00 01 01 41"), "configure");
  EXPECT_EQ(action("c0 02 6e 02 00 00 00 41 42"), "write");
  const std::pair<const char*, const char*> of_function[] = {
      {"03", "operate"},   {"04", "operate"},   {"05", "operate"},   {"06", "operate"},   {"07", "configure"},
      {"08", "configure"}, {"09", "configure"}, {"0a", "configure"}, {"0b", "configure"}, {"0c", "configure"},
      {"0d", "stop"},      {"0e", "stop"},      {"0f", "configure"}, {"10", "start"},     {"11", "start"},
      {"12", "stop"},      {"13", "program"},   {"14", "configure"}, {"15", "configure"}, {"16", "configure"},
      {"17", "time"},      {"18", "time"},      {"19", "file"},      {"1a", "file"},      {"1b", "file"},
      {"1c", "file"},      {"1d", "file"},      {"1e", "file"},      {"1f", "program"},   {"20", "session"},
      {"21", "session"}};
  for (const auto& [code, expected] : of_function) EXPECT_EQ(action("c0 " + std::string(code)), expected) << code;
}

TEST(Dnp3Application, FreezeAtTimeCarriesItsTimeAndThenRangesOnly) {
  EXPECT_THAT(ask("c0 0b 32 02 07 01 e803000000 00 10270000 14 00 06"),
              ElementsAre("operation configure freeze-at-time item 0 id 0 [time unit 10] = 1000",
                          "operation configure freeze-at-time item 1 id 0 [counter unit 10]"));
}

TEST(Dnp3Application, AssignClassNamesTheClassAndThenThePoints) {
  EXPECT_THAT(ask("c0 16 3c 02 06 01 00 00 00 03 3c 03 06 1e 00 06"),
              ElementsAre("operation configure assign-class item 0 id 0 [class 1 unit 10]",
                          "operation configure assign-class item 1 id 0 [binary-input 0-3 unit 10]",
                          "operation configure assign-class item 2 id 0 [class 2 unit 10]",
                          "operation configure assign-class item 3 id 0 [analog-input unit 10]"));
}

TEST(Dnp3Application, CommandsCarryTypedValuesAndTheirIndexes) {
  EXPECT_THAT(
      ask("c0 05 0c 01 28 01 00 2c 01 41 02 64000000 c8000000 00 29 01 17 01 05 f6ffffff 00 29 02 17 01 06 f6ff 00 "
          "29 03 17 01 07 00002041 00 29 04 17 01 08 0000000000002440 00"),
      ElementsAre("operation operate direct-operate item 0 id 0 [binary-output 300 unit 10] = "
                  "300:{\"code\":65,\"count\":2,\"on_ms\":100,\"off_ms\":200,\"status\":0}",
                  "operation operate direct-operate item 1 id 0 [analog-output 5 unit 10] = 5:-10",
                  "operation operate direct-operate item 2 id 0 [analog-output 6 unit 10] = 6:-10",
                  "operation operate direct-operate item 3 id 0 [analog-output 7 unit 10] = 7:10",
                  "operation operate direct-operate item 4 id 0 [analog-output 8 unit 10] = 8:10"));
}

TEST(Dnp3Application, PatternControlIsABlockAndAMask) {
  EXPECT_THAT(ask("c0 03 0c 02 07 01 03 01 64000000 c8000000 00 0c 03 00 00 0a ff 05").back(),
              "operation operate select item 1 id 0 [binary-output 0-10 unit 10] = 1 1 1 1 1 1 1 1 1 0 1");
}

TEST(Dnp3Application, SelectBeforeOperateAnswersItemByItem) {
  Conversation conversation;
  const char* two = "0c 01 17 01 03 03 01 64000000 00000000 00 29 02 17 01 05 1027 00";
  conversation.ask(asking("c1 03 " + std::string(two)));
  EXPECT_THAT(
      conversation.answer(answering("c1 81 00 00 0c 01 17 01 03 03 01 64000000 00000000 00 29 02 17 01 05 1027 0c")),
      ElementsAre("answer operate response item 0 id 1 [binary-output 3 unit 10] = "
                  "3:{\"code\":3,\"count\":1,\"on_ms\":100,\"off_ms\":0,\"status\":0} more",
                  "answer operate response item 1 id 1 refused 12 out-of-range [analog-output 5 unit 10] = 5:10000"));
  conversation.ask(asking("c2 04 " + std::string(two)));
  EXPECT_THAT(conversation.answer(answering("c2 81 00 04")),
              ElementsAre("answer operate response id 2 refused 514 parameter-error"));
}

TEST(Dnp3Application, EveryControlStatusHasItsName) {
  const auto name = [](int status) {
    std::string text = "c0 81 00 00 29 02 17 01 00 0000 ";
    append_hex(text, Octets{static_cast<uint8_t>(status)});
    const std::string line = answer(text).front();
    return line.substr(0, line.find(" ["));
  };
  EXPECT_EQ(name(0), "answer operate response item 0 id 0");
  EXPECT_EQ(name(2), "answer operate response item 0 id 0 refused 2 no-select");
  EXPECT_EQ(name(18), "answer operate response item 0 id 0 refused 18 downstream-fail");
  EXPECT_EQ(name(50), "answer operate response item 0 id 0 refused 50 reserved-status");
  EXPECT_EQ(name(127), "answer operate response item 0 id 0 refused 127 undefined");
}

TEST(Dnp3Application, IndicationsRefuseAndAreHandedOut) {
  EXPECT_THAT(answer("c0 81 00 01"), ElementsAre("answer read response id 0 refused 512 function-not-supported"));
  EXPECT_THAT(answer("c0 81 00 02"), ElementsAre("answer read response id 0 refused 513 object-unknown"));
  EXPECT_THAT(answer("c0 81 00 10"), ElementsAre("answer read response id 0 refused 516 already-executing"));
  EXPECT_THAT(answer("c0 81 ff e8"), ElementsAre("answer read response id 0"));
  EXPECT_THAT(answer("c0 81 00 02 01 01 00 00 00 01"),
              ElementsAre("answer read response id 0 [binary-input 0 unit 10] = 1 more",
                          "answer read response id 0 refused 513 object-unknown"))
      << "what came stands, the rest is refused";
  EXPECT_EQ(read_indications(0x9002).indications, 0x9002u);
}

TEST(Dnp3Application, UnsolicitedResponsesAndTheirConfirmsAreToldApart) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer(answering("f3 82 90 02 02 01 17 01 07 81")),
              ElementsAre("unsolicited read unsolicited-response id 3 [binary-input 7 unit 10] = 7:1"))
      << "indications of an unsolicited response refuse nothing";
  EXPECT_THAT(conversation.ask(asking("d3 00")), ElementsAre("operation session confirm item 0 id 3 [ unit 10]"));
  EXPECT_NE(make_key(1, 10, 3, true).match, make_key(1, 10, 3, false).match);
  EXPECT_THAT(conversation.answer(answering("c3 82 00 00")),
              ElementsAre("deviation unsolicited-bit", "unsolicited read unsolicited-response id 3"));
  EXPECT_THAT(conversation.answer(answering("90 82 00 00")),
              ElementsAre("deviation fragment-bits", "unsolicited read unsolicited-response id 0"));
}

TEST(Dnp3Application, ResponseOfSeveralFragmentsKeepsTheKeyOfItsRequest) {
  Conversation conversation;
  conversation.ask(asking("cf 01 3c 01 06"));
  const std::string object = " 00 00 1e 04 00 00 00 2a 00";
  EXPECT_THAT(conversation.answer(answering("af 81" + object)),
              ElementsAre("answer read response id 15 [analog-input 0 unit 10] = 42 more"));
  EXPECT_THAT(conversation.ask(asking("cf 00")), ElementsAre("operation session confirm item 0 id 15 [ unit 10]"));
  EXPECT_THAT(conversation.answer(answering("20 81" + object)),
              ElementsAre("answer read response id 15 [analog-input 0 unit 10] = 42 more"))
      << "the sequence wraps from 15 to 0";
  EXPECT_THAT(conversation.answer(answering("20 81" + object)),
              ElementsAre("answer read response id 15 [analog-input 0 unit 10] = 42 more"))
      << "sent again, its confirmation was lost";
  EXPECT_THAT(conversation.answer(answering("61 81" + object)),
              ElementsAre("answer read response id 15 [analog-input 0 unit 10] = 42"));
  EXPECT_THAT(conversation.answer(answering("42 81" + object)),
              ElementsAre("answer read response id 2 [analog-input 0 unit 10] = 42"))
      << "begun before we looked";
}

TEST(Dnp3Application, GapInAResponseOfSeveralFragmentsIsNamed) {
  Conversation conversation;
  conversation.answer(answering("81 81 00 00"));
  EXPECT_THAT(conversation.answer(answering("44 81 00 00")),
              ElementsAre("deviation fragment-sequence", "answer read response id 1"));
  conversation.answer(answering("81 81 00 00"));
  EXPECT_THAT(conversation.answer(answering("c5 81 00 00")), ElementsAre("answer read response id 5"));
  EXPECT_THAT(conversation.answer(answering("46 81 00 00")), ElementsAre("answer read response id 6"));
}

TEST(Dnp3Application, FunctionCodeDecidesWhereTheDirectionBitLies) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask(frame(0x44, kOutstation, kMaster, hex("c0 c0 01 3c 01 06"))),
              ElementsAre("deviation direction-bit", "operation read read item 0 id 0 [class 0 unit 10]"));
  EXPECT_THAT(conversation.answer(frame(0xc4, kMaster, kOutstation, hex("c0 c0 81 00 00"))),
              ElementsAre("deviation direction-bit", "answer read response id 0"));
  EXPECT_THAT(conversation.ask(asking("40 01 3c 01 06")),
              ElementsAre("deviation fragment-bits", "operation read read item 0 id 0 [class 0 unit 10]"));
}

TEST(Dnp3Application, DeviceAttributesAreIdentity) {
  EXPECT_THAT(ask("c0 01 00 fe 00 00 00 00 fc 00 00 00"),
              ElementsAre("operation identify read item 0 id 0 [device-attribute unit 10]",
                          "operation identify read item 1 id 0 [device-attribute 252 unit 10]"));
  EXPECT_THAT(
      answer("c0 81 00 00 00 fc 00 00 00 01 04 41434d45 00 fa 00 00 00 01 02 5838 00 f2 00 00 00 01 03 312e32 "
             "00 f8 00 00 00 01 02 3939 00 f0 00 00 00 02 02 0008 00 ff 00 00 00 fe 04 fa00fc00"),
      ElementsAre(
          "attribute vendor ACME", "answer identify response id 0 [device-attribute 252 unit 10] = \"ACME\" more",
          "attribute model X8", "answer identify response id 0 [device-attribute 250 unit 10] = \"X8\" more",
          "attribute firmware 1.2", "answer identify response id 0 [device-attribute 242 unit 10] = \"1.2\" more",
          "attribute serial 99", "answer identify response id 0 [device-attribute 248 unit 10] = \"99\" more",
          "answer identify response id 0 [device-attribute 240 unit 10] = 2048 more",
          "answer identify response id 0 [device-attribute 255 unit 10] = \"fa00fc00\""));
  EXPECT_THAT(answer("c0 81 00 00 00 fc 00 01 01 01 04 41434d45"),
              ElementsAre("answer identify response id 0 [device-attribute 252 unit 10] = \"ACME\""))
      << "set 1 is the vendor's own: its 252 need not be a vendor";
  EXPECT_THAT(answer("c0 81 00 00 00 fc 00 00 00 01 05 41434d45"),
              ElementsAre("answer read response id 0", "malformed objects cut short"));
}

TEST(Dnp3Application, AttributesHaveTheTypeThatTheySay) {
  const auto value = [](std::string_view data) {
    const std::string line = answer("c0 81 00 00 00 01 00 00 00 " + std::string(data)).front();
    return line.substr(line.find("10]") + 3);
  };
  EXPECT_EQ(value("02 01 ff"), " = 255");
  EXPECT_EQ(value("03 01 ff"), " = -1");
  EXPECT_EQ(value("03 02 feff"), " = -2");
  EXPECT_EQ(value("03 04 feffffff"), " = -2");
  EXPECT_EQ(value("03 08 feffffffffffffff"), " = -2");
  EXPECT_EQ(value("02 03 010203"), " = \"010203\"");
  EXPECT_EQ(value("04 04 0000c03f"), " = 1.5");
  EXPECT_EQ(value("04 08 000000000000f83f"), " = 1.5");
  EXPECT_EQ(value("04 02 0000"), " = \"0000\"");
  EXPECT_EQ(value("07 06 e80300000000"), " = 1000");
  EXPECT_EQ(value("07 05 e803000000"), " = \"e803000000\"");
  EXPECT_EQ(value("05 02 0102"), " = \"0102\"");
  EXPECT_EQ(value("01 00"), "");
}

TEST(Dnp3Application, AggressiveModeIsReadThroughAndGivesAwayNoKeys) {
  const std::string wrapped =
      "78 03 07 01 01000000 0100 0c 01 17 01 03 03 01 64000000 00000000 00 78 09 5b 01 04 00 deadbeef";
  EXPECT_THAT(ask("c0 05 " + wrapped),
              ElementsAre("operation operate direct-operate item 0 id 0 [binary-output 3 unit 10] = "
                          "3:{\"code\":3,\"count\":1,\"on_ms\":100,\"off_ms\":0,\"status\":0}",
                          "operation session direct-operate item 1 id 0 [authentication unit 10]",
                          "operation session direct-operate item 2 id 0 [authentication unit 10]"));
  EXPECT_THAT(ask("c0 01 78 03 07 01 01000000 0100 3c 02 06 78 09 5b 01 04 00 deadbeef").front(),
              "operation read read item 0 id 0 [class 1 unit 10]");
  Conversation conversation;
  conversation.ask(asking("c4 05 0c 01 17 01 03 03 01 64000000 00000000 00"));
  EXPECT_THAT(conversation.answer(answering("c4 83 00 00 78 01 5b 01 0a 00 01000000 0000 01 01 aabb")),
              ElementsAre("answer session authentication-response id 4 [authentication unit 10] more"))
      << "a challenge is not yet the answer";
  EXPECT_THAT(conversation.answer(answering("c4 81 00 00 0c 01 17 01 03 03 01 64000000 00000000 00")).front(),
              "answer operate response item 0 id 4 [binary-output 3 unit 10] = "
              "3:{\"code\":3,\"count\":1,\"on_ms\":100,\"off_ms\":0,\"status\":0}");
  EXPECT_THAT(answer("c0 83 00 00 78 07 5b 01 11 00 01000000 0100 0000 07 000000000000 6e6f"),
              ElementsAre("answer session authentication-response id 0 refused 1031 authorization-failed "
                          "[authentication unit 10]"));
}

TEST(Dnp3Application, FilesAreNamedFromOpenToTheirBlocks) {
  Conversation conversation;
  const std::string open = "19 46 03 5b 01 1e 00 1a00 0400 000000000000 0000 00000000 00000000 0100 0004 0900 612e6366";
  EXPECT_THAT(conversation.ask(asking("c1 " + open)),
              ElementsAre("operation file open-file item 0 id 1 [file a.cf unit 10]"));
  EXPECT_THAT(conversation.answer(answering("c1 81 00 00 46 04 5b 01 0d 00 05000000 10000000 0004 0900 00")),
              ElementsAre("answer file response id 1 [file a.cf unit 10]"));
  EXPECT_THAT(conversation.ask(asking("c2 02 46 05 5b 01 0a 00 05000000 00000080 6869")),
              ElementsAre("operation file write item 0 id 2 [file a.cf unit 10] = \"6869\""));
  EXPECT_THAT(conversation.answer(answering("c2 81 00 00 46 06 5b 01 09 00 05000000 00000080 13")),
              ElementsAre("answer file response id 2 refused 787 fatal [file a.cf unit 10]"));
  EXPECT_THAT(conversation.ask(asking("c3 1b 46 03 5b 01 1e 00 ff00 0400 000000000000 0000 00000000 00000000 0100 0004 "
                                      "0900 612e6366")),
              ElementsAre("deviation object-cut-short", "operation file delete-file item 0 id 3 [file unit 10]"));
  EXPECT_THAT(conversation.ask(asking("c4 1d 46 02 5b 01 14 00 0c00 0400 1000 0400 00000000 75736572 70617373")),
              ElementsAre("operation file authenticate-file item 0 id 4 [file unit 10]"))
      << "names and passwords stay where they are";
}

TEST(Dnp3Application, SaveConfigurationNamesTheApplication) {
  EXPECT_THAT(ask("c0 12 5a 01 5b 01 03 00 504c43"),
              ElementsAre("operation stop stop-application item 0 id 0 [application PLC unit 10]"));
}

}  // namespace
}  // namespace rampart::protocols::dnp3::testing
