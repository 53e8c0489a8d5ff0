#include <algorithm>
#include <array>
#include <map>

#include "journal/differences.h"

namespace rampart::journal {
namespace {

constexpr size_t kRun = 3;                                   // equal neighbours that make a match credible
constexpr std::array<size_t, 3> kWindows = {16, 256, 4096};  // how far a match is looked for
constexpr uint64_t kMostHashes = 4096;                       // of missing records, kept to find where they went
constexpr size_t kMostCompared = 512;                        // longest piece that is compared record by record

class Aligner {
 public:
  Aligner(Walker& walker, const Expected& expected, Range range, bool open_end, std::vector<uint64_t>& unreadable)
      : walker_(walker), expected_(expected), range_(range), open_end_(open_end), unreadable_(unreadable) {
    walker_.seek(range.from);
    number_ = next_ = range.from;
  }

  std::vector<Gap> run() {
    while (fill(kRun + 1), !actual_.empty() && !tree_.empty()) {
      if (actual_[0].hash == tree_[0]) {
        match();
      } else {
        resynchronise();
      }
    }
    if (!tree_.empty()) missing(range_.to - number_);
    for (fill(1); !actual_.empty() && !open_end_; fill(1)) {
      gaps_.push_back({.from = number_, .actual = {actual_.front()}});
      actual_.pop_front();
    }
    return std::move(gaps_);
  }

 private:
  void fill(size_t count) {
    while (tree_.size() < count && next_ < range_.to) tree_.push_back(expected_(next_++).value_or(Hash{}));
    while (actual_.size() < count && !walked_) {
      const auto item = walker_.next();
      // One more record than the tree has shows whether everything behind it has only moved on.
      const uint64_t to = range_.to + (open_end_ ? kWindows.back() : 0);
      walked_ = !item || (item->number >= to && !item->extra);
      if (!walked_) actual_.push_back(*item);
    }
  }
  void match() {
    if (!actual_[0].good) unreadable_.push_back(number_);
    actual_.pop_front();
    tree_.pop_front();
    ++number_;
  }
  /// credible: from here on both go on alike, for a few records or to the end of both.
  bool credible(size_t x, size_t y) const {
    for (size_t i = 0; i < kRun; ++i) {
      const bool one = x + i < actual_.size();
      const bool other = y + i < tree_.size();
      if (!one || !other) return one == other || (x == y && i > 0) || (x == y && open_end_);
      if (actual_[x + i].hash != tree_[y + i]) return false;
    }
    return true;
  }
  void resynchronise() {
    if (credible(1, 1)) return differ(1, 1);
    // What the records' own numbers say is tried first: a whole segment may be missing.
    const uint64_t claimed = actual_[0].number;
    if (actual_[0].good && claimed > number_ && claimed < range_.to && at_its_number())
      return missing(claimed - number_);
    for (const size_t window : kWindows) {
      fill(window + kRun);
      if (const auto found = nearest(window)) return differ(found->first, found->second);
      if (actual_.size() < window && tree_.size() < window) break;
    }
    const size_t both = std::min({actual_.size(), tree_.size(), kWindows.back()});
    positional(both);
  }
  bool at_its_number() const {
    for (size_t i = 0; i < std::min(kRun, actual_.size()); ++i) {
      if (actual_[i].number >= range_.to) return i > 0;
      if (expected_(actual_[i].number) != actual_[i].hash) return false;
    }
    return true;
  }
  /// nearest is the match for which the fewest records have to be passed over.
  std::optional<std::pair<size_t, size_t>> nearest(size_t window) const {
    std::map<Hash, size_t> places;
    for (size_t y = std::min(window, tree_.size()); y > 0; --y) places[tree_[y - 1]] = y - 1;
    std::optional<std::pair<size_t, size_t>> best;
    for (size_t x = 0; x < std::min(window, actual_.size()); ++x) {
      const auto place = places.find(actual_[x].hash);
      if (place == places.end() || !credible(x, place->second)) continue;
      if (!best || x + place->second < best->first + best->second) best = {x, place->second};
    }
    return best;
  }
  void missing(uint64_t count) {
    Gap gap{.from = number_, .count = count};
    for (uint64_t i = 0; i < std::min(count, kMostHashes); ++i) {
      gap.expected.push_back(i < tree_.size() ? tree_[i] : expected_(number_ + i).value_or(Hash{}));
    }
    gaps_.push_back(std::move(gap));
    number_ += count;
    tree_.erase(tree_.begin(), tree_.begin() + static_cast<ptrdiff_t>(std::min<uint64_t>(count, tree_.size())));
    if (tree_.empty()) next_ = number_;
  }
  void positional(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      if (actual_[0].hash == tree_[0]) {
        match();
      } else {
        gap(1, 1);
      }
    }
  }
  /// gap takes `x` records and `y` hashes that have nothing to do with each other.
  void gap(size_t x, size_t y) {
    Gap gap{.from = number_, .count = y};
    gap.expected.assign(tree_.begin(), tree_.begin() + static_cast<ptrdiff_t>(y));
    gap.actual.assign(actual_.begin(), actual_.begin() + static_cast<ptrdiff_t>(x));
    gaps_.push_back(std::move(gap));
    actual_.erase(actual_.begin(), actual_.begin() + static_cast<ptrdiff_t>(x));
    tree_.erase(tree_.begin(), tree_.begin() + static_cast<ptrdiff_t>(y));
    number_ += y;
  }
  /// differ passes over `x` records and `y` hashes and keeps what they have in common, in order.
  void differ(size_t x, size_t y) {
    if (x == y) return positional(x);
    if (std::max(x, y) > kMostCompared) return gap(x, y);
    // The longest common subsequence, by the usual table of lengths of common ends.
    std::vector<std::vector<uint16_t>> common(x + 1, std::vector<uint16_t>(y + 1));
    for (size_t i = x; i-- > 0;) {
      for (size_t j = y; j-- > 0;) {
        common[i][j] = actual_[i].hash == tree_[j] ? static_cast<uint16_t>(common[i + 1][j + 1] + 1)
                                                   : std::max(common[i + 1][j], common[i][j + 1]);
      }
    }
    size_t i = 0, j = 0, begin_i = 0, begin_j = 0;
    while (i < x && j < y) {
      if (actual_[i - begin_i].hash == tree_[j - begin_j]) {
        if (i > begin_i || j > begin_j) gap(i - begin_i, j - begin_j);
        match();
        begin_i = ++i;
        begin_j = ++j;
      } else {
        ++(common[i + 1][j] >= common[i][j + 1] ? i : j);
      }
    }
    if (x > begin_i || y > begin_j) gap(x - begin_i, y - begin_j);
  }

  Walker& walker_;
  const Expected& expected_;
  Range range_;
  bool open_end_;
  std::vector<uint64_t>& unreadable_;
  std::deque<Walker::Item> actual_;
  std::deque<Hash> tree_;
  uint64_t number_ = 0;  // of tree_[0]
  uint64_t next_ = 0;    // of the next hash to be fetched
  bool walked_ = false;
  std::vector<Gap> gaps_;
};

}  // namespace

std::vector<Gap> align(Walker& walker, const Expected& expected, Range range, bool open_end,
                       std::vector<uint64_t>& unreadable) {
  return Aligner(walker, expected, range, open_end, unreadable).run();
}

}  // namespace rampart::journal
