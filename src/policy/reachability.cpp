#include <algorithm>
#include <limits>
#include <tuple>
#include <unordered_set>

#include "policy/compiled.h"

namespace rampart::policy {
namespace {

using protocols::Action;

constexpr size_t kMostRows = 100'000;      // what a person or a page can still take in
constexpr size_t kMostSteps = 50'000'000;  // looked at hops: a second or so
constexpr uint32_t kNoCell = std::numeric_limits<uint32_t>::max();

/// Hop is one thing that a rule lets a client ask of a server.
struct Hop {
  Index client, server;
  uint16_t protocol;
  Action action;
  Index conduit;
};

/// Walk finds what each asset reaches. Its steps are cells: a zone is one cell, because nothing is judged inside it; in
/// a zone that has rules of its own every asset is its own cell.
class Walk {
 public:
  explicit Walk(const Policy& policy) : policy_(policy) {
    const plant::Plant& plant = *policy.plant;
    const auto zones = static_cast<uint32_t>(plant.zones.size());
    uint32_t cells = zones;
    for (const plant::Asset& asset : plant.assets) {
      const bool open = asset.zone < zones && policy.inner[asset.zone] == kNone;
      cell_of_.push_back(open ? asset.zone : cells++);
    }
    for (const uint64_t key : policy.keys) add(key);
    hops_of_cell_.resize(cells);
    for (uint32_t i = 0; i < hops_.size(); ++i) hops_of_cell_[cell_of_[hops_[i].client]].push_back(i);
    reached_by_.resize(cells);
    parent_.resize(cells);
  }

  std::vector<Reach> run() {
    // What rules say outright comes first, so that a bound costs chains and not rules.
    for (const Hop& hop : hops_) row(hop.client, hop, {hop.conduit});
    for (size_t i = 0; i < hops_.size() && !full(); ++i) {
      if (i == 0 || hops_[i].client != hops_[i - 1].client) chains(i);
    }
    std::stable_sort(rows_.begin(), rows_.end(), [](const Reach& left, const Reach& right) {
      return std::tuple(left.from, left.conduits.size(), left.to) <
             std::tuple(right.from, right.conduits.size(), right.to);
    });
    return std::move(rows_);
  }

 private:
  bool full() const { return rows_.size() >= kMostRows || steps_ >= kMostSteps; }

  void add(uint64_t key) {
    const Slice& slice = *policy_.allowed.find(key);
    const RuleOf& rule = policy_.rules[policy_.rules_at[policy_.candidates[slice.begin]].rule];
    hops_.push_back({static_cast<Index>(key >> 36), static_cast<Index>(key >> 12 & 0xffffff),
                     static_cast<uint16_t>(key >> 4 & 0xff), static_cast<Action>(key & 0xf), rule.conduit});
  }

  void row(Index from, const Hop& hop, std::vector<Index> conduits) {
    if (full() || hop.server == from) return;
    rows_.push_back({from, hop.server, {hop.protocol}, hop.action, std::move(conduits)});
  }

  /// chains goes breadth first from the client of hops_[first], so that the first way found is a shortest one.
  void chains(size_t first) {
    const Index from = hops_[first].client;
    ++round_;
    std::vector<uint32_t> queue;
    std::unordered_set<uint64_t> seen;  // server, protocol, action: the low bits of the key
    reached_by_[cell_of_[from]] = round_;
    for (size_t i = first; i < hops_.size() && hops_[i].client == from; ++i) {
      seen.insert(target(hops_[i]));
      enter(hops_[i], kNoCell, queue);
    }
    for (size_t next = 0; next < queue.size(); ++next) {
      const uint32_t cell = queue[next];
      for (const uint32_t i : hops_of_cell_[cell]) {
        if (++steps_; full()) return;
        const Hop& hop = hops_[i];
        if (cell_of_[hop.server] == cell_of_[from]) continue;  // back home
        if (seen.insert(target(hop)).second) row(from, hop, chain(cell, hop.conduit));
        enter(hop, cell, queue);
      }
    }
  }

  static uint64_t target(const Hop& hop) {
    return uint64_t{hop.server} << 12 | uint64_t{hop.protocol} << 4 | static_cast<uint64_t>(hop.action);
  }

  void enter(const Hop& hop, uint32_t by, std::vector<uint32_t>& queue) {
    const uint32_t cell = cell_of_[hop.server];
    if (reached_by_[cell] == round_) return;
    reached_by_[cell] = round_;
    parent_[cell] = {by, hop.conduit};
    queue.push_back(cell);
  }

  std::vector<Index> chain(uint32_t cell, Index last) const {
    std::vector<Index> conduits = {last};
    for (; cell != kNoCell; cell = parent_[cell].cell) conduits.push_back(parent_[cell].conduit);
    std::reverse(conduits.begin(), conduits.end());
    return conduits;
  }

  struct Parent {
    uint32_t cell = kNoCell;
    Index conduit = kNone;
  };
  const Policy& policy_;
  std::vector<uint32_t> cell_of_;  // by asset
  std::vector<Hop> hops_;          // ordered by client
  std::vector<std::vector<uint32_t>> hops_of_cell_;
  std::vector<uint32_t> reached_by_;  // by cell: the round that came here
  std::vector<Parent> parent_;        // by cell, of this round
  std::vector<Reach> rows_;
  uint32_t round_ = 0;
  size_t steps_ = 0;
};

}  // namespace

std::vector<Reach> reachability(const Policy& policy) { return Walk(policy).run(); }

}  // namespace rampart::policy
