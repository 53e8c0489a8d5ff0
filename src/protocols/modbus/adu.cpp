#include "protocols/modbus/adu.h"

namespace rampart::protocols::modbus {

Header read_header(Bytes bytes) {
  constexpr Header kBad{Frame::State::malformed, 0};
  // Every octet is judged as soon as it is there: protocol 0, then a length that can be.
  if (bytes.size() > 2 && bytes[2] != 0) return kBad;
  if (bytes.size() > 3 && bytes[3] != 0) return kBad;
  if (bytes.size() > 4 && bytes[4] > kUmasLengthMost >> 8) return kBad;
  if (bytes.size() < kHeaderOctets) return {};
  const size_t length = load_big<2>(bytes.data() + 4);
  if (length < kLengthLeast || length > kUmasLengthMost) return kBad;
  if (length > kLengthMost) {
    if (bytes.size() < kShortest) return {};
    if ((bytes[7] & 0x7f) != kUmas) return kBad;
  }
  const size_t size = kHeaderOctets + length;
  return {bytes.size() < size ? Frame::State::more : Frame::State::complete, size};
}

}  // namespace rampart::protocols::modbus
