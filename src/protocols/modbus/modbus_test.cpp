#include "protocols/modbus/modbus.h"

#include <gtest/gtest.h>

#include <random>

#include "base/text.h"
#include "protocols/matcher.h"
#include "protocols/modbus/adu.h"
#include "protocols/testing.h"

namespace rampart::protocols::modbus {
namespace {

using Lines = std::vector<std::string>;
constexpr Direction kServer = Direction::to_server;
constexpr Direction kClient = Direction::to_client;

std::vector<uint8_t> octets(std::string_view hex) {
  std::vector<uint8_t> result;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    result.push_back(static_cast<uint8_t>(*parse_number("0x" + digits)));
    digits.clear();
  }
  return result;
}

/// adu puts an MBAP header before a PDU.
std::vector<uint8_t> adu(uint16_t transaction, uint8_t unit, std::string_view pdu) {
  const std::vector<uint8_t> body = octets(pdu);
  const auto length = static_cast<uint16_t>(body.size() + 1);
  std::vector<uint8_t> result = {static_cast<uint8_t>(transaction >> 8), static_cast<uint8_t>(transaction), 0,   0,
                                 static_cast<uint8_t>(length >> 8),      static_cast<uint8_t>(length),      unit};
  result.insert(result.end(), body.begin(), body.end());
  return result;
}

std::vector<uint8_t> join(const std::vector<std::vector<uint8_t>>& parts) {
  std::vector<uint8_t> result;
  for (const auto& part : parts) result.insert(result.end(), part.begin(), part.end());
  return result;
}

struct Modbus : public ::testing::Test {
  Protocol self = *find_protocol("modbus");
  std::unique_ptr<Decoder> decoder = self.entry().make(self);
  testing::RecordingSink sink;
  std::vector<uint8_t> held[2];

  Lines stream(Direction direction, const std::vector<uint8_t>& bytes, size_t piece = SIZE_MAX) {
    testing::drive(*decoder, direction, bytes, sink, held[static_cast<size_t>(direction)], piece);
    return std::exchange(sink.lines, {});
  }
  Feed feed(Direction direction, const std::vector<uint8_t>& bytes) { return decoder->feed(direction, bytes, sink); }
  Match probe(Direction direction, std::string_view hex) const { return decoder->probe(direction, octets(hex)); }
  Match probe(Direction direction, const std::vector<uint8_t>& bytes) const { return decoder->probe(direction, bytes); }
};

TEST_F(Modbus, TheLengthFieldCountsTheUnitAndThePdu) {
  const auto bytes = adu(1, 1, "03 0000 0001");
  const Frame frame = decoder->frame(kServer, bytes);
  EXPECT_EQ(frame.state, Frame::State::complete);
  EXPECT_EQ(frame.size, bytes.size());
}

TEST_F(Modbus, AsksForMoreUntilTheFrameIsThere) {
  const auto bytes = adu(1, 1, "03 0000 0001");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const Frame frame = decoder->frame(kServer, Bytes(bytes).first(size));
    EXPECT_EQ(frame.state, Frame::State::more) << size;
    EXPECT_GT(frame.size, size);
    EXPECT_LE(frame.size, bytes.size());
  }
}

TEST_F(Modbus, AcceptsTheLargestAduOf260Octets) {
  auto bytes = adu(1, 1, "03 fa");
  bytes.resize(260);
  bytes[5] = 254;
  EXPECT_EQ(decoder->frame(kClient, bytes).state, Frame::State::complete);
  EXPECT_EQ(decoder->frame(kClient, bytes).size, 260u);
}

TEST_F(Modbus, RejectsLengthsThatCannotBe) {
  for (const std::string_view length : {"0000", "0001", "00ff", "0100", "ffff"}) {
    const auto bytes = octets("0001 0000 " + std::string(length) + " 01 03 0000 0001");
    EXPECT_EQ(decoder->frame(kServer, bytes).state, Frame::State::malformed) << length;
  }
}

TEST_F(Modbus, AllowsLongerFramesForUmasAlone) {
  EXPECT_EQ(decoder->frame(kServer, octets("0001 0000 03fe 00 5a")).size, 6u + 0x3fe);
  EXPECT_EQ(decoder->frame(kServer, octets("0001 0000 03fe 00 da")).state, Frame::State::more);
  EXPECT_EQ(decoder->frame(kServer, octets("0001 0000 03fe 00 03")).state, Frame::State::malformed);
  EXPECT_EQ(decoder->frame(kServer, octets("0001 0000 7ffe 00 5a")).state, Frame::State::malformed);
}

TEST_F(Modbus, RejectsAnotherProtocolIdentifier) {
  EXPECT_EQ(decoder->frame(kServer, octets("0001 0001 0006 01 03 0000 0001")).state, Frame::State::malformed);
  EXPECT_EQ(decoder->frame(kServer, octets("0001 00 01")).state, Frame::State::malformed);
  EXPECT_EQ(decoder->frame(kServer, octets("0001 80")).state, Frame::State::malformed);
}

TEST_F(Modbus, KeepsExtraDataOfMastersThatPad) {
  const Lines inside = stream(kServer, octets("0001 0000 0008 01 03 0000 0001 0000"));
  EXPECT_EQ(inside, (Lines{"deviation trailing-bytes",
                           "operation read read-holding-registers item 0 id 1 [holding-register 0 unit 1]"}));
  // Beyond the length field: part of a datagram; in a stream it stands before the next header and is skipped.
  EXPECT_EQ(feed(kServer, octets("0001 0000 0006 01 03 0000 0001 0000")).state, Feed::State::complete);
  EXPECT_EQ(std::exchange(sink.lines, {}), inside);
  EXPECT_EQ(stream(kServer, join({adu(1, 1, "03 0000 0001"), octets("00 00"), adu(2, 1, "03 0000 0001")})),
            (Lines{"operation read read-holding-registers item 0 id 1 [holding-register 0 unit 1]",
                   "operation read read-holding-registers item 0 id 2 [holding-register 0 unit 1]"}));
}

TEST_F(Modbus, ADatagramShorterThanItsLengthIsMalformed) {
  const Feed result = feed(kServer, octets("0001 0000 0006 01 03 0000"));
  EXPECT_EQ(result.state, Feed::State::malformed);
  EXPECT_EQ(result.reason, "truncated");
  EXPECT_EQ(feed(kServer, octets("0001 0000 0000 01 03 0000")).reason, "header");
  EXPECT_EQ(sink.lines, Lines{});
}

TEST_F(Modbus, OneMalformedPduDoesNotSilenceTheConversation) {
  const auto lines = stream(kServer, join({adu(1, 1, "03 00"), adu(2, 1, "06 0000 0001")}));
  EXPECT_EQ(lines, (Lines{"operation write write-single-register item 0 id 2 [holding-register 0 unit 1] = 1"}));
}

TEST_F(Modbus, SaysWhyAPduIsMalformed) {
  EXPECT_EQ(feed(kServer, adu(1, 1, "03 0000")).reason, "truncated");
  EXPECT_EQ(feed(kServer, adu(1, 1, "10 0000 0002 02 0001")).reason, "byte-count");
  EXPECT_EQ(feed(kServer, adu(1, 1, "83 01")).reason, "exception-from-client");
  EXPECT_EQ(feed(kServer, adu(1, 1, "5a 00 fe")).reason, "umas-answer-from-client");
  EXPECT_EQ(feed(kClient, adu(1, 1, "5a 00 02")).reason, "umas-request-from-server");
  EXPECT_EQ(feed(kClient, adu(1, 1, "2b 0e 01 01 00 00 01 00 09 41")).reason, "object-length");
  EXPECT_EQ(sink.lines, Lines{});
}

TEST_F(Modbus, TheMatchIsMadeOfTransactionUnitAndFunction) {
  struct Joining final : Sink {
    void operation(const Operation& operation) override { matcher.asked(operation, kServer, {}, *this); }
    void answer(const Answer& answer) override { matcher.answered(answer, kClient, {}, *this); }
    void attribute(const Attribute&) override {}
    void protection(const Protection&) override {}
    void deviation(std::string_view) override {}
    void operator()(const Transaction<int>& transaction) {
      const Operation* asked = transaction.operation;
      joined.push_back(asked == nullptr ? "nobody" : std::to_string(asked->object.first));
    }
    Matcher<int> matcher{8};
    Lines joined;
  } joining;
  // Pipelined, identifiers reused in two units and functions, answered out of order, one answer repeated.
  for (const auto& request : {adu(1, 1, "03 0001 0001"), adu(1, 2, "03 0002 0001"), adu(1, 1, "04 0003 0001"),
                              adu(2, 1, "03 0004 0001"), adu(2, 1, "28 00")}) {
    decoder->feed(kServer, request, joining);
  }
  for (const auto& answer : {adu(2, 1, "03 02 0000"), adu(1, 1, "84 02"), adu(1, 2, "03 02 0000"),
                             adu(1, 1, "03 02 0000"), adu(1, 1, "03 02 0000"), adu(2, 1, "a8 01")}) {
    decoder->feed(kClient, answer, joining);
  }
  EXPECT_EQ(joining.joined, (Lines{"4", "3", "2", "1", "nobody", "0"}));
  EXPECT_EQ(joining.matcher.in_flight(), 0u);
}

TEST_F(Modbus, PairsAnUnknownFunctionWithItsExceptionAndTellsBothCodes) {
  const auto lines = join({adu(7, 1, "29 0102")});
  EXPECT_EQ(stream(kServer, lines), (Lines{"operation configure unknown-function item 0 id 7 [ unit 1] = \"0102\""}));
  EXPECT_EQ(stream(kClient, adu(7, 1, "a9 01")),
            (Lines{"answer configure unknown-function id 7 refused 1 illegal-function"}));
}

TEST_F(Modbus, AMaskWriteCarriesItsTwoMasks) {
  struct Masks final : Sink {
    void operation(const Operation& operation) override {
      masks = operation.values.masks;
      both = operation.values.at(0).natural << 16 | operation.values.at(1).natural;
    }
    void answer(const Answer& answer) override { answered = answer.values.masks; }
    void attribute(const Attribute&) override {}
    void protection(const Protection&) override {}
    void deviation(std::string_view) override {}
    bool masks = false;
    bool answered = false;
    uint64_t both = 0;
  } masks;
  decoder->feed(kServer, adu(1, 1, "16 0004 00f2 0025"), masks);
  decoder->feed(kClient, adu(1, 1, "16 0004 00f2 0025"), masks);
  EXPECT_TRUE(masks.masks);
  EXPECT_TRUE(masks.answered);
  EXPECT_EQ(masks.both, 0x00f2'0025u);
}

TEST_F(Modbus, ForceListenOnlyStopsAndExpectsNoAnswer) {
  struct Expecting final : Sink {
    void operation(const Operation& operation) override {
      action = operation.action;
      expects_answer = operation.expects_answer;
    }
    void answer(const Answer&) override {}
    void attribute(const Attribute&) override {}
    void protection(const Protection&) override {}
    void deviation(std::string_view) override {}
    Action action = Action::read;
    bool expects_answer = true;
  } expecting;
  decoder->feed(kServer, adu(1, 1, "08 0004 0000"), expecting);
  EXPECT_EQ(expecting.action, Action::stop);
  EXPECT_FALSE(expecting.expects_answer);
  decoder->feed(kServer, adu(2, 1, "08 0001 0000"), expecting);
  EXPECT_EQ(expecting.action, Action::stop);
  EXPECT_TRUE(expecting.expects_answer);
}

TEST_F(Modbus, RemembersNoMoreThanItsTableHolds) {
  for (uint16_t id = 0; id < 200; ++id) stream(kServer, adu(id, 1, "01 0000 0003"));
  // The newest are remembered, the oldest were forgotten: then all bits of the octet count.
  EXPECT_EQ(stream(kClient, adu(199, 1, "01 01 00")), (Lines{"answer read read-coils id 199 = 0 0 0"}));
  EXPECT_EQ(stream(kClient, adu(0, 1, "01 01 00")), (Lines{"answer read read-coils id 0 = 0 0 0 0 0 0 0 0"}));
}

TEST_F(Modbus, NeverHandsOutWhatUnlocksAController) {
  const auto lines =
      join({adu(1, 0, "5a 00 10 3b0e0000 0473656372"), adu(2, 0, "5a 00 6e 0102030405"), adu(3, 0, "5a 00 38 0102")});
  for (const std::string& line : stream(kServer, lines)) EXPECT_EQ(line.find('='), std::string::npos) << line;
  // An answer whose request was not seen may be the answer to any of them.
  for (const std::string& line : stream(kClient, adu(9, 0, "5a 00 fe 0102030405"))) {
    EXPECT_EQ(line.find('='), std::string::npos) << line;
  }
}

// ---- probing

TEST_F(Modbus, ProbesEveryFunctionInItsOwnDirection) {
  for (const std::string_view request : {"01 0000 0010",
                                         "02 0000 0010",
                                         "03 0000 0010",
                                         "04 0000 0010",
                                         "05 0000 ff00",
                                         "06 0000 0001",
                                         "07",
                                         "08 0000 1234",
                                         "0b",
                                         "0c",
                                         "0f 0000 0004 01 0f",
                                         "10 0000 0001 02 0001",
                                         "11",
                                         "14 07 06 0001 0000 0001",
                                         "15 09 06 0001 0000 0001 0005",
                                         "16 0001 00ff 0000",
                                         "17 0000 0001 0000 0001 02 0001",
                                         "18 0000",
                                         "2b 0e 01 00",
                                         "5a 00 02",
                                         "28 0102",
                                         "03 0000 0010 0000"}) {
    EXPECT_EQ(probe(kServer, adu(1, 1, request)), Match::yes) << request;
  }
  for (const std::string_view answer : {"01 02 ff01",
                                        "02 01 01",
                                        "03 04 00010002",
                                        "04 02 0001",
                                        "05 0000 ff00",
                                        "06 0000 0001",
                                        "07 6d",
                                        "08 0000 1234",
                                        "0b 0000 0001",
                                        "0c 08 0000 0108 0121 20 00",
                                        "0f 0000 0004",
                                        "10 0000 0001",
                                        "11 03 01 ff 41",
                                        "14 04 03 06 0001",
                                        "15 09 06 0001 0000 0001 0005",
                                        "16 0001 00ff 0000",
                                        "17 02 0001",
                                        "18 0004 0001 0005",
                                        "2b 0e 01 01 00 00 01 00 01 41",
                                        "5a 00 fe 01",
                                        "83 02",
                                        "a8 01",
                                        "da 01"}) {
    EXPECT_EQ(probe(kClient, adu(1, 1, answer)), Match::yes) << answer;
  }
}

TEST_F(Modbus, ProbeSaysNoWhereTheBytesAreOfTheOtherDirection) {
  for (const std::string_view request : {"01 0000 0010", "03 0000 0010", "07", "10 0000 0001 02 0001", "11", "18 0000",
                                         "17 0000 0001 0000 0001 02 0001", "5a 00 02", "16 0001"}) {
    EXPECT_EQ(probe(kClient, adu(1, 1, request)), Match::no) << request;
  }
  for (const std::string_view answer : {"01 02 ff01", "03 04 00010002", "0b 0000 0001", "83 02", "5a 00 fe 01",
                                        "01 03 aabbcc", "17 02 0001", "2b 0e 01 01 00 00 01 00 01 41"}) {
    EXPECT_EQ(probe(kServer, adu(1, 1, answer)), Match::no) << answer;
  }
}

TEST_F(Modbus, ProbesPipelinedAndPaddedFrames) {
  EXPECT_EQ(probe(kServer, join({adu(1, 1, "03 0000 0001"), adu(2, 1, "03 0000 0001")})), Match::yes);
  EXPECT_EQ(probe(kServer, join({adu(1, 1, "03 0000 0001"), octets("0002 0000")})), Match::yes);
  EXPECT_EQ(probe(kServer, join({adu(1, 1, "03 0000 0001"), octets("00 00 00 00 00 00 00 00")})), Match::yes);
  EXPECT_EQ(probe(kServer, join({adu(1, 1, "03 0000 0001"), octets("0002 1234")})), Match::no);
}

TEST_F(Modbus, ProbeAsksForMoreWhereAFrameIsShort) {
  const auto request = adu(1, 1, "03 0000 0001");
  for (size_t size = 0; size < request.size(); ++size) {
    EXPECT_EQ(decoder->probe(kServer, Bytes(request).first(size)), Match::more) << size;
  }
}

TEST_F(Modbus, ModbusRtuOverTcpIsNotModbusTcp) {
  // unit, function, data, CRC; the first one reads like a header with protocol 0 and length 10.
  EXPECT_EQ(probe(kServer, "01 03 00 00 00 0a c5 cd"), Match::no);
  EXPECT_EQ(probe(kServer, "01 03 00 00 00 0a c5 cd 01 03 00 00 00 0a c5 cd"), Match::no);
  EXPECT_EQ(probe(kServer, "11 03 00 6b 00 03 76 87"), Match::no);
  EXPECT_EQ(probe(kClient, "01 03 02 00 00 b8 44"), Match::no);
  EXPECT_EQ(probe(kClient, "0a 01 04 00 00 00 00 20 d2"), Match::no);
  EXPECT_EQ(probe(kClient, "01 83 02 c0 f1"), Match::no);
}

TEST_F(Modbus, ModbusSecurityOnPort802IsTls) {
  EXPECT_EQ(probe(kServer, "16 03 01 00 f8 01 00 00 f4 03 03"), Match::no);
  EXPECT_EQ(probe(kClient, "16 03 03 00 7a 02 00 00 76 03 03"), Match::no);
  EXPECT_EQ(probe(kServer, "17 03 03 00 1b 00 00 00 00 00 00"), Match::no);
}

TEST_F(Modbus, ProbeSaysNoToOtherProtocols) {
  for (const Direction direction : {kServer, kClient}) {
    EXPECT_EQ(decoder->probe(direction, as_bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n")), Match::no);
    EXPECT_EQ(decoder->probe(direction, as_bytes("HTTP/1.1 200 OK\r\n")), Match::no);
    EXPECT_EQ(decoder->probe(direction, as_bytes("SSH-2.0-OpenSSH_9.2\r\n")), Match::no);
    EXPECT_EQ(decoder->probe(direction, as_bytes("OPN")), Match::no);
    for (const std::string_view other : {
             "00 00 00 85 ff 53 4d 42 72 00 00 00 00",                             // SMB over NetBIOS
             "00 00 00 d0 fe 53 4d 42 40 00",                                      // SMB 2
             "03 00 00 16 11 e0 00 00 00 01 00 c1 02 01 00 c2 02 01 02 c0 01 0a",  // S7 connect
             "03 00 00 1f 02 f0 80 32 01 00 00 04 00",                             // S7 job
             "05 64 05 c0 01 00 0a 00 e0 8c",                                      // DNP3 link status
             "68 04 07 00 00 00",                                                  // IEC 104 STARTDT
             "68 0e 00 00 00 00 64 01 06 00 01 00 00 00 00 14",                    // IEC 104 interrogation
             "65 00 04 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 00",  // EtherNet/IP
             "63 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",              // list identity
             "81 0a 00 11 01 20 ff ff 00 ff 10 08 0a 03 e7 1a 03 e7",                                // BACnet
             "05 00 0b 03 10 00 00 00 48 00 00 00",                                                  // DCE/RPC
             "4d 47 4c 4e 44 44 5f 31",                                                              // text
         }) {
      EXPECT_EQ(probe(direction, other), Match::no) << other;
    }
  }
}

TEST_F(Modbus, ProbeSaysNoToRandomBytes) {
  std::mt19937 random(1);
  int yes = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::vector<uint8_t> bytes(random() % 64);
    for (uint8_t& octet : bytes) octet = static_cast<uint8_t>(random());
    yes += probe(round % 2 == 0 ? kServer : kClient, bytes) == Match::yes ? 1 : 0;
  }
  EXPECT_EQ(yes, 0);
}

// ---- after a gap

TEST_F(Modbus, FindsTheNextHeaderAfterAGap) {
  const auto request = adu(5, 1, "10 0000 0002 04 0001 0002");
  decoder->lost(kServer, 100);
  const auto rest =
      join({Bytes(request).subspan(9).size() > 0 ? std::vector<uint8_t>(request.begin() + 9, request.end())
                                                 : std::vector<uint8_t>{},
            adu(6, 1, "03 0000 0001"), adu(7, 1, "06 0000 0001")});
  EXPECT_EQ(decoder->resync(kServer, rest), request.size() - 9);
  EXPECT_EQ(stream(kServer, rest),
            (Lines{"operation read read-holding-registers item 0 id 6 [holding-register 0 unit 1]",
                   "operation write write-single-register item 0 id 7 [holding-register 0 unit 1] = 1"}));
}

TEST_F(Modbus, FindsTheSameHeadersAfterEveryGap) {
  const auto bytes = join({adu(1, 1, "03 0000 0001"), adu(2, 1, "10 0000 0002 04 0007 0009"),
                           adu(3, 1, "0f 0000 0004 01 0f"), adu(4, 1, "06 0000 0001")});
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{5}}) {
      decoder = self.entry().make(self);
      held[0].clear();
      decoder->lost(kServer, cut);
      const Lines lines = stream(kServer, {bytes.begin() + static_cast<ptrdiff_t>(cut), bytes.end()}, piece);
      const size_t whole = cut == 0 ? 4 : cut <= 12 ? 3 : cut <= 29 ? 2 : cut <= 43 ? 1 : 0;
      EXPECT_EQ(lines.size(), whole) << "cut " << cut << ", pieces of " << piece;
    }
  }
}

TEST_F(Modbus, HoldsAHeaderMadeOfValuesAgainstWhatFollows) {
  // After a gap, `02 04 0000 0006 00 03 0000 0008` out of the middle of a write looks like a request to read.
  const auto bytes = join({octets("02 04 0000 0006"), adu(3, 1, "0f 0000 0004 01 0f"), adu(4, 1, "06 0000 0001")});
  decoder->lost(kServer, 23);
  EXPECT_EQ(decoder->resync(kServer, bytes), 6u);
}

TEST_F(Modbus, NeverTakesValuesForAHeaderWhileItIsInStep) {
  // The registers written look like a request to stop; the frame around them is decoded as what it is.
  const auto bytes = adu(1, 1, "10 0000 0006 0c 0009 0000 0006 0108 0004 0000");
  EXPECT_EQ(stream(kServer, bytes), (Lines{"operation write write-multiple-registers item 0 id 1 [holding-register 0-5 "
                                           "unit 1] = 9 0 6 264 4 0"}));
}

TEST_F(Modbus, ResyncStaysInsideWhatItIsGiven) {
  std::mt19937 random(2);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> bytes(random() % 40);
    for (uint8_t& octet : bytes) octet = static_cast<uint8_t>(random() % 3);
    EXPECT_LE(decoder->resync(kServer, bytes), bytes.size());
  }
}

// ---- refusing

TEST_F(Modbus, RefusesWithTheExceptionThatFitsTheReason) {
  struct Keys final : Sink {
    void operation(const Operation& operation) override { key = operation.key; }
    void answer(const Answer&) override {}
    void attribute(const Attribute&) override {}
    void protection(const Protection&) override {}
    void deviation(std::string_view) override {}
    TransactionKey key;
  } keys;
  decoder->feed(kServer, adu(0x1234, 17, "06 0001 0003"), keys);
  EXPECT_EQ(decoder->refuse(kServer, keys.key, Reason::not_allowed).bytes, adu(0x1234, 17, "86 01"));
  EXPECT_EQ(decoder->refuse(kServer, keys.key, Reason::value).bytes, adu(0x1234, 17, "86 03"));
  EXPECT_EQ(decoder->refuse(kServer, keys.key, Reason::busy).bytes, adu(0x1234, 17, "86 06"));
  EXPECT_TRUE(decoder->refuse(kClient, keys.key, Reason::busy).bytes.empty());
  EXPECT_TRUE(decoder->refuse(kServer, {42, 42}, Reason::busy).bytes.empty());
}

TEST_F(Modbus, ItsOwnRefusalIsAnAnswerToTheRequest) {
  stream(kServer, adu(3, 2, "5a 00 41 ff00"));
  const uint64_t match = Adu{.transaction = 3, .unit = 2, .function = kUmas}.key().match;
  const Refusal refusal = decoder->refuse(kServer, {match, 3}, Reason::not_allowed);
  EXPECT_EQ(stream(kClient, refusal.bytes), (Lines{"answer configure umas id 3 refused 1 illegal-function"}));
}

// ---- objects and words

TEST_F(Modbus, ObjectsAreWrittenAsTheyAreRead) {
  for (const std::string_view text :
       {"coil 0", "coil 0-15", "discrete-input 7", "input-register 8", "holding-register 100-119", "holding-register",
        "holding-register 65535", "file 4", "file 4 10", "file 4 10-12", "fifo 1246", "exception-status 0",
        "diagnostics 4", "event-counter 0-2", "event-log", "server-identification 0", "device-identification 0-127",
        "canopen", "umas"}) {
    const ParsedObject parsed = self.entry().parse_object(text);
    EXPECT_EQ(parsed.error, "") << text;
    std::string out;
    self.entry().append_object(out, parsed.object);
    EXPECT_EQ(out, text);
  }
}

TEST_F(Modbus, SaysWhatIsWrongWithAnObject) {
  for (const std::string_view text : {"", "register 4", "coil x", "coil 5-3", "coil 65536", "holding-register 1-70000",
                                      "file", "file x", "file 70000", "file 4 x", "file 4 5-3", "40101"}) {
    const ParsedObject parsed = self.entry().parse_object(text);
    EXPECT_NE(parsed.error, "") << text;
    EXPECT_NE(parsed.hint, "") << text;
  }
}

TEST_F(Modbus, ACoilIsABit) {
  EXPECT_EQ(self.entry().parse_object("coil 3").type, ValueType::bit);
  EXPECT_EQ(self.entry().parse_object("discrete-input 3").type, ValueType::bit);
  EXPECT_EQ(self.entry().parse_object("holding-register 3").type, ValueType::none);
}

// A write of coil 0 whose beginning has, by chance, the CRC of a serial frame; it came in segments of one octet.
TEST_F(Modbus, TakesNoUnfinishedFrameForSerialByChance) {
  const std::vector<uint8_t> whole = octets("00a00000000601050000ff00");
  for (size_t size = 1; size < whole.size(); ++size) {
    EXPECT_EQ(probe(kServer, {whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)}), Match::more) << size;
  }
  EXPECT_EQ(probe(kServer, whole), Match::yes);
}

TEST_F(Modbus, EveryFunctionOfTheListHasItsMeaning) {
  for (const Function& function : self.entry().functions) {
    EXPECT_EQ(meaning_of_code(function.code).function.name, function.name) << function.code;
  }
}

}  // namespace
}  // namespace rampart::protocols::modbus
