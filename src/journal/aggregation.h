// What happens again and again, told as one record in a while: plain reads, repeated denials. What is alike is owned
// once; one more costs one hash lookup and no allocation. Bounded: what was not used for longest makes room, told
// early. One thread.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/keyed_hash.h"
#include "base/time.h"
#include "records/records.h"

namespace rampart::journal {

/// elapsed is `to - from`, zero where that is negative, and never overflows.
Duration elapsed(TimePoint from, TimePoint to);

/// Aggregate is what alike transactions have in common, and what was counted of them since it was told last.
struct Aggregate {
  records::Conversation conversation;  // of the first, without its JSON
  protocols::OwnedOperation operation;
  records::Direction asked{};
  records::Verdict verdict;
  protocols::Outcome outcome;
  std::string_view deviation;
  TimePoint first{}, last{};
  uint64_t count = 0;
  Duration latency_least{}, latency_most{}, latency_total{};
  TimePoint recorded{};  // when the transaction that made it, or made it anew, was recorded by itself

 private:
  friend class Aggregation;
  std::string texts_;  // what the views above look at
  uint64_t hash_ = 0;
  bool in_use_ = false, used_ = false;
  TimePoint due_{};
  Aggregate* earlier_ = nullptr;  // among those that have a count, by when it is due
  Aggregate* later_ = nullptr;
};

class Aggregation {
 public:
  /// Tell writes an aggregate down; false: it could not, then it stays and counts on. Where it is `leaving`, what could
  /// not be told is gone, and Tell has to say so elsewhere.
  using Tell = std::function<bool(const Aggregate&, bool leaving)>;
  /// kMostOctets bounds names and values that aggregates own, all together.
  static constexpr size_t kMostOctets = size_t{64} << 20;

  Aggregation(size_t most, Duration every, const HashKey& key, Tell tell);

  /// find gives what is alike: ends (not ports), protocol, operation with its object and values, verdict, outcome,
  /// deviation. Null where there is none yet: record the transaction, then add() it. Needs `transaction.operation` and
  /// `.conversation`.
  Aggregate* find(const records::Transaction& transaction);
  Aggregate& add(const records::Transaction& transaction, TimePoint when);
  /// count adds one more; tells what was counted before where it is due by `when`.
  void count(Aggregate& aggregate, TimePoint when, Duration latency);

  void tell_due(TimePoint now) {
    if (earliest_ != nullptr && earliest_->due_ <= now) tell_all_due(now);
  }
  /// finish tells everything and forgets it.
  void finish();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(const Aggregate* aggregate) const { return aggregate->hash_; }
    size_t operator()(const records::Transaction& transaction) const;
    HashKey key;
  };
  struct Alike {
    using is_transparent = void;
    bool operator()(const Aggregate* a, const Aggregate* b) const { return a == b; }
    bool operator()(const Aggregate* a, const records::Transaction& b) const;
    bool operator()(const records::Transaction& a, const Aggregate* b) const { return (*this)(b, a); }
  };

  void tell_all_due(TimePoint now);
  void tell(Aggregate& aggregate, TimePoint now, bool leaving);
  void link(Aggregate& aggregate, TimePoint due);
  void unlink(Aggregate& aggregate);
  Aggregate& choose_unused();
  void remove(Aggregate& aggregate);
  static size_t octets(const Aggregate& aggregate);

  size_t most_;
  Duration every_;
  Tell tell_;
  Hash hash_;
  std::deque<Aggregate> slots_;  // never move
  std::vector<Aggregate*> free_;
  std::unordered_set<Aggregate*, Hash, Alike> index_;
  size_t hand_ = 0;  // where choose_unused() goes on
  size_t octets_ = 0;
  Aggregate* earliest_ = nullptr;
  Aggregate* latest_ = nullptr;
};

}  // namespace rampart::journal
