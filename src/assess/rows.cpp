#include "assess/rows.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "standard/csv.h"

namespace rampart::assess {
namespace {

AssetClass parse_class(std::string_view word) {
  if (word == "host") return AssetClass::host;
  if (word == "wireless") return AssetClass::wireless;
  if (word == "portable") return AssetClass::portable;
  return AssetClass::any;
}

Asked ready(const standard::Aspect& aspect, size_t row) {
  Asked asked;
  asked.aspect = &aspect;
  if (const auto check = find_check(aspect.check)) asked.check = &checks()[*check];
  const size_t colon = aspect.where.find(':');
  asked.where = parse_scope_kind(aspect.where.substr(0, colon)).value_or(Scope::Kind::zone);
  if (colon != std::string_view::npos) asked.asked_of = parse_class(aspect.where.substr(colon + 1));
  asked.fresh = std::chrono::days(aspect.days);
  asked.share = static_cast<float>(aspect.share) / 100.0f;
  asked.row = static_cast<uint16_t>(row);
  return asked;
}

void note(std::vector<std::vector<uint32_t>>& by_kind, FactKind kind, uint32_t aspect) {
  auto& list = by_kind[kind];
  if (list.empty() || list.back() != aspect) list.push_back(aspect);
}

}  // namespace

std::vector<OwnCell> read_overlay(std::string_view csv, const std::string& file) {
  const standard::CsvTable table = standard::parse_csv(csv);
  const auto fail = [&](size_t line, std::string what, std::string hint) {
    Problem problem{
        .file = file, .mark = {static_cast<uint32_t>(line), 1}, .what = std::move(what), .hint = std::move(hint)};
    throw FileError({std::move(problem)});
  };
  if (!table.ok()) fail(table.error_line, table.error, "lines are: row,lowest,why");
  std::vector<OwnCell> cells;
  for (size_t i = 1; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    if (row.size() < 2) fail(i + 1, "a row and its lowest level are needed", "write: SR 3.4,1,as printed in 2013");
    if (standard::find_requirement(row[0]) == nullptr) {
      fail(i + 1, "\"" + row[0] + "\" is no row of 3-3 or 4-2", "`rampart standard` knows them: SR 5.2 RE 1");
    }
    const auto level = parse_number(row[1]);
    if (!level || *level < 1 || *level > 5) {
      fail(i + 1, "\"" + row[1] + "\" is no level", "1 to 4, or 5 where no level asks for the row");
    }
    cells.push_back({row[0], static_cast<int>(*level), row.size() > 2 ? row[2] : ""});
  }
  return cells;
}

Rows::Rows(std::span<const standard::Requirement> requirements, std::vector<OwnCell> own) : own_(std::move(own)) {
  by_kind_.resize(fact_kinds().size());
  const FactKind heard = fact_kind("asset-heard");
  for (const standard::Requirement& requirement : requirements) {
    Row row{&requirement, requirement.lowest_level(), nullptr, static_cast<uint32_t>(aspects_.size()), 0};
    const auto cell = std::ranges::find(own_, requirement.id, &OwnCell::row);
    if (cell != own_.end()) {
      row.own = &*cell;
      row.lowest = cell->lowest;
    }
    for (const standard::Aspect& aspect : standard::aspects_of(requirement.id)) {
      const auto place = static_cast<uint32_t>(aspects_.size());
      aspects_.push_back(ready(aspect, rows_.size()));
      const Asked& asked = aspects_.back();
      ++row.count;
      std::vector<FactKind> absent = unless_empty(asked);
      if (asked.check != nullptr) {
        for (const auto& need : asked.check->needs) {
          for (const FactKind kind : need) note(by_kind_, kind, place);
        }
        for (const FactKind kind : asked.check->against) note(by_kind_, kind, place);
        absent.insert(absent.end(), asked.check->unless.begin(), asked.check->unless.end());
      }
      for (const FactKind kind : absent) note(by_kind_, kind, place);
      if (!absent.empty()) note(by_kind_, heard, place);
    }
    by_fr_[requirement.fr - 1u].push_back(static_cast<uint16_t>(rows_.size()));
    rows_.push_back(row);
  }
}

std::vector<uint32_t> Rows::called(std::string_view aspect_or_row) const {
  std::vector<uint32_t> out;
  for (uint32_t i = 0; i < aspects_.size(); ++i) {
    const standard::Aspect& aspect = *aspects_[i].aspect;
    if (aspect.id == aspect_or_row || aspect.row == aspect_or_row) out.push_back(i);
  }
  return out;
}

std::vector<FactKind> unless_empty(const Asked& asked) {
  if (asked.where == Scope::Kind::conduit) return {fact_kind("no-boundary")};
  if (asked.where != Scope::Kind::asset) return {};
  switch (asked.asked_of) {
    case AssetClass::any:
      return {fact_kind("inventory-reviewed")};
    case AssetClass::host:
      return {fact_kind("no-host")};
    case AssetClass::wireless:
      return {fact_kind("no-wireless")};
    case AssetClass::portable:
      return {fact_kind("no-portable")};
  }
  return {};
}

}  // namespace rampart::assess
