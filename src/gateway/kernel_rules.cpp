#include "gateway/kernel_rules.h"

#include <algorithm>
#include <map>
#include <set>

#include "gateway/standing.h"

namespace rampart::gateway {
namespace {

using plant::OnFailure;
using plant::Stands;

/// Elements of nftables sets by family (IPv4: true) and transport.
using Elements = std::map<std::pair<bool, net::Kind>, std::set<std::string>>;

const char* word_of(net::Kind kind) { return kind == net::Kind::tcp ? "tcp" : "udp"; }

std::string set_of(const std::set<std::string>& elements) {
  std::string out = "{ ";
  for (const std::string& element : elements) out += (out.size() > 2 ? ", " : "") + element;
  return out + " }";
}

/// about is true where `rule` lets its clients use `door`.
bool about(const plant::Rule& rule, const Door& door) {
  if (std::find(rule.to.begin(), rule.to.end(), door.asset) == rule.to.end()) return false;
  if (door.protocol.known()) return rule.protocol.value == door.protocol.name();
  if (rule.protocol.value != word_of(door.kind)) return false;
  return rule.ports.empty() || std::any_of(rule.ports.begin(), rule.ports.end(), [&](const plant::PortRange& range) {
           return range.contains(door.server.port);
         });
}

class Tables {
 public:
  Tables(const plant::Plant& plant, const plant::Gateway& gateway, const std::string& mac)
      : gateway_(gateway), mac_(mac), bridged_(gateway.stands == Stands::bridged) {
    upper_ = bridged_ ? std::string(kBridge) : gateway.interfaces[0].value;
    lower_ = bridged_ ? std::string(kBridge) : gateway.interfaces[1].value;
    const std::vector<Door> doors = doors_of(plant, gateway);
    for (const Door& door : doors) served_[key_of(door)].insert(place_of(door));
    for (const plant::Conduit& conduit : plant.conduits) {
      if (!conduit.guarded_by(gateway.id.value)) continue;
      island_ = island_ || conduit.on_failure == OnFailure::island;
      if (conduit.on_failure != OnFailure::open) continue;
      for (const plant::Rule& rule : conduit.rules) add(plant, rule, doors);
    }
  }

  std::string standing() const { return whole(false); }
  std::string failed() const { return whole(true); }

 private:
  static std::pair<bool, net::Kind> key_of(const Door& door) { return {door.server.ip.is_v4(), door.kind}; }
  static std::string place_of(const Door& door) {
    return to_text(door.server.ip) + " . " + std::to_string(door.server.port);
  }

  void add(const plant::Plant& plant, const plant::Rule& rule, const std::vector<Door>& doors) {
    for (const Door& door : doors) {
      if (!about(rule, door)) continue;
      for (const plant::Index from : rule.from) {
        for (const plant::Location& at : plant.assets[from].at) {
          if (!at.ip || at.ip->is_v4() != door.server.ip.is_v4()) continue;
          open_[key_of(door)].insert(to_text(*at.ip) + " . " + place_of(door));
        }
      }
    }
  }

  /// passed accepts what open conduits say, there and back, each way behind the beginning of its line.
  std::string passed(const std::string& from_upper, const std::string& from_lower) const {
    std::string out;
    for (const auto& [key, elements] : open_) {
      const std::string family = key.first ? "ip" : "ip6", word = word_of(key.second), set = set_of(elements);
      out += "    " + from_upper + family + " saddr . " + family + " daddr . " + word + " dport " + set + " accept\n";
      out += "    " + from_lower + family + " daddr . " + family + " saddr . " + word + " sport " + set + " accept\n";
    }
    return out;
  }

  std::string whole(bool failed) const {
    return replacing("inet", inet(failed)) + (bridged_ ? replacing("bridge", bridge(failed)) : "");
  }

  static std::string replacing(const std::string& family, const std::string& chains) {
    const std::string name = "table " + family + " rampart_guard";
    return name + " {\n}\ndelete " + name + "\n" + name + " {\n" + chains + "}\n";
  }

  /// inet hands over to sockets that are there and, while the gateway lives, to the listener what begins. What is left
  /// is dropped: without a listener it would be forwarded.
  std::string inet(bool failed) const {
    std::string out;
    if (failed) out += "  chain since_" + std::string(kSince) + " {\n  }\n";
    out +=
        "  chain divert {\n    type filter hook prerouting priority mangle; policy accept;\n"
        "    meta l4proto { tcp, udp } socket transparent 1 socket wildcard 0 meta mark set 1 accept\n";
    if (failed) out += passed("iifname \"" + upper_ + "\" ", "iifname \"" + lower_ + "\" ");
    for (const auto& [key, elements] : served_) {
      const std::string family = key.first ? "ip" : "ip6", word = word_of(key.second), set = set_of(elements);
      const std::string asked = "    iifname \"" + upper_ + "\" " + family + " daddr . " + word + " dport " + set;
      if (!failed) {
        out += asked + " tproxy " + (key.first ? "ip to 127.0.0.1:" : "ip6 to [::1]:") +
               std::to_string(kTransparentPort) + " meta mark set 1 accept\n";
      }
      // What this machine itself asked a device for comes back to it.
      out += asked + " drop\n    iifname \"" + lower_ + "\" " + family + " saddr . " + word + " sport " + set +
             " fib daddr type != local drop\n";
    }
    out += "  }\n";
    if (failed && island_ && !bridged_) {
      out += "  chain island {\n    type filter hook forward priority filter; policy accept;\n" + passed("", "");
      out += "    iifname \"" + upper_ + "\" oifname \"" + lower_ + "\" drop\n";
      out += "    iifname \"" + lower_ + "\" oifname \"" + upper_ + "\" drop\n  }\n";
    }
    return out;
  }

  /// bridge makes frames of what is served the bridge's own, in both directions, and says what becomes of the rest.
  std::string bridge(bool failed) const {
    std::string out = "  chain pre {\n    type filter hook prerouting priority -300; policy accept;\n";
    if (failed) out += passed("", "");
    for (const auto& [key, elements] : served_) {
      const std::string family = key.first ? "ip" : "ip6", word = word_of(key.second), set = set_of(elements);
      const std::string to = set + " meta pkttype set host ether daddr set " + mac_ + " accept\n";
      out += "    " + family + " daddr . " + word + " dport " + to;
      out += "    " + family + " saddr . " + word + " sport " + to;
    }
    out += "  }\n";
    const bool island = failed && island_;
    if (!island && gateway_.unnamed == plant::Unnamed::pass) return out;
    out += "  chain forward_rest {\n    type filter hook forward priority 0; policy drop;\n";
    if (failed) out += passed("", "");
    if (!island || !open_.empty()) {
      out += "    ether type arp accept\n    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept\n";
    }
    return out + "  }\n";
  }

  const plant::Gateway& gateway_;
  const std::string mac_;
  bool bridged_ = false, island_ = false;
  std::string upper_, lower_;
  Elements served_;  // address . port
  Elements open_;    // client . address . port
};

}  // namespace

KernelRules kernel_rules(const plant::Plant& plant, const plant::Gateway& gateway, const std::string& mac) {
  const Tables tables(plant, gateway, mac);
  return {tables.standing(), tables.failed()};
}

bool needs_warden(const plant::Plant& plant, const plant::Gateway& gateway) {
  if (gateway.stands == Stands::addressed) return false;
  return std::any_of(plant.conduits.begin(), plant.conduits.end(), [&](const plant::Conduit& conduit) {
    return conduit.guarded_by(gateway.id.value) && conduit.on_failure != OnFailure::close;
  });
}

}  // namespace rampart::gateway
