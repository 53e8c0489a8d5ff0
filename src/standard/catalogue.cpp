#include "standard/catalogue.h"

#include <algorithm>

namespace rampart::standard {

namespace {

template <typename Row, typename Key>
const Row* find_by(std::span<const Row> rows, Key Row::*column, Key wanted) {
  const auto found = std::ranges::find(rows, wanted, column);
  return found == rows.end() ? nullptr : &*found;
}

template <typename Row, typename Wanted>
void collect(std::span<const Row> rows, std::vector<const Row*>& out, Wanted wanted) {
  for (const Row& row : rows) {
    if (wanted(row)) out.push_back(&row);
  }
}

/// number_of is what stands behind the letters: "5.2" of "SR 5.2".
std::string_view number_of(std::string_view id) {
  const size_t space = id.find(' ');
  return space == std::string_view::npos ? std::string_view() : id.substr(space + 1);
}

}  // namespace

int Requirement::lowest_level() const {
  for (int level = 1; level <= kHighestLevel; ++level) {
    if (required_at(level)) return level;
  }
  return 0;
}

const Requirement* find_requirement(std::string_view id) {
  const Requirement* found = find_by(system_requirements(), &Requirement::id, id);
  return found != nullptr ? found : find_by(component_requirements(), &Requirement::id, id);
}

const Aspect* find_aspect(std::string_view id) {
  const Aspect* found = find_by(aspects(), &Aspect::id, id);
  return found != nullptr ? found : find_by(component_aspects(), &Aspect::id, id);
}
const Clause* find_clause(std::string_view id) { return find_by(clauses(), &Clause::id, id); }
const Part* find_part(std::string_view id) { return find_by(parts(), &Part::id, id); }
const Tactic* find_tactic(std::string_view id) { return find_by(tactics(), &Tactic::id, id); }
const Technique* find_technique(std::string_view id) { return find_by(techniques(), &Technique::id, id); }
const Mitigation* find_mitigation(std::string_view id) { return find_by(mitigations(), &Mitigation::id, id); }
const Term* find_term(std::string_view term) { return find_by(terms(), &Term::term, term); }

const Foundational* find_foundational(int number) {
  const auto rows = foundational_requirements();
  const auto found = std::ranges::find_if(rows, [&](const Foundational& row) { return row.number == number; });
  return found == rows.end() ? nullptr : &*found;
}

const SecurityLevel* find_level(int level) {
  const auto rows = security_levels();
  const auto found = std::ranges::find_if(rows, [&](const SecurityLevel& row) { return row.level == level; });
  return found == rows.end() ? nullptr : &*found;
}

std::vector<const Requirement*> required_system_requirements(int level) {
  std::vector<const Requirement*> out;
  collect(system_requirements(), out, [&](const Requirement& row) { return row.required_at(level); });
  return out;
}

std::vector<const Requirement*> required_component_requirements(Component type, int level) {
  std::vector<const Requirement*> out;
  collect(component_requirements(), out,
          [&](const Requirement& row) { return row.counts_for(type) && row.required_at(level); });
  return out;
}

std::vector<const Requirement*> requirements_of(int fr) {
  std::vector<const Requirement*> out;
  collect(system_requirements(), out, [&](const Requirement& row) { return row.fr == fr; });
  return out;
}

std::vector<const Requirement*> enhancements_of(const Requirement& base) {
  std::vector<const Requirement*> out;
  const auto enhances = [&](const Requirement& row) { return row.base == base.id; };
  collect(system_requirements(), out, enhances);
  collect(component_requirements(), out, enhances);
  return out;
}

std::span<const Aspect> aspects_of(std::string_view row) {
  for (const auto table : {aspects(), component_aspects()}) {
    const auto first = std::ranges::find(table, row, &Aspect::row);
    if (first == table.end()) continue;
    const auto last = std::find_if(first, table.end(), [&](const Aspect& aspect) { return aspect.row != row; });
    return {first, last};
  }
  return {};
}

std::vector<const Requirement*> components_for(const Requirement& system_requirement) {
  const std::string_view id = system_requirement.enhancement() ? system_requirement.base : system_requirement.id;
  std::vector<const Requirement*> out;
  collect(component_requirements(), out,
          [&](const Requirement& row) { return !row.enhancement() && number_of(row.id) == number_of(id); });
  return out;
}

std::vector<const TechniqueRequirement*> answers_to(std::string_view technique) {
  std::vector<const TechniqueRequirement*> out;
  collect(technique_requirements(), out, [&](const TechniqueRequirement& row) { return row.technique == technique; });
  return out;
}

std::vector<const TechniqueRequirement*> helped_by(std::string_view requirement) {
  std::vector<const TechniqueRequirement*> out;
  collect(technique_requirements(), out,
          [&](const TechniqueRequirement& row) { return row.requirement == requirement; });
  return out;
}

std::string_view name_of(Component component) {
  switch (component) {
    case Component::any:
      return "any component";
    case Component::application:
      return "software application";
    case Component::embedded:
      return "embedded device";
    case Component::host:
      return "host device";
    case Component::network:
      return "network device";
  }
  return {};
}

}  // namespace rampart::standard
