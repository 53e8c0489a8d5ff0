// The rows and aspects of a part of the standard, made ready for the judge: words turned into numbers, a licensed
// user's own cells laid over the catalogue's. Immutable once made.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "assess/checks.h"
#include "assess/site.h"
#include "standard/catalogue.h"

namespace rampart::assess {

inline constexpr size_t kFrs = 7;

/// OwnCell: a row's lowest level as somebody with the standard at hand read it.
struct OwnCell {
  std::string row;
  int lowest = 0;  // 1 to 4; 5: no level asks for it
  std::string why;
};
/// read_overlay reads lines `row,lowest level,why` after that header, as CSV. Errors: throws FileError with the line.
std::vector<OwnCell> read_overlay(std::string_view csv, const std::string& file);

/// Asked is an aspect as the judge takes it.
struct Asked {
  const standard::Aspect* aspect = nullptr;
  const Check* check = nullptr;  // null: only a person answers
  Scope::Kind where{};
  AssetClass asked_of = AssetClass::any;
  Duration fresh{};
  float share = 1;
  uint16_t row = 0;
};

struct Row {
  const standard::Requirement* requirement = nullptr;
  int lowest = 0;  // level that first asks for it, own cells laid over
  const OwnCell* own = nullptr;
  uint32_t first = 0, count = 0;  // aspects
};

class Rows {
 public:
  Rows(std::span<const standard::Requirement> requirements, std::vector<OwnCell> own);
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  const std::vector<Row>& rows() const { return rows_; }
  const std::vector<Asked>& aspects() const { return aspects_; }
  const std::vector<uint16_t>& of_fr(size_t fr) const { return by_fr_[fr]; }  // fr counts from 0
  /// bearing are the aspects whose answer a fact of the kind can change; aspects_called those that a statement of that
  /// word speaks of: one aspect, or all of a row.
  const std::vector<uint32_t>& bearing(FactKind kind) const { return by_kind_[kind]; }
  std::vector<uint32_t> called(std::string_view aspect_or_row) const;
  const std::vector<OwnCell>& own() const { return own_; }

 private:
  std::vector<OwnCell> own_;
  std::vector<Row> rows_;
  std::vector<Asked> aspects_;
  std::array<std::vector<uint16_t>, kFrs> by_fr_;
  std::vector<std::vector<uint32_t>> by_kind_;
};

/// unless_of is the kind of fact that says that there is nothing of which `asked` could be asked: no host in the zone.
/// Nothing where an empty list says nothing.
std::vector<FactKind> unless_empty(const Asked& asked);

}  // namespace rampart::assess
