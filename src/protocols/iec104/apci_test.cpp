#include "protocols/iec104/apci.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/iec104/wire.h"

namespace rampart::protocols::iec104::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kPoint = "01 01 03 00 01 00 e8 03 00 01";  // single point at 1000, spontaneous
const std::string kPointLine = "unsolicited read single-point id ";

std::string point_line(uint32_t id) { return kPointLine + std::to_string(id) + " [ioa 1000 unit 1] = 1000:1"; }

TEST(Iec104Apci, LengthsFrom4To253MakeAFrame) {
  Octets bytes(255, 0);
  bytes[0] = kStart;
  for (int length = 0; length < 256; ++length) {
    bytes[1] = static_cast<uint8_t>(length);
    const Frame frame = find_frame(bytes);
    const bool good = length >= 4 && length <= 253;
    EXPECT_EQ(frame.state, good ? Frame::State::complete : Frame::State::malformed) << length;
    EXPECT_EQ(frame.size, good ? static_cast<size_t>(length) + 2 : 0u) << length;
  }
  EXPECT_EQ(find_frame(Bytes(bytes).first(1)).state, Frame::State::more);
  bytes[0] = 0x10;
  EXPECT_EQ(find_frame(bytes).state, Frame::State::malformed);
}

TEST(Iec104Apci, TheLongestFrameIsReadWhole) {
  Octets segment = hex("7d 01 0d 00 01 00 31 75 00 02 00 01 ec");  // 236 octets of a file: 253 in all
  segment.resize(13 + 236, 0x41);
  Conversation conversation;
  const Octets longest = frame(0, 0, segment);
  ASSERT_EQ(longest.size(), kFrameOctets);
  EXPECT_EQ(conversation.feed(Direction::to_client, longest).size(), 1u);
}

TEST(Iec104Apci, UnnumberedFramesAreSessionOperationsAndTheirConfirmationsAnswers) {
  Conversation conversation;
  const auto ask = [&](uint8_t function) {
    return conversation.feed(Direction::to_server, unnumbered_frame(function));
  };
  const auto answer = [&](uint8_t function) {
    return conversation.feed(Direction::to_client, unnumbered_frame(function));
  };
  EXPECT_THAT(ask(0x07), ElementsAre("operation session start-data-transfer item 0 id 0 []"));
  EXPECT_THAT(answer(0x0b), ElementsAre("answer session start-data-transfer id 0"));
  EXPECT_THAT(ask(0x43), ElementsAre("operation session test-frame item 0 id 0 []"));
  EXPECT_THAT(answer(0x83), ElementsAre("answer session test-frame id 0"));
  EXPECT_THAT(answer(0x43), ElementsAre("operation session test-frame item 0 id 0 []")) << "either side may test";
  EXPECT_THAT(ask(0x83), ElementsAre("answer session test-frame id 0"));
  EXPECT_THAT(ask(0x13), ElementsAre("operation session stop-data-transfer item 0 id 0 []"));
  EXPECT_THAT(answer(0x23), ElementsAre("answer session stop-data-transfer id 0"));
}

TEST(Iec104Apci, UnnumberedFramesHaveExactlyOneFunctionAndNoData) {
  Conversation conversation;
  for (const int function : {0x03, 0x17, 0x0f, 0xff, 0x4b}) {
    EXPECT_THAT(conversation.feed(Direction::to_server, unnumbered_frame(static_cast<uint8_t>(function))),
                ElementsAre("malformed unnumbered frame without exactly one function"))
        << function;
  }
  EXPECT_THAT(conversation.feed(Direction::to_server, hex("68 04 07 00 01 00")),
              ElementsAre("malformed unnumbered frame without exactly one function"));
  EXPECT_THAT(conversation.feed(Direction::to_server, hex("68 05 07 00 00 00 00")),
              ElementsAre("malformed unnumbered frame with data"));
}

TEST(Iec104Apci, SupervisoryFramesSayNothingByThemselves) {
  Conversation conversation;
  EXPECT_THAT(conversation.feed(Direction::to_server, supervisory(5)), IsEmpty());
  EXPECT_THAT(conversation.feed(Direction::to_server, hex("68 04 01 00 01 00")),
              ElementsAre("malformed supervisory frame"));
  EXPECT_THAT(conversation.feed(Direction::to_server, hex("68 05 01 00 00 00 00")),
              ElementsAre("malformed supervisory frame"));
}

// Send and receive sequence numbers.

Lines point(Conversation& conversation, uint16_t send, uint16_t receive = 0) {
  return conversation.feed(Direction::to_client, frame(send, receive, hex(kPoint)));
}

TEST(Iec104Sequence, TheFirstFrameMayHaveAnyNumberWithoutAlarm) {
  // Some controllers begin with 1 (2 on the wire, where the field is shifted); recordings begin anywhere.
  for (const uint16_t first : std::initializer_list<uint16_t>{0, 1, 17, 32767}) {
    Conversation conversation;
    EXPECT_THAT(point(conversation, first), ElementsAre(point_line(first)));
    const auto next = static_cast<uint16_t>((first + 1) % 32768);
    EXPECT_THAT(point(conversation, next), ElementsAre(point_line(next)));
  }
}

TEST(Iec104Sequence, NumbersCountModulo32768) {
  Conversation conversation;
  EXPECT_EQ(point(conversation, 32766).size(), 1u);
  EXPECT_EQ(point(conversation, 32767).size(), 1u);
  EXPECT_EQ(point(conversation, 0).size(), 1u);
  EXPECT_EQ(point(conversation, 1).size(), 1u);
}

TEST(Iec104Sequence, AGapIsToldOnceAndTheFrameIsRead) {
  Conversation conversation;
  EXPECT_EQ(point(conversation, 4).size(), 1u);
  EXPECT_THAT(point(conversation, 6), ElementsAre(point_line(6), "malformed send sequence numbers are missing"));
  EXPECT_THAT(point(conversation, 7), ElementsAre(point_line(7)));
}

TEST(Iec104Sequence, ARepeatedFrameIsToldAndTheCountGoesOn) {
  Conversation conversation;
  EXPECT_EQ(point(conversation, 4).size(), 1u);
  EXPECT_THAT(point(conversation, 4), ElementsAre(point_line(4), "malformed send sequence number repeated"));
  EXPECT_THAT(point(conversation, 5), ElementsAre(point_line(5)));
  EXPECT_THAT(point(conversation, 2), ElementsAre(point_line(2), "malformed send sequence number repeated"));
}

TEST(Iec104Sequence, BothDirectionsCountApart) {
  Conversation conversation;
  EXPECT_EQ(point(conversation, 4, 100).size(), 1u);
  EXPECT_EQ(conversation.feed(Direction::to_server, frame(100, 5, hex("64 01 06 00 01 00 00 00 00 14"))).size(), 1u);
  EXPECT_EQ(point(conversation, 5, 101).size(), 1u);
}

TEST(Iec104Sequence, NothingIsMissingWhereOctetsWereLost) {
  Conversation conversation;
  EXPECT_EQ(point(conversation, 4).size(), 1u);
  conversation.decoder().lost(Direction::to_client, 100);
  EXPECT_THAT(point(conversation, 40), ElementsAre(point_line(40)));
}

TEST(Iec104Sequence, MoreThanTheWindowUnacknowledgedIsToldOnce) {
  Conversation conversation;
  conversation.feed(Direction::to_server, supervisory(0));
  Lines told;
  for (uint16_t send = 0; send < 30; ++send) {
    for (const std::string& line : point(conversation, send)) {
      if (line.starts_with("deviation")) told.push_back(line + " at " + std::to_string(send));
    }
  }
  EXPECT_THAT(told, ElementsAre("deviation window-exceeded at 12"));
}

TEST(Iec104Sequence, AWindowThatIsAcknowledgedInTimeIsNotTold) {
  Conversation conversation;
  for (uint16_t send = 0; send < 100; ++send) {
    if (send % 12 == 0) {
      EXPECT_THAT(conversation.feed(Direction::to_server, supervisory(send)), IsEmpty()) << send;
    }
    EXPECT_THAT(point(conversation, send), ElementsAre(point_line(send)));
  }
}

TEST(Iec104Sequence, AcknowledgingWhatWasNotSentIsADeviation) {
  Conversation conversation;
  conversation.feed(Direction::to_server, supervisory(0));
  EXPECT_EQ(point(conversation, 0).size(), 1u);
  EXPECT_THAT(conversation.feed(Direction::to_server, supervisory(1)), IsEmpty());
  EXPECT_THAT(conversation.feed(Direction::to_server, supervisory(5)), ElementsAre("deviation acknowledges-unsent"));
  EXPECT_THAT(conversation.feed(Direction::to_server, supervisory(2)), ElementsAre("deviation acknowledges-backwards"));
}

TEST(Iec104Sequence, DataAfterAConfirmedStopAreADeviationOnce) {
  Conversation conversation;
  conversation.feed(Direction::to_client, unnumbered_frame(0x23));
  EXPECT_THAT(point(conversation, 0), ElementsAre("deviation data-while-stopped", point_line(0)));
  EXPECT_THAT(point(conversation, 1), ElementsAre(point_line(1)));
  conversation.feed(Direction::to_client, unnumbered_frame(0x23));
  conversation.feed(Direction::to_server, unnumbered_frame(0x07));
  EXPECT_THAT(point(conversation, 2), ElementsAre(point_line(2)));
}

// Recognition by content.

Match probe(std::string_view text) {
  Conversation conversation;
  return conversation.decoder().probe(Direction::to_server, hex(text));
}

TEST(Iec104Probe, KnowsItsFramesFromTheFirstOctetsOn) {
  EXPECT_EQ(probe("68"), Match::more);
  EXPECT_EQ(probe("68 04 07 00"), Match::more);
  EXPECT_EQ(probe("68 04 07 00 00 00"), Match::yes);
  EXPECT_EQ(probe("68 04 01 00 d8 06"), Match::yes);
  EXPECT_EQ(probe("68 0e 00 00 00 00 64 01 06 00 01 00"), Match::yes) << "its end is not there yet";
  EXPECT_EQ(probe("68 0e 00 00 00 00 64"), Match::more);
  EXPECT_EQ(probe("68 0a 00 00 00 00 c8 01 06 00 01 00"), Match::yes) << "a private type in a frame that is right";
}

TEST(Iec104Probe, SaysNoToOthers) {
  EXPECT_EQ(probe("68 0b 0b 68 53 01 64 01 06 01 00 00 14 d4 16"), Match::no) << "FT1.2 frames of -101 begin alike";
  EXPECT_EQ(probe("68 04 07 00 00 01"), Match::no);
  EXPECT_EQ(probe("68 65 6c 6c 6f 20 77 6f 72 6c 64 0d 0a"), Match::no) << "a text";
  EXPECT_EQ(probe("00 01 00 00 00 06 01 03 00 00 00 01"), Match::no) << "Modbus";
  EXPECT_EQ(probe("03 00 00 16 11 e0 00 00 00 01 00 c0 01 0a"), Match::no) << "TPKT";
  EXPECT_EQ(probe("05 64 05 c0 01 00 00 04 e9 21"), Match::no) << "DNP3";
}

TEST(Iec104Probe, FindsAStreamThatBeginsInsideAFrame) {
  EXPECT_EQ(probe("01 00 e8 03 00 01 68 04 43 00 00 00"), Match::yes);
  EXPECT_EQ(probe("01 00 e8 03 00 01 68 0e 02 00 00 00 64 01 06 00 01 00 00 00 00 14 68 04 01 00 02 00"), Match::yes);
  EXPECT_EQ(probe("01 00 e8 03 00 01 68 0e 02 00 00 00 64 01 06 00 01 00 00 00 00 14"), Match::no) << "may be chance";
  EXPECT_EQ(probe("00 68 0e 02 00 00 00 64 01 06 00 01 00 00 00 00 14"), Match::yes) << "behind a keep-alive's octet";
  EXPECT_EQ(probe("00"), Match::more) << "of a keep-alive";
  EXPECT_EQ(probe("00 68"), Match::more);
  EXPECT_EQ(probe("00 68 0e 02 00 00 00 64 01 06 00 01 00 00 00"), Match::more);
  EXPECT_EQ(probe("00 00 68"), Match::no) << "nothing yet";
}

TEST(Iec104Probe, ResynchronisesOnlyOnAVerifiedHeader) {
  Conversation conversation;
  const auto resync = [&](std::string_view text) {
    return conversation.decoder().resync(Direction::to_client, hex(text));
  };
  EXPECT_EQ(resync("68 03 68 04 68 04 83 00 00 00"), 4u);
  EXPECT_EQ(resync("00 68 0e 00 00 00 00 64 01 06 00 01 00 00 00 00 14 68 04"), 1u);
  EXPECT_EQ(resync("00 68 0e 00 00 00 00 64 01 06 00 01 00 00 00 00 14 55 04"), 19u) << "what follows is no frame";
  EXPECT_EQ(resync("68 0f 00 00 00 00 64 01 06 00 01 00 00 00 00 14 00"), 17u) << "the length is not that of the type";
  EXPECT_EQ(resync("68 03 68 05 01 00 00 00 00"), 9u);
}

TEST(Iec104Probe, ResynchronisesAlsoWhereOctetsComeOneByOne) {
  const Octets stream = hex("00 68 03 68 04 68 68 04 83 00 00 00 68 0e 00 00 00 00 64 01 0a 00 01 00 00 00 00 14");
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{5}, SIZE_MAX}) {
    Conversation conversation;
    conversation.stream(Direction::to_client, stream, piece);
    EXPECT_THAT(conversation.take(),
                ElementsAre("answer session test-frame id 0", "answer read interrogation id 0 [station unit 1] = 20"))
        << piece;
  }
}

}  // namespace
}  // namespace rampart::protocols::iec104::testing
