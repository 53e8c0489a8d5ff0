#include <algorithm>
#include <cstdlib>
#include <vector>

#include "protocols/dnp3/link.h"
#include "protocols/testing.h"

namespace {

using rampart::ByteReader;
using rampart::Bytes;

constexpr uint8_t kFramed = 0x80;

/// with_checksums makes frames with right checksums of the input's chunks, so that mutations get past the link layer.
/// Each chunk: orders as fuzz_decoder has them, two octets of length, then control, destination, source, user data.
std::vector<uint8_t> with_checksums(Bytes input) {
  std::vector<uint8_t> stream;
  ByteReader reader(input);
  while (reader.left() >= 3) {
    const uint8_t orders = reader.u8();
    ByteReader chunk(reader.bytes(std::min<size_t>(reader.u16(), reader.left())));
    std::vector<uint8_t> frames;
    const uint8_t control = chunk.u8();
    const auto destination = static_cast<uint16_t>(static_cast<int8_t>(chunk.u8()));  // 0xfd to 0xff: broadcasts
    const auto source = static_cast<uint16_t>(static_cast<int8_t>(chunk.u8()));
    rampart::protocols::dnp3::build_frame({.control = control, .destination = destination, .source = source},
                                          chunk.rest(), frames);
    stream.push_back(orders & 0x07);
    stream.push_back(static_cast<uint8_t>(frames.size() >> 8));
    stream.push_back(static_cast<uint8_t>(frames.size() & 0xff));
    stream.insert(stream.end(), frames.begin(), frames.end());
  }
  return stream;
}

/// Refuser refuses everything that is asked, as a gateway might, and reads every refusal back.
struct Refuser : rampart::protocols::Sink {
  explicit Refuser(rampart::protocols::Decoder& refusing) : decoder(refusing) {}
  void operation(const rampart::protocols::Operation& operation) override { key = operation.key; }
  void answer(const rampart::protocols::Answer&) override {}
  void attribute(const rampart::protocols::Attribute&) override {}
  void protection(const rampart::protocols::Protection&) override {}
  void deviation(std::string_view) override {}

  void refuse(rampart::protocols::Reason reason) {
    using rampart::protocols::Direction;
    const auto refusal = decoder.refuse(Direction::to_server, key, reason);
    if (refusal.bytes.empty()) return;
    const auto feed = decoder.feed(Direction::to_client, refusal.bytes, *this);
    if (feed.state == rampart::protocols::Feed::State::held) std::abort();
  }
  rampart::protocols::Decoder& decoder;
  rampart::protocols::TransactionKey key{};
};

void refuse_all(const rampart::protocols::Entry& entry, rampart::protocols::Protocol self, Bytes stream) {
  const auto decoder = entry.make(self);
  Refuser refuser(*decoder);
  ByteReader reader(stream);
  while (reader.left() >= 3) {
    reader.skip(1);
    const Bytes frame = reader.bytes(std::min<size_t>(reader.u16(), reader.left()));
    decoder->feed(rampart::protocols::Direction::to_server, frame, refuser);
    refuser.refuse(static_cast<rampart::protocols::Reason>(frame.size() % 3));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const rampart::protocols::Protocol self = *rampart::protocols::find_protocol("dnp3");
  if (size == 0 || (data[0] & kFramed) == 0) {
    return rampart::protocols::testing::fuzz_decoder(self.entry(), self, data, size);
  }
  const std::vector<uint8_t> stream = with_checksums({data, size});
  refuse_all(self.entry(), self, stream);
  return rampart::protocols::testing::fuzz_decoder(self.entry(), self, stream.data(), stream.size());
}
