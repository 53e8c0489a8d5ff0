#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace rampart {
namespace {

// RFC 3720 appendix B.4; its table shows the octets of each CRC in the order of the wire, lowest first.
TEST(Crc32c, GivesThePublishedValues) {
  std::vector<uint8_t> rising(32), falling(32);
  std::iota(rising.begin(), rising.end(), uint8_t{0});
  std::reverse_copy(rising.begin(), rising.end(), falling.begin());
  EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0)), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::vector<uint8_t>(32, 0xff)), 0x62a8ab43u);
  EXPECT_EQ(crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(crc32c(falling), 0x113fdb5cu);
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, TableAndProcessorAgreeAtEveryLengthAndAlignment) {
  std::vector<uint8_t> octets(300);
  uint32_t state = 1;
  for (uint8_t& octet : octets) octet = static_cast<uint8_t>((state = state * 1664525 + 1013904223) >> 24);
  for (size_t begin = 0; begin < 9; ++begin) {
    for (size_t size = 0; size + begin <= octets.size(); ++size) {
      const Bytes part = Bytes(octets).subspan(begin, size);
      ASSERT_EQ(crc32c(part), crc32c_by_table(part)) << begin << " " << size;
      ASSERT_EQ(crc32c(part, 0x12345678), crc32c_by_table(part, 0x12345678)) << begin << " " << size;
    }
  }
}

TEST(Crc32c, PiecesGiveTheValueOfTheWhole) {
  const Bytes whole = as_bytes("the quick brown fox jumps over the lazy dog");
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(crc32c(whole.subspan(cut), crc32c(whole.first(cut))), crc32c(whole));
    EXPECT_EQ(crc32c_by_table(whole.subspan(cut), crc32c_by_table(whole.first(cut))), crc32c(whole));
  }
}

}  // namespace
}  // namespace rampart
