// The telling side of the judge: what was forwarded, refused, answered and found becomes counts, values known, records.
#include <algorithm>

#include "gateway/judge.h"
#include "protocols/registry.h"
#include "records/before.h"
#include "records/json.h"

namespace rampart::gateway {
namespace {

using plant::kNone;
using plant::Mode;
using policy::Reason;
using protocols::Action;
using protocols::Operation;
using records::append_side;
using records::mix;

// How long a step of an open sequence may let wait for itself, and how long the whole may go on after its rule ended.
constexpr std::chrono::seconds kStepWithin{30};
constexpr std::chrono::minutes kGrace{15};

/// changes_logic: what a controller runs, or whether it does, is another thing afterwards.
bool changes_logic(Action action) {
  return action == Action::program || action == Action::firmware || action == Action::stop;
}

/// in_steps: what is done in several messages of this action belongs together.
bool in_steps(const Operation& operation) {
  return operation.action == Action::program || operation.action == Action::file ||
         operation.action == Action::firmware || operation.action == Action::operate;
}

/// opens: the operation begins a sequence, as its name in the protocol says.
bool opens(const Operation& operation) {
  const std::string_view name = operation.function.name;
  for (const std::string_view word : {"select", "request-", "start-", "open", "begin"}) {
    if (name.starts_with(word)) return true;
  }
  return false;
}

/// closes: the operation ends one. A download does not end with its last block: the block is put to use after that.
bool closes(const Operation& operation) {
  return operation.action == Action::operate || operation.function.name.starts_with("close");
}

}  // namespace

bool Judge::goes_on(const Sequence& sequence, TimePoint now) {
  return sequence.open && now - sequence.last <= kStepWithin && now - sequence.began <= kGrace;
}

/// finishes: the operation is a further step of a sequence that was allowed when it began, and is not any more: the
/// rule's hours or a lease are over, or another plant judges. New sequences are refused at their beginning.
bool Judge::finishes(const Talk& talk, const Operation& operation, const policy::Verdict& verdict,
                     TimePoint now) const {
  const Sequence& sequence = talk.sequence;
  if (!goes_on(sequence, now) || operation.action != sequence.action || opens(operation)) return false;
  switch (verdict.reason) {
    case Reason::outside_calendar:
    case Reason::role_missing:
    case Reason::approval_missing:
    case Reason::no_rule:
    case Reason::no_conduit:
      return true;
    case Reason::rule:
    case Reason::same_zone:
    case Reason::unknown_client:
    case Reason::unknown_server:
    case Reason::unknown_asset:
    case Reason::value_out_of_range:
    case Reason::step_too_large:
    case Reason::rate_exceeded:
    case Reason::value_unknown:
    case Reason::role_unknown:
      return false;
  }
  return false;
}

/// follow keeps in mind that a sequence is open. One that only a rule's end or another plant would cut goes on; so the
/// times count from its beginning and from its last step.
void Judge::follow(Talk& talk, const Operation& operation, TimePoint now) const {
  Sequence& sequence = talk.sequence;
  if (sequence.open && sequence.action == operation.action && !opens(operation)) {
    sequence.last = now;
    if (closes(operation)) sequence.open = false;
  } else if (opens(operation)) {
    sequence = {.open = true, .action = operation.action, .began = now, .last = now};
  }
}

const plant::Rule* Judge::rule_of(const policy::Verdict& verdict) const {
  if (verdict.conduit == kNone || verdict.rule == kNone) return nullptr;
  return &plant().conduits[verdict.conduit].rules[verdict.rule];
}

First Judge::write_first(Talk& talk, Direction direction, const Operation& operation, const Ruling& ruling,
                         TimePoint now) {
  const plant::Rule* rule = rule_of(ruling.verdict);
  const bool said = rule != nullptr && rule->journal.has_value();
  const bool wanted =
      said ? *rule->journal == plant::JournalWhen::before : ledger_ != nullptr && changes_logic(operation.action);
  if (!wanted) return {};
  std::optional<uint64_t> number;
  if (ledger_ != nullptr) {
    describe(talk);
    records::Transaction record;
    record.conversation = &talk.conversation;
    record.asked = direction;
    record.asked_at = record.answered_at = now;
    record.operation = &operation;
    record.outcome = {.kind = protocols::Outcome::Kind::unanswered, .name = records::kRecordedBefore};
    record.verdict = recorded(plant(), ruling.verdict);
    number = ledger_->keep(record);
  }
  if (number) return {First::State::written, *number};
  const char* why = ledger_ == nullptr ? "there is no journal" : "the journal has no room for it";
  const bool pass = goes_unrecorded(talk, direction, operation, ruling, why, now);
  return {pass ? First::State::not_needed : First::State::refused, 0};
}

bool Judge::not_durable(Talk& talk, Direction direction, const Operation& operation, const Ruling& ruling,
                        TimePoint now) {
  return goes_unrecorded(talk, direction, operation, ruling, "the disk does not take it", now);
}

/// goes_unrecorded says what becomes of an operation whose record is not safe: an essential one is let through.
bool Judge::goes_unrecorded(Talk& talk, Direction direction, const Operation& operation, const Ruling& ruling,
                            std::string_view why, TimePoint now) {
  const plant::Rule* rule = rule_of(ruling.verdict);
  const bool pass = ruling.mode != Mode::enforce || rule == nullptr || rule->essential;
  const records::FindingKind& kind = records::kinds::kNotRecorded;
  const uint64_t key = mix(mix(pair_key(talk.conversation), kind.signature), operation.function.code * 2 + pass);
  if (!keeper_->due(key, now, 0)) return pass;
  std::string message = policy::explain(*policy_, ruling.verdict, ruling.parties, operation);
  message += "; it is to be recorded first, and " + std::string(why);
  message += pass ? "; passed without" : "; refused by the gateway";
  write(kind, key, talk, direction, message, &operation, &ruling.verdict, now);
  return pass;
}

void Judge::forwarded(Talk& talk, Direction direction, const Operation& operation, const Ruling& ruling,
                      TimePoint now) {
  ++operations_;
  ++talk.operations;
  policy::note_asked(*situation_, *policy_, ruling.parties, ruling.verdict, now);
  Counts& count = counts(ruling.verdict);
  ++(ruling.verdict.allowed() ? count.passed : count.would_refuse);
  if (in_steps(operation)) follow(talk, operation, now);
  if (!ruling.verdict.allowed() && ruling.mode == Mode::learn) {
    candidates_.add(plant(), ruling.verdict.conduit, ruling.parties, operation);
  }
  tell(talk, direction, operation, ruling, now);
}

void Judge::asked_only(Talk& talk, Direction direction, const Operation& operation, const Asked& asked, TimePoint now) {
  Asked context = asked;
  answered(talk, {.operation = &operation,
                  .outcome = {.kind = protocols::Outcome::Kind::unanswered},
                  .asked = direction,
                  .asked_at = now,
                  .answered_at = now,
                  .exchange = asked.serial,
                  .context = &context});
}

void Judge::refused(Talk& talk, Direction direction, const Operation& operation, const Ruling& ruling, TimePoint now) {
  ++operations_;
  ++refusals_;
  ++talk.operations;
  ++talk.refused;
  ++counts(ruling.verdict).refused;
  tell(talk, direction, operation, ruling, now);
  describe(talk);
  records::Transaction record;
  record.conversation = &talk.conversation;
  record.asked = direction;
  record.asked_at = record.answered_at = now;
  record.exchange = ++exchange_;
  record.operation = &operation;
  record.outcome = {.kind = protocols::Outcome::Kind::refused, .name = records::kByGateway};
  record.verdict = recorded(plant(), ruling.verdict);
  sink_.record(record);
}

void Judge::tell(Talk& talk, Direction direction, const Operation& operation, const Ruling& ruling, TimePoint now) {
  const records::FindingKind* control = records::control_kind(operation);
  if (ruling.verdict.allowed() && control == nullptr) return;
  uint64_t key = mix(mix(ruling.parties.client.asset, ruling.parties.server.asset), operation.function.code);
  if (!ruling.verdict.allowed()) {
    if (ruling.parties.client.asset == kNone || ruling.parties.server.asset == kNone) {
      key = mix(key, pair_key(talk.conversation));
    }
    key = mix(mix(key, mix(ruling.verdict.rule, ruling.verdict.point)), ruling.pass ? 1u : 0u);
    const records::Verdict record = recorded(plant(), ruling.verdict);
    const records::FindingKind& kind = records::kind_of(record.kind, record.reason);
    if (keeper_->due(mix(key, kind.signature), now, 0)) {
      std::string message = policy::explain(*policy_, ruling.verdict, ruling.parties, operation);
      if (ruling.parties.client.asset == kNone) {
        message += "; it is ";
        append_side(message, direction == Direction::to_server ? talk.conversation.client : talk.conversation.server);
      }
      message += ruling.pass ? ruling.mode == Mode::learn  ? "; passed: the gateway learns"
                               : ruling.mode == Mode::test ? "; passed: it would be refused"
                                                           : "; passed: it ends what was begun"
                             : "; refused by the gateway";
      write(kind, mix(key, kind.signature), talk, direction, message, &operation, &ruling.verdict, now);
    }
  }
  if (control == nullptr || !ruling.pass || !keeper_->due(mix(key, control->signature), now, 0)) return;
  const std::string message = records::control_words(talk.conversation, direction, operation);
  write(*control, mix(key, control->signature), talk, direction, message, &operation, &ruling.verdict, now);
}

void Judge::answered(Talk& talk, const Transaction& transaction) {
  describe(talk);
  records::Transaction record;
  record.conversation = &talk.conversation;
  record.asked = transaction.asked;
  record.asked_at = transaction.asked_at;
  record.answered_at = transaction.answered_at;
  record.exchange = transaction.exchange;
  record.operation = transaction.operation;
  record.answers = transaction.answers;
  record.outcome = transaction.outcome;
  policy::Parties parties;
  const Asked* asked = transaction.context;
  if (asked != nullptr) {
    record.deviation = asked->deviation;
    record.verdict = recorded(policy::plant_of(*asked->policy), asked->verdict);
  }
  if (asked != nullptr && asked->policy == policy_.get()) {
    parties = asked->parties;
  } else if (transaction.operation != nullptr) {
    parties = parties_of(talk, transaction.asked, *transaction.operation);
  } else {
    const bool client = transaction.asked == Direction::to_server;
    parties = {client ? talk.client_party : talk.server_party, client ? talk.server_party : talk.client_party};
  }
  if (transaction.answers.empty()) {
    policy::note_answered(*situation_, *policy_, parties, transaction.operation, nullptr, transaction.outcome,
                          transaction.asked_at);
  }
  for (const protocols::Answer* answer : transaction.answers) {
    policy::note_answered(*situation_, *policy_, parties, transaction.operation, answer, transaction.outcome,
                          transaction.answered_at);
  }
  sink_.record(record);
}

void Judge::found(const records::FindingKind& kind, Talk& talk, Direction direction, std::string_view words,
                  TimePoint now) {
  uint64_t key = pair_key(talk.conversation);
  key = mix(mix(key, kind.signature), std::hash<std::string_view>{}(words));
  if (!keeper_->due(key, now, 0)) return;
  std::string message;
  append_side(message, direction == Direction::to_server ? talk.conversation.client : talk.conversation.server);
  message += " to ";
  append_side(message, direction == Direction::to_server ? talk.conversation.server : talk.conversation.client);
  message += ": " + std::string(words);
  write(kind, key, talk, direction, message, nullptr, nullptr, now);
}

void Judge::write(const records::FindingKind& kind, uint64_t key, Talk& talk, Direction direction,
                  std::string_view message, const Operation* operation, const policy::Verdict* verdict, TimePoint now) {
  describe(talk);
  records::Finding finding = records::finding_of(kind);
  finding.when = now;
  finding.message = message;
  finding.asked = direction;
  finding.operation = operation;
  finding.conversation = &talk.conversation;
  finding.zone = (direction == Direction::to_server ? talk.conversation.server : talk.conversation.client).zone;
  if (verdict != nullptr) {
    const records::Verdict record = recorded(plant(), *verdict);
    finding.conduit = record.conduit;
    finding.rule = record.rule;
    finding.reason = record.reason;
  }
  if (finding.conduit.empty() && talk.conduit != kNone) finding.conduit = plant().conduits[talk.conduit].id.value;
  keeper_->write(key, finding);
}

void Judge::ended(Talk& talk, std::string_view end, TimePoint now) {
  if (talk.matcher) {
    talk.matcher->flush([&](const Transaction& transaction) { answered(talk, transaction); });
  }
  describe(talk);
  records::Flow record{.conversation = &talk.conversation,
                       .first = talk.began,
                       .last = now,
                       .operations = talk.operations,
                       .opening_seen = true,
                       .end = end};
  for (size_t i = 0; i < 2; ++i) record.octets[i] = talk.octets[i];
  if (talk.conversation.protocol.known()) {
    record.encrypted = talk.conversation.protocol.entry().encrypts;
    record.authenticated = talk.conversation.protocol.entry().authenticates;
  }
  sink_.record(record);
}

}  // namespace rampart::gateway
