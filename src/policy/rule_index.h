// Inside the room: of the many rules of one pair, protocol and action, those that can be about one place. Made once by
// index_rules(); read by decide(). Nothing is allocated on the way of an operation.
#pragma once

#include <array>
#include <span>

#include "policy/value.h"

namespace rampart::policy {

/// RulesAbout gives rules (into Policy::rules_at) in the order of the plant, each once.
class RulesAbout {
 public:
  /// Of the rules under `key`, all.
  RulesAbout(const Policy& policy, uint64_t key);
  /// Of the rules that `index` is about, those that may cover `extent`: all that do, and a few more.
  RulesAbout(const Policy& policy, const RuleIndex& index, const Extent& extent, const protocols::Values& values);

  /// next gives one rule more; false where there is none.
  bool next(uint32_t& rule);

 private:
  void add(const Policy& policy, const RuleIndex& index, const Region& probe);

  std::array<std::span<const uint32_t>, 4> lists_{};  // each in the order of the plant
  size_t used_ = 0;
};

}  // namespace rampart::policy
