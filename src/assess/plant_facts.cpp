#include "assess/plant_facts.h"

#include <algorithm>
#include <functional>

#include "assess/site.h"
#include "policy/policy.h"

namespace rampart::assess {
namespace {

using plant::Conduit;
using plant::Permission;
using plant::Rule;
using plant::Zone;

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}
bool allows(const Rule& rule, std::initializer_list<std::string_view> actions) {
  return std::ranges::any_of(rule.allow, [&](const plant::Text& action) { return one_of(action.value, actions); });
}
/// acts: it changes the process, a program or a device. loads: what a plant does only in maintenance.
bool acts(const Rule& rule) {
  return allows(rule, {"write", "operate", "configure", "program", "start", "stop", "firmware", "file", "time"});
}
bool writes(const Rule& rule) { return allows(rule, {"write", "operate"}); }
bool loads(const Rule& rule) { return allows(rule, {"program", "start", "stop", "firmware"}); }

/// whole_transport: it lets through whatever a transport carries.
bool whole_transport(const Rule& rule) {
  return one_of(rule.protocol.value, {"tcp", "udp"}) ? rule.ports.empty() : rule.protocol.value.starts_with("ip-");
}
/// messaging: ports that mail, chat and calls use (SMTP, POP, IMAP, XMPP, IRC, SIP).
bool messaging(const Rule& rule) {
  if (one_of(rule.protocol.value, {"smtp", "imap", "pop3", "xmpp", "sip"})) return true;
  return std::ranges::any_of(rule.ports, [](const plant::PortRange& ports) {
    static constexpr uint16_t kPorts[] = {25, 110, 143, 465, 587, 993, 995, 5060, 5061, 5222, 5269, 6667};
    return std::ranges::any_of(kPorts, [&](uint16_t port) { return ports.contains(port); });
  });
}

/// Maker makes the facts of one plant.
class Maker {
 public:
  Maker(const plant::Plant& plant, TimePoint now) : plant_(plant), now_(now) {}

  std::vector<Fact> make() {
    whole_plant();
    for (Index i = 0; i < plant_.zones.size(); ++i) zone(i);
    for (Index i = 0; i < plant_.conduits.size(); ++i) conduit(i);
    for (Index i = 0; i < plant_.assets.size(); ++i) asset(i);
    separation();
    return std::move(facts_);
  }

 private:
  Fact& say(std::string_view word, Scope scope, bool holds, Mark mark = {}, std::string text = {}) {
    Fact fact;
    fact.kind = fact_kind(word);
    fact.scope = scope;
    fact.holds = holds;
    fact.since = fact.time = now_;
    fact.text = std::move(text);
    if (mark.line != 0) fact.sources.push_back({Source::Kind::plant, 0, mark.line, 0});
    facts_.push_back(std::move(fact));
    return facts_.back();
  }

  void whole_plant() {
    const Scope scope{Scope::Kind::plant, 0};
    const auto any_may = [&](Permission permission) {
      return std::ranges::any_of(plant_.roles, [&](const plant::Role& role) { return may(role, permission); });
    };
    const auto divided = std::ranges::none_of(plant_.roles, [](const plant::Role& role) {
      return may(role, Permission::lease) && may(role, Permission::approve);
    });
    const auto two = std::ranges::all_of(plant_.roles, [](const plant::Role& role) { return role.factors >= 2; });
    const Mark mark = plant_.roles.empty() ? Mark{1, 1} : plant_.roles.front().id.mark;
    const bool roles = !plant_.roles.empty();
    say("roles-defined", scope, roles, mark, std::to_string(plant_.roles.size()) + " roles");
    if (roles) say("duties-divided", scope, divided, mark);
    if (roles) say("roles-ask-two", scope, two, mark);
    say("override-role", scope, any_may(Permission::override_), mark);
    say("auditor-role", scope, any_may(Permission::verify), mark);
    std::vector<bool> carried(plant_.essential_functions.size());
    for (const plant::Asset& one : plant_.assets) {
      for (const Index function : one.essential) carried[function] = true;
    }
    const bool all = !carried.empty() && std::ranges::find(carried, false) == carried.end();
    say("essential-named", scope, all, carried.empty() ? Mark{1, 1} : plant_.essential_functions.front().id.mark,
        std::to_string(carried.size()) + " essential functions");
  }
  static bool may(const plant::Role& role, Permission permission) {
    return std::ranges::find(role.may, permission) != role.may.end();
  }

  void zone(Index index) {
    const Zone& zone = plant_.zones[index];
    const Scope scope{Scope::Kind::zone, index};
    say("zone-has-networks", scope, !zone.networks.empty(), zone.id.mark);
    const bool reviewed = zone.inventory.complete && zone.inventory.reviewed;
    Fact& inventory = say("inventory-reviewed", scope, reviewed, zone.id.mark,
                          zone.inventory.by.empty() ? "" : "by " + zone.inventory.by);
    if (reviewed) {
      const TimePoint day = std::chrono::sys_days(*zone.inventory.reviewed);
      inventory.since = inventory.time = std::min(day, now_);
    }
    bool bounded = false, safe = true;
    for (const Index asset : zone.assets) {
      for (const plant::Point& point : plant_.assets[asset].points) {
        if (!point.minimum) continue;
        bounded = true;
        safe = safe && !point.safe.empty();
      }
    }
    // A zone without bounded points has nothing that could be safe: SR 3.6 is then for a person.
    if (bounded) say("points-have-safe-values", scope, safe, zone.id.mark);
    if (zone.inventory.complete) nothing_of(scope, zone);
  }

  /// nothing_of: what a complete inventory has none of. It says nothing where it has some.
  void nothing_of(Scope scope, const Zone& zone) {
    const auto none = [&](AssetClass asked) {
      return std::ranges::none_of(zone.assets, [&](Index asset) { return in_class(plant_.assets[asset], asked); });
    };
    if (none(AssetClass::host)) say("no-host", scope, true, zone.id.mark);
    if (none(AssetClass::wireless)) say("no-wireless", scope, true, zone.id.mark);
    if (none(AssetClass::portable)) say("no-portable", scope, true, zone.id.mark);
    bool boundary = false, outside = outside_control(zone) || external(zone), tunnels = false;
    for (const Conduit& conduit : plant_.conduits) {
      if (std::ranges::find(conduit.joins, scope.index) == conduit.joins.end()) continue;
      tunnels = tunnels || conduit.protect != plant::Protect::none;
      for (const Index other : conduit.joins) {
        boundary = boundary || other != scope.index;
        outside = outside || outside_control(plant_.zones[other]) || external(plant_.zones[other]);
      }
    }
    for (const plant::Gateway& gateway : plant_.gateways) {
      for (const plant::Serve& serve : gateway.serves) {
        const bool here = serve.to < plant_.assets.size() && plant_.assets[serve.to].zone == scope.index;
        tunnels = tunnels || (here && serve.tls != plant::TlsSide::none);
      }
    }
    if (!boundary) say("no-boundary", scope, true, zone.id.mark);
    if (!outside) say("no-untrusted-access", scope, true, zone.id.mark);
    if (!tunnels) say("no-pki", scope, true, zone.id.mark);
  }
  bool external(const Zone& zone) const {
    return std::ranges::any_of(zone.assets, [&](Index asset) {
      return plant_.assets[asset].connected == std::optional(plant::Connected::externally);
    });
  }

  /// each says `word` of the conduit: whether `is` holds of every rule that `about` chooses. Nothing without rules.
  void each(std::string_view word, Scope scope, const std::function<bool(const Rule&)>& about,
            const std::function<bool(const Rule&)>& is) {
    const Conduit& conduit = plant_.conduits[scope.index];
    if (conduit.rules.empty()) return;
    for (const Rule& rule : conduit.rules) {
      if (!about(rule) || is(rule)) continue;
      say(word, scope, false, rule.mark, "rule " + rule.id.value);
      return;
    }
    say(word, scope, true, conduit.mark);
  }

  void conduit(Index index) {
    const Conduit& conduit = plant_.conduits[index];
    const Scope scope{Scope::Kind::conduit, index};
    const auto any = [](const Rule&) { return true; };
    if (conduit.rules.empty()) say("rules-reviewed", scope, false, conduit.mark, "no rules");
    each("rules-reviewed", scope, any, [](const Rule& rule) { return rule.reviewed; });
    each(
        "rules-name-roles", scope, [&](const Rule& rule) { return acts(rule) && from_people(rule); },
        [](const Rule& rule) { return rule.role != kNone; });
    each("rules-name-objects", scope, acts,
         [](const Rule& rule) { return !rule.points.empty() || !rule.objects.empty() || !rule.functions.empty(); });
    each("rules-bound-values", scope, writes, [&](const Rule& rule) { return bounded(rule); });
    each("rules-limit-rate", scope, acts, [](const Rule& rule) { return rule.rate.has_value(); });
    each("rules-ask-two", scope, loads, [](const Rule& rule) { return rule.approvals >= 2; });
    each("rules-without-messaging", scope, any, [](const Rule& rule) { return !messaging(rule); });
    each("rules-narrow", scope, any, [](const Rule& rule) { return !whole_transport(rule); });
    each(
        "essential-not-held", scope, [](const Rule& rule) { return rule.essential; },
        [](const Rule& rule) { return rule.journal != std::optional(plant::JournalWhen::before); });
    each(
        "entries-approved", scope, [&](const Rule& rule) { return from_outside(rule); },
        [](const Rule& rule) { return rule.role != kNone && rule.approvals >= 1; });
    const bool enforces =
        conduit.mode == plant::Mode::enforce && std::ranges::all_of(conduit.rules, [](const Rule& rule) {
          return rule.mode.value_or(plant::Mode::enforce) == plant::Mode::enforce;
        });
    const bool guarded = !conduit.guard.value.empty();
    say("conduit-guarded", scope, guarded && enforces, conduit.mark,
        guarded ? "guard " + conduit.guard.value : "no guard");
    const bool closes = conduit.on_failure != plant::OnFailure::open;
    say("conduit-fails-closed", scope, closes, conduit.mark);
  }

  /// from_people: it begins at a station where people work.
  bool from_people(const Rule& rule) const {
    return std::ranges::any_of(rule.from, [&](Index asset) {
      return one_of(plant_.assets[asset].kind.value,
                    {"operator-station", "engineering-workstation", "workstation", "jump-host", "mobile"});
    });
  }
  bool from_outside(const Rule& rule) const {
    return std::ranges::any_of(rule.from, [&](Index asset) {
      const plant::Asset& from = plant_.assets[asset];
      return from.connected == std::optional(plant::Connected::externally) ||
             (from.zone != kNone && outside_control(plant_.zones[from.zone]));
    });
  }
  /// bounded: the rule names points, and each of them on each server has a range or is one bit.
  bool bounded(const Rule& rule) const {
    if (rule.points.empty()) return false;
    for (const Index server : rule.to) {
      for (const plant::Point& point : plant_.assets[server].points) {
        const bool named =
            std::ranges::any_of(rule.points, [&](const plant::Text& id) { return id.value == point.id.value; });
        if (named && !point.minimum && !one_bit(point)) return false;
      }
    }
    return true;
  }
  static bool one_bit(const plant::Point& point) {
    return point.object.value.starts_with("coil") || one_of(point.type.value, {"bit", "bool", "double-bit"}) ||
           point.object.value.find(".DBX") != std::string::npos;
  }

  void asset(Index index) {
    const plant::Asset& asset = plant_.assets[index];
    const Scope scope{Scope::Kind::asset, index};
    const bool described = !asset.vendor.empty() && !asset.model.empty() && !asset.firmware.empty();
    say("inventory-described", scope, described, asset.mark);
    say("asset-addressed", scope, !asset.at.empty(), asset.mark);
  }

  void separation() {
    std::vector<const policy::Mixed*> first(plant_.zones.size());
    const std::vector<policy::Mixed> mixed = policy::mixed_zones(plant_);
    for (const policy::Mixed& one : mixed) {
      const policy::Mixed*& place = first[plant_.assets[one.asset].zone];
      if (place == nullptr) place = &one;
    }
    for (Index i = 0; i < plant_.zones.size(); ++i) {
      const policy::Mixed* one = first[i];
      say("zone-separated", {Scope::Kind::zone, i}, one == nullptr,
          one == nullptr ? plant_.zones[i].id.mark : plant_.assets[one->asset].mark, one == nullptr ? "" : one->what);
    }
  }

  const plant::Plant& plant_;
  TimePoint now_;
  std::vector<Fact> facts_;
};

}  // namespace

std::vector<Fact> plant_facts(const plant::Plant& plant, TimePoint now) { return Maker(plant, now).make(); }

}  // namespace rampart::assess
