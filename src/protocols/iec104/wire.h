// For tests of IEC 60870-5-104 only: builds frames, and runs a decoder over them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocols/hex_testing.h"
#include "protocols/iec104/apci.h"
#include "protocols/matcher.h"
#include "protocols/testing.h"

namespace rampart::protocols::iec104::testing {

using protocols::testing::hex;
using protocols::testing::Lines;
using protocols::testing::Octets;

/// frame puts an ASDU into an I-frame with these numbers.
inline Octets frame(uint16_t send, uint16_t receive, Bytes asdu) {
  Octets out{kStart,
             static_cast<uint8_t>(kControlOctets + asdu.size()),
             static_cast<uint8_t>(send << 1 & 0xfe),
             static_cast<uint8_t>(send >> 7),
             static_cast<uint8_t>(receive << 1 & 0xfe),
             static_cast<uint8_t>(receive >> 7)};
  out.insert(out.end(), asdu.begin(), asdu.end());
  return out;
}
inline Octets supervisory(uint16_t receive) {
  return {kStart, 4, 1, 0, static_cast<uint8_t>(receive << 1 & 0xfe), static_cast<uint8_t>(receive >> 7)};
}
inline Octets unnumbered_frame(uint8_t function) { return {kStart, 4, function, 0, 0, 0}; }

/// Conversation is a decoder with its sink; it numbers I-frames itself. Feed results are lines too.
class Conversation {
 public:
  Conversation() : self_(*find_protocol("iec104")), decoder_(self_.entry().make(self_)) {}

  Decoder& decoder() { return *decoder_; }
  Lines feed(Direction direction, Bytes bytes) {
    const Feed feed = decoder_->feed(direction, bytes, sink_);
    Lines lines = take();
    if (feed.state == Feed::State::malformed) lines.push_back("malformed " + std::string(feed.reason));
    if (feed.state == Feed::State::unsupported) lines.push_back("unsupported " + std::string(feed.reason));
    return lines;
  }
  /// ask and answer send an ASDU in the next I-frame of their direction.
  Lines ask(std::string_view asdu) { return send(Direction::to_server, asdu); }
  Lines answer(std::string_view asdu) { return send(Direction::to_client, asdu); }
  void stream(Direction direction, Bytes bytes, size_t piece) {
    protocols::testing::drive(*decoder_, direction, bytes, sink_, held_[static_cast<size_t>(direction)], piece);
  }
  Lines take() { return std::exchange(sink_.lines, {}); }

 private:
  Lines send(Direction direction, std::string_view asdu) {
    const auto mine = static_cast<size_t>(direction);
    return feed(direction, frame(next_[mine]++, next_[1 - mine], hex(asdu)));
  }

  Protocol self_;
  std::unique_ptr<Decoder> decoder_;
  protocols::testing::RecordingSink sink_;
  uint16_t next_[2] = {0, 0};
  Octets held_[2];
};

/// Details keeps what lines do not show.
struct Details : Sink {
  void operation(const Operation& operation) override {
    details.push_back(operation.object.detail);
    expects.push_back(operation.expects_answer);
    key = operation.key;
  }
  void answer(const Answer& answer) override {
    details.push_back(answer.object ? answer.object->detail : 0);
    answer_key = answer.key;
  }
  void attribute(const Attribute&) override {}
  void protection(const Protection&) override {}
  void deviation(std::string_view) override {}
  std::vector<uint16_t> details;
  std::vector<bool> expects;
  TransactionKey key{}, answer_key{};
};

/// Joined runs a conversation through a matcher and writes down what came together.
struct Joined : Sink {
  Joined() : self(*find_protocol("iec104")), decoder(self.entry().make(self)), matcher(128) {}
  void operation(const Operation& operation) override {
    if (operation.expects_answer) matcher.asked(operation, direction, TimePoint(now), emit()) = {};
  }
  void answer(const Answer& answer) override { matcher.answered(answer, direction, TimePoint(now), emit()); }
  void attribute(const Attribute&) override {}
  void protection(const Protection&) override {}
  void deviation(std::string_view) override {}
  struct Emit {
    Joined& joined;
    void operator()(const Transaction<int>& one) const {
      std::string line = one.operation != nullptr ? std::string(one.operation->function.name) : std::string("nobody");
      line += " " + std::to_string(one.answers.size());
      if (one.outcome.kind == Outcome::Kind::refused) line += " refused " + std::string(one.outcome.name);
      if (one.outcome.kind == Outcome::Kind::unanswered) line += " unanswered";
      joined.lines.push_back(line);
    }
  };
  Emit emit() { return {*this}; }
  void feed(Direction in, std::string_view asdu) {
    direction = in;
    now += std::chrono::milliseconds(10);
    const auto mine = static_cast<size_t>(in);
    decoder->feed(in, frame(next[mine]++, next[1 - mine], hex(asdu)), *this);
  }
  void ask(std::string_view asdu) { feed(Direction::to_server, asdu); }
  void reply(std::string_view asdu) { feed(Direction::to_client, asdu); }

  Protocol self;
  std::unique_ptr<Decoder> decoder;
  Matcher<int> matcher;
  Direction direction{};
  Duration now{};
  uint16_t next[2] = {0, 0};
  Lines lines;
};

}  // namespace rampart::protocols::iec104::testing
