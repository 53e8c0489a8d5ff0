#include "journal/keeper.h"

#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "crypto/signature.h"
#include "journal/aggregation.h"
#include "journal/blobs.h"
#include "journal/quota.h"
#include "journal/segment.h"
#include "journal/tree.h"

namespace rampart::journal {

using protocols::Action;
using records::Conversation;
using records::Direction;
using records::Kind;
using records::Side;
using records::Transaction;

namespace {

constexpr std::string_view kQuota = "quota";
constexpr std::string_view kTooLarge = "too-large";
constexpr Duration kNotKeptEvery = std::chrono::seconds(10);
constexpr size_t kAround = kFrameHeader + sizeof(Hash);  // octets that a record costs besides: its frame, its hash

Source source_of(const Side& side) { return side.ip ? Source{.ip = side.ip} : Source{.mac = side.mac}; }

/// Who spoke in that direction.
Source source_of(const Conversation* conversation, Direction direction) {
  if (conversation == nullptr) return {};
  return source_of(direction == Direction::to_server ? conversation->client : conversation->server);
}

/// A keep-alive tells nothing new; what opens, authenticates or ends a session does, each time.
bool keeps_alive(const protocols::Operation& operation) {
  return !operation.expects_answer || operation.function.name.ends_with("keep-alive");
}

/// plain: it reads, it was answered as it should be, it was seen whole, and nothing forbids it.
bool plain(const Transaction& transaction) {
  if (transaction.operation == nullptr || transaction.conversation == nullptr) return false;
  if (transaction.outcome.kind != protocols::Outcome::Kind::ok || transaction.seen != records::Seen::whole)
    return false;
  const Action action = transaction.operation->action;
  return !protocols::changes(action) && (action != Action::session || keeps_alive(*transaction.operation));
}

bool forbidden(const Transaction& transaction) {
  return transaction.verdict.kind == records::Verdict::Kind::denied ||
         transaction.verdict.kind == records::Verdict::Kind::undecidable;
}

enum class Fate { kept, over_quota, too_large, refused };

}  // namespace

struct Keeper::Body {
  Body(Appender& to, const Clock& by, const KeeperOptions& with) : journal(to), clock(by), options(with) {}

  Appender& journal;
  const Clock& clock;
  const KeeperOptions options;
  const HashKey key = crypto::random_hash_key();
  KeeperTotals totals;
  Quotas quotas{options.settings, key};
  QuotaClock quota_clock;
  Shortfall shortfall;
  TimePoint shortfall_due{};
  Aggregation reads{options.most_summaries, options.summary_every, key,
                    [this](const Aggregate& aggregate, bool leaving) { return tell_reads(aggregate, leaving); }};
  Aggregation repeats{options.most_repeats, options.repeats_every, key,
                      [this](const Aggregate& aggregate, bool leaving) { return tell_repeats(aggregate, leaving); }};
  bool heard = false;
  TimePoint now{};          // latest packet's
  TimePoint heard_until{};  // `now` at the tick that saw it last change, and when that was
  Duration heard_at{};
  std::vector<uint8_t> bytes;

  /// write charges the record to its quota and appends it. `number` where it was kept.
  template <class Record>
  Fate write(Kind kind, const Source& source, const Record& record, std::optional<uint64_t>* number = nullptr) {
    bytes.clear();
    append_cbor(bytes, record, clock.now());
    const Duration passed = quota_clock.pass(clock.steady(), now);
    if (!quotas.take(kind, source, bytes.size() + kAround, passed)) return Fate::over_quota;
    if (bytes.size() > records::kMostRecord) return Fate::too_large;
    const std::optional<uint64_t> place = journal.append(bytes, urgency(kind));
    if (number != nullptr) *number = place;
    return place ? Fate::kept : Fate::refused;
  }

  /// keep writes a record that stands for itself, and accounts for it where it cannot be written.
  template <class Record>
  std::optional<uint64_t> keep(Kind kind, const Source& source, const Record& record, TimePoint when) {
    ++totals.seen;
    std::optional<uint64_t> number;
    const Fate fate = write(kind, source, record, &number);
    ++(fate == Fate::kept ? totals.kept : totals.not_kept);
    account(fate, kind, source, when, 1);
    return number;
  }

  void account(Fate fate, Kind kind, const Source& source, TimePoint when, uint64_t count) {
    if (fate == Fate::over_quota) lack(kind, source, kQuota, when, count, bytes.size());
    if (fate == Fate::too_large && !set_aside(kind, source, when, count)) {
      lack(kind, source, kTooLarge, when, count, bytes.size());
    }
    // What the journal itself refuses, it tells itself.
  }

  void lack(Kind kind, const Source& source, std::string_view reason, TimePoint when, uint64_t count, uint64_t octets) {
    if (shortfall.empty()) shortfall_due = now + kNotKeptEvery;
    shortfall.add(kind, source, reason, when, count, octets);
  }

  /// set_aside makes a blob of what is too large for a record and tells its name; false where it cannot do both.
  bool set_aside(Kind kind, const Source& source, TimePoint when, uint64_t count) {
    if (options.folder.empty()) return false;
    std::string reason;
    const size_t octets = bytes.size();
    try {
      reason = std::string(kTooLarge) + ", blob " + put_blob({options.folder}, bytes);
    } catch (const Error&) {
      return false;  // told without a name
    }
    const Shortfall::Row row{kind, source, reason, when, when, count, octets};
    return tell_shortfall(row);
  }

  bool tell_shortfall(const Shortfall::Row& row) {
    std::string source;
    if (row.source.ip) {
      append(source, *row.source.ip);
    } else if (row.source.mac) {
      append(source, *row.source.mac);
    }
    const records::NotKept record{.since = row.since,
                                  .until = row.until,
                                  .kind = to_text(row.kind),
                                  .source = source,
                                  .reason = row.reason,
                                  .count = row.count,
                                  .octets = row.octets};
    return write(Kind::not_kept, {}, record) == Fate::kept;
  }

  bool tell_reads(const Aggregate& aggregate, bool leaving) {
    protocols::Operation operation = aggregate.operation.view();
    operation.values = {};
    return tell(Kind::read_summary, aggregate, leaving, totals.summarised,
                records::ReadSummary{.first = aggregate.first,
                                     .last = aggregate.last,
                                     .conversation = &aggregate.conversation,
                                     .asked = aggregate.asked,
                                     .operation = &operation,
                                     .verdict = aggregate.verdict,
                                     .count = aggregate.count,
                                     .latency_least = aggregate.latency_least,
                                     .latency_most = aggregate.latency_most,
                                     .latency_total = aggregate.latency_total});
  }

  bool tell_repeats(const Aggregate& aggregate, bool leaving) {
    return tell(Kind::repeats, aggregate, leaving, totals.repeated,
                records::Repeats{.first = aggregate.first,
                                 .last = aggregate.last,
                                 .conversation = &aggregate.conversation,
                                 .asked = aggregate.asked,
                                 .operation = &aggregate.operation.view(),
                                 .verdict = aggregate.verdict,
                                 .outcome = aggregate.outcome,
                                 .count = aggregate.count});
  }

  /// tell writes an aggregate. Over its quota it is not lost: it goes on counting and is told when there is room.
  template <class Record>
  bool tell(Kind kind, const Aggregate& aggregate, bool leaving, uint64_t& told, const Record& record) {
    const Source source = source_of(&aggregate.conversation, aggregate.asked);
    const Fate fate = write(kind, source, record);
    if (fate == Fate::over_quota && !leaving) return false;
    (fate == Fate::kept ? told : totals.not_kept) += aggregate.count;
    account(fate, kind, source, aggregate.last, aggregate.count);
    return true;
  }

  void transaction(const Transaction& transaction) {
    const TimePoint when = std::max(transaction.asked_at, transaction.answered_at);
    advance(when);
    const Source source = source_of(transaction.conversation, transaction.asked);
    const bool countable = transaction.operation != nullptr && transaction.conversation != nullptr;
    Aggregation* aggregation = nullptr;
    if (countable && forbidden(transaction)) {
      aggregation = &repeats;
    } else if (!options.all_operations && plain(transaction)) {
      aggregation = &reads;
    }
    Aggregate* alike = aggregation != nullptr ? aggregation->find(transaction) : nullptr;
    if (alike != nullptr && !(aggregation == &repeats && over(*alike, when))) {
      ++totals.seen;
      aggregation->count(*alike, when, elapsed(transaction.asked_at, transaction.answered_at));
      return;
    }
    keep(Kind::transaction, source, transaction, when);
    if (alike != nullptr) {
      alike->recorded = when;
    } else if (aggregation != nullptr) {
      aggregation->add(transaction, when);
    }
  }

  /// over: a denial that comes again after a pause is a first one, and recorded by itself.
  bool over(const Aggregate& aggregate, TimePoint when) const {
    return aggregate.count == 0 && elapsed(std::max(aggregate.recorded, aggregate.last), when) > options.repeats_every;
  }

  void advance(TimePoint when) {
    if (heard && when <= now) return;
    heard = true;
    now = when;
    tell_due(now);
  }

  void tell_due(TimePoint at) {
    reads.tell_due(at);
    repeats.tell_due(at);
    if (!shortfall.empty() && at >= shortfall_due) {
      shortfall.tell([this](const Shortfall::Row& row) { return tell_shortfall(row); });
      shortfall_due = at + kNotKeptEvery;
    }
  }

  void tick() {
    const Duration steady = clock.steady();
    if (now != heard_until || heard_at == Duration(0)) {
      heard_until = now;
      heard_at = steady;
    }
    tell_due(now + (steady - heard_at));
  }

  void finish() {
    for (const Kind kind : {Kind::read_summary, Kind::repeats, Kind::not_kept}) quotas.fill(kind);
    reads.finish();
    repeats.finish();
    shortfall.tell([this](const Shortfall::Row& row) { return tell_shortfall(row); });
  }
};

Keeper::Keeper(Appender& journal, const Clock& clock, const KeeperOptions& options)
    : body_(std::make_unique<Body>(journal, clock, options)) {}

Keeper::~Keeper() {
  try {
    finish();
  } catch (const std::exception&) {
    // Only memory can fail here, and a destructor may not say so.
  }
}

void Keeper::record(const records::Run& run) {
  // Its times are those of the packets; a run that is yet to begin has none.
  body_->keep(Kind::run, {}, run, run.when);
}

void Keeper::record(const Transaction& transaction) { body_->transaction(transaction); }

void Keeper::record(const records::Finding& finding) {
  body_->advance(finding.when);
  body_->keep(Kind::finding, source_of(finding.conversation, finding.asked), finding, finding.when);
}

void Keeper::record(const records::AssetSeen& seen) {
  body_->advance(seen.when);
  body_->keep(Kind::asset_seen, source_of(seen.side), seen, seen.when);
}

void Keeper::record(const records::Loss& loss) {
  body_->advance(loss.when);
  body_->keep(Kind::loss, source_of(loss.conversation, loss.direction), loss, loss.when);
}

void Keeper::record(const records::Flow& flow) {
  body_->advance(flow.last);
  body_->keep(Kind::flow, source_of(flow.conversation, Direction::to_server), flow, flow.last);
}

void Keeper::record(const records::ProtectionSeen& seen) {
  body_->advance(seen.when);
  body_->keep(Kind::protection_seen, source_of(seen.conversation, seen.direction), seen, seen.when);
}

void Keeper::tell(const records::Evidence& evidence) { body_->keep(Kind::evidence, {}, evidence, evidence.when); }

void Keeper::tell(const records::CertificateEvent& event) {
  body_->keep(Kind::certificate_event, {.ip = event.address}, event, event.when);
}

void Keeper::tell(const records::GuardEvent& event) { body_->keep(Kind::guard_event, {}, event, event.when); }

std::optional<uint64_t> Keeper::keep(const records::PlantChange& change) {
  return body_->keep(Kind::plant_change, {}, change, change.when);
}

std::optional<uint64_t> Keeper::keep(const records::RuleChange& change) {
  return body_->keep(Kind::rule_change, {}, change, change.when);
}

std::optional<uint64_t> Keeper::keep(const records::JournalRead& read) {
  return body_->keep(Kind::journal_read, {}, read, read.when);
}

std::optional<uint64_t> Keeper::keep(const records::Login& login) {
  return body_->keep(Kind::login, {.ip = login.address}, login, login.when);
}

std::optional<uint64_t> Keeper::keep(const Transaction& transaction) {
  body_->advance(transaction.asked_at);
  return body_->keep(Kind::transaction, source_of(transaction.conversation, transaction.asked), transaction,
                     transaction.asked_at);
}

void Keeper::finish() { body_->finish(); }
void Keeper::tick() { body_->tick(); }
const KeeperTotals& Keeper::totals() const { return body_->totals; }

}  // namespace rampart::journal
