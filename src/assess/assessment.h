// The levels achieved: SL-A of every zone and conduit for each foundational requirement, from facts, kept up to date as
// facts arrive, change and grow old. Only what a fact can change is judged anew. One thread owns an Assessment; memory
// grows with the facts that are kept, one for each kind, scope, origin and way.
#pragma once

#include <array>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "assess/judge.h"
#include "assess/rows.h"
#include "assess/site.h"
#include "assess/store.h"

namespace rampart::assess {

/// Cell is one place of a vector. Source: IEC 62443-3-3 Annex A, B.
struct Cell {
  uint8_t achieved = 0, target = 0;
  bool assessed = false;  // false: nothing is known to be wrong at level 1, and nothing is known to be right
  uint8_t gap() const { return target > achieved ? static_cast<uint8_t>(target - achieved) : uint8_t{0}; }
  bool operator==(const Cell&) const = default;
};

/// Cause is why a cell changed.
struct Cause {
  enum class Kind : uint8_t { fact, expiry, statement, plant };
  Kind kind = Kind::fact;
  FactKind fact = 0;
  Scope scope{};
  bool holds = false;
  TimePoint when{};
  Source source{};
  std::string text{};
};

struct Change {
  size_t unit = 0, fr = 0;
  Cell before, after;
  Cause cause;
};

/// Contradiction: a person says otherwise than what was seen.
struct Contradiction {
  size_t unit = 0;
  uint32_t aspect = 0;
};

class Assessment {
 public:
  /// `plant` must outlive it. The plant's own facts are not yet in it: add_all(plant_facts(...)).
  Assessment(const plant::Plant& plant, std::vector<OwnCell> own, TimePoint now);
  ~Assessment();

  /// add_all takes many facts and judges everything once; add takes one, and judges what it can change. Facts are kept
  /// until forget().
  void add_all(std::vector<Fact> facts, std::vector<Statement> statements);
  std::vector<Change> add(Fact fact);
  /// remove takes a fact away as if it had never been.
  std::vector<Change> remove(FactKind kind, Scope scope, bool holds, uint32_t origin);
  /// state replaces all statements by these.
  std::vector<Change> state(std::vector<Statement> statements);
  /// expire lets time pass: what rested on facts or statements that are too old by `now` is judged anew.
  std::vector<Change> expire(TimePoint now);
  /// forget gives memory back: facts that no aspect can use any more.
  void forget();

  TimePoint now() const { return now_; }
  const Site& site() const { return site_; }
  const Rows& rows() const { return rows_; }
  const FactStore& facts() const { return facts_; }
  const std::vector<Stated>& stated() const { return stated_; }
  const Judge& judge() const { return judge_; }

  const Cell& cell(size_t unit, size_t fr) const { return cells_[unit][fr]; }
  const Judgement& answer(size_t unit, uint32_t aspect) const {
    return answers_[unit * rows_.aspects().size() + aspect];
  }
  /// row is the answer of a row: not met where an aspect is not met, else not assessed where one is not assessed, not
  /// applicable where all are, compensated where one is, else met.
  Answer row(size_t unit, uint16_t row) const;
  /// blocking are the rows that keep a cell from `level`: required there, and neither met nor excused.
  std::vector<uint16_t> blocking(size_t unit, size_t fr, int level) const;
  /// level_if is SL-A of a cell if the rows' lowest levels and answers were as these functions say.
  int level_if(size_t unit, size_t fr, int own_row, int own_lowest) const;
  std::vector<Contradiction> contradictions() const;

 private:
  struct Due {
    TimePoint when;
    uint32_t unit, aspect;
    bool operator>(const Due& other) const { return when > other.when; }
  };

  void judge_all();
  bool judge_one(uint32_t unit, uint32_t aspect);
  void queue(uint32_t unit, uint32_t aspect, TimePoint when);
  void touch(Scope scope, FactKind kind, std::vector<uint64_t>& cells);
  std::vector<Change> settle(std::vector<uint64_t>& cells, const Cause& cause);
  Cell computed(size_t unit, size_t fr) const;
  void hold(std::vector<Statement> statements);

  Site site_;
  Rows rows_;
  FactStore facts_;
  std::vector<Stated> stated_;
  std::vector<std::vector<const Stated*>> by_aspect_;
  Judge judge_;
  TimePoint now_;
  std::vector<Judgement> answers_;
  std::vector<std::array<Cell, kFrs>> cells_;
  // When which answer grows too old. One entry counts for each answer, the one that queued_ names: an answer that lives
  // longer than it was queued for is queued anew when its entry comes up, so that what is renewed every second costs
  // nothing.
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<TimePoint> queued_;
};

/// achieved is the highest level at which every row required there is good. `row_good(i)` and `lowest(i)` speak of rows
/// of one foundational requirement. Source: IEC 62443-3-3 Annex B.
template <class Good, class Lowest>
int achieved(const std::vector<uint16_t>& rows, Good&& row_good, Lowest&& lowest) {
  int level = standard::kHighestLevel;
  for (const uint16_t row : rows) {
    if (lowest(row) <= level && !row_good(row)) level = lowest(row) - 1;
  }
  return level;
}

}  // namespace rampart::assess
