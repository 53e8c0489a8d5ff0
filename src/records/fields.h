// The fields of every struct of records.h, each named once: its number, its name, the member, and the value at which it
// is left out (its empty one where none is written). What encodes, decodes and describes are visitors of these
// functions. Numbers rise within a struct and are never used again, not even where a field has gone;
// docs/formats/records.md has them as tables, and a test holds the two together.
#pragma once

#include <concepts>
#include <type_traits>

#include "records/records.h"

namespace rampart::records {

template <class T, class Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

/// Envelope: what every record has; its fields lie in one map with those of the record, which begin at 3.
struct Envelope {
  uint16_t kind = 0;
  uint16_t version = 0;
  TimePoint written{};
};

void fields(auto& visit, Is<Envelope> auto& envelope) {
  visit(0, "kind", envelope.kind);
  visit(1, "schema-version", envelope.version);
  visit(2, "written", envelope.written);
}

void fields(auto& visit, Is<Side> auto& side) {
  visit(0, "ip", side.ip);
  visit(1, "mac", side.mac);
  visit(2, "port", side.port);
  visit(3, "asset", side.asset);
  visit(4, "zone", side.zone);
}

void fields(auto& visit, Is<Conversation> auto& conversation) {
  visit(0, "flow", conversation.flow_id);
  visit(1, "vlan", conversation.vlan);
  visit(2, "transport", conversation.transport);
  visit(3, "ip-protocol", conversation.ip_protocol);
  visit(4, "client", conversation.client);
  visit(5, "server", conversation.server);
  visit(6, "protocol", conversation.protocol);
  visit(7, "community-id", conversation.community_id);
}

void fields(auto& visit, Is<Verdict> auto& verdict) {
  visit(0, "kind", verdict.kind);
  visit(1, "conduit", verdict.conduit);
  visit(2, "rule", verdict.rule);
  visit(3, "reason", verdict.reason);
}

void fields(auto& visit, Is<protocols::Function> auto& function) {
  visit(0, "code", function.code);
  visit(1, "name", function.name);
}

void fields(auto& visit, Is<protocols::Object> auto& object) {
  visit(0, "unit", object.unit, protocols::Object::kNoUnit);
  visit.space(1, "space", object.space);
  visit(2, "detail", object.detail);
  visit(3, "container", object.container);
  visit(4, "first", object.first);
  visit(5, "last", object.last);
  visit(6, "name", object.name);
}

void fields(auto& visit, Is<protocols::Values> auto& values) {
  visit(0, "type", values.type);
  visit(1, "little-endian", values.little_endian);
  visit(2, "masks", values.masks);
  visit(3, "index-octets", values.index_octets);
  visit(4, "quality-octet", values.quality_octet, protocols::Values::kAbsent);
  visit(5, "time-octet", values.time_octet, protocols::Values::kAbsent);
  visit(6, "offset-bits", values.offset_bits);
  visit(7, "stride-bits", values.stride_bits);
  visit(8, "element-octets", values.element_octets);
  visit(9, "count", values.count);
  visit(10, "data", values.data);
}

void fields(auto& visit, Is<protocols::Outcome> auto& outcome) {
  visit(0, "kind", outcome.kind);
  visit(1, "code", outcome.code);
  visit(2, "name", outcome.name);
  visit(3, "indications", outcome.indications);
}

// TransactionKey::match is the matcher's own and dies with it; what a person would look for is the identifier.
void fields(auto& visit, Is<protocols::Operation> auto& operation) {
  visit(0, "protocol", operation.protocol);
  visit(1, "action", operation.action);
  visit(2, "item", operation.item);
  visit(3, "expects-answer", operation.expects_answer, true);
  visit(4, "for-peer", operation.for_peer);
  visit(5, "function", operation.function);
  visit(6, "object", operation.object);
  visit(7, "values", operation.values);
  visit(8, "transaction", operation.key.id);
}

void fields(auto& visit, Is<protocols::Answer> auto& answer) {
  visit(0, "protocol", answer.protocol);
  visit(1, "action", answer.action);
  visit(2, "item", answer.item, protocols::Answer::kAllItems);
  visit(3, "unsolicited", answer.unsolicited);
  visit(4, "final", answer.final, true);
  visit(5, "function", answer.function);
  visit(6, "transaction", answer.key.id);
  visit(7, "outcome", answer.outcome);
  visit(8, "object", answer.object);
  visit(9, "values", answer.values);
}

void fields(auto& visit, Is<protocols::Attribute> auto& attribute) {
  visit(0, "kind", attribute.kind, protocols::Attribute::Kind::name);
  visit(1, "unit", attribute.unit, protocols::Object::kNoUnit);
  visit(2, "text", attribute.text);
  // Since asset-seen version 2:
  visit(3, "basis", attribute.basis);
  visit(4, "about-ip", attribute.about_ip);
  visit(5, "about-mac", attribute.about_mac);
  visit(6, "source", attribute.source);
}

void fields(auto& visit, Is<protocols::Protection> auto& protection) {
  visit(0, "kind", protection.kind, protocols::Protection::Kind::unencrypted);
  visit(1, "method", protection.method);
  visit(2, "text", protection.text);
  visit(3, "issuer", protection.issuer);
  visit(4, "alternative", protection.alternative);
  visit(5, "key-bits", protection.key_bits);
  visit(6, "not-before", protection.not_before);
  visit(7, "not-after", protection.not_after);
}

void fields(auto& visit, Is<Run> auto& run) {
  visit(3, "kind", run.kind);
  visit(4, "when", run.when);
  visit(5, "version", run.version);
  visit(6, "plant", run.plant);
  visit(7, "plant-sha256", run.plant_sha256);
  visit(8, "sources", run.sources);
  visit(9, "packets", run.packets);
  visit(10, "octets", run.octets);
  visit(11, "flows", run.flows);
  visit(12, "operations", run.operations);
  visit(13, "findings", run.findings);
  visit(14, "malformed-packets", run.malformed_packets);
  visit(15, "gaps", run.gaps);
  visit(16, "gap-octets", run.gap_octets);
  visit(17, "evicted-flows", run.evicted_flows);
  visit(18, "given-up-operations", run.given_up_operations);
  // Since version 2:
  visit(19, "settings", run.settings);
  visit(20, "person", run.person);
}

void fields(auto& visit, Is<Transaction> auto& transaction) {
  visit(3, "conversation", transaction.conversation);
  visit(4, "asked", transaction.asked);
  visit(5, "asked-at", transaction.asked_at);
  visit(6, "answered-at", transaction.answered_at);
  visit(7, "asked-packet", transaction.asked_packet);
  visit(8, "answered-packet", transaction.answered_packet);
  visit(9, "exchange", transaction.exchange);
  visit(10, "operation", transaction.operation);
  visit(11, "answers", transaction.answers);
  visit(12, "outcome", transaction.outcome);
  visit(13, "seen", transaction.seen);
  visit(14, "verdict", transaction.verdict);
  visit(15, "deviation", transaction.deviation);
}

void fields(auto& visit, Is<Finding> auto& finding) {
  visit(3, "when", finding.when);
  visit(4, "packet", finding.packet);
  visit(5, "signature", finding.signature);
  visit(6, "id", finding.id);
  visit(7, "category", finding.category);
  visit(8, "severity", finding.severity, Severity::medium);
  visit(9, "message", finding.message);
  visit(10, "conversation", finding.conversation);
  visit(11, "asked", finding.asked);
  visit(12, "zone", finding.zone);
  visit(13, "conduit", finding.conduit);
  visit(14, "rule", finding.rule);
  visit(15, "reason", finding.reason);
  visit(16, "technique", finding.technique);
  visit(17, "requirement", finding.requirement);
  visit(18, "operation", finding.operation);
  visit(19, "count", finding.count, uint64_t{1});
  visit(20, "first-packet", finding.first_packet);
}

void fields(auto& visit, Is<AssetSeen> auto& seen) {
  visit(3, "when", seen.when);
  visit(4, "packet", seen.packet);
  visit(5, "side", seen.side);
  visit(6, "vlan", seen.vlan);
  visit(7, "conversation", seen.conversation);
  visit(8, "attribute", seen.attribute);
}

void fields(auto& visit, Is<Loss> auto& loss) {
  visit(3, "when", loss.when);
  visit(4, "packet", loss.packet);
  visit(5, "kind", loss.kind);
  visit(6, "reason", loss.reason);
  visit(7, "count", loss.count);
  visit(8, "conversation", loss.conversation);
  visit(9, "direction", loss.direction);
  visit(10, "since", loss.since);
  visit(11, "source", loss.source);
}

void fields(auto& visit, Is<Flow> auto& flow) {
  visit(3, "conversation", flow.conversation);
  visit(4, "first", flow.first);
  visit(5, "last", flow.last);
  visit(6, "first-packet", flow.first_packet);
  visit(7, "packets-to-server", flow.packets[0]);
  visit(8, "packets-to-client", flow.packets[1]);
  visit(9, "octets-to-server", flow.octets[0]);
  visit(10, "octets-to-client", flow.octets[1]);
  visit(11, "operations", flow.operations);
  visit(12, "lost-octets", flow.lost_octets);
  visit(13, "opening-seen", flow.opening_seen);
  visit(14, "end", flow.end);
  // Since version 2:
  visit(15, "encrypted", flow.encrypted);
  visit(16, "authenticated", flow.authenticated);
}

void fields(auto& visit, Is<ProtectionSeen> auto& seen) {
  visit(3, "when", seen.when);
  visit(4, "packet", seen.packet);
  visit(5, "conversation", seen.conversation);
  visit(6, "direction", seen.direction);
  visit(7, "protection", seen.protection);
}

void fields(auto& visit, Is<ReadSummary> auto& summary) {
  visit(3, "first", summary.first);
  visit(4, "last", summary.last);
  visit(5, "conversation", summary.conversation);
  visit(6, "asked", summary.asked);
  visit(7, "operation", summary.operation);
  visit(8, "verdict", summary.verdict);
  visit(9, "count", summary.count);
  visit(10, "latency-least", summary.latency_least);
  visit(11, "latency-most", summary.latency_most);
  visit(12, "latency-total", summary.latency_total);
}

void fields(auto& visit, Is<Repeats> auto& repeats) {
  visit(3, "first", repeats.first);
  visit(4, "last", repeats.last);
  visit(5, "conversation", repeats.conversation);
  visit(6, "asked", repeats.asked);
  visit(7, "operation", repeats.operation);
  visit(8, "verdict", repeats.verdict);
  visit(9, "outcome", repeats.outcome);
  visit(10, "count", repeats.count);
}

void fields(auto& visit, Is<NotKept> auto& not_kept) {
  visit(3, "since", not_kept.since);
  visit(4, "until", not_kept.until);
  visit(5, "kind", not_kept.kind);
  visit(6, "source", not_kept.source);
  visit(7, "reason", not_kept.reason);
  visit(8, "count", not_kept.count);
  visit(9, "octets", not_kept.octets);
}

void fields(auto& visit, Is<PlantChange> auto& change) {
  visit(3, "when", change.when);
  visit(4, "person", change.person);
  visit(5, "file", change.file);
  visit(6, "before-sha256", change.before_sha256);
  visit(7, "after-sha256", change.after_sha256);
  visit(8, "how", change.how);
  visit(9, "path", change.path);
  visit(10, "before", change.before);
  visit(11, "after", change.after);
}

void fields(auto& visit, Is<RuleChange> auto& change) {
  visit(3, "when", change.when);
  visit(4, "plant-sha256", change.plant_sha256);
  visit(5, "conduit", change.conduit);
  visit(6, "rule", change.rule);
  visit(7, "change", change.change);
  visit(8, "before", change.before);
  visit(9, "after", change.after);
}

void fields(auto& visit, Is<JournalEvent> auto& event) {
  visit(3, "when", event.when);
  visit(4, "event", event.event);
  visit(5, "reason", event.reason);
  visit(6, "person", event.person);
  visit(7, "from", event.from);
  visit(8, "to", event.to);
  visit(9, "count", event.count);
  visit(10, "step", event.step);
}

void fields(auto& visit, Is<KeyChange> auto& change) {
  visit(3, "when", change.when);
  visit(4, "before", change.before);
  visit(5, "after", change.after);
  visit(6, "reason", change.reason);
  visit(7, "person", change.person);
}

void fields(auto& visit, Is<JournalRead> auto& read) {
  visit(3, "when", read.when);
  visit(4, "person", read.person);
  visit(5, "what", read.what);
  visit(6, "filter", read.filter);
  visit(7, "destination", read.destination);
  visit(8, "from", read.from);
  visit(9, "to", read.to);
  visit(10, "records", read.records);
}

void fields(auto& visit, Is<Login> auto& login) {
  visit(3, "when", login.when);
  visit(4, "person", login.person);
  visit(5, "method", login.method);
  visit(6, "outcome", login.outcome);
  visit(7, "reason", login.reason);
  visit(8, "zone", login.zone);
  visit(9, "asset", login.asset);
  visit(10, "address", login.address);
}

void fields(auto& visit, Is<Evidence> auto& evidence) {
  visit(3, "when", evidence.when);
  visit(4, "fact", evidence.fact);
  visit(5, "scope", evidence.scope);
  visit(6, "subject", evidence.subject);
  visit(7, "holds", evidence.holds);
  visit(8, "share-permille", evidence.share_permille, uint16_t{1000});
  visit(9, "origin", evidence.origin);
  visit(10, "text", evidence.text);
  visit(11, "sha256", evidence.sha256);
  visit(12, "until", evidence.until);
  visit(13, "count", evidence.count);
}

void fields(auto& visit, Is<Statement> auto& statement) {
  visit(3, "when", statement.when);
  visit(4, "id", statement.id);
  visit(5, "person", statement.person);
  visit(6, "what", statement.what);
  visit(7, "scope", statement.scope);
  visit(8, "subject", statement.subject);
  visit(9, "answer", statement.answer);
  visit(10, "maturity", statement.maturity);
  visit(11, "document", statement.document);
  visit(12, "sha256", statement.sha256);
  visit(13, "until", statement.until);
  visit(14, "reason", statement.reason);
  visit(15, "withdrawn", statement.withdrawn);
}

void fields(auto& visit, Is<LevelChange> auto& change) {
  visit(3, "when", change.when);
  visit(4, "scope", change.scope);
  visit(5, "subject", change.subject);
  visit(6, "requirement", change.requirement);
  visit(7, "before", change.before);
  visit(8, "after", change.after);
  visit(9, "target", change.target);
  visit(10, "row", change.row);
  visit(11, "cause", change.cause);
  visit(12, "fact", change.fact);
  visit(13, "record", change.record);
}

void fields(auto& visit, Is<CertificateEvent> auto& event) {
  visit(3, "when", event.when);
  visit(4, "event", event.event);
  visit(5, "subject", event.subject);
  visit(6, "role", event.role);
  visit(7, "serial", event.serial);
  visit(8, "sha256", event.sha256);
  visit(9, "until", event.until);
  visit(10, "person", event.person);
  visit(11, "reason", event.reason);
  visit(12, "address", event.address);
}

void fields(auto& visit, Is<GuardEvent> auto& event) {
  visit(3, "when", event.when);
  visit(4, "origin", event.origin);
  visit(5, "event", event.event);
  visit(6, "conduit", event.conduit);
  visit(7, "reason", event.reason);
  visit(8, "person", event.person);
  visit(9, "sha256", event.sha256);
  visit(10, "count", event.count);
}

/// HasFields: structs that stand as a map of their own. All other members are one item.
template <class T>
concept HasFields = requires(int& visit, T& value) {
  fields(visit, value);
};

/// left_out is true where a member is not written.
template <class T>
bool left_out(const T& member, const T& fallback) {
  if constexpr (requires { member.has_value(); }) {
    return !member.has_value();
  } else if constexpr (requires { member.subspan(0); }) {
    return member.empty();
  } else if constexpr (HasFields<T>) {
    return false;  // where none of its fields is written, which shows when they are
  } else {
    return member == fallback;
  }
}

}  // namespace rampart::records
