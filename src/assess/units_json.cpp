// The units of the JSON: cells, rows, aspects, and the facts that each answer rests on.
#include <algorithm>
#include <cmath>

#include "assess/json_parts.h"
#include "assess/steps.h"

namespace rampart::assess {
namespace {

using records::number;
using records::text;
using records::time;

constexpr size_t kMostShown = 12;
// Of what nobody has seen a few stand for all: a zone of many assets would repeat them in each aspect.
constexpr size_t kMostMissing = 4;

void append_vector(std::string& out, std::string_view name, const std::array<int, kFrs>& vector) {
  List list(out, name);
  for (const int value : vector) append_number(list.item(), value);
}

void append_cell(std::string& out, const Shown& shown, size_t unit, size_t fr) {
  const Assessment& assessment = shown.assessment;
  const Cell& cell = assessment.cell(unit, fr);
  const auto id = [&](uint16_t row) { return assessment.rows().rows()[row].requirement->id; };
  std::vector<std::string_view> blocked, with;
  if (cell.achieved < standard::kHighestLevel) {
    for (const uint16_t row : assessment.blocking(unit, fr, cell.achieved + 1)) blocked.push_back(id(row));
  }
  for (const uint16_t row : assessment.rows().of_fr(fr)) {
    const Answer answer = assessment.row(unit, row);
    const bool excused = answer == Answer::not_applicable || answer == Answer::compensated;
    if (excused && assessment.rows().rows()[row].lowest <= cell.achieved) with.push_back(id(row));
  }
  out += '{';
  text(out, "fr", fr_id(fr));
  text(out, "code", fr_code(fr));
  number(out, "achieved", int{cell.achieved});
  number(out, "target", int{cell.target});
  flag(out, "assessed", cell.assessed);
  texts(out, "blocked_by", blocked);
  texts(out, "reached_with", with);
  {
    List list(out, "disputed");
    for (const Dispute& dispute : disputes(assessment, unit, fr)) {
      list.item() += '{';
      text(out, "row", id(dispute.row));
      number(out, "lowest", dispute.lowest);
      number(out, "other", dispute.other);
      number(out, "level_then", dispute.level_then);
      out += '}';
    }
  }
  out += '}';
}

void append_sources(std::string& out, const Fact& fact) {
  List list(out, "sources");
  for (const Source& source : fact.sources) {
    list.item() += '{';
    if (source.kind == Source::Kind::plant) {
      number(out, "plant_line", source.number);
    } else {
      number(out, "record", source.number);
      number(out, "journal", source.journal);
      if (source.packet != 0) number(out, "packet", source.packet);
    }
    out += '}';
  }
}

void append_missing(std::string& out, const Detail& detail, FactList& facts) {
  std::vector<const Missing*> missing;
  for (const Missing& one : detail.missing) {
    if (!one.contrary) missing.push_back(&one);
  }
  if (missing.empty()) return;
  {
    List list(out, "missing");
    for (size_t i = 0; i < std::min(kMostMissing, missing.size()); ++i) {
      append_number(list.item(), facts.place(*missing[i]));
    }
  }
  if (missing.size() > kMostMissing) number(out, "missing_more", missing.size() - kMostMissing);
}

void append_named(std::string& out, Detail& detail, FactList& facts) {
  if (detail.facts.empty()) return;
  // What speaks against it first: it is what a person looks for.
  std::ranges::stable_sort(detail.facts,
                           [](const Fact* left, const Fact* right) { return left->holds < right->holds; });
  {
    List list(out, "facts");
    for (size_t i = 0; i < std::min(kMostShown, detail.facts.size()); ++i) {
      append_number(list.item(), facts.place(detail.facts[i]));
    }
  }
  if (detail.facts.size() > kMostShown) number(out, "facts_more", detail.facts.size() - kMostShown);
}

void append_aspect(std::string& out, const Shown& shown, size_t unit, uint32_t aspect, FactList& facts) {
  const Assessment& assessment = shown.assessment;
  Detail detail;
  const Judgement judgement =
      assessment.judge().judge(assessment.site().units()[unit], aspect, assessment.now(), &detail);
  out += '{';
  text(out, "aspect", assessment.rows().aspects()[aspect].aspect->id);
  text(out, "answer", to_text(judgement.answer));
  text(out, "why", detail.why);
  if (judgement.share > 0) real(out, "share", std::round(static_cast<double>(judgement.share) * 1000) / 1000);
  if (judgement.good_until != TimePoint::max()) time(out, "until", judgement.good_until);
  if (judgement.stated) flag(out, "stated", true);
  if (judgement.contradicted) flag(out, "contradicted", true);
  append_named(out, detail, facts);
  append_missing(out, detail, facts);
  if (!detail.statements.empty()) {
    List list(out, "statements");
    for (const Stated* stated : detail.statements) append_json_text(list.item(), stated->statement.id);
  }
  out += '}';
}

void append_rows(std::string& out, const Shown& shown, size_t unit, FactList& facts) {
  const Assessment& assessment = shown.assessment;
  List list(out, "rows");
  for (uint16_t i = 0; i < assessment.rows().rows().size(); ++i) {
    const Row& row = assessment.rows().rows()[i];
    list.item() += '{';
    text(out, "row", row.requirement->id);
    text(out, "answer", to_text(assessment.row(unit, i)));
    {
      List aspects(out, "aspects");
      for (uint32_t a = row.first; a < row.first + row.count; ++a) append_aspect(aspects.item(), shown, unit, a, facts);
    }
    out += '}';
  }
}

void append_fact(std::string& out, const Shown& shown, const Fact& fact) {
  out += '{';
  text(out, "fact", row_of(fact.kind).word);
  text(out, "scope", words_of(shown.assessment.site().plant(), fact.scope));
  flag(out, "holds", fact.holds);
  time(out, "since", fact.since);
  time(out, "time", fact.time);
  if (fact.until) time(out, "until", *fact.until);
  real(out, "share", std::round(static_cast<double>(fact.share) * 1000) / 1000);
  number(out, "count", fact.count);
  text(out, "text", fact.text);
  append_sources(out, fact);
  out += '}';
}

}  // namespace

void append_facts(std::string& out, const Shown& shown, const FactList& facts) {
  {
    List list(out, "facts");
    for (const Fact* fact : facts.all()) append_fact(list.item(), shown, *fact);
  }
  List list(out, "unseen");
  for (const Missing& missing : facts.unseen()) {
    list.item() += '{';
    text(out, "fact", row_of(missing.kind).word);
    text(out, "scope", words_of(shown.assessment.site().plant(), missing.scope));
    out += '}';
  }
}

void append_unit(std::string& out, const Shown& shown, size_t place, FactList& facts) {
  const Assessment& assessment = shown.assessment;
  const Site& site = assessment.site();
  const plant::Plant& plant = site.plant();
  const Unit& unit = site.units()[place];
  const bool zone = unit.scope.kind == Scope::Kind::zone;
  out += '{';
  text(out, "kind", to_text(unit.scope.kind));
  text(out, "id", site.id(unit));
  text(out, "name", site.name(unit));
  if (zone) {
    const plant::Zone& of = plant.zones[unit.scope.index];
    if (of.level) number(out, "level", int{*of.level});
    flag(out, "safety", of.safety);
  } else {
    std::vector<std::string_view> joins;
    for (const Scope joined : unit.zones) joins.push_back(id_of(plant, joined));
    texts(out, "joins", joins);
  }
  std::array<int, kFrs> target{}, achieved{}, gap{};
  for (size_t fr = 0; fr < kFrs; ++fr) {
    target[fr] = assessment.cell(place, fr).target;
    achieved[fr] = assessment.cell(place, fr).achieved;
    gap[fr] = assessment.cell(place, fr).gap();
  }
  append_vector(out, "target", target);
  append_vector(out, "achieved", achieved);
  append_vector(out, "gap", gap);
  {
    List list(out, "cells");
    for (size_t fr = 0; fr < kFrs; ++fr) append_cell(list.item(), shown, place, fr);
  }
  append_rows(out, shown, place, facts);
  out += '}';
}

}  // namespace rampart::assess
