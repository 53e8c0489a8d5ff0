#include "records/json.h"
#include "records/json_line.h"
#include "records/stored.h"

// Lines of JSON for what happens to Rampart itself: runs, the journal, the plant, persons; and for records read back.

namespace rampart::records {
namespace {

void open_rampart(std::string& out, TimePoint when, std::string_view event_type) {
  open_line(out, when, event_type);
  out += ",\"rampart\":{";
}

}  // namespace

void append_json(std::string& out, const Run& run) {
  open_line(out, run.when, "stats");
  out += ",\"rampart\":{";
  text(out, "run", run.kind == Run::Kind::start ? "start" : "stop");
  text(out, "version", run.version);
  text(out, "plant", run.plant);
  text(out, "plant_sha256", run.plant_sha256);
  text(out, "sources", run.sources);
  text(out, "settings", run.settings);
  text(out, "person", run.person);
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
  out += kLineEnd;
}

void append_json(std::string& out, const NotKept& not_kept) {
  open_rampart(out, not_kept.until, "not-kept");
  text(out, "kind", not_kept.kind);
  text(out, "source", not_kept.source);
  text(out, "reason", not_kept.reason);
  number(out, "count", not_kept.count);
  number(out, "octets", not_kept.octets);
  time(out, "since", not_kept.since);
  time(out, "until", not_kept.until);
  out += kLineEnd;
}

void append_json(std::string& out, const PlantChange& change) {
  open_rampart(out, change.when, "plant-change");
  text(out, "how", change.how);
  text(out, "person", change.person);
  text(out, "file", change.file);
  text(out, "before_sha256", change.before_sha256);
  text(out, "after_sha256", change.after_sha256);
  text(out, "path", change.path);
  text(out, "before", change.before);
  text(out, "after", change.after);
  out += kLineEnd;
}

void append_json(std::string& out, const RuleChange& change) {
  open_rampart(out, change.when, "rule-change");
  text(out, "change", change.change);
  text(out, "conduit", change.conduit);
  text(out, "rule", change.rule);
  text(out, "plant_sha256", change.plant_sha256);
  text(out, "before", change.before);
  text(out, "after", change.after);
  out += kLineEnd;
}

void append_json(std::string& out, const JournalEvent& event) {
  open_rampart(out, event.when, "journal-event");
  text(out, "event", event.event);
  text(out, "reason", event.reason);
  text(out, "person", event.person);
  if (event.from != 0 || event.to != 0) {
    number(out, "from", event.from);
    number(out, "to", event.to);
  }
  if (event.count != 0) number(out, "count", event.count);
  if (event.step != Duration()) number(out, "step_us", microseconds(event.step));
  out += kLineEnd;
}

void append_json(std::string& out, const KeyChange& change) {
  open_rampart(out, change.when, "key-change");
  text(out, "before", change.before);
  text(out, "after", change.after);
  text(out, "reason", change.reason);
  text(out, "person", change.person);
  out += kLineEnd;
}

void append_json(std::string& out, const Evidence& evidence) {
  open_rampart(out, evidence.when, "evidence");
  text(out, "fact", evidence.fact);
  text(out, "scope", evidence.scope);
  text(out, "subject", evidence.subject);
  key(out, "holds");
  out += evidence.holds ? "true" : "false";
  number(out, "share_permille", evidence.share_permille);
  text(out, "origin", evidence.origin);
  text(out, "text", evidence.text);
  text(out, "sha256", evidence.sha256);
  if (evidence.until) time(out, "until", *evidence.until);
  number(out, "count", evidence.count);
  out += kLineEnd;
}

void append_json(std::string& out, const Statement& statement) {
  open_rampart(out, statement.when, "statement");
  text(out, "id", statement.id);
  text(out, "person", statement.person);
  text(out, "what", statement.what);
  text(out, "scope", statement.scope);
  text(out, "subject", statement.subject);
  text(out, "answer", statement.answer);
  if (statement.maturity != 0) number(out, "maturity", statement.maturity);
  text(out, "document", statement.document);
  text(out, "sha256", statement.sha256);
  time(out, "until", statement.until);
  text(out, "reason", statement.reason);
  if (statement.withdrawn) {
    key(out, "withdrawn");
    out += "true";
  }
  out += kLineEnd;
}

void append_json(std::string& out, const LevelChange& change) {
  open_rampart(out, change.when, "level-change");
  text(out, "scope", change.scope);
  text(out, "subject", change.subject);
  text(out, "requirement", change.requirement);
  number(out, "before", change.before);
  number(out, "after", change.after);
  number(out, "target", change.target);
  text(out, "row", change.row);
  text(out, "cause", change.cause);
  text(out, "fact", change.fact);
  if (change.record != 0) number(out, "cause_record", change.record);
  out += kLineEnd;
}

void append_json(std::string& out, const CertificateEvent& event) {
  open_rampart(out, event.when, "certificate-event");
  text(out, "event", event.event);
  text(out, "subject", event.subject);
  text(out, "role", event.role);
  text(out, "serial", event.serial);
  text(out, "sha256", event.sha256);
  time(out, "until", event.until);
  text(out, "person", event.person);
  text(out, "reason", event.reason);
  if (event.address) text(out, "address", to_text(*event.address));
  out += kLineEnd;
}

void append_json(std::string& out, const GuardEvent& event) {
  open_rampart(out, event.when, "guard-event");
  text(out, "event", event.event);
  text(out, "origin", event.origin);
  text(out, "conduit", event.conduit);
  text(out, "reason", event.reason);
  text(out, "person", event.person);
  text(out, "sha256", event.sha256);
  if (event.count != 0) number(out, "count", event.count);
  out += kLineEnd;
}

void append_json(std::string& out, const JournalRead& read) {
  open_rampart(out, read.when, "journal-read");
  text(out, "person", read.person);
  text(out, "what", read.what);
  text(out, "filter", read.filter);
  text(out, "destination", read.destination);
  number(out, "from", read.from);
  number(out, "to", read.to);
  number(out, "records", read.records);
  out += kLineEnd;
}

void append_json(std::string& out, const Login& login) {
  open_rampart(out, login.when, "login");
  text(out, "person", login.person);
  text(out, "method", login.method);
  text(out, "outcome", login.outcome);
  text(out, "reason", login.reason);
  text(out, "zone", login.zone);
  text(out, "asset", login.asset);
  if (login.address) text(out, "address", to_text(*login.address));
  out += kLineEnd;
}

void append_json(std::string& out, const Stored& stored, uint64_t record) {
  std::visit(
      [&]<class Record>(const Record& fact) {
        if constexpr (!std::same_as<Record, std::monostate>) {
          append_json(out, fact);
        } else {
          open_rampart(out, stored.written(), to_text(stored.kind()));
          number(out, "kind", stored.kind_number());
          key(out, "cbor");
          out += '"';
          append_hex(out, stored.bytes());
          out += '"';
          out += kLineEnd;
        }
      },
      stored.fact());
  out.resize(out.size() - kLineEnd.size());
  number(out, "record", record);
  time(out, "written", stored.written());
  out += kLineEnd;
}

}  // namespace rampart::records
