// Fuzz input as fuzz_decoder() reads it where its size is odd, refused message by message where it is even, and, where
// it is short, read as an object of a plant.
#include "protocols/fuzz_testing.h"

namespace {

using namespace rampart;
using namespace rampart::protocols;

/// RefusingSink refuses every operation as soon as it is found.
struct RefusingSink : testing::RecordingSink {
  RefusingSink(Decoder& of, Direction in) : decoder(of), direction(in) {}
  void operation(const Operation& operation) override {
    const Refusal refusal = decoder.refuse(direction, operation.key, Reason::busy);
    if (!refusal.bytes.empty() && decoder.frame(direction, refusal.bytes).state != Frame::State::complete) std::abort();
  }
  Decoder& decoder;
  Direction direction;
};

void refuse_all(const Entry& entry, Protocol self, Bytes data) {
  const auto decoder = entry.make(self);
  ByteReader reader(data);
  while (reader.left() >= 3) {
    const Direction direction = (reader.u8() & 1) != 0 ? Direction::to_client : Direction::to_server;
    const Bytes chunk = reader.bytes(std::min<size_t>(reader.u16(), reader.left()));
    RefusingSink sink(*decoder, direction);
    decoder->feed(direction, chunk, sink);
    if (decoder->resync(direction, chunk) > chunk.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Protocol self = *find_protocol("s7comm");
  const Entry& entry = self.entry();
  if (size <= 64) testing::fuzz_object(entry, {data, size});
  // One or the other: both would halve the inputs a second, and mutation changes sizes all the time.
  if (size % 2 == 0) {
    refuse_all(entry, self, {data, size});
    return 0;
  }
  return testing::fuzz_decoder(entry, self, data, size);
}
