#include "firewall/flows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "firewall/plants_testing.h"
#include "firewall/project.h"

namespace rampart::firewall {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string tcp(const std::string& from, const std::string& to, int port, const char* state = "ESTABLISHED") {
  return "ipv4     2 tcp      6 431999 " + std::string(state) + " src=" + from + " dst=" + to +
         " sport=40000 dport=" + std::to_string(port) + " src=" + to + " dst=" + from +
         " sport=" + std::to_string(port) + " dport=40000 [ASSURED] mark=0 zone=0 use=2\n";
}

TEST(Flows, AreReadAsTheKernelAndConntrackTellThem) {
  const RunningFlows read =
      parse_flows(tcp("10.1.0.10", "10.2.0.10", 502) +
                  "ipv6     10 udp      17 28 src=fd01:0000:0000:0000:0000:0000:0000:0010 dst=fd02::10 sport=5000 "
                  "dport=53 [UNREPLIED] "
                  "src=fd02::10 dst=fd01::10 sport=53 dport=5000 mark=0 use=1\n"
                  "ipv4     2 icmp     1 29 src=10.1.0.10 dst=10.2.0.10 type=8 code=0 id=7 src=10.2.0.10 dst=10.1.0.10 "
                  "type=0 code=0 "
                  "id=7 mark=0 use=1\n"
                  "ipv4     2 unknown  47 599 src=10.1.0.10 dst=10.2.0.10 src=10.2.0.10 dst=10.1.0.10 mark=0 use=1\n");
  ASSERT_THAT(read.flows, SizeIs(4));
  EXPECT_EQ(read.not_understood, 0u);
  EXPECT_EQ(read.flows[0].flow, (Flow{*IpAddress::parse("10.1.0.10"), *IpAddress::parse("10.2.0.10"), 6, 40'000, 502}));
  EXPECT_EQ(read.flows[0].state, "ESTABLISHED");
  EXPECT_TRUE(read.flows[0].answered);
  EXPECT_EQ(read.flows[1].flow, (Flow{*IpAddress::parse("fd01::10"), *IpAddress::parse("fd02::10"), 17, 5'000, 53}));
  EXPECT_FALSE(read.flows[1].answered);
  EXPECT_EQ(read.flows[2].flow.ip_protocol, 1);
  EXPECT_EQ(read.flows[3].flow.ip_protocol, 47);
}

TEST(Flows, LinesThatAreNotUnderstoodAreCounted) {
  const RunningFlows read = parse_flows(
      "nonsense\nipv4 2 tcp 6 1 ESTABLISHED src=10.1.0.1 dst=fd01::1\nipv4 2 tcp 999 1 X src=10.1.0.1 "
      "dst=10.1.0.2\n\n");
  EXPECT_THAT(read.flows, IsEmpty());
  EXPECT_EQ(read.not_understood, 3u);
}

class Cuts : public ::testing::Test {
 protected:
  Cuts() : policy_(testing::policy_of(testing::kPlant)), rules_(project(*policy_, "gw-1", false).rules) {}
  std::vector<Cut> cut(const std::string& text, const RuleSet* now = nullptr, const std::set<IpAddress>& own = {}) {
    return cuts(parse_flows(text).flows, rules_, now, *policy_, own);
  }
  std::shared_ptr<const policy::Policy> policy_;
  RuleSet rules_;
};

TEST_F(Cuts, AreNoneWhereTheRulesLetThemGoOn) { EXPECT_THAT(cut(tcp("10.1.0.10", "10.2.0.10", 502)), IsEmpty()); }

TEST_F(Cuts, NameBothSidesByThePlant) {
  const auto found = cut(tcp("10.1.0.10", "10.2.0.10", 22) + tcp("192.0.2.1", "10.2.0.77", 22));
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].client, "scada");
  EXPECT_EQ(found[0].server, "plc");
  EXPECT_EQ(found[0].why, "");
  EXPECT_EQ(found[1].client, "192.0.2.1");
  EXPECT_EQ(found[1].server, "10.2.0.77 in lower");
}

TEST_F(Cuts, AreEssentialWhereTheRulesInForceAllowThemByAnEssentialRule) {
  const RuleSet now = rules_;
  rules_.conduits[0].rules[0].openings.clear();
  rules_.conduits[0].rules[1].openings.clear();
  const auto found = cut(tcp("10.1.0.11", "10.2.0.10", 443) + tcp("10.1.0.10", "10.2.0.10", 502), &now);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_THAT(found[0].why, HasSubstr("up-down/poll")) << "essential ones come first";
  EXPECT_EQ(found[1].why, "") << "its rule says essential: no";
}

TEST_F(Cuts, AreEssentialWhereAnAssetCarriesAnEssentialFunction) {
  const auto found = cut(tcp("10.1.0.10", "10.2.0.11", 502));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].why, HasSubstr("doser carries the essential function dosing"));
}

TEST_F(Cuts, LeaveOutWhatIsOverAndWhatEndsHere) {
  EXPECT_THAT(cut(tcp("10.1.0.10", "10.2.0.10", 22, "TIME_WAIT")), IsEmpty());
  EXPECT_THAT(cut(tcp("10.1.0.10", "10.2.0.10", 22), nullptr, {*IpAddress::parse("10.2.0.10")}), IsEmpty());
}

}  // namespace
}  // namespace rampart::firewall
