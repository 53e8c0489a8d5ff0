#include "assess/metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "assess/programmes.h"

namespace rampart::assess {
namespace {

double days(Duration duration) {
  return std::round(std::chrono::duration<double, std::ratio<86'400>>(duration).count() * 10) / 10;
}

/// Count is a share in the making.
struct Count {
  uint64_t part = 0, all = 0;
  std::optional<double> percent() const {
    if (all == 0) return std::nullopt;
    return std::round(1000.0 * static_cast<double>(part) / static_cast<double>(all)) / 10;
  }
};

/// Gauge looks through an assessment once for all metrics that rest on it.
class Gauge {
 public:
  explicit Gauge(const Assessment& assessment) : assessment_(assessment) {
    for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) {
      for (size_t fr = 0; fr < kFrs; ++fr) look(unit, fr);
    }
    std::ranges::sort(ages);
  }

  uint64_t gap = 0, cells = 0;
  Count met, by_machine;
  std::vector<double> ages;  // of the newest evidence of each row that is met

 private:
  void look(size_t unit, size_t fr) {
    const Cell& cell = assessment_.cell(unit, fr);
    gap += cell.gap();
    cells += cell.target > 0 ? 1 : 0;
    for (const uint16_t i : assessment_.rows().of_fr(fr)) {
      if (assessment_.rows().rows()[i].lowest > cell.target) continue;
      const Answer answer = assessment_.row(unit, i);
      if (answer == Answer::not_applicable) continue;
      ++met.all;
      if (!good(answer)) continue;
      ++met.part;
      row(unit, assessment_.rows().rows()[i]);
    }
  }

  void row(size_t unit, const Row& row) {
    ++by_machine.all;
    bool stated = false;
    TimePoint newest{};
    for (uint32_t aspect = row.first; aspect < row.first + row.count; ++aspect) {
      Detail detail;
      stated = assessment_.judge().judge(assessment_.site().units()[unit], aspect, assessment_.now(), &detail).stated ||
               stated;
      for (const Fact* fact : detail.facts) newest = std::max(newest, fact->time);
      for (const Stated* one : detail.statements) newest = std::max(newest, one->statement.made);
    }
    if (!stated) ++by_machine.part;
    if (newest != TimePoint{}) ages.push_back(days(assessment_.now() - newest));
  }

  const Assessment& assessment_;
};

Count unknown_assets(const Assessment& assessment, const std::vector<const Tally*>& tallies) {
  std::set<std::string_view> unknown;
  for (const Tally* tally : tallies) unknown.insert(tally->unknown_addresses.begin(), tally->unknown_addresses.end());
  Count count{unknown.size(), unknown.size()};
  const FactKind heard = fact_kind("asset-heard");
  for (Index i = 0; i < assessment.site().plant().assets.size(); ++i) {
    if (!assessment.facts().of(heard, {Scope::Kind::asset, i}).empty()) ++count.all;
  }
  return count;
}

/// oldest_backup is the age of the oldest verified copy; nothing where an asset has none.
std::optional<double> oldest_backup(const Assessment& assessment) {
  const FactKind kind = fact_kind("backup-verified");
  double oldest = 0;
  for (Index i = 0; i < assessment.site().plant().assets.size(); ++i) {
    const auto standing =
        assessment.facts().standing(kind, {Scope::Kind::asset, i}, assessment.now(), std::chrono::days(3650));
    if (standing.holds == nullptr) return std::nullopt;
    oldest = std::max(oldest, days(assessment.now() - standing.holds->time));
  }
  return oldest;
}

Count essential(const plant::Plant& plant) {
  Count count{0, plant.essential_functions.size()};
  for (Index i = 0; i < plant.essential_functions.size(); ++i) {
    const bool carried = std::ranges::any_of(plant.assets, [&](const plant::Asset& asset) {
      return std::ranges::find(asset.essential, i) != asset.essential.end();
    });
    count.part += carried ? 1 : 0;
  }
  return count;
}

std::string of(uint64_t count, std::string_view what) { return std::to_string(count) + " " + std::string(what); }

}  // namespace

std::vector<Measured> measure(const Assessment& assessment, const std::vector<const Tally*>& tallies,
                              const std::vector<Statement>& statements) {
  const Gauge gauge(assessment);
  std::vector<Measured> out;
  const auto give = [&](std::string_view id, std::optional<double> value, std::string unit, std::string of_what,
                        std::string say) {
    const auto metrics = standard::metrics();
    const auto found = std::ranges::find(metrics, id, &standard::Metric::id);
    Measured measured{&*found, value, std::move(unit), std::move(of_what), {}};
    if (!value) measured.say = std::move(say);
    out.push_back(std::move(measured));
  };
  Count crossed;
  for (const Tally* tally : tallies) {
    crossed.part += tally->crossed_allowed;
    crossed.all += tally->crossed;
  }
  const Count unknown = unknown_assets(assessment, tallies);
  const auto median = gauge.ages.empty() ? std::nullopt : std::optional(gauge.ages[gauge.ages.size() / 2]);
  give("M01", static_cast<double>(gauge.gap), "levels", of(gauge.cells, "cells with a target"), "");
  give("M02", gauge.met.percent(), "%", of(gauge.met.all, "rows asked for"), "no zone has a target");
  give("M03", gauge.by_machine.percent(), "%", of(gauge.by_machine.all, "rows met"), "no row is met");
  give("M04", median, "days", of(gauge.ages.size(), "rows met"), "no row that is met rests on evidence");
  give("M05", crossed.percent(), "%", of(crossed.all, "operations between zones"), "nothing was seen between zones");
  give("M06", unknown.percent(), "%", of(unknown.all, "devices seen"), "no device was seen");
  for (const std::string_view id : {"M07", "M08"}) give(id, {}, "", "", "risks are not recorded");
  for (const std::string_view id : {"M09", "M10", "M11"})
    give(id, {}, "", "", "patches and advisories are not recorded");
  give("M12", oldest_backup(assessment), "days", "the oldest of all assets", "an asset has no copy that was verified");
  int lowest = 5;
  uint64_t said = 0;
  for (const Practice& practice : practices("2-1", statements, assessment.now())) {
    if (practice.maturity == 0) continue;
    lowest = std::min(lowest, practice.maturity);
    ++said;
  }
  give("M13", said == 0 ? std::nullopt : std::optional<double>(lowest), "lowest maturity",
       of(said, "clauses of 2-1 that somebody spoke of"), "nobody has stated a maturity");
  const Count functions = essential(assessment.site().plant());
  give("M14", functions.percent(), "%", of(functions.all, "essential functions"), "no essential function is named");
  return out;
}

}  // namespace rampart::assess
