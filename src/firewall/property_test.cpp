// On random plants: what decide() allows the firewall allows, and what the firewall allows some rule of a conduit that
// joins the zones opens. Held by reading the JSON for nft as a packet would, and by judge(), which must say the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "firewall/evaluator_testing.h"
#include "firewall/nft_json.h"
#include "firewall/plants_testing.h"
#include "firewall/project.h"
#include "firewall/running.h"
#include "policy/situation.h"
#include "protocols/registry.h"

namespace rampart::firewall {
namespace {

using plant::Index;
using plant::kNone;
using testing::Evaluator;
using testing::Packet;

/// World is one random plant with all that is made of it.
struct World {
  explicit World(uint32_t seed)
      : maker(seed),
        policy(testing::policy_of(maker.text())),
        plant(&policy::plant_of(*policy)),
        rules(project(*policy, "gw-1", false).rules),
        evaluator(nft_json(rules)),
        situation(policy) {}

  testing::RandomPlant maker;
  std::shared_ptr<const policy::Policy> policy;
  const plant::Plant* plant;
  RuleSet rules;
  Evaluator evaluator;
  policy::Situation situation;

  bool guarded(Index conduit) const { return plant->conduits[conduit].guard.value == "gw-1"; }
  bool passes(const IpAddress& from, const IpAddress& to, int transport, int port) const {
    return evaluator.passes({from, to, transport, port});
  }
};

std::vector<IpAddress> addresses(const plant::Asset& asset) {
  std::vector<IpAddress> found;
  for (const plant::Location& place : asset.at) found.push_back(*place.ip);
  return found;
}

/// lasting is true of a verdict that no other hour, person or value would make no.
bool lasting(const policy::Verdict& verdict) {
  switch (verdict.reason) {
    case policy::Reason::unknown_client:
    case policy::Reason::unknown_server:
    case policy::Reason::unknown_asset:
    case policy::Reason::no_conduit:
    case policy::Reason::no_rule:
      return false;
    case policy::Reason::rule:
    case policy::Reason::same_zone:
    case policy::Reason::value_out_of_range:
    case policy::Reason::step_too_large:
    case policy::Reason::rate_exceeded:
    case policy::Reason::outside_calendar:
    case policy::Reason::role_missing:
    case policy::Reason::approval_missing:
    case policy::Reason::value_unknown:
    case policy::Reason::role_unknown:
      return true;
  }
  return true;
}

/// check_operations: whatever may be asked between two addresses can be sent to the ports of its protocol.
void check_operations(const World& world, Index client, Index server, const IpAddress& from, const IpAddress& to,
                      size_t& allowed) {
  const policy::Parties parties{{client, world.plant->assets[client].zone}, {server, world.plant->assets[server].zone}};
  uint16_t number = 0;
  for (const protocols::Entry& entry : protocols::registry()) {
    ++number;
    for (size_t action = 0; action < protocols::kActionCount; ++action) {
      protocols::Operation operation;
      operation.protocol = {number};
      operation.action = static_cast<protocols::Action>(action);
      const policy::Verdict verdict = decide(*world.policy, world.situation, parties, operation, TimePoint{});
      const bool here = verdict.conduit == kNone || world.guarded(verdict.conduit);
      if (!lasting(verdict) || !here) continue;
      ++allowed;
      for (const uint16_t port : entry.tcp_ports) {
        ASSERT_TRUE(world.passes(from, to, 6, port)) << entry.name << " " << to_text(from) << " " << to_text(to);
      }
      for (const uint16_t port : entry.udp_ports) {
        ASSERT_TRUE(world.passes(from, to, 17, port)) << entry.name << " " << to_text(from) << " " << to_text(to);
      }
    }
  }
}

void check_streams(const World& world, Index client, Index server, const IpAddress& from, const IpAddress& to,
                   size_t& allowed) {
  const policy::Parties parties{{client, world.plant->assets[client].zone}, {server, world.plant->assets[server].zone}};
  const uint8_t icmp = from.is_v4() ? 1 : 58;
  for (const policy::Stream& stream :
       {policy::Stream{6, 443, {}}, policy::Stream{6, 8005, {}}, policy::Stream{6, 102, {}},
        policy::Stream{6, 9999, {}}, policy::Stream{17, 5002, {}}, policy::Stream{17, 53, {}},
        policy::Stream{17, 6000, {}}, policy::Stream{icmp, 0, {}}, policy::Stream{47, 0, {}},
        policy::Stream{50, 0, {}}}) {
    const policy::Verdict verdict = decide_stream(*world.policy, world.situation, parties, stream, TimePoint{});
    if (!lasting(verdict) || (verdict.conduit != kNone && !world.guarded(verdict.conduit))) continue;
    ++allowed;
    ASSERT_TRUE(world.passes(from, to, stream.ip_protocol, stream.port))
        << int{stream.ip_protocol} << " " << stream.port << " " << to_text(from) << " " << to_text(to);
  }
}

TEST(FirewallProperty, WhatDecideAllowsTheRulesLetPass) {
  size_t operations = 0, streams = 0;
  for (uint32_t round = 0; round < 150; ++round) {
    const World world(round);
    SCOPED_TRACE("round " + std::to_string(round));
    for (Index client = 0; client < world.plant->assets.size(); ++client) {
      for (Index server = 0; server < world.plant->assets.size(); ++server) {
        for (const IpAddress& from : addresses(world.plant->assets[client])) {
          for (const IpAddress& to : addresses(world.plant->assets[server])) {
            if (client == server || from == to || from.is_v4() != to.is_v4()) continue;
            // Inside a zone the rules know addresses; who is behind another zone's address, by unit, is a rule's
            // matter.
            const auto zone_at = [&](const IpAddress& ip) {
              return identify(*world.policy, {.ip = ip, .mac = {}, .vlan = {}}).zone;
            };
            const Index zone = world.plant->assets[client].zone;
            if (zone == world.plant->assets[server].zone && (zone_at(from) != zone || zone_at(to) != zone)) continue;
            ASSERT_NO_FATAL_FAILURE(check_operations(world, client, server, from, to, operations));
            ASSERT_NO_FATAL_FAILURE(check_streams(world, client, server, from, to, streams));
          }
        }
      }
    }
  }
  EXPECT_GT(operations, 10'000u);
  EXPECT_GT(streams, 5'000u);
}

/// opened says by the plant alone whether some rule of a conduit that gw-1 guards is about this.
bool opened(const plant::Plant& plant, const Packet& packet) {
  const auto at = [&](Index asset, const IpAddress& address) {
    const auto all = addresses(plant.assets[asset]);
    return std::find(all.begin(), all.end(), address) != all.end();
  };
  for (const plant::Conduit& conduit : plant.conduits) {
    if (conduit.guard.value != "gw-1") continue;
    for (const plant::Rule& rule : conduit.rules) {
      for (const Index client : rule.from) {
        for (const Index server : rule.to) {
          const Index one = plant.assets[client].zone, other = plant.assets[server].zone;
          const auto times = [&](Index zone) { return std::count(conduit.joins.begin(), conduit.joins.end(), zone); };
          const bool joined = one == other ? times(one) >= 2 : times(one) >= 1 && times(other) >= 1;
          if (!joined || !at(client, packet.from) || !at(server, packet.to)) continue;
          const std::string& word = rule.protocol.value;
          if (word == "icmp" && packet.transport == (packet.from.is_v4() ? 1 : 58)) return true;
          if (word == "ip-47" && packet.transport == 47) return true;
          if ((word == "tcp" && packet.transport == 6) || (word == "udp" && packet.transport == 17)) {
            if (rule.ports.empty()) return true;
            for (const plant::PortRange& range : rule.ports) {
              if (range.contains(static_cast<uint16_t>(packet.to_port))) return true;
            }
          }
          const auto protocol = protocols::find_protocol(word);
          if (!protocol) continue;
          const auto ports = packet.transport == 6    ? protocol->entry().tcp_ports
                             : packet.transport == 17 ? protocol->entry().udp_ports
                                                      : std::span<const uint16_t>();
          if (std::find(ports.begin(), ports.end(), packet.to_port) != ports.end()) return true;
        }
      }
    }
  }
  return false;
}

TEST(FirewallProperty, WhatPassesSomeRuleOpensOrItStaysInsideAnOpenZone) {
  std::map<std::string, size_t> seen;
  for (uint32_t round = 0; round < 300; ++round) {
    World world(round);
    SCOPED_TRACE("round " + std::to_string(round));
    std::vector<IpAddress> all;
    for (const plant::Asset& asset : world.plant->assets) {
      for (const IpAddress& address : addresses(asset)) all.push_back(address);
    }
    for (const char* other :
         {"10.0.0.200", "10.1.0.129", "10.2.0.77", "10.9.0.1", "192.0.2.1", "fd01::99", "2001:db8::1"}) {
      all.push_back(*IpAddress::parse(other));
    }
    const auto zone_at = [&](const IpAddress& ip) {
      return identify(*world.policy, {.ip = ip, .mac = {}, .vlan = {}}).zone;
    };
    for (int i = 0; i < 1'000; ++i) {
      static constexpr int kTransports[] = {6, 17, 6, 17, 1, 58, 47, 50};
      static constexpr int kPorts[] = {502,  102,  20000, 44818, 2222, 22, 161,  443, 8000,
                                       8010, 8011, 5000,  5003,  5004, 53, 9999, 0,   65535};
      Packet packet{all[world.maker.pick(static_cast<uint32_t>(all.size()))],
                    all[world.maker.pick(static_cast<uint32_t>(all.size()))], kTransports[world.maker.pick(8)],
                    kPorts[world.maker.pick(std::size(kPorts))]};
      if (packet.from.is_v4() != packet.to.is_v4()) continue;
      const Flow flow{packet.from, packet.to, static_cast<uint8_t>(packet.transport), 40'000,
                      static_cast<uint16_t>(packet.to_port)};
      const Judgement judgement = judge(world.rules, flow);
      const bool passes = world.evaluator.passes(packet);
      const bool observed = !judgement.allowed && judgement.conduit != nullptr && !judgement.conduit->enforced;
      ASSERT_EQ(passes, judgement.allowed || observed) << to_text(packet.from) << " " << to_text(packet.to);
      const Index from = zone_at(packet.from), to = zone_at(packet.to);
      const bool inside = from == to && from != kNone && world.rules.zones[from].open_inside;
      const bool by_rule = opened(*world.plant, packet);
      if (!passes) {
        ++seen["closed"];
        ASSERT_FALSE(by_rule && packet.from != packet.to);
        continue;
      }
      ++seen[observed ? "observed" : by_rule ? "rule" : "inside"];
      ASSERT_TRUE(observed || by_rule || inside)
          << to_text(packet.from) << " " << to_text(packet.to) << " " << packet.transport << " " << packet.to_port;
      // Answers of what passes pass too, and what conntrack calls invalid does not.
      packet.state = "established";
      ASSERT_TRUE(world.evaluator.passes(packet));
      packet.state = "invalid";
      ASSERT_FALSE(world.evaluator.passes(packet));
    }
    std::string why;
    const auto again = decode(encode(world.rules), why);
    ASSERT_TRUE(again) << why;
    ASSERT_EQ(*again, world.rules);
    ASSERT_EQ(differences(world.rules, parse_running(nft_json(world.rules))), std::vector<std::string>());
    const Evaluator observing(nft_json(project(*world.policy, "gw-1", true).rules));
    for (const IpAddress& from : all) {
      for (const IpAddress& to : all) ASSERT_TRUE(observing.passes({from, to, 6, 9999}));
    }
  }
  for (const char* what : {"closed", "observed", "rule", "inside"}) EXPECT_GT(seen[what], 500u) << what;
}

}  // namespace
}  // namespace rampart::firewall
