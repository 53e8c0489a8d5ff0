#include "journal/layout.h"

#include <fmt/format.h>

namespace rampart::journal {

// Twenty digits hold every number of 64 bits, so that names sort as numbers do.
std::string Layout::segment(uint64_t first) const { return fmt::format("{}/{:020}.seg", segments(), first); }

std::string Layout::checkpoint_of(uint64_t size) const { return fmt::format("{}/{:020}", checkpoints(), size); }

}  // namespace rampart::journal
