// CRC-32C (Castagnoli polynomial 0x1EDC6F41, reflected), as in RFC 3720 appendix B.4: finds damage, not forgery.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace rampart {

/// crc32c continues from `before`, the result for the bytes that came before these; 0 begins. With SSE 4.2 where the
/// processor has it.
uint32_t crc32c(Bytes bytes, uint32_t before = 0);
/// crc32c_by_table is the same for processors without it: an eighth of the speed or less.
uint32_t crc32c_by_table(Bytes bytes, uint32_t before = 0);

}  // namespace rampart
