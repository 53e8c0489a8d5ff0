#include "assess/assessment.h"

#include <algorithm>

namespace rampart::assess {

Assessment::Assessment(const plant::Plant& plant, std::vector<OwnCell> own, TimePoint now)
    : site_(plant),
      rows_(standard::system_requirements(), std::move(own)),
      facts_(site_),
      by_aspect_(rows_.aspects().size()),
      judge_(site_, rows_, facts_, by_aspect_),
      now_(now),
      answers_(site_.units().size() * rows_.aspects().size()),
      cells_(site_.units().size()),
      queued_(answers_.size(), TimePoint::max()) {
  judge_all();
}
Assessment::~Assessment() = default;

void Assessment::hold(std::vector<Statement> statements) {
  stated_.clear();
  for (auto& list : by_aspect_) list.clear();
  for (Statement& statement : statements) {
    const auto scope = scope_of(site_.plant(), statement.scope);
    if (!scope) continue;  // of a part that the plant has no more
    Stated stated{std::move(statement), *scope, {}};
    for (const std::string& word : stated.statement.despite) {
      if (const auto kind = find_fact_kind(word)) stated.despite.push_back(*kind);
    }
    stated_.push_back(std::move(stated));
  }
  for (const Stated& stated : stated_) {
    for (const uint32_t aspect : rows_.called(stated.statement.what)) by_aspect_[aspect].push_back(&stated);
  }
}

void Assessment::add_all(std::vector<Fact> facts, std::vector<Statement> statements) {
  for (Fact& fact : facts) facts_.put(std::move(fact));
  hold(std::move(statements));
  judge_all();
}

void Assessment::judge_all() {
  due_ = {};
  std::ranges::fill(queued_, TimePoint::max());
  for (uint32_t unit = 0; unit < site_.units().size(); ++unit) {
    for (uint32_t aspect = 0; aspect < rows_.aspects().size(); ++aspect) judge_one(unit, aspect);
    for (size_t fr = 0; fr < kFrs; ++fr) cells_[unit][fr] = computed(unit, fr);
  }
}

/// judge_one is true where the answer is another one than before.
bool Assessment::judge_one(uint32_t unit, uint32_t aspect) {
  Judgement& place = answers_[unit * rows_.aspects().size() + aspect];
  const Judgement made = judge_.judge(site_.units()[unit], aspect, now_);
  const bool other = made.answer != place.answer || made.contradicted != place.contradicted;
  queue(unit, aspect, made.good_until);
  place = made;
  return other;
}

void Assessment::queue(uint32_t unit, uint32_t aspect, TimePoint when) {
  TimePoint& queued = queued_[unit * rows_.aspects().size() + aspect];
  if (when >= queued) return;
  queued = when;
  due_.push({when, unit, aspect});
}

void Assessment::touch(Scope scope, FactKind kind, std::vector<uint64_t>& cells) {
  for (const uint32_t unit : site_.touched(scope)) {
    for (const uint32_t aspect : rows_.bearing(kind)) {
      if (!judge_one(unit, aspect)) continue;
      const Row& row = rows_.rows()[rows_.aspects()[aspect].row];
      cells.push_back(unit * kFrs + row.requirement->fr - 1u);
    }
  }
}

std::vector<Change> Assessment::settle(std::vector<uint64_t>& cells, const Cause& cause) {
  std::ranges::sort(cells);
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  std::vector<Change> changes;
  for (const uint64_t place : cells) {
    const size_t unit = place / kFrs, fr = place % kFrs;
    const Cell cell = computed(unit, fr);
    if (cell == cells_[unit][fr]) continue;
    changes.push_back({unit, fr, cells_[unit][fr], cell, cause});
    cells_[unit][fr] = cell;
  }
  return changes;
}

std::vector<Change> Assessment::add(Fact fact) {
  Cause cause{Cause::Kind::fact, fact.kind, fact.scope,
              fact.holds,        fact.time, fact.sources.empty() ? Source{} : fact.sources.back(),
              fact.text};
  const Scope scope = fact.scope;
  const FactKind kind = fact.kind;
  if (!facts_.put(std::move(fact))) return {};
  std::vector<uint64_t> cells;
  touch(scope, kind, cells);
  return settle(cells, cause);
}

std::vector<Change> Assessment::remove(FactKind kind, Scope scope, bool holds, uint32_t origin) {
  if (!facts_.remove(kind, scope, holds, origin)) return {};
  std::vector<uint64_t> cells;
  touch(scope, kind, cells);
  return settle(cells, {Cause::Kind::expiry, kind, scope, holds, now_, {}, {}});
}

std::vector<Change> Assessment::state(std::vector<Statement> statements) {
  std::vector<uint32_t> spoken;
  const auto note = [&] {
    for (uint32_t aspect = 0; aspect < by_aspect_.size(); ++aspect) {
      if (!by_aspect_[aspect].empty()) spoken.push_back(aspect);
    }
  };
  note();
  hold(std::move(statements));
  note();
  std::ranges::sort(spoken);
  spoken.erase(std::unique(spoken.begin(), spoken.end()), spoken.end());
  std::vector<uint64_t> cells;
  for (uint32_t unit = 0; unit < site_.units().size(); ++unit) {
    for (const uint32_t aspect : spoken) {
      if (!judge_one(unit, aspect)) continue;
      cells.push_back(unit * kFrs + rows_.rows()[rows_.aspects()[aspect].row].requirement->fr - 1u);
    }
  }
  return settle(cells, {Cause::Kind::statement, 0, {}, true, now_, {}, "statements were added or withdrawn"});
}

std::vector<Change> Assessment::expire(TimePoint now) {
  now_ = std::max(now_, now);
  std::vector<uint64_t> cells;
  while (!due_.empty() && due_.top().when <= now_) {
    const Due due = due_.top();
    due_.pop();
    const size_t place = due.unit * rows_.aspects().size() + due.aspect;
    if (queued_[place] != due.when) continue;  // an earlier entry took its place
    queued_[place] = TimePoint::max();
    if (answers_[place].good_until > now_) {
      queue(due.unit, due.aspect, answers_[place].good_until);
      continue;
    }
    if (!judge_one(due.unit, due.aspect)) continue;
    cells.push_back(due.unit * kFrs + rows_.rows()[rows_.aspects()[due.aspect].row].requirement->fr - 1u);
  }
  return settle(cells, {Cause::Kind::expiry, 0, {}, false, now_, {}, "what it rested on has grown too old"});
}

void Assessment::forget() {
  Duration longest{};
  for (const Asked& asked : rows_.aspects()) longest = std::max(longest, asked.fresh);
  facts_.drop_expired(now_, now_ - longest);
}

Answer Assessment::row(size_t unit, uint16_t row) const {
  const Row& of = rows_.rows()[row];
  bool not_assessed = false, not_met = false, compensated = false, met = false;
  for (uint32_t i = of.first; i < of.first + of.count; ++i) {
    switch (answer(unit, i).answer) {
      case Answer::not_assessed:
        not_assessed = true;
        break;
      case Answer::not_met:
        not_met = true;
        break;
      case Answer::not_applicable:
        break;
      case Answer::compensated:
        compensated = true;
        break;
      case Answer::met:
        met = true;
        break;
    }
  }
  if (not_met) return Answer::not_met;
  if (not_assessed) return Answer::not_assessed;
  if (compensated) return Answer::compensated;
  return met ? Answer::met : Answer::not_applicable;
}

Cell Assessment::computed(size_t unit, size_t fr) const {
  Cell cell;
  cell.target = site_.target(site_.units()[unit]).levels[fr];
  cell.achieved = static_cast<uint8_t>(level_if(unit, fr, -1, 0));
  cell.assessed = cell.achieved > 0;
  for (const uint16_t i : blocking(unit, fr, 1)) cell.assessed = cell.assessed || row(unit, i) == Answer::not_met;
  return cell;
}

int Assessment::level_if(size_t unit, size_t fr, int own_row, int own_lowest) const {
  return achieved(
      rows_.of_fr(fr), [&](uint16_t i) { return good(row(unit, i)); },
      [&](uint16_t i) { return i == own_row ? own_lowest : rows_.rows()[i].lowest; });
}

std::vector<uint16_t> Assessment::blocking(size_t unit, size_t fr, int level) const {
  std::vector<uint16_t> out;
  for (const uint16_t i : rows_.of_fr(fr)) {
    if (rows_.rows()[i].lowest <= level && !good(row(unit, i))) out.push_back(i);
  }
  return out;
}

std::vector<Contradiction> Assessment::contradictions() const {
  std::vector<Contradiction> out;
  for (size_t unit = 0; unit < site_.units().size(); ++unit) {
    for (uint32_t aspect = 0; aspect < rows_.aspects().size(); ++aspect) {
      if (answer(unit, aspect).contradicted) out.push_back({unit, aspect});
    }
  }
  return out;
}

}  // namespace rampart::assess
