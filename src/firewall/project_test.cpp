#include "firewall/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "firewall/evaluator_testing.h"
#include "firewall/exports.h"
#include "firewall/nft_json.h"
#include "firewall/plants_testing.h"

namespace rampart::firewall {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  text.replace(text.find(what), what.size(), with);
  return text;
}
Projection sample(const std::string& text = testing::kPlant) {
  return project(*testing::policy_of(text), "gw-1", false);
}
testing::Packet packet(const char* from, const char* to, int transport, int port) {
  return {*IpAddress::parse(from), *IpAddress::parse(to), transport, port};
}

TEST(Projection, OpensWhatTheGuardsRulesSayAndNothingElse) {
  const testing::Evaluator rules(nft_json(sample().rules));
  EXPECT_TRUE(rules.passes(packet("10.1.0.10", "10.2.0.10", 6, 502)));
  EXPECT_TRUE(rules.passes(packet("fd01::10", "fd02::10", 6, 502)));
  EXPECT_TRUE(rules.passes(packet("10.1.0.11", "10.2.0.10", 6, 8'005)));
  EXPECT_TRUE(rules.passes(packet("10.1.0.10", "10.2.0.11", 1, 0)));
  EXPECT_FALSE(rules.passes(packet("10.1.0.11", "10.2.0.10", 6, 502)));
  EXPECT_FALSE(rules.passes(packet("10.2.0.10", "10.1.0.10", 6, 502)));
  EXPECT_FALSE(rules.passes(packet("10.3.0.5", "10.2.0.10", 6, 502)));
  EXPECT_FALSE(rules.passes(packet("192.0.2.1", "10.2.0.10", 6, 502)));
}

TEST(Projection, OfAConduitInTestLetsTheRestPassAndLogsIt) {
  const Projection made = sample(replaced(testing::kPlant, "guard: gw-1", "guard: gw-1\n    mode: test"));
  const testing::Evaluator rules(nft_json(made.rules));
  EXPECT_TRUE(rules.passes(packet("10.1.0.11", "10.2.0.10", 6, 22)));
  EXPECT_FALSE(rules.passes(packet("10.3.0.5", "10.2.0.10", 6, 22))) << "no conduit, so nothing to test";
  EXPECT_THAT(made.notes, Contains(HasSubstr("up-down is in mode test")));
}

TEST(Projection, SaysOpenlyWhatNftCannotSay) {
  const std::string text = replaced(testing::kPlant, "allow: read, protocol: modbus,",
                                    "allow: read, protocol: modbus, objects: [holding-register 1], rate: 5/min,");
  EXPECT_THAT(sample(text).notes,
              Contains(AllOf(HasSubstr("rule up-down/poll"), HasSubstr("actions, points and objects, rate"))));
}

TEST(Projection, SaysWhichConduitsAreClosedHere) {
  const std::string more = std::string(testing::kPlant) + "  - {id: to-office, joins: [upper, office], guard: gw-2}\n" +
                           "  - {id: unguarded, joins: [lower, office]}\n";
  EXPECT_THAT(sample(more).notes, AllOf(Contains("conduit to-office is closed here: its guard is gw-2"),
                                        Contains("conduit unguarded is closed here: nobody guards it")));
}

TEST(Projection, OfSomebodyWhoGuardsNothingIsAnErrorThatNamesTheGuards) {
  try {
    project(*testing::policy_of(testing::kPlant), "gw-9", false);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("'gw-9'"), HasSubstr("its guards are: gw-1")));
  }
}

TEST(Projection, AddressesBehindOneAnotherAreOpenedWhateverZoneTheyAreIn) {
  // A meter of `office` behind a serial gateway of `lower`: by address it is in the other zone.
  std::string text = replaced(testing::kPlant, "networks: [10.3.0.0/24]",
                              "assets:\n      - {id: meter, kind: meter, at: [{ip: 10.2.0.50, unit: 7}]}");
  text = replaced(text, "{id: plc, kind: controller,",
                  "{id: serial, kind: gateway, at: [{ip: 10.2.0.50}]}\n      - {id: plc, kind: controller,");
  text += "  - id: to-office\n    joins: [upper, office]\n    guard: gw-1\n    rules:\n" +
          std::string("      - {id: read, allow: read, protocol: modbus, from: [scada], to: [meter]}\n");
  const Projection made = sample(text);
  EXPECT_TRUE(made.rules.conduits[1].anywhere);
  EXPECT_TRUE(testing::Evaluator(nft_json(made.rules)).passes(packet("10.1.0.10", "10.2.0.50", 6, 502)));
  EXPECT_FALSE(testing::Evaluator(nft_json(made.rules)).passes(packet("10.1.0.11", "10.2.0.50", 6, 502)));
  EXPECT_THAT(made.notes, Contains(HasSubstr("to-office opens addresses that its zones share")));
}

TEST(NftJson, ReplacesTheWholeTableInOneTransactionAndTouchesNoOther) {
  const std::string text = nft_json(sample().rules);
  const boost::json::value all = boost::json::parse(text);
  const boost::json::array& commands = all.at("nftables").as_array();
  EXPECT_TRUE(commands[0].at("add").as_object().contains("table"));
  EXPECT_TRUE(commands[1].at("delete").as_object().contains("table"));
  for (const auto& command : commands) {
    for (const auto& [verb, object] : command.as_object()) {
      const boost::json::object& said = object.as_object().begin()->value().as_object();
      const auto* table = said.if_contains("table");
      EXPECT_EQ(table != nullptr ? table->as_string() : said.at("name").as_string(), "rampart") << verb;
      EXPECT_EQ(said.at("family").as_string(), "inet");
    }
  }
}

TEST(ZoneMatrix, HasACellForEachPairOfZones) {
  EXPECT_EQ(zone_matrix(sample().rules),
            "\"from \\ to\",\"upper\",\"lower\",\"office\"\r\n"
            "\"upper\",\"open\",\"up-down: icmp tcp 443 tcp 502 tcp 8000-8010 udp 502\",\"closed\"\r\n"
            "\"lower\",\"closed\",\"open\",\"closed\"\r\n"
            "\"office\",\"closed\",\"closed\",\"open\"\r\n");
}

TEST(SuricataRules, PassBothDirectionsOfEachWayAndDropTheRest) {
  const std::string rules = suricata_rules(sample().rules);
  EXPECT_THAT(rules, HasSubstr("pass tcp 10.1.0.10 any -> 10.2.0.10 502 (msg:\"rampart up-down/poll\"; flow:to_server; "
                               "sid:1900000; rev:1;)\n"
                               "pass tcp 10.2.0.10 502 -> 10.1.0.10 any (msg:\"rampart up-down/poll\"; flow:to_client; "
                               "sid:1900001; rev:1;)\n"));
  EXPECT_THAT(rules, HasSubstr("pass tcp 10.1.0.11 any -> 10.2.0.10 [8000:8010] ("));
  EXPECT_THAT(rules, HasSubstr("pass icmp 10.1.0.10 any <> [10.2.0.10,10.2.0.11] any ("));
  EXPECT_THAT(rules, HasSubstr("pass ip [10.1.0.0/24,fd01::/64] any -> [10.1.0.0/24,fd01::/64] any ("));
  EXPECT_THAT(rules, HasSubstr("drop tcp any any -> any any ("));
  EXPECT_THAT(suricata_rules(project(*testing::policy_of(testing::kPlant), "gw-1", true).rules),
              AllOf(HasSubstr("alert tcp any any"), Not(HasSubstr("drop "))));
}

TEST(InWords, SaysZonesConduitsRulesAndWhatIsLeftOut) {
  const auto policy = testing::policy_of(testing::kPlant);
  const std::string words = in_words(project(*policy, "gw-1", false), policy::plant_of(*policy));
  for (const char* part : {"Test works: the firewall of gw-1", "  upper: 10.1.0.0-10.1.0.255",
                           "conduit up-down, log group 6201", "    poll: tcp 502, udp 502 from 2 addresses to 2\n",
                           "    web: tcp 443, tcp 8000-8010 from 1 address to 1, not essential\n", "not held here"}) {
    EXPECT_THAT(words, HasSubstr(part));
  }
}

}  // namespace
}  // namespace rampart::firewall
