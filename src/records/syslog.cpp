// RFC 5424. One message: header, structured data, the words.
#include "base/text.h"
#include "records/enumerations.h"
#include "records/exports.h"
#include "records/parts.h"
#include "records/plain.h"
#include "records/view.h"

namespace rampart::records {
namespace {

enum Facility { kSecurity = 10, kLogAudit = 13 };

int severity_of(const View& view) {
  if (!view.severity) return 6;  // informational
  switch (*view.severity) {
    case Severity::critical:
      return 2;
    case Severity::high:
      return 3;  // error
    case Severity::medium:
      return 4;  // warning
    case Severity::low:
      return 5;  // notice
  }
  return 6;
}

/// append_header_field writes what section 6.2 allows: printable ASCII without spaces, bounded; "-" where nothing is
/// left.
void append_header_field(std::string& out, std::string_view text, size_t most) {
  for (const char letter : text.substr(0, most)) out += letter > ' ' && letter < 0x7f ? letter : '_';
  out += text.empty() ? "- " : " ";
}

void parameter(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += ' ';
  out += name;
  out += "=\"";
  append_plain(out, value, {.most_octets = 512, .escaped = "\"\\]"});
  out += '"';
}
void parameter(std::string& out, std::string_view name, uint64_t value) { parameter(out, name, std::to_string(value)); }

void append_side(std::string& out, const Side* side, bool source) {
  if (side == nullptr) return;
  if (side->ip) parameter(out, source ? "source" : "destination", to_text(*side->ip));
  if (side->mac) parameter(out, source ? "source-mac" : "destination-mac", to_text(*side->mac));
  if (side->port != 0) parameter(out, source ? "source-port" : "destination-port", side->port);
  parameter(out, source ? "source-asset" : "destination-asset", side->asset);
  parameter(out, source ? "source-zone" : "destination-zone", side->zone);
}

void append_structured(std::string& out, const Stored& stored, uint64_t number, const Origin& origin, const View& view,
                       const Parts& parts) {
  out += "[rampart@32473";
  parameter(out, "record", std::to_string(number));
  parameter(out, "journal", origin.journal);
  append_side(out, parts.from, true);
  append_side(out, parts.to, false);
  if (parts.conversation != nullptr) {
    parameter(out, "transport", to_text(parts.conversation->transport));
    if (parts.conversation->protocol.known()) parameter(out, "protocol", parts.conversation->protocol.name());
  }
  if (parts.operation != nullptr) {
    std::string object;
    append_object(object, *parts.operation);
    parameter(out, "action", to_text(parts.operation->action));
    parameter(out, "object", object);
    if (parts.operation->object.unit != protocols::Object::kNoUnit)
      parameter(out, "unit", parts.operation->object.unit);
  }
  parameter(out, "function", parts.function.name);
  if (parts.outcome) parameter(out, "outcome", word(parts.outcome->kind));
  if (parts.verdict.kind != Verdict::Kind::none) parameter(out, "verdict", to_text(parts.verdict.kind));
  parameter(out, "conduit", view.conduit);
  parameter(out, "rule", view.rule);
  parameter(out, "reason", parts.reason);
  if (const auto* finding = std::get_if<Finding>(&stored.fact())) {
    parameter(out, "finding", finding->id);
    parameter(out, "signature", finding->signature);
    parameter(out, "technique", finding->technique);
    parameter(out, "zone", finding->zone);
  }
  if (const auto* login = std::get_if<Login>(&stored.fact())) {
    parameter(out, "source", view.address);
    parameter(out, "outcome", login->outcome);
    parameter(out, "zone", login->zone);
    parameter(out, "asset", login->asset);
  }
  parameter(out, "person", view.person);
  parameter(out, "requirement", view.requirement);
  if (parts.count > 1) parameter(out, "count", parts.count);
  out += ']';
}

}  // namespace

void append_syslog(std::string& out, const Stored& stored, uint64_t number, const Origin& origin) {
  const View seen = view(stored);
  const Parts parts = parts_of(stored);
  const bool security = seen.severity || stored.kind() == Kind::login;
  out += '<';
  append_number(out, (security ? kSecurity : kLogAudit) * 8 + severity_of(seen));
  out += ">1 ";
  append_moment(out, stored.when(), 'T');
  out += "Z ";
  append_header_field(out, origin.host, 255);
  out += "rampart - ";
  append_header_field(out, to_text(stored.kind()), 32);
  append_structured(out, stored, number, origin, seen, parts);
  out += " \xef\xbb\xbf";  // section 6.4: what follows is UTF-8
  out += seen.text;
}

}  // namespace rampart::records
