#include "journal/aggregation.h"

#include <algorithm>

namespace rampart::journal {

using protocols::Object;
using protocols::Operation;
using records::Conversation;
using records::Side;
using records::Transaction;
using records::Verdict;

namespace {

void add(KeyedHash& hash, const Side& side) {
  if (side.ip) {
    hash.add(*side.ip);
  } else if (side.mac) {
    hash.add(load_big<6>(side.mac->octets.data()));
  }
}

/// Ports are left out: a client that connects anew is the same client.
bool same_end(const Side& a, const Side& b) {
  return a.ip == b.ip && (a.ip || a.mac == b.mac) && a.asset == b.asset && a.zone == b.zone;
}

bool same(const Object& a, const Object& b) {
  return a.unit == b.unit && a.space == b.space && a.detail == b.detail && a.container == b.container &&
         a.first == b.first && a.last == b.last && a.name == b.name;
}

bool same(const Operation& a, const Operation& b) {
  return a.protocol == b.protocol && a.action == b.action && a.function.code == b.function.code &&
         a.for_peer == b.for_peer && same(a.object, b.object) && a.values.type == b.values.type &&
         a.values.count == b.values.count && std::ranges::equal(a.values.data, b.values.data);
}

bool same(const Verdict& a, const Verdict& b) {
  return a.kind == b.kind && a.conduit == b.conduit && a.rule == b.rule && a.reason == b.reason;
}

}  // namespace

Duration elapsed(TimePoint from, TimePoint to) {
  if (to <= from) return Duration(0);
  const auto difference =
      static_cast<uint64_t>(to.time_since_epoch().count()) - static_cast<uint64_t>(from.time_since_epoch().count());
  return Duration(static_cast<int64_t>(std::min(difference, static_cast<uint64_t>(Duration::max().count()))));
}

/// What an attacker cannot choose freely is left to the comparison.
size_t Aggregation::Hash::operator()(const Transaction& transaction) const {
  const Conversation& conversation = *transaction.conversation;
  const Operation& operation = *transaction.operation;
  const Object& object = operation.object;
  KeyedHash hash(key);
  journal::add(hash, conversation.client);
  journal::add(hash, conversation.server);
  hash.add(uint64_t{object.unit} << 32 | uint64_t{object.space} << 24 | object.detail);
  hash.add(uint64_t{object.container} << 32 | operation.function.code);
  hash.add(object.first);
  hash.add(object.last);
  hash.add(uint64_t{operation.protocol.number} << 32 | static_cast<uint64_t>(operation.action) << 8 |
           static_cast<uint64_t>(transaction.asked));
  if (!object.name.empty()) hash.add(as_bytes(object.name));
  if (!operation.values.data.empty()) hash.add(operation.values.data);
  return hash.finish();
}

bool Aggregation::Alike::operator()(const Aggregate* a, const Transaction& b) const {
  const Conversation& conversation = *b.conversation;
  return same(a->operation.view(), *b.operation) && same_end(a->conversation.client, conversation.client) &&
         same_end(a->conversation.server, conversation.server) && a->conversation.vlan == conversation.vlan &&
         a->conversation.transport == conversation.transport && a->asked == b.asked && same(a->verdict, b.verdict) &&
         a->outcome.kind == b.outcome.kind && a->outcome.code == b.outcome.code && a->deviation == b.deviation;
}

Aggregation::Aggregation(size_t most, Duration every, const HashKey& key, Tell tell)
    : most_(std::max<size_t>(most, 1)), every_(every), tell_(std::move(tell)), hash_{key}, index_(16, hash_) {}

Aggregate* Aggregation::find(const Transaction& transaction) {
  const auto found = index_.find(transaction);
  if (found == index_.end()) return nullptr;
  (*found)->used_ = true;
  return *found;
}

Aggregate& Aggregation::add(const Transaction& transaction, TimePoint when) {
  while (!index_.empty() && (index_.size() >= most_ || octets_ > kMostOctets)) {
    Aggregate& unused = choose_unused();
    if (unused.count > 0) tell(unused, when, true);
    remove(unused);
  }
  if (free_.empty()) free_.push_back(&slots_.emplace_back());
  Aggregate& fresh = *free_.back();
  free_.pop_back();

  const Conversation& from = *transaction.conversation;
  Conversation& to = fresh.conversation;
  to.flow_id = from.flow_id;
  to.vlan = from.vlan;
  to.transport = from.transport;
  to.ip_protocol = from.ip_protocol;
  to.client = from.client;
  to.server = from.server;
  to.protocol = from.protocol;
  to.community_id = from.community_id;
  fresh.operation.assign(*transaction.operation);
  fresh.asked = transaction.asked;
  fresh.verdict = transaction.verdict;
  fresh.outcome = transaction.outcome;
  fresh.deviation = transaction.deviation;
  fresh.recorded = when;

  // The sink's views end with the call: their text moves into one string, in the same order.
  std::string_view* const views[] = {&to.client.asset,      &to.client.zone,        &to.server.asset,
                                     &to.server.zone,       &fresh.verdict.conduit, &fresh.verdict.rule,
                                     &fresh.verdict.reason, &fresh.deviation};
  fresh.texts_.clear();
  for (const std::string_view* view : views) fresh.texts_ += *view;
  std::string_view texts = fresh.texts_;
  for (std::string_view* view : views) {
    const size_t size = view->size();
    *view = texts.substr(0, size);
    texts.remove_prefix(size);
  }

  fresh.hash_ = hash_(transaction);
  fresh.in_use_ = true;
  fresh.used_ = false;
  fresh.count = 0;
  octets_ += octets(fresh);
  index_.insert(&fresh);
  return fresh;
}

void Aggregation::count(Aggregate& aggregate, TimePoint when, Duration latency) {
  // Time that ran backwards (files read one after the other) ends what was counted, too.
  if (aggregate.count > 0 && (when >= aggregate.due_ || when < aggregate.first)) tell(aggregate, when, false);
  if (aggregate.count == 0) {
    aggregate.first = when;
    aggregate.last = when;
    aggregate.latency_least = latency;
    aggregate.latency_most = Duration(0);
    aggregate.latency_total = Duration(0);
    link(aggregate, when + every_);
  }
  ++aggregate.count;
  aggregate.first = std::min(aggregate.first, when);
  aggregate.last = std::max(aggregate.last, when);
  aggregate.latency_least = std::min(aggregate.latency_least, latency);
  aggregate.latency_most = std::max(aggregate.latency_most, latency);
  aggregate.latency_total = std::min(aggregate.latency_total, Duration::max() - latency) + latency;
}

void Aggregation::tell_all_due(TimePoint now) {
  while (earliest_ != nullptr && earliest_->due_ <= now) tell(*earliest_, now, false);
}

void Aggregation::finish() {
  while (earliest_ != nullptr) tell(*earliest_, {}, true);
  index_.clear();
  slots_.clear();
  free_.clear();
  octets_ = 0;
  hand_ = 0;
}

void Aggregation::tell(Aggregate& aggregate, TimePoint now, bool leaving) {
  unlink(aggregate);
  if (tell_(aggregate, leaving) || leaving) {
    aggregate.count = 0;
  } else {
    link(aggregate, now + every_);
  }
}

void Aggregation::link(Aggregate& aggregate, TimePoint due) {
  aggregate.due_ = due;
  aggregate.earlier_ = latest_;
  aggregate.later_ = nullptr;
  (latest_ != nullptr ? latest_->later_ : earliest_) = &aggregate;
  latest_ = &aggregate;
}

void Aggregation::unlink(Aggregate& aggregate) {
  (aggregate.earlier_ != nullptr ? aggregate.earlier_->later_ : earliest_) = aggregate.later_;
  (aggregate.later_ != nullptr ? aggregate.later_->earlier_ : latest_) = aggregate.earlier_;
}

/// Second chance: one that was found since the hand came by last stays, so that a flood of what comes but once pushes
/// out nothing that comes again and again.
Aggregate& Aggregation::choose_unused() {
  for (;; ++hand_) {
    Aggregate& candidate = slots_[hand_ % slots_.size()];
    if (!candidate.in_use_) continue;
    if (candidate.used_) {
      candidate.used_ = false;
      continue;
    }
    ++hand_;
    return candidate;
  }
}

void Aggregation::remove(Aggregate& aggregate) {
  octets_ -= octets(aggregate);
  index_.erase(&aggregate);
  aggregate.operation = {};
  aggregate.in_use_ = false;
  free_.push_back(&aggregate);
}

size_t Aggregation::octets(const Aggregate& aggregate) {
  const Operation& operation = aggregate.operation.view();
  return operation.object.name.size() + operation.values.data.size() + aggregate.texts_.size();
}

}  // namespace rampart::journal
