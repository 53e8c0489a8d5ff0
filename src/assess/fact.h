// What is known of a plant, in one form whatever it came from: a fact says of one part of the plant that one thing is
// so, or not so, when that was seen, and of how much of it. The kinds are one table (facts.cpp); a kind is added there.
// Facts are values; nothing here has threads.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "plant/plant.h"

namespace rampart::assess {

using plant::Index;
using plant::kNone;

/// Scope is the part of the plant that a fact is about.
struct Scope {
  enum class Kind : uint8_t { plant, journal, zone, conduit, asset };
  Kind kind = Kind::plant;
  Index index = 0;  // into the plant's vectors; 0 for plant and journal
  auto operator<=>(const Scope&) const = default;
};
std::string_view to_text(Scope::Kind kind);
std::optional<Scope::Kind> parse_scope_kind(std::string_view word);
/// id_of is the id of a scope by the plant; empty for plant and journal.
std::string_view id_of(const plant::Plant& plant, Scope scope);
/// find_scope is the scope of that kind and id; nothing where the plant has none.
std::optional<Scope> find_scope(const plant::Plant& plant, Scope::Kind kind, std::string_view id);

/// FactKind is a place in fact_kinds().
using FactKind = uint16_t;

/// FactKindRow is what there is to know of one kind of fact.
struct FactKindRow {
  std::string_view word;  // "conduit-enforced", the same in records
  Scope::Kind scope;      // what it is said of
  /// state: the newest word counts, whoever says it. sighting: a contrary one counts until it is too old, whatever was
  /// seen well since. any, every: of several who speak for themselves (journals, sensors) the newest word of each
  /// counts, and one of them, or all of them, must say that it holds.
  enum class Nature : uint8_t { state, sighting, any, every } nature;
  std::string_view source;      // traffic policy gateway firewall journal host account pki
  std::string_view so, not_so;  // in a person's words: what it means where it holds, and where it does not
  std::string_view mend;        // what a person does so that it holds
  uint8_t effort;               // of that: 1 minutes, 2 hours, 3 days, 4 weeks, 5 a project
};
std::span<const FactKindRow> fact_kinds();
/// nobody_writes is true of kinds that no program of this project sees: only a person's statement answers their
/// aspects, or evidence by somebody else's program.
bool nobody_writes(const FactKindRow& row);
const FactKindRow& row_of(FactKind kind);
std::optional<FactKind> find_fact_kind(std::string_view word);
/// fact_kind is find_fact_kind for words that the program itself writes. Aborts where there is none.
FactKind fact_kind(std::string_view word);

/// Source is where a fact can be looked up.
struct Source {
  enum class Kind : uint8_t { record, plant, statement };
  Kind kind = Kind::record;
  uint32_t journal = 0;  // record: which of the journals
  uint64_t number = 0;   // record: its number; plant: the line
  uint64_t packet = 0;   // record: number of the packet in its capture; 0: none
  bool operator==(const Source&) const = default;
};

/// Fact: `kind` holds, or does not, of `scope`. One and the same `origin` speaking anew of the same replaces what it
/// said. `text` adds what a person would want to know, with numbers.
struct Fact {
  FactKind kind = 0;
  Scope scope{};
  bool holds = true;
  uint32_t origin = 0;  // 0 is the plant itself; others are numbered by who reads
  TimePoint since{}, time{};
  std::optional<TimePoint> until{};  // counts no more from here on; else as the aspect says
  float share = 1;                   // of the scope that was seen, 0 to 1
  uint64_t count = 1;                // sightings that it stands for
  std::string text{};
  std::vector<Source> sources{};  // at most kMostSources: the first and the newest
};
inline constexpr size_t kMostSources = 8;

}  // namespace rampart::assess
