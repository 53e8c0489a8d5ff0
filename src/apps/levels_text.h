// The levels for people: the table of zones by foundational requirement, why a cell is as it is, what changed. Lines of
// at most 80 columns; colour only where it is wanted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "assess/levels_json.h"
#include "assess/metrics.h"

namespace rampart::apps {

/// append_levels writes the table, then where we stand, what is worst and what to do first.
void append_levels(std::string& out, const assess::Shown& shown, bool colour);
/// append_zone writes one unit's cells and the rows that keep each from its next level.
void append_zone(std::string& out, const assess::Shown& shown, size_t unit);
/// append_why walks from a row ("SR 5.2"), an enhancement or a requirement ("FR5") down to facts and records, for one
/// unit.
void append_why(std::string& out, const assess::Shown& shown, size_t unit, std::string_view what);
/// append_change writes one line: when, where, from what to what, why.
void append_change(std::string& out, const assess::Shown& shown, const assess::Change& change);
/// cause_words is why a cell changed.
std::string cause_words(const assess::Assessment& assessment, const assess::Cause& cause);
/// measured_of are the fourteen metrics of what is shown.
std::vector<assess::Measured> measured_of(const assess::Shown& shown);
/// append_metrics writes the fourteen; append_programmes maturity by group; append_steps the steps, best first;
/// append_capability SL-C of the assets.
void append_metrics(std::string& out, const assess::Shown& shown);
void append_programmes(std::string& out, const assess::Shown& shown);
void append_steps(std::string& out, const assess::Shown& shown);
void append_capability(std::string& out, const assess::Shown& shown, std::string_view asset);
/// append_levels_csv writes a line for each cell.
void append_levels_csv(std::string& out, const assess::Shown& shown);
/// append_wrapped writes `text` in lines of at most 80 columns, the first after `first`, the others after `next`.
void append_wrapped(std::string& out, std::string_view first, std::string_view next, std::string_view text);
std::string day_and_time(TimePoint when);

}  // namespace rampart::apps
