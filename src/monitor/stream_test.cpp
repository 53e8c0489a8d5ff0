#include "monitor/stream.h"

#include <gtest/gtest.h>

#include <string>

#include "monitor/stream_testing.h"

namespace rampart::monitor {
namespace {

using namespace rampart::monitor::testing;

class Stream : public ::testing::Test {
 protected:
  void feed(Direction direction, uint32_t sequence, std::string_view payload, uint8_t flags = 0,
            uint32_t acknowledgement = 0, int milliseconds = 0, uint32_t missing = 0) {
    TcpSegment segment;
    segment.sequence = sequence;
    segment.acknowledgement = acknowledgement;
    segment.flags = flags;
    segment.payload = as_bytes(payload);
    segment.missing = missing;
    segment.time = at_ms(milliseconds);
    stream.feed(context, direction, segment, heard);
  }
  void ask(uint32_t sequence, std::string_view payload, int milliseconds = 0) {
    feed(kServer, sequence, payload, 0, 0, milliseconds);
  }
  void acknowledge(uint32_t number, int milliseconds = 0) {
    feed(kClient, 500, "", tcp_flag::ack, number, milliseconds);
  }
  std::string flushed() {
    stream.flush(context, heard);
    EXPECT_EQ(context.held_octets, 0u);
    return heard.of(kServer);
  }
  StreamContext context;
  TcpStream stream;
  Heard heard;
};

TEST_F(Stream, IsSmallWhenIdle) { EXPECT_LE(sizeof(TcpStream), 64u); }

TEST_F(Stream, PassesAHandshakeBothDirectionsAndBothEnds) {
  feed(kServer, 99, "", tcp_flag::syn);
  feed(kClient, 199, "", tcp_flag::syn | tcp_flag::ack, 100);
  feed(kServer, 100, "", tcp_flag::ack, 200);
  feed(kServer, 100, "abc", tcp_flag::ack, 200);
  feed(kClient, 200, "xyz", tcp_flag::ack, 103);
  feed(kServer, 103, "d", tcp_flag::ack | tcp_flag::fin, 203);
  feed(kClient, 203, "", tcp_flag::ack | tcp_flag::fin, 105);
  feed(kServer, 105, "", tcp_flag::ack, 204);
  EXPECT_EQ(heard.of(kServer), "abcd.");
  EXPECT_EQ(heard.of(kClient), "xyz.");
  EXPECT_TRUE(stream.over());
  stream.flush(context, heard);
  EXPECT_EQ(heard.of(kServer), "abcd.");
}

TEST_F(Stream, PutsSegmentsInOrder) {
  ask(1, "ab");
  ask(5, "ef");
  ask(3, "cd");
  EXPECT_EQ(heard.of(kServer), "abcdef");
  EXPECT_FALSE(stream.holding());
  EXPECT_EQ(context.held_octets, 0u);
}

TEST_F(Stream, GoesOnOverTheWrapOfSequenceNumbers) {
  ask(0xfffffffe, "ab");
  ask(2, "ef");
  ask(0, "cd");
  ask(4, "gh");
  ask(0xfffffffe, "ab");
  EXPECT_EQ(heard.of(kServer), "abcdefgh");
}

TEST_F(Stream, DropsRetransmissionsAndTrimsOverlaps) {
  ask(1, "abcd");
  ask(1, "abcd");
  ask(3, "cdef");
  ask(1, "xxxxxxg");
  EXPECT_EQ(heard.of(kServer), "abcdefg");
  EXPECT_EQ(context.statistics.retransmitted, 1u);
  EXPECT_EQ(context.statistics.trimmed, 2u);
}

TEST_F(Stream, LetsTheFirstDataWinAndCountsWhatDiffers) {
  ask(1, "a");
  ask(4, "def");
  ask(3, "CDEFG");
  ask(2, "b");
  EXPECT_EQ(heard.of(kServer), "abCdefG");
  EXPECT_EQ(context.statistics.conflicting, 1u);
}

TEST_F(Stream, LetsHeldDataWinOverASegmentThatFillsTheHole) {
  ask(1, "a");
  ask(4, "d");
  ask(2, "bcXefg");
  EXPECT_EQ(heard.of(kServer), "abcdefg");
  EXPECT_EQ(context.statistics.conflicting, 1u);
}

TEST_F(Stream, BeginsWithTheFirstDataOfAConnectionAlreadyRunning) {
  feed(kServer, 700, "", tcp_flag::ack, 900);
  ask(750, "ab");
  feed(kClient, 900, "xy", tcp_flag::ack, 752);
  EXPECT_EQ(flushed(), "ab");
  EXPECT_EQ(heard.of(kClient), "xy");
  EXPECT_FALSE(stream.synchronised(kServer));
}

TEST_F(Stream, TakesTheFirstNumberFromTheSyn) {
  feed(kServer, 9, "", tcp_flag::syn);
  ask(12, "cd");
  EXPECT_EQ(heard.of(kServer), "");
  ask(10, "ab");
  EXPECT_EQ(heard.of(kServer), "abcd");
  EXPECT_TRUE(stream.synchronised(kServer));
}

TEST_F(Stream, TakesDataFromASyn) {
  feed(kServer, 9, "ab", tcp_flag::syn);
  ask(12, "cd");
  EXPECT_EQ(heard.of(kServer), "abcd");
}

TEST_F(Stream, AcceptsASynRecordedBehindItsData) {
  ask(10, "ab");
  feed(kServer, 9, "", tcp_flag::syn);
  ask(12, "cd");
  EXPECT_EQ(heard.of(kServer), "abcd");
  EXPECT_EQ(context.statistics.restarts, 0u);
}

TEST_F(Stream, IgnoresKeepAliveProbes) {
  ask(1, "abc");
  ask(3, "");
  ask(3, "?");
  ask(4, "def");
  EXPECT_EQ(heard.of(kServer), "abcdef");
  EXPECT_EQ(context.statistics.keep_alives, 2u);
}

TEST_F(Stream, IgnoresAKeepAliveProbeThatIsTheFirstThingSeen) {
  feed(kServer, 99, "", tcp_flag::ack, 500);
  feed(kClient, 500, "", tcp_flag::ack, 100);
  feed(kServer, 99, "?", tcp_flag::ack, 500);
  feed(kServer, 100, "abc", tcp_flag::ack, 500);
  EXPECT_EQ(flushed(), "abc");
}

TEST_F(Stream, PassesZeroWindowProbes) {
  ask(1, "abc");
  ask(4, "d");
  ask(4, "def");
  EXPECT_EQ(heard.of(kServer), "abcdef");
}

TEST_F(Stream, WaitsForTheLastSegmentBeforeItCloses) {
  ask(1, "ab");
  feed(kServer, 5, "", tcp_flag::fin);
  EXPECT_FALSE(stream.closed(kServer));
  ask(3, "cd");
  EXPECT_EQ(heard.of(kServer), "abcd.");
  feed(kServer, 5, "", tcp_flag::fin);
  EXPECT_EQ(flushed(), "abcd.");
}

TEST_F(Stream, PassesAndCountsDataBehindAFin) {
  feed(kServer, 1, "ab", tcp_flag::fin);
  ask(3, "cd");
  EXPECT_EQ(flushed(), "ab.cd");
  EXPECT_EQ(context.statistics.data_after_fin, 1u);
}

TEST_F(Stream, PutsOutWhatItHasBeforeAReset) {
  ask(1, "ab");
  ask(5, "ef");
  feed(kServer, 7, "", tcp_flag::rst);
  EXPECT_EQ(heard.of(kServer), "ab<2>ef!");
  EXPECT_TRUE(stream.over());
  feed(kClient, 1, "", tcp_flag::rst);
  EXPECT_EQ(heard.of(kClient), "");
}

TEST_F(Stream, IgnoresAResetFarFromWhatIsExpected) {
  ask(1, "ab");
  feed(kServer, 1u << 30, "", tcp_flag::rst);
  ask(3, "cd");
  EXPECT_EQ(flushed(), "abcd");
  EXPECT_EQ(context.statistics.late_resets, 1u);
}

TEST_F(Stream, TakesARefusedConnectionAsReset) {
  feed(kServer, 1, "", tcp_flag::syn);
  feed(kClient, 0, "", tcp_flag::rst | tcp_flag::ack, 2);
  EXPECT_EQ(heard.of(kClient), "!");
}

TEST_F(Stream, DoesNotTakeAnAcknowledgementRecordedBeforeTheDataForALoss) {
  feed(kClient, 500, "x", tcp_flag::ack, 1);
  ask(1, "ab");
  acknowledge(9);
  ask(5, "ef");
  ask(7, "gh");
  EXPECT_EQ(heard.of(kServer), "ab");
  ask(3, "cd");
  EXPECT_EQ(flushed(), "abcdefgh");
  EXPECT_EQ(context.statistics.holes, 0u);
}

TEST_F(Stream, GivesUpAnAcknowledgedHoleAfterSomeSegments) {
  ask(1, "ab");
  acknowledge(5);
  ask(5, "ef");
  ask(7, "gh");
  ask(9, "ij");
  EXPECT_EQ(heard.of(kServer), "ab");
  ask(11, "kl");
  EXPECT_EQ(heard.of(kServer), "ab<2>efghijkl");
  EXPECT_EQ(context.statistics.lost_octets, 2u);
}

TEST_F(Stream, GivesUpAnAcknowledgedHoleAtOnceWhereTheAcknowledgementIsOld) {
  ask(1, "ab", 0);
  acknowledge(5, 10);
  ask(5, "ef", 200);
  EXPECT_EQ(heard.of(kServer), "ab<2>ef");
}

TEST_F(Stream, GivesUpAnAcknowledgedHoleBeforeTheAnswerToWhatFollows) {
  ask(1, "ab", 0);
  ask(5, "ef", 100);
  feed(kClient, 500, "", tcp_flag::ack, 7, 105);
  EXPECT_EQ(heard.of(kServer), "ab");
  feed(kClient, 500, "answer", tcp_flag::ack, 7, 110);
  EXPECT_EQ(heard.of(kServer), "ab<2>ef");
}

TEST_F(Stream, KeepsRequestsAndAnswersInTurnWhereEachDirectionLacksSegments) {
  // As in captures of which a filter removed the transport's own acknowledgements.
  struct Turns : Heard {
    std::string order;
    void data(Direction direction, Bytes bytes) override {
      order += direction == kServer ? "q" : "a";
      Heard::data(direction, bytes);
    }
  } ordered;
  uint32_t asked = 1;
  uint32_t answered = 1;
  for (int turn = 0; turn < 10; ++turn) {
    stream.feed(context, kServer, {asked, answered, tcp_flag::ack, as_bytes("ask"), 0, at_ms(turn * 50)}, ordered);
    asked += 3;
    stream.feed(context, kClient, {answered, asked, tcp_flag::ack, as_bytes("answer"), 0, at_ms(turn * 50 + 10)}, ordered);
    answered += 6 + 7;
    asked += 7;
  }
  stream.flush(context, ordered);
  EXPECT_EQ(ordered.order, "qaqaqaqaqaqaqaqaqaqa");
  EXPECT_EQ(context.statistics.lost_octets, 18u * 7);
}

TEST_F(Stream, DoesNotBelieveAnAcknowledgementFromFarAway) {
  ask(1, "ab");
  acknowledge(0x40000000);
  EXPECT_EQ(flushed(), "ab");
}

TEST_F(Stream, WaitsLongForWhatNobodyAcknowledged) {
  ask(1, "ab", 0);
  ask(5, "ef", 100);
  acknowledge(3, 9000);
  EXPECT_EQ(heard.of(kServer), "ab");
  stream.expire(context, at_ms(10050), heard);
  EXPECT_EQ(heard.of(kServer), "ab");
  stream.expire(context, at_ms(10200), heard);
  EXPECT_EQ(heard.of(kServer), "ab<2>ef");
}

TEST_F(Stream, CountsTheTimeOfAHoleFromTheLastProgress) {
  ask(1, "ab", 0);
  ask(100, "zz", 100);
  ask(3, "cd", 9000);
  stream.expire(context, at_ms(12000), heard);
  EXPECT_EQ(heard.of(kServer), "abcd") << "a forged early segment must not make what runs a loss";
}

TEST_F(Stream, TellsWhichPacketBroughtWhatWaitedBehindAHoleThatIsGivenUp) {
  struct Timed : Heard {
    void data(Direction, Bytes bytes) override {
      said += std::to_string(number) + ':' + std::string(as_text(bytes)) + ' ';
    }
    void held_since(TimePoint, uint64_t packet) override { number = packet; }
    void held_no_more() override { number = 0; }
    uint64_t number = 0;
    std::string said;
  } timed;
  const auto send = [&](uint32_t sequence, std::string_view payload, uint64_t number) {
    TcpSegment segment;
    segment.sequence = sequence;
    segment.payload = as_bytes(payload);
    segment.number = number;
    stream.feed(context, kServer, segment, timed);
  };
  send(1, "ab", 1);
  send(5, "ef", 2);
  send(7, "gh", 3);
  stream.flush(context, timed);
  EXPECT_EQ(timed.said, "0:ab 2:ef 3:gh ");
}

TEST_F(Stream, SpeaksForThePacketThatFilledAHole) {
  struct Timed : Heard {
    void held_since(TimePoint, uint64_t) override { ++calls; }
    int calls = 0;
  } timed;
  const auto send = [&](uint32_t sequence, std::string_view payload) {
    TcpSegment segment;
    segment.sequence = sequence;
    segment.payload = as_bytes(payload);
    stream.feed(context, kServer, segment, timed);
  };
  send(1, "ab");
  send(5, "ef");
  send(3, "cd");
  EXPECT_EQ(timed.of(kServer), "abcdef");
  EXPECT_EQ(timed.calls, 0);
}

TEST_F(Stream, GivesUpTheFirstHoleWhereTooManySegmentsAreHeld) {
  context.limits.held_segments = 3;
  ask(1, "a");
  for (uint32_t i = 0; i < 3; ++i) ask(3 + 2 * i, "b");
  EXPECT_EQ(heard.of(kServer), "a");
  ask(9, "c");
  EXPECT_EQ(heard.of(kServer), "a<1>b");
  EXPECT_EQ(flushed(), "a<1>b<1>b<1>b<1>c");
}

TEST_F(Stream, GivesUpTheFirstHoleWhereTooManyOctetsAreHeld) {
  context.limits.held_octets = 1000;
  const std::string much(600, 'x');
  ask(1, "a");
  ask(3, much);
  EXPECT_EQ(heard.of(kServer), "a");
  ask(1000, much);
  EXPECT_EQ(heard.of(kServer), "a<1>" + much);
}

TEST_F(Stream, KeepsTheBoundOverAllStreams) {
  context.limits.all_held_octets = 1000;
  TcpStream other;
  TcpSegment segment{1, 0, 0, as_bytes("a"), 0, at_ms(0)};
  Heard unheard;
  other.feed(context, kServer, segment, unheard);
  const std::string much(900, 'x');
  segment.sequence = 3;
  segment.payload = as_bytes(much);
  other.feed(context, kServer, segment, unheard);
  EXPECT_GT(context.held_octets, 900u);
  ask(1, "a");
  ask(3, much);
  EXPECT_EQ(heard.of(kServer), "a<1>" + much);
  EXPECT_EQ(unheard.of(kServer), "a");
}

TEST_F(Stream, GivesItsShareBackWhenItIsThrownAway) {
  {
    TcpStream other;
    Heard unheard;
    other.feed(context, kServer, {1, 0, 0, as_bytes("a"), 0, at_ms(0)}, unheard);
    other.feed(context, kServer, {5, 0, 0, as_bytes("b"), 0, at_ms(0)}, unheard);
    EXPECT_GT(context.held_octets, 0u);
  }
  EXPECT_EQ(context.held_octets, 0u);
}

TEST_F(Stream, MarksAtTheEndWhatOnlyTheOtherSideSaw) {
  ask(1, "ab");
  acknowledge(9);
  EXPECT_EQ(flushed(), "ab<6>");
}

TEST_F(Stream, TakesTheTailOfACutSegmentForAGap) {
  feed(kServer, 1, "abc", 0, 0, 0, 5);
  ask(9, "ijk");
  EXPECT_EQ(heard.of(kServer), "abc<5>ijk");
}

TEST_F(Stream, TakesTheTailOfACutSegmentThatWasHeldForAGap) {
  ask(1, "a");
  feed(kServer, 5, "efg", 0, 0, 0, 5);
  ask(13, "m");
  feed(kServer, 2, "b", 0, 0, 0, 2);
  EXPECT_EQ(flushed(), "ab<2>efg<5>m");
}

TEST_F(Stream, FillsTheTailOfACutSegmentWithWhatIsHeld) {
  ask(1, "a");
  ask(4, "de");
  feed(kServer, 2, "b", 0, 0, 0, 6);
  EXPECT_EQ(heard.of(kServer), "ab<1>de<3>") << "the cut segment covers 2 to 9";
}

TEST_F(Stream, ClosesBehindACutSegmentWithAFin) {
  feed(kServer, 1, "a", tcp_flag::fin, 0, 0, 2);
  EXPECT_EQ(heard.of(kServer), "a<2>.");
}

TEST_F(Stream, StartsAgainOnTheSamePortsAfterTheEnd) {
  feed(kServer, 9, "", tcp_flag::syn);
  ask(10, "ab");
  feed(kClient, 50, "", tcp_flag::rst);
  feed(kServer, 5000, "", tcp_flag::syn);
  ask(5001, "cd");
  EXPECT_EQ(flushed(), "ab|cd");
  EXPECT_EQ(context.statistics.restarts, 1u);
}

TEST_F(Stream, StartsAgainOnlyWhenTheOtherSideAgrees) {
  feed(kServer, 9, "", tcp_flag::syn);
  feed(kClient, 99, "", tcp_flag::syn | tcp_flag::ack, 10);
  feed(kServer, 10, "ab", tcp_flag::ack, 100);
  feed(kServer, 70000000, "", tcp_flag::syn);
  feed(kServer, 12, "cd", tcp_flag::ack, 100);
  EXPECT_EQ(heard.of(kServer), "abcd") << "a forged SYN is answered by a challenge and changes nothing";
  feed(kClient, 8000, "", tcp_flag::syn | tcp_flag::ack, 70000001);
  feed(kServer, 70000001, "ef", tcp_flag::ack, 8001);
  feed(kClient, 8001, "gh", tcp_flag::ack, 70000003);
  EXPECT_EQ(flushed(), "abcd|ef");
  EXPECT_EQ(heard.of(kClient), "|gh");
}

TEST_F(Stream, FollowsAConnectionWhoseNumbersJumpedButNotASingleForgedSegment) {
  ask(1, "ab");
  ask(1u << 30, "evil");
  ask(3, "cd");
  EXPECT_EQ(heard.of(kServer), "abcd");
  for (uint32_t i = 0; i < 6; ++i) ask((1u << 30) + i * 2, "mn");
  EXPECT_EQ(flushed(), "abcd<0>mnmnmn");
  EXPECT_EQ(context.statistics.strays, 5u);
}

TEST_F(Stream, NeverWaitsWhereTimeRunsBackwards) {
  ask(1, "ab", 50000);
  ask(5, "ef", 100);
  ask(3, "cd", 0);
  EXPECT_EQ(heard.of(kServer), "abcdef");
}

}  // namespace
}  // namespace rampart::monitor
