#include "firewall/nft_json.h"

#include <vector>

#include "base/text.h"

namespace rampart::firewall {
namespace {

// Packets are held against the direction in which their conversation began (conntrack's original direction), the
// answers too. So nothing is let through only because it was let through before: another rule set judges the next
// packet of every conversation.

std::string quoted(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}
template <class Address>
std::string text_of(const Address& address) {
  return quoted(to_text(address));
}

/// Kind is one set of a rule: a transport and a family.
struct Kind {
  uint8_t ip_protocol;  // 6, 17; 0: any without ports
  bool four;
  const char* suffix;
};
constexpr Kind kKinds[] = {{6, true, "-tcp4"},  {17, true, "-udp4"},  {0, true, "-ip4"},
                           {6, false, "-tcp6"}, {17, false, "-udp6"}, {0, false, "-ip6"}};

bool is_of(const Opening& one, const Kind& kind) {
  return one.from.is_v4() == kind.four && (one.has_ports() ? one.ip_protocol : 0) == kind.ip_protocol;
}

std::string zone_set(const Zone& zone, bool four) { return "zone-" + zone.id + (four ? "-4" : "-6"); }
std::string chain_of(const Conduit& conduit) { return "conduit-" + conduit.id; }
std::string chain_of(const Conduit& conduit, const Rule& rule) { return "rule-" + conduit.id + "/" + rule.id; }
std::string chain_of(const Zone& from, const Zone& to) { return "pair-" + from.id + "/" + to.id; }

std::string jump(const std::string& verdict, const std::string& chain) {
  return "{\"" + verdict + "\":{\"target\":" + quoted(chain) + "}}";
}
std::string count(std::string_view counter) { return "{\"counter\":" + quoted(counter) + "}"; }
std::string match(const std::string& left, const std::string& right, const char* op = "==") {
  return std::string("{\"match\":{\"op\":\"") + op + "\",\"left\":" + left + ",\"right\":" + right + "}}";
}
std::string original(const std::string& key) { return "{\"ct\":{\"key\":\"" + key + "\",\"dir\":\"original\"}}"; }
std::string original_address(const char* which, bool four) {
  return original((four ? "ip " : "ip6 ") + std::string(which));
}
std::string state(const char* word) { return match("{\"ct\":{\"key\":\"state\"}}", quoted(word), "in"); }
constexpr const char* kTransport = "{\"meta\":{\"key\":\"l4proto\"}}";

/// log tells of at most ten packets a second: who floods cannot fill a disk by it. Prefixes have 127 octets at most.
std::string log(std::string prefix, uint16_t group) {
  constexpr size_t kLongest = 126;
  if (prefix.size() > kLongest) prefix.resize(kLongest);
  return "{\"limit\":{\"rate\":10,\"burst\":5,\"per\":\"second\"}},{\"log\":{\"prefix\":" + quoted(prefix + " ") +
         ",\"group\":" + std::to_string(group) + "}}";
}

/// Text collects the commands of one transaction.
class Text {
 public:
  explicit Text(const RuleSet& rules) : rules_(rules) {}

  std::string run() {
    replace_table();
    counters();
    for (const Zone& zone : rules_.zones) {
      zone_addresses(zone, true);
      zone_addresses(zone, false);
    }
    for (const Conduit& conduit : rules_.conduits) {
      for (const Rule& rule : conduit.rules) {
        for (const Kind& kind : kKinds) rule_ways(conduit, rule, kind);
      }
    }
    for (const Conduit& conduit : rules_.conduits) conduit_chain(conduit);
    for (const Pair& pair : rules_.pairs) pair_chain(pair);
    forward();
    return finished();
  }

  void replace_table() {
    const std::string table = "{\"table\":{\"family\":\"inet\",\"name\":" + quoted(kTable) + "}}";
    command("{\"add\":" + table + "}");
    command("{\"delete\":" + table + "}");
    command("{\"add\":" + table + "}");
  }
  std::string finished() const { return "{\"nftables\":[\n" + out_ + "\n]}\n"; }
  void without() {
    const std::string table = "{\"table\":{\"family\":\"inet\",\"name\":" + quoted(kTable) + "}}";
    command("{\"add\":" + table + "}");
    command("{\"delete\":" + table + "}");
  }

 private:
  void command(const std::string& text) {
    if (!out_.empty()) out_ += ",\n";
    out_ += text;
  }
  void add(const char* what, const std::string& name, const std::string& more = {}) {
    command(std::string("{\"add\":{\"") + what + "\":{\"family\":\"inet\",\"table\":" + quoted(kTable) +
            ",\"name\":" + quoted(name) + more + "}}}");
  }
  void rule(const std::string& chain, const std::string& expressions, const std::string& comment = {}) {
    command("{\"add\":{\"rule\":{\"family\":\"inet\",\"table\":" + quoted(kTable) + ",\"chain\":" + quoted(chain) +
            ",\"expr\":[" + expressions + "]" + (comment.empty() ? "" : ",\"comment\":" + quoted(comment)) + "}}}");
  }

  void counters() {
    add("counter", std::string(kNoConduit));
    if (!rules_.observe) add("counter", std::string(kInvalid));
    for (const Conduit& conduit : rules_.conduits) {
      add("counter", counter_of_denied(conduit));
      for (const Rule& one : conduit.rules) add("counter", counter_of_rule(conduit, one));
    }
  }

  void set(const std::string& name, const std::string& type, bool intervals, const std::string& elements) {
    add("set", name,
        ",\"type\":" + type + (intervals ? ",\"flags\":[\"interval\"]" : "") +
            (elements.empty() ? "" : ",\"elem\":[" + elements + "]"));
  }

  void zone_addresses(const Zone& zone, bool four) {
    std::string elements;
    for (const AddressRange& range : zone.addresses) {
      if (range.first.is_v4() != four) continue;
      elements += elements.empty() ? "" : ",";
      elements += range.first == range.last ? text_of(range.first)
                                            : "{\"range\":[" + text_of(range.first) + "," + text_of(range.last) + "]}";
    }
    set(zone_set(zone, four), four ? "\"ipv4_addr\"" : "\"ipv6_addr\"", true, elements);
  }

  void rule_ways(const Conduit& conduit, const Rule& one, const Kind& kind) {
    std::string elements;
    for (const Opening& way : one.openings) {
      if (!is_of(way, kind)) continue;
      elements += elements.empty() ? "" : ",";
      elements += "{\"concat\":[" + text_of(way.from) + "," + text_of(way.to) + ",";
      if (kind.ip_protocol == 0) {
        elements += std::to_string(way.ip_protocol);
      } else if (way.first_port == way.last_port) {
        elements += std::to_string(way.first_port);
      } else {
        elements += "{\"range\":[" + std::to_string(way.first_port) + "," + std::to_string(way.last_port) + "]}";
      }
      elements += "]}";
    }
    if (elements.empty()) return;
    const std::string address = kind.four ? "\"ipv4_addr\"" : "\"ipv6_addr\"";
    const bool ports = kind.ip_protocol != 0;
    set(chain_of(conduit, one) + kind.suffix,
        "[" + address + "," + address + (ports ? ",\"inet_service\"]" : ",\"inet_proto\"]"), ports, elements);
  }

  /// way_match is what sends a packet of a rule to the rule's chain.
  static std::string way_match(const std::string& name, const Kind& kind) {
    const std::string ends = original_address("saddr", kind.four) + "," + original_address("daddr", kind.four) + ",";
    const std::string last = kind.ip_protocol == 0 ? kTransport : original("proto-dst");
    const std::string transport =
        kind.ip_protocol == 0 ? "" : match(kTransport, std::to_string(kind.ip_protocol)) + ",";
    return transport + match("{\"concat\":[" + ends + last + "]}", quoted("@" + name + kind.suffix)) + "," +
           jump("goto", name);
  }

  void conduit_chain(const Conduit& conduit) {
    add("chain", chain_of(conduit));
    for (const Rule& one : conduit.rules) {
      const std::string name = chain_of(conduit, one);
      add("chain", name);
      rule(name, state("new") + "," + log("rampart allow " + conduit.id + "/" + one.id, conduit.log_group));
      rule(name, count(counter_of_rule(conduit, one)) + ",{\"accept\":null}");
      for (const Kind& kind : kKinds) {
        bool any = false;
        for (const Opening& way : one.openings) any = any || is_of(way, kind);
        if (any) rule(chain_of(conduit), way_match(name, kind), one.id);
      }
    }
  }

  void pair_chain(const Pair& pair) {
    const std::string chain = chain_of(rules_.zones[pair.from], rules_.zones[pair.to]);
    add("chain", chain);
    for (const uint16_t index : pair.conduits) rule(chain, jump("jump", chain_of(rules_.conduits[index])));
    const Conduit& answers = rules_.conduits[pair.conduits[0]];
    rule(chain, log("rampart deny " + answers.id, answers.log_group));
    const bool drops = answers.enforced && !rules_.observe;
    rule(chain, count(counter_of_denied(answers)) + (drops ? ",{\"drop\":null}" : ",{\"accept\":null}"),
         drops ? "" : "observed");
  }

  void between(const Zone& from, const Zone& to, const std::string& then, const std::string& comment) {
    for (const bool four : {true, false}) {
      rule("forward",
           match(original_address("saddr", four), quoted("@" + zone_set(from, four))) + "," +
               match(original_address("daddr", four), quoted("@" + zone_set(to, four))) + "," + then,
           comment);
    }
  }

  void forward() {
    add("chain", "forward",
        std::string(",\"type\":\"filter\",\"hook\":\"forward\",\"prio\":0,\"policy\":") +
            (rules_.observe ? "\"accept\"" : "\"drop\""));
    if (!rules_.observe) rule("forward", state("invalid") + "," + count(kInvalid) + ",{\"drop\":null}", rules_.guard);
    // Errors about a conversation that was let through: too big, unreachable.
    for (const int icmp : {1, 58}) {
      rule("forward", state("related") + "," + match(kTransport, std::to_string(icmp)) + ",{\"accept\":null}");
    }
    for (const Conduit& conduit : rules_.conduits) {
      if (conduit.anywhere) rule("forward", jump("jump", chain_of(conduit)));
    }
    for (const Pair& pair : rules_.pairs) {
      const Zone& from = rules_.zones[pair.from];
      const Zone& to = rules_.zones[pair.to];
      between(from, to, jump("goto", chain_of(from, to)), from.id + "/" + to.id);
    }
    for (const Zone& zone : rules_.zones) {
      if (zone.open_inside) between(zone, zone, "{\"accept\":null}", zone.id);
    }
    rule("forward", log("rampart deny no conduit", kNoConduitGroup));
    rule("forward", count(kNoConduit));
  }

  const RuleSet& rules_;
  std::string out_;
};

}  // namespace

std::string counter_of_denied(const Conduit& conduit) { return "deny-" + conduit.id; }
std::string counter_of_rule(const Conduit& conduit, const Rule& rule) { return "allow-" + conduit.id + "/" + rule.id; }

std::string nft_json(const RuleSet& rules) { return Text(rules).run(); }

std::string nft_json_without() {
  const RuleSet none;
  Text text(none);
  text.without();
  return text.finished();
}

}  // namespace rampart::firewall
