// One line of words for a record of each kind.
#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "records/parts.h"
#include "records/plain.h"

namespace rampart::records {
namespace {

using protocols::Action;
using protocols::Object;
using protocols::Operation;
using protocols::Outcome;

/// grouped writes 1204 as 1,204.
void append_grouped(std::string& out, uint64_t number) {
  const size_t start = out.size();
  append_number(out, number);
  for (size_t at = out.size(); at > start + 3; at -= 3) out.insert(at - 3, 1, ',');
}
void append_count(std::string& out, uint64_t count, std::string_view what) {
  append_grouped(out, count);
  out += ' ';
  out += what;
  if (count != 1) out += 's';
}
void append_times(std::string& out, uint64_t count) {
  if (count == 1) {
    out += "once";
  } else {
    append_count(out, count, "time");
  }
}

/// append_length writes a duration in the unit that a person would take.
void append_length(std::string& out, Duration length) {
  using namespace std::chrono;
  const auto write = [&out](uint64_t number, std::string_view unit) {
    append_grouped(out, number);
    out += ' ';
    out += unit;
  };
  const auto whole = static_cast<uint64_t>(std::max<int64_t>(length.count(), 0));
  const uint64_t milliseconds = whole / 1'000'000, seconds = milliseconds / 1000;
  if (milliseconds == 0) return write(whole / 1000, "us");
  if (seconds == 0) return write(milliseconds, "ms");
  if (seconds < 120) return write(seconds, "s");
  if (seconds < 7200) return write((seconds + 30) / 60, "min");
  if (seconds < 172'800) return write((seconds + 1800) / 3600, "h");
  write((seconds + 43'200) / 86'400, "days");
}
/// within never overflows: both ends come from a file.
void append_within(std::string& out, TimePoint first, TimePoint last) {
  if (last <= first) return;
  const auto apart =
      static_cast<uint64_t>(last.time_since_epoch().count()) - static_cast<uint64_t>(first.time_since_epoch().count());
  out += " in ";
  append_length(out, Duration(static_cast<int64_t>(std::min<uint64_t>(apart, INT64_MAX))));
}

void append_given(std::string& out, std::string_view before, std::string_view text) {
  if (text.empty()) return;
  out += before;
  append_plain(out, text);
}
void append_person(std::string& out, std::string_view person) {
  append_plain(out, person.empty() ? "somebody" : person);
}
void append_unit(std::string& out, uint32_t unit) {
  if (unit == Object::kNoUnit) return;
  out += " (unit ";
  append_number(out, unit);
  out += ')';
}

std::string_view verb(Action action) {
  if (action == Action::read) return "read ";
  if (action == Action::write) return "wrote ";
  if (action == Action::operate) return "operated ";
  if (action == Action::configure) return "configured ";
  return {};
}

/// append_deed writes who did what to what.
void append_deed(std::string& out, const Parts& parts, bool with_values) {
  const Operation& operation = *parts.operation;
  std::string object, values;
  append_object(object, operation);
  if (with_values) append_values(values, operation.values);
  append_name(out, parts.from);
  out += ' ';
  if (object.empty() || verb(operation.action).empty()) {
    out += "asked ";
    append_name(out, parts.to);
    out += " for ";
    out += to_text(operation.action);
    append_given(out, " of ", object);
    out += " (";
    out += operation.protocol.name();
    append_given(out, " ", operation.function.name);
    out += ')';
  } else {
    out += verb(operation.action);
    if (operation.action == Action::write && !values.empty()) {
      append_plain(out, operation.values.masks ? "the bits " + values : values);
      out += " to ";
    }
    append_plain(out, object);
    out += " of ";
    append_name(out, parts.to);
    if (operation.action != Action::write && operation.action != Action::read) append_given(out, " with ", values);
  }
  append_unit(out, operation.object.unit);
}

void append_outcome(std::string& out, const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::unanswered) {
    out += ", ";
    append_plain(out, outcome.name.empty() ? std::string_view("no answer") : outcome.name);
  }
  if (outcome.kind != Outcome::Kind::refused) return;
  out += ", refused with ";
  if (!outcome.name.empty()) {
    append_plain(out, outcome.name);
    out += ' ';
  }
  out += "(code ";
  append_number(out, outcome.code);
  out += ')';
}

void append_verdict(std::string& out, const Verdict& verdict) {
  if (verdict.kind == Verdict::Kind::none || verdict.kind == Verdict::Kind::allowed) return;
  out += ": ";
  out += to_text(verdict.kind);
  append_given(out, ", ", verdict.reason);
  if (verdict.rule.empty() && verdict.conduit.empty()) return;
  out += " (";
  append_given(out, "rule ", verdict.rule);
  if (!verdict.rule.empty() && !verdict.conduit.empty()) out += ", ";
  append_given(out, "conduit ", verdict.conduit);
  out += ')';
}

void append_pair(std::string& out, const Parts& parts, std::string_view between) {
  append_name(out, parts.from);
  out += between;
  append_name(out, parts.to);
}

void tell(std::string& out, const Parts&, const std::monostate&) {
  out += "a record of a kind that this version does not know";
}

void tell(std::string& out, const Parts&, const Run& run) {
  if (run.kind == Run::Kind::start) {
    append_given(out += "rampart", " ", run.version);
    out += " started";
    append_given(out, " on ", run.sources);
    append_given(out, " with plant ", run.plant);
    append_given(out, " by ", run.person);
    return;
  }
  append_given(out += "rampart", " ", run.version);
  out += " stopped after ";
  append_count(out, run.packets, "packet");
  out += ", ";
  append_count(out, run.flows, "conversation");
  out += ", ";
  append_count(out, run.operations, "operation");
  out += ", ";
  append_count(out, run.findings, "finding");
  if (run.gaps > 0) {
    out += ", ";
    append_count(out, run.gaps, "gap");
  }
}

void tell(std::string& out, const Parts& parts, const Transaction& transaction) {
  if (parts.operation != nullptr) {
    append_deed(out, parts, true);
  } else {
    const bool unasked = !transaction.answers.empty() && transaction.answers[0]->unsolicited;
    append_name(out, parts.to);
    out += unasked ? " sent " : " answered ";
    append_name(out, parts.from);
    append_given(out, " ", parts.function.name);
    out += unasked ? ", unasked" : ", the request was not seen";
  }
  append_outcome(out, transaction.outcome);
  append_verdict(out, transaction.verdict);
}

void tell(std::string& out, const Parts&, const Finding& finding) {
  if (finding.message.empty()) {
    append_given(out += "finding", " ", finding.id);
  } else {
    append_plain(out, finding.message, {.most_octets = kMostWords});
  }
  if (finding.count < 2) return;
  out += ", ";
  append_times(out, finding.count);
}

void tell(std::string& out, const Parts& parts, const AssetSeen& seen) {
  append_name(out, parts.from);
  if (seen.attribute != nullptr) {
    const protocols::Attribute& attribute = *seen.attribute;
    if (attribute.kind == protocols::Attribute::Kind::address) {
      append_given(out, " says that ", attribute.about_ip ? to_text(*attribute.about_ip) : "some address");
      append_given(out, " is at ", attribute.about_mac ? to_text(*attribute.about_mac) : "an unknown place");
      return;
    }
    const bool of_other = attribute.about_ip || attribute.about_mac;
    out += of_other ? " says that the " : " says that its ";
    out += to_text(attribute.kind);
    if (of_other) {
      append_given(out, " of ", attribute.about_ip ? to_text(*attribute.about_ip) : to_text(*attribute.about_mac));
    }
    append_given(out, " is ", trim(attribute.text));
    append_unit(out, seen.attribute->unit);
    return;
  }
  out += " was seen for the first time";
  if (seen.side.ip && !seen.side.asset.empty()) append_given(out, " at ", to_text(*seen.side.ip));
  if (seen.side.mac && seen.side.ip) append_given(out, ", ", to_text(*seen.side.mac));
  append_given(out, ", in zone ", seen.side.zone);
}

void tell(std::string& out, const Parts& parts, const Loss& loss) {
  append_plain(out, loss.kind.empty() ? "loss" : loss.kind);
  out += ": ";
  if (loss.kind == "gap") {
    append_count(out, loss.count, "octet");
    out += " not seen";
  } else if (loss.kind == "kernel-drop") {
    append_count(out, loss.count, "packet");
    out += " not seen";
  } else if (loss.kind == "blind") {
    out += "nothing was seen";
  } else {
    append_times(out, loss.count);
  }
  append_given(out, " on ", loss.source);
  if (parts.from != nullptr) append_pair(out += " from ", parts, " to ");
  append_given(out, ", ", loss.reason);
}

void tell(std::string& out, const Parts& parts, const Flow& flow) {
  append_pair(out, parts, " talked to ");
  if (parts.conversation != nullptr) {
    const Conversation& conversation = *parts.conversation;
    out += " (";
    if (conversation.protocol.known()) {
      out += conversation.protocol.name();
      out += ", ";
    }
    out += conversation.transport == Transport::none ? "no transport" : to_text(conversation.transport);
    if (conversation.server.port != 0) {
      out += ' ';
      append_number(out, conversation.server.port);
    }
    out += ')';
  }
  append_within(out, flow.first, flow.last);
  out += ": ";
  append_count(out, flow.packets[0] + flow.packets[1], "packet");
  out += ", ";
  append_count(out, flow.octets[0] + flow.octets[1], "octet");
  if (flow.operations > 0) {
    out += ", ";
    append_count(out, flow.operations, "operation");
  }
  if (flow.lost_octets > 0) {
    out += ", ";
    append_count(out, flow.lost_octets, "octet");
    out += " lost";
  }
  if (flow.encrypted != protocols::Assurance::unknown) {
    out += flow.encrypted == protocols::Assurance::yes ? ", encrypted" : ", not encrypted";
  }
  append_given(out, "; ", flow.end);
}

void tell(std::string& out, const Parts& parts, const ProtectionSeen& seen) {
  using Kind = protocols::Protection::Kind;
  const protocols::Protection& shown = seen.protection;
  append_pair(out, parts, " to ");
  switch (shown.kind) {
    case Kind::encrypted:
      append_given(out += " is encrypted", " by ", shown.method);
      break;
    case Kind::unencrypted:
      append_given(out += " is not encrypted", ", ", shown.method);
      break;
    case Kind::authenticated:
      append_given(out += " is authenticated", " by ", shown.method);
      break;
    case Kind::unauthenticated:
      append_given(out += " is not authenticated", ", ", shown.method);
      break;
    case Kind::plain_credentials:
      append_given(out += " shows credentials that anybody can read", ", by ", shown.method);
      break;
    case Kind::outdated:
      append_given(out += " uses what is outdated", ", ", shown.method);
      break;
    case Kind::certificate:
      append_given(out += " shows a certificate", " of ", shown.text);
      append_given(out, ", issued by ", shown.issuer);
      if (shown.not_after != TimePoint{}) append_moment(out += ", valid until ", shown.not_after, ' ');
      return;
  }
  append_given(out, ": ", shown.text);
}

void tell(std::string& out, const Parts& parts, const ReadSummary& summary) {
  if (parts.operation == nullptr) {
    append_pair(out, parts, " read from ");
  } else {
    append_deed(out, parts, false);
  }
  out += ' ';
  append_times(out, summary.count);
  append_within(out, summary.first, summary.last);
  out += ", slowest ";
  append_length(out, summary.latency_most);
  append_verdict(out, summary.verdict);
}

void tell(std::string& out, const Parts& parts, const Repeats& repeats) {
  out += "again, ";
  append_times(out, repeats.count);
  append_within(out, repeats.first, repeats.last);
  out += ": ";
  if (parts.operation == nullptr) {
    append_pair(out, parts, " to ");
  } else {
    append_deed(out, parts, true);
  }
  append_outcome(out, repeats.outcome);
  append_verdict(out, repeats.verdict);
}

void tell(std::string& out, const Parts&, const NotKept& not_kept) {
  append_count(out, not_kept.count, "record");
  append_given(out, " of kind ", not_kept.kind);
  out += " (";
  append_count(out, not_kept.octets, "octet");
  out += ')';
  append_given(out, " from ", not_kept.source);
  out += not_kept.count == 1 ? " was not written down" : " were not written down";
  append_within(out, not_kept.since, not_kept.until);
  append_given(out, ": ", not_kept.reason);
}

void tell(std::string& out, const Parts&, const PlantChange& change) {
  append_person(out, change.person);
  if (change.path.empty()) {
    append_given(out, " ", change.how.empty() ? "loaded" : change.how);
    append_given(out, " the plant ", change.file);
    append_given(out, ", now ", change.after_sha256.substr(0, 12));
    append_given(out, ", before ", change.before_sha256.substr(0, 12));
    return;
  }
  append_given(out, " set ", change.path);
  append_given(out, " from ", change.before);
  append_given(out, " to ", change.after);
  append_given(out, " in ", change.file);
}

void tell(std::string& out, const Parts&, const RuleChange& change) {
  append_given(out += "rule", " ", change.rule);
  append_given(out, " of conduit ", change.conduit);
  append_given(out, " was ", change.change.empty() ? "altered" : change.change);
  append_given(out, ", before: ", change.before);
  append_given(out, ", now: ", change.after);
}

void tell(std::string& out, const Parts&, const JournalEvent& event) {
  out += "journal";
  append_given(out, " ", event.event);
  if (event.step != Duration{}) {
    out += event.step < Duration{} ? " backward by " : " forward by ";
    // The most negative one has no positive.
    append_length(out, Duration(std::abs(std::max<int64_t>(event.step.count(), -INT64_MAX))));
  }
  if (event.to > event.from) {
    out += ", records ";
    append_grouped(out, event.from);
    out += " to ";
    append_grouped(out, event.to - 1);
  }
  if (event.count > 0) {
    out += ", ";
    const bool blobs = event.event == "blobs-pruned", names = event.event == "name-erased";
    append_count(out, event.count, blobs ? "blob" : names ? "name" : "octet");
  }
  append_given(out, ": ", event.reason);
  append_given(out, ", by ", event.person);
}

/// key_name is what people compare: a verifier key without the key itself, `name+hash`.
std::string_view key_name(std::string_view key) {
  const size_t first = key.find('+');
  return first == std::string_view::npos ? key : key.substr(0, key.find('+', first + 1));
}

void tell(std::string& out, const Parts&, const KeyChange& change) {
  append_given(out, "the journal is signed by ", change.after.empty() ? "another key" : key_name(change.after));
  append_given(out, " instead of ", key_name(change.before));
  append_given(out, ": ", change.reason);
  append_given(out, ", by ", change.person);
}

void tell(std::string& out, const Parts&, const JournalRead& read) {
  constexpr std::string_view kExport = "export ";
  append_person(out, read.person);
  const bool exported = read.what.starts_with(kExport);
  out += exported ? " exported " : " read ";
  append_count(out, read.records, "record");
  append_given(out, exported ? " as " : " by ", exported ? read.what.substr(kExport.size()) : read.what);
  append_given(out, " to ", read.destination);
  append_given(out, ": ", read.filter);
}

void tell(std::string& out, const Parts&, const Evidence& evidence) {
  out += evidence.origin.empty() ? "somebody" : evidence.origin;
  out += evidence.holds ? " found so: " : " found not so: ";
  out += evidence.fact;
  append_given(out, " of ", evidence.scope);
  append_given(out, " ", evidence.subject);
  append_given(out, ", ", evidence.text);
}

void tell(std::string& out, const Parts&, const Statement& statement) {
  append_person(out, statement.person);
  out += statement.withdrawn ? " withdrew the statement that " : " stated that ";
  out += statement.what;
  append_given(out, " is ", statement.answer);
  append_given(out, " in ", statement.scope);
  append_given(out, " ", statement.subject);
  append_given(out, ": ", statement.reason);
}

void tell(std::string& out, const Parts&, const LevelChange& change) {
  out += change.scope;
  append_given(out, " ", change.subject);
  append_given(out, ", ", change.requirement);
  out += ": level achieved ";
  append_number(out, change.before);
  out += " to ";
  append_number(out, change.after);
  out += ", target ";
  append_number(out, change.target);
  append_given(out, ": ", change.cause);
}

void tell(std::string& out, const Parts&, const CertificateEvent& event) {
  out += event.event.empty() ? "certificate" : event.event;
  append_given(out, ": ", event.subject);
  append_given(out, ", role ", event.role);
  append_given(out, ", serial ", event.serial);
  append_given(out, ", ", event.reason);
  append_given(out, ", by ", event.person);
}

void tell(std::string& out, const Parts&, const GuardEvent& event) {
  out += event.origin.empty() ? "a guard" : event.origin;
  append_given(out, ": ", event.event);
  append_given(out, ", conduit ", event.conduit);
  append_given(out, ", ", event.reason);
  append_given(out, ", by ", event.person);
}

void tell(std::string& out, const Parts&, const Login& login) {
  append_person(out, login.person);
  out += " logged in";
  append_given(out, " by ", login.method);
  if (login.address) append_given(out, " from ", to_text(*login.address));
  append_given(out, " to ", login.asset);
  append_given(out, ": ", login.outcome);
  append_given(out, ", ", login.reason);
}

}  // namespace

void append_words(std::string& out, const Stored& stored) {
  const Parts parts = parts_of(stored);
  std::string words;
  std::visit([&](const auto& fact) { tell(words, parts, fact); }, stored.fact());
  append_plain(out, words, {.most_octets = kMostWords});  // for the bound alone: every part is plain already
}

}  // namespace rampart::records
