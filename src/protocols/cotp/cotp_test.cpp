#include "protocols/cotp/cotp.h"

#include <gtest/gtest.h>

#include <vector>

namespace rampart::protocols::cotp {
namespace {

using Octets = std::vector<uint8_t>;

TEST(Cotp, TpktLengthCountsItsOwnHeader) {
  const Octets unit = {3, 0, 0, 9, 2, 0xf0, 0x80, 0x32, 1};
  EXPECT_EQ(frame(unit).state, Frame::State::complete);
  EXPECT_EQ(frame(unit).size, 9u);
  const Octets without_header = {3, 0, 0, 5, 2, 0xf0, 0x80, 0x32, 1};
  EXPECT_EQ(frame(without_header).state, Frame::State::malformed);
  EXPECT_EQ(parse(Bytes(unit).first(8)).error, "tpkt length");
}

TEST(Cotp, PayloadBeginsWhereTheLengthIndicatorSays) {
  const Octets unit = {3, 0, 0, 11, 4, 0xf0, 0x80, 0xaa, 0xbb, 0x32, 1};
  const Tpdu tpdu = parse(unit);
  EXPECT_TRUE(tpdu.error.empty());
  EXPECT_EQ(tpdu.deviation, "cotp-header-length");
  ASSERT_EQ(tpdu.payload.size(), 2u);
  EXPECT_EQ(tpdu.payload[0], 0x32);
}

TEST(Cotp, LengthIndicatorBeyondThePacketIsMalformed) {
  for (const uint8_t indicator : Octets{0, 9, 254, 255}) {
    const Octets unit = {3, 0, 0, 9, indicator, 0xf0, 0x80, 0x32, 1};
    EXPECT_EQ(parse(unit).error, "cotp length indicator") << int{indicator};
    EXPECT_EQ(frame(unit).state, Frame::State::malformed) << int{indicator};
  }
}

TEST(Cotp, NumberOfADataUnitOtherThanZeroIsADeviation) {
  const Octets unit = {3, 0, 0, 9, 2, 0xf0, 0x85, 0x32, 1};
  const Tpdu tpdu = parse(unit);
  EXPECT_TRUE(tpdu.error.empty());
  EXPECT_EQ(tpdu.deviation, "tpdu-number");
  EXPECT_EQ(tpdu.number, 5);
  EXPECT_EQ(tpdu.payload.size(), 2u);
}

TEST(Cotp, ReservedOctetOfTpktOtherThanZeroIsADeviation) {
  const Octets unit = {3, 1, 0, 9, 2, 0xf0, 0x80, 0x32, 1};
  EXPECT_EQ(frame(unit).state, Frame::State::complete);
  EXPECT_EQ(parse(unit).deviation, "tpkt-reserved");
}

TEST(Cotp, OptionsOfAConnectAreRead) {
  const Octets unit = {3, 0, 0, 22, 17, 0xe0, 0, 0, 0, 1, 0, 0xc0, 1, 10, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2};
  const Tpdu tpdu = parse(unit);
  EXPECT_EQ(tpdu.type, Type::request);
  EXPECT_EQ(tpdu.source, 1);
  EXPECT_EQ(tpdu.maximum_octets, 1024u);
  ASSERT_EQ(tpdu.called_tsap.size(), 2u);
  EXPECT_EQ(tpdu.called_tsap[1], 2);
  EXPECT_EQ(tpdu.calling_tsap[1], 0);
}

TEST(Cotp, OptionsCutShortAreADeviation) {
  const Octets unit = {3, 0, 0, 14, 9, 0xe0, 0, 0, 0, 1, 0, 0xc0, 9, 10};
  EXPECT_EQ(parse(unit).deviation, "cotp-options");
}

TEST(Cotp, OtherClassesAreUnsupportedNotMalformed) {
  for (const uint8_t type : Octets{0x10, 0x20, 0x50, 0x60, 0xc0}) {
    const Octets unit = {3, 0, 0, 9, 4, type, 0, 0, 0};
    EXPECT_TRUE(parse(unit).error.empty());
    EXPECT_EQ(parse(unit).unsupported, "cotp class other than 0");
  }
  const Octets unknown = {3, 0, 0, 9, 4, 0x30, 0, 0, 0};
  EXPECT_EQ(parse(unknown).error, "unknown cotp unit");
  const Octets short_connect = {3, 0, 0, 8, 3, 0xe0, 0, 0};
  EXPECT_EQ(parse(short_connect).error, "cotp header too short");
}

TEST(Cotp, AskForMoreUntilTheFrameIsWhole) {
  const Octets unit = {3, 0, 0, 9, 2, 0xf0, 0x80, 0x32, 1};
  EXPECT_EQ(frame({}).size, kTpktOctets);
  for (size_t size = 1; size < unit.size(); ++size) {
    EXPECT_EQ(frame(Bytes(unit).first(size)).state, Frame::State::more) << size;
  }
  EXPECT_EQ(frame(Bytes(unit).first(5)).size, 9u);
}

TEST(Cotp, ALengthIsNotTrustedBeforeTheHeaderBehindItIsPossible) {
  const Octets http = {3, 0, 0xff, 0xff, 'G', 'E', 'T', ' '};
  EXPECT_EQ(frame(http).state, Frame::State::malformed);
  const Octets text = {'G', 'E', 'T', ' '};
  EXPECT_EQ(frame(text).state, Frame::State::malformed);
}

TEST(Cotp, ResyncFindsTheNextHeaderThatIsFollowedByAnother) {
  Octets bytes = {3, 0, 3, 0, 0, 0x70, 3, 0, 0, 9, 9, 9};  // what only looks like headers
  const size_t garbage = bytes.size();
  append_data(bytes, Octets{0x32, 1, 0, 0}, kDefaultOctets);
  append_data(bytes, Octets{0x32, 3, 0, 0}, kDefaultOctets);
  EXPECT_EQ(resync(bytes), garbage);
}

TEST(Cotp, ResyncLandsInTheMiddleOfAMessageOnlyWhereASuccessorProvesIt) {
  Octets bytes = {0xaa, 0xbb};
  append_data(bytes, Octets{0x99, 0x98, 0x97}, kDefaultOctets);
  EXPECT_EQ(resync(bytes), bytes.size());
  append_data(bytes, Octets{0x32, 1}, kDefaultOctets);
  EXPECT_EQ(resync(bytes), 2u);
}

TEST(Cotp, ResyncKeepsAnUnfinishedHeaderAtTheEnd) {
  const Octets bytes = {0xaa, 0xbb, 3, 0, 0};
  EXPECT_EQ(resync(bytes), 2u);
  const Octets nothing = {0xaa, 0xbb, 0xcc};
  EXPECT_EQ(resync(nothing), 3u);
}

TEST(Cotp, FragmentsAreJoinedUntilTheEndOfTransmission) {
  Reassembler reassembler(8);
  const Octets first = {1, 2, 3};
  const Octets second = {4, 5};
  EXPECT_EQ(reassembler.add({.last = false, .payload = first}), Reassembler::State::held);
  EXPECT_TRUE(reassembler.holds());
  EXPECT_EQ(reassembler.add({.last = true, .payload = second}), Reassembler::State::complete);
  EXPECT_EQ(Octets(reassembler.message().begin(), reassembler.message().end()), (Octets{1, 2, 3, 4, 5}));
  EXPECT_EQ(reassembler.add({.last = true, .payload = first}), Reassembler::State::complete);
  EXPECT_EQ(reassembler.message().data(), first.data());  // not copied
}

TEST(Cotp, AMessageBeyondTheLimitIsPassedOverToItsEnd) {
  Reassembler reassembler(4);
  const Octets part = {1, 2, 3};
  EXPECT_EQ(reassembler.add({.last = false, .payload = part}), Reassembler::State::held);
  EXPECT_EQ(reassembler.add({.last = false, .payload = part}), Reassembler::State::too_long);
  EXPECT_EQ(reassembler.add({.last = true, .payload = part}), Reassembler::State::too_long);
  EXPECT_EQ(reassembler.add({.last = true, .payload = part}), Reassembler::State::complete);
  EXPECT_EQ(reassembler.message().size(), 3u);
}

TEST(Cotp, WhatIsDroppedDoesNotComeBack) {
  Reassembler reassembler(64);
  const Octets part = {1, 2, 3};
  reassembler.add({.last = false, .payload = part});
  reassembler.drop();
  EXPECT_FALSE(reassembler.holds());
  EXPECT_EQ(reassembler.add({.last = true, .payload = part}), Reassembler::State::complete);
  EXPECT_EQ(reassembler.message().size(), 3u);
}

TEST(Cotp, LongMessagesAreWrittenInUnitsOfTheNegotiatedSize) {
  Octets out;
  append_data(out, Octets(300, 7), kDefaultOctets);
  Reassembler reassembler(1000);
  Bytes left(out);
  int units = 0;
  while (!left.empty()) {
    const Frame next = frame(left);
    ASSERT_EQ(next.state, Frame::State::complete);
    EXPECT_LE(next.size, kDefaultOctets + kTpktOctets);
    reassembler.add(parse(left.first(next.size)));
    left = left.subspan(next.size);
    ++units;
  }
  EXPECT_EQ(units, 3);
  EXPECT_EQ(reassembler.message().size(), 300u);
}

}  // namespace
}  // namespace rampart::protocols::cotp
