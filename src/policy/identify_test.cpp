#include <gtest/gtest.h>

#include <random>

#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using protocols::Operation;

Endpoint ip(const char* address) { return {.ip = IpAddress::parse(address), .mac = {}, .vlan = {}}; }

Operation for_unit(const char* protocol, uint32_t unit) {
  Operation operation;
  operation.protocol = *protocols::find_protocol(protocol);
  operation.object.unit = unit;
  return operation;
}

class Identify : public ::testing::Test {
 protected:
  Identify() {
    low_ = build_.zone("low", {"10.0.0.0/8"});
    inner_ = build_.zone("inner", {"10.1.0.0/16", "fd00::/64"});
  }
  void make() {
    policy_ = build_.compile().policy;
    ASSERT_NE(policy_, nullptr);
  }
  Party who(const Endpoint& endpoint, const Operation* operation = nullptr) {
    return identify(*policy_, endpoint, operation);
  }
  Builder build_;
  Index low_, inner_;
  std::shared_ptr<const Policy> policy_;
};

TEST_F(Identify, FindsAssetsByAddressAndZonesByTheLongestPrefix) {
  const Index plc = build_.asset(inner_, "plc", "10.1.0.5");
  make();
  EXPECT_EQ(who(ip("10.1.0.5")), (Party{plc, inner_}));
  EXPECT_EQ(who(ip("10.1.0.6")), (Party{kNone, inner_}));
  EXPECT_EQ(who(ip("10.2.0.6")), (Party{kNone, low_}));
  EXPECT_EQ(who(ip("fd00::7")), (Party{kNone, inner_}));
  EXPECT_EQ(who(ip("192.168.0.1")), Party{});
  EXPECT_EQ(who({}), Party{});
}

TEST_F(Identify, GivesGroupAddressesNoZoneUnlessThePlantNamesThem) {
  build_.zone("rest", {"0.0.0.0/0"});
  const Index group = build_.asset(inner_, "group", "239.1.1.1");
  make();
  EXPECT_EQ(who(ip("224.0.0.1")), Party{});
  EXPECT_EQ(who(ip("255.255.255.255")), Party{});
  EXPECT_EQ(who(ip("239.1.1.1")), (Party{group, inner_}));
  EXPECT_EQ(who(ip("8.8.8.8")).zone, 2u);
}

TEST_F(Identify, WantsTheVlanThatThePlantNames) {
  const Index plc = build_.asset(inner_, "plc", "10.1.0.5");
  build_.plant.assets[plc].at[0].vlan = 7;
  make();
  Endpoint endpoint = ip("10.1.0.5");
  EXPECT_EQ(who(endpoint).asset, plc);
  endpoint.vlan = 7;
  EXPECT_EQ(who(endpoint).asset, plc);
  endpoint.vlan = 8;
  EXPECT_EQ(who(endpoint), (Party{kNone, inner_}));
}

TEST_F(Identify, TakesVlanAndSensorFromTheNetworkOfTheZone) {
  const Index left = build_.zone("left", {"192.168.0.0/24"}), right = build_.zone("right", {"192.168.0.0/24"});
  build_.plant.zones[left].networks[0].seen_by = "one";
  build_.plant.zones[right].networks[0].seen_by = "two";
  build_.plant.zones[right].networks[0].vlan = 9;
  const Index first = build_.asset(left, "first", "192.168.0.10"),
              second = build_.asset(right, "second", "192.168.0.10");
  make();
  Endpoint endpoint = ip("192.168.0.10");
  EXPECT_EQ(who(endpoint), Party{}) << "two assets suit equally: neither is meant";
  endpoint.sensor = "one";
  EXPECT_EQ(who(endpoint), (Party{first, left}));
  endpoint.sensor = "two";
  EXPECT_EQ(who(endpoint), (Party{second, right}));
  endpoint.vlan = 8;
  EXPECT_EQ(who(endpoint), Party{});
  endpoint.sensor = {};
  endpoint.vlan = 9;
  EXPECT_EQ(who(endpoint), (Party{second, right}));
  endpoint = ip("192.168.0.77");
  endpoint.sensor = "one";
  EXPECT_EQ(who(endpoint), (Party{kNone, left}));
}

TEST_F(Identify, ChoosesBehindOneAddressByUnitAndByLink) {
  const Index gateway = build_.asset(inner_, "gateway", "10.1.0.5");
  const Index meter = build_.asset(inner_, "meter", "10.1.0.5"), rtu = build_.asset(inner_, "rtu", "10.1.0.5");
  build_.plant.assets[meter].at[0].unit = 7;
  build_.plant.assets[rtu].at[0].link = 7;
  make();
  const Endpoint endpoint = ip("10.1.0.5");
  const Operation modbus = for_unit("modbus", 7), other = for_unit("modbus", 8), dnp3 = for_unit("dnp3", 7);
  EXPECT_EQ(who(endpoint, &modbus).asset, meter);
  EXPECT_EQ(who(endpoint, &other).asset, gateway);
  EXPECT_EQ(who(endpoint, &dnp3).asset, rtu);
  EXPECT_EQ(who(endpoint).asset, gateway);
}

TEST_F(Identify, KnowsNobodyBehindAnAddressWithoutAFallback) {
  const Index meter = build_.asset(inner_, "meter", "10.1.0.5");
  build_.plant.assets[meter].at[0].unit = 7;
  make();
  const Operation other = for_unit("modbus", 8);
  EXPECT_EQ(who(ip("10.1.0.5"), &other), (Party{kNone, inner_}));
  EXPECT_EQ(who(ip("10.1.0.5")).asset, meter);
}

TEST_F(Identify, GoesByMacOnlyWithoutAnIpAddress) {
  const Index rack = build_.asset(inner_, "rack");
  build_.plant.assets[rack].at.emplace_back();
  build_.plant.assets[rack].at[0].mac = MacAddress::parse("00:0e:8c:01:02:03");
  make();
  Endpoint endpoint;
  endpoint.mac = MacAddress::parse("00:0e:8c:01:02:03");
  EXPECT_EQ(who(endpoint), (Party{rack, inner_}));
  endpoint.ip = IpAddress::parse("8.8.8.8");
  EXPECT_EQ(who(endpoint), Party{}) << "behind a router every stranger has the router's MAC address";
}

/// naive walks all networks and all places, in the plainest way.
Party naive(const plant::Plant& plant, const Endpoint& endpoint) {
  std::vector<std::pair<int, Index>> suits;
  for (Index asset = 0; asset < plant.assets.size(); ++asset) {
    const plant::Location& location = plant.assets[asset].at[0];
    if (location.ip != endpoint.ip) continue;
    bool in_network = false;
    for (const plant::Network& network : plant.zones[plant.assets[asset].zone].networks) {
      if (!network.cidr.contains(*endpoint.ip)) continue;
      in_network = true;
      const auto vlan = location.vlan ? location.vlan : network.vlan;
      if (vlan && endpoint.vlan && *vlan != *endpoint.vlan) continue;
      if (!network.seen_by.empty() && !endpoint.sensor.empty() && network.seen_by != endpoint.sensor) continue;
      const bool same_vlan = vlan && endpoint.vlan, same_sensor = !network.seen_by.empty() && !endpoint.sensor.empty();
      suits.push_back({(same_sensor ? 2 : 0) + (same_vlan ? 1 : 0), asset});
    }
    if (in_network || (location.vlan && endpoint.vlan && *location.vlan != *endpoint.vlan)) continue;
    suits.push_back({location.vlan && endpoint.vlan ? 1 : 0, asset});
  }
  int most = -1;
  for (const auto& [score, asset] : suits) most = std::max(most, score);
  std::vector<Index> winners;
  for (const auto& [score, asset] : suits) {
    if (score == most && std::find(winners.begin(), winners.end(), asset) == winners.end()) winners.push_back(asset);
  }
  if (winners.size() == 1) return {winners[0], plant.assets[winners[0]].zone};
  int best_prefix = -1, best_score = -1;
  std::vector<Index> zones;
  for (Index zone = 0; zone < plant.zones.size(); ++zone) {
    for (const plant::Network& network : plant.zones[zone].networks) {
      if (!network.cidr.contains(*endpoint.ip)) continue;
      const bool vlans = network.vlan && endpoint.vlan, sensors = !network.seen_by.empty() && !endpoint.sensor.empty();
      if ((vlans && *network.vlan != *endpoint.vlan) || (sensors && network.seen_by != endpoint.sensor)) continue;
      const int score = (sensors ? 2 : 0) + (vlans ? 1 : 0), prefix = network.cidr.prefix;
      if (prefix < best_prefix || (prefix == best_prefix && score < best_score)) continue;
      if (prefix > best_prefix || score > best_score) zones.clear();
      best_prefix = prefix;
      best_score = score;
      if (std::find(zones.begin(), zones.end(), zone) == zones.end()) zones.push_back(zone);
    }
  }
  return {kNone, zones.size() == 1 ? zones[0] : kNone};
}

TEST(IdentifyProperty, AgreesWithAWalkOverEverything) {
  std::mt19937 random(7);
  const auto pick = [&](uint32_t count) { return static_cast<uint32_t>(random() % count); };
  const char* sensors[] = {"", "one", "two"};
  size_t known = 0, zoned = 0;
  for (int round = 0; round < 2000; ++round) {
    Builder build;
    const auto address = [&] {
      const uint8_t octets[] = {10, static_cast<uint8_t>(pick(2)), 0, static_cast<uint8_t>(pick(6))};
      return IpAddress::v4(octets);
    };
    const char* networks[] = {"10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/24", "10.1.0.4/30", "10.0.0.0/31"};
    for (uint32_t zones = 1 + pick(3); zones > 0; --zones) {
      const Index zone = build.zone("zone");
      for (uint32_t count = pick(3); count > 0; --count) {
        plant::Network network;
        network.cidr = *IpNetwork::parse(networks[pick(6)]);
        if (pick(2) == 0) network.vlan = static_cast<uint16_t>(pick(2));
        network.seen_by = sensors[pick(3)];
        build.plant.zones[zone].networks.push_back(network);
      }
      for (uint32_t assets = pick(4); assets > 0; --assets) {
        const Index asset = build.asset(zone, "asset");
        build.plant.assets[asset].at.emplace_back();
        build.plant.assets[asset].at[0].ip = address();
        if (pick(3) == 0) build.plant.assets[asset].at[0].vlan = static_cast<uint16_t>(pick(2));
      }
    }
    const auto policy = build.compile().policy;
    ASSERT_NE(policy, nullptr);
    for (int i = 0; i < 10; ++i) {
      Endpoint endpoint;
      endpoint.ip = address();
      if (pick(2) == 0) endpoint.vlan = static_cast<uint16_t>(pick(2));
      endpoint.sensor = sensors[pick(3)];
      const Party party = identify(*policy, endpoint);
      const Party expected = naive(build.plant, endpoint);
      ASSERT_EQ(party, expected) << "round " << round << ", " << to_text(*endpoint.ip) << " vlan "
                                 << endpoint.vlan.value_or(99) << " sensor " << endpoint.sensor << ": asset "
                                 << party.asset << " zone " << party.zone << ", expected asset " << expected.asset
                                 << " zone " << expected.zone;
      known += party.asset != kNone;
      zoned += party.asset == kNone && party.zone != kNone;
    }
  }
  EXPECT_GT(known, 2000u);
  EXPECT_GT(zoned, 2000u);
}

}  // namespace
}  // namespace rampart::policy
