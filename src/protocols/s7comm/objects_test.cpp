#include "protocols/s7comm/objects.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace rampart::protocols::s7comm {
namespace {

std::string written(std::string_view text) {
  const ParsedObject parsed = parse_object(text);
  if (!parsed.error.empty()) return "error: " + parsed.error;
  std::string out;
  append_object(out, parsed.object);
  return out;
}

TEST(S7Objects, AreReadBackAsTheyAreWritten) {
  constexpr std::array kTexts = {
      "DB10",
      "DB10.DBX4.0",
      "DB10.DBX4.0-4.3",
      "DB10.DBB4",
      "DB10.DBB4-19",
      "DB10.DBW4",
      "DB10.DBD4",
      "DI3.DIX0.7",
      "DI3.DIW10",
      "M",
      "M0.1",
      "M0.1-0.3",
      "MB10",
      "MB10-19",
      "MW10",
      "MD10",
      "I0.0",
      "IB2",
      "IW2",
      "ID2",
      "Q",
      "QD4",
      "L4.5",
      "VB7",
      "PW256",
      "SMB4",
      "AIW0",
      "AQW2",
      "SYSB1",
      "T",
      "T5",
      "T5-9",
      "C3",
      "iec-timer 37",
      "iec-counter 4-5",
      "block OB",
      "block OB1",
      "block DB1-99",
      "block SFC20",
      "block 17:4",
      "szl",
      "szl 0x0011",
      "szl 0x0011 index 0x0001",
      "nck area 2 unit 1 module 127",
      "nck area 2 unit 1 module 127 column 4 line 1-3",
      "drive 1 131079",
      "drive 1",
      "rack 0 slot 2",
      "rack 1",
      "area 769 80-95",
      "connection 1",
      "syntax 119",
      "symbol DB5.9.2 1a2b3c4d",
      "tsap SIMATIC-ROOT-HMI",
      "file /_N_MPF_DIR/_N_A_MPF",
      "service _N_SET_OFF",
  };
  for (const std::string_view text : kTexts) {
    EXPECT_EQ(written(text), text);
  }
}

TEST(S7Objects, AreReadWhateverTheCaseAndInGerman) {
  EXPECT_EQ(written("db10.dbd4"), "DB10.DBD4");
  EXPECT_EQ(written(" DB 10 . DBD 4 "), "DB10.DBD4");
  EXPECT_EQ(written("DI3.DBW10"), "DI3.DIW10");
  EXPECT_EQ(written("E0.0"), "I0.0");
  EXPECT_EQ(written("EW2"), "IW2");
  EXPECT_EQ(written("A0.0"), "Q0.0");
  EXPECT_EQ(written("AB4"), "QB4");
  EXPECT_EQ(written("AD4"), "QD4");
  EXPECT_EQ(written("Z3"), "C3");
  EXPECT_EQ(written("PEW256"), "PW256");
  EXPECT_EQ(written("PQB4"), "PB4");
  EXPECT_EQ(written("MX0.1"), "M0.1");
  EXPECT_EQ(written("BLOCK ob 1"), "block OB1");
  EXPECT_EQ(written("SZL 17"), "szl 0x0011");
}

TEST(S7Objects, CountMemoryInBits) {
  const ParsedObject real = parse_object("DB10.DBD4");
  EXPECT_EQ(real.object.space, kDb);
  EXPECT_EQ(real.object.container, 10u);
  EXPECT_EQ(real.object.first, 32u);
  EXPECT_EQ(real.object.last, 63u);
  EXPECT_TRUE(spaces()[kDb].memory);
  EXPECT_EQ(spaces()[kDb].address_bits, 1);
  EXPECT_TRUE(parse_object("DB10").object.covers(real.object));
  EXPECT_TRUE(parse_object("DB10.DBB0-19").object.covers(parse_object("DB10.DBX4.1").object));
  EXPECT_FALSE(parse_object("DB11").object.covers(real.object));
  EXPECT_TRUE(parse_object("DB10.DBB7").object.overlaps(real.object));
  const ParsedObject words = parse_object("MW10-14");
  EXPECT_EQ(words.object.first, 80u);
  EXPECT_EQ(words.object.last, 127u);
}

TEST(S7Objects, SayWhichTypeTheyHold) {
  EXPECT_EQ(parse_object("DB1.DBX0.0").type, ValueType::bit);
  EXPECT_EQ(parse_object("M0.0").type, ValueType::bit);
  EXPECT_EQ(parse_object("DB1.DBB0").type, ValueType::uint8);
  EXPECT_EQ(parse_object("DB1.DBW0").type, ValueType::uint16);
  EXPECT_EQ(parse_object("MD0").type, ValueType::uint32);
  EXPECT_EQ(parse_object("T1").type, ValueType::uint16);
  EXPECT_EQ(parse_object("DB1").type, ValueType::none);
}

TEST(S7Objects, WithAllIndexesCoverOne) {
  EXPECT_TRUE(parse_object("szl 0x0011").object.covers(parse_object("szl 0x0011 index 0x0001").object));
  EXPECT_TRUE(parse_object("szl").object.covers(parse_object("szl 0x0011 index 0x0001").object));
  EXPECT_TRUE(parse_object("block DB").object.covers(parse_object("block DB7").object));
  EXPECT_FALSE(parse_object("block DB").object.covers(parse_object("block OB1").object));
  EXPECT_TRUE(parse_object("service").object.covers(parse_object("service _N_SET_OFF").object));
}

TEST(S7Objects, ThatCannotBeAreRefusedWithAHint) {
  for (const std::string_view text : {"",
                                      "DB",
                                      "DBX",
                                      "DB70000",
                                      "DB1.",
                                      "DB1.DBX0.8",
                                      "DB1.DBX4",
                                      "DB1.DBB",
                                      "DB1.DBB9-4",
                                      "DB1.DBW0-3",
                                      "DB1.4.0",
                                      "M0.8",
                                      "M0",
                                      "MW",
                                      "MB1 x",
                                      "X1",
                                      "T9-5",
                                      "block",
                                      "block XY1",
                                      "block 300:1",
                                      "block OB1 x",
                                      "szl x",
                                      "szl 0x0011 0",
                                      "szl 0x10000",
                                      "nck",
                                      "nck area 9 unit 1 module 1",
                                      "nck area 1 unit 1 module 1 column 1",
                                      "rack",
                                      "rack 0 slot",
                                      "drive x",
                                      "area",
                                      "connection x",
                                      "holding-register 4",
                                      "MB99999999999"}) {
    const ParsedObject parsed = parse_object(text);
    EXPECT_FALSE(parsed.error.empty()) << text;
    EXPECT_FALSE(parsed.hint.empty()) << text;
  }
}

}  // namespace
}  // namespace rampart::protocols::s7comm
