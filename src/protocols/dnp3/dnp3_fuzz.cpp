#include <algorithm>
#include <vector>

#include "protocols/dnp3/link.h"
#include "protocols/fuzz_testing.h"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const rampart::protocols::Protocol self = *rampart::protocols::find_protocol("dnp3");
  if (size == 0 || (data[0] & kFramed) == 0) {
    return rampart::protocols::testing::fuzz_decoder(self.entry(), self, data, size);
  }
  const std::vector<uint8_t> stream = with_checksums({data, size});
  rampart::protocols::testing::refuse_frames(self.entry(), self, stream, false);
  return rampart::protocols::testing::fuzz_decoder(self.entry(), self, stream.data(), stream.size());
}
