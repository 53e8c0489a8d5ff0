// Joins answers to what was asked. One matcher belongs to one conversation and one thread; it keeps at most `limit`
// operations, and says what the bound cost. Monitor and gateway use the same one. Memory is reused: once a conversation
// has seen its usual messages, nothing is allocated any more.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"
#include "protocols/decoder.h"
#include "protocols/operation.h"

namespace rampart::protocols {

/// Transaction is an operation with its answer, or one without the other. Valid during the call that hands it over.
/// `operation` is null where nobody was seen asking: unsolicited, or the asking was lost or came before we looked.
template <class Context>
struct Transaction {
  const Operation* operation = nullptr;
  std::span<const Answer* const> answers{};  // empty: unanswered, or none expected
  Outcome outcome{};                         // of this operation
  Direction asked{};                         // the direction in which the operation went, or would have gone
  TimePoint asked_at{};
  TimePoint answered_at{};     // asked_at where there is no answer
  uint64_t exchange = 0;       // the same for all operations of one message
  Context* context = nullptr;  // what the caller kept with the operation; null where there is no operation
};

/// Matcher keeps what was asked until it is answered, is given up, or has to make room. Answers are matched by key,
/// never by order alone; where two messages in flight share a key (reused or repeated identifiers) the older one is
/// answered first, unless time shows that its answer was lost (see skip_lost). `emit` must not call the matcher.
/// Cost: a linear search of what is in flight, which is one or two in practice and at most `limit`.
template <class Context>
class Matcher {
 public:
  /// kMostParts and kMostOctets bound the answers kept for what is not answered in full: one operation's, and all.
  static constexpr size_t kMostParts = 1024;
  static constexpr size_t kMostOctets = size_t{1} << 20;

  explicit Matcher(size_t limit) : limit_(std::max<size_t>(limit, 1)) {}

  /// asked keeps `operation` and hands back the place for the caller's context, good until the next call. Operations
  /// that expect no answer are not to be kept: the caller reports them at once. Where the table is full the oldest is
  /// given up to `emit`.
  template <class Emit>
  Context& asked(const Operation& operation, Direction direction, TimePoint now, Emit&& emit) {
    if (places_.size() == limit_) {
      ++given_up_;
      give_up(0, emit);
    }
    const bool same_message = operation.item > 0 && operation.key.match == last_match_ && direction == last_direction_;
    if (!same_message) ++exchange_;
    last_match_ = operation.key.match;
    last_direction_ = direction;
    const uint32_t number = take_slot();
    places_.push_back({operation.key.match, exchange_, number, direction});
    Slot& slot = slots_[number];
    slot.operation.assign(operation);
    slot.asked_at = now;
    slot.answered_at = now;
    slot.context = Context{};
    return slot.context;
  }

  /// awaits is true where an answer with `key` that comes in `direction` would find what it answers.
  bool awaits(const TransactionKey& key, Direction direction) const {
    return find(key, opposite(direction), 0) < places_.size();
  }

  /// answered joins `answer`, which came in `direction`, and hands complete transactions to `emit`.
  template <class Emit>
  void answered(const Answer& answer, Direction direction, TimePoint now, Emit&& emit) {
    const Direction asked_in = opposite(direction);
    const size_t first = answer.unsolicited ? places_.size() : skip_lost(answer.key, asked_in, now, emit);
    if (first == places_.size()) {
      const Answer* const one[] = {&answer};
      emit(Transaction<Context>{.answers = one,
                                .outcome = answer.outcome,
                                .asked = asked_in,
                                .asked_at = now,
                                .answered_at = now,
                                .exchange = ++exchange_});
      return;
    }
    const size_t end = end_of(first);
    // What answers the whole message and carries nothing (a refusal, a bare acknowledgement) is everybody's answer;
    // where there is but one operation, it need not be copied.
    const bool for_all = answer.item == Answer::kAllItems && answer.values.empty() && !answer.object;
    const bool in_place = answer.final && (for_all || end - first == 1);
    if (!in_place) keep(slots_[places_[choose(first, end, answer)].slot], answer, now);
    if (!answer.final) return;
    // Where answers name their items, an item that no answer names was not answered.
    const Outcome otherwise =
        answer.item == Answer::kAllItems ? answer.outcome : Outcome{.kind = Outcome::Kind::unanswered};
    for (size_t i = first; i < end; ++i) finish(i, in_place ? &answer : nullptr, otherwise, now, emit);
    erase(first, end);
  }

  /// expire gives up what was asked before `deadline` and not answered.
  template <class Emit>
  void expire(TimePoint deadline, Emit&& emit) {
    while (!places_.empty() && slots_[places_[0].slot].asked_at < deadline) give_up(0, emit);
  }
  /// flush gives up everything: the conversation has ended.
  template <class Emit>
  void flush(Emit&& emit) {
    while (!places_.empty()) give_up(0, emit);
  }

  /// shift moves the times of what is in flight: the clock that gives them was set by `step`.
  void shift(Duration step) {
    for (const Place& place : places_) {
      slots_[place.slot].asked_at += step;
      slots_[place.slot].answered_at += step;
    }
  }

  size_t in_flight() const { return places_.size(); }
  /// asks is true where something that was asked in `direction` is in flight.
  bool asks(Direction direction) const {
    return std::any_of(places_.begin(), places_.end(), [&](const Place& at) { return at.direction == direction; });
  }
  /// given_up counts operations that had to make room before they were answered.
  uint64_t given_up() const { return given_up_; }
  /// not_kept counts answers whose values were dropped because a message was answered with more than we keep.
  uint64_t not_kept() const { return not_kept_; }

 private:
  struct Part {
    Answer answer;
    std::vector<uint8_t> octets;
  };
  struct Slot {
    OwnedOperation operation;
    std::vector<Part> parts;  // the first `kept` are in use, the others keep their memory
    size_t kept = 0;
    TimePoint asked_at{};
    TimePoint answered_at{};
    Context context{};
  };
  /// Place is what a search looks at; the places are in the order of asking, those of one message side by side.
  struct Place {
    uint64_t match;
    uint64_t exchange;
    uint32_t slot;
    Direction direction;
  };

  size_t find(const TransactionKey& key, Direction asked_in, size_t from) const {
    for (size_t i = from; i < places_.size(); ++i) {
      if (places_[i].match == key.match && places_[i].direction == asked_in) return i;
    }
    return places_.size();
  }
  size_t end_of(size_t first) const {
    size_t end = first + 1;
    while (end < places_.size() && places_[end].exchange == places_[first].exchange) ++end;
    return end;
  }

  /// skip_lost finds what `key` answers. Some clients use one identifier for ever; then a single answer that we missed
  /// would pair every later one with the request before it. Whoever sends several requests ahead sends them closer
  /// together than the answers take; so where the next request with this key came long after this one, compared with
  /// how soon after that the answer comes, this one's answer is taken as lost.
  template <class Emit>
  size_t skip_lost(const TransactionKey& key, Direction asked_in, TimePoint now, Emit&& emit) {
    size_t first = find(key, asked_in, 0);
    while (first < places_.size()) {
      const size_t end = end_of(first);
      const size_t next = find(key, asked_in, end);
      if (next == places_.size()) return first;
      const Slot& older = slots_[places_[first].slot];
      const TimePoint asked_again = slots_[places_[next].slot].asked_at;
      constexpr int kMuchLonger = 4;
      const Duration latency = std::max(now - asked_again, Duration(0));
      if (older.kept > 0 || asked_again - older.asked_at <= kMuchLonger * latency) return first;
      for (size_t i = first; i < end; ++i) give_up(first, emit);
      first = next - (end - first);
    }
    return first;
  }

  /// choose: an answer that names no item belongs to the item that asks for the same space, else to the first.
  size_t choose(size_t first, size_t end, const Answer& answer) const {
    for (size_t i = first; i < end; ++i) {
      const Operation& operation = slots_[places_[i].slot].operation.view();
      if (answer.item != Answer::kAllItems ? operation.item == answer.item
                                           : answer.object && operation.object.space == answer.object->space) {
        return i;
      }
    }
    return first;
  }

  void keep(Slot& slot, const Answer& answer, TimePoint now) {
    slot.answered_at = now;
    if (slot.kept == kMostParts) {
      ++not_kept_;
      return;
    }
    if (slot.kept == slot.parts.size()) slot.parts.emplace_back();
    Part& part = slot.parts[slot.kept++];
    if (kept_octets_ + answer.values.data.size() <= kMostOctets) {
      own(answer, part.answer, part.octets);
    } else {
      ++not_kept_;
      Answer bare = answer;
      bare.values = {};
      own(bare, part.answer, part.octets);
    }
    kept_octets_ += part.octets.size();
  }

  /// finish hands over the operation at place `i` with the answers kept for it and `last`, which may be null.
  template <class Emit>
  void finish(size_t i, const Answer* last, const Outcome& otherwise, TimePoint now, Emit&& emit) {
    Slot& slot = slots_[places_[i].slot];
    const uint16_t item = slot.operation.view().item;
    Outcome outcome = otherwise;
    bool own_outcome = false;
    answers_.clear();
    for (size_t k = 0; k < slot.kept; ++k) {
      const Answer& answer = slot.parts[k].answer;
      answers_.push_back(&answer);
      const bool first_of_item = answer.item == item && !own_outcome;
      if (first_of_item || (!own_outcome && outcome.kind == Outcome::Kind::unanswered)) outcome = answer.outcome;
      own_outcome = own_outcome || first_of_item;
    }
    if (last != nullptr) {
      answers_.push_back(last);
      if (!own_outcome) outcome = last->outcome;
    }
    emit(Transaction<Context>{.operation = &slot.operation.view(),
                              .answers = answers_,
                              .outcome = outcome,
                              .asked = places_[i].direction,
                              .asked_at = slot.asked_at,
                              .answered_at = answers_.empty() ? slot.asked_at : now,
                              .exchange = places_[i].exchange,
                              .context = &slot.context});
  }

  template <class Emit>
  void give_up(size_t i, Emit&& emit) {
    finish(i, nullptr, Outcome{.kind = Outcome::Kind::unanswered}, slots_[places_[i].slot].answered_at, emit);
    erase(i, i + 1);
  }

  uint32_t take_slot() {
    if (free_.empty()) {
      slots_.emplace_back();
      return static_cast<uint32_t>(slots_.size() - 1);
    }
    const uint32_t number = free_.back();
    free_.pop_back();
    return number;
  }

  void erase(size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) {
      release(slots_[places_[i].slot]);
      free_.push_back(places_[i].slot);
    }
    places_.erase(places_.begin() + static_cast<ptrdiff_t>(first), places_.begin() + static_cast<ptrdiff_t>(end));
  }

  /// release keeps the memory of usual answers and gives back that of unusual ones.
  void release(Slot& slot) {
    constexpr size_t kUsualParts = 32;
    constexpr size_t kUsualOctets = 4096;
    for (size_t k = 0; k < slot.kept; ++k) {
      Part& part = slot.parts[k];
      kept_octets_ -= part.octets.size();
      part.octets.clear();
      if (part.octets.capacity() > kUsualOctets) part.octets = {};
    }
    if (slot.parts.size() > kUsualParts) {
      slot.parts.resize(kUsualParts);
      slot.parts.shrink_to_fit();
    }
    slot.kept = 0;
  }

  size_t limit_;
  uint64_t exchange_ = 0;
  uint64_t last_match_ = 0;  // of the operation asked last: its further items belong to the same exchange
  Direction last_direction_{};
  uint64_t given_up_ = 0;
  uint64_t not_kept_ = 0;
  size_t kept_octets_ = 0;
  std::vector<Place> places_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  std::vector<const Answer*> answers_;  // for finish alone
};

}  // namespace rampart::protocols
