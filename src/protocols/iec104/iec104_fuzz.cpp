#include <algorithm>
#include <vector>

#include "protocols/fuzz_testing.h"
#include "protocols/iec104/apci.h"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const rampart::protocols::Protocol self = *rampart::protocols::find_protocol("iec104");
  if (size == 0 || (data[0] & kFramed) == 0) {
    return rampart::protocols::testing::fuzz_decoder(self.entry(), self, data, size);
  }
  const std::vector<uint8_t> stream = with_frames({data, size});
  rampart::protocols::testing::refuse_frames(self.entry(), self, stream, true);
  return rampart::protocols::testing::fuzz_decoder(self.entry(), self, stream.data(), stream.size());
}
