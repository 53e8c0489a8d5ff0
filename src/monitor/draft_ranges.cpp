#include "monitor/draft_ranges.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace rampart::monitor::discover {
namespace {

constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();

}  // namespace

void Ranges::add(uint64_t first, uint64_t last) {
  auto at = runs_.upper_bound(first);
  if (at != runs_.begin()) {
    const auto before = std::prev(at);
    if (before->second == kEnd || before->second + 1 >= first) {
      if (before->second >= last) return;
      first = before->first;
      at = before;
    }
  }
  while (at != runs_.end() && (last == kEnd || at->first <= last + 1)) {
    last = std::max(last, at->second);
    at = runs_.erase(at);
  }
  runs_[first] = last;
  if (runs_.size() > kMost) close_holes(kMost * 3 / 4);
}

void Ranges::add(const Ranges& other) {
  for (const auto& [first, last] : other.runs_) add(first, last);
  rounding_ = std::max(rounding_, other.rounding_);
}

void Ranges::take(uint64_t first, uint64_t last) {
  auto at = runs_.upper_bound(first);
  if (at != runs_.begin()) --at;
  while (at != runs_.end() && at->first <= last) {
    const auto [begin, end] = *at;
    if (end < first) {
      ++at;
      continue;
    }
    at = runs_.erase(at);
    if (begin < first) runs_[begin] = first - 1;
    if (end > last) at = runs_.emplace(last + 1, end).first;
  }
}

void Ranges::close_holes(size_t most) {
  if (runs_.size() <= most) return;
  std::vector<uint64_t> holes;
  for (auto at = std::next(runs_.begin()); at != runs_.end(); ++at)
    holes.push_back(at->first - std::prev(at)->second - 1);
  const auto last_closed = holes.begin() + static_cast<std::ptrdiff_t>(runs_.size() - most - 1);
  std::nth_element(holes.begin(), last_closed, holes.end());
  const uint64_t widest = *last_closed;
  Runs closed;
  for (const auto& [first, last] : runs_) {
    if (!closed.empty() && first - std::prev(closed.end())->second - 1 <= widest) {
      std::prev(closed.end())->second = last;
    } else {
      closed.emplace_hint(closed.end(), first, last);
    }
  }
  runs_ = std::move(closed);
  rounding_ = std::max(rounding_, widest);
}

bool Ranges::contains(uint64_t first, uint64_t last) const {
  const auto after = runs_.upper_bound(first);
  return after != runs_.begin() && std::prev(after)->second >= last;
}

bool Ranges::touches(uint64_t first, uint64_t last) const {
  const auto after = runs_.upper_bound(last);
  return after != runs_.begin() && std::prev(after)->second >= first;
}

}  // namespace rampart::monitor::discover
