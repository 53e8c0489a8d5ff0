#include "assess/checks_page.h"

#include <algorithm>
#include <set>

#include "assess/rows.h"

namespace rampart::assess {
namespace {

std::string joined(const std::vector<FactKind>& kinds, std::string_view between) {
  std::string out;
  for (const FactKind kind : kinds) {
    out += out.empty() ? "" : between;
    out += "`" + std::string(row_of(kind).word) + "`";
  }
  return out;
}

/// bearing says which facts an aspect is answered by, in one cell of a table.
std::string bearing(const Asked& asked) {
  if (asked.check == nullptr) return "only a statement";
  std::string out;
  for (const auto& need : asked.check->needs) out += (out.empty() ? "" : ", ") + joined(need, " or ");
  if (!asked.check->against.empty()) out += "; against it: " + joined(asked.check->against, ", ");
  if (!asked.check->unless.empty()) out += "; not applicable where " + joined(asked.check->unless, ", ");
  return out;
}

void append_table(std::string& out, const Rows& rows) {
  for (const Row& row : rows.rows()) {
    const standard::Requirement& of = *row.requirement;
    out += "\n### " + std::string(of.id) + " " + std::string(of.title) + "\n\nFrom SL " +
           std::to_string(of.lowest_level()) +
           ".\n\n| aspect | what must be so | where | by | days | share | facts |\n" +
           "|---|---|---|---|---:|---:|---|\n";
    for (uint32_t i = row.first; i < row.first + row.count; ++i) {
      const Asked& asked = rows.aspects()[i];
      const standard::Aspect& aspect = *asked.aspect;
      out += "| " + std::string(aspect.id.substr(aspect.row.size() + 1)) + " | " + std::string(aspect.what) + " | " +
             std::string(aspect.where) + " | " + std::string(aspect.fact) + " | " + std::to_string(aspect.days) +
             " | " + std::to_string(aspect.share) + " % | " + bearing(asked) + " |\n";
    }
  }
}

/// append_counts says of how many rows facts answer something, and of how many everything.
void append_counts(std::string& out, const Rows& rows) {
  size_t aspects = 0, checked = 0, requirements = 0, by_machine = 0, wholly = 0;
  for (const Row& row : rows.rows()) {
    bool any = false, all = true;
    for (uint32_t i = row.first; i < row.first + row.count; ++i) {
      ++aspects;
      const bool machine = rows.aspects()[i].check != nullptr;
      checked += machine ? 1 : 0;
      any = any || machine;
      all = all && machine;
    }
    if (row.requirement->enhancement()) continue;
    ++requirements;
    by_machine += any ? 1 : 0;
    wholly += all ? 1 : 0;
  }
  out += std::to_string(rows.rows().size()) + " rows, " + std::to_string(aspects) + " aspects, " +
         std::to_string(checked) + " of them answered by facts and " + std::to_string(aspects - checked) +
         " by statements alone. Of the " + std::to_string(requirements) + " base requirements, " +
         std::to_string(by_machine) + " have an aspect that is answered by facts, " + std::to_string(wholly) +
         " only such.\n";
}

void append_kinds(std::string& out) {
  out +=
      "\n## Kinds of facts\n\nA state is as its newest word says. Of sightings a contrary one counts until it is too "
      "old, whatever was seen well since. Of what several speak for themselves (journals, sensors), the newest word of "
      "each counts, and any of them, or every one, must say that it holds. What to do is what `--steps` and `--why` "
      "say; "
      "words in capitals are to be filled in.\n\n| fact | of | source | nature | it means | else | what to do "
      "|\n|---|---|---|---|---|---|---|\n";
  for (const FactKindRow& row : fact_kinds()) {
    static constexpr std::string_view kNatures[] = {"state", "sighting", "any", "every"};
    out += "| `" + std::string(row.word) + "` | " + std::string(to_text(row.scope)) + " | " + std::string(row.source) +
           " | " + std::string(kNatures[static_cast<size_t>(row.nature)]) + " | " + std::string(row.so) + " | " +
           std::string(row.not_so) + " | " + std::string(row.mend) +
           (nobody_writes(row) ? "; no program sees that yet: state it" : "") + " |\n";
  }
}

}  // namespace

void append_checks_page(std::string& out) {
  const Rows system(standard::system_requirements(), {});
  const Rows component(standard::component_requirements(), {});
  out +=
      "# Checks\n\nWritten by `rampart levels --checks`; a test holds this page against the program. Which facts bear "
      "on "
      "which aspect of which row, how fresh they must be, and of how much of what is asked. An aspect without facts is "
      "answered by a person's statement, with a document and an end, or it is not assessed. Any aspect may be stated "
      "where nothing was seen against it. The sentences are this project's, not the standard's.\n\nGateway, firewall "
      "and pki facts are records of kind `evidence` that `rampart guard`, `rampart firewall --watch` and `rampart pki` "
      "write to their journals. Account and host facts no program of this project writes yet: a person states their "
      "aspects, or another program writes such evidence; else they are not assessed.\n\n## 3-3: ";
  append_counts(out, system);
  append_table(out, system);
  out += "\n## 4-2: ";
  append_counts(out, component);
  append_table(out, component);
  append_kinds(out);
}

}  // namespace rampart::assess
