#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/enip/wire.h"

namespace rampart::protocols::enip::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Keys keeps the key of the last operation.
struct Keys : protocols::testing::RecordingSink {
  void operation(const Operation& operation) override { key = operation.key; }
  TransactionKey key{};
};

Octets refuse(Conversation& conversation, const Octets& asked, Reason reason) {
  Keys keys;
  conversation.decoder().feed(Direction::to_server, asked, keys);
  return conversation.decoder().refuse(Direction::to_server, keys.key, reason).bytes;
}

const Octets kWrite = request(0x4d, hex("9105 53706565 6400"), hex("c300 0100 0500"));

TEST(EnipRefusal, EchoesSessionAndContextWithTheServicesOwnAnswer) {
  Conversation conversation;
  EXPECT_EQ(refuse(conversation, unconnected(kWrite, 77), Reason::not_allowed), unconnected(hex("cd000f00"), 77));
  EXPECT_EQ(refuse(conversation, unconnected(kWrite, 78), Reason::value), unconnected(hex("cd000900"), 78));
  EXPECT_EQ(refuse(conversation, unconnected(kWrite, 79), Reason::busy), unconnected(hex("cd000200"), 79));
}

TEST(EnipRefusal, IsReadBackAsARefusal) {
  Conversation conversation;
  const Octets no = refuse(conversation, unconnected(kWrite, 77), Reason::not_allowed);
  EXPECT_THAT(conversation.answer(no),
              ElementsAre("answer write write-tag item 0 id 77 refused 15 privilege violation"));
}

TEST(EnipRefusal, RefusesEachServiceOfAPacket) {
  Conversation conversation;
  const Octets packet =
      request(0x0a, hex("2002 2401"), hex("0200 0600 1600") + kWrite + request(0x01, hex("2001 2401")));
  const Octets no = refuse(conversation, unconnected(packet), Reason::not_allowed);
  EXPECT_EQ(no, unconnected(hex("8a001e00 0200 0600 0a00 cd000f00 81000f00")));
  EXPECT_THAT(conversation.answer(no), ElementsAre(HasSubstr("write-tag item 0 id 1 refused 15"),
                                                   HasSubstr("get-attributes-all item 1 id 1 refused 15")));
}

TEST(EnipRefusal, OfAConnectedMessageNeedsTheOtherIdentifier) {
  Conversation conversation;
  EXPECT_THAT(refuse(conversation, connected(kWrite, 0xaaa1, 5), Reason::not_allowed), IsEmpty());
  conversation.shared().open({.pair = 1, .id = 0xaaa1, .other = 0xbbb1, .owner = 1, .to_target = true, .kind = 3});
  conversation.shared().open({.pair = 1, .id = 0xbbb1, .other = 0xaaa1, .owner = 1, .to_target = false, .kind = 3});
  const Octets no = refuse(conversation, connected(kWrite, 0xaaa1, 6), Reason::not_allowed);
  EXPECT_EQ(no, connected(hex("cd000f00"), 0xbbb1, 6));
  EXPECT_THAT(conversation.answer(no), ElementsAre(HasSubstr("write-tag item 0 id 6 refused 15")));
}

TEST(EnipRefusal, OfAConnectionNamesIt) {
  Conversation conversation;
  const Octets open =
      request(0x54, hex("2006 2401"),
              hex("07f9 00000000 00500000 0700 0100 99000000 00000000 10270000 0848 10270000 0848 01 02 2004 2497"));
  EXPECT_EQ(refuse(conversation, unconnected(open), Reason::not_allowed),
            unconnected(hex("d4000f00 0700 0100 99000000 0000")));
}

TEST(EnipRefusal, OfTheEncapsulationIsItsStatus) {
  Conversation conversation;
  EXPECT_EQ(refuse(conversation, encapsulate(0x65, hex("01000000"), 3, 0, 0), Reason::not_allowed),
            encapsulate(0x65, {}, 3, 1, 0));
  EXPECT_THAT(refuse(conversation, encapsulate(0x66, {}, 4), Reason::not_allowed), IsEmpty()) << "nobody waits";
  EXPECT_THAT(conversation.decoder().refuse(Direction::to_server, {123, 0}, Reason::busy).bytes, IsEmpty());
}

}  // namespace
}  // namespace rampart::protocols::enip::testing
