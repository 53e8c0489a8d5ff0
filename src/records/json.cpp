#include "records/json.h"

#include "base/text.h"
#include "protocols/registry.h"

namespace rampart::records {
namespace {

using protocols::Operation;
using protocols::Outcome;
using protocols::Values;

void key(std::string& out, std::string_view name) {
  if (out.back() != '{' && out.back() != '[') out += ',';
  out += '"';
  out += name;
  out += "\":";
}
void text(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  key(out, name);
  append_json_text(out, value);
}
template <std::integral Number>
void number(std::string& out, std::string_view name, Number value) {
  key(out, name);
  append_number(out, value);
}

void open_line(std::string& out, TimePoint when, std::string_view event_type) {
  out += "{\"timestamp\":\"";
  append_timestamp(out, when);
  out += "\",\"event_type\":\"";
  out += event_type;
  out += '"';
}

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

std::string conversation_json(const Conversation& conversation, bool from_client) {
  std::string out;
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
  text(out, "proto", to_text(conversation.transport));
  text(out, "community_id", conversation.community_id);
  if (conversation.protocol.known()) text(out, "app_proto", conversation.protocol.name());
  return out;
}

void append_values(std::string& out, const Values& values) {
  const bool plain = values.index_octets == 0 && values.quality_octet == Values::kAbsent;
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
      out += "\"unanswered\"";
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

void append_operation(std::string& out, const Operation& operation) {
  key(out, "action");
  out += '"';
  out += to_text(operation.action);
  out += "\",\"function\":{\"code\":";
  append_number(out, operation.function.code);
  out += ",\"name\":\"";
  out += operation.function.name;
  out += "\"}";
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
  const std::string& ready = conversation->json[from_client ? 0 : 1];
  out += ready.empty() ? conversation_json(*conversation, from_client) : ready;
}

}  // namespace

void describe(Conversation& conversation) {
  conversation.json[0] = conversation_json(conversation, true);
  // What nobody decodes is hardly ever told from the server's side; there the line is made when it is.
  conversation.json[1] = conversation.protocol.known() ? conversation_json(conversation, false) : std::string();
}

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
    text(out, "action", to_text(answer.action));
    out += ",\"function\":{\"code\":";
    append_number(out, answer.function.code);
    out += ",\"name\":\"";
    out += answer.function.name;
    out += "\"}";
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
    number(out, "latency_us", microseconds(transaction.answered_at - transaction.asked_at));
    number(out, "answer_pcap_cnt", transaction.answered_packet);
  }
  append_verdict(out, transaction.verdict);
  text(out, "deviation", transaction.deviation);
  out += "}}\n";
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
    out += "[\"";
    out += finding.technique;
    out += "\"]";
  }
  if (!finding.requirement.empty()) {
    key(out, "iec62443");
    out += "[\"";
    out += finding.requirement;
    out += "\"]";
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
  out += "}}\n";
}

void append_json(std::string& out, const AssetSeen& seen) {
  open_line(out, seen.when, "asset");
  append_conversation(out, seen.conversation, Direction::to_client);
  number(out, "pcap_cnt", seen.packet);
  out += ",\"rampart\":{";
  if (seen.side.ip) {
    key(out, "ip");
    out += '"';
    append(out, *seen.side.ip);
    out += '"';
  }
  if (seen.side.mac) {
    key(out, "mac");
    out += '"';
    append(out, *seen.side.mac);
    out += '"';
  }
  if (seen.vlan) number(out, "vlan", *seen.vlan);
  text(out, "asset", seen.side.asset);
  text(out, "zone", seen.side.zone);
  if (seen.attribute != nullptr) {
    text(out, "attribute", to_text(seen.attribute->kind));
    key(out, "text");
    append_json_text(out, trim(seen.attribute->text));
    if (seen.attribute->unit != protocols::Object::kNoUnit) number(out, "unit", seen.attribute->unit);
  }
  out += "}}\n";
}

void append_json(std::string& out, const Loss& loss) {
  open_line(out, loss.when, "loss");
  append_conversation(out, loss.conversation, loss.direction);
  number(out, "pcap_cnt", loss.packet);
  out += ",\"rampart\":{";
  text(out, "kind", loss.kind);
  text(out, "reason", loss.reason);
  number(out, "count", loss.count);
  out += "}}\n";
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
  out += ",\"start\":\"";
  append_timestamp(out, flow.first);
  out += "\",\"end\":\"";
  append_timestamp(out, flow.last);
  out += '"';
  number(out, "age", std::chrono::duration_cast<std::chrono::seconds>(flow.last - flow.first).count());
  text(out, "reason", flow.end);
  count("},\"rampart\":{\"operations\":", flow.operations);
  count(",\"lost_octets\":", flow.lost_octets);
  out += ",\"opening_seen\":";
  out += flow.opening_seen ? "true" : "false";
  if (flow.conversation != nullptr) {
    text(out, "client_asset", flow.conversation->client.asset);
    text(out, "client_zone", flow.conversation->client.zone);
    text(out, "server_asset", flow.conversation->server.asset);
    text(out, "server_zone", flow.conversation->server.zone);
  }
  out += "}}\n";
}

void append_json(std::string& out, const Run& run) {
  open_line(out, run.when, "stats");
  out += ",\"rampart\":{";
  text(out, "run", run.kind == Run::Kind::start ? "start" : "stop");
  text(out, "version", run.version);
  text(out, "plant", run.plant);
  text(out, "plant_sha256", run.plant_sha256);
  text(out, "sources", run.sources);
  if (run.kind == Run::Kind::stop) {
    number(out, "packets", run.packets);
    number(out, "octets", run.octets);
    number(out, "flows", run.flows);
    number(out, "operations", run.operations);
    number(out, "findings", run.findings);
    number(out, "malformed_packets", run.malformed_packets);
    number(out, "gaps", run.gaps);
    number(out, "gap_octets", run.gap_octets);
    number(out, "evicted_flows", run.evicted_flows);
    number(out, "given_up_operations", run.given_up_operations);
  }
  out += "}}\n";
}

}  // namespace rampart::records
