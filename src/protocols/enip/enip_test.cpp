// The traps of EtherNet/IP and CIP, each as a test of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/enip/decoder.h"
#include "protocols/enip/wire.h"

namespace rampart::protocols::enip::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Octets kIdentityPath = hex("2001 2401");
const Octets kIdentity = request(0x01, kIdentityPath);

std::string malformed_reason(const Octets& cip) {
  Conversation conversation;
  conversation.ask(unconnected(cip));
  return conversation.state.state == Feed::State::malformed ? std::string(conversation.state.reason) : "";
}

TEST(Enip, IsToldByItsContentWhateverThePort) {
  const auto decoder = find_protocol("enip")->entry().make(*find_protocol("enip"));
  const Octets asks = unconnected(kIdentity);
  EXPECT_EQ(decoder->probe(Direction::to_server, asks), Match::yes);
  EXPECT_EQ(decoder->probe(Direction::to_client, asks), Match::no) << "a request, seen from the wrong side";
  EXPECT_EQ(decoder->probe(Direction::to_server, Octets(40)), Match::no) << "zeros are anybody's";
  EXPECT_EQ(decoder->probe(Direction::to_server, Octets(4)), Match::more);
  for (size_t size = 1; size < asks.size(); ++size) {
    EXPECT_EQ(decoder->probe(Direction::to_server, Bytes(asks).first(size)), Match::more) << size;
  }
  Octets modbus = hex("6f00 0000 0006 01 03 0000 000a 6f01 0000 0006 01 03 0000 000a");
  EXPECT_EQ(decoder->probe(Direction::to_server, modbus), Match::no);
}

TEST(Enip, TakesItemsInAnyOrderAndOfNoLength) {
  Conversation conversation;
  const Octets turned =
      encapsulate(0x6f, hex("000000000000 0300") + item(0xb2, kIdentity) + item(0x8000, hex("00")) + item(0, {}));
  EXPECT_THAT(conversation.ask(turned), ElementsAre(HasSubstr("get-attributes-all")));
  const Octets empty = encapsulate(0x6f, hex("000000000000 0200") + item(0, {}) + item(0xb2, {}));
  EXPECT_THAT(conversation.ask(empty), IsEmpty());
  EXPECT_EQ(conversation.state.state, Feed::State::malformed);
  const Octets beyond = encapsulate(0x6f, hex("000000000000 0200 00000000 b200 0900 01"));
  conversation.ask(beyond);
  EXPECT_EQ(conversation.state.reason, "items beyond message");
}

TEST(Enip, SeveralMessagesInOneSegmentAndOneOverManyGiveTheSame) {
  Octets stream;
  for (uint64_t context = 1; context <= 5; ++context) stream = stream + unconnected(kIdentity, context);
  for (const size_t piece : {SIZE_MAX, size_t{1}, size_t{53}}) {
    Conversation conversation;
    protocols::testing::RecordingSink sink;
    Octets held;
    protocols::testing::drive(conversation.decoder(), Direction::to_server, stream, sink, held, piece);
    EXPECT_THAT(sink.lines, SizeIs(5)) << piece;
  }
}

TEST(Enip, AfterAGapOnlyAVerifiedMessageCounts) {
  Conversation conversation;
  Decoder& decoder = conversation.decoder();
  const Octets message = unconnected(kIdentity);
  // Zeros would be a NOP, a header whose items do not add up a message.
  Octets broken = message;
  broken[32] = 7;
  const Octets rest = Octets(30) + broken + hex("6f00") + message;
  decoder.lost(Direction::to_server, 10);
  size_t at = 0;
  std::vector<size_t> found;
  while (at < rest.size()) {
    at += decoder.resync(Direction::to_server, Bytes(rest).subspan(at));
    if (at < rest.size() &&
        decoder.frame(Direction::to_server, Bytes(rest).subspan(at)).state == Frame::State::complete) {
      found.push_back(at);
      break;
    }
    ++at;
  }
  EXPECT_THAT(found, ElementsAre(rest.size() - message.size()));
}

TEST(Enip, AMessageThatBeginsAtTheEndOfWhatIsThereIsNotLost) {
  Conversation conversation;
  const Octets message = connected(request(0x4c, hex("9101 4100"), hex("0100")), 5, 1);
  for (size_t size = 1; size < message.size(); ++size) {
    const Octets tail = hex("0102") + Octets(message.begin(), message.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_EQ(conversation.decoder().resync(Direction::to_server, tail), 2u) << size;
    EXPECT_EQ(conversation.decoder().frame(Direction::to_server, Bytes(tail).subspan(2)).state, Frame::State::more);
  }
}

TEST(Enip, ServicesAreJudgedByClassNeverByTheirNumberAlone) {
  Conversation conversation;
  const auto told = [&](std::string_view cip) { return conversation.ask(unconnected(hex(cip))).at(0); };
  EXPECT_THAT(told("4e 03 9103 4142 4300 0100 01 ff"), HasSubstr("write read-modify-write-tag"));
  EXPECT_THAT(told("4e 02 2006 2401 07f9 0100 0100 01000000 00 00"), HasSubstr("session forward-close"));
  EXPECT_THAT(told("4e 02 2037 2401"), HasSubstr("file initiate-partial-write"));
  EXPECT_THAT(told("4e 02 2064 2401"), HasSubstr("configure vendor-service"));
  EXPECT_THAT(told("52 03 9103 4142 4300 0100 00000000"), HasSubstr("read read-tag-fragmented"));
  EXPECT_THAT(told("4b 02 2067 2401 07 0100 01000000 0f 00 0100 80 01"), HasSubstr("stop pccc-change-mode"));
  EXPECT_THAT(told("4b 02 20a1 2401"), HasSubstr("firmware storage-update"));
  EXPECT_THAT(told("05 02 2001 2401"), HasSubstr("stop reset"));
  EXPECT_THAT(told("05 02 2004 2401"), HasSubstr("configure reset"));
  EXPECT_THAT(told("10 03 20f5 2401 3005 0a00000a"), HasSubstr("configure set-attribute-single"));
  EXPECT_THAT(told("10 03 2004 2464 3003 01"), HasSubstr("write set-attribute-single"));
}

TEST(Enip, PathsOfEightSixteenAndThirtyTwoBitsNameTheSameObject) {
  Conversation conversation;
  const auto object = [&](std::string_view path) {
    const Octets octets = hex(path);
    return conversation.ask(unconnected(request(0x0e, octets))).at(0);
  };
  const std::string eight = object("2004 2464 3003");
  EXPECT_THAT(eight, HasSubstr("[assembly 100 attribute 3]"));
  EXPECT_EQ(object("2100 0400 2500 6400 3100 0300"), eight);
  EXPECT_EQ(object("2200 04000000 2600 64000000 3200 03000000"), eight);
  std::string text;
  const Octets packed = hex("21 0400 25 6400 30 03");
  const Path path = read_path(packed, false, text);
  EXPECT_EQ(path.error, "");
  EXPECT_EQ(path.class_number, 4u);
  EXPECT_EQ(path.instance, 100u);
  EXPECT_EQ(path.attribute, 3u);
}

TEST(Enip, PathsThatCannotBeReadAreMalformed) {
  EXPECT_EQ(malformed_reason(hex("0e 05 2001")), "path beyond message");
  EXPECT_EQ(malformed_reason(hex("0e 01 2600")), "path ends inside a segment");
  EXPECT_EQ(malformed_reason(hex("4c 01 9140 0100")), "path ends inside a segment");
  EXPECT_EQ(malformed_reason(hex("4c 01 9100 0100")), "tag without a name");
  EXPECT_EQ(malformed_reason(hex("0e 01 e000")), "path segment of a type that is not known");
  EXPECT_EQ(malformed_reason(hex("0e 01 2300")), "logical segment of a kind that is not known");
  Octets many;
  for (int i = 0; i < 20; ++i) many = many + hex("2001");
  EXPECT_EQ(malformed_reason(request(0x0e, many)), "too many classes");
}

TEST(Enip, OffsetsOfAMultipleServicePacketStayInsideIt) {
  const std::string_view head = "0a 02 2002 2401 ";
  for (const char* bad :
       {"0200 0600 0500 0102 2001 2401 0102 2001 2401", "0100 0300 0102 2001 2401", "0200 0600 ffff 0102 2001 2401",
        "0100 0900 0102 2001 2401", "0200 0600 0600 0102 2001 2401"}) {
    EXPECT_EQ(malformed_reason(hex(std::string(head) + bad)), "offset of a service out of bounds") << bad;
  }
  EXPECT_EQ(malformed_reason(hex(std::string(head) + "0000")), "multiple service packet without its offsets");
  EXPECT_EQ(malformed_reason(hex(std::string(head) + "ffff 0600")), "multiple service packet without its offsets");
}

TEST(Enip, ServicesInServicesEndSomewhere) {
  Octets nested = kIdentity;
  for (int i = 0; i < 6; ++i) nested = request(0x0a, hex("2002 2401"), hex("0100 0400") + nested);
  EXPECT_EQ(malformed_reason(nested), "services too deep in services");
}

TEST(Enip, OneBadServiceDoesNotHideTheOthers) {
  Conversation conversation;
  const Octets packet =
      request(0x0a, hex("2002 2401"),
              hex("0300 0800 0e00 1200") + kIdentity + hex("4c 01 9140") + request(0x0e, kIdentityPath));
  const auto lines = conversation.ask(unconnected(packet));
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_THAT(lines[1], HasSubstr("item 2"));
  EXPECT_EQ(conversation.state.state, Feed::State::malformed);
}

TEST(Enip, ExtendedStatusIsCountedInWords) {
  Conversation conversation;
  const Octets cip = request(0x4c, hex("9101 4100"), hex("0100"));
  conversation.ask(unconnected(cip));
  EXPECT_THAT(conversation.answer(unconnected(hex("cc 00 ff 01 0521"))),
              ElementsAre(HasSubstr("refused 2164223 beyond end of object")));
  conversation.ask(unconnected(cip));
  conversation.answer(unconnected(hex("cc 00 ff 02 0521")));
  EXPECT_EQ(conversation.state.reason, "answer cut short");
}

TEST(Enip, ARetryRepeatsTheSequenceCount) {
  Conversation conversation;
  const Octets cip = request(0x4d, hex("9101 4100"), hex("c300 0100 0500"));
  const auto first = conversation.ask(connected(cip, 7, 1));
  EXPECT_THAT(first, SizeIs(1));
  EXPECT_THAT(conversation.ask(connected(cip, 7, 1)), ElementsAre("deviation repeated-sequence", first[0]));
  EXPECT_THAT(conversation.ask(connected(cip, 7, 2)), SizeIs(1));
}

TEST(Enip, SixteenBitsOfSequenceAreEnoughForALongSession) {
  Conversation conversation;
  const Octets cip = request(0x4c, hex("9101 4100"), hex("0100"));
  for (uint32_t i = 0; i < 0x10010; ++i) {
    const auto sequence = static_cast<uint16_t>(i);
    EXPECT_THAT(conversation.ask(connected(cip, 7, sequence)), SizeIs(1));
    if (i % 1024 != 0) continue;
    EXPECT_THAT(conversation.answer(connected(hex("cc000000 c100 01"), 9, sequence)), SizeIs(1));
  }
}

TEST(Enip, ValuesFewerThanCountedAreMalformed) {
  EXPECT_EQ(malformed_reason(request(0x4d, hex("9101 4100"), hex("c400 0200 01000000"))), "fewer values than counted");
  EXPECT_EQ(malformed_reason(request(0x4d, hex("9101 4100"), hex("c400"))), "tag service cut short");
  EXPECT_EQ(malformed_reason(request(0x4e, hex("9101 4100"), hex("0400 01000000"))), "masks cut short");
}

TEST(Enip, SequencedAddressesHaveTheNumber8002) {
  Conversation conversation;
  const Octets io = hex("0200 0280 0800 01100000 05000000 b100 0200 aabb");
  EXPECT_THAT(conversation.ask(io), ElementsAre("unsolicited read io-unopened id 5 [connection 4097] = \"aabb\""));
  Octets other = io;
  other[3] = 0xb0;
  EXPECT_EQ(conversation.decoder().probe(Direction::to_server, other), Match::no);
}

TEST(Enip, IoOfAnotherPairOfHostsHasNoOpening) {
  Associations shared;
  const Protocol self = *find_protocol("enip");
  const auto tcp = self.entry().make(self), udp = self.entry().make(self), elsewhere = self.entry().make(self);
  tcp->share(shared, 1);
  udp->share(shared, 1);
  elsewhere->share(shared, 2);
  const Octets path = hex("2004 2497 2c96 2c64");
  const Octets open =
      request(0x54, hex("2006 2401"),
              hex("07f9 00000000 00500000 0700 0100 99000000 00000000 10270000 0848 10270000 0848 01 04") + path);
  protocols::testing::RecordingSink sink;
  tcp->feed(Direction::to_server, unconnected(open), sink);
  tcp->feed(Direction::to_client,
            unconnected(hex("d4000000 01100000 00500000 0700 0100 99000000 10270000 10270000 0000")), sink);
  sink.lines.clear();
  const Octets io = hex("0200 0280 0800 01100000 05000000 b100 0400 0100 aabb");
  udp->feed(Direction::to_client, io, sink);
  elsewhere->feed(Direction::to_client, io, sink);
  EXPECT_THAT(sink.lines, ElementsAre("operation write io-output item 0 id 5 [assembly 150 attribute 3] = \"aabb\"",
                                      "unsolicited read io-unopened id 5 [connection 4097] = \"0100aabb\""));
}

TEST(Enip, OptionsAndTrailingOctetsAreDeviations) {
  Conversation conversation;
  Octets message = unconnected(kIdentity);
  message[20] = 1;
  EXPECT_THAT(conversation.ask(message), Contains("deviation options"));
  EXPECT_THAT(conversation.ask(unconnected(kIdentity) + hex("00")), Contains("deviation trailing-bytes"));
}

TEST(Enip, WhatNobodyDecodesIsNamed) {
  Conversation conversation;
  conversation.ask(encapsulate(0x6f, hex("000000000000 0200") + item(0x85, {}) + item(0x91, hex("00"))));
  EXPECT_EQ(conversation.state.reason, "no item with a message of CIP");
  conversation.ask(encapsulate(0x6f, hex("010000000000 0200") + item(0, {}) + item(0xb2, kIdentity)));
  EXPECT_EQ(conversation.state.reason, "interface other than CIP");
}

TEST(Enip, RemembersABoundedPartOfALongPacket) {
  Octets packet;
  constexpr size_t kServices = 2000;
  put(packet, kServices, 2);
  for (size_t i = 0; i < kServices; ++i) put(packet, 2 + 2 * kServices + 6 * i, 2);
  for (size_t i = 0; i < kServices; ++i) packet = packet + kIdentity;
  Conversation conversation;
  EXPECT_THAT(conversation.ask(unconnected(request(0x0a, hex("2002 2401"), packet))), SizeIs(kServices));
  Octets answers;
  put(answers, kServices, 2);
  for (size_t i = 0; i < kServices; ++i) put(answers, 2 + 2 * kServices + 4 * i, 2);
  for (size_t i = 0; i < kServices; ++i) answers = answers + hex("81000000");
  EXPECT_THAT(conversation.answer(unconnected(hex("8a000000") + answers)), SizeIs(kServices));
}

}  // namespace
}  // namespace rampart::protocols::enip::testing
