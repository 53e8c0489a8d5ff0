#include "protocols/iec104/asdu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "protocols/iec104/functions.h"
#include "protocols/iec104/wire.h"

namespace rampart::protocols::iec104::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

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
