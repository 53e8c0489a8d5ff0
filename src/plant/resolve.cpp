#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "plant/draft.h"

namespace rampart::plant {

namespace {

/// one resolves a scalar that names a thing; kNone after an error.
Index one(Reader& reader, NodeIndex node, const Names& names, std::string_view kind) {
  const auto word = reader.scalar(node, "the id of " + std::string(kind));
  if (!word) return kNone;
  const Index index = names.find(*word);
  if (index != kNone) return index;
  std::string hint;
  if (reader.problems().wants_hints()) hint = reader.did_you_mean(*word, names.all());
  reader.error(node, "there is no " + std::string(kind) + " " + quoted(*word), std::move(hint));
  return kNone;
}

std::vector<Index> many(Reader& reader, const std::vector<NodeIndex>& nodes, const Names& names,
                        std::string_view kind) {
  std::vector<Index> found;
  std::unordered_set<Index> seen;
  for (const NodeIndex node : nodes) {
    const Index index = one(reader, node, names, kind);
    if (index == kNone) continue;
    if (!seen.insert(index).second) {
      reader.error(node, quoted(reader[node].value) + " stands here twice", "keep one of the two");
      continue;
    }
    found.push_back(index);
  }
  return found;
}

void resolve_joins(Reader& reader, Draft& draft, Index at) {
  const ConduitNames& names = draft.conduits[at];
  Conduit& conduit = draft.plant.conduits[at];
  std::unordered_set<Index> seen;
  for (const NodeIndex node : names.joins) {
    const Index zone = one(reader, node, draft.zone_ids, "zone");
    if (zone == kNone) continue;
    // A conduit of one zone with itself names it twice, and nothing else.
    if (!seen.insert(zone).second && names.joins.size() != 2) {
      reader.error(node, "the conduit joins " + quoted(reader[node].value) + " twice",
                   "for traffic inside one zone make a conduit that joins it with itself, and nothing else");
      continue;
    }
    conduit.joins.push_back(zone);
  }
  if (names.joins_list != kNoNode && names.joins.size() < 2 && reader[names.joins_list].kind == NodeKind::sequence &&
      reader[names.joins_list].closed) {
    reader.error(names.joins_list, "a conduit joins at least two zones",
                 "for traffic inside one zone name it twice: [control, control]");
  }
}

/// resolve_guards gives each zone of a conduit its gateway, where the plant names one for each.
void resolve_guards(Reader& reader, Draft& draft, Index at) {
  const ConduitNames& names = draft.conduits[at];
  Conduit& conduit = draft.plant.conduits[at];
  if (names.guards.empty()) return;
  conduit.guards.resize(conduit.joins.size());
  for (const auto& [zone_node, gateway_node] : names.guards) {
    const Index zone = one(reader, zone_node, draft.zone_ids, "zone");
    if (zone == kNone) continue;
    const auto joined = std::find(conduit.joins.begin(), conduit.joins.end(), zone);
    if (joined == conduit.joins.end()) {
      reader.error(zone_node, "the conduit does not join the zone " + quoted(reader[zone_node].value),
                   "name the zones that stand in `joins`");
      continue;
    }
    Text& guard = conduit.guards[static_cast<size_t>(joined - conduit.joins.begin())];
    if (!guard.value.empty()) {
      reader.error(zone_node, quoted(reader[zone_node].value) + " stands here twice", "keep one of the two");
      continue;
    }
    guard = reader.id(gateway_node);
  }
  if (conduit.joins.empty()) return;
  const bool whole =
      std::none_of(conduit.guards.begin(), conduit.guards.end(), [](const Text& guard) { return guard.value.empty(); });
  if (!whole) {
    reader.error(names.guard, "not each zone of the conduit has a gateway", "name one for each zone in `joins`");
  } else if (conduit.joins.size() != 2 || conduit.joins[0] == conduit.joins[1]) {
    reader.error(names.guard, "each zone has a gateway of its own only where a conduit joins two", "name one gateway");
  } else if (conduit.guards[0].value == conduit.guards[1].value) {
    reader.error(names.guard, "both sides have the same gateway", "write `guard: " + conduit.guards[0].value + "`");
  }
  conduit.guard = conduit.guards[0];
}

class RuleResolver {
 public:
  RuleResolver(Reader& reader, Draft& draft, const Conduit& conduit, bool zones_known)
      : reader_(reader),
        draft_(draft),
        conduit_(conduit),
        joined_(conduit.joins.begin(), conduit.joins.end()),
        zones_known_(zones_known) {}

  void resolve(Rule& rule, const RuleNames& names) {
    rule.from = assets(names.from);
    rule.to = assets(names.to);
    rule.role = one(reader_, names.role, draft_.role_ids, "role");
    rule.during = one(reader_, names.during, draft_.calendar_ids, "calendar");
    if (rule.to.size() == names.to.size()) points(rule, names);
  }

 private:
  std::vector<Index> assets(const std::vector<NodeIndex>& nodes) {
    std::vector<Index> found;
    std::unordered_set<Index> seen;
    for (const NodeIndex node : nodes) {
      const auto word = reader_.scalar(node, "the id of an asset");
      if (!word) continue;
      if (draft_.asset_ids.find(*word) == kNone && draft_.zone_ids.find(*word) != kNone) {
        reader_.error(node, quoted(*word) + " is a zone; a rule names assets",
                      "name the assets of the zone that need this");
        continue;
      }
      const Index index = one(reader_, node, draft_.asset_ids, "asset");
      if (index == kNone) continue;
      if (!seen.insert(index).second) {
        reader_.error(node, quoted(*word) + " stands here twice", "keep one of the two");
        continue;
      }
      check_zone(node, index);
      found.push_back(index);
    }
    return found;
  }

  void check_zone(NodeIndex node, Index asset) {
    const Index zone = draft_.plant.assets[asset].zone;
    if (!zones_known_ || joined_.contains(zone)) return;
    reader_.error(node,
                  "the asset " + quoted(reader_[node].value) + " is in zone " +
                      quoted(draft_.plant.zones[zone].id.value) + ", which the conduit " + quoted(conduit_.id.value) +
                      " does not join",
                  "move the rule to a conduit that joins this zone");
  }

  /// points checks that each is a point of at least one asset in `to`.
  void points(const Rule& rule, const RuleNames& names) {
    if (names.points.empty()) return;
    std::unordered_set<std::string_view> seen;
    for (const NodeIndex node : names.points) {
      const auto word = reader_.scalar(node, "the id of a point");
      if (!word) continue;
      if (!seen.insert(*word).second) {
        reader_.error(node, quoted(*word) + " stands here twice", "keep one of the two");
      } else if (!known(rule, *word, names.points.size())) {
        reader_.error(node, "no asset in `to` has a point " + quoted(*word),
                      reader_.problems().wants_hints() ? reader_.did_you_mean(*word, candidates(rule)) : std::string());
      }
    }
  }

  /// known looks a point up in each asset of `to`, or, where that would cost more, in all their points at once.
  bool known(const Rule& rule, std::string_view word, size_t words) {
    if (&rule != merged_for_) {
      size_t points = 0;
      for (const Index asset : rule.to) points += draft_.plant.assets[asset].points.size();
      merged_for_ = &rule;
      merged_.clear();
      merge_ = points < words * rule.to.size();
      if (merge_) {
        for (const Index asset : rule.to) add_points(merged_, asset);
      }
    }
    if (merge_) return merged_.contains(word);
    return std::any_of(rule.to.begin(), rule.to.end(), [&](Index asset) {
      const auto [entry, fresh] = points_of_.try_emplace(asset);
      if (fresh) add_points(entry->second, asset);
      return entry->second.contains(word);
    });
  }

  void add_points(std::unordered_set<std::string_view>& set, Index asset) const {
    for (const Point& point : draft_.plant.assets[asset].points) set.insert(point.id.value);
  }

  std::vector<std::string_view> candidates(const Rule& rule) const {
    std::vector<std::string_view> words;
    for (const Index asset : rule.to) {
      for (const Point& point : draft_.plant.assets[asset].points) {
        if (words.size() < 2'000) words.push_back(point.id.value);
      }
    }
    return words;
  }

  Reader& reader_;
  Draft& draft_;
  const Conduit& conduit_;
  std::unordered_set<Index> joined_;
  std::unordered_map<Index, std::unordered_set<std::string_view>> points_of_;
  std::unordered_set<std::string_view> merged_;
  const Rule* merged_for_ = nullptr;
  bool merge_ = false;
  bool zones_known_;  // false where a zone of the conduit is itself an error: nobody can say what it does not join
};

/// who resolves an end of a suppression: an address, or the id of an asset.
std::optional<Who> who(Reader& reader, NodeIndex node, const Names& assets) {
  const auto word = reader.scalar(node, "an asset or an address");
  if (!word) return {};
  if (const auto ip = IpAddress::parse(*word)) return Who{.asset = kNone, .ip = ip};
  const Index asset = one(reader, node, assets, "asset");
  if (asset == kNone) return {};
  return Who{.asset = asset, .ip = {}};
}

void resolve_suppressions(Reader& reader, Draft& draft) {
  for (size_t i = 0; i < draft.suppressions.size(); ++i) {
    const SuppressionNames& names = draft.suppressions[i];
    Suppression& suppression = draft.plant.suppressions[i];
    suppression.asset = one(reader, names.asset, draft.asset_ids, "asset");
    suppression.zone = one(reader, names.zone, draft.zone_ids, "zone");
    suppression.conduit = one(reader, names.conduit, draft.conduit_ids, "conduit");
    suppression.from = who(reader, names.from, draft.asset_ids);
    suppression.to = who(reader, names.to, draft.asset_ids);
  }
}

void resolve_gateways(Reader& reader, Draft& draft) {
  for (size_t i = 0; i < draft.gateways.size(); ++i) {
    for (size_t k = 0; k < draft.gateways[i].to.size(); ++k) {
      draft.plant.gateways[i].serves[k].to = one(reader, draft.gateways[i].to[k], draft.asset_ids, "asset");
    }
  }
  // A plant that describes no gateways may name them all the same.
  if (draft.gateways.empty()) return;
  for (const ConduitNames& conduit : draft.conduits) {
    if (conduit.guards.empty()) one(reader, conduit.guard, draft.gateway_ids, "gateway");
    for (const auto& [zone, gateway] : conduit.guards) one(reader, gateway, draft.gateway_ids, "gateway");
  }
}

/// check_pairs reports two conduits that join the same zones: which of them decides could not be said.
void check_pairs(Reader& reader, const Draft& draft) {
  std::map<std::vector<Index>, Index> known;
  for (Index i = 0; i < draft.plant.conduits.size(); ++i) {
    std::vector<Index> joins = draft.plant.conduits[i].joins;
    if (joins.size() < 2) continue;
    std::sort(joins.begin(), joins.end());
    const auto [entry, fresh] = known.try_emplace(std::move(joins), i);
    if (fresh || draft.conduits[i].joins_list == kNoNode) continue;
    reader.error(draft.conduits[i].joins_list,
                 "the conduit " + quoted(draft.plant.conduits[entry->second].id.value) + " joins the same zones",
                 "put the rules of both into one conduit");
  }
}

/// by_id is the order of `things` by id, for lookups.
template <class Thing>
std::vector<Index> by_id(const std::vector<Thing>& things) {
  std::vector<Index> order(things.size());
  for (Index i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](Index left, Index right) { return things[left].id.value < things[right].id.value; });
  return order;
}

}  // namespace

void resolve(Reader& reader, Draft& draft) {
  Plant& plant = draft.plant;
  for (Index i = 0; i < plant.assets.size(); ++i) {
    plant.assets[i].essential = many(reader, draft.assets[i].essential, draft.function_ids, "essential function");
  }
  for (Index i = 0; i < plant.conduits.size(); ++i) {
    resolve_joins(reader, draft, i);
    resolve_guards(reader, draft, i);
    const bool zones_known =
        plant.conduits[i].joins.size() >= 2 && plant.conduits[i].joins.size() == draft.conduits[i].joins.size();
    RuleResolver resolver(reader, draft, plant.conduits[i], zones_known);
    for (size_t rule = 0; rule < plant.conduits[i].rules.size(); ++rule) {
      resolver.resolve(plant.conduits[i].rules[rule], draft.conduits[i].rules[rule]);
    }
  }
  resolve_suppressions(reader, draft);
  resolve_gateways(reader, draft);
  check_pairs(reader, draft);
  plant.assets_by_id = by_id(plant.assets);
  plant.zones_by_id = by_id(plant.zones);
  plant.conduits_by_id = by_id(plant.conduits);
}

}  // namespace rampart::plant
