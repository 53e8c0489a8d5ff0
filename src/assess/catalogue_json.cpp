// The rest of the JSON: the catalogue's rows, kinds of facts, statements, programmes, metrics, assets and the map.
#include <algorithm>
#include <cmath>
#include <set>

#include "assess/capability.h"
#include "assess/json_parts.h"
#include "assess/metrics.h"
#include "assess/programmes.h"

namespace rampart::assess {
namespace {

using records::number;
using records::text;
using records::time;

std::string_view word(standard::Confidence confidence) {
  switch (confidence) {
    case standard::Confidence::confirmed:
      return "confirmed";
    case standard::Confidence::majority:
      return "majority";
    case standard::Confidence::disputed:
      return "disputed";
    case standard::Confidence::single_source:
      return "single-source";
  }
  return {};
}

void append_row(std::string& out, const Rows& rows, const Row& row) {
  const standard::Requirement& of = *row.requirement;
  out += '{';
  text(out, "id", of.id);
  text(out, "fr", fr_id(of.fr - 1u));
  text(out, "title", of.title);
  text(out, "summary", of.summary);
  number(out, "lowest", row.lowest);
  if (row.own != nullptr) text(out, "own", row.own->why.empty() ? "local overlay" : std::string_view(row.own->why));
  text(out, "confidence", word(of.confidence));
  text(out, "differing", of.differing);
  text(out, "note", of.note);
  {
    List list(out, "aspects");
    for (uint32_t i = row.first; i < row.first + row.count; ++i) {
      const standard::Aspect& aspect = *rows.aspects()[i].aspect;
      list.item() += '{';
      text(out, "id", aspect.id);
      text(out, "what", aspect.what);
      text(out, "where", aspect.where);
      text(out, "fact", aspect.fact);
      number(out, "days", aspect.days);
      real(out, "share", static_cast<double>(aspect.share) / 100);
      text(out, "check", aspect.check);
      out += '}';
    }
  }
  out += '}';
}

/// kinds_used are those that a fact is there of, or that an aspect asks for.
std::set<FactKind> kinds_used(const Assessment& assessment) {
  std::set<FactKind> used;
  for (const Asked& asked : assessment.rows().aspects()) {
    if (asked.check == nullptr) continue;
    for (const auto& need : asked.check->needs) used.insert(need.begin(), need.end());
    used.insert(asked.check->against.begin(), asked.check->against.end());
    used.insert(asked.check->unless.begin(), asked.check->unless.end());
  }
  for (const Asked& asked : assessment.rows().aspects()) {
    for (const FactKind kind : unless_empty(asked)) used.insert(kind);
  }
  return used;
}

void append_statements(std::string& out, const Shown& shown) {
  List list(out, "statements");
  for (const Statement& statement : shown.statements) {
    list.item() += '{';
    text(out, "id", statement.id);
    text(out, "person", statement.person);
    text(out, "what", statement.what);
    text(out, "scope", statement.scope);
    text(out, "answer", to_text(statement.answer));
    if (statement.maturity != 0) number(out, "maturity", statement.maturity);
    texts(out, "despite", {statement.despite.begin(), statement.despite.end()});
    text(out, "document", statement.document);
    text(out, "sha256", statement.sha256);
    text(out, "reason", statement.reason);
    time(out, "made", statement.made);
    time(out, "until", statement.until);
    if (statement.withdrawn) time(out, "withdrawn", *statement.withdrawn);
    flag(out, "counts", statement.counts(shown.assessment.now()));
    out += '}';
  }
}

/// append_seen says of how many parts of the plant what was seen of a clause; nothing where nothing was.
void append_seen(std::string& out, const Assessment& assessment, const std::vector<FactKind>& kinds) {
  List seen(out, "seen");
  for (const FactKind kind : kinds) {
    const Spoken spoken = assess::spoken(assessment, kind);
    if (spoken.holds + spoken.against == 0) continue;
    seen.item() += '{';
    text(out, "fact", row_of(kind).word);
    number(out, "holds", spoken.holds);
    number(out, "against", spoken.against);
    number(out, "of", spoken.all);
    out += '}';
  }
}

void append_programme(std::string& out, const Shown& shown, std::string_view part) {
  out += '{';
  text(out, "part", part);
  {
    List groups(out, "groups");
    const auto all = practices(part, shown.statements, shown.assessment.now());
    for (size_t i = 0; i < all.size();) {
      const std::string_view group = all[i].clause->group;
      const standard::Clause* titled = standard::find_clause(group);
      groups.item() += '{';
      text(out, "id", group);
      text(out, "title", titled != nullptr ? titled->title : group);
      {
        List clauses(out, "clauses");
        for (; i < all.size() && all[i].clause->group == group; ++i) {
          clauses.item() += '{';
          text(out, "id", all[i].clause->id);
          text(out, "title", all[i].clause->title);
          number(out, "maturity", all[i].maturity);
          if (all[i].statement != nullptr) text(out, "statement", all[i].statement->id);
          std::vector<std::string_view> words;
          for (const FactKind kind : all[i].facts) words.push_back(row_of(kind).word);
          texts(out, "facts", words);
          append_seen(out, shown.assessment, all[i].facts);
          out += '}';
        }
      }
      out += '}';
    }
  }
  out += '}';
}

void append_metrics(std::string& out, const Shown& shown) {
  std::vector<const Tally*> tallies;
  for (const JournalShown& journal : shown.journals) tallies.push_back(&journal.facts->tally());
  List list(out, "metrics");
  for (const Measured& measured : measure(shown.assessment, tallies, shown.statements)) {
    list.item() += '{';
    text(out, "id", measured.metric->id);
    text(out, "title", measured.metric->title);
    if (measured.value) real(out, "value", *measured.value);
    text(out, "unit", measured.unit);
    text(out, "of", measured.of);
    text(out, "say", measured.say);
    out += '}';
  }
}

void append_assets(std::string& out, const Shown& shown) {
  const plant::Plant& plant = shown.assessment.site().plant();
  const Capabilities capabilities(shown.assessment);
  List list(out, "assets");
  for (Index i = 0; i < plant.assets.size(); ++i) {
    const plant::Asset& asset = plant.assets[i];
    const auto cells = capabilities.of(i);
    list.item() += '{';
    text(out, "id", asset.id.value);
    if (asset.zone != kNone) text(out, "zone", plant.zones[asset.zone].id.value);
    text(out, "kind", asset.kind.value);
    const standard::Component type = component_of(asset);
    text(out, "component",
         type == standard::Component::host      ? "host"
         : type == standard::Component::network ? "network"
                                                : "embedded");
    {
      List vector(out, "capability");
      for (const CapabilityCell& cell : cells) append_number(vector.item(), cell.achieved);
    }
    {
      List inner(out, "cells");
      for (const CapabilityCell& cell : cells) {
        inner.item() += '{';
        number(out, "achieved", cell.achieved);
        flag(out, "assessed", cell.assessed);
        texts(out, "blocked_by", cell.blocked_by);
        out += '}';
      }
    }
    out += '}';
  }
}

void append_map_assets(std::string& out, const Shown& shown) {
  const Assessment& assessment = shown.assessment;
  const plant::Plant& plant = assessment.site().plant();
  const FactKind heard = fact_kind("asset-heard");
  List list(out, "assets");
  for (Index i = 0; i < plant.assets.size(); ++i) {
    const plant::Asset& asset = plant.assets[i];
    const Standing standing =
        assessment.facts().standing(heard, {Scope::Kind::asset, i}, assessment.now(), std::chrono::days(3650));
    list.item() += '{';
    text(out, "id", asset.id.value);
    text(out, "name", asset.name.empty() ? asset.id.value : asset.name);
    text(out, "kind", asset.kind.value);
    if (asset.zone != kNone) text(out, "zone", plant.zones[asset.zone].id.value);
    flag(out, "heard", standing.holds != nullptr);
    if (standing.holds != nullptr) time(out, "last_heard", standing.holds->time);
    flag(out, "essential", !asset.essential.empty());
    out += '}';
  }
}

void append_map_conduit(std::string& out, const Shown& shown, Index index) {
  const Assessment& assessment = shown.assessment;
  const plant::Plant& plant = assessment.site().plant();
  const plant::Conduit& conduit = plant.conduits[index];
  const Scope scope{Scope::Kind::conduit, index};
  const auto holds = [&](std::string_view word, int days) {
    return assessment.facts().standing(fact_kind(word), scope, assessment.now(), std::chrono::days(days)).holds !=
           nullptr;
  };
  static constexpr std::string_view kModes[] = {"learn", "test", "enforce"};
  std::array<uint64_t, 2> encrypted{};
  uint64_t denied = 0;
  for (const JournalShown& journal : shown.journals) {
    const Tally& tally = journal.facts->tally();
    if (const auto found = tally.encrypted.find(conduit.id.value); found != tally.encrypted.end()) {
      encrypted[0] += found->second[0];
      encrypted[1] += found->second[1];
    }
    if (const auto found = tally.denied.find(conduit.id.value); found != tally.denied.end()) denied += found->second;
  }
  std::vector<std::string_view> joins;
  for (const Index zone : conduit.joins) joins.push_back(plant.zones[zone].id.value);
  out += '{';
  text(out, "id", conduit.id.value);
  text(out, "name", conduit.name.empty() ? conduit.id.value : conduit.name);
  number(out, "unit", assessment.site().unit_of(scope));
  texts(out, "joins", joins);
  text(out, "mode", kModes[static_cast<size_t>(conduit.mode)]);
  text(out, "guard", conduit.guard.value);
  flag(out, "enforced", holds("conduit-enforced", 7));
  flag(out, "heard", holds("conduit-heard", 3650));
  if (encrypted[1] != 0) {
    real(out, "encrypted",
         std::round(1000.0 * static_cast<double>(encrypted[0]) / static_cast<double>(encrypted[1])) / 1000);
  }
  number(out, "denied", denied);
  number(out, "rules", conduit.rules.size());
  flag(out, "reviewed", holds("rules-reviewed", 3650));
  out += '}';
}

void append_map(std::string& out, const Shown& shown) {
  const plant::Plant& plant = shown.assessment.site().plant();
  records::key(out, "map");
  out += '{';
  {
    List list(out, "zones");
    for (Index i = 0; i < plant.zones.size(); ++i) {
      const plant::Zone& zone = plant.zones[i];
      std::vector<std::string_view> assets;
      for (const Index asset : zone.assets) assets.push_back(plant.assets[asset].id.value);
      list.item() += '{';
      text(out, "id", zone.id.value);
      text(out, "name", zone.name.empty() ? zone.id.value : zone.name);
      if (zone.level) number(out, "level", int{*zone.level});
      flag(out, "safety", zone.safety);
      number(out, "unit", shown.assessment.site().unit_of({Scope::Kind::zone, i}));
      texts(out, "assets", assets);
      out += '}';
    }
  }
  append_map_assets(out, shown);
  {
    List list(out, "conduits");
    for (Index i = 0; i < plant.conduits.size(); ++i) append_map_conduit(list.item(), shown, i);
  }
  out += '}';
}

}  // namespace

void append_catalogue(std::string& out, const Shown& shown) {
  {
    List list(out, "foundational");
    for (const standard::Foundational& fr : standard::foundational_requirements()) {
      list.item() += '{';
      text(out, "id", fr.id);
      text(out, "code", fr.code);
      text(out, "title", fr.title);
      text(out, "summary", fr.summary);
      out += '}';
    }
  }
  {
    List list(out, "rows");
    for (const Row& row : shown.assessment.rows().rows()) append_row(list.item(), shown.assessment.rows(), row);
  }
  List list(out, "fact_kinds");
  for (const FactKind kind : kinds_used(shown.assessment)) {
    const FactKindRow& row = row_of(kind);
    list.item() += '{';
    text(out, "fact", row.word);
    text(out, "scope", to_text(row.scope));
    text(out, "source", row.source);
    text(out, "so", row.so);
    text(out, "not_so", row.not_so);
    text(out, "mend", row.mend);
    number(out, "effort", int{row.effort});
    out += '}';
  }
}

void append_rest(std::string& out, const Shown& shown) {
  append_statements(out, shown);
  append_techniques(out, shown);
  {
    List list(out, "programmes");
    for (const std::string_view part : {"2-1", "2-4", "4-1"}) append_programme(list.item(), shown, part);
  }
  append_metrics(out, shown);
  append_assets(out, shown);
  append_map(out, shown);
}

}  // namespace rampart::assess
