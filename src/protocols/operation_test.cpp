#include "protocols/operation.h"

#include <gtest/gtest.h>

namespace rampart::protocols {
namespace {

constexpr Object kRange{.unit = 1, .space = 3, .first = 100, .last = 119};

TEST(Action, OnlyReadingIdentifyingSessionsAndDiagnosisChangeNothing) {
  for (const std::string_view word : {"read", "identify", "session", "diagnose"})
    EXPECT_FALSE(changes(*parse_action(word)));
  for (const std::string_view word :
       {"write", "operate", "configure", "program", "start", "stop", "firmware", "file", "time"})
    EXPECT_TRUE(changes(*parse_action(word))) << word;
}

TEST(Action, HasAWordForEachAction) {
  for (size_t i = 0; i < kActionCount; ++i) {
    const auto action = static_cast<Action>(i);
    EXPECT_EQ(parse_action(to_text(action)), action);
  }
  EXPECT_FALSE(parse_action("reading"));
  EXPECT_FALSE(parse_action(""));
}

TEST(Attribute, HasAWordForEachKind) {
  EXPECT_EQ(to_text(Attribute::Kind::vendor), "vendor");
  EXPECT_EQ(to_text(Attribute::Kind::order_number), "order_number");
  EXPECT_EQ(to_text(Attribute::Kind::version), "version");
}

TEST(Direction, HasAnOpposite) {
  EXPECT_EQ(opposite(Direction::to_server), Direction::to_client);
  EXPECT_EQ(opposite(Direction::to_client), Direction::to_server);
}

TEST(Object, CoversWhatLiesWhollyInside) {
  EXPECT_TRUE(kRange.covers(kRange));
  EXPECT_TRUE(kRange.covers({.unit = 1, .space = 3, .first = 119, .last = 119}));
  EXPECT_FALSE(kRange.covers({.unit = 1, .space = 3, .first = 99, .last = 100}));
  EXPECT_FALSE(kRange.covers({.unit = 1, .space = 3, .first = 119, .last = 120}));
  EXPECT_FALSE(kRange.covers({.unit = 1, .space = 2, .first = 100, .last = 100}));
  EXPECT_FALSE(kRange.covers({.unit = 2, .space = 3, .first = 100, .last = 100}));
  EXPECT_FALSE(kRange.covers({.unit = 1, .space = 3, .container = 4, .first = 100, .last = 100}));
  EXPECT_FALSE(kRange.covers({.unit = 1, .space = 3, .first = 0, .last = Object::kAll}));
}

TEST(Object, CoversAnyUnitAndSpaceWhereItNamesNone) {
  const Object any_unit{.space = 3, .first = 0, .last = Object::kAll};
  EXPECT_TRUE(any_unit.covers(kRange));
  EXPECT_TRUE(Object{}.covers(kRange));
  EXPECT_FALSE(kRange.covers(Object{}));
}

TEST(Object, CoversByName) {
  EXPECT_TRUE((Object{.name = "OB1"}).covers({.name = "OB1"}));
  EXPECT_FALSE((Object{.name = "OB1"}).covers({.name = "OB2"}));
  EXPECT_FALSE((Object{.name = "OB1"}).covers({}));
}

TEST(Object, OverlapsWhereOneAddressIsShared) {
  EXPECT_TRUE(kRange.overlaps({.unit = 1, .space = 3, .first = 119, .last = 130}));
  EXPECT_TRUE(kRange.overlaps({.space = 3, .first = 0, .last = Object::kAll}));
  EXPECT_FALSE(kRange.overlaps({.unit = 1, .space = 3, .first = 120, .last = 130}));
  EXPECT_FALSE(kRange.overlaps({.unit = 2, .space = 3, .first = 100, .last = 100}));
  EXPECT_FALSE(kRange.overlaps({.unit = 1, .space = 4, .first = 100, .last = 100}));
}

TEST(OwnedOperation, OutlivesTheFrame) {
  OwnedOperation owned;
  {
    const std::vector<uint8_t> octets = {1, 2, 3, 4};
    const std::string name = "OB1";
    Operation operation;
    operation.object.name = name;
    operation.values = Values::numbers(ValueType::uint16, octets);
    owned.assign(operation);
  }
  EXPECT_EQ(owned.view().object.name, "OB1");
  ASSERT_TRUE(owned.view().values.fits());
  EXPECT_EQ(owned.view().values.at(1).natural, 0x0304u);
}

TEST(OwnedOperation, StaysWholeWhenItMoves) {
  const std::vector<uint8_t> octets = {0xaa, 0xbb};
  Operation operation;
  operation.object.name = "a name longer than any short string is";
  operation.values = Values::numbers(ValueType::uint8, octets);
  std::vector<OwnedOperation> all;
  for (int i = 0; i < 10; ++i) all.emplace_back(operation);
  for (const OwnedOperation& owned : all) {
    EXPECT_EQ(owned.view().object.name, operation.object.name);
    EXPECT_EQ(owned.view().values.at(1).natural, 0xbbu);
  }
}

TEST(OwnedAnswer, KeepsTheNameOfItsObject) {
  std::string name = "file.txt";
  Answer answer;
  answer.object = Object{.name = name};
  const OwnedAnswer owned(answer);
  name.assign("overwritten");
  EXPECT_EQ(owned.view().object->name, "file.txt");
  EXPECT_TRUE(owned.view().values.empty());
}

TEST(OwnedAnswer, TakesNothingFromNothing) {
  const OwnedAnswer owned{Answer{}};
  EXPECT_FALSE(owned.view().object);
  EXPECT_TRUE(owned.view().values.data.empty());
}

}  // namespace
}  // namespace rampart::protocols
