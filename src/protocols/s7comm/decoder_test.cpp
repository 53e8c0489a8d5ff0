// What the field does to S7comm: one test for each trap, by name. Vectors with other people's traffic: golden_test.cpp.
#include "protocols/s7comm/decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocols/matcher.h"
#include "protocols/testing.h"

namespace rampart::protocols::s7comm {
namespace {

std::vector<uint8_t> hex(std::string_view text) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

constexpr std::string_view kRead = "0300001f02f080320100000001000e00000401120a10080001000a84000020";
constexpr std::string_view kReadAnswer = "0300001d02f0803203000000010002000800000401ff0700043f800000";
constexpr std::string_view kConnect = "0300001611e00000000100c0010ac1020100c2020102";
constexpr std::string_view kConfirm = "0300001611d00001000100c0010ac1020100c2020102";
constexpr std::string_view kSzl = "0300002102f080320700000100000800080001120411440100ff09000400110000";

struct Bench {
  Protocol self = *find_protocol("s7comm");
  std::unique_ptr<Decoder> decoder = self.entry().make(self);
  testing::RecordingSink sink;

  Feed feed(Direction direction, std::string_view text) { return decoder->feed(direction, hex(text), sink); }
  Match probe(std::string_view text) { return decoder->probe(Direction::to_server, hex(text)); }
  std::string refusal(std::string_view request, TransactionKey key, Reason reason = Reason::not_allowed) {
    feed(Direction::to_server, request);
    std::string out;
    for (const uint8_t octet : decoder->refuse(Direction::to_server, key, reason).bytes) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += kDigits[octet >> 4];
      out += kDigits[octet & 15];
    }
    return out;
  }
};

TEST(S7comm, IsRecognisedByContentFromTheFirstFrameInBothDirections) {
  Bench bench;
  for (const std::string_view text : {kRead, kReadAnswer, kConnect, kConfirm, kSzl}) {
    EXPECT_EQ(bench.probe(text), Match::yes) << text;
    EXPECT_EQ(bench.probe(text.substr(0, 12)), Match::more) << text;
    EXPECT_EQ(bench.probe(text.substr(0, 2)), Match::more) << text;
  }
  EXPECT_EQ(bench.probe(""), Match::more);
  // Nobody else names these: reported as unsupported rather than as an unknown protocol.
  EXPECT_EQ(bench.probe("0300000f02f08072010000720100000000"), Match::yes);
  EXPECT_EQ(bench.probe("0300000e02f08016030100050100000100"), Match::yes);
  EXPECT_EQ(bench.probe("0300000702f000" + std::string(kRead)), Match::yes);
}

TEST(S7comm, IsNotSeenInOtherProtocolsOnThePort) {
  Bench bench;
  // MMS (RFC 1006): connect to TSAP 00 01, session CONNECT; and data behind give-tokens.
  const std::string connect = "0300001611e00000000100c0010ac1020001c2020001";
  EXPECT_EQ(bench.probe(connect), Match::more);
  const std::string ambiguous = "0300001611e00000000100c0010ac1020002c2020200";  // a TSAP that MMS uses too
  EXPECT_EQ(bench.probe(ambiguous), Match::more);
  EXPECT_EQ(bench.probe(ambiguous + "0300001002f0800db20506130100160102"), Match::no);
  EXPECT_EQ(bench.probe(ambiguous + std::string(kRead)), Match::yes);
  EXPECT_EQ(bench.probe(connect + "0300001002f0800db20506130100160102"), Match::no);
  EXPECT_EQ(bench.probe("0300001002f08001000100613080020103a0"), Match::no);
  // RDP: a connect without TSAPs. H.225: TPKT without COTP.
  EXPECT_EQ(bench.probe("030000130ee000000000000100080003000000"), Match::no);
  EXPECT_EQ(bench.probe("0300001008021b5e0504038893a51c0000"), Match::no);
}

TEST(S7comm, IsNotSeenInOtherTraffic) {
  Bench bench;
  for (const std::string_view text :
       {"474554202f20485454502f312e31", "160301020001000", "5353482d322e302d4f70656e535348", "000000a4ff534d4272",
        "00010000000601030000000a", "056405c00100000421e9", "680407000000", "48454c4630000000", "6300000000000000",
        "810b000c0120ffff00ff1008", "0301000702f08032"}) {
    EXPECT_EQ(bench.probe(text), Match::no) << text;
  }
  uint32_t state = 1;
  for (int i = 0; i < 20000; ++i) {
    std::vector<uint8_t> bytes(32);
    for (uint8_t& octet : bytes) octet = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
    EXPECT_EQ(bench.decoder->probe(Direction::to_server, bytes), Match::no);
  }
}

TEST(S7comm, SeveralMessagesInOneSegmentAreAllSeen) {
  Bench bench;
  std::vector<uint8_t> held;
  testing::drive(*bench.decoder, Direction::to_server, hex(std::string(kRead) + std::string(kSzl) + std::string(kRead)),
                 bench.sink, held);
  EXPECT_EQ(bench.sink.lines.size(), 3u);
}

TEST(S7comm, TransportUnitsHave128OctetsWhereTheOptionIsAbsent) {
  Bench bench;
  bench.feed(Direction::to_server, kConnect);
  bench.feed(Direction::to_client, "0300000b06d00001000100");
  bench.sink.lines.clear();
  std::vector<uint8_t> unit = {3, 0, 0, 200, 2, 0xf0, 0x80, 0x32, 1, 0, 0, 0, 1, 0, 1, 0, 182, 0x29};
  unit.resize(200);
  bench.decoder->feed(Direction::to_server, unit, bench.sink);
  ASSERT_EQ(bench.sink.lines.size(), 2u);
  EXPECT_EQ(bench.sink.lines[0], "deviation tpdu-size");
  EXPECT_EQ(bench.sink.lines[1], "operation stop plc-stop item 0 id 1 []");
}

TEST(S7comm, AnswersAreMatchedByReferenceWhateverTheirOrder) {
  Bench bench;
  // Reads of REAL, WORD and BYTE with references 1, 2, 3, answered 3, 1, 2.
  bench.feed(Direction::to_server, kRead);
  bench.feed(Direction::to_server, "0300001f02f080320100000002000e00000401120a10040001000a84000040");
  bench.feed(Direction::to_server, "0300001f02f080320100000003000e00000401120a10020002000a84000050");
  bench.sink.lines.clear();
  bench.feed(Direction::to_client, "0300001b02f0803203000000030002000600000401ff0400100102");
  bench.feed(Direction::to_client, kReadAnswer);
  bench.feed(Direction::to_client, "0300001b02f0803203000000020002000600000401ff0400100102");
  EXPECT_EQ(bench.sink.lines[0], "answer read read-var item 0 id 3 = 1 2");
  EXPECT_EQ(bench.sink.lines[1], "answer read read-var item 0 id 1 = 1");
  EXPECT_EQ(bench.sink.lines[2], "answer read read-var item 0 id 2 = 258");
}

TEST(S7comm, AReferenceUsedAgainGetsTheTypesOfTheNewQuestion) {
  Bench bench;
  bench.feed(Direction::to_server, kRead);
  bench.feed(Direction::to_client, kReadAnswer);
  bench.feed(Direction::to_server, "0300001f02f080320100000001000e00000401120a10060001000a84000020");
  bench.feed(Direction::to_client, kReadAnswer);
  EXPECT_EQ(bench.sink.lines.back(), "answer read read-var item 0 id 1 = 1065353216");
}

TEST(S7comm, JobsAndUserdataCountReferencesApart) {
  Bench bench;
  EXPECT_NE(key_of(kJob, 1).match, key_of(kUserdata, 1).match);
  EXPECT_EQ(key_of(kJob, 1).match, key_of(kAcknowledgeData, 1).match);
  EXPECT_EQ(key_of(kJob, 1).match, key_of(kAcknowledge, 1).match);
}

TEST(S7comm, WhatAMessageIsStandsInItAndNotInItsDirection) {
  Bench bench;
  bench.feed(Direction::to_client, kRead);
  bench.feed(Direction::to_server, kReadAnswer);
  ASSERT_EQ(bench.sink.lines.size(), 2u);
  EXPECT_EQ(bench.sink.lines[0], "operation read read-var item 0 id 1 [DB10.DBD4]");
  EXPECT_EQ(bench.sink.lines[1], "answer read read-var item 0 id 1 = 1");
}

TEST(S7comm, BlocksThatAControllerFetchesAreAskedForItsClient) {
  struct PeerSink : testing::RecordingSink {
    void operation(const Operation& operation) override { for_peer.push_back(operation.for_peer); }
    std::vector<bool> for_peer;
  } sink;
  Bench bench;
  const std::string name =
      "0000000000000009"
      "5f3038303030303150";
  bench.decoder->feed(Direction::to_server, hex("0300002302f080320100000001001200001a00" + name.substr(2)), sink);
  bench.decoder->feed(Direction::to_client, hex("0300002302f080320100000002001200001b00" + name.substr(2)), sink);
  bench.decoder->feed(Direction::to_client, hex("0300002302f080320100000003001200001c00" + name.substr(2)), sink);
  EXPECT_EQ(sink.for_peer, (std::vector<bool>{false, true, true}));
}

TEST(S7comm, EveryItemOfAMessageIsJoinedToItsOwnAnswer) {
  Bench bench;
  struct MatchingSink : Sink {
    void operation(const Operation& operation) override { matcher.asked(operation, Direction::to_server, {}, emit); }
    void answer(const Answer& answer) override { matcher.answered(answer, Direction::to_client, {}, emit); }
    void attribute(const Attribute&) override {}
    void protection(const Protection&) override {}
    void deviation(std::string_view) override {}
    Matcher<int> matcher{64};
    std::vector<std::pair<int, uint32_t>> seen;
    std::function<void(const Transaction<int>&)> emit = [this](const Transaction<int>& transaction) {
      seen.emplace_back(transaction.operation == nullptr ? -1 : transaction.operation->item, transaction.outcome.code);
    };
  } sink;
  bench.decoder->feed(Direction::to_server,
                      hex("0300004802f080320100000001002600110503120a10020001000a84000000120a10020001000a84000008"
                          "120a10020001000a84000010000400080100000400080200"
                          "0004000803"),
                      sink);
  EXPECT_TRUE(sink.seen.empty());
  bench.decoder->feed(Direction::to_client, hex("0300001802f0803203000000010002000300000503ff0aff"), sink);
  const std::vector<std::pair<int, uint32_t>> expected = {{0, 0}, {1, 10}, {2, 0}};
  EXPECT_EQ(sink.seen, expected);
}

TEST(S7comm, PlusTlsAndOthersInCotpAreUnsupportedByName) {
  Bench bench;
  EXPECT_EQ(bench.feed(Direction::to_server, "0300000f02f0807203000472030000").reason, "s7comm-plus");
  // The integrity part of version 3 varies in length; nothing behind the version is read.
  EXPECT_EQ(bench.feed(Direction::to_server, "0300000802f08072").reason, "s7comm-plus");
  EXPECT_EQ(bench.feed(Direction::to_server, "0300000d02f080160303000101").reason, "tls in cotp");
  const Feed mms = bench.feed(Direction::to_server, "0300001002f0800db205061301001601");
  EXPECT_EQ(mms.state, Feed::State::unsupported);
  EXPECT_EQ(mms.reason, "cotp payload not s7comm");
  EXPECT_EQ(bench.sink.lines, std::vector<std::string>{"protection encrypted TLS"});
  EXPECT_EQ(bench.feed(Direction::to_server, kRead).state, Feed::State::complete);
  EXPECT_EQ(bench.sink.lines.size(), 2u);
}

TEST(S7comm, AMalformedMessageNeverSilencesTheConversation) {
  Bench bench;
  for (const std::string_view text :
       {"0300000802f08032", "0300001102f08032010000000100000000", "0300001102f0803209000000010000000000",
        "0300001202f080320100000001fff000000429", "0300001102f08032070000000100000000",
        "0300001302f08032010000000100020000"
        "f000",
        "0300001402f080320700000100000300000001120c"}) {
    std::vector<uint8_t> bytes = hex(text);
    bytes[3] = static_cast<uint8_t>(bytes.size());
    EXPECT_EQ(bench.decoder->feed(Direction::to_server, bytes, bench.sink).state, Feed::State::malformed) << text;
  }
  bench.sink.lines.clear();
  EXPECT_EQ(bench.feed(Direction::to_server, kRead).state, Feed::State::complete);
  EXPECT_EQ(bench.sink.lines.size(), 1u);
}

TEST(S7comm, WhatWasHeldOfALongerMessageIsDroppedWithALoss) {
  Bench bench;
  EXPECT_EQ(bench.feed(Direction::to_server, "0300000c02f0003201000000").state, Feed::State::held);
  bench.decoder->lost(Direction::to_server, 100);
  EXPECT_EQ(bench.feed(Direction::to_server, kRead).state, Feed::State::complete);
  EXPECT_EQ(bench.sink.lines.size(), 1u);
}

TEST(S7comm, AnEndlessMessageIsGivenUp) {
  Bench bench;
  std::vector<uint8_t> unit(60007, 0x32);
  const uint8_t header[] = {3, 0, 60007 >> 8, 60007 & 0xff, 2, 0xf0, 0};
  std::copy(std::begin(header), std::end(header), unit.begin());
  EXPECT_EQ(bench.decoder->feed(Direction::to_server, unit, bench.sink).state, Feed::State::held);
  EXPECT_EQ(bench.decoder->feed(Direction::to_server, unit, bench.sink).reason, "message too long");
  unit[6] = 0x80;
  bench.decoder->feed(Direction::to_server, unit, bench.sink);
  EXPECT_EQ(bench.feed(Direction::to_server, kRead).state, Feed::State::complete);
}

TEST(S7comm, RefusesReadsAndWritesItemByItem) {
  Bench bench;
  EXPECT_EQ(bench.refusal(kRead, key_of(kJob, 1)),
            "0300001902f0803203000000010002000400000401"
            "03000000");
  EXPECT_EQ(bench.refusal("0300002402f080320100000002000e00050501120a10020001000a840000500004000807", key_of(kJob, 2)),
            "0300001602f0803203000000020002000100000501"
            "03");
}

TEST(S7comm, RefusesOtherJobsAsAControllerBehindAPassword) {
  Bench bench;
  EXPECT_EQ(bench.refusal("0300002102f0803201000012340010000029000000000009505f50524f4752414d", key_of(kJob, 0x1234)),
            "0300001302f0803202000012340000000"
            "0d241");
  EXPECT_EQ(bench.refusal("0300002102f0803201000012340010000029000000000009505f50524f4752414d", key_of(kJob, 0x1234),
                          Reason::busy),
            "0300001302f08032020000123400000000"
            "8302");
}

TEST(S7comm, RefusesUserdataWithItsOwnErrorCode) {
  Bench bench;
  EXPECT_EQ(
      bench.refusal("0300002102f080320700000100000800080001120411440100ff09000400110000", key_of(kUserdata, 0x100)),
      "0300002102f080320700000100000c0004000112081284010000"
      "00d2410a000000");
}

TEST(S7comm, RefusesAConnectionByADisconnect) {
  Bench bench;
  EXPECT_EQ(bench.refusal(kConnect, key_of(kCotpFamily, 1)), "0300000b06800001000003");
}

TEST(S7comm, RefusesNothingThatItHasNotSeen) {
  Bench bench;
  EXPECT_TRUE(bench.decoder->refuse(Direction::to_server, key_of(kJob, 77), Reason::not_allowed).bytes.empty());
  bench.feed(Direction::to_server, kRead);
  EXPECT_TRUE(bench.decoder->refuse(Direction::to_client, key_of(kJob, 1), Reason::not_allowed).bytes.empty());
}

TEST(S7comm, ARefusalIsAGoodAnswerToItsOwnQuestion) {
  Bench bench;
  for (const std::string_view request : {kRead, kSzl, kConnect}) {
    bench.feed(Direction::to_server, request);
    const TransactionKey key = request == kRead  ? key_of(kJob, 1)
                               : request == kSzl ? key_of(kUserdata, 0x100)
                                                 : key_of(kCotpFamily, 1);
    const Refusal refusal = bench.decoder->refuse(Direction::to_server, key, Reason::not_allowed);
    bench.sink.lines.clear();
    EXPECT_EQ(bench.decoder->feed(Direction::to_client, refusal.bytes, bench.sink).state, Feed::State::complete);
    ASSERT_EQ(bench.sink.lines.size(), 1u);
    EXPECT_NE(bench.sink.lines[0].find(" refused "), std::string::npos) << bench.sink.lines[0];
  }
}

TEST(S7comm, FunctionsHaveNamesAndNoNameTwice) {
  std::vector<std::string_view> names;
  for (const Function& function : find_protocol("s7comm")->entry().functions) names.push_back(function.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  EXPECT_GT(names.size(), 70u);
  EXPECT_EQ(error_name(0xd241), "not permitted at this protection level");
  EXPECT_EQ(error_name(0x87ff), "access error");
  EXPECT_EQ(return_code_name(0x0a), "no such object");
}

}  // namespace
}  // namespace rampart::protocols::s7comm
