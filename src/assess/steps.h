// What to do first: single steps, what each would lift, and which of the catalogue's doubtful cells decide. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "assess/assessment.h"

namespace rampart::assess {

/// Lift is what a step does to one cell: to which level, and how many of the rows that keep it from the next one it
/// settles; `left` are those that remain.
struct Lift {
  size_t unit = 0, fr = 0;
  int from = 0, to = 0;
  size_t rows = 0, left = 0;
};

/// Step is one thing that somebody could do: make a kind of fact hold, of one part of the plant or of all that lack it;
/// or answer an aspect that only a person can, for the whole plant.
struct Step {
  std::optional<FactKind> kind;  // nothing: `aspect` is to be stated
  uint32_t aspect = 0;
  std::optional<Scope> scope;       // nothing: everywhere
  std::vector<Scope> where;         // the parts that lack it
  std::vector<uint32_t> aspects{};  // that it settles somewhere
  int effort = 1;
  int levels = 0;           // by how much it lifts, in all cells
  size_t rows = 0;          // of those that keep cells from their next level, settled
  std::vector<Lift> lifts;  // cells, by unit and FR
  double worth() const { return (levels * 100.0 + static_cast<double>(rows)) / effort; }
};
/// steps are the single steps towards the targets, the most worth first, at most `most`.
std::vector<Step> steps(const Assessment& assessment, size_t most = 50);
/// doing is what a step asks for, in words: "review each rule ..."; place_of where. PLANT, DIR, NAME and other words in
/// capitals are for the reader to fill in.
std::string doing(const Assessment& assessment, const Step& step);
std::string place_of(const Assessment& assessment, const Step& step);
/// step_of is the kind of fact whose step makes `missing` hold too: what a monitor with a journal brings along where it
/// is only unseen, and of kinds that the same work mends the first.
FactKind step_of(const Missing& missing);
/// mending is what makes a kind of fact hold; of what no program sees, with how `aspect` is stated of `where`.
std::string mending(FactKind kind, std::string_view aspect, std::string_view where);
/// stating is the command by which a person answers for an aspect.
std::string stating(std::string_view aspect, std::string_view where);
/// words_of is a scope in words: "plant", "zone control".
std::string words_of(const plant::Plant& plant, Scope scope);

/// Dispute: public sources give a row another lowest level, and with that a cell would reach another.
struct Dispute {
  uint16_t row = 0;
  int lowest = 0, other = 0, level_then = 0;
};
std::vector<Dispute> disputes(const Assessment& assessment, size_t unit, size_t fr);

}  // namespace rampart::assess
