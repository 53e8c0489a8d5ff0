#include "policy/network.h"

#include <algorithm>
#include <tuple>

#include "policy/compiled.h"

namespace rampart::policy {
namespace {

/// boundaries are all addresses of one family at which the answer of identify() may change, ordered.
std::vector<IpAddress> boundaries(const Policy& policy, bool four) {
  std::vector<IpAddress> found;
  const auto add = [&](const IpAddress& first, const IpAddress& last) {
    if (first.is_v4() != four) return;
    found.push_back(first);
    if (const auto next = address_after(last)) found.push_back(*next);
  };
  for (const Net& net : policy.nets) {
    const AddressRange range = range_of(net.cidr);
    add(range.first, range.last);
  }
  for (const Place& place : policy.places) {
    if (place.ip != IpAddress{}) add(place.ip, place.ip);
  }
  for (const char* groups : {"224.0.0.0/4", "255.255.255.255/32", "ff00::/8"}) {
    const AddressRange range = range_of(*IpNetwork::parse(groups));
    add(range.first, range.last);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

void add_family(const Policy& policy, bool four, std::vector<std::vector<AddressRange>>& zones) {
  const std::vector<IpAddress> bounds = boundaries(policy, four);
  const IpAddress highest = range_of(*IpNetwork::parse(four ? "0.0.0.0/0" : "::/0")).last;
  for (size_t i = 0; i < bounds.size(); ++i) {
    const Index zone = identify(policy, {.ip = bounds[i], .mac = {}, .vlan = {}}).zone;
    if (zone == kNone) continue;
    const IpAddress last = i + 1 < bounds.size() ? *address_before(bounds[i + 1]) : highest;
    std::vector<AddressRange>& ranges = zones[zone];
    const bool joins = !ranges.empty() && address_after(ranges.back().last) == bounds[i];
    if (joins) {
      ranges.back().last = last;
    } else {
      ranges.push_back({bounds[i], last});
    }
  }
}

/// Way is what a rule lets pass between two assets, before their addresses.
struct Way {
  Index conduit, rule, client, server;
  uint32_t compiled;  // into Policy::rules
  auto operator<=>(const Way&) const = default;
};

std::vector<Way> ways_of(const Policy& policy) {
  std::vector<Way> ways;
  for (const uint64_t key : policy.keys) {
    const Slice& slice = *policy.allowed.find(key);
    for (uint32_t i = slice.begin; i < slice.begin + slice.count; ++i) {
      const RuleAt& at = policy.rules_at[policy.candidates[i]];
      const RuleOf& rule = policy.rules[at.rule];
      ways.push_back({rule.conduit, rule.rule, static_cast<Index>(key >> 36), at.server, at.rule});
    }
  }
  std::sort(ways.begin(), ways.end());
  ways.erase(std::unique(ways.begin(), ways.end()), ways.end());
  return ways;
}

/// Transport is an IP protocol with ports.
struct Transport {
  uint8_t ip_protocol;
  plant::PortRange ports;
};

void add_joined(std::vector<Transport>& out, uint8_t ip_protocol, std::vector<plant::PortRange> ports) {
  std::sort(ports.begin(), ports.end(), [](const auto& left, const auto& right) { return left.first < right.first; });
  const size_t begin = out.size();
  for (const plant::PortRange& range : ports) {
    if (out.size() > begin && range.first <= uint32_t{out.back().ports.last} + 1) {
      out.back().ports.last = std::max(out.back().ports.last, range.last);
    } else {
      out.push_back({ip_protocol, range});
    }
  }
}

std::vector<Transport> transports_of(const RuleOf& rule, bool four) {
  std::vector<Transport> found;
  if (rule.plain.any()) {
    const bool icmp = rule.plain.protocol == Plain::kIcmp;
    const auto number = static_cast<uint8_t>(icmp ? (four ? 1 : 58) : rule.plain.protocol);
    if (rule.said->ports.empty()) return {{number, {0, 0xffff}}};
    add_joined(found, number, rule.said->ports);
    return found;
  }
  const protocols::Entry& entry = rule.protocol.entry();
  const auto add = [&](uint8_t ip_protocol, std::span<const uint16_t> ports) {
    std::vector<plant::PortRange> ranges;
    for (const uint16_t port : ports) ranges.push_back({port, port});
    add_joined(found, ip_protocol, std::move(ranges));
  };
  if (entry.over_tcp) add(6, entry.tcp_ports);
  if (entry.over_udp) add(17, entry.udp_ports);
  return found;
}

std::vector<IpAddress> addresses_of(const plant::Asset& asset) {
  std::vector<IpAddress> found;
  for (const plant::Location& location : asset.at) {
    if (location.ip) found.push_back(*location.ip);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace

std::vector<std::vector<AddressRange>> ranges_of_zones(const Policy& policy) {
  std::vector<std::vector<AddressRange>> zones(policy.plant->zones.size());
  add_family(policy, true, zones);
  add_family(policy, false, zones);
  return zones;
}

std::vector<Passage> passages(const Policy& policy) {
  std::vector<Passage> found;
  for (const Way& way : ways_of(policy)) {
    const RuleOf& rule = policy.rules[way.compiled];
    const std::vector<IpAddress> servers = addresses_of(policy.asset(way.server));
    for (const IpAddress& from : addresses_of(policy.asset(way.client))) {
      const std::vector<Transport> transports = transports_of(rule, from.is_v4());
      for (const IpAddress& to : servers) {
        if (from == to || from.is_v4() != to.is_v4()) continue;  // of one host, or no way at all
        for (const Transport& transport : transports) {
          found.push_back(
              {way.conduit, way.rule, way.client, way.server, from, to, transport.ip_protocol, transport.ports});
        }
        if (found.size() > kMostPassages) {
          throw Error("the rules open more than " + std::to_string(kMostPassages) + " ways between addresses",
                      "name fewer assets in one rule, or divide the plant");
        }
      }
    }
  }
  return found;
}

bool is_judged_inside(const Policy& policy, Index zone) { return policy.inner[zone] != kNone; }

}  // namespace rampart::policy
