// Operations that are to be on record before they are let through: `journal: before`, and what loads or stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/testing.h"

namespace rampart::gateway {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const char* const kRules =
    R"(      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
      - {id: set, allow: write, protocol: modbus, from: [scada], to: [plc], objects: [holding-register 10],
         journal: before, essential: no}
      - {id: vital, allow: write, protocol: modbus, from: [scada], to: [plc], objects: [holding-register 11],
         journal: before}
      - {id: halt, allow: [stop, diagnose], protocol: modbus, from: [scada], to: [plc], essential: no}
)";
const char* const kRead = "0001 0000 0006 01 03 0000 0002";
const char* const kReadAnswer = "0001 0000 0007 01 03 04 0001 0002";
const char* const kWrite = "0003 0000 0006 01 06 000a 0005";
const char* const kBusy = "0003 0000 0003 01 86 06";
const char* const kVital = "0004 0000 0006 01 06 000b 0005";
const char* const kListenOnly = "0005 0000 0006 01 08 0004 0000";

Octets operator+(Octets one, const Octets& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}

class RecordFirst : public ::testing::Test {
 protected:
  RecordFirst() { one.judge.write_to(book); }
  bool resume() { return one.gate->resume(one.now, one.wires); }

  Book book;
  Case one{plant_with(kRules)};
};

TEST_F(RecordFirst, NothingPassesBeforeItsRecordIsDurable) {
  EXPECT_TRUE(one.ask(kWrite));
  EXPECT_THAT(book.kept, ElementsAre("write-single-register recorded-before"));
  EXPECT_TRUE(one.gate->writes_first(Direction::to_server));
  EXPECT_TRUE(resume());
  EXPECT_TRUE(one.wires.server.empty());
  book.on_disk = 1;
  EXPECT_TRUE(resume());
  EXPECT_EQ(one.wires.server, hex(kWrite));
  EXPECT_FALSE(one.gate->writes_first());
  EXPECT_TRUE(one.reply(kWrite));
  EXPECT_EQ(one.wires.client, hex(kWrite));
  EXPECT_THAT(one.told.transactions, ElementsAre("write-single-register allowed ok"));
  EXPECT_TRUE(one.told.findings.empty());
}

TEST_F(RecordFirst, WhatComesBehindKeepsItsOrderAndAnswersGoOn) {
  EXPECT_TRUE(one.ask(kRead));
  EXPECT_TRUE(one.ask(hex(kWrite) + hex(kRead)));
  EXPECT_EQ(one.wires.server, hex(kRead));
  EXPECT_TRUE(one.reply(kReadAnswer));
  EXPECT_EQ(one.wires.client, hex(kReadAnswer));
  EXPECT_TRUE(one.ask(Bytes(hex(kRead)).first(5)));
  book.on_disk = 1;
  EXPECT_TRUE(resume());
  EXPECT_EQ(one.wires.server, hex(kRead) + hex(kWrite) + hex(kRead));
  EXPECT_TRUE(one.ask(Bytes(hex(kRead)).subspan(5)));
  EXPECT_EQ(one.wires.server, hex(kRead) + hex(kWrite) + hex(kRead) + hex(kRead));
}

TEST_F(RecordFirst, OneOctetAtATimeIsTheSame) {
  EXPECT_TRUE(one.dribble(Direction::to_server, hex(kWrite) + hex(kVital) + hex(kRead)));
  EXPECT_TRUE(one.wires.server.empty());
  book.on_disk = 2;
  EXPECT_TRUE(resume());
  EXPECT_EQ(one.wires.server, hex(kWrite));
  EXPECT_TRUE(resume());
  EXPECT_EQ(one.wires.server, hex(kWrite) + hex(kVital) + hex(kRead));
}

TEST_F(RecordFirst, WithoutRoomItIsRefusedAndAnEssentialOnePasses) {
  book.full = true;
  EXPECT_TRUE(one.ask(kWrite));
  EXPECT_EQ(one.wires.client, hex(kBusy));
  EXPECT_TRUE(one.wires.server.empty());
  EXPECT_TRUE(one.ask(kVital));
  EXPECT_EQ(one.wires.server, hex(kVital));
  EXPECT_THAT(one.told.findings, ElementsAre("not-recorded", "not-recorded"));
  EXPECT_THAT(one.told.messages[0], HasSubstr("no room for it; refused by the gateway"));
  EXPECT_THAT(one.told.messages[1], HasSubstr("passed without"));
}

TEST_F(RecordFirst, ADiskThatDoesNotTakeItIsGivenUpAfterASecond) {
  EXPECT_TRUE(one.ask(hex(kWrite) + hex(kVital)));
  one.now += std::chrono::milliseconds(999);
  EXPECT_TRUE(resume());
  EXPECT_TRUE(one.wires.client.empty());
  one.now += std::chrono::milliseconds(1);
  EXPECT_TRUE(resume());
  EXPECT_EQ(one.wires.client, hex(kBusy));
  one.now += std::chrono::seconds(1);
  EXPECT_TRUE(resume());
  EXPECT_EQ(one.wires.server, hex(kVital));
  EXPECT_THAT(one.told.findings, ElementsAre("not-recorded", "not-recorded"));
}

TEST_F(RecordFirst, AClockSetBackDoesNotHoldItForEver) {
  EXPECT_TRUE(one.ask(kWrite));
  one.now -= std::chrono::hours(1);
  one.gate->shift(-std::chrono::hours(1));
  EXPECT_TRUE(resume());
  EXPECT_TRUE(one.wires.client.empty());
  one.now += std::chrono::seconds(1);
  EXPECT_TRUE(resume());
  EXPECT_EQ(one.wires.client, hex(kBusy));
}

TEST_F(RecordFirst, WhatStopsAControllerIsRecordedFirstWithoutBeingAsked) {
  EXPECT_TRUE(one.ask(kListenOnly));
  EXPECT_EQ(book.kept.size(), 1u);
  EXPECT_TRUE(one.wires.server.empty());
  book.on_disk = 1;
  EXPECT_TRUE(resume());
  EXPECT_EQ(one.wires.server, hex(kListenOnly));
}

TEST_F(RecordFirst, AnotherPlantJudgesWhatStillWaits) {
  EXPECT_TRUE(one.ask(kWrite));
  const std::string reads = "      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}\n";
  one.judge.take({one.judge.shared_policy(), policy_of(plant_with(reads))}, one.now);
  one.judge.place(one.talk);
  book.on_disk = 1;
  EXPECT_TRUE(resume());
  EXPECT_TRUE(one.wires.server.empty());
  EXPECT_THAT(one.told.transactions, ElementsAre("write-single-register denied refused by-gateway"));
}

TEST(RecordFirstWithoutJournal, ARuleThatSaysBeforeIsRefusedAndAStopPasses) {
  Case one(plant_with(kRules));
  EXPECT_TRUE(one.ask(kWrite));
  EXPECT_EQ(one.wires.client, hex(kBusy));
  EXPECT_TRUE(one.ask(kListenOnly));
  EXPECT_EQ(one.wires.server, hex(kListenOnly));
  EXPECT_THAT(one.told.messages[0], HasSubstr("there is no journal"));
}

TEST_F(RecordFirst, DatagramsWaitBehindOneAndKeepTheirOrder) {
  const auto ask = [&](const char* octets) {
    return one.gate->take(Direction::to_server, hex(octets), true, one.now, one.wires);
  };
  EXPECT_TRUE(ask(kWrite));
  EXPECT_TRUE(ask(kRead));
  EXPECT_TRUE(one.wires.server.empty());
  book.on_disk = 1;
  EXPECT_TRUE(resume());
  EXPECT_EQ(one.wires.server, hex(kWrite) + hex(kRead));
}

}  // namespace
}  // namespace rampart::gateway
