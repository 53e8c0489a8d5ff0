#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "monitor/draft_plan.h"
#include "policy/policy.h"
#include "protocols/registry.h"

namespace rampart::monitor::discover {
namespace {

using protocols::Action;
using protocols::Object;

constexpr size_t kManyTargets = 100;  // a client that touches more, and mostly in vain, looks for something
constexpr size_t kMostHosts = 5'000;
constexpr size_t kMostPorts = 4;
constexpr uint32_t kLastUnit = 65'535, kLastLink = 65'519;  // what a plant can write
constexpr size_t kLongestId = 48;                        // leaves room for what is put behind it

constexpr size_t kName = static_cast<size_t>(protocols::Attribute::Kind::name);

/// Targets is what one client touched.
struct Targets {
  std::map<Address, bool> servers;                     // true: one of its conversations was answered
  std::map<std::pair<Address, uint16_t>, bool> ports;  // likewise
  std::map<std::pair<Address, uint32_t>, bool> units;
};

template <class Map>
size_t in_vain(const Map& targets) {
  return static_cast<size_t>(
      std::count_if(targets.begin(), targets.end(), [](const auto& one) { return !one.second; }));
}

/// looks_around is true where there are many targets, and most of them in vain.
template <class Map>
bool looks_around(const Map& targets) {
  return targets.size() > kManyTargets && in_vain(targets) * 2 > targets.size();
}

template <class Map>
std::string words_for(const Map& targets, std::string_view what) {
  return "touched " + std::to_string(targets.size()) + " " + std::string(what) + ", " +
         std::to_string(in_vain(targets)) + " of them in vain";
}

/// most_ports is the ports of the one server of which most were touched.
std::map<std::pair<Address, uint16_t>, bool> most_ports(const Targets& targets) {
  std::map<Address, size_t> counts;
  for (const auto& [key, answered] : targets.ports) ++counts[key.first];
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  std::map<std::pair<Address, uint16_t>, bool> result;
  for (const auto& one : targets.ports) {
    if (one.first.first == most->first) result.insert(one);
  }
  return result;
}

void note_unit(Host& host, uint16_t protocol, uint32_t unit) {
  if (unit == Object::kNoUnit) return;
  const bool link = policy::unit_is_link({protocol});
  if (unit > (link ? kLastLink : kLastUnit)) {
    host.unit_beyond = true;
  } else {
    (link ? host.links : host.units).insert(unit);
  }
}

/// plain_id makes an id of what a device tells; empty where nothing of it can stay.
std::string plain_id(std::string_view text) {
  std::string id;
  for (const char c : lower(text.substr(0, kLongestId))) {
    const bool stays = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (stays) {
      id += c;
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  while (!id.empty() && id.back() == '-') id.pop_back();
  return id;
}

std::string listed(const std::set<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

class AssetPlanner {
 public:
  AssetPlanner(const Gatherer& seen, Plan& plan) : seen_(seen), plan_(plan) {}

  void run() {
    flows();
    operations();
    if (plan_.hosts.size() > kMostHosts) {
      plan_.hosts_left_out = plan_.hosts.size() - kMostHosts;
      plan_.hosts.erase(std::next(plan_.hosts.begin(), kMostHosts), plan_.hosts.end());
    }
    for (const auto& [address, host] : plan_.hosts) {
      if (host.answers_industrial && address.ip) inside_.insert(subnet_of(address));
    }
    for (const auto& [address, host] : plan_.hosts) assets(address, host);
  }

 private:
  void flows() {
    for (const auto& [key, flow] : seen_.flows) {
      const bool scan = plan_.scanners.contains(key.client);
      if (!is_group(key.client) || flow.silent > 0) plan_.hosts[key.client].spoke = true;
      const bool asked_for = is_group(key.server) ? false : flow.heard > 0 || !scan;
      if (!asked_for) continue;
      Host& server = plan_.hosts[key.server];
      server.spoke = server.spoke || flow.heard > 0;
      if (flow.heard > 0 && industrial(key.protocol)) {  // also where only its answers were recorded
        server.answers_industrial = true;
        server.telemetry = server.telemetry || policy::unit_is_link({key.protocol});
        server.speaks.insert(std::string(protocols::Protocol{key.protocol}.name()));
        if (!scan) plan_.hosts[key.client].asks.insert(key.server);
      }
      if (flow.answered == 0 || flow.silent == 0) continue;
      server.serves = true;
      if (server.ports.size() < kMostPorts && key.port != 0) server.ports.insert(key.port);
    }
  }

  void operations() {
    for (const auto& [key, asked] : seen_.asked) {
      if (plan_.scanners.contains(key.client) && asked.answered == 0) continue;
      plan_.hosts[key.client].spoke = true;
      Host& server = plan_.hosts[key.server];
      server.requests += asked.count;
      server.serves = true;
      server.speaks.insert(std::string(protocols::Protocol{key.protocol}.name()));
      if (!plan_.scanners.contains(key.client)) note_unit(server, key.protocol, key.unit);
      if (!industrial(key.protocol)) continue;
      server.answers_industrial = true;
      server.telemetry = server.telemetry || policy::unit_is_link({key.protocol});
      Host& client = plan_.hosts[key.client];
      client.asks.insert(key.server);
      client.engineers = client.engineers || never_drafted(key.action);
      client.changes = client.changes || key.action == Action::write || key.action == Action::operate;
    }
  }

  bool outside(const Address& address) const {
    return address.ip && is_outside(*address.ip) && !inside_.contains(subnet_of(address));
  }

  void assets(const Address& address, const Host& host) {
    const bool plain = host.unit_beyond || host.units.size() > 1 || host.links.size() > 1;
    DraftAsset asset;
    asset.address = address;
    asset.level = level_of(address, host);
    told(address, Object::kNoUnit, asset.told);
    if (!plain) {
      if (!host.units.empty()) asset.unit = *host.units.begin();
      if (!host.links.empty()) asset.link = *host.links.begin();
      for (const std::optional<uint32_t>& unit : {asset.unit, asset.link}) {
        if (unit) told(address, *unit, asset.told);
      }
    }
    asset.kind = plain && !host.unit_beyond ? "gateway" : kind_of(asset.level, host);
    asset.reason = reason_of(address, host);
    if (plain) {
      asset.notes.push_back(
          "several devices behind one address, or one that answers to several numbers: somebody has to look");
    }
    const std::string id = name(address, asset);
    add(std::move(asset), id);
    if (!plain) return;
    for (const uint32_t unit : host.units) behind(address, host, id, unit, false);
    for (const uint32_t link : host.links) behind(address, host, id, link, true);
  }

  void behind(const Address& address, const Host& host, const std::string& id, uint32_t number, bool link) {
    DraftAsset asset;
    asset.address = address;
    asset.level = level_of(address, host);
    (link ? asset.link : asset.unit) = number;
    told(address, number, asset.told);
    asset.kind = link ? "remote-terminal-unit" : "controller";
    const std::string word = link ? "link" : "unit";
    asset.reason = word + " " + std::to_string(number) + " behind " + to_text(address);
    std::string own = plain_id(asset.told.texts[kName]);
    if (own.empty()) own = id + "-" + word + "-" + std::to_string(number);
    add(std::move(asset), own);
  }

  void told(const Address& address, uint32_t unit, Told& into) const {
    const auto at = seen_.told.find({address, unit});
    if (at == seen_.told.end()) return;
    for (size_t i = 0; i < Told::kKinds; ++i) {
      if (!into.texts[i].empty() || at->second.texts[i].empty()) continue;
      into.texts[i] = at->second.texts[i];
      into.packets[i] = at->second.packets[i];
    }
  }

  Level level_of(const Address& address, const Host& host) const {
    if (is_group(address)) return Level::group;
    if (outside(address)) return Level::outside;
    if (host.answers_industrial) return Level::control;
    return host.asks.empty() ? Level::other : Level::supervisory;
  }

  static std::string kind_of(Level level, const Host& host) {
    switch (level) {
      case Level::control:
        return host.telemetry ? "remote-terminal-unit" : "controller";
      case Level::supervisory:
        if (host.engineers) return "engineering-workstation";
        return host.asks.size() > 1 ? "scada-server" : "operator-station";
      case Level::other:
        return host.serves ? "server" : "workstation";
      case Level::outside:
      case Level::group:
        break;
    }
    return "other";
  }

  std::string reason_of(const Address& address, const Host& host) const {
    if (is_group(address)) return "a group, broadcast or unspecified address, no host";
    std::string out;
    const auto also = [&](const std::string& words) { out += (out.empty() ? "" : "; ") + words; };
    if (!host.speaks.empty()) {
      also((host.requests > 0 ? "asked " + counted(host.requests, "time") : "answers") + " in " + listed(host.speaks));
    }
    if (!host.asks.empty()) {
      also("asks " + counted(host.asks.size(), "device") +
           (host.engineers ? ", and changed logic, state or configuration"
            : host.changes ? ", and changes values"
                           : ", and changes nothing"));
    }
    if (!host.ports.empty()) {
      std::string ports;
      for (const uint16_t port : host.ports) ports += (ports.empty() ? "" : ", ") + std::to_string(port);
      also("serves what is not decoded here, port " + ports);
    }
    if (!host.spoke) also("was addressed, and not seen to answer");
    if (out.empty()) also("was seen, in no role that is known here");
    return out;
  }

  static std::string name(const Address& address, const DraftAsset& asset) {
    std::string id = plain_id(asset.told.texts[kName]);
    if (!id.empty()) return id;
    return (is_group(address) ? "group-" : "host-") + plain_id(to_text(address));
  }

  void add(DraftAsset asset, std::string id) {
    if (!ids_.insert(id).second) {
      const std::string base = id + "-" + plain_id(to_text(asset.address)).substr(0, 40);
      id = base.substr(0, 60);
      for (int number = 2; !ids_.insert(id).second; ++number) id = base.substr(0, 55) + "-" + std::to_string(number);
    }
    asset.id = std::move(id);
    plan_.assets_at[asset.address].push_back(plan_.assets.size());
    plan_.assets.push_back(std::move(asset));
  }

  const Gatherer& seen_;
  Plan& plan_;
  std::set<std::optional<IpNetwork>> inside_;  // public networks in which an industrial device answers
  std::set<std::string> ids_;
};

}  // namespace

bool never_drafted(Action action) {
  return action == Action::program || action == Action::start || action == Action::stop || action == Action::firmware ||
         action == Action::configure;
}

bool industrial(uint16_t protocol) {
  static constexpr std::string_view kOffice[] = {"arp",  "lldp", "dhcp", "dhcpv6", "dns",    "mdns", "llmnr", "netbios",
                                                 "nbns", "ntp",  "sntp", "snmp",   "http",   "tls",  "ssh",   "rdp",
                                                 "vnc",  "smb",  "ftp",  "tftp",   "telnet", "mqtt", "ssdp",  "syslog"};
  const protocols::Protocol known{protocol};
  return known.known() && std::find(std::begin(kOffice), std::end(kOffice), known.name()) == std::end(kOffice);
}

bool is_group(const Address& address) {
  if (address.ip) {
    const Bytes octets = address.ip->octets();
    const bool unspecified = std::all_of(octets.begin(), octets.end(), [](uint8_t octet) { return octet == 0; });
    return address.ip->is_multicast() || address.ip->is_broadcast() || unspecified;
  }
  return !address.mac || (address.mac->octets[0] & 1) != 0;
}

bool is_outside(const IpAddress& ip) {
  static const std::vector<IpNetwork> kInside = [] {
    std::vector<IpNetwork> networks;
    for (const char* text : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16",
                             "100.64.0.0/10", "0.0.0.0/8", "fe80::/10", "fc00::/7", "::/127"}) {
      networks.push_back(*IpNetwork::parse(text));
    }
    return networks;
  }();
  return std::none_of(kInside.begin(), kInside.end(), [&](const IpNetwork& one) { return one.contains(ip); });
}

std::string counted(uint64_t count, std::string_view word) {
  return std::to_string(count) + " " + std::string(word) + (count == 1 ? "" : "s");
}

size_t Plan::party(const Address& address, uint16_t protocol, uint32_t unit) const {
  const std::vector<size_t>& all = assets_at.at(address);
  if (all.size() == 1 || unit == Object::kNoUnit) return all.front();
  const bool link = policy::unit_is_link({protocol});
  for (const size_t index : all) {
    if ((link ? assets[index].link : assets[index].unit) == unit) return index;
  }
  return all.front();
}

void plan_scanners(const Gatherer& seen, Plan& plan) {
  std::map<Address, Targets> clients;
  for (const auto& [key, flow] : seen.flows) {
    if (is_group(key.server)) continue;
    Targets& targets = clients[key.client];
    const bool answered = flow.answered > 0;
    targets.servers[key.server] |= answered;
    if (key.port != 0) targets.ports[{key.server, key.port}] |= answered;
  }
  for (const auto& [key, asked] : seen.asked) {
    if (key.unit != Object::kNoUnit) clients[key.client].units[{key.server, key.unit}] |= asked.answered > 0;
  }
  for (const auto& [address, targets] : clients) {
    if (looks_around(targets.servers)) {
      plan.scanners[address] = words_for(targets.servers, "addresses");
    } else if (!targets.ports.empty() && looks_around(most_ports(targets))) {
      plan.scanners[address] = words_for(most_ports(targets), "ports of one address");
    } else if (looks_around(targets.units)) {
      plan.scanners[address] = words_for(targets.units, "units");
    } else if (seen.crowded.contains(address)) {
      plan.scanners[address] = "had conversations with more ports than there was room for";
    }
  }
}

void plan_assets(const Gatherer& seen, Plan& plan) { AssetPlanner(seen, plan).run(); }

}  // namespace rampart::monitor::discover
