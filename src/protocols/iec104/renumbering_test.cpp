// What a gateway does with numbers: both ends count as if nothing stood between them, whatever is put in or left out.
#include "protocols/iec104/renumbering.h"

#include <gtest/gtest.h>

#include <random>

#include "protocols/iec104/decoder.h"
#include "protocols/iec104/iec104.h"
#include "protocols/testing.h"

namespace rampart::protocols::iec104 {
namespace {

using Octets = std::vector<uint8_t>;

/// Station is one end: counts what it sends and what it gets, as -104 clause 5 asks, and fails where that is broken.
class Station {
 public:
  explicit Station(uint16_t begin) : next_(begin), acked_(begin) {}

  Octets frame(const Octets& asdu) {
    Octets out{kStart, static_cast<uint8_t>(kControlOctets + asdu.size()), 0, 0, 0, 0};
    store(out, 2, next_);
    store(out, 4, awaited_);
    out.insert(out.end(), asdu.begin(), asdu.end());
    next_ = (next_ + 1) & (kSequences - 1);
    return out;
  }
  Octets acknowledge() const {
    Octets out{kStart, kControlOctets, 1, 0, 0, 0};
    store(out, 4, awaited_);
    return out;
  }
  /// take checks a frame that came; `first` is what the other end began with.
  void take(const Octets& frame) {
    ASSERT_GE(frame.size(), kApciOctets);
    const Format format = format_of(frame[2]);
    if (format == Format::unnumbered) return;
    const auto receive = static_cast<uint16_t>(load_little<2>(frame.data() + 4) >> 1);
    const auto taken = static_cast<uint16_t>((receive - acked_) & (kSequences - 1));
    const auto outstanding = static_cast<uint16_t>((next_ - acked_) & (kSequences - 1));
    ASSERT_LE(taken, outstanding) << "an acknowledgement of what was never sent, or one taken back";
    acked_ = receive;
    if (format != Format::information) return;
    const auto send = static_cast<uint16_t>(load_little<2>(frame.data() + 2) >> 1);
    ASSERT_EQ(send, awaited_) << "a number is missing or comes twice";
    awaited_ = (send + 1) & (kSequences - 1);
  }
  bool all_acknowledged() const { return acked_ == next_; }
  void await(uint16_t begin) { awaited_ = begin; }
  uint16_t outstanding() const { return static_cast<uint16_t>((next_ - acked_) & (kSequences - 1)); }

 private:
  static void store(Octets& out, size_t at, uint16_t number) {
    out[at] = static_cast<uint8_t>(number << 1);
    out[at + 1] = static_cast<uint8_t>(number >> 7);
  }
  uint16_t next_, acked_, awaited_ = 0;
};

/// KeySink keeps the key of the last operation.
class KeySink final : public Sink {
 public:
  void operation(const Operation& operation) override { key = operation.key; }
  void answer(const Answer&) override {}
  void attribute(const Attribute&) override {}
  void protection(const Protection&) override {}
  void deviation(std::string_view name) override { deviations.emplace_back(name); }
  TransactionKey key{};
  std::vector<std::string> deviations;
};

struct Between {
  Between(uint16_t client_begin, uint16_t server_begin) : client(client_begin), server(server_begin) {
    client.await(server_begin);
    server.await(client_begin);
  }
  Station& end(Direction direction) { return direction == Direction::to_server ? server : client; }

  /// pass forwards what the sender of `direction` sent.
  void pass(Direction direction, Octets frame) {
    ASSERT_NE(decoder.feed(direction, frame, sink).state, Feed::State::malformed);
    decoder.renumber(direction, frame);
    end(direction).take(frame);
  }
  /// refuse leaves out what the client sent and says no to it; ignore says nothing.
  void refuse(const Octets& frame) {
    ASSERT_NE(decoder.feed(Direction::to_server, frame, sink).state, Feed::State::malformed);
    decoder.leave_out(Direction::to_server);
    const Refusal refusal = decoder.refuse(Direction::to_server, sink.key, Reason::not_allowed);
    ASSERT_FALSE(refusal.bytes.empty());
    client.take(refusal.bytes);
  }
  void ignore(Direction direction, const Octets& frame) {
    ASSERT_NE(decoder.feed(direction, frame, sink).state, Feed::State::malformed);
    const Refusal acknowledgement = decoder.leave_out(direction);
    if (!acknowledgement.bytes.empty()) end(opposite(direction)).take(acknowledgement.bytes);
  }

  Iec104Decoder decoder{*find_protocol("iec104")};
  KeySink sink;
  Station client, server;
};

const Octets kCommand{0x2d, 0x01, 0x06, 0x00, 0x01, 0x00, 0xe8, 0x03, 0x00, 0x01};
const Octets kMeasured{0x01, 0x01, 0x03, 0x00, 0x01, 0x00, 0xe8, 0x03, 0x00, 0x01};

TEST(Iec104Gateway, ChangesNothingWhereNothingWasRefused) {
  Between between(0, 0);
  const Octets command = between.client.frame(kCommand);
  Octets same = command;
  between.decoder.feed(Direction::to_server, same, between.sink);
  between.decoder.renumber(Direction::to_server, same);
  EXPECT_EQ(same, command);
}

TEST(Iec104Gateway, ARefusedCommandMovesTheNumbersOfBothDirections) {
  Between between(0, 0);
  between.pass(Direction::to_client, between.server.frame(kMeasured));
  between.refuse(between.client.frame(kCommand));
  between.pass(Direction::to_client, between.server.frame(kMeasured));
  between.pass(Direction::to_server, between.client.frame(kCommand));
  between.pass(Direction::to_server, between.client.acknowledge());
  between.pass(Direction::to_client, between.server.acknowledge());
  EXPECT_TRUE(between.client.all_acknowledged());
  EXPECT_TRUE(between.server.all_acknowledged());
}

TEST(Iec104Gateway, AcknowledgesWhatItLeavesOutSoThatTheSenderGoesOn) {
  Between between(0, 0);
  between.ignore(Direction::to_server, between.client.frame(kCommand));
  EXPECT_TRUE(between.client.all_acknowledged());
  between.ignore(Direction::to_client, between.server.frame(kMeasured));
  EXPECT_TRUE(between.server.all_acknowledged());
}

TEST(Iec104Gateway, DoesNotAcknowledgeWhatTheServerHasNotSeenYet) {
  Between between(0, 0);
  between.pass(Direction::to_server, between.client.frame(kCommand));
  between.refuse(between.client.frame(kCommand));
  EXPECT_EQ(between.client.outstanding(), 2u) << "the first is on its way, and the refused one comes behind it";
  between.pass(Direction::to_client, between.server.acknowledge());
  EXPECT_TRUE(between.client.all_acknowledged());
}

TEST(Iec104Gateway, BothEndsCountAsIfNothingStoodBetweenWhateverHappens) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    Between between(static_cast<uint16_t>(32'700 + seed), static_cast<uint16_t>(32'690 - seed));
    // A connection begins at 0; to meet the wrap sooner, these begin elsewhere, which shows in their first frames.
    between.pass(Direction::to_server, between.client.frame(kCommand));
    between.pass(Direction::to_client, between.server.frame(kMeasured));
    for (int step = 0; step < 2'000 && !::testing::Test::HasFailure(); ++step) {
      switch (random() % 8) {
        case 0:
        case 1:
          if (between.client.outstanding() < kWindow)
            between.pass(Direction::to_server, between.client.frame(kCommand));
          break;
        case 2:
          if (between.client.outstanding() < kWindow) between.refuse(between.client.frame(kCommand));
          break;
        case 3:
          if (between.client.outstanding() < kWindow)
            between.ignore(Direction::to_server, between.client.frame(kCommand));
          break;
        case 4:
        case 5:
          if (between.server.outstanding() < kWindow)
            between.pass(Direction::to_client, between.server.frame(kMeasured));
          break;
        case 6:
          if (between.server.outstanding() < kWindow)
            between.ignore(Direction::to_client, between.server.frame(kMeasured));
          break;
        default:
          between.pass(Direction::to_server, between.client.acknowledge());
          between.pass(Direction::to_client, between.server.acknowledge());
          break;
      }
    }
    between.pass(Direction::to_server, between.client.acknowledge());
    between.pass(Direction::to_client, between.server.acknowledge());
    EXPECT_TRUE(between.client.all_acknowledged()) << "seed " << seed;
    EXPECT_TRUE(between.server.all_acknowledged()) << "seed " << seed;
    for (const std::string& deviation : between.sink.deviations) {
      EXPECT_FALSE(deviation.starts_with("acknowledges")) << deviation;
    }
  }
}

}  // namespace
}  // namespace rampart::protocols::iec104
