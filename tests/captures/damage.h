// What goes wrong with captures: cut, flipped, lost, repeated, out of place. Every function is pure; the same seed
// gives the same damage.
#pragma once

#include <random>

#include "frames.h"

namespace rampart::captures {

using Random = std::mt19937_64;

/// cut_short cuts every frame at a random length, as a snap length does; the original length stays.
Frames cut_short(Frames frames, Random random);
/// snapped cuts all frames at `length`.
Frames snapped(Frames frames, size_t length);
/// flipped changes one octet in `one_in`, at random, behind the link layer's addresses.
Frames flipped(Frames frames, uint64_t one_in, Random random);
/// jumbled drops, repeats and swaps frames, each with a chance of one in `one_in`.
Frames jumbled(const Frames& frames, uint64_t one_in, Random random);

}  // namespace rampart::captures
