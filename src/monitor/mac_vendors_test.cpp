// Makers of network interfaces, from tables that may hold anything.
#include "monitor/mac_vendors.h"

#include <gtest/gtest.h>

#include "monitor/inventory_testing.h"

namespace rampart::monitor {
namespace {

using testing::mac;

MacVendors of(std::string_view table) {
  MacVendors vendors;
  vendors.read(table);
  return vendors;
}

TEST(MacVendors, FindsTheLongestBlock) {
  const MacVendors vendors =
      of("Registry,Assignment,Organization Name,Organization Address\n"
         "MA-L,000E8C,Siemens AG,A street\n"
         "MA-L,0050C2,IEEE Registration Authority,somewhere\n"
         "MA-S,0050C24F9,\"RTDS \"\"Technologies\"\", Inc.\",\"A place,\nwith a line\"\n"
         "MA-M,8C147D1,Small Maker,\n");
  EXPECT_EQ(vendors.vendor(mac("00:0e:8c:01:02:03")), "Siemens AG");
  EXPECT_EQ(vendors.vendor(mac("00:50:c2:4f:9a:01")), "RTDS \"Technologies\", Inc.");
  EXPECT_EQ(vendors.vendor(mac("00:50:c2:00:00:01")), "") << "who divided the block is not who made the device";
  EXPECT_EQ(vendors.vendor(mac("8c:14:7d:1f:ff:ff")), "Small Maker");
  EXPECT_EQ(vendors.vendor(mac("8c:14:7d:2f:ff:ff")), "");
  EXPECT_EQ(vendors.unreadable(), 0u);
}

TEST(MacVendors, AddressesOfLocalChoiceAndGroupsHaveNoMaker) {
  const MacVendors vendors = of("MA-L,020E8C,Wrong,x\nMA-L,010E8C,Wrong,x\n");
  EXPECT_EQ(vendors.vendor(mac("02:0e:8c:01:02:03")), "");
  EXPECT_EQ(vendors.vendor(mac("01:0e:8c:01:02:03")), "");
}

TEST(MacVendors, WhatCannotBeReadIsCountedAndSkipped) {
  const MacVendors vendors =
      of("MA-L,XYZ,No hex,\nMA-L\n\n,,\nMA-L,000E8C0000,Too long,\nMA-L,0012,Too short,\nMA-L,001122,,\n"
         "MA-L,000E8D,\"a quote that does not end, and on\nMA-L,000E8E,Lost,");
  EXPECT_EQ(vendors.size(), 1u);
  EXPECT_GE(vendors.unreadable(), 6u);
  const MacVendors hostile = of("MA-L,000E8C,\"a\x1b[2J\xff\",x\n");
  EXPECT_EQ(hostile.vendor(mac("00:0e:8c:00:00:01")), "a?[2J?");
}

TEST(MacVendors, AnAbsentTableIsSaidAndNoError) {
  const MacVendors vendors = MacVendors::load("/there/is/no/such/folder");
  EXPECT_EQ(vendors.size(), 0u);
  EXPECT_NE(vendors.complaint().find("ieee-data"), std::string::npos);
  EXPECT_EQ(vendors.vendor(mac("00:0e:8c:01:02:03")), "");
}

}  // namespace
}  // namespace rampart::monitor
