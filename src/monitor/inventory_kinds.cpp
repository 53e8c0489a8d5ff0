#include "monitor/inventory_kinds.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace rampart::monitor {
namespace {

using Attribute = protocols::Attribute;
using Likelihood = Guess::Likelihood;
using protocols::Action;

constexpr uint32_t bit(Action action) { return 1u << static_cast<unsigned>(action); }
constexpr uint32_t kEngineering = bit(Action::program) | bit(Action::firmware) | bit(Action::start) | bit(Action::stop);
constexpr uint32_t kCommands = bit(Action::write) | bit(Action::operate);
constexpr size_t kManyDevices = 3;

/// Protocols by which controllers are spoken to; others are those of offices and of the network itself.
constexpr std::string_view kControl[] = {"modbus", "s7comm", "dnp3", "enip", "cip", "iec104", "bacnet", "opcua", "mms"};
bool is_control(const Role& role) {
  return std::find(std::begin(kControl), std::end(kControl), role.protocol.name()) != std::end(kControl);
}

/// Facts is what the rules ask of an asset.
struct Facts {
  uint32_t asks = 0, serves = 0;  // of control protocols
  std::set<uint32_t> commanded;   // devices that it asks
  std::vector<std::string_view> control_served;
  std::string_view control_asked{};
  size_t units = 0;  // that answered behind its address
  const SeenAsset& asset;

  explicit Facts(const SeenAsset& of) : asset(of) {
    for (const Role& role : of.roles) {
      if (!is_control(role)) continue;
      asks |= role.asks;
      serves |= role.serves;
      if (role.served > 0) control_served.push_back(role.protocol.name());
      if (role.asked > 0) {
        control_asked = role.protocol.name();
        commanded.insert(role.servers.begin(), role.servers.end());
      }
    }
    for (const UnitSeen& unit : of.units) {
      // 0 and 255 are what masters write where they mean the device itself.
      if (unit.protocol.name() == "modbus" && unit.answered > 0 && unit.unit != 0 && unit.unit != 255) ++units;
    }
  }
  bool serves_control(std::string_view protocol) const {
    return std::find(control_served.begin(), control_served.end(), protocol) != control_served.end();
  }
  bool serves_port(records::Transport transport, std::initializer_list<uint16_t> ports) const {
    return std::any_of(asset.roles.begin(), asset.roles.end(), [&](const Role& role) {
      return role.is_server() && role.transport == transport &&
             std::find(ports.begin(), ports.end(), role.port) != ports.end();
    });
  }
  /// says is the first text told of `kinds` that begins with, or where `within` contains, one of `words`.
  std::string_view says(std::initializer_list<Attribute::Kind> kinds, std::initializer_list<std::string_view> words,
                        bool within) const {
    for (const Told& told : asset.told) {
      if (std::find(kinds.begin(), kinds.end(), told.kind) == kinds.end()) continue;
      const std::string text = lower(told.text);
      for (const std::string_view word : words) {
        const size_t at = text.find(word);
        if (at == 0 || (within && at != std::string::npos)) return told.text;
      }
    }
    return {};
  }
};

constexpr auto kModel = Attribute::Kind::model;
constexpr auto kOrder = Attribute::Kind::order_number;
constexpr auto kName = Attribute::Kind::name;
constexpr auto kVersion = Attribute::Kind::version;

std::string quoted(std::string_view text) { return "it calls itself \"" + std::string(text) + "\""; }

/// A rule gives its reason, or nothing where it does not fit.
struct Rule {
  KindRule rule;
  std::string (*reason)(const Facts& facts);
};

const Rule kRules[] = {
    {{"forwards", "router", Likelihood::high},
     [](const Facts& facts) {
       if (facts.asset.forwards == 0) return std::string();
       return "packets of " + std::to_string(facts.asset.forwards) +
              (facts.asset.forwards == 1 ? " address" : " addresses") + " of other networks came from its MAC";
     }},
    {{"says-switch", "switch", Likelihood::high},
     [](const Facts& facts) {
       const auto text = facts.says({kModel, kOrder, kVersion, kName},
                                    {"switch", "scalance x", "hirschmann", "ruggedcom", "stratix", "catalyst"}, true);
       return text.empty() ? std::string() : quoted(text);
     }},
    {{"says-safety", "safety-controller", Likelihood::high},
     [](const Facts& facts) {
       const auto text = facts.says(
           {kModel, kOrder},
           {"guardlogix", "triconex", "hima", "317f", "315f", "319f", "1516f", "1518f", "1756-l6xs", "1756-l7xs"},
           true);
       return text.empty() ? std::string() : quoted(text);
     }},
    {{"says-controller", "controller", Likelihood::high},
     [](const Facts& facts) {
       auto text = facts.says({kModel, kOrder},
                              {"cpu", "6es7 2", "6es7 3", "6es7 4", "6es7 5", "bmx p34", "bmxp34", "tm2", "tsx",
                               "140 cpu", "140cpu", "1756-l", "1769-l", "1761-", "1762-", "1763-", "1766-", "s7-"},
                              false);
       if (text.empty())
         text = facts.says({kModel, kName}, {"controllogix", "compactlogix", "micrologix", "modicon m"}, true);
       return text.empty() ? std::string() : quoted(text);
     }},
    {{"says-bridge", "switch", Likelihood::medium},
     [](const Facts& facts) {
       const auto text = facts.says({Attribute::Kind::role}, {"bridge", "switch"}, true);
       return text.empty() ? std::string() : "it says that it is a " + std::string(text);
     }},
    {{"says-router", "router", Likelihood::medium},
     [](const Facts& facts) {
       const auto text = facts.says({Attribute::Kind::role}, {"router"}, true);
       return text.empty() ? std::string() : "it says that it is a " + std::string(text);
     }},
    {{"says-drive", "drive", Likelihood::high},
     [](const Facts& facts) {
       const auto text = facts.says({kModel}, {"powerflex", "altivar", "sinamics", "micromaster"}, true);
       return text.empty() ? std::string() : quoted(text);
     }},
    {{"says-panel", "operator-station", Likelihood::high},
     [](const Facts& facts) {
       const auto text = facts.says({kModel, kName}, {"panelview", "simatic hmi", "magelis", "comfort panel"}, true);
       return text.empty() ? std::string() : quoted(text);
     }},
    {{"engineers", "engineering-workstation", Likelihood::high},
     [](const Facts& facts) {
       if ((facts.asks & kEngineering) == 0 || !facts.control_served.empty()) return std::string();
       return "it asked for program, firmware, start or stop by " + std::string(facts.control_asked);
     }},
    {{"units", "gateway", Likelihood::medium},
     [](const Facts& facts) {
       if (facts.units < 2) return std::string();
       return std::to_string(facts.units) + " Modbus units answered at its address";
     }},
    {{"serves-s7", "controller", Likelihood::high},
     [](const Facts& facts) {
       return facts.serves_control("s7comm") ? std::string("it answers s7comm") : std::string();
     }},
    {{"serves-telecontrol", "remote-terminal-unit", Likelihood::medium},
     [](const Facts& facts) {
       if (facts.serves_control("dnp3")) return std::string("it answers dnp3");
       return facts.serves_control("iec104") ? std::string("it answers iec104") : std::string();
     }},
    {{"serves-and-asks", "scada-server", Likelihood::low},
     [](const Facts& facts) {
       if (facts.control_served.empty() || facts.commanded.size() < kManyDevices) return std::string();
       return "it answers " + std::string(facts.control_served[0]) + " and asks " +
              std::to_string(facts.commanded.size()) + " devices";
     }},
    {{"serves-control", "controller", Likelihood::low},
     [](const Facts& facts) {
       if (facts.control_served.empty()) return std::string();
       return "it answers " + std::string(facts.control_served[0]);
     }},
    {{"asks-many", "scada-server", Likelihood::medium},
     [](const Facts& facts) {
       if (facts.commanded.size() < kManyDevices || (facts.asks & kCommands) == 0) return std::string();
       return "it reads from and commands " + std::to_string(facts.commanded.size()) + " devices";
     }},
    {{"serves-history", "historian", Likelihood::medium},
     [](const Facts& facts) {
       return facts.serves_port(records::Transport::tcp, {5450}) ? std::string("it serves tcp/5450, a historian's port")
                                                                 : std::string();
     }},
    {{"only-reads-many", "historian", Likelihood::low},
     [](const Facts& facts) {
       if (facts.commanded.size() < kManyDevices || facts.asks != bit(Action::read)) return std::string();
       return "it reads from " + std::to_string(facts.commanded.size()) + " devices and commands none";
     }},
    {{"asks-some", "operator-station", Likelihood::low},
     [](const Facts& facts) {
       if (facts.commanded.empty()) return std::string();
       return "it asks " + std::to_string(facts.commanded.size()) +
              (facts.commanded.size() == 1 ? " device by " : " devices by ") + std::string(facts.control_asked);
     }},
    {{"serves-time", "time-server", Likelihood::medium},
     [](const Facts& facts) {
       return facts.serves_port(records::Transport::udp, {123}) ? std::string("it answers on udp/123") : std::string();
     }},
    {{"serves-print", "printer", Likelihood::low},
     [](const Facts& facts) {
       return facts.serves_port(records::Transport::tcp, {9100, 631, 515})
                  ? std::string("it answers on a printer's port")
                  : std::string();
     }},
    {{"serves-video", "camera", Likelihood::low},
     [](const Facts& facts) {
       return facts.serves_port(records::Transport::tcp, {554}) ? std::string("it answers on tcp/554") : std::string();
     }},
    {{"serves-office", "server", Likelihood::low},
     [](const Facts& facts) {
       return facts.serves_port(records::Transport::tcp, {22, 25, 80, 88, 389, 443, 445, 1433, 3389}) ||
                      facts.serves_port(records::Transport::udp, {53, 67, 88, 161})
                  ? std::string("it answers on ports of servers")
                  : std::string();
     }},
};

}  // namespace

Guess guess_kind(const SeenAsset& asset) {
  const Facts facts(asset);
  for (const Rule& rule : kRules) {
    std::string reason = rule.reason(facts);
    if (!reason.empty()) return {rule.rule.kind, rule.rule.likelihood, std::move(reason)};
  }
  return {};
}

std::vector<KindRule> kind_rules() {
  std::vector<KindRule> rules;
  for (const Rule& rule : kRules) rules.push_back(rule.rule);
  return rules;
}

}  // namespace rampart::monitor
