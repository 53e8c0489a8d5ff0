// The checksum of DNP3's link layer: 16 bits, polynomial 0x3D65 reflected, start 0, inverted at the end (IEEE 1815,
// 9.2.3). Pure functions over constant tables; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace rampart::protocols::dnp3 {

inline constexpr size_t kBlockOctets = 16;  // a block has at most so many octets before its checksum

namespace detail {

/// CrcTables: plain arrays, as an octet cannot miss a table of 256 and a check of every index would double the cost.
struct CrcTables {
  uint16_t of[kBlockOctets][256];
};

/// kCrcTables.of[k][octet] is what an octet adds when k more octets follow. As the start value is zero, the checksum of
/// a block is the exclusive or of one look-up per octet, none waiting for another.
inline constexpr CrcTables kCrcTables = [] {
  CrcTables tables{};
  for (uint32_t octet = 0; octet < 256; ++octet) {
    uint32_t crc = octet;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xa6bcu : crc >> 1;
    tables.of[0][octet] = static_cast<uint16_t>(crc);
  }
  for (size_t k = 1; k < kBlockOctets; ++k) {
    for (size_t octet = 0; octet < 256; ++octet) {
      const uint16_t before = tables.of[k - 1][octet];
      tables.of[k][octet] = static_cast<uint16_t>(before >> 8 ^ tables.of[0][before & 0xff]);
    }
  }
  return tables;
}();

}  // namespace detail

/// block_crc is the checksum of `Count` octets at `at`.
template <size_t Count>
inline uint16_t block_crc(const uint8_t* at) {
  static_assert(Count > 0 && Count <= kBlockOctets);
  // Spelled out by a fold: at -O2 the compiler would leave a loop.
  return [at]<size_t... I>(std::index_sequence<I...>) {
    return static_cast<uint16_t>(~(uint32_t{detail::kCrcTables.of[Count - 1 - I][at[I]]} ^ ...));
  }
  (std::make_index_sequence<Count>{});
}
/// block_crc is the checksum of `count` <= 16 octets at `at`.
inline uint16_t block_crc(const uint8_t* at, size_t count) {
  uint32_t crc = 0;
  for (size_t i = 0; i < count; ++i) crc ^= detail::kCrcTables.of[count - 1 - i][at[i]];
  return static_cast<uint16_t>(~crc);
}

}  // namespace rampart::protocols::dnp3
