// Open Cybersecurity Schema Framework 1.4.0. One event, one line of JSON. tests/data/exports/ocsf_required.json has the
// classes that are used, with what they demand; tests/exports/check_exports.py holds this file against it.
#include "base/text.h"
#include "records/exports.h"
#include "records/ocsf_class.h"
#include "records/parts.h"
#include "records/view.h"

namespace rampart::records {
namespace {

using protocols::Outcome;

/// Nested writes one JSON object for as long as it lives.
class Nested {
 public:
  explicit Nested(std::string& out) : out_(out) { out_ += '{'; }
  Nested(Nested& in, std::string_view name) : out_(in.out_) {
    in.key(name);
    out_ += '{';
  }
  ~Nested() { out_ += '}'; }
  Nested(const Nested&) = delete;
  Nested& operator=(const Nested&) = delete;

  void key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    append_json_text(out_, value);
  }
  template <std::integral Number>
  void number(std::string_view name, Number value) {
    key(name);
    append_number(out_, value);
  }
  void flag(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
  }
  void texts(std::string_view name, const std::vector<std::string_view>& values) {
    if (values.empty()) return;
    key(name);
    for (char before = '['; const std::string_view value : values) {
      out_ += before;
      append_json_text(out_, value);
      before = ',';
    }
    out_ += ']';
  }
  /// list writes `name` with one object that `fill` fills.
  template <class Fill>
  void list(std::string_view name, Fill&& fill) {
    key(name);
    out_ += '[';
    {
      Nested only(out_);
      fill(only);
    }
    out_ += ']';
  }

 private:
  std::string& out_;
};

int64_t milliseconds(TimePoint when) {
  return std::chrono::floor<std::chrono::milliseconds>(when).time_since_epoch().count();
}

void append_severity(Nested& event, const View& view) {
  int id = 1;
  std::string_view name = "Informational";
  if (view.severity) {
    switch (*view.severity) {
      case Severity::critical:
        id = 5, name = "Critical";
        break;
      case Severity::high:
        id = 4, name = "High";
        break;
      case Severity::medium:
        id = 3, name = "Medium";
        break;
      case Severity::low:
        id = 2, name = "Low";
        break;
    }
  }
  event.number("severity_id", id);
  event.text("severity", name);
}

void append_product(Nested& product, std::string_view version) {
  product.text("name", "Rampart");
  product.text("vendor_name", "Rampart");
  product.text("version", version);
}

void append_metadata(Nested& event, const Stored& stored, uint64_t number, const Origin& origin) {
  Nested metadata(event, "metadata");
  metadata.text("version", "1.4.0");
  {
    Nested product(metadata, "product");
    append_product(product, origin.version);
  }
  metadata.text("uid", std::string(origin.journal) + "/" + std::to_string(number));
  metadata.number("sequence", number);
  metadata.text("event_code", to_text(stored.kind()));
  metadata.text("log_name", origin.journal);
  metadata.text("log_provider", origin.host);
  metadata.number("logged_time", milliseconds(stored.written()));
}

void append_address(Nested& out, const IpAddress& ip) { out.text("ip", to_text(ip)); }

void append_endpoint(Nested& out, const Side& side) {
  if (side.ip) append_address(out, *side.ip);
  if (side.mac) out.text("mac", to_text(*side.mac));
  if (side.port != 0) out.number("port", side.port);
  out.text("uid", side.asset);
  if (!side.ip && side.asset.empty() && side.mac) out.text("name", to_text(*side.mac));
  out.text("zone", side.zone);
}
void append_connection(Nested& out, const Parts& parts) {
  if (named(parts.from)) {
    Nested source(out, "src_endpoint");
    append_endpoint(source, *parts.from);
  }
  if (named(parts.to)) {
    Nested destination(out, "dst_endpoint");
    append_endpoint(destination, *parts.to);
  }
  if (parts.conversation == nullptr) return;
  const Conversation& conversation = *parts.conversation;
  Nested connection(out, "connection_info");
  connection.number("direction_id", 0);
  connection.text("uid", std::to_string(conversation.flow_id));
  connection.text("protocol_name", lower(to_text(conversation.transport)));
  if (conversation.ip_protocol != 0) connection.number("protocol_num", conversation.ip_protocol);
  connection.text("community_uid", conversation.community_id);
}

void append_status(Nested& event, bool success, std::string_view code, std::string_view detail) {
  event.number("status_id", success ? 1 : 2);
  event.text("status", success ? "Success" : "Failure");
  event.text("status_code", code);
  event.text("status_detail", detail);
}

/// fill writes what the event's class has for a kind.
void fill(Nested&, const auto&, const Parts&, const View&, const Origin&, uint64_t) {}

void fill_network(Nested& event, const Parts& parts) {
  append_connection(event, parts);
  if (parts.conversation != nullptr && parts.conversation->protocol.known()) {
    event.text("app_name", parts.conversation->protocol.name());
  }
  if (!parts.outcome) return;
  const bool refused = parts.outcome->kind == Outcome::Kind::refused;
  append_status(event, parts.outcome->kind == Outcome::Kind::ok, refused ? std::to_string(parts.outcome->code) : "",
                refused ? parts.outcome->name : "");
}
void fill(Nested& event, const Transaction&, const Parts& parts, const View&, const Origin&, uint64_t) {
  fill_network(event, parts);
}
void fill(Nested& event, const ReadSummary&, const Parts& parts, const View&, const Origin&, uint64_t) {
  fill_network(event, parts);
}
void fill(Nested& event, const Repeats&, const Parts& parts, const View&, const Origin&, uint64_t) {
  fill_network(event, parts);
}
void fill(Nested& event, const ProtectionSeen&, const Parts& parts, const View&, const Origin&, uint64_t) {
  fill_network(event, parts);
}
void fill(Nested& event, const Flow& flow, const Parts& parts, const View&, const Origin&, uint64_t) {
  fill_network(event, parts);
  Nested traffic(event, "traffic");
  traffic.number("packets", flow.packets[0] + flow.packets[1]);
  traffic.number("packets_out", flow.packets[0]);
  traffic.number("packets_in", flow.packets[1]);
  traffic.number("bytes", flow.octets[0] + flow.octets[1]);
  traffic.number("bytes_out", flow.octets[0]);
  traffic.number("bytes_in", flow.octets[1]);
  traffic.number("bytes_missed", flow.lost_octets);
}

void fill(Nested& event, const Finding& finding, const Parts& parts, const View& view, const Origin& origin,
          uint64_t number) {
  event.number("status_id", 1);
  event.text("status", "New");
  event.flag("is_alert", true);
  {
    Nested info(event, "finding_info");
    info.text("uid", std::string(origin.journal) + "/" + std::to_string(number));
    info.text("title", finding.id.empty() ? to_text(Kind::finding) : finding.id);
    info.text("desc", view.text);
    if (!finding.category.empty()) info.texts("types", {finding.category});
    {
      Nested analytic(info, "analytic");
      analytic.number("type_id", 1);
      analytic.text("type", "Rule");
      analytic.text("uid", std::to_string(finding.signature));
      analytic.text("name", finding.id);
    }
    if (!finding.technique.empty()) {
      info.list("attacks", [&](Nested& attack) {
        Nested technique(attack, "technique");
        technique.text("uid", finding.technique);
      });
    }
  }
  if (parts.conversation != nullptr) {
    event.list("evidences", [&](Nested& evidence) { append_connection(evidence, parts); });
  }
}

void fill(Nested& event, const Login& login, const Parts&, const View& view, const Origin&, uint64_t) {
  {
    Nested user(event, "user");
    user.text("uid", view.person.empty() ? "unknown" : view.person);
  }
  {
    Nested service(event, "service");
    service.text("name", "rampart");
  }
  if (login.address) {
    Nested source(event, "src_endpoint");
    append_address(source, *login.address);
  }
  if (!login.asset.empty()) {
    Nested destination(event, "dst_endpoint");
    destination.text("uid", login.asset);
    destination.text("zone", login.zone);
  }
  event.number("auth_protocol_id", 99);
  event.text("auth_protocol", login.method.empty() ? "unknown" : login.method);
  append_status(event, login.outcome == "ok", login.outcome, login.reason);
}

void fill(Nested& event, const AssetSeen& seen, const Parts&, const View&, const Origin&, uint64_t) {
  using Attribute = protocols::Attribute;
  if (!named(&seen.side)) return;
  Nested device(event, "device");
  device.number("type_id", 0);
  device.text("type", "Unknown");
  if (seen.side.ip) append_address(device, *seen.side.ip);
  if (seen.side.mac) device.text("mac", to_text(*seen.side.mac));
  device.text("uid", seen.side.asset);
  device.text("zone", seen.side.zone);
  if (seen.vlan) device.text("vlan_uid", std::to_string(*seen.vlan));
  const bool unnamed = !seen.side.ip && seen.side.asset.empty();
  const bool of_itself = seen.attribute != nullptr && !seen.attribute->about_ip && !seen.attribute->about_mac;
  const bool tells_name = of_itself && seen.attribute->kind == Attribute::Kind::name;
  if (unnamed) {
    device.text("name", to_text(*seen.side.mac));
  } else if (tells_name) {
    device.text("name", trim(seen.attribute->text));
  }
  if (!of_itself) return;
  if (seen.attribute->kind == Attribute::Kind::vendor) device.text("vendor_name", trim(seen.attribute->text));
  if (seen.attribute->kind == Attribute::Kind::model) device.text("model", trim(seen.attribute->text));
  if (seen.attribute->kind == Attribute::Kind::serial) {
    Nested hardware(device, "hw_info");
    hardware.text("serial_number", trim(seen.attribute->text));
  }
}

void fill(Nested& event, const Run& run, const Parts&, const View&, const Origin& origin, uint64_t) {
  Nested app(event, "app");
  append_product(app, run.version.empty() ? origin.version : run.version);
}

void append_actor(Nested& event, std::string_view person) {
  Nested actor(event, "actor");
  if (person.empty()) return actor.text("app_name", "rampart");
  Nested user(actor, "user");
  user.text("uid", person);
}

constexpr int kPolicy = 5, kOtherEntity = 99;

void append_entity(Nested& event, std::string_view name, std::string_view type, int type_id, std::string_view uid,
                   std::string_view version) {
  Nested entity(event, "entity");
  entity.text("name", name);
  entity.text("type", type);
  entity.number("type_id", type_id);
  entity.text("uid", uid);
  entity.text("version", version);
}
void fill(Nested& event, const PlantChange& change, const Parts&, const View& view, const Origin&, uint64_t) {
  append_actor(event, view.person);
  append_entity(event, "plant", "Policy", kPolicy, change.file, change.after_sha256);
}
void fill(Nested& event, const RuleChange& change, const Parts&, const View& view, const Origin&, uint64_t) {
  append_actor(event, view.person);
  append_entity(event, "rule", "Policy", kPolicy, std::string(change.conduit) + "/" + std::string(change.rule),
                change.plant_sha256);
}
void fill(Nested& event, const KeyChange& change, const Parts& parts, const View& view, const Origin&, uint64_t) {
  append_actor(event, view.person);
  event.text("comment", parts.reason);
  append_entity(event, "signing key", "Signing key", kOtherEntity, change.after, "");
}

void fill(Nested& event, const JournalRead& read, const Parts&, const View& view, const Origin& origin, uint64_t) {
  append_actor(event, view.person);
  {
    Nested source(event, "src_endpoint");
    source.text("name", origin.host.empty() ? "unknown" : origin.host);
  }
  event.number("type_id", 1);
  event.text("type", "Database");
  {
    Nested database(event, "database");
    database.text("name", origin.journal.empty() ? "journal" : origin.journal);
    database.number("type_id", 99);
    database.text("type", "Journal");
  }
  Nested query(event, "query_info");
  query.text("name", "filter");
  query.text("query_string", read.filter.empty() ? "everything" : read.filter);
}

/// append_unmapped writes what the schema has no place for.
void append_unmapped(Nested& event, const Stored& stored, const Parts& parts, const View& view) {
  Nested unmapped(event, "unmapped");
  unmapped.text("kind", to_text(stored.kind()));
  unmapped.number("kind_number", stored.kind_number());
  unmapped.texts("zones", view.zones);
  unmapped.texts("assets", view.assets);
  unmapped.text("conduit", view.conduit);
  unmapped.text("rule", view.rule);
  unmapped.text("reason", parts.reason);
  unmapped.text("person", view.person);
  unmapped.text("requirement", view.requirement);
  if (parts.verdict.kind != Verdict::Kind::none) unmapped.text("verdict", to_text(parts.verdict.kind));
  unmapped.text("function", parts.function.name);
  if (const auto* read = std::get_if<JournalRead>(&stored.fact())) {
    unmapped.text("what", read->what);
    unmapped.text("destination", read->destination);
    unmapped.number("records", read->records);
  }
  if (const auto* event_of = std::get_if<JournalEvent>(&stored.fact())) unmapped.text("event", event_of->event);
  if (const auto* seen = std::get_if<AssetSeen>(&stored.fact()); seen != nullptr && seen->attribute != nullptr) {
    unmapped.text(to_text(seen->attribute->kind), trim(seen->attribute->text));
    if (seen->attribute->about_ip) unmapped.text("about_ip", to_text(*seen->attribute->about_ip));
    if (seen->attribute->about_mac) unmapped.text("about_mac", to_text(*seen->attribute->about_mac));
  }
  if (const auto* shown = std::get_if<ProtectionSeen>(&stored.fact())) {
    unmapped.text("protection", to_text(shown->protection.kind));
    unmapped.text("method", shown->protection.method);
    unmapped.text("text", shown->protection.text);
  }
  if (parts.operation == nullptr) return;
  std::string object, values;
  append_object(object, *parts.operation);
  append_values(values, parts.operation->values);
  unmapped.text("action", to_text(parts.operation->action));
  unmapped.text("object", object);
  unmapped.text("values", values);
  if (parts.operation->object.unit != protocols::Object::kNoUnit) unmapped.number("unit", parts.operation->object.unit);
}

}  // namespace

void append_ocsf(std::string& out, const Stored& stored, uint64_t number, const Origin& origin) {
  const View seen = view(stored);
  const Parts parts = parts_of(stored);
  const OcsfClass is = ocsf_class(stored, parts);
  Nested event(out);
  event.number("class_uid", is.uid);
  event.text("class_name", is.name);
  event.number("category_uid", is.category);
  event.text("category_name", is.category_name);
  event.number("activity_id", is.activity);
  event.text("activity_name", is.activity_name);
  event.number("type_uid", is.uid * 100 + is.activity);
  event.text("type_name", std::string(is.name) + ": " + std::string(is.activity_name));
  event.number("time", milliseconds(stored.when()));
  append_severity(event, seen);
  event.text("message", seen.text);
  if (parts.last != parts.first) {
    event.number("start_time", milliseconds(parts.first));
    event.number("end_time", milliseconds(parts.last));
  }
  if (parts.count > 1) event.number("count", parts.count);
  append_metadata(event, stored, number, origin);
  if (is.uid != 0) {
    std::visit([&](const auto& fact) { fill(event, fact, parts, seen, origin, number); }, stored.fact());
  }
  append_unmapped(event, stored, parts, seen);
}

}  // namespace rampart::records
