#include "base/address_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rampart {
namespace {

using ::testing::ElementsAre;

AddressRange range(const char* first, const char* last) { return {*IpAddress::parse(first), *IpAddress::parse(last)}; }

std::vector<std::string> words(const std::vector<IpNetwork>& networks) {
  std::vector<std::string> out;
  for (const IpNetwork& network : networks) out.push_back(to_text(network));
  return out;
}

TEST(AddressRange, OfANetworkHasItsFirstAndItsLastAddress) {
  EXPECT_EQ(range_of(*IpNetwork::parse("10.1.0.0/23")), range("10.1.0.0", "10.1.1.255"));
  EXPECT_EQ(range_of(*IpNetwork::parse("fd00::/126")), range("fd00::", "fd00::3"));
  EXPECT_EQ(range_of(*IpNetwork::parse("0.0.0.0/0")), range("0.0.0.0", "255.255.255.255"));
  EXPECT_EQ(range_of({*IpAddress::parse("10.1.2.3"), 31}), range("10.1.2.2", "10.1.2.3"));
}

TEST(AddressRange, NeighboursCarryAndEndWithTheFamily) {
  EXPECT_EQ(address_after(*IpAddress::parse("10.0.255.255")), *IpAddress::parse("10.1.0.0"));
  EXPECT_EQ(address_before(*IpAddress::parse("fd00:0:0:1::")), *IpAddress::parse("fd00::ffff:ffff:ffff:ffff"));
  EXPECT_FALSE(address_after(*IpAddress::parse("255.255.255.255")));
  EXPECT_FALSE(address_before(*IpAddress::parse("::")));
}

TEST(AddressRange, IsCutIntoTheFewestNetworks) {
  EXPECT_THAT(words(networks_of(range("10.0.0.0", "10.0.0.255"))), ElementsAre("10.0.0.0/24"));
  EXPECT_THAT(words(networks_of(range("10.0.0.1", "10.0.0.6"))),
              ElementsAre("10.0.0.1/32", "10.0.0.2/31", "10.0.0.4/31", "10.0.0.6/32"));
  EXPECT_THAT(words(networks_of(range("0.0.0.0", "255.255.255.255"))), ElementsAre("0.0.0.0/0"));
  EXPECT_EQ(networks_of(range("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")).size(), 254u);
}

}  // namespace
}  // namespace rampart
