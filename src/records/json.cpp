#include "records/json.h"

#include "protocols/registry.h"
#include "records/json_line.h"

namespace rampart::records {
namespace {

using protocols::Operation;
using protocols::Outcome;
using protocols::Values;

void append_side(std::string& out, const Side& side, std::string_view ip, std::string_view port) {
  if (side.ip) {
    out += ip;
    append(out, *side.ip);
    out += '"';
  }
  if (side.port != 0) {
    out += port;
    append_number(out, side.port);
  }
}

template <class Address>
void address(std::string& out, std::string_view name, const std::optional<Address>& value) {
  if (!value) return;
  key(out, name);
  out += '"';
  append(out, *value);
  out += '"';
}

void append_ends(std::string& out, const Conversation& conversation, bool from_client) {
  out.reserve(256);
  out += ",\"flow_id\":";
  append_number(out, conversation.flow_id);
  if (conversation.vlan) {
    out += ",\"vlan\":[";
    append_number(out, *conversation.vlan);
    out += ']';
  }
  append_side(out, from_client ? conversation.client : conversation.server, ",\"src_ip\":\"", ",\"src_port\":");
  append_side(out, from_client ? conversation.server : conversation.client, ",\"dest_ip\":\"", ",\"dest_port\":");
  if (conversation.transport == Transport::ethernet) {
    const Side& from = from_client ? conversation.client : conversation.server;
    const Side& to = from_client ? conversation.server : conversation.client;
    key(out, "ether");
    out += '{';
    address(out, "src_mac", from.mac);
    address(out, "dest_mac", to.mac);
    out += '}';
  }
  text(out, "proto", to_text(conversation.transport));
  text(out, "community_id", conversation.community_id);
  if (conversation.protocol.known()) text(out, "app_proto", conversation.protocol.name());
}

void append_values(std::string& out, const Values& values) {
  const bool plain =
      values.index_octets == 0 && values.quality_octet == Values::kAbsent && values.time_octet == Values::kAbsent;
  out += '[';
  for (uint32_t i = 0; i < values.count; ++i) {
    if (i > 0) out += ',';
    if (plain) {
      append(out, values.at(i));
      continue;
    }
    out += "{";
    if (values.index_octets != 0) number(out, "index", values.index(i));
    key(out, "value");
    append(out, values.at(i));
    if (values.quality_octet != Values::kAbsent) number(out, "flags", values.quality(i));
    if (values.time_octets() != 0) {
      key(out, "time");
      append_time(out, values, i);
    }
    out += '}';
  }
  out += ']';
}

void append_object(std::string& out, protocols::Protocol protocol, const protocols::Object& object) {
  if (!protocol.known() || (!object.addressed() && object.name.empty())) return;
  key(out, "object");
  const size_t start = out.size();
  out += '"';
  protocol.entry().append_object(out, object);
  // Names come from the wire: what JSON or a reader could stumble over is written again, escaped.
  for (size_t i = start + 1; i < out.size(); ++i) {
    const auto octet = static_cast<unsigned char>(out[i]);
    if (octet >= 0x20 && octet < 0x7f && octet != '"' && octet != '\\') continue;
    const std::string raw = out.substr(start + 1);
    out.resize(start);
    append_json_text(out, raw);
    return;
  }
  out += '"';
}

void append_outcome(std::string& out, const Outcome& outcome) {
  key(out, "outcome");
  switch (outcome.kind) {
    case Outcome::Kind::ok:
      out += "\"ok\"";
      break;
    case Outcome::Kind::unanswered:
      append_json_text(out, outcome.name.empty() ? std::string_view("unanswered") : outcome.name);
      break;
    case Outcome::Kind::refused:
      out += '{';
      number(out, "code", outcome.code);
      text(out, "name", outcome.name);
      out += '}';
      break;
  }
  if (outcome.indications != 0) number(out, "indications", outcome.indications);
}

void append_function(std::string& out, protocols::Action action, const protocols::Function& function) {
  key(out, "action");
  out += '"';
  out += to_text(action);
  out += "\",\"function\":{\"code\":";
  append_number(out, function.code);
  out += ",\"name\":";
  append_json_text(out, function.name);
  out += '}';
}

void append_operation(std::string& out, const Operation& operation) {
  append_function(out, operation.action, operation.function);
  append_object(out, operation.protocol, operation.object);
  if (operation.object.unit != protocols::Object::kNoUnit) number(out, "unit", operation.object.unit);
  if (operation.object.detail != 0) number(out, "detail", operation.object.detail);
}

void append_answers(std::string& out, const Transaction& transaction) {
  const auto& answers = transaction.answers;
  if (answers.size() == 1 && !answers[0]->object) {
    if (answers[0]->values.empty()) return;
    if (transaction.operation != nullptr && !transaction.operation->values.empty()) {
      key(out, "answer_values");
    } else {
      key(out, "values");
    }
    append_values(out, answers[0]->values);
    return;
  }
  bool any = false;
  for (const protocols::Answer* answer : answers) any = any || answer->object || !answer->values.empty();
  if (!any) return;
  key(out, "answers");
  out += '[';
  for (const protocols::Answer* answer : answers) {
    if (out.back() != '[') out += ',';
    out += '{';
    if (answer->object) {
      append_object(out, answer->protocol, *answer->object);
      if (answer->object->detail != 0) number(out, "detail", answer->object->detail);
    }
    if (!answer->values.empty()) {
      key(out, "values");
      append_values(out, answer->values);
    }
    if (answer->outcome.kind == Outcome::Kind::refused) append_outcome(out, answer->outcome);
    out += '}';
  }
  out += ']';
}

void append_verdict(std::string& out, const Verdict& verdict) {
  if (verdict.kind == Verdict::Kind::none) return;
  key(out, "verdict");
  out += "{\"allowed\":";
  out += verdict.kind == Verdict::Kind::allowed ? "true" : "false";
  if (verdict.kind == Verdict::Kind::undecidable) out += ",\"undecidable\":true";
  text(out, "conduit", verdict.conduit);
  text(out, "rule", verdict.rule);
  text(out, "reason", verdict.reason);
  out += '}';
}

void append_conversation(std::string& out, const Conversation* conversation, Direction asked) {
  if (conversation == nullptr) return;
  const bool from_client = asked == Direction::to_server;
  std::string& made = conversation->json[from_client ? 0 : 1];
  if (made.empty()) append_ends(made, *conversation, from_client);
  out += made;
}

/// append_counted writes what ReadSummary and Repeats have in common: the operation, how often, from when to when.
void append_counted(std::string& out, const auto& counted) {
  if (counted.operation != nullptr) append_operation(out, *counted.operation);
  number(out, "count", counted.count);
  time(out, "first", counted.first);
  time(out, "last", counted.last);
}

}  // namespace

void append_json(std::string& out, const Transaction& transaction) {
  const Operation* operation = transaction.operation;
  open_line(out, transaction.asked_at, "operation");
  append_conversation(out, transaction.conversation, transaction.asked);
  number(out, "pcap_cnt", operation != nullptr ? transaction.asked_packet : transaction.answered_packet);
  out += ",\"rampart\":{";
  if (operation != nullptr) {
    append_operation(out, *operation);
    if (!operation->values.empty()) {
      key(out, operation->values.masks ? "masks" : "values");
      append_values(out, operation->values);
    }
    number(out, "transaction", operation->key.id);
    if (operation->item != 0) number(out, "item", operation->item);
  } else if (!transaction.answers.empty()) {
    const protocols::Answer& answer = *transaction.answers[0];
    append_function(out, answer.action, answer.function);
    if (answer.object && answer.object->unit != protocols::Object::kNoUnit) number(out, "unit", answer.object->unit);
    number(out, "transaction", answer.key.id);
    out += answer.unsolicited ? ",\"unsolicited\":true" : ",\"request\":\"not-seen\"";
  }
  number(out, "exchange", transaction.exchange);
  append_answers(out, transaction);
  append_outcome(out, transaction.outcome);
  out += ",\"seen\":\"";
  out += to_text(transaction.seen);
  out += '"';
  if (!transaction.answers.empty() && operation != nullptr) {
    number(out, "latency_us", microseconds(elapsed(transaction.asked_at, transaction.answered_at)));
    number(out, "answer_pcap_cnt", transaction.answered_packet);
  }
  append_verdict(out, transaction.verdict);
  text(out, "deviation", transaction.deviation);
  out += kLineEnd;
}

void append_json(std::string& out, const Finding& finding) {
  open_line(out, finding.when, "alert");
  append_conversation(out, finding.conversation, finding.asked);
  number(out, "pcap_cnt", finding.packet);
  out += ",\"alert\":{\"action\":\"allowed\",\"gid\":1";
  number(out, "signature_id", finding.signature);
  out += ",\"rev\":1";
  text(out, "signature", finding.message);
  text(out, "category", finding.category);
  number(out, "severity", static_cast<int>(finding.severity));
  out += ",\"metadata\":{";
  if (!finding.technique.empty()) {
    key(out, "mitre_technique_id");
    out += '[';
    append_json_text(out, finding.technique);
    out += ']';
  }
  if (!finding.requirement.empty()) {
    key(out, "iec62443");
    out += '[';
    append_json_text(out, finding.requirement);
    out += ']';
  }
  out += "}},\"rampart\":{";
  text(out, "finding", finding.id);
  text(out, "zone", finding.zone);
  text(out, "conduit", finding.conduit);
  text(out, "rule", finding.rule);
  text(out, "reason", finding.reason);
  number(out, "count", finding.count);
  if (finding.count > 1) number(out, "first_pcap_cnt", finding.first_packet);
  if (finding.operation != nullptr) {
    append_operation(out, *finding.operation);
    if (!finding.operation->values.empty()) {
      key(out, "values");
      append_values(out, finding.operation->values);
    }
    number(out, "transaction", finding.operation->key.id);
  }
  out += kLineEnd;
}

void append_json(std::string& out, const AssetSeen& seen) {
  open_line(out, seen.when, "asset");
  append_conversation(out, seen.conversation, Direction::to_client);
  number(out, "pcap_cnt", seen.packet);
  out += ",\"rampart\":{";
  address(out, "ip", seen.side.ip);
  address(out, "mac", seen.side.mac);
  if (seen.vlan) number(out, "vlan", *seen.vlan);
  text(out, "asset", seen.side.asset);
  text(out, "zone", seen.side.zone);
  if (seen.attribute != nullptr) {
    text(out, "attribute", to_text(seen.attribute->kind));
    if (seen.attribute->kind != protocols::Attribute::Kind::address) {
      key(out, "text");
      append_json_text(out, trim(seen.attribute->text));
    }
    address(out, "about_ip", seen.attribute->about_ip);
    address(out, "about_mac", seen.attribute->about_mac);
    if (seen.attribute->basis != protocols::Attribute::Basis::said) text(out, "basis", to_text(seen.attribute->basis));
    if (seen.attribute->unit != protocols::Object::kNoUnit) number(out, "unit", seen.attribute->unit);
    text(out, "source", seen.attribute->source);
  }
  out += kLineEnd;
}

void append_json(std::string& out, const Loss& loss) {
  open_line(out, loss.when, "loss");
  append_conversation(out, loss.conversation, loss.direction);
  number(out, "pcap_cnt", loss.packet);
  out += ",\"rampart\":{";
  text(out, "kind", loss.kind);
  text(out, "reason", loss.reason);
  number(out, "count", loss.count);
  if (loss.since != TimePoint{}) time(out, "since", loss.since);
  if (!loss.source.empty()) text(out, "source", loss.source);
  out += kLineEnd;
}

void append_json(std::string& out, const Flow& flow) {
  open_line(out, flow.last, "flow");
  append_conversation(out, flow.conversation, Direction::to_server);
  const auto count = [&out](std::string_view name, uint64_t value) {
    out += name;
    append_number(out, value);
  };
  count(",\"flow\":{\"pkts_toserver\":", flow.packets[0]);
  count(",\"pkts_toclient\":", flow.packets[1]);
  count(",\"bytes_toserver\":", flow.octets[0]);
  count(",\"bytes_toclient\":", flow.octets[1]);
  time(out, "start", flow.first);
  time(out, "end", flow.last);
  number(out, "age", std::chrono::duration_cast<std::chrono::seconds>(elapsed(flow.first, flow.last)).count());
  text(out, "reason", flow.end);
  count("},\"rampart\":{\"operations\":", flow.operations);
  count(",\"lost_octets\":", flow.lost_octets);
  out += ",\"opening_seen\":";
  out += flow.opening_seen ? "true" : "false";
  if (flow.encrypted != protocols::Assurance::unknown) text(out, "encrypted", to_text(flow.encrypted));
  if (flow.authenticated != protocols::Assurance::unknown) text(out, "authenticated", to_text(flow.authenticated));
  if (flow.conversation != nullptr) {
    text(out, "client_asset", flow.conversation->client.asset);
    text(out, "client_zone", flow.conversation->client.zone);
    text(out, "server_asset", flow.conversation->server.asset);
    text(out, "server_zone", flow.conversation->server.zone);
  }
  out += kLineEnd;
}

void append_json(std::string& out, const ProtectionSeen& seen) {
  open_line(out, seen.when, "protection");
  append_conversation(out, seen.conversation, seen.direction);
  number(out, "pcap_cnt", seen.packet);
  out += ",\"rampart\":{";
  const protocols::Protection& shown = seen.protection;
  const bool certificate = shown.kind == protocols::Protection::Kind::certificate;
  text(out, "protection", to_text(shown.kind));
  text(out, certificate ? "key" : "method", shown.method);
  text(out, certificate ? "subject" : "text", shown.text);
  text(out, "issuer", shown.issuer);
  text(out, "alternative", shown.alternative);
  if (shown.key_bits != 0) number(out, "key_bits", shown.key_bits);
  if (shown.not_before != TimePoint{}) time(out, "not_before", shown.not_before);
  if (shown.not_after != TimePoint{}) time(out, "not_after", shown.not_after);
  out += kLineEnd;
}

void append_json(std::string& out, const ReadSummary& summary) {
  open_line(out, summary.last, "read-summary");
  append_conversation(out, summary.conversation, summary.asked);
  out += ",\"rampart\":{";
  append_counted(out, summary);
  number(out, "latency_us_least", microseconds(summary.latency_least));
  number(out, "latency_us_most", microseconds(summary.latency_most));
  number(out, "latency_us_total", microseconds(summary.latency_total));
  append_verdict(out, summary.verdict);
  out += kLineEnd;
}

void append_json(std::string& out, const Repeats& repeats) {
  open_line(out, repeats.last, "repeats");
  append_conversation(out, repeats.conversation, repeats.asked);
  out += ",\"rampart\":{";
  append_counted(out, repeats);
  append_outcome(out, repeats.outcome);
  append_verdict(out, repeats.verdict);
  out += kLineEnd;
}

}  // namespace rampart::records
