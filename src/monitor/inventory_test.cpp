// Which addresses are one device, what it does, what it says of itself, and what bounds cost.
#include "monitor/inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "monitor/inventory_testing.h"

namespace rampart::monitor {
namespace {

using testing::at;
using ::testing::ElementsAre;
using testing::having;
using testing::ip;
using testing::mac;
using testing::Tell;
using Attribute = protocols::Attribute;
using protocols::Action;

constexpr const char* kMacA = "00:0e:8c:00:00:01";
constexpr const char* kMacB = "00:0e:8c:00:00:02";
constexpr const char* kMacC = "00:0e:8c:00:00:03";

TEST(Inventory, KnowsWhoAsksAndWhoAnswersByWhichProtocol) {
  Inventory inventory;
  Tell tell(inventory);
  const auto& talk = tell.between("10.1.0.10", kMacA, "10.1.0.20", kMacB);
  tell.operation(talk, Action::read, 7);
  tell.operation(talk, Action::write, 9, false);
  tell.flow(talk, 5);
  const auto assets = inventory.assets();
  ASSERT_EQ(assets.size(), 2u);
  const SeenAsset& master = *having(assets, "10.1.0.10");
  const SeenAsset& slave = *having(assets, "10.1.0.20");
  ASSERT_EQ(master.roles.size(), 1u);
  EXPECT_TRUE(master.roles[0].is_client());
  EXPECT_FALSE(master.roles[0].is_server());
  EXPECT_EQ(master.roles[0].asked, 2u);
  EXPECT_THAT(master.roles[0].servers, ElementsAre(1u));
  ASSERT_EQ(slave.roles.size(), 1u);
  EXPECT_TRUE(slave.roles[0].is_server());
  EXPECT_FALSE(slave.roles[0].is_client());
  EXPECT_EQ(slave.roles[0].served, 1u);
  std::string service;
  append_service(service, slave.roles[0]);
  EXPECT_EQ(service, "modbus tcp/502");
  ASSERT_EQ(slave.units.size(), 2u);
  EXPECT_EQ(slave.units[0].unit, 7u);
  EXPECT_EQ(slave.units[0].answered, 1u);
  EXPECT_EQ(slave.units[1].answered, 0u);
  EXPECT_EQ(slave.first, at(0));
  EXPECT_EQ(slave.last, at(6));
  EXPECT_EQ(slave.packets, 10u);
  EXPECT_EQ(slave.octets_received, 100u);
  EXPECT_TRUE(master.units.empty());
}

TEST(Inventory, JoinsAddressesThatCameFromOneMacOfTheirOwnNetworks) {
  Inventory inventory;
  Tell tell(inventory);
  tell.flow(tell.between("10.1.0.10", kMacA, "10.1.0.20", kMacB));
  tell.flow(tell.between("10.1.0.11", kMacA, "10.1.0.20", kMacB));
  tell.flow(tell.between("fe80::1", kMacA, "fe80::2", kMacC));
  const auto assets = inventory.assets();
  ASSERT_EQ(assets.size(), 3u);
  EXPECT_THAT(assets[0].ips, ElementsAre(ip("10.1.0.10"), ip("10.1.0.11"), ip("fe80::1")));
  EXPECT_THAT(assets[0].macs, ElementsAre(mac(kMacA)));
  EXPECT_NE(assets[0].joined, "");
  EXPECT_EQ(assets[0].packets, 30u);
  EXPECT_EQ(assets[1].joined, "");
}

TEST(Inventory, ARouterDoesNotSwallowTheHostsBehindIt) {
  Inventory inventory;
  Tell tell(inventory);
  // Three hosts of other networks come through kMacC, which also speaks for itself.
  tell.flow(tell.between("10.9.0.5", kMacC, "10.1.0.20", kMacB));
  tell.flow(tell.between("10.9.0.6", kMacC, "10.1.0.20", kMacB));
  tell.flow(tell.between("10.8.0.5", kMacC, "10.1.0.20", kMacB));
  tell.flow(tell.between("10.1.0.1", kMacC, "10.1.0.20", kMacB, 80, nullptr));
  const auto assets = inventory.assets();
  ASSERT_EQ(assets.size(), 5u);
  const SeenAsset& router = *having(assets, "10.1.0.1");
  EXPECT_THAT(router.ips, ElementsAre(ip("10.1.0.1")));
  EXPECT_EQ(router.forwards, 3u);
  EXPECT_EQ(router.guess.kind, "router");
  EXPECT_EQ(router.guess.likelihood, Guess::Likelihood::high);
  const SeenAsset& behind = *having(assets, "10.9.0.5");
  EXPECT_TRUE(behind.through_router);
  EXPECT_THAT(behind.macs, ElementsAre(mac(kMacC)));
  EXPECT_FALSE(having(assets, "10.1.0.20")->through_router);
}

TEST(Inventory, ARouterThatSaysNothingItselfIsListedByItsMac) {
  Inventory inventory;
  Tell tell(inventory);
  tell.flow(tell.between("10.9.0.5", kMacC, "10.1.0.20", kMacB));
  tell.flow(tell.between("10.8.0.5", kMacC, "10.1.0.20", kMacB));
  const auto assets = inventory.assets();
  ASSERT_EQ(assets.size(), 4u);
  EXPECT_TRUE(assets[3].ips.empty());
  EXPECT_THAT(assets[3].macs, ElementsAre(mac(kMacC)));
  EXPECT_EQ(assets[3].guess.kind, "router");
  // The host on this side was asked from afar only: its MAC is not known to be its own, and nobody else has it.
  EXPECT_EQ(having(assets, "10.1.0.20")->forwards, 0u);
}

TEST(Inventory, TheNetworksOfThePlantSayWhoAreNeighbours) {
  const auto wide = *IpNetwork::parse("10.1.0.0/16");
  Inventory guessing;
  Inventory knowing({wide});
  for (Inventory* inventory : {&guessing, &knowing}) {
    Tell tell(*inventory);
    tell.flow(tell.between("10.1.1.10", kMacA, "10.1.2.20", kMacB));
    tell.flow(tell.between("10.1.3.10", kMacA, "10.1.2.20", kMacB));
  }
  EXPECT_EQ(guessing.assets().size(), 4u) << "two addresses of other /24: a router";
  EXPECT_EQ(knowing.assets().size(), 2u);
}

TEST(Inventory, TwoMacsThatClaimOneAddressJoinNothing) {
  Inventory inventory;
  Tell tell(inventory);
  tell.flow(tell.between("10.1.0.10", kMacA, "10.1.0.20", kMacB));
  tell.flow(tell.between("10.1.0.66", kMacC, "10.1.0.20", kMacB));
  tell.claim("10.1.0.10", kMacC, Attribute::Basis::gratuitous);  // the attacker takes the master's address
  const auto assets = inventory.assets();
  ASSERT_EQ(assets.size(), 3u);
  EXPECT_THAT(having(assets, "10.1.0.66")->ips, ElementsAre(ip("10.1.0.66")));
  EXPECT_THAT(having(assets, "10.1.0.10")->macs, ElementsAre(mac(kMacA), mac(kMacC)));
}

TEST(Inventory, AClaimIsASignOfLifeAndAProbeIsNot) {
  Inventory inventory;
  Tell tell(inventory);
  tell.claim("10.1.0.30", kMacA, Attribute::Basis::answered);
  tell.claim("10.1.0.31", kMacA, Attribute::Basis::probed);
  const auto assets = inventory.assets();
  ASSERT_EQ(assets.size(), 1u);
  EXPECT_THAT(assets[0].ips, ElementsAre(ip("10.1.0.30")));
}

TEST(Inventory, AddressesThatNeverAnsweredAreCountedAndNotListed) {
  Inventory inventory;
  Tell tell(inventory);
  tell.flow(tell.between("10.1.0.10", kMacA, "10.1.0.99", kMacB), 0, 0);
  EXPECT_EQ(inventory.assets().size(), 1u);
  EXPECT_EQ(inventory.totals().silent_addresses, 1u);
}

TEST(Inventory, GroupsAndBroadcastsAreNoAssets) {
  Inventory inventory;
  Tell tell(inventory);
  tell.flow(tell.between("10.1.0.10", kMacA, "239.1.2.3", "01:00:5e:01:02:03"));
  tell.flow(tell.between("10.1.0.10", kMacA, "10.1.0.255", "ff:ff:ff:ff:ff:ff"));
  tell.flow(tell.between("0.0.0.0", kMacB, "255.255.255.255", "ff:ff:ff:ff:ff:ff"));
  const auto assets = inventory.assets();
  ASSERT_EQ(assets.size(), 2u);
  EXPECT_THAT(assets[0].ips, ElementsAre(ip("10.1.0.10")));
  EXPECT_TRUE(assets[1].ips.empty());
  EXPECT_THAT(assets[1].macs, ElementsAre(mac(kMacB)));
}

TEST(Inventory, KeepsContradictionsWithTheNewestFirst) {
  Inventory inventory;
  Tell tell(inventory);
  const auto& talk = tell.between("10.1.0.10", kMacA, "10.1.0.20", kMacB);
  tell.attribute(talk, {.kind = Attribute::Kind::firmware, .unit = 1, .text = "2.7", .source = "43/14 object 2"}, 1);
  tell.attribute(talk, {.kind = Attribute::Kind::firmware, .unit = 1, .text = "2.9", .source = "43/14 object 2"}, 2);
  tell.attribute(talk, {.kind = Attribute::Kind::firmware, .unit = 1, .text = "2.9", .source = "43/14 object 2"}, 3);
  const auto assets = inventory.assets();
  const SeenAsset& asset = *having(assets, "10.1.0.20");
  ASSERT_EQ(asset.told.size(), 2u);
  EXPECT_EQ(asset.told[0].text, "2.9");
  EXPECT_EQ(asset.told[0].when, at(2));
  EXPECT_EQ(asset.told[0].packet, 3u);
  EXPECT_EQ(asset.told[0].source, "modbus 43/14 object 2");
  EXPECT_EQ(asset.told[0].confidence, Confidence::told_by_itself);
  EXPECT_EQ(asset.told[1].text, "2.7");
  EXPECT_EQ(asset.value(Attribute::Kind::firmware), "2.9");
  EXPECT_EQ(asset.value(Attribute::Kind::serial), "");
}

TEST(Inventory, WhatAnotherToldCountsLessThanTheDevicesOwnWord) {
  Inventory inventory;
  Tell tell(inventory);
  const auto& talk = tell.between("10.1.0.10", kMacA, "10.1.0.20", kMacB);
  tell.attribute(talk, {.kind = Attribute::Kind::name, .text = "old-name", .about_ip = ip("10.1.0.10")}, 9);
  const auto& own = tell.between("10.1.0.20", kMacB, "10.1.0.10", kMacA);
  tell.attribute(own, {.kind = Attribute::Kind::name, .text = "press-4"}, 1);
  const auto assets = inventory.assets();
  const SeenAsset& asset = *having(assets, "10.1.0.10");
  ASSERT_EQ(asset.told.size(), 2u);
  EXPECT_EQ(asset.told[0].text, "press-4");
  EXPECT_EQ(asset.told[1].confidence, Confidence::told_by_another);
  EXPECT_EQ(asset.told[1].by, ip("10.1.0.20"));
}

TEST(Inventory, TextOfDevicesIsMadeReadable) {
  EXPECT_EQ(readable("  CPU 315\0garbage"), "CPU 315");
  EXPECT_EQ(readable(std::string_view("a\x1b[2Jb\x7f", 7)), "a?[2Jb?");
  EXPECT_EQ(readable("\xff\xfe"), "??");
  EXPECT_EQ(readable("M\xc3\xbchle"), "M\xc3\xbchle");
  EXPECT_EQ(readable("a\xc2\x9b"
                     "1mb"),
            "a?1mb")
      << "a control character of eight bits";
  EXPECT_EQ(readable(std::string(300, 'x')), std::string(200, 'x') + "...");
  std::string wide;
  for (int i = 0; i < 150; ++i) wide += "\xe2\x82\xac";
  EXPECT_EQ(readable(wide).size(), 198u + 3u);
}

TEST(Inventory, IsBoundedAndSaysWhatThatCost) {
  Inventory inventory({}, {.addresses = 3, .attributes = 2, .roles = 4, .peers = 1, .units = 2, .links = 2});
  Tell tell(inventory);
  const auto& talk = tell.between("10.1.0.10", kMacA, "10.1.0.20", kMacB);
  for (uint32_t unit = 1; unit <= 5; ++unit) tell.operation(talk, Action::read, unit);
  for (const char* text : {"1", "2", "3"}) tell.attribute(talk, {.kind = Attribute::Kind::firmware, .text = text});
  for (uint16_t port = 1; port <= 9; ++port) {
    tell.flow(tell.between("10.1.0.10", kMacA, "10.1.0.20", kMacB, port, nullptr));
  }
  tell.flow(tell.between("10.1.0.11", kMacC, "10.1.0.20", kMacB));
  tell.flow(tell.between("10.1.0.12", kMacC, "10.1.0.20", kMacB));
  const InventoryTotals totals = inventory.totals();
  EXPECT_EQ(totals.addresses, 3u);
  EXPECT_EQ(totals.addresses_dropped, 1u);
  EXPECT_EQ(totals.units_dropped, 3u);
  EXPECT_EQ(totals.attributes_dropped, 1u);
  EXPECT_GT(totals.roles_dropped, 0u);
  EXPECT_EQ(totals.peers_dropped, 1u);
  const auto assets = inventory.assets();
  for (const SeenAsset& asset : assets) EXPECT_LE(asset.roles.size(), 4u);
  const SeenAsset& server = *having(assets, "10.1.0.20");
  EXPECT_TRUE(server.roles[0].protocol.known()) << "the protocol stays, though nine other ports were asked";
}

TEST(Inventory, LossOfTheSensorIsRemembered) {
  Inventory inventory;
  EXPECT_FALSE(inventory.totals().lossy);
  inventory.record(records::Loss{.kind = "gap", .reason = "tcp", .count = 9});
  EXPECT_FALSE(inventory.totals().lossy);
  inventory.record(records::Loss{.kind = "capture", .reason = "cut short", .count = 1});
  EXPECT_TRUE(inventory.totals().lossy);
}

TEST(Inventory, SummariesOfAJournalCountAsWhatTheyStandFor) {
  Inventory inventory;
  Tell tell(inventory);
  const auto& talk = tell.between("10.1.0.10", kMacA, "10.1.0.20", kMacB);
  protocols::Operation operation;
  operation.protocol = talk.protocol;
  operation.object.unit = 3;
  records::ReadSummary summary;
  summary.conversation = &talk;
  summary.operation = &operation;
  summary.count = 40;
  summary.last = at(9);
  inventory.record(summary);
  const auto assets = inventory.assets();
  EXPECT_EQ(having(assets, "10.1.0.20")->roles[0].served, 40u);
  EXPECT_EQ(having(assets, "10.1.0.20")->units[0].answered, 40u);
  EXPECT_EQ(having(assets, "10.1.0.10")->last, at(9));
}

}  // namespace
}  // namespace rampart::monitor
