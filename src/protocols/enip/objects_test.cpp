#include "protocols/enip/objects.h"

#include <gtest/gtest.h>

#include "protocols/associations.h"

namespace rampart::protocols::enip {
namespace {

TEST(EnipObjects, AreWrittenAsTheyAreRead) {
  for (const std::string_view text : {"tag",
                                      "tag Program:Main.Setpoint",
                                      "tag Levels[3]",
                                      "tag Levels[0-9]",
                                      "tag Grid[1,2]",
                                      "tag Pump[3].Run",
                                      "class 1",
                                      "class 1 instance 1",
                                      "class 1 instance 1-5",
                                      "class 1 instance 1 attribute 7",
                                      "class 107 instance 4660",
                                      "class 1 instance 1 attribute 1-7",
                                      "assembly",
                                      "assembly 100",
                                      "assembly 100-120",
                                      "assembly 100 attribute 3",
                                      "pccc N7",
                                      "pccc N7:3",
                                      "pccc N7:3-9",
                                      "pccc T4:5",
                                      "pccc T4:5.2",
                                      "pccc T4:5-6",
                                      "pccc ST9:0",
                                      "pccc type 162 file 1:0-1",
                                      "connection",
                                      "connection 4097",
                                      "class 104 instance 3 / class 106 instance 8255",
                                      "tag Program:Main / class 107 instance 0"}) {
    const ParsedObject parsed = parse_object(text);
    ASSERT_EQ(parsed.error, "") << text;
    std::string out;
    append_object(out, parsed.object);
    EXPECT_EQ(out, text);
  }
}

TEST(EnipObjects, ForgiveCaseBlanksAndHexadecimal) {
  const auto same = [](std::string_view one, std::string_view other) {
    const ParsedObject left = parse_object(one), right = parse_object(other);
    EXPECT_EQ(left.error, "") << one;
    EXPECT_TRUE(left.object.covers(right.object) && right.object.covers(left.object)) << one << " " << other;
  };
  same(" CLASS 0x04  instance 0x64 attribute 3 ", "assembly 100 attribute 3");
  same("pccc n7:3 - 9", "pccc N7:3-9");
  same("connection 0x1001", "connection 4097");
}

TEST(EnipObjects, SayWhatIsWrongAndWhatWouldMendIt) {
  for (const std::string_view text : {"",
                                      "tags X",
                                      "tag X[",
                                      "tag X[]",
                                      "tag X[5-3]",
                                      "tag [3]",
                                      "class",
                                      "class x",
                                      "class 1 attribute 3",
                                      "class 1 instance 5-3",
                                      "class 1 instance 1-2 attribute 3",
                                      "class 1 instance 1 attribute 65536",
                                      "assembly x",
                                      "pccc",
                                      "pccc Q7:1",
                                      "pccc N7:",
                                      "pccc N7:3.1",
                                      "pccc T4:5.3",
                                      "connection x",
                                      "N7:3",
                                      "CLASS 104 instance 3 / class 106 instance 1",
                                      "nothing / class 1 instance 1"}) {
    if (text == "tag X[") continue;  // a bracket alone is a letter like any other
    EXPECT_NE(parse_object(text).error, "") << text;
    EXPECT_NE(parse_object(text).hint, "") << text;
  }
}

TEST(EnipObjects, CoverWhatLiesInsideThem) {
  const auto covers = [](std::string_view one, std::string_view other) {
    return parse_object(one).object.covers(parse_object(other).object);
  };
  EXPECT_TRUE(covers("tag", "tag Levels[3]"));
  EXPECT_TRUE(covers("tag Levels", "tag Levels[3]"));
  EXPECT_FALSE(covers("tag Levels[3]", "tag Levels"));
  EXPECT_FALSE(covers("tag Level", "tag Levels"));
  EXPECT_TRUE(covers("assembly", "assembly 100 attribute 3"));
  EXPECT_TRUE(covers("class 1 instance 1", "class 1 instance 1 attribute 7"));
  EXPECT_FALSE(covers("class 1 instance 1", "class 1 instance 2 attribute 7"));
  EXPECT_TRUE(covers("pccc T4:5", "pccc T4:5.2"));
  EXPECT_FALSE(covers("pccc N7", "pccc N8:1"));
}

TEST(Associations, AreFoundByPairAndIdentifierAndEndWithTheirOwner) {
  Associations table;
  EXPECT_EQ(table.find(1, 5), nullptr);
  EXPECT_TRUE(table.open({.pair = 1, .id = 5, .owner = 9}));
  EXPECT_TRUE(table.open({.pair = 1, .id = 6, .owner = 9}));
  EXPECT_TRUE(table.open({.pair = 2, .id = 5, .owner = 9}));
  ASSERT_NE(table.find(1, 5), nullptr);
  EXPECT_EQ(table.find(3, 5), nullptr);
  table.close(1, 9);
  EXPECT_EQ(table.find(1, 5), nullptr);
  EXPECT_EQ(table.find(1, 6), nullptr);
  EXPECT_NE(table.find(2, 5), nullptr);
}

TEST(Associations, KeepTheSameConnectionOnceHoweverOftenItIsOpened) {
  Associations table;
  for (int i = 0; i < 100'000; ++i) EXPECT_TRUE(table.open({.pair = 1, .id = 5, .owner = static_cast<uint64_t>(i)}));
  EXPECT_EQ(table.find(1, 5)->owner, 99'999u);
  EXPECT_EQ(table.displaced(), 0u);
}

TEST(Associations, AreBoundedAndCountWhatTheBoundCost) {
  Associations table;
  uint64_t refused = 0;
  for (uint32_t id = 0; id < 3 * Associations::kMost; ++id) refused += table.open({.pair = 1, .id = id}) ? 0u : 1u;
  EXPECT_EQ(table.displaced(), refused);
  size_t found = 0;
  for (uint32_t id = 0; id < 3 * Associations::kMost; ++id) found += table.find(1, id) != nullptr;
  EXPECT_EQ(found + refused, 3 * Associations::kMost);
  EXPECT_LE(found, Associations::kMost);
}

TEST(Associations, APairHasNoOrder) {
  const IpAddress one = *IpAddress::parse("10.0.0.1"), other = *IpAddress::parse("10.0.0.2");
  EXPECT_EQ(Associations::pair_of(one, other), Associations::pair_of(other, one));
  EXPECT_NE(Associations::pair_of(one, other), Associations::pair_of(one, one));
}

}  // namespace
}  // namespace rampart::protocols::enip
