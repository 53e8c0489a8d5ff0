// Numbers beside the levels: the fourteen metrics of data/iec62443_1_3_metrics.csv. Pure.
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

}  // namespace rampart::assess
