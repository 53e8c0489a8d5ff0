#include "apps/standard_pages.h"

#include <algorithm>
#include <initializer_list>

#include "base/text.h"

namespace rampart::apps {

namespace {

using namespace rampart::standard;

constexpr size_t kIdColumn = 18;    // where the text of a row begins
constexpr size_t kMarkColumn = 28;  // where it begins behind four marks
constexpr size_t kTermHits = 8;

std::string join(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view part : parts) out += part;
  return out;
}

/// unbroken keeps an identifier on one line.
std::string unbroken(std::string_view id) {
  std::string out(id);
  std::ranges::replace(out, ' ', Page::kUnbroken);
  return out;
}

/// listed writes words as people list them: "A, B and C".
std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " and " : ", ";
    out += unbroken(words[i]);
  }
  return out;
}

std::string counted(size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string with_code(const Foundational& fr) { return join({fr.id, " ", fr.title, " (", fr.code, ")"}); }

/// row writes one requirement with a mark under each level that needs it.
void row(Page& page, const Requirement& requirement, std::string_view more = "") {
  std::string label = "  " + std::string(requirement.id);
  label.resize(std::max(label.size() + 1, kIdColumn), ' ');
  for (int level = 1; level <= kHighestLevel; ++level) label += requirement.required_at(level) ? "x " : ". ";
  page.entry(label, kMarkColumn, join({requirement.title, more}));
}

void mark_heading(Page& page, std::string text) {
  text.resize(std::max(text.size() + 1, kIdColumn), ' ');
  page.heading(text + "1 2 3 4");
}

void write_confidence(Page& page, const Requirement& requirement) {
  std::vector<std::string> agreeing;
  for (const char source : requirement.agreeing) agreeing.emplace_back(1, source);
  const std::string level = unbroken("SL ") + std::to_string(requirement.lowest_level());
  std::string others;
  for (const std::string_view said : split(requirement.differing, ';')) {
    const size_t equals = said.find("=SL");
    if (equals == std::string_view::npos) continue;
    others +=
        join({others.empty() ? "" : ", ", said.substr(0, equals), " says ", unbroken("SL "), said.substr(equals + 3)});
  }
  const std::string source =
      agreeing.size() == 1 ? "source " + listed(agreeing) + " says " : "sources " + listed(agreeing) + " agree on ";
  page.heading("How sure is the level");
  switch (requirement.confidence) {
    case Confidence::confirmed:
      page.text("Confirmed: " + source + level + " as the lowest, none differs.");
      break;
    case Confidence::majority:
      page.text("By majority: " + source + level + " as the lowest; " + others + ".");
      break;
    case Confidence::disputed:
      page.text("Disputed: " + source + level + " as the lowest; " + others + ".");
      break;
    case Confidence::single_source:
      page.text("One source only: " + source + level + ".");
      break;
  }
  if (!requirement.note.empty()) page.text(join({"Note: ", requirement.note, "."}));
  page.text("The sources stand in data/README.md; the standard itself decides.");
}

void write_techniques(Page& page, const Requirement& requirement) {
  const auto helped = helped_by(requirement.id);
  page.heading("ATT&CK for ICS techniques it helps against");
  if (helped.empty()) return page.text("None by MITRE's labels, which name only some of the requirements.");
  for (const TechniqueRequirement* link : helped) {
    std::vector<std::string> via(link->mitigations.begin(), link->mitigations.end());
    const Technique* technique = find_technique(link->technique);
    page.entry(join({"  ", link->technique}), kIdColumn,
               join({technique == nullptr ? "" : technique->name, ", through ", listed(via)}));
  }
}

/// write_related writes the rows of the other part that carry the same number.
void write_related(Page& page, const Requirement& requirement) {
  if (requirement.part == "3-3") {
    const auto components = components_for(requirement);
    if (components.empty()) return page.heading("For components: part 4-2 has no row of this number.");
    mark_heading(page, "For components");
    for (const Requirement* component : components)
      row(page, *component, join({" (", name_of(component->component), ")"}));
    return;
  }
  const std::string_view base = requirement.enhancement() ? requirement.base : requirement.id;
  const Requirement* system = find_requirement(join({"SR", base.substr(base.find(' '))}));
  if (system == nullptr) return page.heading("For systems: part 3-3 has no row of this number.");
  mark_heading(page, "For systems");
  row(page, *system);
}

struct Writer {
  Page& page;

  void operator()(const Requirement* requirement) const {
    const Foundational* fr = find_foundational(requirement->fr);
    page.entry(requirement->id, requirement->id.size() + 2, requirement->title);
    page.text(join({"IEC 62443-", requirement->part, ", ", fr == nullptr ? "" : with_code(*fr),
                    requirement->part == "4-2" ? ", " : "",
                    requirement->part == "4-2" ? name_of(requirement->component) : ""}));
    page.heading("");
    page.text(requirement->summary);
    mark_heading(page, "Required at SL");
    if (requirement->enhancement()) {
      if (const Requirement* base = find_requirement(requirement->base)) row(page, *base);
    }
    row(page, *requirement);
    for (const Requirement* enhancement : enhancements_of(*requirement)) {
      row(page, *enhancement);
      page.entry("", kMarkColumn, enhancement->summary);
    }
    write_related(page, *requirement);
    write_techniques(page, *requirement);
    write_confidence(page, *requirement);
  }

  void operator()(const Clause* clause) const {
    page.entry(clause->id, clause->id.size() + 2, clause->title);
    std::string from = join({"IEC 62443-", clause->part, ", ", clause->kind});
    if (!clause->group.empty() && clause->group != clause->id) from += join({", ", clause->group});
    page.text(from);
    page.heading("");
    page.text(clause->summary);
    bool first = true;
    for (const Clause& member : clauses()) {
      const bool inside = clause->kind == "group" ? member.id.starts_with(join({clause->id, "."}))
                                                  : member.group == clause->id && member.id != clause->id;
      if (!inside || member.part != clause->part) continue;
      if (first) page.heading("Holds");
      first = false;
      page.entry(join({"  ", member.id}), kIdColumn, member.title);
    }
  }

  void operator()(const Part* part) const {
    page.entry(join({"IEC 62443-", part->id}), 15, part->title);
    page.text(join(
        {part->status, part->edition.empty() ? "" : ", ", part->edition, part->year.empty() ? "" : ", ", part->year}));
    page.heading("");
    page.text(part->summary);
    const auto requirements = part->id == "3-3"   ? system_requirements()
                              : part->id == "4-2" ? component_requirements()
                                                  : std::span<const Requirement>();
    if (!requirements.empty()) mark_heading(page, "Required at SL");
    for (const Requirement& requirement : requirements) row(page, requirement);
    bool first = true;
    for (const Clause& clause : clauses()) {
      if (clause.part != part->id) continue;
      if (first) page.heading(requirements.empty() ? "Rows" : "At every level");
      first = false;
      page.entry(join({"  ", clause.id}), kIdColumn, clause.title);
    }
    if (first) page.heading("No table of this part is compiled in.");
  }

  void operator()(const Foundational* fr) const {
    page.entry(fr->id, 5, join({fr->title, " (", fr->code, "), place ", std::to_string(fr->number), " in a vector"}));
    page.heading("");
    page.text(fr->summary);
    mark_heading(page, "Required at SL");
    for (const Requirement* requirement : requirements_of(fr->number)) row(page, *requirement);
  }

  void operator()(const SecurityLevel* level) const;

  void operator()(const Tactic* tactic) const {
    page.entry(tactic->id, tactic->id.size() + 2, tactic->name);
    page.text("ATT&CK for ICS, tactic");
    page.heading("Techniques");
    for (const Technique& technique : techniques()) {
      if (std::ranges::count(technique.tactics, tactic->id) == 0) continue;
      page.entry(join({"  ", technique.id}), kIdColumn, technique.name);
    }
  }

  void operator()(const Technique* technique) const {
    page.entry(technique->id, technique->id.size() + 2, technique->name);
    std::vector<std::string> aims;
    for (const std::string_view id : technique->tactics) {
      if (const Tactic* tactic = find_tactic(id)) aims.push_back(join({tactic->name, " (", id, ")"}));
    }
    page.text("ATT&CK for ICS, technique of " + listed(aims));
    page.heading("Mitigations");
    for (const std::string_view id : technique->mitigations) {
      if (const Mitigation* mitigation = find_mitigation(id)) page.entry(join({"  ", id}), kIdColumn, mitigation->name);
    }
    const auto answers = answers_to(technique->id);
    page.heading("Requirements that help, by MITRE's labels");
    if (answers.empty()) page.text("None named.");
    for (const TechniqueRequirement* answer : answers) {
      const Requirement* requirement = find_requirement(answer->requirement);
      std::vector<std::string> via(answer->mitigations.begin(), answer->mitigations.end());
      page.entry(
          join({"  ", answer->requirement}), kIdColumn,
          join({requirement == nullptr ? "no such row in part 4-2" : requirement->title, ", through ", listed(via)}));
    }
  }

  void operator()(const Mitigation* mitigation) const {
    page.entry(mitigation->id, mitigation->id.size() + 2, mitigation->name);
    page.text("ATT&CK for ICS, mitigation");
    page.heading("Requirements, by MITRE's labels");
    if (mitigation->requirements.empty()) page.text("None named.");
    for (const std::string_view id : mitigation->requirements) {
      const Requirement* requirement = find_requirement(id);
      page.entry(join({"  ", id}), kIdColumn, requirement == nullptr ? "no such row in part 4-2" : requirement->title);
    }
    page.heading("Techniques it answers");
    bool none = true;
    for (const Technique& technique : techniques()) {
      if (std::ranges::count(technique.mitigations, mitigation->id) == 0) continue;
      none = false;
      page.entry(join({"  ", technique.id}), kIdColumn, technique.name);
    }
    if (none) page.text("None.");
  }

  void operator()(const Term* term) const {
    page.entry(term->term, 2, "");
    page.text(term->definition);
    std::vector<std::string> related(term->see.begin(), term->see.end());
    page.heading(join({"A word of IEC 62443-", term->part, " in our own sentence.",
                       related.empty() ? "" : " See also: ", listed(related), related.empty() ? "" : "."}));
    auto hits = search(term->term, kTermHits + 1);
    std::erase(hits, Entry(term));
    if (hits.empty()) return;
    page.heading("Where it comes up");
    write_hits(page, hits);
  }
};

/// write_new writes the rows of 3-3 that a level adds to the one below it.
void write_new(Page& page, int level, const std::vector<const Requirement*>& required) {
  page.heading("New at SL " + std::to_string(level));
  for (const Requirement* requirement : required) {
    if (requirement->lowest_level() == level) page.entry(join({"  ", requirement->id}), kIdColumn, requirement->title);
  }
  if (level == 1) return;
  page.heading("Already needed below");
  for (const Foundational& fr : foundational_requirements()) {
    std::string ids;
    for (const Requirement* requirement : required) {
      if (requirement->fr != fr.number || requirement->lowest_level() == level) continue;
      ids += join({ids.empty() ? "" : ", ", unbroken(requirement->id)});
    }
    page.entry(join({"  ", fr.id}), 7, ids);
  }
}

void Writer::operator()(const SecurityLevel* level) const {
  const int number = level->level;
  page.entry("SL " + std::to_string(number), 6, level->summary);
  if (number == 0) return;
  std::string against = join({"Against violation by ", level->means, " means"});
  if (!level->resources.empty()) {
    against +=
        join({", ", level->resources, " resources, ", level->skills, " skills, ", level->motivation, " motivation"});
  }
  page.text(number == 1 ? join({"Against ", level->means, " violation"}) : against);
  const auto required = required_system_requirements(number);
  const size_t below = required_system_requirements(number - 1).size();
  page.heading(join({"A zone at SL ", std::to_string(number), " needs ", std::to_string(required.size()), " of ",
                     std::to_string(system_requirements().size()), " rows of IEC 62443-3-3, ",
                     std::to_string(required.size() - below), " of them new."}));
  page.heading("Rows of IEC 62443-4-2 that a component needs");
  for (const Component type : {Component::application, Component::embedded, Component::host, Component::network}) {
    page.entry(join({"  ", name_of(type)}), 24, counted(required_component_requirements(type, number).size(), "row"));
  }
  write_new(page, number, required);
}

}  // namespace

void Page::entry(std::string_view label, size_t indent, std::string_view text) {
  std::string line(label);
  const size_t room = kWidth - indent;
  bool first = true;
  do {
    line.resize(first ? std::max(indent, label.empty() ? indent : label.size() + 1) : indent, ' ');
    const size_t free = first ? kWidth - line.size() : room;
    size_t end = text.size();
    if (end > free) {
      end = text.rfind(' ', free);
      if (end == std::string_view::npos || end == 0) end = std::min(text.find(' '), text.size());
    }
    line += text.substr(0, end);
    text = trim(text.substr(end));
    while (line.ends_with(' ')) line.pop_back();
    std::ranges::replace(line, kUnbroken, ' ');
    out_ += line + "\n";
    line.clear();
    first = false;
  } while (!text.empty());
}

void Page::heading(std::string_view text) {
  out_ += '\n';
  if (!text.empty()) entry("", 0, text);
}

void write_page(Page& page, const Entry& entry) { std::visit(Writer{page}, entry); }

void write_hits(Page& page, const std::vector<Entry>& entries) {
  size_t widest = 0;
  for (const Entry& entry : entries) widest = std::max(widest, id_of(entry).size());
  const size_t indent = std::min<size_t>(widest + 4, 30);
  for (const Entry& entry : entries) {
    const bool term = std::holds_alternative<const Term*>(entry);
    const bool level = std::holds_alternative<const SecurityLevel*>(entry);
    page.entry(join({"  ", id_of(entry)}), indent, term || level ? text_of(entry) : title_of(entry));
  }
}

}  // namespace rampart::apps
