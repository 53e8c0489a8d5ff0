#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/iec104/wire.h"

namespace rampart::protocols::iec104::testing {
namespace {

using ::testing::ElementsAre;

TEST(Iec104Files, AnUploadFromTheDirectoryToTheLastAcknowledgement) {
  Joined joined;
  joined.ask("7a 01 05 00 01 00 31 75 00 00 00 00 00");                               // call directory
  joined.reply("7e 81 05 00 01 00 31 75 00 01 00 0a 00 00 20 b0 36 11 0c 02 0b 13");  // one file, the last
  joined.ask("7a 01 0d 00 01 00 31 75 00 01 00 00 01");                               // select file
  joined.reply("78 01 0d 00 01 00 31 75 00 01 00 0a 00 00 00");                       // file ready
  joined.ask("7a 01 0d 00 01 00 31 75 00 01 00 00 02");                               // request file
  joined.reply("79 01 0d 00 01 00 31 75 00 01 00 01 0a 00 00 00");                    // section ready
  joined.ask("7a 01 0d 00 01 00 31 75 00 01 00 01 06");                               // request section
  joined.reply("7d 01 0d 00 01 00 31 75 00 01 00 01 03 61 62 63");                    // segment
  joined.reply("7d 01 0d 00 01 00 31 75 00 01 00 01 03 64 65 66");                    // segment
  joined.reply("7b 01 0d 00 01 00 31 75 00 01 00 01 03 55");                          // last segment
  joined.ask("7c 01 0d 00 01 00 31 75 00 01 00 01 03");                               // acknowledge section
  joined.reply("7b 01 0d 00 01 00 31 75 00 01 00 01 01 55");                          // last section
  joined.ask("7c 01 0d 00 01 00 31 75 00 01 00 01 01");                               // acknowledge file
  EXPECT_THAT(joined.lines, ElementsAre("call-directory 1", "select-file 1", "request-file 1", "request-section 3",
                                        "acknowledge-section 1"));
}

TEST(Iec104Files, ADownloadIsAnsweredByCallsAndAcknowledgements) {
  Joined joined;
  joined.ask("78 01 0d 00 01 00 31 75 00 01 00 0a 00 00 00");     // file ready
  joined.reply("7a 01 0d 00 01 00 31 75 00 01 00 00 02");         // request file
  joined.ask("79 01 0d 00 01 00 31 75 00 01 00 01 0a 00 00 00");  // section ready
  joined.reply("7a 01 0d 00 01 00 31 75 00 01 00 01 06");         // request section
  joined.ask("7d 01 0d 00 01 00 31 75 00 01 00 01 03 61 62 63");  // segment
  joined.ask("7b 01 0d 00 01 00 31 75 00 01 00 01 03 55");        // last segment
  joined.reply("7c 01 0d 00 01 00 31 75 00 01 00 01 04");         // section refused
  EXPECT_THAT(joined.lines, ElementsAre("file-ready 1", "section-ready 1", "last-segment 1 refused not-acknowledged"));
}

TEST(Iec104Files, WhatEachMessageSaysIsNamedWithItsFile) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask("7a 01 0d 00 01 00 31 75 00 02 00 00 04"),
              ElementsAre("operation file delete-file item 0 id 0 [file 30001/2 unit 1]"));
  EXPECT_THAT(conversation.answer("7d 01 0d 00 01 00 31 75 00 02 00 01 03 61 62 63"),
              ElementsAre("answer file segment id 0 [file 30001/2 unit 1] = \"616263\" more"));
  EXPECT_THAT(conversation.answer("78 01 0d 00 01 00 31 75 00 02 00 00 00 00 80"),
              ElementsAre("answer file file-ready id 1 refused 376 file-not-ready [file 30001/2 unit 1]"));
  EXPECT_THAT(conversation.answer("7e 02 03 00 01 00 31 75 00 01 00 0a 00 00 00 b0 36 11 0c 02 0b 13"
                                  "32 75 00 02 00 0a 00 00 20 b0 36 11 0c 02 0b 13"),
              ElementsAre("unsolicited file directory id 2 [file 30001/1 unit 1]",
                          "unsolicited file directory id 2 [file 30002/2 unit 1]"));
  EXPECT_THAT(conversation.ask("7f 01 0d 00 01 00 31 75 00 01 00 b0 36 11 0c 02 0b 13 b0 36 11 0d 02 0b 13"),
              ElementsAre("operation file query-log item 0 id 1 [file 30001/1 unit 1] = "
                          R"({"time":"2019-11-02T12:17:14.000","valid":true,"summer":false})"));
}

TEST(Iec104Files, ASegmentIsAsLongAsItSays) {
  Conversation conversation;
  EXPECT_THAT(
      conversation.answer("7d 01 0d 00 01 00 31 75 00 02 00 01 03 61 62"),
      ElementsAre("answer file segment id 0 [file 30001/2 unit 1] = \"6162\" more", "malformed segment cut short"));
  EXPECT_THAT(conversation.answer("7d 01 0d 00 01 00 31 75 00 02 00 01 01 61 62"),
              ElementsAre("answer file segment id 1 [file 30001/2 unit 1] = \"61\" more",
                          "malformed octets behind the last information object"));
  EXPECT_THAT(conversation.answer("7d 01 0d 00 01 00 31 75 00 02 00"),
              ElementsAre("malformed information objects cut short"));
}

}  // namespace
}  // namespace rampart::protocols::iec104::testing
