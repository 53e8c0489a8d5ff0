#include "firewall/exports.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/error.h"
#include "base/text.h"

namespace rampart::firewall {
namespace {

/// service names what one opening leads to: "tcp 502", "icmp", "ip 47".
std::string service(const Opening& one) {
  if (!one.has_ports()) {
    if (one.ip_protocol == 1 || one.ip_protocol == 58) return "icmp";
    return "ip " + std::to_string(one.ip_protocol);
  }
  std::string out = one.ip_protocol == 6 ? "tcp" : "udp";
  if (one.first_port == 0 && one.last_port == 0xffff) return out;
  out += " " + std::to_string(one.first_port);
  return one.first_port == one.last_port ? out : out + "-" + std::to_string(one.last_port);
}

std::string joined(const std::set<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

template <class Wanted>
std::set<std::string> services(const Rule& rule, Wanted&& wanted) {
  std::set<std::string> found;
  for (const Opening& one : rule.openings) {
    if (wanted(one)) found.insert(service(one));
  }
  return found;
}

bool covers(const Zone& zone, const IpAddress& address) {
  return std::any_of(zone.addresses.begin(), zone.addresses.end(),
                     [&](const AddressRange& range) { return range.contains(address); });
}

void add_zone(std::string& out, const Zone& zone) {
  out += "  " + zone.id + (zone.open_inside ? "" : " (judged inside too)") + ":";
  constexpr size_t kFew = 6;
  for (size_t i = 0; i < std::min(kFew, zone.addresses.size()); ++i) {
    const AddressRange& range = zone.addresses[i];
    out += " " + to_text(range.first) + (range.first == range.last ? "" : "-" + to_text(range.last));
  }
  if (zone.addresses.size() > kFew) out += " and " + std::to_string(zone.addresses.size() - kFew) + " more";
  if (zone.addresses.empty()) out += " no addresses";
  out += "\n";
}

void add_rule(std::string& out, const Rule& rule) {
  std::set<IpAddress> clients, servers;
  for (const Opening& one : rule.openings) {
    clients.insert(one.from);
    servers.insert(one.to);
  }
  out += "    " + rule.id + ": ";
  if (rule.openings.empty()) {
    out += "opens nothing\n";
    return;
  }
  const auto all = [](const Opening&) { return true; };
  out += joined(services(rule, all), ", ") + " from " + std::to_string(clients.size()) +
         (clients.size() == 1 ? " address" : " addresses");
  out += " to " + std::to_string(servers.size()) + (rule.essential ? "" : ", not essential") + "\n";
}

std::string cell(const RuleSet& rules, uint16_t from, uint16_t to) {
  const auto pair = std::find_if(rules.pairs.begin(), rules.pairs.end(),
                                 [&](const Pair& one) { return one.from == from && one.to == to; });
  if (pair == rules.pairs.end()) return from == to && rules.zones[from].open_inside ? "open" : "closed";
  std::string out;
  for (const uint16_t index : pair->conduits) {
    const Conduit& conduit = rules.conduits[index];
    std::set<std::string> opened;
    for (const Rule& rule : conduit.rules) {
      opened.merge(services(rule, [&](const Opening& one) {
        return covers(rules.zones[from], one.from) && covers(rules.zones[to], one.to);
      }));
    }
    if (opened.empty() && conduit.enforced) continue;
    out += (out.empty() ? "" : "; ") + conduit.id + ": " + joined(opened, " ");
    if (!conduit.enforced) out += opened.empty() ? "all, observed" : " (the rest is observed)";
  }
  return out.empty() ? "closed" : out;
}

/// Suricata writes the rules and numbers them.
class Suricata {
 public:
  explicit Suricata(const RuleSet& rules) : rules_(rules) {}

  std::string run() {
    for (const Conduit& conduit : rules_.conduits) {
      for (const Rule& rule : conduit.rules) ways(conduit, rule);
    }
    for (const Zone& zone : rules_.zones) {
      const std::string addresses = list(zone);
      if (zone.open_inside && !addresses.empty()) {
        add("pass", "ip", addresses, "any", "->", addresses, "any", "rampart inside zone " + zone.id, "");
      }
    }
    for (const Conduit& conduit : rules_.conduits) {
      if (!conduit.enforced) observed(conduit);
    }
    const char* action = rules_.observe ? "alert" : "drop";
    // A rule without a direction is asked for the first packet of a flow alone; these are asked for each.
    for (const char* transport : {"tcp", "udp", "icmp"}) {
      for (const char* way : {"flow:to_server;", "flow:to_client;"}) {
        add(action, transport, "any", "any", "->", "any", "any", "rampart no rule of the plant opens this", way);
      }
    }
    add(action, "ip", "any", "any", "->", "any", "any", "rampart no rule of the plant opens this", "");
    return std::move(out_);
  }

 private:
  static constexpr uint32_t kFirst = 1'900'000, kLast = 1'999'999;

  void add(const std::string& action, const std::string& transport, const std::string& from,
           const std::string& from_port, const char* arrow, const std::string& to, const std::string& to_port,
           const std::string& message, const std::string& options) {
    if (next_ > kLast) throw Error("the plant opens more ways than Suricata has numbers for local rules", "divide it");
    out_ += action + " " + transport + " " + from + " " + from_port + " " + arrow + " " + to + " " + to_port +
            " (msg:\"" + message + "\"; " + options + (options.empty() ? "" : " ") + "sid:" + std::to_string(next_++) +
            "; rev:1;)\n";
  }

  static std::string list(const std::set<std::string>& words) {
    return words.size() == 1 ? *words.begin() : "[" + joined(words, ",") + "]";
  }
  static std::string list(const Zone& zone) {
    std::set<std::string> networks;
    for (const AddressRange& range : zone.addresses) {
      for (const IpNetwork& network : networks_of(range)) networks.insert(to_text(network));
    }
    return networks.empty() ? "" : list(networks);
  }

  /// ways writes both directions of each conversation that a rule opens: who asks, then who answers.
  void ways(const Conduit& conduit, const Rule& rule) {
    std::map<std::tuple<IpAddress, uint8_t, uint16_t, uint16_t>, std::set<std::string>> servers;
    for (const Opening& one : rule.openings) {
      servers[{one.from, one.ip_protocol, one.first_port, one.last_port}].insert(to_text(one.to));
    }
    const std::string message = "rampart " + conduit.id + "/" + rule.id;
    for (const auto& [key, to] : servers) {
      const auto& [from, ip_protocol, first, last] = key;
      const std::string client = to_text(from), server = list(to);
      if (ip_protocol != 6 && ip_protocol != 17) {
        const bool icmp = ip_protocol == 1 || ip_protocol == 58;
        const std::string number = icmp ? "" : "ip_proto:" + std::to_string(ip_protocol) + ";";
        add("pass", icmp ? "icmp" : "ip", client, "any", "<>", server, "any", message, number);
        continue;
      }
      const std::string transport = ip_protocol == 6 ? "tcp" : "udp";
      const bool all = first == 0 && last == 0xffff;
      const std::string ports = all             ? "any"
                                : first == last ? std::to_string(first)
                                                : "[" + std::to_string(first) + ":" + std::to_string(last) + "]";
      add("pass", transport, client, "any", "->", server, ports, message, "flow:to_server;");
      add("pass", transport, server, ports, "->", client, "any", message, "flow:to_client;");
    }
  }

  void observed(const Conduit& conduit) {
    for (const Pair& pair : rules_.pairs) {
      const std::string from = list(rules_.zones[pair.from]), to = list(rules_.zones[pair.to]);
      if (&rules_.conduits[pair.conduits[0]] != &conduit || from.empty() || to.empty()) continue;
      add("pass", "ip", from, "any", "<>", to, "any", "rampart observed only: " + conduit.id, "");
    }
  }

  const RuleSet& rules_;
  std::string out_;
  uint32_t next_ = kFirst;
};

}  // namespace

std::string in_words(const Projection& projection, const plant::Plant& plant) {
  const RuleSet& rules = projection.rules;
  std::string out = plant.name + ": the firewall of " + rules.guard + ", table inet rampart";
  out += rules.observe ? ", which drops nothing and logs what it would\n" : ", closed but for what follows\n";
  out += "zones\n";
  for (const Zone& zone : rules.zones) add_zone(out, zone);
  for (const Conduit& conduit : rules.conduits) {
    out += "conduit " + conduit.id + (conduit.enforced ? "" : " (observed)") + ", log group " +
           std::to_string(conduit.log_group) + "\n";
    for (const Rule& rule : conduit.rules) add_rule(out, rule);
  }
  if (!projection.notes.empty()) out += "what these rules do not hold of the plant\n";
  for (const std::string& note : projection.notes) out += "  " + note + "\n";
  return out;
}

std::string zone_matrix(const RuleSet& rules) {
  std::string out = "\"from \\ to\"";
  for (const Zone& zone : rules.zones) out += ",\"" + zone.id + "\"";
  out += "\r\n";
  for (uint16_t from = 0; from < rules.zones.size(); ++from) {
    out += "\"" + rules.zones[from].id + "\"";
    for (uint16_t to = 0; to < rules.zones.size(); ++to) out += ",\"" + cell(rules, from, to) + "\"";
    out += "\r\n";
  }
  return out;
}

std::string suricata_rules(const RuleSet& rules) { return Suricata(rules).run(); }

}  // namespace rampart::firewall
