#include "firewall/project.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "firewall/nft_json.h"
#include "policy/network.h"
#include "protocols/registry.h"

namespace rampart::firewall {
namespace {

using plant::Index;
using plant::kNone;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

/// Projector makes the rule set of one guard. Indexes of zones are the plant's; conduits get new ones.
class Projector {
 public:
  Projector(const policy::Policy& policy, std::string_view guard)
      : policy_(policy), plant_(policy::plant_of(policy)), guard_(guard), places_(plant_.conduits.size(), kNone) {}

  Projection run(bool observe) {
    RuleSet& rules = result_.rules;
    rules.guard = guard_;
    rules.observe = observe;
    zones();
    conduits();
    openings();
    pairs();
    notes();
    return std::move(result_);
  }

 private:
  void zones() {
    const auto ranges = policy::ranges_of_zones(policy_);
    if (ranges.size() > kMostZones) throw Error("a firewall holds at most 4096 zones", "divide the plant");
    for (Index zone = 0; zone < ranges.size(); ++zone) {
      result_.rules.zones.push_back(
          {plant_.zones[zone].id.value, ranges[zone], !policy::is_judged_inside(policy_, zone)});
    }
  }

  void conduits() {
    for (Index i = 0; i < plant_.conduits.size(); ++i) {
      const plant::Conduit& said = plant_.conduits[i];
      if (!said.guarded_by(guard_)) continue;
      places_[i] = static_cast<Index>(result_.rules.conduits.size());
      Conduit conduit{.id = said.id.value, .enforced = said.mode == plant::Mode::enforce, .rules = {}};
      conduit.log_group = static_cast<uint16_t>(kNoConduitGroup + 1 + i);
      for (const plant::Rule& rule : said.rules) conduit.rules.push_back({rule.id.value, rule.essential, {}});
      result_.rules.conduits.push_back(std::move(conduit));
    }
    if (result_.rules.conduits.empty()) {
      const std::vector<std::string> others = guards(plant_);
      throw Error("no conduit of " + plant_.file + " is guarded by '" + std::string(guard_) + "'",
                  others.empty() ? "say who guards a conduit: `guard: " + std::string(guard_) + "`"
                                 : "its guards are: " + joined(others));
    }
    if (plant_.conduits.size() > kMostConduits)
      throw Error("a firewall holds at most 4096 conduits", "divide the plant");
  }

  Index zone_at(const IpAddress& address) const {
    return policy::identify(policy_, {.ip = address, .mac = {}, .vlan = {}}).zone;
  }
  bool joins(Index conduit, Index from, Index to) const {
    const auto& zones = plant_.conduits[conduit].joins;
    return std::count(zones.begin(), zones.end(), from) >= (from == to ? 2 : 1) &&
           std::count(zones.begin(), zones.end(), to) >= 1;
  }

  void openings() {
    for (const policy::Passage& passage : policy::passages(policy_)) {
      if (places_[passage.conduit] == kNone) continue;
      Conduit& conduit = result_.rules.conduits[places_[passage.conduit]];
      conduit.rules[passage.rule].openings.push_back(
          {passage.from, passage.to, passage.ip_protocol, passage.ports.first, passage.ports.last});
      // Behind one address may be assets of several zones, by unit or VLAN: then no pair of zones tells.
      if (!joins(passage.conduit, zone_at(passage.from), zone_at(passage.to))) conduit.anywhere = true;
    }
    for (Conduit& conduit : result_.rules.conduits) {
      for (Rule& rule : conduit.rules) {
        std::sort(rule.openings.begin(), rule.openings.end());
        rule.openings.erase(std::unique(rule.openings.begin(), rule.openings.end()), rule.openings.end());
      }
    }
  }

  void pairs() {
    std::map<std::pair<uint16_t, uint16_t>, std::vector<uint16_t>> found;
    for (Index i = 0; i < plant_.conduits.size(); ++i) {
      if (places_[i] == kNone) continue;
      const std::set<Index> zones(plant_.conduits[i].joins.begin(), plant_.conduits[i].joins.end());
      for (const Index from : zones) {
        for (const Index to : zones) {
          if (!joins(i, from, to)) continue;
          found[{static_cast<uint16_t>(from), static_cast<uint16_t>(to)}].push_back(static_cast<uint16_t>(places_[i]));
        }
      }
    }
    if (found.size() > kMostPairs) throw Error("a firewall holds at most 65536 pairs of zones", "divide the plant");
    for (auto& [pair, of_pair] : found) result_.rules.pairs.push_back({pair.first, pair.second, std::move(of_pair)});
  }

  void note(const std::string& text) { result_.notes.push_back(text); }

  /// narrowed names what a rule asks beyond addresses, transports and ports.
  static std::vector<std::string> narrowed(const plant::Rule& rule, bool decoded) {
    std::vector<std::string> out;
    const auto add = [&](bool there, const char* what) {
      if (there) out.push_back(what);
    };
    add(decoded, "actions");
    add(!rule.functions.empty(), "functions");
    add(!rule.points.empty() || !rule.objects.empty(), "points and objects");
    add(rule.rate.has_value(), "rate");
    add(rule.role != kNone, "role");
    add(rule.approvals > 0, "approvals");
    add(rule.during != kNone, "hours");
    return out;
  }

  void notes() {
    for (Index i = 0; i < plant_.conduits.size(); ++i) {
      const plant::Conduit& said = plant_.conduits[i];
      if (places_[i] == kNone) {
        note("conduit " + said.id.value + " is closed here: " +
             (said.guard.value.empty() ? "nobody guards it" : "its guard is " + said.guard.value));
        continue;
      }
      const Conduit& conduit = result_.rules.conduits[places_[i]];
      if (!conduit.enforced) {
        note("conduit " + said.id.value + " is in mode " + (said.mode == plant::Mode::learn ? "learn" : "test") +
             ": what no rule opens passes, and is logged");
      }
      for (size_t rule = 0; rule < said.rules.size(); ++rule) note_rule(said, said.rules[rule], conduit.rules[rule]);
    }
    note_addresses();
  }

  void note_rule(const plant::Conduit& conduit, const plant::Rule& said, const Rule& rule) {
    const std::string name = "rule " + conduit.id.value + "/" + said.id.value;
    const auto protocol = protocols::find_protocol(said.protocol.value);
    const std::vector<std::string> left_out = narrowed(said, protocol.has_value());
    if (!left_out.empty()) {
      note(name + ": not held here, for nft does not know them: " + joined(left_out) + "; a gateway judges them");
    }
    if (rule.openings.empty()) note(name + " opens nothing that is routed");
    if (protocol && protocol->entry().any_port) {
      note(name + ": " + said.protocol.value + " passes at its own ports alone; others need a rule of protocol tcp");
    }
    if (said.protocol.value == "ftp")
      note(name + ": data connections of FTP need a rule of protocol tcp with their ports");
  }

  void note_addresses() {
    for (Index i = 0; i < plant_.zones.size(); ++i) {
      if (!plant_.zones[i].networks.empty() && result_.rules.zones[i].addresses.empty()) {
        note("zone " + plant_.zones[i].id.value +
             " has no address of its own: other zones use the same numbers, told apart by VLAN or sensor");
      }
    }
    for (const Conduit& conduit : result_.rules.conduits) {
      if (conduit.anywhere) {
        note("conduit " + conduit.id + " opens addresses that its zones share with others, whatever zone they are in");
      }
    }
  }

  const policy::Policy& policy_;
  const plant::Plant& plant_;
  std::string_view guard_;
  std::vector<Index> places_;  // by conduit of the plant: into the rule set
  Projection result_;
};

}  // namespace

std::vector<std::string> guards(const plant::Plant& plant) {
  std::set<std::string> found;
  for (const plant::Conduit& conduit : plant.conduits) {
    if (!conduit.guard.value.empty()) found.insert(conduit.guard.value);
  }
  return {found.begin(), found.end()};
}

Projection project(const policy::Policy& policy, std::string_view guard, bool observe) {
  return Projector(policy, guard).run(observe);
}

}  // namespace rampart::firewall
