#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "protocols/iec104/functions.h"
#include "protocols/iec104/objects.h"
#include "protocols/iec104/wire.h"
#include "protocols/matcher.h"

namespace rampart::protocols::iec104::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kCp56 = "b0 36 11 0c 02 0b 13";  // 2019-11-02 12:17:14.000

/// monitored: one object at 1000 with this element, sent spontaneously by station 1, gives this line.
void expect_monitored(int type, std::string_view element, std::string_view name, std::string_view value) {
  Conversation conversation;
  std::string asdu = "00 01 03 00 01 00 e8 03 00 ";
  static constexpr char kHex[] = "0123456789abcdef";
  asdu[0] = kHex[type / 16];
  asdu[1] = kHex[type % 16];
  EXPECT_THAT(
      conversation.answer(asdu + std::string(element)),
      ElementsAre("unsolicited read " + std::string(name) + " id 0 [ioa 1000 unit 1] = 1000:" + std::string(value)))
      << type;
}

TEST(Iec104Types, EveryMonitoredTypeIsReadWithItsValue) {
  expect_monitored(1, "01", "single-point", "1");
  expect_monitored(2, "01 102700", "single-point-with-short-time", "1");
  expect_monitored(3, "02", "double-point", "2");
  expect_monitored(4, "01 102700", "double-point-with-short-time", "1");
  expect_monitored(5, "7f 00", "step-position", "-1");
  expect_monitored(6, "bf 00 102700", "step-position-with-short-time", "63");
  expect_monitored(7, "78563412 00", "bitstring", "305419896");
  expect_monitored(8, "78563412 00 102700", "bitstring-with-short-time", "305419896");
  expect_monitored(9, "0040 00", "measured-normalized", "0.5");
  expect_monitored(10, "0080 00 102700", "measured-normalized-with-short-time", "-1");
  expect_monitored(11, "feff 00", "measured-scaled", "-2");
  expect_monitored(12, "feff 00 102700", "measured-scaled-with-short-time", "-2");
  expect_monitored(13, "00005042 00", "measured-float", "52");
  expect_monitored(14, "00005042 00 102700", "measured-float-with-short-time", "52");
  expect_monitored(15, "feffffff 05", "integrated-totals", "-2");
  expect_monitored(16, "feffffff 05 102700", "integrated-totals-with-short-time", "-2");
  expect_monitored(17, "02 e803 102700", "protection-event-with-short-time", "2");
  expect_monitored(18, "3f 00 e803 102700", "protection-start-events-with-short-time", "63");
  expect_monitored(19, "0f 00 e803 102700", "protection-output-circuits-with-short-time", "15");
  expect_monitored(20, "0100 0300 00", "packed-single-points", "196609");
  expect_monitored(21, "ff7f", "measured-normalized-without-quality", "0.999969482421875");
  const std::string time(kCp56);
  expect_monitored(30, "01" + time, "single-point-with-time", "1");
  expect_monitored(31, "02" + time, "double-point-with-time", "2");
  expect_monitored(32, "40 00" + time, "step-position-with-time", "-64");
  expect_monitored(33, "01000000 00" + time, "bitstring-with-time", "1");
  expect_monitored(34, "00c0 00" + time, "measured-normalized-with-time", "-0.5");
  expect_monitored(35, "e803 00" + time, "measured-scaled-with-time", "1000");
  expect_monitored(36, "00005042 00" + time, "measured-float-with-time", "52");
  expect_monitored(37, "10270000 00" + time, "integrated-totals-with-time", "10000");
  expect_monitored(38, "01 e803" + time, "protection-event-with-time", "1");
  expect_monitored(39, "3f 00 e803" + time, "protection-start-events-with-time", "63");
  expect_monitored(40, "0f 00 e803" + time, "protection-output-circuits-with-time", "15");
}

TEST(Iec104Types, EndOfInitializationIsToldUnasked) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer("46 01 04 00 01 00 00 00 00 01"),
              ElementsAre("unsolicited session end-of-initialization id 0 [station unit 1] = 0:1"));
}

TEST(Iec104Types, QualityAndTimesLieWhereTheTypeSays) {
  const Octets with_quality = hex("24 01 03 00 01 00 e8 03 00 00 00 50 42 90 b0 36 11 0c 02 0b 13");
  const Asdu asdu = read_asdu(with_quality);
  const Values values = values_of(asdu);
  ASSERT_TRUE(values.fits());
  EXPECT_EQ(values.quality(0), 0x90) << "invalid and blocked";
  const Bytes element = asdu.element(0);
  const Values time = Values::one(ValueType::cp56, element.subspan(layout_of(36).time));
  std::string text;
  append(text, time.at(0));
  EXPECT_EQ(text, R"({"time":"2019-11-02T12:17:14.000","valid":true,"summer":false})");
  EXPECT_EQ(time.at(0).natural, 1572697034000u);
  const Octets single = hex("01 01 03 00 01 00 e8 03 00 91");
  EXPECT_EQ(values_of(read_asdu(single)).quality(0), 0x91) << "value and quality share the octet";
}

TEST(Iec104Types, EveryCommandIsAnOperation) {
  const auto expect = [](std::string_view asdu, std::string_view line) {
    Conversation conversation;
    EXPECT_THAT(conversation.ask(asdu), Contains(std::string(line))) << asdu;
  };
  const std::string time(kCp56);
  expect("2d 01 06 00 01 00 e8 03 00 01", "operation operate single-command item 0 id 0 [ioa 1000 unit 1] = 1");
  expect("2e 01 06 00 01 00 e8 03 00 02", "operation operate double-command item 0 id 0 [ioa 1000 unit 1] = 2");
  expect("2f 01 06 00 01 00 e8 03 00 01", "operation operate step-command item 0 id 0 [ioa 1000 unit 1] = 1");
  expect("30 01 06 00 01 00 e8 03 00 00 40 00",
         "operation operate set-point-normalized item 0 id 0 [ioa 1000 unit 1] = 0.5");
  expect("31 01 06 00 01 00 e8 03 00 9c ff 00",
         "operation operate set-point-scaled item 0 id 0 [ioa 1000 unit 1] = -100");
  expect("32 01 06 00 01 00 e8 03 00 00 00 50 42 00",
         "operation operate set-point-float item 0 id 0 [ioa 1000 unit 1] = 52");
  expect("33 01 06 00 01 00 e8 03 00 01 00 00 80",
         "operation operate bitstring-command item 0 id 0 [ioa 1000 unit 1] = 2147483649");
  expect("3a 01 06 00 01 00 e8 03 00 01" + time,
         "operation operate single-command-with-time item 0 id 0 [ioa 1000 unit 1] = 1");
  expect("3b 01 06 00 01 00 e8 03 00 01" + time,
         "operation operate double-command-with-time item 0 id 0 [ioa 1000 unit 1] = 1");
  expect("3c 01 06 00 01 00 e8 03 00 02" + time,
         "operation operate step-command-with-time item 0 id 0 [ioa 1000 unit 1] = 2");
  expect("3d 01 06 00 01 00 e8 03 00 00 c0 00" + time,
         "operation operate set-point-normalized-with-time item 0 id 0 [ioa 1000 unit 1] = -0.5");
  expect("3e 01 06 00 01 00 e8 03 00 01 00 00" + time,
         "operation operate set-point-scaled-with-time item 0 id 0 [ioa 1000 unit 1] = 1");
  expect("3f 01 06 00 01 00 e8 03 00 00 00 50 42 00" + time,
         "operation operate set-point-float-with-time item 0 id 0 [ioa 1000 unit 1] = 52");
  expect("40 01 06 00 01 00 e8 03 00 01 00 00 00" + time,
         "operation operate bitstring-command-with-time item 0 id 0 [ioa 1000 unit 1] = 1");
}

TEST(Iec104Types, SystemCommandsAndParametersHaveTheirActions) {
  const auto expect = [](std::string_view asdu, std::string_view line) {
    Conversation conversation;
    EXPECT_THAT(conversation.ask(asdu), ElementsAre(std::string(line))) << asdu;
  };
  expect("64 01 06 00 01 00 00 00 00 14", "operation read interrogation item 0 id 0 [station unit 1] = 20");
  expect("65 01 06 00 01 00 00 00 00 05", "operation read counter-interrogation item 0 id 0 [station unit 1] = 5");
  expect("65 01 06 00 01 00 00 00 00 85",
         "operation configure counter-interrogation item 0 id 0 [station unit 1] = 133");
  expect("66 01 05 00 01 00 e8 03 00", "operation read read item 0 id 0 [ioa 1000 unit 1]");
  expect("67 01 06 00 01 00 00 00 00 b0 36 11 0c 02 0b 13",
         "operation time clock-synchronization item 0 id 0 [clock unit 1] = "
         R"({"time":"2019-11-02T12:17:14.000","valid":true,"summer":false})");
  expect("68 01 06 00 01 00 00 00 00 aa 55", "operation diagnose test item 0 id 0 [station unit 1] = 21930");
  expect("69 01 06 00 01 00 00 00 00 01", "operation stop reset-process item 0 id 0 [station unit 1] = 1");
  expect("6a 01 06 00 01 00 00 00 00 10 27", "operation time delay-acquisition item 0 id 0 [station unit 1] = 10000");
  expect("6b 01 06 00 01 00 00 00 00 07 00 b0 36 11 0c 02 0b 13",
         "operation diagnose test-with-time item 0 id 0 [station unit 1] = 7");
  expect("6e 01 06 00 01 00 e8 03 00 00 40 01",
         "operation configure parameter-normalized item 0 id 0 [parameter 1000 unit 1] = 0.5");
  expect("6f 01 06 00 01 00 e8 03 00 01 00 01",
         "operation configure parameter-scaled item 0 id 0 [parameter 1000 unit 1] = 1");
  expect("70 01 06 00 01 00 e8 03 00 00 00 50 42 01",
         "operation configure parameter-float item 0 id 0 [parameter 1000 unit 1] = 52");
  expect("71 01 06 00 01 00 e8 03 00 03",
         "operation configure parameter-activation item 0 id 0 [parameter 1000 unit 1] = 3");
}

TEST(Iec104Types, EveryTypeHasALayoutAsLongAsItsWidestPart) {
  size_t known = 0;
  for (int type = 1; type < 128; ++type) {
    const Kind kind = kind_of(static_cast<uint8_t>(type));
    if (kind == Kind::unknown || kind == Kind::authentication) continue;
    ++known;
    const Layout& layout = layout_of(static_cast<uint8_t>(type));
    const size_t value_octets = (bits(layout.value) + 7) / 8;
    EXPECT_LE(layout.value_octet + value_octets, layout.octets) << type;
    EXPECT_NE(name_function(static_cast<uint32_t>(type)).name, "unknown") << type;
    EXPECT_TRUE(layout.quality == Values::kAbsent || layout.quality < layout.octets) << type;
    EXPECT_TRUE(layout.time == Values::kAbsent || layout.time + 2 < layout.octets) << type;
  }
  EXPECT_EQ(known, 21u + 11 + 1 + 14 + 8 + 4 + 8) << "1-21, 30-40, 70, 45-51 and 58-64, 100-107, 110-113, 120-127";
}

TEST(Iec104Types, UnknownPrivateAndAuthenticationTypesAreUnsupportedByName) {
  Conversation conversation;
  EXPECT_THAT(
      conversation.ask("2a 01 06 00 01 00 e8 03 00 01"),
      ElementsAre("operation configure unknown item 0 id 0 [ unit 1]", "unsupported unknown type identification"));
  EXPECT_THAT(
      conversation.ask("88 01 06 00 01 00 e8 03 00 01"),
      ElementsAre("operation configure private item 0 id 1 [ unit 1]", "unsupported private type identification"));
  EXPECT_THAT(conversation.answer("88 01 47 00 01 00 e8 03 00 01"),
              ElementsAre("answer configure private id 0 refused 7 negative-activation-confirmation [ unit 1]",
                          "unsupported private type identification"));
  EXPECT_THAT(conversation.answer("91 01 03 00 01 00"),
              ElementsAre("unsolicited configure private id 1 [ unit 1]", "unsupported private type identification"));
  EXPECT_THAT(conversation.answer("51 01 03 00 01 00"),
              ElementsAre("unsolicited session authentication-challenge id 2 [ unit 1]",
                          "unsupported authentication of IEC 62351-5"));
}

// Information objects.

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

/// Details keeps what lines do not show.
struct Details : Sink {
  void operation(const Operation& operation) override {
    details.push_back(operation.object.detail);
    expects.push_back(operation.expects_answer);
    key = operation.key;
  }
  void answer(const Answer& answer) override {
    details.push_back(answer.object ? answer.object->detail : 0);
    answer_key = answer.key;
  }
  void attribute(const Attribute&) override {}
  void deviation(std::string_view) override {}
  std::vector<uint16_t> details;
  std::vector<bool> expects;
  TransactionKey key{}, answer_key{};
};

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

// Commands, selections, confirmations.

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

/// Joined runs a conversation through a matcher and writes down what came together.
struct Joined : Sink {
  Joined() : self(*find_protocol("iec104")), decoder(self.entry().make(self)), matcher(128) {}
  void operation(const Operation& operation) override {
    if (operation.expects_answer) matcher.asked(operation, direction, TimePoint(now), emit()) = {};
  }
  void answer(const Answer& answer) override { matcher.answered(answer, direction, TimePoint(now), emit()); }
  void attribute(const Attribute&) override {}
  void deviation(std::string_view) override {}
  struct Emit {
    Joined& joined;
    void operator()(const Transaction<int>& one) const {
      std::string line = one.operation != nullptr ? std::string(one.operation->function.name) : std::string("nobody");
      line += " " + std::to_string(one.answers.size());
      if (one.outcome.kind == Outcome::Kind::refused) line += " refused " + std::string(one.outcome.name);
      if (one.outcome.kind == Outcome::Kind::unanswered) line += " unanswered";
      joined.lines.push_back(line);
    }
  };
  Emit emit() { return {*this}; }
  void feed(Direction in, std::string_view asdu) {
    direction = in;
    now += std::chrono::milliseconds(10);
    const auto mine = static_cast<size_t>(in);
    decoder->feed(in, frame(next[mine]++, next[1 - mine], hex(asdu)), *this);
  }
  void ask(std::string_view asdu) { feed(Direction::to_server, asdu); }
  void reply(std::string_view asdu) { feed(Direction::to_client, asdu); }

  Protocol self;
  std::unique_ptr<Decoder> decoder;
  Matcher<int> matcher;
  Direction direction{};
  Duration now{};
  uint16_t next[2] = {0, 0};
  Lines lines;
};

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

TEST(Iec104Matching, AnExecutionIsNotAnsweredByTheConfirmationOfASelection) {
  Joined joined;
  joined.ask("2d 01 06 00 01 00 e8 03 00 01");
  joined.reply("2d 01 07 00 01 00 e8 03 00 81");
  EXPECT_THAT(joined.lines, ElementsAre("nobody 1"));
  EXPECT_EQ(joined.matcher.in_flight(), 1u);
}

// Files.

TEST(Iec104Files, AnUploadFromTheDirectoryToTheLastAcknowledgement) {
  Joined joined;
  joined.ask("7a 01 05 00 01 00 31 75 00 00 00 00 00");                               // call directory
  joined.reply("7e 81 05 00 01 00 31 75 00 01 00 0a 00 00 20 b0 36 11 0c 02 0b 13");  // one file, the last
  joined.ask("7a 01 0d 00 01 00 31 75 00 01 00 00 01");                               // select file
  joined.reply("78 01 0d 00 01 00 31 75 00 01 00 0a 00 00 00");                       // file ready
  joined.ask("7a 01 0d 00 01 00 31 75 00 01 00 00 02");                               // request file
  joined.reply("79 01 0d 00 01 00 31 75 00 01 00 01 0a 00 00 00");                    // section ready
  joined.ask("7a 01 0d 00 01 00 31 75 00 01 00 01 06");                               // request section
  joined.reply("7d 01 0d 00 01 00 31 75 00 01 00 01 03 61 62 63");                    // segment
  joined.reply("7d 01 0d 00 01 00 31 75 00 01 00 01 03 64 65 66");                    // segment
  joined.reply("7b 01 0d 00 01 00 31 75 00 01 00 01 03 55");                          // last segment
  joined.ask("7c 01 0d 00 01 00 31 75 00 01 00 01 03");                               // acknowledge section
  joined.reply("7b 01 0d 00 01 00 31 75 00 01 00 01 01 55");                          // last section
  joined.ask("7c 01 0d 00 01 00 31 75 00 01 00 01 01");                               // acknowledge file
  EXPECT_THAT(joined.lines, ElementsAre("call-directory 1", "select-file 1", "request-file 1", "request-section 3",
                                        "acknowledge-section 1"));
}

TEST(Iec104Files, ADownloadIsAnsweredByCallsAndAcknowledgements) {
  Joined joined;
  joined.ask("78 01 0d 00 01 00 31 75 00 01 00 0a 00 00 00");     // file ready
  joined.reply("7a 01 0d 00 01 00 31 75 00 01 00 00 02");         // request file
  joined.ask("79 01 0d 00 01 00 31 75 00 01 00 01 0a 00 00 00");  // section ready
  joined.reply("7a 01 0d 00 01 00 31 75 00 01 00 01 06");         // request section
  joined.ask("7d 01 0d 00 01 00 31 75 00 01 00 01 03 61 62 63");  // segment
  joined.ask("7b 01 0d 00 01 00 31 75 00 01 00 01 03 55");        // last segment
  joined.reply("7c 01 0d 00 01 00 31 75 00 01 00 01 04");         // section refused
  EXPECT_THAT(joined.lines, ElementsAre("file-ready 1", "section-ready 1", "last-segment 1 refused not-acknowledged"));
}

TEST(Iec104Files, WhatEachMessageSaysIsNamedWithItsFile) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask("7a 01 0d 00 01 00 31 75 00 02 00 00 04"),
              ElementsAre("operation file delete-file item 0 id 0 [file 30001/2 unit 1]"));
  EXPECT_THAT(conversation.answer("7d 01 0d 00 01 00 31 75 00 02 00 01 03 61 62 63"),
              ElementsAre("answer file segment id 0 [file 30001/2 unit 1] = \"616263\" more"));
  EXPECT_THAT(conversation.answer("78 01 0d 00 01 00 31 75 00 02 00 00 00 00 80"),
              ElementsAre("answer file file-ready id 1 refused 376 file-not-ready [file 30001/2 unit 1]"));
  EXPECT_THAT(conversation.answer("7e 02 03 00 01 00 31 75 00 01 00 0a 00 00 00 b0 36 11 0c 02 0b 13"
                                  "32 75 00 02 00 0a 00 00 20 b0 36 11 0c 02 0b 13"),
              ElementsAre("unsolicited file directory id 2 [file 30001/1 unit 1]",
                          "unsolicited file directory id 2 [file 30002/2 unit 1]"));
  EXPECT_THAT(conversation.ask("7f 01 0d 00 01 00 31 75 00 01 00 b0 36 11 0c 02 0b 13 b0 36 11 0d 02 0b 13"),
              ElementsAre("operation file query-log item 0 id 1 [file 30001/1 unit 1] = "
                          R"({"time":"2019-11-02T12:17:14.000","valid":true,"summer":false})"));
}

TEST(Iec104Files, ASegmentIsAsLongAsItSays) {
  Conversation conversation;
  EXPECT_THAT(
      conversation.answer("7d 01 0d 00 01 00 31 75 00 02 00 01 03 61 62"),
      ElementsAre("answer file segment id 0 [file 30001/2 unit 1] = \"6162\" more", "malformed segment cut short"));
  EXPECT_THAT(conversation.answer("7d 01 0d 00 01 00 31 75 00 02 00 01 01 61 62"),
              ElementsAre("answer file segment id 1 [file 30001/2 unit 1] = \"61\" more",
                          "malformed octets behind the last information object"));
  EXPECT_THAT(conversation.answer("7d 01 0d 00 01 00 31 75 00 02 00"),
              ElementsAre("malformed information objects cut short"));
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

TEST(Iec104Functions, CodesFindTheirNames) {
  std::set<std::string_view> names;
  for (const Function& function : functions()) {
    EXPECT_EQ(name_function(function.code).name, function.name);
    EXPECT_TRUE(names.insert(function.name).second) << function.name;
  }
  EXPECT_EQ(name_function(42).name, "unknown");
  EXPECT_EQ(name_function(200).name, "private");
}

}  // namespace
}  // namespace rampart::protocols::iec104::testing
