#include "records/parts.h"

#include <algorithm>

#include "base/text.h"
#include "protocols/registry.h"
#include "records/plain.h"

namespace rampart::records {
namespace {

using protocols::Operation;

void join(Parts& parts, const Conversation* conversation, Direction asked) {
  parts.conversation = conversation;
  if (conversation == nullptr) return;
  const bool by_client = asked == Direction::to_server;
  parts.from = by_client ? &conversation->client : &conversation->server;
  parts.to = by_client ? &conversation->server : &conversation->client;
}
void ask(Parts& parts, const Operation* operation) {
  parts.operation = operation;
  if (operation != nullptr) parts.function = operation->function;
}
void span(Parts& parts, TimePoint first, TimePoint last, uint64_t count) {
  parts.first = first;
  parts.last = last;
  parts.count = count;
}

void fill(Parts&, const std::monostate&) {}
void fill(Parts& parts, const Run& run) { parts.person = run.person; }
void fill(Parts& parts, const Transaction& transaction) {
  join(parts, transaction.conversation, transaction.asked);
  ask(parts, transaction.operation);
  if (transaction.operation == nullptr && !transaction.answers.empty()) {
    parts.function = transaction.answers[0]->function;
  }
  parts.verdict = transaction.verdict;
  parts.outcome = transaction.outcome;
  parts.reason = transaction.verdict.reason;
}
void fill(Parts& parts, const Finding& finding) {
  join(parts, finding.conversation, finding.asked);
  ask(parts, finding.operation);
  parts.verdict = {.conduit = finding.conduit, .rule = finding.rule, .reason = finding.reason};
  parts.count = finding.count;
  parts.reason = finding.reason;
}
void fill(Parts& parts, const AssetSeen& seen) {
  parts.conversation = seen.conversation;
  parts.from = &seen.side;
}
void fill(Parts& parts, const Loss& loss) {
  join(parts, loss.conversation, loss.direction);
  parts.reason = loss.reason;
  if (loss.since != TimePoint{}) span(parts, loss.since, loss.when, loss.count);
}
void fill(Parts& parts, const Flow& flow) {
  join(parts, flow.conversation, Direction::to_server);
  span(parts, flow.first, flow.last, 1);
  parts.reason = flow.end;
}
void fill(Parts& parts, const ProtectionSeen& seen) { join(parts, seen.conversation, seen.direction); }
void fill(Parts& parts, const ReadSummary& summary) {
  join(parts, summary.conversation, summary.asked);
  ask(parts, summary.operation);
  parts.verdict = summary.verdict;
  parts.reason = summary.verdict.reason;
  parts.outcome = protocols::Outcome{};  // what was refused is recorded one by one
  span(parts, summary.first, summary.last, summary.count);
}
void fill(Parts& parts, const Repeats& repeats) {
  join(parts, repeats.conversation, repeats.asked);
  ask(parts, repeats.operation);
  parts.verdict = repeats.verdict;
  parts.outcome = repeats.outcome;
  parts.reason = repeats.verdict.reason;
  span(parts, repeats.first, repeats.last, repeats.count);
}
void fill(Parts& parts, const NotKept& not_kept) {
  parts.reason = not_kept.reason;
  span(parts, not_kept.since, not_kept.until, not_kept.count);
}
void fill(Parts& parts, const PlantChange& change) { parts.person = change.person; }
void fill(Parts& parts, const RuleChange& change) { parts.verdict = {.conduit = change.conduit, .rule = change.rule}; }
void fill(Parts& parts, const JournalEvent& event) {
  parts.person = event.person;
  parts.reason = event.reason;
}
void fill(Parts& parts, const KeyChange& change) {
  parts.person = change.person;
  parts.reason = change.reason;
}
void fill(Parts& parts, const JournalRead& read) { parts.person = read.person; }
void fill(Parts&, const Evidence&) {}
void fill(Parts& parts, const Statement& statement) {
  parts.person = statement.person;
  parts.reason = statement.reason;
}
void fill(Parts& parts, const LevelChange& change) { parts.reason = change.cause; }
void fill(Parts& parts, const CertificateEvent& event) {
  parts.person = event.person;
  parts.reason = event.reason;
}
void fill(Parts& parts, const GuardEvent& event) {
  parts.person = event.person;
  parts.reason = event.reason;
}
void fill(Parts& parts, const Login& login) {
  parts.person = login.person;
  parts.reason = login.reason;
}

}  // namespace

Parts parts_of(const Stored& stored) {
  Parts parts;
  parts.first = parts.last = stored.when();
  std::visit([&](const auto& fact) { fill(parts, fact); }, stored.fact());
  return parts;
}

void append_name(std::string& out, const Side* side) {
  if (side == nullptr) {
    out += "somebody";
  } else if (!side->asset.empty()) {
    append_plain(out, side->asset);
  } else if (side->ip) {
    append(out, *side->ip);
  } else if (side->mac) {
    append(out, *side->mac);
  } else {
    out += "an unknown address";
  }
}

void append_object(std::string& out, const Operation& operation) {
  if (!operation.protocol.known() || (!operation.object.addressed() && operation.object.name.empty())) return;
  operation.protocol.entry().append_object(out, operation.object);
}

void append_values(std::string& out, const protocols::Values& values) {
  constexpr uint32_t kMost = 4;
  if (!values.fits()) return;
  for (uint32_t i = 0; i < std::min(values.count, kMost); ++i) {
    if (i > 0) out += ", ";
    append(out, values.at(i));
  }
  if (values.count <= kMost) return;
  out += " and ";
  append_number(out, values.count - kMost);
  out += " more";
}

void append_moment(std::string& out, TimePoint when, char between) {
  const size_t start = out.size();
  append_timestamp(out, when);
  out[start + 10] = between;
  out.resize(out.size() - 5);  // the zone
}

}  // namespace rampart::records
