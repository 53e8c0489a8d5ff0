#include <algorithm>
#include <cstdlib>
#include <vector>

#include "protocols/iec104/apci.h"
#include "protocols/testing.h"

namespace {

using rampart::ByteReader;
using rampart::Bytes;

constexpr uint8_t kFramed = 0x80;

/// with_frames puts the input's chunks into I-frames with numbers that count on, so that mutations get to the ASDUs.
/// Each chunk: orders as fuzz_decoder has them, two octets of length, then the ASDU.
std::vector<uint8_t> with_frames(Bytes input) {
  using namespace rampart::protocols::iec104;
  std::vector<uint8_t> stream;
  ByteReader reader(input);
  uint8_t send[2] = {0, 0};
  while (reader.left() >= 3) {
    const uint8_t orders = reader.u8();
    Bytes asdu = reader.bytes(std::min<size_t>(reader.u16(), reader.left()));
    asdu = asdu.first(std::min(asdu.size(), kLongestLength - kControlOctets));
    const size_t size = kApciOctets + asdu.size();
    const uint8_t number = send[orders & 1];
    send[orders & 1] = static_cast<uint8_t>(number + 2);
    stream.insert(stream.end(), {static_cast<uint8_t>(orders & 0x07), static_cast<uint8_t>(size >> 8),
                                 static_cast<uint8_t>(size & 0xff), kStart,
                                 static_cast<uint8_t>(kControlOctets + asdu.size()), number, 0, 0, 0});
    stream.insert(stream.end(), asdu.begin(), asdu.end());
  }
  return stream;
}

/// Refuser refuses everything that is asked, as a gateway might, and reads every refusal back.
struct Refuser : rampart::protocols::Sink {
  explicit Refuser(rampart::protocols::Decoder& refusing) : decoder(refusing) {}
  void operation(const rampart::protocols::Operation& operation) override { key = operation.key; }
  void answer(const rampart::protocols::Answer& answer) override {
    refused = refused || answer.outcome.kind == rampart::protocols::Outcome::Kind::refused;
  }
  void attribute(const rampart::protocols::Attribute&) override {}
  void protection(const rampart::protocols::Protection&) override {}
  void deviation(std::string_view) override {}

  void refuse(rampart::protocols::Reason reason) {
    using rampart::protocols::Direction;
    const auto refusal = decoder.refuse(Direction::to_server, key, reason);
    if (refusal.bytes.empty()) return;
    refused = false;
    const auto feed = decoder.feed(Direction::to_client, refusal.bytes, *this);
    if (feed.state == rampart::protocols::Feed::State::held || !refused) std::abort();
  }
  rampart::protocols::Decoder& decoder;
  rampart::protocols::TransactionKey key{};
  bool refused = false;
};

void refuse_all(const rampart::protocols::Entry& entry, rampart::protocols::Protocol self, Bytes stream) {
  const auto decoder = entry.make(self);
  Refuser refuser(*decoder);
  ByteReader reader(stream);
  while (reader.left() >= 3) {
    reader.skip(1);
    const Bytes frame = reader.bytes(std::min<size_t>(reader.u16(), reader.left()));
    refuser.key = {};
    decoder->feed(rampart::protocols::Direction::to_server, frame, refuser);
    refuser.refuse(static_cast<rampart::protocols::Reason>(frame.size() % 3));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const rampart::protocols::Protocol self = *rampart::protocols::find_protocol("iec104");
  if (size == 0 || (data[0] & kFramed) == 0) {
    return rampart::protocols::testing::fuzz_decoder(self.entry(), self, data, size);
  }
  const std::vector<uint8_t> stream = with_frames({data, size});
  refuse_all(self.entry(), self, stream);
  return rampart::protocols::testing::fuzz_decoder(self.entry(), self, stream.data(), stream.size());
}
