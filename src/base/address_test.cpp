#include "base/address.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace rampart {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
IpNetwork network(std::string_view text) { return IpNetwork::parse(text).value(); }

TEST(IpAddress, IsWrittenAsItIsRead) {
  for (const std::string_view text :
       {"0.0.0.0", "10.20.0.10", "255.255.255.255", "::", "fe80::1", "2001:db8::a:0:0:1"}) {
    EXPECT_EQ(to_text(ip(text)), text);
  }
  EXPECT_EQ(to_text(ip("FE80:0:0:0:0:0:0:1")), "fe80::1");
}

TEST(IpAddress, RejectsWhatIsNone) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, "10.20.0"sv, "10.20.0.256"sv, "10.20.0.1 "sv, "10.20.0.010"sv, "0x0a000001"sv, "10.20.0.1\0junk"sv,
        "\0"sv, "fe80::1%eth0"sv, "1:2:3:4:5:6:7:8:9"sv, ":::"sv, "host"sv}) {
    EXPECT_FALSE(IpAddress::parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::parse(std::string(1000, '1')));
}

TEST(IpAddress, KnowsMulticastAndBroadcast) {
  EXPECT_TRUE(ip("224.0.0.1").is_multicast());
  EXPECT_TRUE(ip("239.255.255.255").is_multicast());
  EXPECT_FALSE(ip("223.255.255.255").is_multicast());
  EXPECT_FALSE(ip("240.0.0.0").is_multicast());
  EXPECT_TRUE(ip("ff02::1").is_multicast());
  EXPECT_FALSE(ip("fe80::1").is_multicast());
  EXPECT_TRUE(ip("255.255.255.255").is_broadcast());
  EXPECT_FALSE(ip("255.255.255.254").is_broadcast());
  EXPECT_FALSE(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").is_broadcast());
}

TEST(IpAddress, TheSameOctetsOfTwoFamiliesAreTwoAddresses) {
  EXPECT_NE(ip("0.0.0.0"), ip("::"));
  EXPECT_NE(std::hash<IpAddress>()(ip("0.0.0.0")), std::hash<IpAddress>()(ip("::")));
  const std::unordered_set<IpAddress> set = {ip("10.0.0.1"), ip("10.0.0.1"), ip("10.0.0.2")};
  EXPECT_EQ(set.size(), 2u);
}

TEST(IpNetwork, IsWrittenAsItIsRead) {
  for (const std::string_view text : {"0.0.0.0/0", "10.20.0.0/24", "10.20.0.1/32", "10.20.0.128/25", "2001:db8::/32"}) {
    EXPECT_EQ(to_text(network(text)), text);
  }
}

TEST(IpNetwork, RejectsWhatIsNone) {
  for (const std::string_view text : {"", "10.20.0.0", "10.20.0.0/", "10.20.0.0/33", "10.20.0.1/24", "10.20.0.0/0x18",
                                      "10.20.0.0/-1", "fe80::/129", "/24", "10.20.0.0/24/24"}) {
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  }
}

TEST(IpNetwork, ContainsItsAddressesAndNoOthers) {
  EXPECT_TRUE(network("10.20.0.0/24").contains(ip("10.20.0.255")));
  EXPECT_FALSE(network("10.20.0.0/24").contains(ip("10.20.1.0")));
  EXPECT_TRUE(network("10.20.0.128/25").contains(ip("10.20.0.200")));
  EXPECT_FALSE(network("10.20.0.128/25").contains(ip("10.20.0.127")));
  EXPECT_TRUE(network("10.20.0.4/31").contains(ip("10.20.0.5")));
  EXPECT_FALSE(network("10.20.0.4/31").contains(ip("10.20.0.6")));
  EXPECT_TRUE(network("0.0.0.0/0").contains(ip("1.2.3.4")));
  EXPECT_FALSE(network("0.0.0.0/0").contains(ip("::1")));
  EXPECT_TRUE(network("10.20.0.1/32").contains(ip("10.20.0.1")));
  EXPECT_TRUE(network("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
  EXPECT_FALSE(network("2001:db8::/33").contains(ip("2001:db8:8000::1")));
}

TEST(IpNetwork, OverlapsWhereOneHoldsTheOther) {
  EXPECT_TRUE(network("10.0.0.0/8").overlaps(network("10.20.0.0/24")));
  EXPECT_TRUE(network("10.20.0.0/24").overlaps(network("10.0.0.0/8")));
  EXPECT_FALSE(network("10.20.0.0/24").overlaps(network("10.20.1.0/24")));
  EXPECT_FALSE(network("0.0.0.0/0").overlaps(network("::/0")));
}

TEST(MacAddress, IsReadWithColonsOrHyphens) {
  EXPECT_EQ(to_text(MacAddress::parse("00:0E:8c:01:02:ff").value()), "00:0e:8c:01:02:ff");
  EXPECT_EQ(to_text(MacAddress::parse("00-0e-8c-01-02-03").value()), "00:0e:8c:01:02:03");
}

TEST(MacAddress, RejectsWhatIsNone) {
  for (const std::string_view text : {"", "00:0e:8c:01:02", "00:0e:8c:01:02:0g", "00:0e-8c:01-02:03", "000e8c010203",
                                      "00.0e.8c.01.02.03", "-1:0e:8c:01:02:03", "00:0e:8c:01:02:03:04"}) {
    EXPECT_FALSE(MacAddress::parse(text)) << text;
  }
}

}  // namespace
}  // namespace rampart
