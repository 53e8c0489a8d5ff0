#include "firewall/rule_set.h"

#include <algorithm>
#include <set>

namespace rampart::firewall {
namespace {

constexpr uint32_t kMagic = 0x52465253;  // "RFRS"
constexpr uint8_t kVersion = 1;
constexpr uint8_t kObserve = 1, kEnforced = 1, kAnywhere = 2;

class Writer {
 public:
  void u8(unsigned value) { out.push_back(static_cast<uint8_t>(value)); }
  void u16(size_t value) {
    u8(value >> 8 & 0xff);
    u8(value & 0xff);
  }
  void u32(size_t value) {
    u16(value >> 16 & 0xffff);
    u16(value & 0xffff);
  }
  void text(const std::string& value) {
    u8(static_cast<unsigned>(value.size()));
    out.insert(out.end(), value.begin(), value.end());
  }
  void family(const IpAddress& address) { u8(address.is_v4() ? 4 : 6); }
  void address(const IpAddress& value) { out.insert(out.end(), value.octets().begin(), value.octets().end()); }

  std::vector<uint8_t> out;
};

/// is_id is what plants allow: lower-case letters, digits, hyphens. Nothing else ever reaches nft as a name.
bool is_id(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 64 && plain(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return plain(c) || c == '-'; });
}

/// Parser reads a rule set and stops at the first thing that is wrong.
class Parser {
 public:
  Parser(Bytes bytes, std::string& why) : reader_(bytes), why_(why) {}

  std::optional<RuleSet> run() {
    RuleSet rules;
    if (reader_.u32() != kMagic || reader_.u8() != kVersion) return wrong("it is no rule set of this version");
    const uint8_t flags = reader_.u8();
    if (flags > kObserve) return wrong("unknown flags");
    rules.observe = flags == kObserve;
    if (!id(rules.guard, "the guard")) return {};
    if (!zones(rules) || !conduits(rules) || !pairs(rules)) return {};
    if (!reader_.done()) return wrong(reader_.ok() ? "octets are left over" : "it ends too early");
    return rules;
  }

 private:
  std::nullopt_t wrong(const std::string& what) {
    if (why_.empty()) why_ = what;
    return std::nullopt;
  }
  bool fail(const std::string& what) {
    wrong(reader_.ok() ? what : "it ends too early");
    return false;
  }

  bool id(std::string& into, const char* what) {
    into = as_text(reader_.bytes(reader_.u8()));
    return (reader_.ok() && is_id(into)) || fail(std::string(what) + " has no id that a plant allows");
  }
  bool flag(bool& into) {
    const uint8_t value = reader_.u8();
    into = value == 1;
    return value <= 1 || fail("a flag is neither 0 nor 1");
  }
  bool addresses(IpAddress& one, IpAddress& other) {
    const uint8_t family = reader_.u8();
    if (family != 4 && family != 6) return fail("an address is of no known family");
    const size_t size = family == 4 ? 4 : 16;
    const Bytes first = reader_.bytes(size), second = reader_.bytes(size);
    if (!reader_.ok()) return fail("");
    one = size == 4 ? IpAddress::v4(first.data()) : IpAddress::v6(first.data());
    other = size == 4 ? IpAddress::v4(second.data()) : IpAddress::v6(second.data());
    return true;
  }

  bool zones(RuleSet& rules) {
    const uint16_t count = reader_.u16();
    if (count > kMostZones) return fail("too many zones");
    std::set<std::string> ids;
    for (uint16_t i = 0; i < count; ++i) {
      Zone zone;
      if (!id(zone.id, "a zone")) return false;
      if (!ids.insert(zone.id).second) return fail("zone " + zone.id + " comes twice");
      if (!flag(zone.open_inside)) return false;
      for (uint32_t left = reader_.u32(); left > 0; --left) {
        AddressRange range;
        if (!addresses(range.first, range.last)) return false;
        if (range.last < range.first || (!zone.addresses.empty() && range.first <= zone.addresses.back().last)) {
          return fail("the addresses of zone " + zone.id + " are not in order");
        }
        zone.addresses.push_back(range);
      }
      rules.zones.push_back(std::move(zone));
    }
    return true;
  }

  bool conduits(RuleSet& rules) {
    const uint16_t count = reader_.u16();
    if (count > kMostConduits) return fail("too many conduits");
    std::set<std::string> ids;
    for (uint16_t i = 0; i < count; ++i) {
      Conduit conduit;
      if (!id(conduit.id, "a conduit")) return false;
      if (!ids.insert(conduit.id).second) return fail("conduit " + conduit.id + " comes twice");
      conduit.log_group = reader_.u16();
      const uint8_t flags = reader_.u8();
      if (flags > (kEnforced | kAnywhere)) return fail("unknown flags");
      conduit.enforced = (flags & kEnforced) != 0;
      conduit.anywhere = (flags & kAnywhere) != 0;
      std::set<std::string> of_rules;
      for (uint16_t left = reader_.u16(); left > 0; --left) {
        Rule rule;
        if (!id(rule.id, "a rule")) return false;
        if (!of_rules.insert(rule.id).second) return fail("rule " + conduit.id + "/" + rule.id + " comes twice");
        if (!openings(rule)) return false;
        conduit.rules.push_back(std::move(rule));
      }
      rules.conduits.push_back(std::move(conduit));
    }
    return true;
  }

  bool openings(Rule& rule) {
    if (!flag(rule.essential)) return false;
    for (uint32_t left = reader_.u32(); left > 0; --left) {
      Opening one;
      if (!addresses(one.from, one.to)) return false;
      one.ip_protocol = reader_.u8();
      one.first_port = reader_.u16();
      one.last_port = reader_.u16();
      if (!reader_.ok()) return fail("");
      const bool all = one.first_port == 0 && one.last_port == 0xffff;
      if (one.last_port < one.first_port || (!one.has_ports() && !all))
        return fail("rule " + rule.id + " has bad ports");
      if (!rule.openings.empty()) {
        const Opening& last = rule.openings.back();
        const bool same = last.from == one.from && last.to == one.to && last.ip_protocol == one.ip_protocol;
        if (one <= last || (same && one.first_port <= last.last_port)) {
          return fail("the openings of rule " + rule.id + " are not in order");
        }
      }
      rule.openings.push_back(one);
    }
    return true;
  }

  bool pairs(RuleSet& rules) {
    const uint32_t count = reader_.u32();
    if (count > kMostPairs) return fail("too many pairs of zones");
    for (uint32_t i = 0; i < count; ++i) {
      Pair pair;
      pair.from = reader_.u16();
      pair.to = reader_.u16();
      for (uint16_t left = reader_.u16(); left > 0; --left) {
        const uint16_t conduit = reader_.u16();
        if (conduit >= rules.conduits.size()) return fail("a pair names a conduit that is not there");
        if (!pair.conduits.empty() && conduit <= pair.conduits.back())
          return fail("the conduits of a pair are not in order");
        pair.conduits.push_back(conduit);
      }
      if (pair.from >= rules.zones.size() || pair.to >= rules.zones.size()) {
        return fail("a pair names a zone that is not there");
      }
      if (pair.conduits.empty()) return fail("a pair has no conduit");
      if (!rules.pairs.empty() &&
          std::pair(pair.from, pair.to) <= std::pair(rules.pairs.back().from, rules.pairs.back().to)) {
        return fail("the pairs of zones are not in order");
      }
      rules.pairs.push_back(std::move(pair));
    }
    return true;
  }

  ByteReader reader_;
  std::string& why_;
};

bool covers(const std::vector<AddressRange>& ranges, const IpAddress& address) {
  const auto after =
      std::upper_bound(ranges.begin(), ranges.end(), address,
                       [](const IpAddress& one, const AddressRange& range) { return one < range.first; });
  return after != ranges.begin() && std::prev(after)->contains(address);
}

/// opens is true where one of the ordered openings covers the flow.
bool opens(const Rule& rule, const Flow& flow) {
  const Opening wanted{flow.from, flow.to, flow.ip_protocol, flow.to_port, 0xffff};
  const auto after = std::upper_bound(rule.openings.begin(), rule.openings.end(), wanted);
  if (after == rule.openings.begin()) return false;
  const Opening& one = *std::prev(after);
  if (one.from != flow.from || one.to != flow.to || one.ip_protocol != flow.ip_protocol) return false;
  return !one.has_ports() || (one.first_port <= flow.to_port && flow.to_port <= one.last_port);
}

const Rule* opened(const Conduit& conduit, const Flow& flow) {
  const auto found =
      std::find_if(conduit.rules.begin(), conduit.rules.end(), [&](const Rule& rule) { return opens(rule, flow); });
  return found == conduit.rules.end() ? nullptr : &*found;
}

}  // namespace

Judgement judge(const RuleSet& rules, const Flow& flow) {
  for (const Conduit& conduit : rules.conduits) {
    if (!conduit.anywhere) continue;
    if (const Rule* rule = opened(conduit, flow)) return {true, &conduit, rule};
  }
  const auto holds = [&](uint16_t zone, const IpAddress& address) {
    return covers(rules.zones[zone].addresses, address);
  };
  for (const Pair& pair : rules.pairs) {
    if (!holds(pair.from, flow.from) || !holds(pair.to, flow.to)) continue;
    for (const uint16_t index : pair.conduits) {
      const Conduit& conduit = rules.conduits[index];
      if (const Rule* rule = opened(conduit, flow)) return {true, &conduit, rule};
    }
    return {false, &rules.conduits[pair.conduits[0]], nullptr};
  }
  const bool inside = std::any_of(rules.zones.begin(), rules.zones.end(), [&](const Zone& zone) {
    return zone.open_inside && covers(zone.addresses, flow.from) && covers(zone.addresses, flow.to);
  });
  return {inside, nullptr, nullptr};
}

std::vector<uint8_t> encode(const RuleSet& rules) {
  Writer to;
  to.u32(kMagic);
  to.u8(kVersion);
  to.u8(rules.observe ? kObserve : 0);
  to.text(rules.guard);
  to.u16(rules.zones.size());
  for (const Zone& zone : rules.zones) {
    to.text(zone.id);
    to.u8(zone.open_inside);
    to.u32(zone.addresses.size());
    for (const AddressRange& range : zone.addresses) {
      to.family(range.first);
      to.address(range.first);
      to.address(range.last);
    }
  }
  to.u16(rules.conduits.size());
  for (const Conduit& conduit : rules.conduits) {
    to.text(conduit.id);
    to.u16(conduit.log_group);
    to.u8((conduit.enforced ? kEnforced : 0u) | (conduit.anywhere ? kAnywhere : 0u));
    to.u16(conduit.rules.size());
    for (const Rule& rule : conduit.rules) {
      to.text(rule.id);
      to.u8(rule.essential);
      to.u32(rule.openings.size());
      for (const Opening& one : rule.openings) {
        to.family(one.from);
        to.address(one.from);
        to.address(one.to);
        to.u8(one.ip_protocol);
        to.u16(one.first_port);
        to.u16(one.last_port);
      }
    }
  }
  to.u32(rules.pairs.size());
  for (const Pair& pair : rules.pairs) {
    to.u16(pair.from);
    to.u16(pair.to);
    to.u16(pair.conduits.size());
    for (const uint16_t conduit : pair.conduits) to.u16(conduit);
  }
  return std::move(to.out);
}

std::optional<RuleSet> decode(Bytes bytes, std::string& why) {
  why.clear();
  if (bytes.size() > kMostOctets) {
    why = "it is larger than 32 MiB";
    return {};
  }
  return Parser(bytes, why).run();
}

}  // namespace rampart::firewall
