// For fuzz targets only: what is tried of decoders and objects beside fuzz_decoder().
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/registry.h"
#include "protocols/testing.h"

namespace rampart::protocols::testing {

/// fuzz_object reads an object of a plant and writes it again: what comes back must be the same object.
inline void fuzz_object(const Entry& entry, Bytes data) {
  const ParsedObject first = entry.parse_object(as_text(data));
  if (!first.error.empty()) return;
  std::string text;
  entry.append_object(text, first.object);
  const ParsedObject second = entry.parse_object(text);
  if (!second.error.empty() || !first.object.covers(second.object) || !second.object.covers(first.object)) std::abort();
}

/// Refuser refuses what was asked, as a gateway might, and reads every refusal back.
struct Refuser : Sink {
  explicit Refuser(Decoder& refusing) : decoder(refusing) {}
  void operation(const Operation& operation) override { key = operation.key; }
  void answer(const Answer& answer) override { refused = refused || answer.outcome.kind == Outcome::Kind::refused; }
  void attribute(const Attribute&) override {}
  void protection(const Protection&) override {}
  void deviation(std::string_view) override {}

  /// refuse: what comes back is a whole message; with `strict`, one that says no.
  void refuse(Reason reason, bool strict) {
    const Refusal refusal = decoder.refuse(Direction::to_server, key, reason);
    if (refusal.bytes.empty()) return;
    refused = false;
    const Feed feed = decoder.feed(Direction::to_client, refusal.bytes, *this);
    if (feed.state == Feed::State::held || (strict && !refused)) std::abort();
  }
  Decoder& decoder;
  TransactionKey key{};
  bool refused = false;
};

/// refuse_frames feeds the frames of `stream`, laid out as fuzz_decoder() has them, to the server and refuses each.
/// `strict`: each by its own key, and the refusal must say no.
inline void refuse_frames(const Entry& entry, Protocol self, Bytes stream, bool strict) {
  const auto decoder = entry.make(self);
  Refuser refuser(*decoder);
  ByteReader reader(stream);
  while (reader.left() >= 3) {
    reader.skip(1);
    const Bytes frame = reader.bytes(std::min<size_t>(reader.u16(), reader.left()));
    if (strict) refuser.key = {};
    decoder->feed(Direction::to_server, frame, refuser);
    refuser.refuse(static_cast<Reason>(frame.size() % 3), strict);
  }
}

}  // namespace rampart::protocols::testing
