// What a gateway that learns let through though no rule allows it, gathered into rules that a person may take over. Its
// memory is bounded; what came beyond the bound is counted.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "policy/policy.h"
#include "protocols/operation.h"

namespace rampart::gateway {

class Candidates {
 public:
  static constexpr size_t kMost = 10'000;

  void add(const plant::Plant& plant, plant::Index conduit, const policy::Parties& parties,
           const protocols::Operation& operation);
  /// text is the rules, conduit by conduit, in the form of the plant file; empty where nothing was learned.
  std::string text() const;
  size_t size() const { return seen_.size(); }
  uint64_t beyond() const { return beyond_; }
  /// changed is true once after something new was added.
  bool take_changed() { return std::exchange(changed_, false); }

 private:
  /// Key: conduit, client, server, protocol, action, space, container, name; by the plant's ids, so that a new plant
  /// does not matter.
  using Key =
      std::tuple<std::string, std::string, std::string, uint16_t, protocols::Action, uint8_t, uint32_t, std::string>;
  struct Range {
    uint64_t first = 0, last = 0;
    uint64_t count = 0;
  };
  std::map<Key, Range> seen_;
  uint64_t beyond_ = 0;
  bool changed_ = false;
};

}  // namespace rampart::gateway
