#include "damage.h"

#include <utility>

namespace rampart::captures {
namespace {

bool happens(Random& random, uint64_t one_in) { return random() % one_in == 0; }

}  // namespace

Frames cut_short(Frames frames, Random random) {
  for (Frame& frame : frames) frame.bytes.resize(random() % (frame.bytes.size() + 1));
  return frames;
}

Frames snapped(Frames frames, size_t length) {
  for (Frame& frame : frames) {
    if (frame.bytes.size() > length) frame.bytes.resize(length);
  }
  return frames;
}

Frames flipped(Frames frames, uint64_t one_in, Random random) {
  constexpr size_t kAddresses = 12;
  for (Frame& frame : frames) {
    for (size_t i = kAddresses; i < frame.bytes.size(); ++i) {
      if (happens(random, one_in)) frame.bytes[i] = static_cast<uint8_t>(frame.bytes[i] ^ (1 + random() % 255));
    }
  }
  return frames;
}

Frames jumbled(const Frames& frames, uint64_t one_in, Random random) {
  Frames out;
  for (const Frame& frame : frames) {
    if (happens(random, one_in)) continue;
    out.push_back(frame);
    if (happens(random, one_in)) out.push_back(frame);
    if (out.size() > 8 && happens(random, one_in)) std::swap(out.back(), out[out.size() - 2 - random() % 7]);
  }
  return out;
}

}  // namespace rampart::captures
