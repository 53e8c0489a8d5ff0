// The tables of IEC 62443 and of MITRE ATT&CK for ICS, compiled in from data/*.csv: identifiers, short titles, our own
// sentences, security levels. All of it is constant data of the program: nothing is built at start-up, every view and
// pointer stays valid for ever, any thread may read. Lookups take identifiers exactly as the tables write them
// ("SR 5.2 RE 1"); search.h reads what people type.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace rampart::standard {

/// Words is a list of identifiers or names inside one row.
using Words = std::span<const std::string_view>;

/// kHighestLevel is the highest security level there is; levels run from 0 (nothing asked) to this.
inline constexpr int kHighestLevel = 4;

/// Component is the type of component that a row of part 4-2 is for. Source: IEC 62443-4-2 clauses 12 to 15.
enum class Component : uint8_t { any, application, embedded, host, network };

/// Confidence says how well public sources agree on the lowest security level of a row: `confirmed` two or more and
/// none differs, `majority` more agree than differ, `disputed` the rest do not outvote a differing one,
/// `single_source` only one covers the row. See data/README.md.
enum class Confidence : uint8_t { confirmed, majority, disputed, single_source };

/// Requirement is a system requirement of part 3-3, a component requirement of part 4-2, or an enhancement of either.
/// Source: IEC 62443-3-3 clauses 5 to 11 and Annex B; IEC 62443-4-2 clauses 5 to 15 and Annex B.
struct Requirement {
  std::string_view id;         // "SR 5.2 RE 1"
  std::string_view base;       // of an enhancement the requirement it enhances, "SR 5.2"; empty otherwise
  std::string_view part;       // "3-3" or "4-2"
  uint8_t fr;                  // 1 to 7
  Component component;         // `any` throughout part 3-3
  std::array<bool, 4> levels;  // required at SL 1, 2, 3, 4
  Confidence confidence;       // in the lowest level
  std::string_view agreeing;   // letters of the sources that agree, "ABD"
  std::string_view differing;  // those that differ and what they say, "C=SL2;D=SL2"
  std::string_view note;       // why the value was chosen where sources differ
  std::string_view title;
  std::string_view summary;

  bool enhancement() const { return !base.empty(); }
  /// required_at is true where a zone of that level needs the row; false at level 0 and outside 1 to 4.
  bool required_at(int level) const {
    return level >= 1 && level <= kHighestLevel && levels[static_cast<size_t>(level - 1)];
  }
  /// lowest_level is the first level that needs the row; 0 where none does.
  int lowest_level() const;
  /// counts_for is true where the row applies to a component of that type.
  bool counts_for(Component type) const { return component == Component::any || component == type; }
};

/// Aspect is one thing that must be so for a row of 3-3 or 4-2 to be met, in this project's own words. `where`: of which
/// part of the plant it is asked ("zone", "conduit", "plant", "journal", "asset", or "asset:" and a class of assets:
/// host, wireless, portable). `fact`: the kind of fact that can show it. `days`: how old a fact may be. `share`: percent
/// of what it is asked of that must have been seen. `check`: who answers it, or "statement": only a person can.
struct Aspect {
  std::string_view id;   // "SR 1.1 RE 1/a"
  std::string_view row;  // "SR 1.1 RE 1"
  std::string_view what;
  std::string_view where;
  std::string_view fact;  // traffic policy gateway firewall journal host account pki statement
  uint16_t days;
  uint8_t share;
  std::string_view check;
};

/// Metric is a number that tells how a plant's security stands. Source: none published; IEC 62443-1-3 is a draft.
struct Metric {
  std::string_view id;  // "M01"
  std::string_view origin;
  std::string_view title;
  std::string_view summary;
  Words inputs;
  std::string_view part;
};

/// Clause is a row of the parts without security levels: 2-1, 2-4, 3-2, 4-1 and the common constraints of 4-2.
/// `kind` is "requirement", "BR", "RE", "area", "spe", "group", "practice" or "constraint"; `group` what it belongs to.
struct Clause {
  std::string_view id;
  std::string_view part;
  std::string_view kind;
  std::string_view group;
  std::string_view title;
  std::string_view summary;
};

/// Part is one document of the series. Source: the public catalogues of IEC and ISA.
struct Part {
  std::string_view id;
  std::string_view title;
  std::string_view edition;
  std::string_view year;
  std::string_view status;
  std::string_view summary;
};

/// Foundational is one of the seven foundational requirements. Source: IEC 62443-1-1 clause 5.3, 3-3 clauses 5 to 11.
struct Foundational {
  uint8_t number;  // 1 to 7, also its position in a vector of levels
  std::string_view id;
  std::string_view code;
  std::string_view title;
  std::string_view summary;
};

/// SecurityLevel is what one level protects against. Source: IEC 62443-3-3 Annex A.
struct SecurityLevel {
  uint8_t level;
  std::string_view means;
  std::string_view resources;
  std::string_view skills;
  std::string_view motivation;
  std::string_view summary;
};

/// Tactic is an attacker's aim. Source: MITRE ATT&CK for ICS.
struct Tactic {
  std::string_view id;
  std::string_view name;
  std::string_view shortname;
};

/// Technique is how an attacker reaches an aim. Source: MITRE ATT&CK for ICS.
struct Technique {
  std::string_view id;
  std::string_view name;
  Words tactics;
  Words mitigations;
  Words assets;
};

/// Mitigation is what answers techniques, with the requirements that MITRE labels it with, unchanged: not all of those
/// labels name a row that exists. Source: MITRE ATT&CK for ICS.
struct Mitigation {
  std::string_view id;
  std::string_view name;
  Words requirements;
};

/// TechniqueRequirement says that a requirement helps against a technique, and through which mitigations.
struct TechniqueRequirement {
  std::string_view technique;
  std::string_view requirement;
  std::string_view part;
  Words mitigations;
};

/// Term is a word of the series in our own words; `see` names related terms. Source: IEC 62443-1-1 clause 3 for the
/// list of words, and the part named; the sentences are this project's.
struct Term {
  std::string_view term;
  std::string_view part;
  std::string_view definition;
  Words see;
};

std::span<const Requirement> system_requirements();     // 3-3, in the order of the standard
std::span<const Requirement> component_requirements();  // 4-2, in the order of the standard
std::span<const Aspect> aspects();            // of 3-3, in the order of its rows
std::span<const Aspect> component_aspects();  // of 4-2
std::span<const Metric> metrics();            // the first row says how part 1-3 stands
std::span<const Clause> clauses();                      // 2-1, 2-4, 3-2, 4-1, 4-2 constraints
std::span<const Part> parts();
std::span<const Foundational> foundational_requirements();
std::span<const SecurityLevel> security_levels();
std::span<const Tactic> tactics();
std::span<const Technique> techniques();
std::span<const Mitigation> mitigations();
std::span<const TechniqueRequirement> technique_requirements();
std::span<const Term> terms();  // in alphabetical order

/// find_* are the row of that identifier, or null.
const Requirement* find_requirement(std::string_view id);
const Aspect* find_aspect(std::string_view id);  // of either table
const Clause* find_clause(std::string_view id);
const Part* find_part(std::string_view id);
const Tactic* find_tactic(std::string_view id);
const Technique* find_technique(std::string_view id);
const Mitigation* find_mitigation(std::string_view id);
const Term* find_term(std::string_view term);
/// find_foundational takes 1 to 7; null otherwise.
const Foundational* find_foundational(int number);
/// find_level takes 0 to 4; null otherwise.
const SecurityLevel* find_level(int level);

/// required_system_requirements are the rows of 3-3 that a zone of that level needs: 37, 60, 90 and 100 at 1 to 4.
/// Source: IEC 62443-3-3 Annex B.
std::vector<const Requirement*> required_system_requirements(int level);
/// required_component_requirements are the rows of 4-2 that a component of that type needs at that level.
/// Source: IEC 62443-4-2 Annex B.
std::vector<const Requirement*> required_component_requirements(Component type, int level);
/// requirements_of are the rows of 3-3 that belong to a foundational requirement, 1 to 7.
std::vector<const Requirement*> requirements_of(int fr);
/// enhancements_of are the enhancements of one requirement, in their order.
std::vector<const Requirement*> enhancements_of(const Requirement& base);
/// aspects_of are the aspects of one row of 3-3 or 4-2.
std::span<const Aspect> aspects_of(std::string_view row);
/// components_for are the base rows of 4-2 with the number of a row of 3-3: "SR 5.2" gives "NDR 5.2". Part 4-2 numbers
/// its requirements after those of 3-3.
std::vector<const Requirement*> components_for(const Requirement& system_requirement);
/// answers_to are the requirements that help against a technique; helped_by the techniques a requirement helps against.
std::vector<const TechniqueRequirement*> answers_to(std::string_view technique);
std::vector<const TechniqueRequirement*> helped_by(std::string_view requirement);

/// name_of is the type of component in words: "any component", "host device".
std::string_view name_of(Component component);

}  // namespace rampart::standard
