#include "assess/judge.h"

#include <algorithm>

namespace rampart::assess {
namespace {

/// kHeardEnough: so much of a zone's assets must have been heard to say that something is not there.
constexpr float kHeardEnough = 0.8f;

void keep(std::vector<const Fact*>& facts, const Fact* fact) {
  if (std::ranges::find(facts, fact) == facts.end()) facts.push_back(fact);
}

}  // namespace

/// Work is one question and what is known of its answer so far.
struct Judge::Work {
  const Unit& unit;
  const Asked& asked;
  uint32_t aspect;
  TimePoint now;
  Detail* detail;
  Judgement judgement{};
  std::vector<FactKind> contrary{};  // kinds that speak against it
  bool lacks = false;                // below its share

  void look(const Standing& standing) { judgement.good_until = std::min(judgement.good_until, standing.good_until); }
  void against(FactKind kind, const Fact& fact) {
    if (std::ranges::find(contrary, kind) == contrary.end()) contrary.push_back(kind);
    if (detail == nullptr) return;
    keep(detail->facts, &fact);
    detail->missing.push_back({kind, fact.scope, true});
  }
  void why(std::string_view text) {
    if (detail != nullptr) detail->why = text;
  }
};

Judgement Judge::judge(const Unit& unit, uint32_t aspect, TimePoint now, Detail* detail) const {
  Work work{unit, rows_.aspects()[aspect], aspect, now, detail};
  const Scope::Kind where = work.asked.where;
  if (unit.scope.kind == Scope::Kind::conduit && (where == Scope::Kind::zone || where == Scope::Kind::asset)) {
    work.why("asked of zones and assets; a conduit has none of its own");
    work.judgement.answer = Answer::not_applicable;
    work.judgement.share = 1;
    return work.judgement;
  }
  return decide(work);
}

Judgement Judge::judge_asset(Index asset, uint32_t aspect, TimePoint now, Detail* detail) const {
  const Scope scope{Scope::Kind::asset, asset};
  const Unit unit{scope, {scope}, {}, {}, {scope}, {scope}, {scope}, {scope}};
  Work work{unit, rows_.aspects()[aspect], aspect, now, detail};
  return decide(work);
}

Judgement Judge::decide(Work& work) const {
  // First, for what there is no need of cannot be wrong: that something of the kind was seen speaks against the need's
  // absence itself.
  if (not_applicable(work)) {
    work.judgement.answer = Answer::not_applicable;
    work.judgement.share = 1;
    return work.judgement;
  }
  if (work.asked.check != nullptr) {
    needs(work);
    against(work);
  }
  if (!work.contrary.empty()) {
    work.judgement.answer = Answer::not_met;
    work.why("seen otherwise");
  } else if (work.asked.check != nullptr && !work.lacks) {
    work.judgement.answer = Answer::met;
    work.why("seen so");
    return work.judgement;
  } else {
    work.why(work.asked.check == nullptr ? "only a person can say, and nobody has" : "not enough of it was seen");
  }
  statements(work);
  return work.judgement;
}

void Judge::needs(Work& work) const {
  float least = 1;
  for (const auto& need : work.asked.check->needs) {
    const auto& subjects = site_.subjects(work.unit, row_of(need.front()).scope, work.asked.asked_of);
    double sum = 0;
    for (const Scope subject : subjects) {
      float best = 0;
      const Fact* otherwise = nullptr;
      FactKind otherwise_kind = need.front();
      for (const FactKind kind : need) {
        const Standing standing = facts_.standing(kind, subject, work.now, work.asked.fresh);
        work.look(standing);
        best = std::max(best, standing.share);
        if (standing.not_so != nullptr && otherwise == nullptr) {
          otherwise = standing.not_so;
          otherwise_kind = kind;
        }
        if (standing.holds != nullptr && work.detail != nullptr) keep(work.detail->facts, standing.holds);
      }
      sum += static_cast<double>(best);
      if (best > 0) continue;
      if (otherwise != nullptr) {
        work.against(otherwise_kind, *otherwise);
      } else if (work.detail != nullptr) {
        work.detail->missing.push_back({need.front(), subject, false});
      }
    }
    least = std::min(least, subjects.empty() ? 0.0f : static_cast<float>(sum / static_cast<double>(subjects.size())));
  }
  work.judgement.share = least;
  work.lacks = least < work.asked.share - 1e-6f;
}

void Judge::against(Work& work) const {
  for (const FactKind kind : work.asked.check->against) {
    for (const Scope subject : site_.subjects(work.unit, row_of(kind).scope, work.asked.asked_of)) {
      const Standing standing = facts_.standing(kind, subject, work.now, work.asked.fresh);
      work.look(standing);
      if (standing.not_so != nullptr) work.against(kind, *standing.not_so);
    }
  }
}

bool Judge::not_applicable(Work& work) const {
  if (work.unit.scope.kind == Scope::Kind::asset) return false;
  const Scope::Kind where = work.asked.where;
  const bool nobody = site_.subjects(work.unit, where, work.asked.asked_of).empty();
  if (nobody && all_hold(work, unless_empty(work.asked)) && heard(work) >= kHeardEnough) {
    work.why("there is nothing in the zone of which it could be asked, and none was seen");
    return true;
  }
  if (work.asked.check == nullptr || work.asked.check->unless.empty()) return false;
  if (!all_hold(work, work.asked.check->unless) || heard(work) < kHeardEnough) return false;
  work.why("by the plant there is no need, and nothing else was seen");
  return true;
}

bool Judge::all_hold(Work& work, const std::vector<FactKind>& kinds) const {
  if (kinds.empty()) return false;
  std::vector<const Fact*> named;
  for (const FactKind kind : kinds) {
    for (const Scope subject : site_.subjects(work.unit, row_of(kind).scope)) {
      const Standing standing = facts_.standing(kind, subject, work.now, work.asked.fresh);
      work.look(standing);
      if (standing.holds == nullptr) return false;
      named.push_back(standing.holds);
    }
  }
  if (work.detail != nullptr) {
    for (const Fact* fact : named) keep(work.detail->facts, fact);
  }
  return true;
}

float Judge::heard(Work& work) const {
  static const FactKind kHeard = fact_kind("asset-heard");
  const auto& assets = work.unit.assets;
  if (assets.empty()) return 1;  // nothing is there that could be heard
  size_t count = 0;
  for (const Scope asset : assets) {
    const Standing standing = facts_.standing(kHeard, asset, work.now, work.asked.fresh);
    work.look(standing);
    if (standing.holds != nullptr) ++count;
  }
  return static_cast<float>(count) / static_cast<float>(assets.size());
}

void Judge::statements(Work& work) const {
  const auto& subjects = site_.subjects(work.unit, work.asked.where, work.asked.asked_of);
  std::vector<Answer> best(subjects.size(), Answer::not_assessed);
  for (const Stated* stated : by_aspect_[work.aspect]) {
    if (!stated->statement.counts(work.now)) {
      if (stated->statement.made > work.now && !stated->statement.withdrawn) {
        work.judgement.good_until = std::min(work.judgement.good_until, stated->statement.made);
      }
      continue;
    }
    const bool whole = stated->scope.kind == Scope::Kind::plant || stated->scope == work.unit.scope;
    bool speaks = whole;
    for (size_t i = 0; i < subjects.size(); ++i) speaks = speaks || subjects[i] == stated->scope;
    if (!speaks) continue;
    work.judgement.good_until = std::min(work.judgement.good_until, stated->statement.until);
    const Answer answer = stated->statement.answer;
    if (!work.contrary.empty()) {
      if (!whole) continue;  // one asset's word does not answer for what another was seen to do
      const bool concedes = answer == Answer::compensated && std::ranges::all_of(work.contrary, [&](FactKind kind) {
                              return std::ranges::find(stated->despite, kind) != stated->despite.end();
                            });
      if (!concedes) {
        work.judgement.contradicted = true;
        if (work.detail != nullptr) work.detail->statements.push_back(stated);
        continue;
      }
    }
    if (work.detail != nullptr) work.detail->statements.push_back(stated);
    for (size_t i = 0; i < subjects.size(); ++i) {
      if (whole || subjects[i] == stated->scope) best[i] = std::max(best[i], answer);
    }
    if (subjects.empty() && whole) best.push_back(answer);
  }
  const auto spoken = static_cast<size_t>(std::ranges::count_if(best, good));
  if (best.empty() || spoken == 0) return;
  const float share = static_cast<float>(spoken) / static_cast<float>(best.size());
  if (share < work.asked.share - 1e-6f) return;
  const bool compensated = std::ranges::find(best, Answer::compensated) != best.end();
  const bool met = std::ranges::find(best, Answer::met) != best.end();
  work.judgement.answer = compensated ? Answer::compensated : met ? Answer::met : Answer::not_applicable;
  work.judgement.stated = true;
  work.judgement.share = std::max(work.judgement.share, share);
  work.why("by a person's word");
}

}  // namespace rampart::assess
