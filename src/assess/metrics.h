// Numbers beside the levels: the fourteen metrics of data/iec62443_1_3_metrics.csv, and the programmes of 2-1, 2-4 and
// 4-1 with the maturity that people state. Maturity stands beside levels and is never averaged, not even with itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assess/assessment.h"
#include "assess/record_facts.h"

namespace rampart::assess {

/// Measured is a metric's value, or why there is none.
struct Measured {
  const standard::Metric* metric = nullptr;
  std::optional<double> value{};
  std::string unit{};  // "levels", "%", "days"
  std::string of{};    // what it is of: "34 cells"
  std::string say{};   // where there is no value: why
};
/// measure gives all fourteen, in their order. `tallies` are those of the journals read.
std::vector<Measured> measure(const Assessment& assessment, const std::vector<const Tally*>& tallies,
                              const std::vector<Statement>& statements);

/// Practice is one clause of a programme: what somebody stated of it, and which kinds of facts speak of it too.
struct Practice {
  const standard::Clause* clause = nullptr;
  int maturity = 0;  // 0: nobody has said
  const Statement* statement = nullptr;
  std::vector<FactKind> facts;
};
/// practices are the clauses of "2-1", "2-4" or "4-1" that ask for something, in their order.
std::vector<Practice> practices(std::string_view part, const std::vector<Statement>& statements, TimePoint now);

}  // namespace rampart::assess
