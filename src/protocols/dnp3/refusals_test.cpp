#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/dnp3/application.h"
#include "protocols/dnp3/wire.h"

namespace rampart::protocols::dnp3::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Octets refuse(Conversation& conversation, uint8_t sequence, Reason reason) {
  return conversation.decoder()
      .refuse(Direction::to_server, make_key(kMaster, kOutstation, sequence, false), reason)
      .bytes;
}

TEST(Dnp3Refusal, IsTheOutstationsNullResponseWithAnIndication) {
  Conversation conversation;
  conversation.ask(asking("c5 02 32 01 07 01 00 00 00 00 00 00"));
  EXPECT_EQ(refuse(conversation, 5, Reason::not_allowed), answering("c5 81 00 01"));
  EXPECT_EQ(refuse(conversation, 5, Reason::value), answering("c5 81 00 04"));
  EXPECT_EQ(refuse(conversation, 5, Reason::busy), answering("c5 81 00 10"));
}

TEST(Dnp3Refusal, EchoesCommandsWithTheirStatus) {
  Conversation conversation;
  conversation.ask(
      asking("c6 05 0c 01 17 02 03 03 01 64000000 00000000 00 04 41 01 00000000 00000000 00 29 02 28 01 00 "
             "07 00 10 27 00"));
  EXPECT_EQ(refuse(conversation, 6, Reason::not_allowed),
            answering("c6 81 00 00 0c 01 17 02 03 03 01 64000000 00000000 09 04 41 01 00000000 00000000 09 29 02 28 01 "
                      "00 07 00 10 27 09"));
  EXPECT_EQ(refuse(conversation, 6, Reason::value),
            answering("c6 81 00 00 0c 01 17 02 03 03 01 64000000 00000000 0c 04 41 01 00000000 00000000 0c 29 02 28 01 "
                      "00 07 00 10 27 0c"));
}

TEST(Dnp3Refusal, IsReadBackAsARefusal) {
  Conversation conversation;
  conversation.ask(asking("c6 04 29 02 17 01 05 10 27 00"));
  EXPECT_THAT(
      conversation.answer(refuse(conversation, 6, Reason::not_allowed)),
      ElementsAre("answer operate response item 0 id 6 refused 9 not-authorized [analog-output 5 unit 10] = 5:10000"));
  conversation.ask(asking("c7 0d"));
  EXPECT_THAT(conversation.answer(refuse(conversation, 7, Reason::not_allowed)),
              ElementsAre("answer stop response id 7 refused 512 function-not-supported"));
}

TEST(Dnp3Refusal, IsEmptyWhereNobodyWaitsForAnAnswer) {
  Conversation conversation;
  conversation.ask(asking("c1 06 0c 01 17 01 03 03 01 64000000 00000000 00"));
  EXPECT_THAT(refuse(conversation, 1, Reason::not_allowed), IsEmpty());
  conversation.ask(asking("c2 00"));
  EXPECT_THAT(refuse(conversation, 2, Reason::not_allowed), IsEmpty());
  EXPECT_THAT(refuse(conversation, 9, Reason::not_allowed), IsEmpty()) << "never seen";
  conversation.ask(asking("c3 0d", 0xffff));
  EXPECT_THAT(conversation.decoder()
                  .refuse(Direction::to_server, make_key(kMaster, 0xffff, 3, false), Reason::not_allowed)
                  .bytes,
              IsEmpty());
}

TEST(Dnp3Refusal, FallsBackToAnIndicationWhereTheEchoIsTooLongOrForgotten) {
  Conversation conversation;
  std::string fragment = "c8 05 29 01 28 28 00";
  for (int i = 0; i < 40; ++i) fragment += "05 00 00 00 00 00 00";
  conversation.ask(asking(fragment));
  EXPECT_EQ(refuse(conversation, 8, Reason::value), answering("c8 81 00 04"));
  conversation.ask(asking("c1 03 29 02 17 01 05 10 27 00"));
  for (const char* other : {"c2", "c3", "c4", "c5"}) {
    conversation.ask(asking(std::string(other) + " 03 29 02 17 01 06 10 27 00"));
  }
  EXPECT_EQ(refuse(conversation, 1, Reason::not_allowed), answering("c1 81 00 01"));
}

}  // namespace
}  // namespace rampart::protocols::dnp3::testing
