// Fuzz input as fuzz_decoder() reads it where its size is odd; where it is even, two decoders of one pair of hosts, of
// which everything asked is refused and the refusal read back; where it is short, an object of a plant.
#include <cstdlib>

#include "protocols/associations.h"
#include "protocols/fuzz_testing.h"

namespace {

using namespace rampart;
using namespace rampart::protocols;

/// RefusingSink refuses every operation as soon as it is found.
struct RefusingSink : testing::CheckingSink {
  RefusingSink(Decoder& of, Direction in) : decoder(of), direction(in) {}
  void operation(const Operation& operation) override {
    CheckingSink::operation(operation);
    const Refusal refusal = decoder.refuse(direction, operation.key, Reason::not_allowed);
    if (refusal.bytes.empty()) return;
    const Frame frame = decoder.frame(opposite(direction), refusal.bytes);
    if (frame.state == Frame::State::complete && frame.size != refusal.bytes.size()) std::abort();
  }
  Decoder& decoder;
  Direction direction;
};

void refuse_all(const Entry& entry, Protocol self, Bytes data) {
  Associations shared;
  const std::unique_ptr<Decoder> decoders[] = {entry.make(self), entry.make(self)};
  for (const auto& decoder : decoders) decoder->share(shared, 1);
  ByteReader reader(data);
  while (reader.left() >= 3) {
    const uint8_t orders = reader.u8();
    Decoder& decoder = *decoders[orders >> 1 & 1];
    const Direction direction = (orders & 1) != 0 ? Direction::to_client : Direction::to_server;
    const Bytes chunk = reader.bytes(std::min<size_t>(reader.u16(), reader.left()));
    RefusingSink sink(decoder, direction);
    decoder.feed(direction, chunk, sink);
    if (decoder.resync(direction, chunk) > chunk.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Protocol self = *find_protocol("enip");
  const Entry& entry = self.entry();
  if (size <= 64) testing::fuzz_object(entry, {data, size});
  if (size % 2 == 0) {
    refuse_all(entry, self, {data, size});
    return 0;
  }
  return testing::fuzz_decoder(entry, self, data, size);
}
