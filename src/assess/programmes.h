// The programmes of 2-1, 2-4 and 4-1: the maturity that people state of each clause, and beside it what was seen of it.
// Maturity stands beside levels and is never averaged, not even with itself; what was seen never becomes one. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "assess/assessment.h"

namespace rampart::assess {

/// Practice is one clause of a programme: what somebody stated of it, and which kinds of facts speak of it too.
struct Practice {
  const standard::Clause* clause = nullptr;
  int maturity = 0;  // 0: nobody has said
  const Statement* statement = nullptr;
  std::vector<FactKind> facts;
};
/// practices are the clauses of "2-1", "2-4" or "4-1" that ask for something, in their order.
std::vector<Practice> practices(std::string_view part, const std::vector<Statement>& statements, TimePoint now);

/// Spoken is of how many parts of the plant a kind of fact holds, and of how many it does not, no older than a year.
struct Spoken {
  size_t holds = 0, against = 0, all = 0;
};
Spoken spoken(const Assessment& assessment, FactKind kind);

}  // namespace rampart::assess
