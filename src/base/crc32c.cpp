#include "base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace rampart {
namespace {

constexpr std::array<uint32_t, 256> make_table() {
  constexpr uint32_t kReflectedPolynomial = 0x82F63B78;
  std::array<uint32_t, 256> table{};
  for (uint32_t octet = 0; octet < 256; ++octet) {
    uint32_t remainder = octet;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (remainder & 1 ? kReflectedPolynomial : 0);
    table[octet] = remainder;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t by_processor(Bytes bytes, uint32_t before) {
  const uint8_t* at = bytes.data();
  size_t left = bytes.size();
  uint64_t remainder = ~before;
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t octets;
    std::memcpy(&octets, at, sizeof octets);
    remainder = _mm_crc32_u64(remainder, octets);
  }
  uint32_t last = static_cast<uint32_t>(remainder);
  for (; left > 0; ++at, --left) last = _mm_crc32_u8(last, *at);
  return ~last;
}
#endif

}  // namespace

uint32_t crc32c_by_table(Bytes bytes, uint32_t before) {
  uint32_t remainder = ~before;
  for (const uint8_t octet : bytes) remainder = remainder >> 8 ^ kTable[(remainder ^ octet) & 0xff];
  return ~remainder;
}

uint32_t crc32c(Bytes bytes, uint32_t before) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return by_processor(bytes, before);
#endif
  return crc32c_by_table(bytes, before);
}

}  // namespace rampart
