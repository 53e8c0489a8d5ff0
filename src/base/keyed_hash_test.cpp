#include "base/keyed_hash.h"

#include <gtest/gtest.h>

#include <set>

namespace rampart {
namespace {

IpAddress address(uint32_t number) {
  const uint8_t octets[] = {static_cast<uint8_t>(number >> 24), static_cast<uint8_t>(number >> 16),
                            static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
  return IpAddress::v4(octets);
}

TEST(SeededHash, SpreadsWhatFollowsOneAnother) {
  const SeededHash hash(HashKey{1, 2});
  std::set<uint64_t> whole, low;
  for (uint32_t i = 0; i < 4096; ++i) {
    whole.insert(hash(address(0x0a000000 + i)));
    low.insert(hash(address(0x0a000000 + i)) % 4096);
  }
  EXPECT_EQ(whole.size(), 4096u);
  EXPECT_GT(low.size(), 2400u);  // 63 % of the places are what chance gives
}

TEST(SeededHash, AddressesThatMeetByOneKeyPartByAnother) {
  const SeededHash one(HashKey{11, 12}), other(HashKey{21, 22});
  std::set<uint32_t> together;  // in one of 256 rows, by the first key
  for (uint32_t i = 0; together.size() < 256; ++i) {
    if (one(address(i)) % 256 == 7) together.insert(i);
  }
  std::set<uint64_t> rows;
  for (const uint32_t number : together) rows.insert(other(address(number)) % 256);
  EXPECT_GT(rows.size(), 128u);
}

TEST(SeededHash, TellsFamiliesAndKindsOfAddressesApart) {
  const SeededHash hash;
  EXPECT_NE(hash(*IpAddress::parse("0.0.0.0")), hash(*IpAddress::parse("::")));
  EXPECT_NE(hash(*IpAddress::parse("10.0.0.1")), hash(*IpAddress::parse("a00:1::")));
  EXPECT_NE(hash(MacAddress{}), hash(uint64_t{0}));
}

TEST(KeyedHash, FollowsItsKeyAndAllThatIsAdded) {
  const auto of = [](HashKey key, uint64_t word) {
    KeyedHash hash(key);
    hash.add(word);
    return hash.finish();
  };
  EXPECT_EQ(of({1, 2}, 3), of({1, 2}, 3));
  EXPECT_NE(of({1, 2}, 3), of({1, 3}, 3));
  EXPECT_NE(of({1, 2}, 3), of({1, 2}, 4));
}

}  // namespace
}  // namespace rampart
