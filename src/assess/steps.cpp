#include "assess/steps.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace rampart::assess {
namespace {

/// Key names a step before it is known what it brings. Of assets, those of one zone are one place.
struct Key {
  bool stated = false;
  uint32_t what = 0;  // kind of fact, or aspect
  bool everywhere = false;
  Scope scope{};
  auto operator<=>(const Key&) const = default;
};

struct Found {
  std::set<Scope> where;
  std::map<size_t, std::vector<uint32_t>> settles;  // unit to aspects
};

/// Finder goes through all aspects that keep cells from their next level.
class Finder {
 public:
  explicit Finder(const Assessment& assessment) : assessment_(assessment) {}

  std::vector<Step> find() {
    for (size_t unit = 0; unit < units().size(); ++unit) {
      for (size_t fr = 0; fr < kFrs; ++fr) cell(unit, fr);
    }
    std::vector<Step> out;
    for (const auto& [key, found] : found_) {
      if (key.everywhere && found.where.size() < 2) continue;  // the same as the step of its one place
      out.push_back(step(key, found));
      if (out.back().rows == 0) out.pop_back();
    }
    return out;
  }

 private:
  const std::vector<Unit>& units() const { return assessment_.site().units(); }

  void cell(size_t unit, size_t fr) {
    const Cell& cell = assessment_.cell(unit, fr);
    if (cell.gap() == 0) return;
    // Also of rows of higher levels: a step may lift by more than one.
    for (const uint16_t i : assessment_.blocking(unit, fr, standard::kHighestLevel)) {
      const Row& row = assessment_.rows().rows()[i];
      for (uint32_t aspect = row.first; aspect < row.first + row.count; ++aspect) {
        if (!good(assessment_.answer(unit, aspect).answer)) lacking(unit, aspect);
      }
    }
  }

  void lacking(size_t unit, uint32_t aspect) {
    if (assessment_.rows().aspects()[aspect].check == nullptr) {
      note({.stated = true, .what = aspect, .everywhere = false, .scope = {}}, unit, aspect, {});
      return;
    }
    Detail detail;
    assessment_.judge().judge(units()[unit], aspect, assessment_.now(), &detail);
    std::set<FactKind> kinds;
    std::set<Scope> places, scopes;
    for (const Missing& missing : detail.missing) {
      const FactKind kind = step_of(missing);
      const bool moved = row_of(kind).scope != missing.scope.kind;  // to the monitor, of which a plant has one
      const Scope scope = moved ? Scope{Scope::Kind::plant, 0} : missing.scope;
      kinds.insert(kind);
      places.insert(place(scope));
      scopes.insert(scope);
    }
    if (kinds.size() != 1 || row_of(*kinds.begin()).mend == "none") return;
    const FactKind kind = *kinds.begin();
    note({.stated = false, .what = kind, .everywhere = true, .scope = {}}, unit, aspect, scopes);
    if (places.size() == 1) {
      note({.stated = false, .what = kind, .everywhere = false, .scope = *places.begin()}, unit, aspect, scopes);
    }
  }
  Scope place(Scope scope) const {
    if (scope.kind != Scope::Kind::asset) return scope;
    return {Scope::Kind::zone, assessment_.site().plant().assets[scope.index].zone};
  }

  void note(const Key& key, size_t unit, uint32_t aspect, const std::set<Scope>& where) {
    Found& found = found_[key];
    found.where.insert(where.begin(), where.end());
    found.settles[unit].push_back(aspect);
  }

  Step step(const Key& key, const Found& found) const {
    Step step;
    if (key.stated) {
      step.aspect = key.what;
      step.effort = 2;
    } else {
      step.kind = static_cast<FactKind>(key.what);
      step.effort = std::min(5, row_of(*step.kind).effort + (key.everywhere ? 1 : 0));
    }
    if (!key.everywhere && !key.stated) step.scope = key.scope;
    step.where.assign(found.where.begin(), found.where.end());
    std::set<uint32_t> settled;
    for (const auto& [unit, aspects] : found.settles) settled.insert(aspects.begin(), aspects.end());
    step.aspects.assign(settled.begin(), settled.end());
    for (const auto& [unit, aspects] : found.settles) {
      for (size_t fr = 0; fr < kFrs; ++fr) lift(step, unit, fr, aspects);
    }
    return step;
  }

  void lift(Step& step, size_t unit, size_t fr, const std::vector<uint32_t>& aspects) const {
    const Cell& cell = assessment_.cell(unit, fr);
    if (cell.gap() == 0) return;
    const Rows& rows = assessment_.rows();
    const auto settled = [&](uint16_t i) {
      if (good(assessment_.row(unit, i))) return true;
      const Row& row = rows.rows()[i];
      for (uint32_t a = row.first; a < row.first + row.count; ++a) {
        if (!good(assessment_.answer(unit, a).answer) && std::ranges::find(aspects, a) == aspects.end()) return false;
      }
      return true;
    };
    Lift lift{unit, fr, cell.achieved, cell.achieved, 0, 0};
    for (const uint16_t i : assessment_.blocking(unit, fr, cell.achieved + 1)) ++(settled(i) ? lift.rows : lift.left);
    if (lift.rows == 0) return;
    lift.to = achieved(rows.of_fr(fr), settled, [&](uint16_t i) { return rows.rows()[i].lowest; });
    step.rows += lift.rows;
    step.levels += lift.to - lift.from;
    step.lifts.push_back(lift);
  }

  const Assessment& assessment_;
  std::map<Key, Found> found_;
};

}  // namespace

std::vector<Step> steps(const Assessment& assessment, size_t most) {
  std::vector<Step> all = Finder(assessment).find();
  std::ranges::stable_sort(all, [](const Step& left, const Step& right) {
    if (left.worth() != right.worth()) return left.worth() > right.worth();
    return left.effort < right.effort;
  });
  if (all.size() > most) all.resize(most);
  return all;
}

FactKind step_of(const Missing& missing) {
  static constexpr std::string_view kWithMonitor[] = {"monitor-lossless", "plan-in-force",  "journal-open",
                                                      "journal-writes",   "journal-intact", "journal-signed",
                                                      "journal-bounded",  "journal-warns"};
  const FactKindRow& row = row_of(missing.kind);
  if (!missing.contrary && std::ranges::find(kWithMonitor, row.word) != std::end(kWithMonitor)) {
    return fact_kind("monitor-running");
  }
  if (!missing.contrary && row.word == "rules-kept") return fact_kind("conduit-heard");
  if (!missing.contrary && row.word == "device-as-intended") return fact_kind("asset-heard");
  const auto same = [&](const FactKindRow& other) { return other.scope == row.scope && other.mend == row.mend; };
  return static_cast<FactKind>(std::ranges::find_if(fact_kinds(), same) - fact_kinds().begin());
}

std::string words_of(const plant::Plant& plant, Scope scope) {
  const std::string_view id = id_of(plant, scope);
  return std::string(to_text(scope.kind)) + (id.empty() ? "" : " ") + std::string(id);
}

std::string stating(std::string_view aspect, std::string_view where) {
  const bool words = where.find(' ') != std::string_view::npos;
  return "`rampart state add PLANT \"" + std::string(aspect) + "\" --scope " + (words ? "\"" : "") +
         std::string(where) + (words ? "\"" : "") + " --by NAME --until DATE --reason TEXT`";
}

std::string mending(FactKind kind, std::string_view aspect, std::string_view where) {
  const FactKindRow& row = row_of(kind);
  std::string out(row.mend);
  if (nobody_writes(row)) out += "; no program sees that yet, so state it: " + stating(aspect, where);
  return out;
}

std::string doing(const Assessment& assessment, const Step& step) {
  const plant::Plant& plant = assessment.site().plant();
  const auto aspect = [&](uint32_t place) { return assessment.rows().aspects()[place].aspect; };
  if (!step.kind) {
    return "look whether it is so: " + std::string(aspect(step.aspect)->what) +
           " Then state it: " + stating(aspect(step.aspect)->id, place_of(assessment, step));
  }
  const std::string where = step.scope ? words_of(plant, *step.scope) : "plant";
  return mending(*step.kind, step.aspects.empty() ? "" : aspect(step.aspects.front())->id,
                 row_of(*step.kind).scope == Scope::Kind::journal ? "plant" : where);
}

std::string place_of(const Assessment& assessment, const Step& step) {
  const plant::Plant& plant = assessment.site().plant();
  if (!step.kind) {
    // Where one zone or conduit alone lacks it, it is for that one to say.
    std::set<size_t> units;
    for (const Lift& lift : step.lifts) units.insert(lift.unit);
    const bool one = units.size() == 1;
    return one ? words_of(plant, assessment.site().units()[*units.begin()].scope) : "plant";
  }
  if (step.scope && (step.where.size() == 1 || step.scope->kind != Scope::Kind::zone)) {
    return words_of(plant, step.where.size() == 1 ? step.where.front() : *step.scope);
  }
  if (step.scope) {
    const bool assets = !step.where.empty() && step.where.front().kind == Scope::Kind::asset;
    return words_of(plant, *step.scope) + (assets ? ", " + std::to_string(step.where.size()) + " assets" : "");
  }
  const std::string_view kind = to_text(step.where.front().kind);
  return std::to_string(step.where.size()) + " " + std::string(kind) + "s";
}

std::vector<Dispute> disputes(const Assessment& assessment, size_t unit, size_t fr) {
  std::vector<Dispute> out;
  const Rows& rows = assessment.rows();
  const int now = assessment.cell(unit, fr).achieved;
  for (const uint16_t i : rows.of_fr(fr)) {
    const Row& row = rows.rows()[i];
    if (row.own != nullptr) continue;  // somebody with the standard at hand has decided
    std::set<int> others;
    for (const std::string_view differing : split(row.requirement->differing, ';')) {
      const size_t at = differing.find("=SL");
      if (at == std::string_view::npos || at + 3 >= differing.size()) continue;
      others.insert(differing[at + 3] - '0');
    }
    for (const int other : others) {
      const int then = assessment.level_if(unit, fr, i, other);
      if (then != now) out.push_back({i, row.lowest, other, then});
    }
  }
  return out;
}

}  // namespace rampart::assess
