// For tests of DNP3 only: builds frames around fragments, and runs a decoder over them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/dnp3/link.h"
#include "protocols/hex_testing.h"
#include "protocols/testing.h"

namespace rampart::protocols::dnp3::testing {

using protocols::testing::hex;
using protocols::testing::Lines;
using protocols::testing::Octets;

inline constexpr uint16_t kMaster = 1;
inline constexpr uint16_t kOutstation = 10;

inline Octets frame(uint8_t control, uint16_t destination, uint16_t source, Bytes user_data) {
  Octets out;
  build_frame({.control = control, .destination = destination, .source = source}, user_data, out);
  return out;
}

/// segments cuts a fragment into frames of at most `most` octets of it, numbered from `sequence`.
inline std::vector<Octets> segments(uint8_t control, uint16_t destination, uint16_t source, Bytes fragment,
                                    size_t most = 249, uint8_t sequence = 0) {
  std::vector<Octets> frames;
  bool first = true;
  do {
    const size_t size = std::min(most, fragment.size());
    Octets data{static_cast<uint8_t>((first ? 0x40 : 0) | (size == fragment.size() ? 0x80 : 0) | (sequence++ & 0x3f))};
    data.insert(data.end(), fragment.begin(), fragment.begin() + static_cast<ptrdiff_t>(size));
    frames.push_back(frame(control, destination, source, data));
    fragment = fragment.subspan(size);
    first = false;
  } while (!fragment.empty());
  return frames;
}
/// asking and answering: one message in one frame (or more) between kMaster and kOutstation.
inline Octets asking(std::string_view fragment, uint16_t outstation = kOutstation, uint16_t master = kMaster) {
  Octets all;
  for (const Octets& one : segments(0xc4, outstation, master, hex(fragment)))
    all.insert(all.end(), one.begin(), one.end());
  return all;
}
inline Octets answering(std::string_view fragment, uint16_t outstation = kOutstation, uint16_t master = kMaster) {
  Octets all;
  for (const Octets& one : segments(0x44, master, outstation, hex(fragment)))
    all.insert(all.end(), one.begin(), one.end());
  return all;
}

/// Conversation is a decoder with its sink; feed results are lines too: `malformed REASON`, `unsupported REASON`.
class Conversation {
 public:
  Conversation() : self_(*find_protocol("dnp3")), decoder_(self_.entry().make(self_)) {}

  Decoder& decoder() { return *decoder_; }
  Feed feed(Direction direction, Bytes bytes) { return decoder_->feed(direction, bytes, sink_); }
  /// ask and answer feed whole messages as a datagram would hold them, and give the lines they made.
  Lines ask(Bytes bytes) { return take(feed(Direction::to_server, bytes)); }
  Lines answer(Bytes bytes) { return take(feed(Direction::to_client, bytes)); }
  void stream(Direction direction, Bytes bytes, size_t piece) {
    protocols::testing::drive(*decoder_, direction, bytes, sink_, held_[static_cast<size_t>(direction)], piece);
  }
  Lines take() { return std::exchange(sink_.lines, {}); }
  bool holds_bytes(Direction direction) const { return !held_[static_cast<size_t>(direction)].empty(); }

 private:
  Lines take(const Feed& feed) {
    Lines lines = take();
    if (feed.state == Feed::State::malformed) lines.push_back("malformed " + std::string(feed.reason));
    if (feed.state == Feed::State::unsupported) lines.push_back("unsupported " + std::string(feed.reason));
    if (feed.state == Feed::State::held) lines.emplace_back("held");
    return lines;
  }

  Protocol self_;
  std::unique_ptr<Decoder> decoder_;
  protocols::testing::RecordingSink sink_;
  Octets held_[2];
};

}  // namespace rampart::protocols::dnp3::testing
