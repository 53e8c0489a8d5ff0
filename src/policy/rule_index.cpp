#include "policy/rule_index.h"

#include <bit>
#include <limits>
#include <tuple>

namespace rampart::policy {
namespace {

using protocols::Action;

constexpr size_t kFewRules = 16;                  // are asked one by one
constexpr size_t kMostStretches = 64;             // of one rule; one that lies in more is always asked
constexpr size_t kMostEntries = size_t{1} << 24;  // of all indexes; keys beyond have none
constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();

auto place(const Region& region) { return std::tie(region.space, region.container, region.name); }

/// edge is the place where `at` lies, for ordering.
Region edge(Region region, uint64_t at) {
  region.begin = at;
  region.end = 0;
  return region;
}

std::span<const uint32_t> candidates_in(const Policy& policy, Slice slice) {
  return std::span(policy.candidates).subspan(slice.begin, slice.count);
}

/// Indexer makes the index of one key after the other.
class Indexer {
 public:
  explicit Indexer(Policy& policy) : policy_(policy) {}

  RuleIndex index(uint64_t key, Slice slice) {
    const auto action = static_cast<Action>(key & 0xf);
    changes_ = action == Action::write || action == Action::operate;
    everywhere_.clear();
    edges_.clear();
    entries_.clear();
    for (uint32_t i = slice.begin; i < slice.begin + slice.count; ++i) edges_of(policy_.candidates[i]);
    std::sort(edges_.begin(), edges_.end());
    const auto same = [](const Region& left, const Region& right) {
      return place(left) == place(right) && left.begin == right.begin;
    };
    edges_.erase(std::unique(edges_.begin(), edges_.end(), same), edges_.end());
    for (uint32_t i = slice.begin; i < slice.begin + slice.count; ++i) spread(policy_.candidates[i]);
    std::sort(entries_.begin(), entries_.end());
    const Slice everywhere = append(everywhere_);
    return {slice, everywhere, stretches()};
  }

 private:
  std::span<const Region> regions_of(uint32_t rule) const {
    const RuleAt& at = policy_.rules_at[rule];
    return policy_.regions_in(changes_ ? at.exact : at.whole);
  }
  bool unbound(uint32_t rule) const {
    const RuleOf& said = policy_.rules[policy_.rules_at[rule].rule];
    return !said.narrowed() || said.nameless;
  }
  size_t at_edge(const Region& region, uint64_t at) const {
    return static_cast<size_t>(std::lower_bound(edges_.begin(), edges_.end(), edge(region, at)) - edges_.begin());
  }

  void edges_of(uint32_t rule) {
    if (unbound(rule)) return;
    for (const Region& region : regions_of(rule)) {
      edges_.push_back(edge(region, region.begin));
      edges_.push_back(edge(region, region.end));
    }
  }

  /// spread puts the rule into all stretches between two edges that it covers.
  void spread(uint32_t rule) {
    const size_t before = entries_.size();
    bool everywhere = unbound(rule);
    for (const Region& region : everywhere ? std::span<const Region>() : regions_of(rule)) {
      const size_t end = at_edge(region, region.end);
      for (size_t at = at_edge(region, region.begin); at < end && !everywhere; ++at) {
        entries_.emplace_back(static_cast<uint32_t>(at), rule);
        everywhere = entries_.size() - before > kMostStretches;
      }
    }
    if (!everywhere) return;
    entries_.resize(before);
    everywhere_.push_back(rule);
  }

  Slice append(const std::vector<uint32_t>& rules) {
    const Slice slice{static_cast<uint32_t>(policy_.candidates.size()), static_cast<uint32_t>(rules.size())};
    policy_.candidates.insert(policy_.candidates.end(), rules.begin(), rules.end());
    return slice;
  }

  Slice stretches() {
    Slice slice{static_cast<uint32_t>(policy_.stretches.size()), 0};
    uint32_t last = 0;
    for (const auto& [at, rule] : entries_) {
      if (slice.count == 0 || last != at) {
        Region region = edges_[at];
        region.end = edges_[at + 1].begin;
        policy_.stretches.push_back({region, {static_cast<uint32_t>(policy_.candidates.size()), 0}});
        ++slice.count;
        last = at;
      }
      policy_.candidates.push_back(rule);
      ++policy_.stretches.back().rules.count;
    }
    return slice;
  }

  Policy& policy_;
  bool changes_ = false;
  std::vector<uint32_t> everywhere_;
  std::vector<Region> edges_;                           // ordered; `end` is 0
  std::vector<std::pair<uint32_t, uint32_t>> entries_;  // edge where a stretch begins, rule
};

/// probe_of is a place that every rule which covers `extent` covers too; false where nothing of the kind can be said.
bool probe_of(const Extent& extent, const protocols::Values& values, Region& probe) {
  probe = extent.region;
  if (extent.kind == Extent::Kind::listed) probe.begin = std::min(values.index(0), kEnd - 1);
  if (extent.kind != Extent::Kind::range || !extent.memory || !values.masks) return true;
  // By mask only bits are written: a rule may cover these and not where the register begins.
  const MaskWrite masked = mask_write(values);
  if (!masked.valid) return true;
  probe.begin += static_cast<uint64_t>(std::countr_zero(masked.mask | uint64_t{1} << 63));
  return masked.mask != 0 && probe.begin < extent.region.end;
}

}  // namespace

void index_rules(Policy& policy) {
  Indexer indexer(policy);
  std::vector<std::pair<uint64_t, RuleIndex>> made;
  for (const uint64_t key : policy.keys) {
    const Slice slice = *policy.allowed.find(key);
    if (slice.count <= kFewRules || policy.candidates.size() >= kMostEntries) continue;
    made.emplace_back(key, indexer.index(key, slice));
  }
  policy.indexed = FlatMap<RuleIndex>(made);
}

RulesAbout::RulesAbout(const Policy& policy, uint64_t key) {
  if (const Slice* all = policy.allowed.find(key)) lists_[used_++] = candidates_in(policy, *all);
}

RulesAbout::RulesAbout(const Policy& policy, const RuleIndex& index, const Extent& extent,
                       const protocols::Values& values) {
  Region probe;
  if (!probe_of(extent, values, probe)) {
    lists_[used_++] = candidates_in(policy, index.all);
    return;
  }
  lists_[used_++] = candidates_in(policy, index.everywhere);
  if (extent.kind == Extent::Kind::none) return;
  add(policy, index, probe);
  if (probe.name.empty()) return;
  // What a rule says without a name holds under every name; what it says by name alone, in every space.
  const std::string_view name = probe.name;
  probe.name = {};
  add(policy, index, probe);
  add(policy, index, {.name = name, .begin = 0, .end = 1});
}

void RulesAbout::add(const Policy& policy, const RuleIndex& index, const Region& probe) {
  const auto stretches = std::span(policy.stretches).subspan(index.stretches.begin, index.stretches.count);
  Region key = probe;
  key.end = kEnd;
  const auto after = std::upper_bound(stretches.begin(), stretches.end(), key,
                                      [](const Region& left, const Stretch& right) { return left < right.region; });
  if (after == stretches.begin()) return;
  const Stretch& found = *(after - 1);
  if (place(found.region) == place(probe) && probe.begin < found.region.end) {
    lists_[used_++] = candidates_in(policy, found.rules);
  }
}

bool RulesAbout::next(uint32_t& rule) {
  bool found = false;
  for (size_t i = 0; i < used_; ++i) {
    if (lists_[i].empty() || (found && lists_[i].front() >= rule)) continue;
    rule = lists_[i].front();
    found = true;
  }
  for (size_t i = 0; i < used_ && found; ++i) {
    if (!lists_[i].empty() && lists_[i].front() == rule) lists_[i] = lists_[i].subspan(1);
  }
  return found;
}

}  // namespace rampart::policy
