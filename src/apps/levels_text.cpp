#include "apps/levels_text.h"

#include <algorithm>
#include <map>
#include <set>

#include "assess/capability.h"
#include "assess/programmes.h"
#include "assess/steps.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

using assess::Assessment;
using assess::Cell;
using assess::kFrs;
using assess::Shown;

constexpr size_t kColumns = 80;
constexpr size_t kName = 34;
constexpr size_t kCell = 6;

std::string padded(std::string_view text, size_t width) {
  std::string out(text.substr(0, width));
  out.append(width - out.size(), ' ');
  return out;
}

std::string achieved(const Cell& cell) { return cell.assessed ? std::to_string(cell.achieved) : "-"; }
std::string cell_text(const Cell& cell) { return achieved(cell) + "/" + std::to_string(cell.target); }

/// painted colours what departs from the target; numbers say the same.
std::string painted(const Cell& cell, bool colour) {
  std::string text = cell_text(cell);
  const std::string space(kCell - text.size(), ' ');
  if (!colour || cell.gap() == 0) return space + text;
  const char* code = !cell.assessed ? "\033[2m" : cell.gap() == 1 ? "\033[33m" : "\033[31m";
  return space + code + text + "\033[0m";
}

void append_head(std::string& out) {
  out += padded("", kName);
  for (const auto& fr : standard::foundational_requirements()) {
    out.append(kCell - fr.code.size(), ' ');
    out += fr.code;
  }
  out += '\n';
}

void append_row(std::string& out, const Assessment& assessment, size_t unit, bool colour) {
  const assess::Unit& of = assessment.site().units()[unit];
  out += padded(assess::words_of(assessment.site().plant(), of.scope), kName);
  for (size_t fr = 0; fr < kFrs; ++fr) out += painted(assessment.cell(unit, fr), colour);
  out += '\n';
}

std::string level_words(const Cell& cell) {
  return (cell.assessed ? "achieved " + std::to_string(cell.achieved) : std::string("not assessed")) + ", target " +
         std::to_string(cell.target);
}

void append_rows(std::string& out, const Assessment& assessment, size_t unit, const std::vector<uint16_t>& rows) {
  for (const uint16_t i : rows) {
    const assess::Row& row = assessment.rows().rows()[i];
    const std::string first = "    " + padded(row.requirement->id, 14) + padded(to_text(assessment.row(unit, i)), 14);
    append_wrapped(out, first, std::string(first.size(), ' '), row.requirement->title);
  }
}

std::string source_words(const assess::Fact& fact) {
  std::string out;
  for (size_t i = 0; i < fact.sources.size() && i < 4; ++i) {
    const assess::Source& source = fact.sources[i];
    out += out.empty() ? "" : ", ";
    if (source.kind == assess::Source::Kind::plant) {
      out += "line " + std::to_string(source.number) + " of the plant";
    } else {
      out += "record " + std::to_string(source.number) +
             (source.journal == 0 ? "" : " of journal " + std::to_string(source.journal + 1));
      if (source.packet != 0) out += ", packet " + std::to_string(source.packet);
    }
  }
  if (fact.sources.size() > 4) out += " and others";
  return out;
}

void append_fact(std::string& out, const Assessment& assessment, const assess::Fact& fact) {
  const assess::FactKindRow& row = assess::row_of(fact.kind);
  std::string text = std::string(fact.holds ? row.so : row.not_so) + " " +
                     assess::words_of(assessment.site().plant(), fact.scope) + ", " + day_and_time(fact.time);
  if (fact.count > 1) text += ", " + std::to_string(fact.count) + " times";
  if (!fact.text.empty()) text += ": " + fact.text;
  const std::string sources = source_words(fact);
  if (!sources.empty()) text += " (" + sources + ")";
  append_wrapped(out, fact.holds ? "        + " : "        ! ", "          ", text);
}

constexpr size_t kMostFacts = 6;

/// append_to_do says what would settle an aspect of a unit: of each kind that is missing or speaks against it, once.
void append_to_do(std::string& out, const Assessment& assessment, size_t unit, const standard::Aspect& aspect,
                  const std::vector<assess::Missing>& missing) {
  const plant::Plant& plant = assessment.site().plant();
  const std::string of = assess::words_of(plant, assessment.site().units()[unit].scope);
  const std::string where = aspect.where == "plant" || aspect.where == "journal" ? "plant" : of;
  if (aspect.check == "statement") {
    append_wrapped(out, "        > ", "          ",
                   "look whether it is so, and state it: " + assess::stating(aspect.id, where));
  }
  if (aspect.check != "statement" && missing.empty()) {
    append_wrapped(out, "        > ", "          ",
                   "by the plant there is none in the zone of which it is asked: once that is sure, write `inventory: "
                   "{complete: yes, reviewed: DAY, by: NAME}` at the zone, and let a monitor hear it");
  }
  std::set<std::string> said;
  for (const assess::Missing& one : missing) {
    if (assess::row_of(one.kind).mend == "none") continue;
    const std::string text = assess::mending(assess::step_of(one), aspect.id, where);
    if (said.insert(text).second) append_wrapped(out, "        > ", "          ", text);
  }
}

void append_aspect(std::string& out, const Assessment& assessment, size_t unit, uint32_t place) {
  const standard::Aspect& aspect = *assessment.rows().aspects()[place].aspect;
  assess::Detail detail;
  const assess::Judgement judgement =
      assessment.judge().judge(assessment.site().units()[unit], place, assessment.now(), &detail);
  append_wrapped(out, "    " + std::string(aspect.id.substr(aspect.row.size() + 1)) + "  ", "       ", aspect.what);
  std::string answer(to_text(judgement.answer));
  answer += ": " + detail.why;
  if (aspect.check != "statement" && judgement.share > 0 && judgement.answer == assess::Answer::not_assessed) {
    answer +=
        ", " + std::to_string(static_cast<int>(judgement.share * 100)) + " % of " + std::to_string(aspect.share) + " %";
  }
  append_wrapped(out, "       ", "       ", answer);
  std::ranges::stable_sort(detail.facts,
                           [](const auto* left, const auto* right) { return left->holds < right->holds; });
  for (size_t i = 0; i < detail.facts.size(); ++i) {
    if (i == kMostFacts) {
      out += "        and " + std::to_string(detail.facts.size() - i) + " facts more (--json has them)\n";
      break;
    }
    append_fact(out, assessment, *detail.facts[i]);
  }
  for (const assess::Stated* stated : detail.statements) {
    append_wrapped(out, "        \" ", "          ",
                   stated->statement.person + " states: " + std::string(to_text(stated->statement.answer)) + " (" +
                       stated->statement.id + ", until " + day_and_time(stated->statement.until).substr(0, 10) +
                       "): " + stated->statement.reason);
  }
  size_t missing = 0;
  for (const assess::Missing& one : detail.missing) {
    if (one.contrary || missing++ >= 3) continue;
    append_wrapped(out, "        ? ", "          ",
                   "not seen of " + assess::words_of(assessment.site().plant(), one.scope) + ": " +
                       std::string(assess::row_of(one.kind).so) + " (" + std::string(assess::row_of(one.kind).word) +
                       ")");
  }
  if (missing > 3) out += "        and " + std::to_string(missing - 3) + " more of the same\n";
  if (!assess::good(judgement.answer)) append_to_do(out, assessment, unit, aspect, detail.missing);
}

/// append_disputes says which rows in doubt decide cells, and what those would be otherwise.
void append_disputes(std::string& out, const Assessment& assessment) {
  constexpr size_t kMostNamed = 3;
  std::map<std::pair<uint16_t, int>, std::vector<std::string>> cells;
  for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) {
    for (size_t fr = 0; fr < kFrs; ++fr) {
      for (const assess::Dispute& dispute : assess::disputes(assessment, unit, fr)) {
        cells[{dispute.row, dispute.other}].push_back(
            assess::words_of(assessment.site().plant(), assessment.site().units()[unit].scope) + " " +
            std::string(standard::foundational_requirements()[fr].code) + " " + std::to_string(dispute.level_then));
      }
    }
  }
  for (const auto& [row, named] : cells) {
    std::string text = "Public sources disagree on " +
                       std::string(assessment.rows().rows()[row.first].requirement->id) + ": were it asked from SL " +
                       std::to_string(row.second) + ", there would be ";
    for (size_t i = 0; i < std::min(kMostNamed, named.size()); ++i) text += (i == 0 ? "" : ", ") + named[i];
    if (named.size() > kMostNamed) text += " and " + std::to_string(named.size() - kMostNamed) + " more";
    append_wrapped(out, "", "  ", text + ".");
  }
}

}  // namespace

std::string day_and_time(TimePoint when) {
  std::string out;
  append_timestamp(out, when);
  out = out.substr(0, 16);
  std::ranges::replace(out, 'T', ' ');
  return out + " UTC";
}

void append_wrapped(std::string& out, std::string_view first, std::string_view next, std::string_view text) {
  std::string line(first);
  bool empty = true;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    if (!empty && line.size() + 1 + word.size() > kColumns) {
      out += line + '\n';
      line = next;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  out += line + '\n';
}

void append_levels(std::string& out, const Shown& shown, bool colour) {
  const Assessment& assessment = shown.assessment;
  append_wrapped(out, "", "", assessment.site().plant().name + ", " + day_and_time(assessment.now()));
  out += "Security level achieved / target, by this evidence; - is not assessed\n\n";
  append_head(out);
  for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) append_row(out, assessment, unit, colour);
  out += '\n';
  for (const std::string& sentence : assess::say(shown)) append_wrapped(out, "", "  ", sentence);
  const size_t contradictions = assessment.contradictions().size();
  if (contradictions > 0) {
    append_wrapped(
        out, "", "  ",
        "In " + std::to_string(contradictions) +
            " places a statement says otherwise than what was seen; what was seen counts (--json lists them).");
  }
  append_disputes(out, assessment);
}

void append_zone(std::string& out, const Shown& shown, size_t unit) {
  const Assessment& assessment = shown.assessment;
  const assess::Unit& of = assessment.site().units()[unit];
  append_wrapped(
      out, "", "",
      assess::words_of(assessment.site().plant(), of.scope) + ": " + std::string(assessment.site().name(of)));
  for (size_t fr = 0; fr < kFrs; ++fr) {
    const Cell& cell = assessment.cell(unit, fr);
    const auto& named = standard::foundational_requirements()[fr];
    append_wrapped(out, "\n  " + std::string(named.id) + " " + padded(named.code, 4), "           ",
                   std::string(named.title) + ": " + level_words(cell));
    if (cell.achieved == standard::kHighestLevel) continue;
    const auto rows = assessment.blocking(unit, fr, cell.achieved + 1);
    out += "    blocked from " + std::to_string(cell.achieved + 1) + " by\n";
    append_rows(out, assessment, unit, rows);
  }
}

void append_why(std::string& out, const Shown& shown, size_t unit, std::string_view what) {
  const Assessment& assessment = shown.assessment;
  const assess::Unit& of = assessment.site().units()[unit];
  for (uint16_t i = 0; i < assessment.rows().rows().size(); ++i) {
    const assess::Row& row = assessment.rows().rows()[i];
    const standard::Requirement& requirement = *row.requirement;
    const auto& fr = standard::foundational_requirements()[requirement.fr - 1u];
    const bool asked = requirement.id == what || requirement.base == what || fr.id == what || fr.code == what;
    if (!asked) continue;
    const Cell& cell = assessment.cell(unit, requirement.fr - 1u);
    append_wrapped(out, "", "  ",
                   assess::words_of(assessment.site().plant(), of.scope) + ", " + std::string(fr.code) + " " +
                       cell_text(cell) + ": " + std::string(requirement.id) + " " + std::string(requirement.title) +
                       " is " + std::string(to_text(assessment.row(unit, i))) + " (asked from SL " +
                       std::to_string(row.lowest) + ")");
    for (uint32_t a = row.first; a < row.first + row.count; ++a) append_aspect(out, assessment, unit, a);
    out += '\n';
  }
}

std::string cause_words(const Assessment& assessment, const assess::Cause& cause) {
  if (cause.kind != assess::Cause::Kind::fact) return cause.text;
  const assess::FactKindRow& row = assess::row_of(cause.fact);
  std::string out(cause.holds ? row.so : row.not_so);
  if (!out.empty() && out.back() == '.') out.pop_back();
  out += " (" + assess::words_of(assessment.site().plant(), cause.scope) + ")";
  return cause.text.empty() ? out : out + ": " + cause.text;
}

void append_change(std::string& out, const Shown& shown, const assess::Change& change) {
  const Assessment& assessment = shown.assessment;
  const assess::Unit& of = assessment.site().units()[change.unit];
  append_wrapped(out, day_and_time(assessment.now()) + "  ", "    ",
                 assess::words_of(assessment.site().plant(), of.scope) + " " +
                     std::string(standard::foundational_requirements()[change.fr].code) + " " +
                     achieved(change.before) + " to " + cell_text(change.after) + ": " +
                     cause_words(assessment, change.cause));
}

std::vector<assess::Measured> measured_of(const Shown& shown) {
  std::vector<const assess::Tally*> tallies;
  for (const auto& journal : shown.journals) tallies.push_back(&journal.facts->tally());
  return assess::measure(shown.assessment, tallies, shown.statements);
}

void append_metrics(std::string& out, const Shown& shown) {
  out += "Metrics, " + day_and_time(shown.assessment.now()) + "\n\n";
  for (const assess::Measured& measured : measured_of(shown)) {
    std::string value = "-";
    if (measured.value) {
      value.clear();
      append_number(value, *measured.value);
    }
    const std::string first = padded(measured.metric->id, 5) + padded(measured.metric->title, 40);
    const std::string rest = measured.value
                                 ? value + " " + measured.unit + (measured.of.empty() ? "" : ", " + measured.of)
                                 : "- " + measured.say;
    append_wrapped(out, first, std::string(first.size(), ' '), rest);
  }
}

namespace {

/// append_seen says what was seen of a clause, beside what people state; nothing where nothing was.
void append_seen(std::string& out, const Assessment& assessment, const assess::Practice& practice) {
  std::string text;
  for (const assess::FactKind kind : practice.facts) {
    const assess::Spoken spoken = assess::spoken(assessment, kind);
    if (spoken.holds + spoken.against == 0) continue;
    text += (text.empty() ? ": " : ", ") + std::string(assess::row_of(kind).word) + " " + std::to_string(spoken.holds) +
            " of " + std::to_string(spoken.all);
    if (spoken.against > 0) text += " (" + std::to_string(spoken.against) + " against)";
  }
  if (text.empty()) return;
  append_wrapped(out, "    seen  " + padded(practice.clause->id, 15), std::string(25, ' '),
                 std::string(practice.clause->title) + text);
}

}  // namespace

void append_programmes(std::string& out, const Shown& shown) {
  out +=
      "Programmes: maturity as people state it, 1 to 4, never averaged with levels;\nbeside it what was seen, of how "
      "many parts of the plant, which is no maturity\n";
  for (const std::string_view part : {"2-1", "2-4", "4-1"}) {
    const auto all = assess::practices(part, shown.statements, shown.assessment.now());
    std::array<size_t, 5> counts{};
    for (const assess::Practice& practice : all) ++counts[static_cast<size_t>(practice.maturity)];
    out += "  " + padded(part, 6);
    for (size_t maturity = 4; maturity > 0; --maturity) {
      if (counts[maturity] > 0) out += std::to_string(counts[maturity]) + " at ML " + std::to_string(maturity) + ", ";
    }
    out += std::to_string(counts[0]) + " of " + std::to_string(all.size()) + " nobody has spoken of\n";
    for (const assess::Practice& practice : all) {
      if (practice.maturity == 0) continue;
      append_wrapped(out, "    ML " + std::to_string(practice.maturity) + "  " + padded(practice.clause->id, 12),
                     std::string(22, ' '), practice.clause->title);
    }
    for (const assess::Practice& practice : all) append_seen(out, shown.assessment, practice);
  }
}

void append_steps(std::string& out, const Shown& shown) {
  const Assessment& assessment = shown.assessment;
  size_t number = 0;
  for (const assess::Step& step : assess::steps(assessment, 20)) {
    static constexpr std::string_view kEffort[] = {"", "minutes", "hours", "days", "weeks", "a project"};
    std::string text = assess::doing(assessment, step) + " (" + assess::place_of(assessment, step) + "; " +
                       std::string(kEffort[static_cast<size_t>(step.effort)]) + "): settles " +
                       std::to_string(step.rows) + " rows, lifts " + std::to_string(step.levels) + " levels";
    std::string zones;
    for (const assess::Lift& lift : step.lifts) {
      if (lift.to == lift.from) continue;
      zones += (zones.empty() ? ": " : ", ") +
               assess::words_of(assessment.site().plant(), assessment.site().units()[lift.unit].scope) + " " +
               std::string(standard::foundational_requirements()[lift.fr].code) + " to " + std::to_string(lift.to);
    }
    const std::string first = std::to_string(++number) + ". ";
    append_wrapped(out, first, std::string(first.size(), ' '), text + zones);
  }
}

void append_capability(std::string& out, const Shown& shown, std::string_view asset) {
  const plant::Plant& plant = shown.assessment.site().plant();
  const assess::Capabilities capabilities(shown.assessment);
  out += "SL-C by 4-2, from makers' declarations and what was seen; - is not assessed\n\n";
  append_head(out);
  for (plant::Index i = 0; i < plant.assets.size(); ++i) {
    if (!asset.empty() && plant.assets[i].id.value != asset) continue;
    const auto cells = capabilities.of(i);
    out += padded("asset " + plant.assets[i].id.value, kName);
    for (const auto& cell : cells) {
      const std::string text = cell.assessed ? std::to_string(cell.achieved) : "-";
      out.append(kCell - text.size(), ' ');
      out += text;
    }
    out += '\n';
    if (asset.empty()) continue;
    for (size_t fr = 0; fr < kFrs; ++fr) {
      std::string rows;
      for (const std::string_view row : cells[fr].blocked_by) rows += (rows.empty() ? "" : ", ") + std::string(row);
      if (rows.empty()) continue;
      append_wrapped(out,
                     "  " + padded(standard::foundational_requirements()[fr].code, 4) + "blocked from " +
                         std::to_string(cells[fr].achieved + 1) + " by ",
                     "      ", rows);
    }
  }
}

void append_levels_csv(std::string& out, const Shown& shown) {
  const Assessment& assessment = shown.assessment;
  out += "kind,id,fr,code,achieved,assessed,target,gap,blocked_by\n";
  for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) {
    const assess::Unit& of = assessment.site().units()[unit];
    for (size_t fr = 0; fr < kFrs; ++fr) {
      const Cell& cell = assessment.cell(unit, fr);
      const auto& named = standard::foundational_requirements()[fr];
      out += std::string(to_text(of.scope.kind)) + "," + std::string(assessment.site().id(of)) + "," +
             std::string(named.id) + "," + std::string(named.code) + "," + std::to_string(cell.achieved) + "," +
             (cell.assessed ? "yes" : "no") + "," + std::to_string(cell.target) + "," + std::to_string(cell.gap()) +
             ",";
      std::string rows;
      if (cell.achieved < standard::kHighestLevel) {
        for (const uint16_t row : assessment.blocking(unit, fr, cell.achieved + 1)) {
          rows += (rows.empty() ? "" : ";") + std::string(assessment.rows().rows()[row].requirement->id);
        }
      }
      out += rows + "\n";
    }
  }
}

}  // namespace rampart::apps
