#include "records/view.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "records/parts.h"
#include "records/plain.h"

namespace rampart::records {
namespace {

/// requirement_of picks by title: data/iec62443_3_3.csv.
std::string_view requirement_of(const JournalEvent& event) {
  constexpr std::pair<std::string_view, std::string_view> kServed[] = {
      {"torn-tail", "SR 2.10"},     {"damaged", "SR 3.9"},      {"clock-step", "SR 2.11"}, {"write-failed", "SR 2.10"},
      {"sync-failed", "SR 2.10"},   {"disk-full", "SR 2.10"},   {"recovered", "SR 2.10"},  {"capacity", "SR 2.9 RE 1"},
      {"pruned", "SR 2.9"},         {"blobs-pruned", "SR 2.9"}, {"restored", "SR 7.4"},    {"backed-up", "SR 7.3"},
      {"signing-failed", "SR 3.9"}, {"name-erased", "SR 4.2"},
  };
  for (const auto& [name, requirement] : kServed) {
    if (event.event == name) return requirement;
  }
  return "SR 2.8";
}

std::string_view requirement_of(const Stored& stored, bool denied) {
  switch (stored.kind()) {
    case Kind::finding: {
      const std::string_view own = std::get<Finding>(stored.fact()).requirement;
      return own.empty() ? "SR 6.2" : own;
    }
    case Kind::transaction:
    case Kind::read_summary:
    case Kind::repeats:
      return denied ? "SR 5.2" : "SR 2.8";
    case Kind::run:
    case Kind::loss:
    case Kind::flow:
      return "SR 6.2";
    case Kind::asset_seen:
      return "SR 7.8";
    case Kind::protection_seen:
      return "SR 4.1";
    case Kind::not_kept:
      return "SR 2.9";
    case Kind::plant_change:
    case Kind::rule_change:
      return "SR 7.6";
    case Kind::journal_event:
      return requirement_of(std::get<JournalEvent>(stored.fact()));
    case Kind::key_change:
      return "SR 3.9";
    case Kind::journal_read:
      return "SR 6.1";
    case Kind::login:
      return "SR 1.1";
    case Kind::evidence:
    case Kind::statement:
      return "SR 3.3";
    case Kind::level_change:
      return "SR 6.2";
    case Kind::certificate_event:
      return "SR 1.8";
    case Kind::guard_event:
      return "SR 5.2";
  }
  return {};
}

void add(std::vector<std::string_view>& to, std::string_view id) {
  if (!id.empty() && std::find(to.begin(), to.end(), id) == to.end()) to.push_back(id);
}
void add(View& view, const Side& side) {
  add(view.zones, side.zone);
  add(view.assets, side.asset);
}

/// place fills everything but the words: what a filter asks for.
void place(View& view, const Stored& stored) {
  if (std::holds_alternative<std::monostate>(stored.fact())) return;
  const Parts parts = parts_of(stored);
  if (parts.to != nullptr) {
    add(view, parts.conversation->client);
    add(view, parts.conversation->server);
  } else if (parts.from != nullptr) {
    add(view, *parts.from);
  }
  view.conduit = parts.verdict.conduit;
  view.rule = parts.verdict.rule;
  view.person = parts.person;
  if (parts.from != nullptr && parts.from->ip) append(view.address, *parts.from->ip);
  const bool denied = parts.verdict.kind == Verdict::Kind::denied;
  if (denied) view.severity = Severity::high;
  view.requirement = requirement_of(stored, denied);
  if (const auto* finding = std::get_if<Finding>(&stored.fact())) {
    add(view.zones, finding->zone);
    view.severity = finding->severity;
  }
  const auto of = [&view](std::string_view scope, std::string_view subject) {
    if (scope == "zone") add(view.zones, subject);
    if (scope == "asset") add(view.assets, subject);
    if (scope == "conduit") view.conduit = subject;
  };
  if (const auto* evidence = std::get_if<Evidence>(&stored.fact())) of(evidence->scope, evidence->subject);
  if (const auto* statement = std::get_if<Statement>(&stored.fact())) of(statement->scope, statement->subject);
  if (const auto* change = std::get_if<LevelChange>(&stored.fact())) of(change->scope, change->subject);
  if (const auto* event = std::get_if<GuardEvent>(&stored.fact())) view.conduit = event->conduit;
  if (const auto* event = std::get_if<CertificateEvent>(&stored.fact())) {
    add(view.assets, event->subject);
    if (event->address) append(view.address, *event->address);
  }
  if (const auto* login = std::get_if<Login>(&stored.fact())) {
    add(view.zones, login->zone);
    add(view.assets, login->asset);
    if (login->address) append(view.address, *login->address);
  }
}

bool among(const std::vector<std::string_view>& all, std::string_view id) {
  return std::find(all.begin(), all.end(), id) != all.end();
}

/// of_requirement is true of the requirement itself and of its enhancements: "SR 5.2 RE 1" is of "SR 5.2".
bool of_requirement(std::string_view own, std::string_view asked) {
  return own.starts_with(asked) && (own.size() == asked.size() || own[asked.size()] == ' ');
}

}  // namespace

View view(const Stored& stored) {
  View view;
  place(view, stored);
  append_words(view.text, stored);
  return view;
}

bool Filter::empty() const {
  return !since && !until && kinds.empty() && zone.empty() && asset.empty() && conduit.empty() && person.empty() &&
         requirement.empty();
}

std::string Filter::text() const {
  if (empty()) return "everything";
  std::string out;
  const auto next = [&out](std::string_view word) {
    if (!out.empty()) out += ", ";
    out += word;
    out += ' ';
  };
  const auto name = [&](std::string_view word, std::string_view value) {
    if (value.empty()) return;
    next(word);
    append_plain(out, value);
  };
  if (since) append_moment((next("since"), out), *since, ' ');
  if (until) append_moment((next("before"), out), *until, ' ');
  for (const Kind kind : kinds) name("kind", to_text(kind));
  name("zone", zone);
  name("asset", asset);
  name("conduit", conduit);
  name("person", person);
  name("requirement", requirement);
  return out;
}

bool matches(const Filter& filter, const Stored& stored) {
  if (filter.empty()) return true;
  const TimePoint when = stored.when();
  if ((filter.since && when < *filter.since) || (filter.until && when >= *filter.until)) return false;
  if (std::holds_alternative<std::monostate>(stored.fact())) return false;
  if (!filter.kinds.empty() && std::find(filter.kinds.begin(), filter.kinds.end(), stored.kind()) == filter.kinds.end())
    return false;
  if (filter.zone.empty() && filter.asset.empty() && filter.conduit.empty() && filter.person.empty() &&
      filter.requirement.empty())
    return true;
  View own;
  place(own, stored);
  return (filter.zone.empty() || among(own.zones, filter.zone)) &&
         (filter.asset.empty() || among(own.assets, filter.asset)) &&
         (filter.conduit.empty() || own.conduit == filter.conduit) &&
         (filter.person.empty() || own.person == filter.person) &&
         (filter.requirement.empty() || of_requirement(own.requirement, filter.requirement));
}

void append_line(std::string& out, const Stored& stored, uint64_t number) {
  const auto pad = [&out](size_t start, size_t width) {
    if (out.size() - start < width) out.append(width - (out.size() - start), ' ');
  };
  const View seen = view(stored);
  const std::string digits = std::to_string(number);
  if (digits.size() < 7) out.append(7 - digits.size(), ' ');
  out += digits;
  out += "  ";
  append_moment(out, stored.when(), ' ');
  out.resize(out.size() - 3);  // milliseconds suffice for people
  out += "  ";
  size_t start = out.size();
  out += to_text(stored.kind());
  pad(start, 15);
  start = out.size();
  if (seen.severity) {
    for (const char letter : to_text(*seen.severity)) out += static_cast<char>(letter - 'a' + 'A');
  }
  pad(start, 10);
  out += seen.text;
  out += '\n';
}

}  // namespace rampart::records
