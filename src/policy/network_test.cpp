#include "policy/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "policy/testing.h"
#include "protocols/registry.h"

namespace rampart::policy {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> words(const std::vector<AddressRange>& ranges) {
  std::vector<std::string> out;
  for (const AddressRange& range : ranges) out.push_back(to_text(range.first) + "-" + to_text(range.last));
  return out;
}

/// said is what one passage opens: "10.1.0.1 10.2.0.1 6 502-502".
std::vector<std::string> said(const std::vector<Passage>& passages) {
  std::vector<std::string> out;
  for (const Passage& one : passages) {
    out.push_back(to_text(one.from) + " " + to_text(one.to) + " " + std::to_string(one.ip_protocol) + " " +
                  std::to_string(one.ports.first) + "-" + std::to_string(one.ports.last));
  }
  return out;
}

std::shared_ptr<const Policy> compiled(const Builder& build) {
  Compiled result = build.compile();
  for (const Problem& problem : result.problems) EXPECT_TRUE(problem.warning) << problem.what;
  return result.policy;
}

TEST(RangesOfZones, AreTheNetworksWithoutWhatIsNestedInThem) {
  Builder build;
  build.zone("site", {"10.0.0.0/8", "fd00::/16"});
  build.zone("cell", {"10.1.0.0/16", "fd00:1::/32"});
  const auto ranges = ranges_of_zones(*compiled(build));
  EXPECT_THAT(words(ranges[0]), ElementsAre("10.0.0.0-10.0.255.255", "10.2.0.0-10.255.255.255",
                                            "fd00::-fd00:0:ffff:ffff:ffff:ffff:ffff:ffff",
                                            "fd00:2::-fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_THAT(words(ranges[1]), ElementsAre("10.1.0.0-10.1.255.255", "fd00:1::-fd00:1:ffff:ffff:ffff:ffff:ffff:ffff"));
}

TEST(RangesOfZones, GiveAnAssetToItsZoneWhereverItsAddressLies) {
  Builder build;
  build.zone("near", {"10.1.0.0/24"});
  const Index far = build.zone("far", {"10.2.0.0/24"});
  build.asset(far, "guest", "10.1.0.7");
  const auto ranges = ranges_of_zones(*compiled(build));
  EXPECT_THAT(words(ranges[0]), ElementsAre("10.1.0.0-10.1.0.6", "10.1.0.8-10.1.0.255"));
  EXPECT_THAT(words(ranges[1]), ElementsAre("10.1.0.7-10.1.0.7", "10.2.0.0-10.2.0.255"));
}

TEST(RangesOfZones, JoinNeighboursAndReachTheEndsOfBothFamilies) {
  Builder build;
  build.zone("low", {"10.0.0.0/9", "10.128.0.0/9"});
  build.zone("all", {"0.0.0.0/0", "::/0"});
  const auto ranges = ranges_of_zones(*compiled(build));
  EXPECT_THAT(words(ranges[0]), ElementsAre("10.0.0.0-10.255.255.255"));
  EXPECT_THAT(words(ranges[1]), ElementsAre("0.0.0.0-9.255.255.255", "11.0.0.0-223.255.255.255",
                                            "240.0.0.0-255.255.255.254", "::-feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

TEST(RangesOfZones, GiveNobodyWhatOnlyASensorTellsApart) {
  Builder build;
  build.zone("one", {"192.168.0.0/24"});
  build.zone("other", {"192.168.0.0/24"});
  build.plant.zones[0].networks[0].seen_by = "sensor-1";
  build.plant.zones[1].networks[0].seen_by = "sensor-2";
  const auto ranges = ranges_of_zones(*compiled(build));
  EXPECT_THAT(ranges[0], IsEmpty());
  EXPECT_THAT(ranges[1], IsEmpty());
}

TEST(RangesOfZones, SayWhatIdentifySaysOfAnyAddress) {
  for (uint32_t round = 0; round < 200; ++round) {
    std::mt19937 random(round);
    const auto pick = [&](uint32_t count) { return static_cast<uint32_t>(random() % count); };
    Builder build;
    for (Index zone = 0; zone < 4; ++zone) {
      build.zone("z" + std::to_string(zone));
      for (uint32_t i = pick(3); i > 0; --i) {
        const uint32_t prefix = 24 + pick(8);
        const uint32_t host = pick(256) & ~((1u << (32 - prefix)) - 1);
        plant::Network network;
        network.cidr = *IpNetwork::parse("10.0.0." + std::to_string(host) + "/" + std::to_string(prefix));
        build.plant.zones[zone].networks.push_back(network);
      }
      for (uint32_t i = pick(3); i > 0; --i) {
        build.asset(zone, "a" + std::to_string(build.plant.assets.size()),
                    ("10.0.0." + std::to_string(pick(256))).c_str());
      }
    }
    const auto policy = compiled(build);
    ASSERT_TRUE(policy);
    const auto ranges = ranges_of_zones(*policy);
    for (uint32_t host = 0; host < 256; ++host) {
      const IpAddress address = *IpAddress::parse("10.0.0." + std::to_string(host));
      Index found = kNone;
      for (Index zone = 0; zone < 4; ++zone) {
        for (const AddressRange& range : ranges[zone]) {
          if (!range.contains(address)) continue;
          ASSERT_EQ(found, kNone) << "round " << round;
          found = zone;
        }
      }
      const Endpoint endpoint{.ip = address, .mac = {}, .vlan = {}};
      ASSERT_EQ(found, identify(*policy, endpoint).zone) << "round " << round << " " << to_text(address);
    }
  }
}

class Passages : public ::testing::Test {
 protected:
  Passages() {
    upper_ = build_.zone("upper", {"10.1.0.0/24", "fd01::/64"});
    lower_ = build_.zone("lower", {"10.2.0.0/24", "fd02::/64"});
    scada_ = build_.asset(upper_, "scada", "10.1.0.1");
    plc_ = build_.asset(lower_, "plc", "10.2.0.1");
    conduit_ = build_.conduit("link", {upper_, lower_});
  }
  plant::Rule& rule(const std::string& protocol, const char* action = "session") {
    return build_.rule(conduit_, "r", {action}, protocol, {scada_}, {plc_});
  }
  std::vector<std::string> opened() { return said(passages(*compiled(build_))); }

  Builder build_;
  Index upper_ = 0, lower_ = 0, scada_ = 0, plc_ = 0, conduit_ = 0;
};

TEST_F(Passages, OfADecodedProtocolAreItsOwnPorts) {
  rule("modbus", "read");
  EXPECT_THAT(opened(), ElementsAre("10.1.0.1 10.2.0.1 6 502-502", "10.1.0.1 10.2.0.1 17 502-502"));
}

TEST_F(Passages, OfATransportAreItsPortsJoinedWhereTheyTouch) {
  rule("tcp").ports = {{443, 443}, {80, 90}, {85, 100}, {101, 101}};
  EXPECT_THAT(opened(), ElementsAre("10.1.0.1 10.2.0.1 6 80-101", "10.1.0.1 10.2.0.1 6 443-443"));
}

TEST_F(Passages, JoinFamiliesOnlyWithThemselves) {
  build_.plant.assets[scada_].at.emplace_back().ip = IpAddress::parse("fd01::1");
  build_.plant.assets[plc_].at.emplace_back().ip = IpAddress::parse("fd02::1");
  rule("icmp");
  EXPECT_THAT(opened(), ElementsAre("10.1.0.1 10.2.0.1 1 0-65535", "fd01::1 fd02::1 58 0-65535"));
}

TEST_F(Passages, AreOneForSeveralActionsAndForUnitsBehindOneAddress) {
  for (const uint32_t unit : {1u, 2u}) {
    plant::Location place;
    place.ip = IpAddress::parse("10.2.0.9");
    place.unit = unit;
    build_.plant.assets[plc_].at.push_back(place);
  }
  rule("ip-47").allow = texts({"session"});
  EXPECT_THAT(opened(), ElementsAre("10.1.0.1 10.2.0.1 47 0-65535", "10.1.0.1 10.2.0.9 47 0-65535"));
}

TEST_F(Passages, AreNoneWhereTheConduitDoesNotJoinTheZones) {
  const Index third = build_.zone("third", {"10.3.0.0/24"});
  const Index other = build_.asset(third, "other", "10.3.0.1");
  rule("tcp").to = {other};
  Compiled result = build_.compile();
  ASSERT_TRUE(result.policy);
  EXPECT_THAT(passages(*result.policy), IsEmpty());
}

TEST_F(Passages, AreNoneForWhatHasNoAddressOrIsTheSameHost) {
  build_.plant.assets[plc_].at[0].ip.reset();
  build_.plant.assets[plc_].at[0].mac = MacAddress::parse("02:00:00:00:00:01");
  rule("tcp");
  EXPECT_THAT(opened(), IsEmpty());
  build_.plant.assets[plc_].at[0].ip = IpAddress::parse("10.1.0.1");
  EXPECT_THAT(opened(), IsEmpty());
}

TEST(Registry, NoProtocolOverTcpOrUdpLacksAPortOfItsOwn) {
  // Else a rule of it would open nothing in a packet filter, and nobody would see why.
  for (const protocols::Entry& entry : protocols::registry()) {
    EXPECT_TRUE(!entry.over_tcp || !entry.tcp_ports.empty()) << entry.name;
    EXPECT_TRUE(!entry.over_udp || !entry.udp_ports.empty()) << entry.name;
  }
}

}  // namespace
}  // namespace rampart::policy
