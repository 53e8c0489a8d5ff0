// The traps of DNP3: each is a test by name. Frames here are made by hand after IEEE 1815.
#include "protocols/dnp3/dnp3.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/dnp3/functions.h"
#include "protocols/dnp3/wire.h"

namespace rampart::protocols::dnp3::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Octets join(std::initializer_list<Octets> parts) {
  Octets all;
  for (const Octets& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

const std::string kReadClass0 = "operation read read item 0 id 0 [class 0 unit 10]";

// Link layer

TEST(Dnp3, BadHeaderChecksumIsSkippedToTheNextVerifiedHeader) {
  Octets bad = asking("c0 01 3c 02 06");
  bad[4] ^= 1;
  for (const size_t piece : {size_t{1}, size_t{7}, SIZE_MAX}) {
    Conversation conversation;
    conversation.stream(Direction::to_server, join({bad, asking("c0 01 3c 01 06")}), piece);
    EXPECT_THAT(conversation.take(), ElementsAre(kReadClass0));
    EXPECT_FALSE(conversation.holds_bytes(Direction::to_server));
  }
}

TEST(Dnp3, BadBlockChecksumSpoilsTheFrameAndNotTheConversation) {
  Conversation conversation;
  Octets bad = asking("c0 01 3c 02 06");
  bad.back() ^= 1;
  EXPECT_THAT(conversation.ask(bad), ElementsAre("malformed block checksum"));
  EXPECT_THAT(conversation.ask(asking("c0 01 3c 01 06")), ElementsAre(kReadClass0));
}

TEST(Dnp3, BadBlockChecksumDropsTheFragmentThatItBelongedTo) {
  Conversation conversation;
  auto frames = segments(0xc4, kOutstation, kMaster, hex("c0 01 3c 01 06 3c 02 06 3c 03 06"), 5);
  ASSERT_EQ(frames.size(), 3u);
  frames[1].back() ^= 1;
  EXPECT_THAT(conversation.ask(frames[0]), ElementsAre("held"));
  EXPECT_THAT(conversation.ask(frames[1]), ElementsAre("malformed block checksum"));
  EXPECT_THAT(conversation.ask(frames[2]), ElementsAre("malformed transport segment without a first one"));
}

TEST(Dnp3, DatagramMayHoldSeveralFrames) {
  Conversation conversation;
  Octets bad = asking("c0 01 3c 02 06");
  bad[8] ^= 1;
  EXPECT_THAT(conversation.ask(join({asking("c0 01 3c 01 06"), asking("c1 01 3c 02 06")})),
              ElementsAre(kReadClass0, "operation read read item 0 id 1 [class 1 unit 10]"));
  EXPECT_THAT(conversation.ask(join({bad, asking("c0 01 3c 01 06")})),
              ElementsAre(kReadClass0, "malformed header checksum"));
  Octets cut = join({asking("c0 01 3c 01 06"), asking("c1 01 3c 02 06")});
  cut.pop_back();
  EXPECT_THAT(conversation.ask(cut), ElementsAre(kReadClass0, "malformed frame cut short"));
}

TEST(Dnp3, LinkFunctionsAreSessionAndDiagnoseAndAnswered) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask(frame(0xc0, kOutstation, kMaster, {})),
              ElementsAre("operation session reset-link item 0 id 0 [ unit 10]"));
  EXPECT_THAT(conversation.answer(frame(0x00, kMaster, kOutstation, {})),
              ElementsAre("answer session link-acknowledge id 0 [ unit 10]"));
  EXPECT_THAT(conversation.answer(frame(0x00, kMaster, kOutstation, {})), IsEmpty()) << "nobody waits for this one";
  EXPECT_THAT(conversation.ask(frame(0xf2, kOutstation, kMaster, {})),
              ElementsAre("operation diagnose test-link item 0 id 0 [ unit 10]"));
  EXPECT_THAT(conversation.answer(frame(0x01, kMaster, kOutstation, {})),
              ElementsAre("answer session link-not-acknowledged id 0 refused 385 link-not-acknowledged [ unit 10]"));
  EXPECT_THAT(conversation.ask(frame(0xc9, kOutstation, kMaster, {})),
              ElementsAre("operation diagnose request-link-status item 0 id 0 [ unit 10]"));
  EXPECT_THAT(conversation.answer(frame(0x0b, kMaster, kOutstation, {})),
              ElementsAre("answer diagnose link-status id 0 [ unit 10]"));
}

TEST(Dnp3, OutstationMayAskForTheLinkStatusToo) {
  Conversation conversation;
  EXPECT_THAT(conversation.answer(frame(0x49, kMaster, kOutstation, {})),
              ElementsAre("operation diagnose request-link-status item 0 id 0 [ unit 10]"));
  EXPECT_THAT(conversation.ask(frame(0x8b, kOutstation, kMaster, {})),
              ElementsAre("answer diagnose link-status id 0 [ unit 10]"));
}

TEST(Dnp3, ConfirmedUserDataIsDecodedAndItsAcknowledgementSaysNothing) {
  Conversation conversation;
  EXPECT_THAT(conversation.ask(frame(0xf3, kOutstation, kMaster, hex("c0 c0 01 3c 01 06"))), ElementsAre(kReadClass0));
  EXPECT_THAT(conversation.answer(frame(0x00, kMaster, kOutstation, {})), IsEmpty());
}

/// Unanswered counts operations that expect no answer.
struct Unanswered : Sink {
  void operation(const Operation& operation) override {
    ++all;
    unanswered += operation.expects_answer ? 0 : 1;
    unit = operation.object.unit;
  }
  void answer(const Answer& answer) override { keys.push_back(answer.key.match); }
  void attribute(const Attribute&) override {}
  void protection(const Protection&) override {}
  void deviation(std::string_view) override {}
  int all = 0;
  int unanswered = 0;
  uint32_t unit = 0;
  std::vector<uint64_t> keys;
};

TEST(Dnp3, BroadcastsAndNoAnswerFunctionsExpectNoAnswer) {
  Conversation conversation;
  Unanswered sink;
  const auto feed = [&](const Octets& bytes) { conversation.decoder().feed(Direction::to_server, bytes, sink); };
  for (const uint16_t address : {uint16_t{0xfffd}, uint16_t{0xfffe}, uint16_t{0xffff}}) {
    feed(asking("c0 02 50 01 00 07 07 00", address));
    EXPECT_EQ(sink.unit, address);
  }
  for (const char* no_answer : {"c0 00", "c0 06", "c0 08 14 00 06", "c0 0a 14 00 06", "c0 0c", "c0 21"}) {
    feed(asking(no_answer));
  }
  EXPECT_EQ(sink.all, 9);
  EXPECT_EQ(sink.unanswered, 9);
  feed(asking("c0 01 3c 01 06", 0xfffc));
  EXPECT_EQ(sink.unanswered, 9) << "the self address answers";
}

TEST(Dnp3, AnswerToTheSelfAddressHasTheKeyOfItsQuestion) {
  Conversation conversation;
  Unanswered sink;
  conversation.decoder().feed(Direction::to_server, asking("c3 01 3c 01 06", kSelfAddress), sink);
  conversation.decoder().feed(Direction::to_client, answering("c3 81 00 00"), sink);
  EXPECT_THAT(sink.keys, ElementsAre(uint64_t{kMaster} << 32 | uint64_t{kSelfAddress} << 16 | 0x30));
}

TEST(Dnp3, LinkAddressesAreTheUnitsAndSeveralStationsShareAConnection) {
  Conversation conversation;
  const Octets fragment = hex("c0 81 00 00 1e 01 00 00 00 01 2a 00 00 00");
  const auto of_10 = segments(0x44, kMaster, 10, fragment, 8);
  const auto of_11 = segments(0x44, kMaster, 11, fragment, 8, 33);
  ASSERT_EQ(of_10.size(), 2u);
  EXPECT_THAT(conversation.answer(of_10[0]), ElementsAre("held"));
  EXPECT_THAT(conversation.answer(of_11[0]), ElementsAre("held"));
  EXPECT_THAT(conversation.answer(of_11[1]), ElementsAre("answer read response id 0 [analog-input 0 unit 11] = 42"));
  EXPECT_THAT(conversation.answer(of_10[1]), ElementsAre("answer read response id 0 [analog-input 0 unit 10] = 42"));
}

// Transport function

TEST(Dnp3, TransportSequenceMustNotHaveGaps) {
  Conversation conversation;
  const auto frames = segments(0x44, kMaster, kOutstation, hex("c0 81 00 00 3c 01 06 3c 02 06"), 3, 62);
  ASSERT_EQ(frames.size(), 4u);
  conversation.answer(frames[0]);
  EXPECT_THAT(conversation.answer(frames[2]), ElementsAre("malformed transport sequence broken"));
  conversation.answer(frames[0]);
  conversation.answer(frames[1]);
  EXPECT_THAT(conversation.answer(frames[1]), ElementsAre("deviation repeated-segment", "held"));
  conversation.answer(frames[2]);
  EXPECT_EQ(conversation.answer(frames[3]).size(), 2u) << "the sequence wraps from 63 to 0";
}

TEST(Dnp3, LossDropsOnlyWhatItsDirectionHeld) {
  Conversation conversation;
  const auto frames = segments(0xc4, kOutstation, kMaster, hex("c0 01 3c 01 06"), 3);
  conversation.ask(frames[0]);
  conversation.decoder().lost(Direction::to_client, 1);
  EXPECT_THAT(conversation.ask(frames[1]), ElementsAre(kReadClass0));
  conversation.ask(frames[0]);
  conversation.decoder().lost(Direction::to_server, 1);
  EXPECT_THAT(conversation.ask(frames[1]), ElementsAre("malformed transport segment without a first one"));
}

TEST(Dnp3, NewFragmentEndsAnUnfinishedOne) {
  Conversation conversation;
  conversation.ask(segments(0xc4, kOutstation, kMaster, hex("c0 01 3c 01 06"), 3)[0]);
  EXPECT_THAT(conversation.ask(asking("c0 01 3c 01 06")), ElementsAre("deviation unfinished-fragment", kReadClass0));
}

TEST(Dnp3, FragmentsAbove2048AreNamedAndAbove4096Dropped) {
  const auto total = [](size_t octets) {
    Octets fragment = hex("c0 81 00 00");
    while (fragment.size() + 250 <= octets) {  // octet strings, 242 octets each
      const Octets header = hex("6e f2 00 00 00");
      fragment.insert(fragment.end(), header.begin(), header.end());
      fragment.insert(fragment.end(), 242, 0x41);
    }
    Conversation conversation;
    Lines lines;
    for (const Octets& one : segments(0x44, kMaster, kOutstation, fragment)) {
      for (std::string& line : conversation.answer(one)) {
        if (line != "held") lines.push_back(line.substr(0, 40));
      }
    }
    return lines;
  };
  EXPECT_EQ(total(2048).size(), 8u);
  EXPECT_EQ(total(4000)[0], "deviation fragment-size");
  EXPECT_THAT(total(5000)[0], "malformed fragment too long");
}

TEST(Dnp3, ManyUnfinishedFragmentsAreBounded) {
  Conversation conversation;
  for (uint16_t station = 0; station < 1000; ++station) {
    EXPECT_THAT(conversation.ask(segments(0xc4, station, kMaster, hex("c0 01 3c 01 06"), 3)[0]), ElementsAre("held"));
  }
  EXPECT_THAT(conversation.ask(segments(0xc4, 999, kMaster, hex("c0 01 3c 01 06"), 3)[1]),
              ElementsAre("operation read read item 0 id 0 [class 0 unit 999]"));
  EXPECT_THAT(conversation.ask(segments(0xc4, 5, kMaster, hex("c0 01 3c 01 06"), 3)[1]),
              ElementsAre("malformed transport segment without a first one"));
}

// Probing

TEST(Dnp3, ProbeSaysYesForAnyFirstFrame) {
  Conversation conversation;
  const auto probe = [&](Bytes bytes) { return conversation.decoder().probe(Direction::to_server, bytes); };
  EXPECT_EQ(probe(asking("c0 01 3c 01 06")), Match::yes);
  EXPECT_EQ(probe(frame(0xc9, 3, 4, {})), Match::yes);
  EXPECT_EQ(probe(answering("c0 81 90 00")), Match::yes);
  const Octets whole = answering("c0 81 90 00 50 01 00 00 07 00");
  for (size_t size = 0; size < kHeaderOctets; ++size) EXPECT_EQ(probe(Bytes(whole).first(size)), Match::more) << size;
  EXPECT_EQ(probe(Bytes(whole).first(kHeaderOctets)), Match::yes);
  Octets text(200, 'A');
  const Octets large = frame(0x44, 1, 10, text);
  EXPECT_EQ(probe(Bytes(large).subspan(17)), Match::yes) << "a stream that begins inside a frame";
  EXPECT_EQ(probe(Bytes(join({large, whole})).subspan(large.size() - 5)), Match::yes);
}

TEST(Dnp3, ProbeSaysNoToOthers) {
  Conversation conversation;
  const auto probe = [&](Bytes bytes) { return conversation.decoder().probe(Direction::to_server, bytes); };
  for (const std::string_view text : {"GET / HTTP/1.1\r\nHost: plant\r\n\r\n",
                                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"}) {
    EXPECT_EQ(probe(as_bytes(text)), Match::no) << text;
  }
  for (const char* other : {
           "16030100a5010000a10303000102030405060708090a0b0c0d0e0f",            // TLS
           "000000d0fe534d424000010000000000000000000000000000000000",          // SMB 2
           "0001000000060103000000 0a",                                         // Modbus
           "0300001611e00000000100c0010ac1020100c2020102",                      // S7comm
           "680407000000",                                                      // IEC 60870-5-104
           "65000400000000000000000000000000000000000000000001000000",          // EtherNet/IP
           "810b000c0120ffff00ff1008",                                          // BACnet/IP
           "48454c4620000000000000000000010000000100000000000000000000000000",  // OPC UA
           "0564",                                                              // not DNP3 once there is more:
           "056404c40a000100ffff",
           "0564ffc40a000100ffff00",
       }) {
    const Octets bytes = hex(other);
    EXPECT_EQ(probe(bytes), bytes.size() == 2 ? Match::more : Match::no) << other;
  }
  uint32_t state = 7;
  for (int round = 0; round < 20'000; ++round) {
    Octets bytes(64);
    for (uint8_t& octet : bytes) octet = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
    ASSERT_EQ(probe(bytes), Match::no);
  }
}

// Objects as rules write them

TEST(Dnp3, ObjectsReadBackAsTheyAreWritten) {
  const Entry entry = dnp3::entry();
  for (const char* text : {"analog-output 5", "binary-output 0-7", "class 1-3", "counter", "file",
                           "file /etc/config.xml", "device-attribute 242", "octet-string 0-65535",
                           "internal-indications 7", "time", "authentication", "dataset 3", "virtual-terminal 1"}) {
    const ParsedObject parsed = entry.parse_object(text);
    ASSERT_EQ(parsed.error, "") << text;
    std::string written;
    entry.append_object(written, parsed.object);
    EXPECT_EQ(written, text);
  }
  for (size_t i = 0; i < entry.spaces.size(); ++i) {
    EXPECT_EQ(entry.parse_object(entry.spaces[i].name).object.space, i);
  }
  EXPECT_NE(entry.parse_object("coil 1").error, "");
  EXPECT_NE(entry.parse_object("counter 5-1").error, "");
}

TEST(Dnp3, FunctionNamesAreUniqueAndComplete) {
  std::vector<std::string_view> names;
  for (const Function& function : functions()) {
    names.push_back(function.name);
    EXPECT_EQ(name_function(function.code).name, function.name);
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
  for (uint32_t code = 0; code < 256; ++code) {
    EXPECT_EQ(name_function(code).name == "unknown", code > 33 && (code < 129 || code > 131)) << code;
  }
}

}  // namespace
}  // namespace rampart::protocols::dnp3::testing
