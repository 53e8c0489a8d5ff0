// ArcSight Common Event Format, version 0, with the keys of its dictionary.
#include "base/text.h"
#include "records/exports.h"
#include "records/parts.h"
#include "records/plain.h"
#include "records/view.h"

namespace rampart::records {
namespace {

using protocols::Outcome;

int severity_of(const View& view) {
  if (!view.severity) return 0;
  switch (*view.severity) {
    case Severity::critical:
      return 10;
    case Severity::high:
      return 8;
    case Severity::medium:
      return 5;
    case Severity::low:
      return 3;
  }
  return 0;
}

void header(std::string& out, std::string_view value) {
  append_plain(out, value, {.escaped = "\\|"});
  out += '|';
}

/// pair writes ` key=value`; no key is longer than its dictionary allows, 1023 octets but where `most` says less.
void pair(std::string& out, std::string_view key, std::string_view value, size_t most = 1023) {
  if (value.empty()) return;
  if (out.back() != '|') out += ' ';
  out += key;
  out += '=';
  append_plain(out, value, {.most_octets = most, .escaped = "\\=", .line_ends = true});
}
template <std::integral Number>
void pair(std::string& out, std::string_view key, Number value) {
  std::string text;
  append_number(text, value);
  pair(out, key, text);
}
/// custom writes one of the fields that have no meaning of their own, with the label that gives it one.
void custom(std::string& out, std::string_view key, std::string_view label, std::string_view value) {
  if (value.empty()) return;
  pair(out, key, value);
  pair(out, std::string(key) + "Label", label);
}

int64_t milliseconds(TimePoint when) {
  return std::chrono::floor<std::chrono::milliseconds>(when).time_since_epoch().count();
}

void append_address(std::string& out, const IpAddress& ip, bool source) {
  if (ip.is_v4()) return pair(out, source ? "src" : "dst", to_text(ip));
  // src and dst are IPv4 by the dictionary.
  custom(out, source ? "c6a2" : "c6a3", source ? "Source IPv6 Address" : "Destination IPv6 Address", to_text(ip));
}
void append_side(std::string& out, const Side* side, bool source) {
  if (side == nullptr) return;
  if (side->ip) append_address(out, *side->ip, source);
  if (side->port != 0) pair(out, source ? "spt" : "dpt", side->port);
  if (side->mac) pair(out, source ? "smac" : "dmac", to_text(*side->mac));
  pair(out, source ? "shost" : "dhost", side->asset);
  custom(out, source ? "flexString1" : "flexString2", source ? "Source Zone" : "Destination Zone", side->zone);
}

void append_operation(std::string& out, const Parts& parts) {
  if (parts.operation != nullptr) {
    std::string object;
    append_object(object, *parts.operation);
    pair(out, "act", to_text(parts.operation->action), 63);
    custom(out, "cs4", "Object", object);
    if (parts.operation->object.unit != protocols::Object::kNoUnit) {
      custom(out, "cn1", "Unit", std::to_string(parts.operation->object.unit));
    }
  }
  custom(out, "cs5", "Function", parts.function.name);
  if (parts.outcome) pair(out, "outcome", parts.outcome->kind == Outcome::Kind::ok ? "success" : "failure");
  if (parts.verdict.kind != Verdict::Kind::none) custom(out, "cs6", "Verdict", to_text(parts.verdict.kind));
}

void append_kind(std::string& out, const Stored& stored, const View& view) {
  if (const auto* finding = std::get_if<Finding>(&stored.fact())) pair(out, "cat", finding->category);
  if (const auto* login = std::get_if<Login>(&stored.fact())) {
    if (login->address) append_address(out, *login->address, true);
    pair(out, "dhost", login->asset);
    custom(out, "flexString2", "Destination Zone", login->zone);
    pair(out, "outcome", login->outcome, 63);
  }
  if (const auto* flow = std::get_if<Flow>(&stored.fact())) {
    pair(out, "in", flow->octets[0]);
    pair(out, "out", flow->octets[1]);
  }
  pair(out, "suser", view.person);
}

}  // namespace

void append_cef(std::string& out, const Stored& stored, uint64_t number, const Origin& origin) {
  const View seen = view(stored);
  const Parts parts = parts_of(stored);
  const auto* finding = std::get_if<Finding>(&stored.fact());
  out += "CEF:0|Rampart|rampart|";
  header(out, origin.version);
  header(out, finding != nullptr ? std::to_string(finding->signature) : to_text(stored.kind()));
  header(out, finding != nullptr && !finding->id.empty() ? finding->id : to_text(stored.kind()));
  append_number(out, severity_of(seen));
  out += '|';
  pair(out, "rt", milliseconds(stored.when()));
  pair(out, "externalId", std::to_string(number), 40);
  pair(out, "dvchost", origin.host, 100);
  pair(out, "deviceExternalId", origin.journal, 255);
  append_side(out, parts.from, true);
  append_side(out, parts.to, false);
  if (parts.conversation != nullptr) {
    pair(out, "proto", to_text(parts.conversation->transport), 31);
    if (parts.conversation->protocol.known()) pair(out, "app", parts.conversation->protocol.name(), 31);
  }
  append_operation(out, parts);
  append_kind(out, stored, seen);
  pair(out, "reason", parts.reason);
  custom(out, "cs1", "Conduit", seen.conduit);
  custom(out, "cs2", "Rule", seen.rule);
  custom(out, "cs3", "Requirement", seen.requirement);
  if (parts.last != parts.first) {
    pair(out, "start", milliseconds(parts.first));
    pair(out, "end", milliseconds(parts.last));
  }
  if (parts.count > 1) pair(out, "cnt", parts.count);
  pair(out, "msg", seen.text);
}

}  // namespace rampart::records
