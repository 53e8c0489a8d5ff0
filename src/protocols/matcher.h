// Joins answers to what was asked. One matcher belongs to one conversation and one thread; it keeps at most `limit`
// operations, and says what the bound cost. Monitor and gateway use the same one.
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
  TimePoint answered_at{};
  uint64_t exchange = 0;       // the same for all operations of one message
  Context* context = nullptr;  // what the caller kept with the operation; null where there is no operation
};

/// Matcher keeps what was asked until it is answered, is given up, or has to make room. Answers are matched by key,
/// never by order; where two operations in flight share a key (reused or repeated identifiers) the older one is
/// answered first. Cost: a linear search of what is in flight, which is one or two in practice and at most `limit`.
template <class Context>
class Matcher {
 public:
  explicit Matcher(size_t limit) : limit_(std::max<size_t>(limit, 1)) {}

  /// asked keeps `operation` and hands back the place for the caller's context. Operations that expect no answer are
  /// not kept: the caller reports them at once. Where the table is full the oldest is given up to `emit`.
  template <class Emit>
  Context& asked(const Operation& operation, Direction direction, TimePoint now, Emit&& emit) {
    if (used_ == limit_) {
      ++given_up_;
      give_up(0, emit);
    }
    if (operation.item == 0) ++exchange_;
    if (used_ == slots_.size()) slots_.emplace_back();
    Slot& slot = slots_[used_++];
    slot.operation.assign(operation);
    slot.direction = direction;
    slot.asked_at = now;
    slot.exchange = exchange_;
    slot.context = Context{};
    return slot.context;
  }

  /// answered joins `answer`, which came in `direction`, and hands complete transactions to `emit`.
  template <class Emit>
  void answered(const Answer& answer, Direction direction, TimePoint now, Emit&& emit) {
    const Direction asked_in = opposite(direction);
    const size_t first = answer.unsolicited ? used_ : find(answer.key, asked_in);
    if (first == used_) {
      const Answer* const one[] = {&answer};
      emit(Transaction<Context>{.answers = one,
                                .outcome = answer.outcome,
                                .asked = asked_in,
                                .asked_at = now,
                                .answered_at = now,
                                .exchange = ++exchange_});
      return;
    }
    const uint64_t exchange = slots_[first].exchange;
    const size_t end = end_of(first);
    if (end - first == 1 && answer.final && slots_[first].parts.empty()) {
      const Answer* const one[] = {&answer};
      complete(first, one, answer.outcome, now, emit);
      erase(first, end);
      return;
    }
    slots_[choose(first, end, answer)].parts.emplace_back(answer);
    if (!answer.final) return;
    for (size_t i = first; i < used_ && slots_[i].exchange == exchange; ++i) {
      finish(i, answer.outcome, now, emit);
    }
    erase(first, end);
  }

  /// expire gives up what was asked before `deadline` and not answered.
  template <class Emit>
  void expire(TimePoint deadline, Emit&& emit) {
    while (used_ > 0 && slots_[0].asked_at < deadline) give_up(0, emit);
  }
  /// flush gives up everything: the conversation has ended.
  template <class Emit>
  void flush(Emit&& emit) {
    while (used_ > 0) give_up(0, emit);
  }

  size_t in_flight() const { return used_; }
  /// given_up counts operations that had to make room before they were answered.
  uint64_t given_up() const { return given_up_; }

 private:
  struct Slot {
    OwnedOperation operation;
    std::vector<OwnedAnswer> parts;
    Direction direction{};
    TimePoint asked_at{};
    uint64_t exchange = 0;
    Context context{};
  };

  size_t find(const TransactionKey& key, Direction asked_in) const {
    for (size_t i = 0; i < used_; ++i) {
      if (slots_[i].operation.view().key.match == key.match && slots_[i].direction == asked_in) return i;
    }
    return used_;
  }
  size_t end_of(size_t first) const {
    size_t end = first + 1;
    while (end < used_ && slots_[end].exchange == slots_[first].exchange) ++end;
    return end;
  }
  /// choose: an answer that names no item belongs to the item that asks for the same space, else to the first.
  size_t choose(size_t first, size_t end, const Answer& answer) const {
    for (size_t i = first; i < end; ++i) {
      const Operation& operation = slots_[i].operation.view();
      if (answer.item != Answer::kAllItems ? operation.item == answer.item
                                           : answer.object && operation.object.space == answer.object->space) {
        return i;
      }
    }
    return first;
  }
  template <class Emit>
  void complete(size_t i, std::span<const Answer* const> answers, const Outcome& outcome, TimePoint now, Emit&& emit) {
    Slot& slot = slots_[i];
    emit(Transaction<Context>{.operation = &slot.operation.view(),
                              .answers = answers,
                              .outcome = outcome,
                              .asked = slot.direction,
                              .asked_at = slot.asked_at,
                              .answered_at = now,
                              .exchange = slot.exchange,
                              .context = &slot.context});
  }
  template <class Emit>
  void finish(size_t i, const Outcome& of_message, TimePoint now, Emit&& emit) {
    const std::vector<OwnedAnswer>& parts = slots_[i].parts;
    std::vector<const Answer*> answers;
    answers.reserve(parts.size());
    Outcome outcome = of_message;
    bool own_outcome = false;
    for (const OwnedAnswer& part : parts) {
      answers.push_back(&part.view());
      if (part.view().item == Answer::kAllItems || own_outcome) continue;
      outcome = part.view().outcome;
      own_outcome = true;
    }
    complete(i, answers, outcome, now, emit);
  }
  template <class Emit>
  void give_up(size_t i, Emit&& emit) {
    const Outcome unanswered{.kind = Outcome::Kind::unanswered};
    finish(i, unanswered, slots_[i].asked_at, emit);
    erase(i, i + 1);
  }
  void erase(size_t first, size_t end) {
    for (size_t i = first; i < end; ++i) slots_[i].parts.clear();
    const auto begin = slots_.begin();
    std::rotate(begin + static_cast<ptrdiff_t>(first), begin + static_cast<ptrdiff_t>(end),
                begin + static_cast<ptrdiff_t>(used_));
    used_ -= end - first;
  }

  size_t limit_;
  size_t used_ = 0;  // slots in flight, oldest first; the rest keep their memory for reuse
  uint64_t exchange_ = 0;
  uint64_t given_up_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace rampart::protocols
