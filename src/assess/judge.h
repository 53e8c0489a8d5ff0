// The judge: from facts and statements to an answer for one aspect of one unit. Pure: what it is given decides.
#pragma once

#include <vector>

#include "assess/rows.h"
#include "assess/site.h"
#include "assess/statement.h"
#include "assess/store.h"

namespace rampart::assess {

/// Stated is a statement held against the plant: its scope and what it concedes as numbers.
struct Stated {
  Statement statement;
  Scope scope;
  std::vector<FactKind> despite;
};

/// Missing is what an answer lacks: one thing of one part of the plant, or, where it is there and speaks against it,
/// `contrary`.
struct Missing {
  FactKind kind = 0;
  Scope scope{};
  bool contrary = false;
};

struct Judgement {
  Answer answer = Answer::not_assessed;
  bool contradicted = false;  // a statement says otherwise than what was seen
  bool stated = false;        // it rests on a person's word
  float share = 0;            // of what is asked that was seen to hold
  TimePoint good_until = TimePoint::max();
};

/// Detail is what an answer rests on. Pointers are into the store and the statements.
struct Detail {
  std::vector<const Fact*> facts;
  std::vector<const Stated*> statements;
  std::vector<Missing> missing;
  std::string why;  // one sentence
};

/// Judge borrows everything. `by_aspect` are the statements that speak of each aspect.
class Judge {
 public:
  Judge(const Site& site, const Rows& rows, const FactStore& facts,
        const std::vector<std::vector<const Stated*>>& by_aspect)
      : site_(site), rows_(rows), facts_(facts), by_aspect_(by_aspect) {}

  /// judge answers aspect `aspect` for `unit` at `now`. `detail`, where given, is filled.
  Judgement judge(const Unit& unit, uint32_t aspect, TimePoint now, Detail* detail = nullptr) const;
  /// judge_asset answers an aspect of 4-2 for one asset.
  Judgement judge_asset(Index asset, uint32_t aspect, TimePoint now, Detail* detail = nullptr) const;

 private:
  struct Work;
  Judgement decide(Work& work) const;
  void needs(Work& work) const;
  void against(Work& work) const;
  bool not_applicable(Work& work) const;
  bool all_hold(Work& work, const std::vector<FactKind>& kinds) const;
  float heard(Work& work) const;
  void statements(Work& work) const;

  const Site& site_;
  const Rows& rows_;
  const FactStore& facts_;
  const std::vector<std::vector<const Stated*>>& by_aspect_;
};

}  // namespace rampart::assess
