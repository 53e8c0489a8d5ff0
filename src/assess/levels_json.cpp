#include "assess/levels_json.h"

#include <algorithm>

#include "assess/json_parts.h"
#include "assess/steps.h"

namespace rampart::assess {
namespace {

using records::number;
using records::text;
using records::time;

struct Counts {
  size_t cells = 0, reached = 0, in_short = 0, not_assessed = 0;
};

Counts counts_of(const Assessment& assessment) {
  Counts counts;
  for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) {
    for (size_t fr = 0; fr < kFrs; ++fr) {
      const Cell& cell = assessment.cell(unit, fr);
      if (cell.target == 0) continue;
      ++counts.cells;
      if (cell.gap() == 0) {
        ++counts.reached;
      } else {
        ++(cell.assessed ? counts.in_short : counts.not_assessed);
      }
    }
  }
  return counts;
}

struct Worst {
  size_t unit = 0, fr = 0;
  int gap = 0;
};

/// worst_of: assessed cells first, then the largest gaps, then zones before conduits.
std::vector<Worst> worst_of(const Assessment& assessment, size_t most) {
  std::vector<Worst> all;
  for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) {
    for (size_t fr = 0; fr < kFrs; ++fr) {
      const Cell& cell = assessment.cell(unit, fr);
      if (cell.gap() > 0) all.push_back({unit, fr, cell.gap()});
    }
  }
  std::ranges::stable_sort(all, [&](const Worst& left, const Worst& right) {
    const bool one = assessment.cell(left.unit, left.fr).assessed,
               other = assessment.cell(right.unit, right.fr).assessed;
    return one != other ? one : left.gap > right.gap;
  });
  if (all.size() > most) all.resize(most);
  return all;
}

void append_summary(std::string& out, const Shown& shown) {
  const Assessment& assessment = shown.assessment;
  const plant::Plant& plant = assessment.site().plant();
  const Counts counts = counts_of(assessment);
  records::key(out, "summary");
  out += '{';
  number(out, "zones", plant.zones.size());
  number(out, "conduits", plant.conduits.size());
  number(out, "cells", counts.cells);
  number(out, "cells_reached", counts.reached);
  number(out, "cells_short", counts.in_short);
  number(out, "cells_not_assessed", counts.not_assessed);
  {
    List list(out, "worst");
    for (const Worst& worst : worst_of(assessment, 5)) {
      list.item() += '{';
      number(out, "unit", worst.unit);
      number(out, "fr", worst.fr);
      number(out, "gap", worst.gap);
      out += '}';
    }
  }
  {
    List list(out, "say");
    for (const std::string& sentence : say(shown)) append_json_text(list.item(), sentence);
  }
  out += '}';
}

void append_journals(std::string& out, const Shown& shown) {
  List list(out, "journals");
  for (size_t i = 0; i < shown.journals.size(); ++i) {
    const JournalShown& journal = shown.journals[i];
    list.item() += '{';
    number(out, "place", i);
    text(out, "folder", journal.folder);
    number(out, "records", journal.facts->tally().records);
    if (journal.facts->tally().records > 0) {
      time(out, "first", journal.facts->tally().first);
      time(out, "last", journal.facts->tally().last);
    }
    number(out, "unreadable", journal.unreadable);
    out += '}';
  }
}

void append_steps(std::string& out, const Shown& shown) {
  List list(out, "steps");
  for (const Step& step : steps(shown.assessment)) {
    list.item() += '{';
    text(out, "do", doing(shown.assessment, step));
    text(out, "where", place_of(shown.assessment, step));
    if (step.kind) {
      text(out, "fact", row_of(*step.kind).word);
    } else {
      text(out, "statement", shown.assessment.rows().aspects()[step.aspect].aspect->id);
    }
    number(out, "effort", step.effort);
    number(out, "rows", step.rows);
    number(out, "levels", step.levels);
    const auto lifts = [&](std::string_view name, bool lifted) {
      List inner(out, name);
      for (const Lift& lift : step.lifts) {
        if ((lift.to > lift.from) != lifted) continue;
        inner.item() += '{';
        number(out, "unit", lift.unit);
        number(out, "fr", lift.fr);
        if (lifted) {
          number(out, "from", lift.from);
          number(out, "to", lift.to);
        } else {
          number(out, "rows", lift.rows);
          number(out, "left", lift.left);
        }
        out += '}';
      }
    };
    lifts("lifts", true);
    lifts("lightens", false);
    out += '}';
  }
}

void append_contradictions(std::string& out, const Shown& shown, FactList& named) {
  List list(out, "contradictions");
  for (const Contradiction& contradiction : shown.assessment.contradictions()) {
    Detail detail;
    shown.assessment.judge().judge(shown.assessment.site().units()[contradiction.unit], contradiction.aspect,
                                   shown.assessment.now(), &detail);
    list.item() += '{';
    number(out, "unit", contradiction.unit);
    text(out, "aspect", shown.assessment.rows().aspects()[contradiction.aspect].aspect->id);
    if (!detail.statements.empty()) text(out, "statement", detail.statements.front()->statement.id);
    {
      List facts(out, "facts");
      for (const Fact* fact : detail.facts) {
        if (!fact->holds) append_number(facts.item(), named.place(fact));
      }
    }
    out += '}';
  }
}

void append_changes(std::string& out, const Shown& shown) {
  std::vector<const RecordedChange*> all;
  for (const JournalShown& journal : shown.journals) {
    for (const RecordedChange& change : journal.facts->changes()) all.push_back(&change);
  }
  std::ranges::stable_sort(all, [](const auto* left, const auto* right) { return left->when > right->when; });
  if (all.size() > 1000) all.resize(1000);
  List list(out, "changes");
  for (const RecordedChange* change : all) {
    list.item() += '{';
    time(out, "time", change->when);
    text(out, "kind", change->scope);
    text(out, "id", change->subject);
    text(out, "fr", change->requirement);
    number(out, "before", change->before);
    number(out, "after", change->after);
    number(out, "target", change->target);
    text(out, "row", change->row);
    text(out, "cause", change->cause);
    text(out, "fact", change->fact);
    number(out, "record", change->record);
    out += '}';
  }
}

}  // namespace

void real(std::string& out, std::string_view name, double value) {
  records::key(out, name);
  append_number(out, value);
}

void texts(std::string& out, std::string_view name, const std::vector<std::string_view>& values) {
  List list(out, name);
  for (const std::string_view value : values) append_json_text(list.item(), value);
}

std::string_view fr_id(size_t fr) { return standard::foundational_requirements()[fr].id; }
std::string_view fr_code(size_t fr) { return standard::foundational_requirements()[fr].code; }

std::vector<std::string> say(const Shown& shown) {
  const Assessment& assessment = shown.assessment;
  const Counts counts = counts_of(assessment);
  const Site& site = assessment.site();
  std::vector<std::string> out;
  out.push_back(std::to_string(counts.reached) + " of " + std::to_string(counts.cells) +
                " targets are reached by this evidence, " + std::to_string(counts.in_short) + " are not, of " +
                std::to_string(counts.not_assessed) + " too little was seen to say.");
  const auto worst = worst_of(assessment, 1);
  if (!worst.empty()) {
    const Unit& unit = site.units()[worst[0].unit];
    const Cell& cell = assessment.cell(worst[0].unit, worst[0].fr);
    const auto rows = assessment.blocking(worst[0].unit, worst[0].fr, cell.achieved + 1);
    std::string sentence = "Worst: " + words_of(site.plant(), unit.scope) + ", " + std::string(fr_code(worst[0].fr)) +
                           ": " + (cell.assessed ? std::to_string(cell.achieved) : "not assessed") + " of " +
                           std::to_string(cell.target);
    const auto named =
        std::ranges::find_if(rows, [&](uint16_t row) { return assessment.row(worst[0].unit, row) == Answer::not_met; });
    const uint16_t row = named != rows.end() ? *named : rows.front();
    const standard::Requirement& requirement = *assessment.rows().rows()[row].requirement;
    sentence += ", by " + std::string(requirement.id) + " " + std::string(requirement.title) + " (" +
                std::string(to_text(assessment.row(worst[0].unit, row))) + ").";
    out.push_back(std::move(sentence));
  }
  const auto first = steps(assessment, 1);
  if (!first.empty()) {
    out.push_back("First: " + doing(assessment, first[0]) + " (" + place_of(assessment, first[0]) + "); it settles " +
                  std::to_string(first[0].rows) + " rows and lifts " + std::to_string(first[0].levels) + " levels.");
  }
  return out;
}

void append_levels_json(std::string& out, const Shown& shown) {
  const Assessment& assessment = shown.assessment;
  const plant::Plant& plant = assessment.site().plant();
  out += '{';
  number(out, "format", 1);
  text(out, "program", shown.program);
  time(out, "at", assessment.now());
  records::key(out, "plant");
  out += '{';
  text(out, "name", plant.name);
  text(out, "file", plant.file);
  text(out, "sha256", shown.plant_sha256);
  text(out, "tolerable_risk", plant.tolerable_risk);
  out += '}';
  append_journals(out, shown);
  append_summary(out, shown);
  FactList facts;
  {
    List list(out, "units");
    for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) append_unit(list.item(), shown, unit, facts);
  }
  append_catalogue(out, shown);
  append_steps(out, shown);
  append_contradictions(out, shown, facts);
  append_facts(out, shown, facts);
  append_changes(out, shown);
  if (shown.before != nullptr) append_since(out, shown);
  append_rest(out, shown);
  out += "}\n";
}

}  // namespace rampart::assess
