// What is no record, octet by octet, and what this version does not know but keeps.
#include <gtest/gtest.h>

#include "records/json.h"
#include "records/stored.h"

namespace rampart::records {
namespace {

std::vector<uint8_t> octets(std::string_view hexadecimal) {
  std::vector<uint8_t> out;
  const auto digit = [](char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  std::string digits;
  for (const char c : hexadecimal) {
    if (c != ' ') digits += c;
  }
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<uint8_t>(digit(digits[i]) << 4 | digit(digits[i + 1])));
  }
  return out;
}
bool taken(std::string_view hexadecimal) { return Stored::decode(octets(hexadecimal)).has_value(); }

/// Each is a login of kind 15, version 1, with something more.
TEST(StoredRejects, WhatIsNoMapWithKindAndVersion) {
  EXPECT_TRUE(taken("a2 000f 0101"));
  EXPECT_TRUE(taken("a3 000f 0101 0205"));
  for (const std::string_view bad : {"", "80", "a0", "a1 000f", "a1 0101", "a2 0000 0101", "a2 000f 0100", "01", "60",
                                     "a2 000f 0101 00", "a2 0f00 0101", "a2 0101 000f", "a2 000f 000f", "a2 000f 6101",
                                     "a2 000f 0161", "a3 000f 0101 0260", "a2 001a00010000 0101", "c1 a2 000f 0101"}) {
    EXPECT_FALSE(taken(bad)) << bad;
  }
}

TEST(StoredRejects, WhatIsWrittenInAnotherFormThanTheOne) {
  EXPECT_TRUE(taken("a3 000f 0101 0461 61"));
  // The person: as indefinite text, as octets though it is text, as text though it is none, empty, as a number.
  for (const std::string_view bad :
       {"a3 000f 0101 04 7f 6161 ff", "a3 000f 0101 04 4161", "a3 000f 0101 04 61ff", "a3 000f 0101 04 60",
        "a3 000f 0101 04 05", "a3 000f 0101 04 f6", "a3 000f 0101 04 780161", "a3 000f 0101 04 7901"}) {
    EXPECT_FALSE(taken(bad)) << bad;
  }
  EXPECT_TRUE(taken("a3 000f 0101 04 41ff")) << "what is no text stands as octets";
  // Heads longer than need be: of the map, of a key, of a number; an indefinite map.
  EXPECT_FALSE(taken("b802 000f 0101"));
  EXPECT_FALSE(taken("a2 000f 1801 01"));
  EXPECT_FALSE(taken("a2 00180f 0101"));
  EXPECT_FALSE(taken("bf 000f 0101 ff"));
  // Keys out of order, twice, no numbers.
  EXPECT_FALSE(taken("a4 000f 0101 056161 046161"));
  EXPECT_FALSE(taken("a4 000f 0101 046161 046162"));
  EXPECT_FALSE(taken("a3 000f 0101 6104 6161"));
  EXPECT_FALSE(taken("a3 000f 0101 20 6161"));
}

TEST(StoredRejects, ValuesThatAreNone) {
  EXPECT_TRUE(taken("a3 000f 0101 0a 440a000001"));
  EXPECT_FALSE(taken("a3 000f 0101 0a 430a0000")) << "an address of three octets";
  EXPECT_TRUE(taken("a3 000f 0101 03 1b7facf7419d980000"));
  EXPECT_FALSE(taken("a3 000f 0101 03 1b7fffffffffffffff")) << "a time that has no date";
  EXPECT_FALSE(taken("a3 000f 0101 03 1b8000000000000000"));
  EXPECT_FALSE(taken("a3 000f 0101 03 3b8000000000000000"));
  EXPECT_TRUE(taken("a3 000c 0101 0a 3b7fffffffffffffff")) << "the shortest step of a clock";
  EXPECT_FALSE(taken("a3 000c 0101 0a 3b8000000000000000"));
  EXPECT_TRUE(taken("a3 0004 0101 06 00")) << "an identifier of a VLAN may be 0: it is there";
  EXPECT_FALSE(taken("a3 0004 0101 06 1a00010000")) << "more than 16 bits";
  EXPECT_FALSE(taken("a3 0004 0101 05 a0")) << "a member without fields is left out";
  EXPECT_TRUE(taken("a3 0004 0101 07 a0")) << "a conversation that says nothing is still one";
}

/// with_values is a transaction whose operation has these values.
std::string with_values(std::string_view hexadecimal) { return "a3 0002 0101 0a a1 07 " + std::string(hexadecimal); }

TEST(StoredRejects, ValuesThatSayMoreThanTheyHold) {
  EXPECT_TRUE(taken(with_values("a4 0005 0710 0902 0a4400010002")));
  EXPECT_FALSE(taken(with_values("a4 0005 0710 0903 0a4400010002"))) << "one too many";
  EXPECT_FALSE(taken(with_values("a3 0005 091affffffff 0a4400010002"))) << "all in one place";
  EXPECT_FALSE(taken(with_values("a4 0005 0708 0903 0a4400010002"))) << "one over the other";
  EXPECT_FALSE(taken(with_values("a1 091affffffff"))) << "values of no type and no place";
  EXPECT_FALSE(taken(with_values("a5 000e 0701 0802 0903 0a4400010002"))) << "texts one over the other";
  EXPECT_FALSE(taken(with_values("a3 000e 0902 0a4400010002"))) << "the same text twice";
}

TEST(StoredRejects, AnswersThatAreNotThere) {
  EXPECT_TRUE(taken("a3 0002 0101 0b 81a0"));
  EXPECT_FALSE(taken("a3 0002 0101 0b 80"));
  EXPECT_FALSE(taken("a3 0002 0101 0b 82a0"));
  EXPECT_FALSE(taken("a3 0002 0101 0b 8101"));
  EXPECT_FALSE(taken("a3 0002 0101 0b 9bffffffffffffffff"));
  EXPECT_TRUE(taken("a3 0002 0101 0b 991000" + [] {
    std::string many;
    for (int i = 0; i < 4096; ++i) many += "a0";
    return many;
  }()));
  EXPECT_FALSE(taken("a3 0002 0101 0b 991001" + [] {
    std::string many;
    for (int i = 0; i < 4097; ++i) many += "a0";
    return many;
  }()));
}

TEST(StoredRejects, WhatIsNestedDeeperThanSixteen) {
  const auto nested = [](int depth, std::string_view head) {
    std::string text = "a3 000f 0101 14 ";
    for (int i = 1; i < depth; ++i) text += head;
    return text + "00";
  };
  // The record is the first map.
  EXPECT_TRUE(taken(nested(16, "81")));
  EXPECT_FALSE(taken(nested(17, "81")));
  EXPECT_TRUE(taken(nested(16, "c1")));
  EXPECT_FALSE(taken(nested(17, "c1")));
  EXPECT_FALSE(taken(nested(60'000, "81")));
  EXPECT_FALSE(taken("a3 000f 0101 14 a2 02 00 01 00")) << "keys out of order in what is not known";
  EXPECT_FALSE(taken("a3 000f 0101 14 9bffffffffffffffff"));
  EXPECT_FALSE(taken("a3 000f 0101 14 bbffffffffffffffff"));
  EXPECT_FALSE(taken("a3 000f 0101 14 5bffffffffffffffff"));
}

void survives(std::string_view hexadecimal) {
  const auto bytes = octets(hexadecimal);
  const auto stored = Stored::decode(bytes);
  ASSERT_TRUE(stored) << hexadecimal;
  EXPECT_EQ(stored->encode(), bytes) << hexadecimal;
}

TEST(StoredKeeps, FieldsThatItDoesNotKnow) {
  survives("a4 000f 0101 046161 1863 83 01f5 fb3ff8000000000000");
  survives("a6 000f 0101 046161 0b00 0ca10102 1bffffffffffffffff f6");
  survives("a3 0004 0101 05 a1 0901");                                  // a member of which no field is known
  survives("a3 0002 0101 0b 82 a1 186300 a1 0c00");                     // in answers
  survives("a3 0002 0101 0a a3 00666d6f64627573 06a2 0007 0901 0901");  // in the object and in the operation
}

TEST(StoredKeeps, KindsThatItDoesNotKnow) {
  const auto bytes = octets("a4 00184d 0103 0205 03 82 01 02");
  const Stored stored = Stored::decode(bytes).value();
  EXPECT_EQ(stored.kind_number(), 77);
  EXPECT_EQ(stored.version(), 3);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(stored.fact()));
  EXPECT_EQ(stored.when(), stored.written());
  EXPECT_EQ(stored.encode(), bytes);
  std::string line;
  append_json(line, stored, 4);
  EXPECT_EQ(line,
            "{\"timestamp\":\"1970-01-01T00:00:00.000000+0000\",\"event_type\":\"unknown\",\"rampart\":{\"kind\":77,"
            "\"cbor\":\"a400184d010302050382"
            "0102\",\"record\":4,\"written\":\"1970-01-01T00:00:00.000000+0000\"}}\n");
}

TEST(StoredKeeps, ProtocolsActionsAndSpacesThatItDoesNotKnow) {
  const auto bytes = octets("a3 0002 0101 0a a3 00 67 70726f66696e65 01 184d 06 a1 01 63 6a6172");
  const Stored stored = Stored::decode(bytes).value();
  const auto& operation = *std::get<Transaction>(stored.fact()).operation;
  EXPECT_FALSE(operation.protocol.known());
  EXPECT_EQ(operation.action, protocols::Action::read);
  EXPECT_FALSE(operation.object.addressed());
  EXPECT_EQ(stored.encode(), bytes);
  std::string line;
  append_json(line, stored, 1);
  EXPECT_EQ(line.back(), '\n');
  survives("a3 0003 0101 08 05");                                   // a severity
  survives("a3 0003 0101 08 1bffffffffffffffff");                   // one that no octet holds
  survives("a3 0002 0101 0a a2 00666d6f64627573 06a10163 6a6172");  // a space that Modbus does not have
  survives("a3 0002 0101 0a a1 06a101 05");                         // a space by number where nobody names it
  EXPECT_FALSE(taken("a3 0002 0101 0a a2 00666d6f64627573 06a10101")) << "a space by number that has a name";
  EXPECT_FALSE(taken("a3 0002 0101 0a a1 06a101 18ff")) << "no space";
}

}  // namespace
}  // namespace rampart::records
