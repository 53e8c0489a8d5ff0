#include "monitor/summary.h"

#include <algorithm>

#include "base/text.h"
#include "monitor/settings.h"
#include "protocols/registry.h"

namespace rampart::monitor {
namespace {

using protocols::Action;
using records::Severity;

constexpr size_t kMostGroups = 4096;
constexpr size_t kShown = 24;
constexpr size_t kShownOfKind = 4;
constexpr size_t kColumns = 80;

std::string with_commas(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

void pad_left(std::string& out, const std::string& text, size_t width) {
  out.append(width > text.size() ? width - text.size() : 0, ' ');
  out += text;
}

void pad_right(std::string& out, std::string_view text, size_t width) {
  std::string shown(text.substr(0, width));
  if (text.size() > width && width > 2) shown = std::string(text.substr(0, width - 2)) + "..";
  out += shown;
  out.append(width > shown.size() ? width - shown.size() : 0, ' ');
}

std::string_view colour_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "\x1b[1;31m";
    case Severity::high:
      return "\x1b[33m";
    case Severity::medium:
      return "\x1b[36m";
    case Severity::low:
      return "";
  }
  return "";
}

/// wrap writes `text` in lines that end before the last column, each after the first behind `indent` blanks. What is no
/// printable ASCII was on the wire and is shown as a question mark.
void wrap(std::string& out, std::string_view text, size_t indent) {
  size_t column = indent;
  std::string clean(text);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f) c = '?';
  }
  for (const std::string_view word : split(clean, ' ')) {
    if (column > indent && column + 1 + word.size() > kColumns) {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  out += '\n';
}

std::string lasted(TimePoint first, TimePoint last) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(last - first).count();
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  if (seconds < 172'800) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86'400) + " days";
}

}  // namespace

void Summary::Operations::add(const records::Transaction& transaction) {
  const Action action = transaction.operation != nullptr ? transaction.operation->action
                        : transaction.answers.empty()    ? Action::session
                                                         : transaction.answers[0]->action;
  ++by_action[static_cast<size_t>(action)];
  ++all;
  denied += transaction.verdict.kind == records::Verdict::Kind::denied;
  undecidable += transaction.verdict.kind == records::Verdict::Kind::undecidable;
  refused += transaction.outcome.kind == protocols::Outcome::Kind::refused;
  unanswered += transaction.outcome.kind == protocols::Outcome::Kind::unanswered;
}

void Summary::record(const records::Run& run) {
  (run.kind == records::Run::Kind::start ? start_ : stop_) = run;
  if (run.kind == records::Run::Kind::start) sources_ = run.sources;
}

void Summary::record(const records::Transaction& transaction) {
  const auto add = [&](auto& map, std::string_view name) {
    auto found = map.find(name);
    if (found == map.end()) found = map.emplace(std::string(name), Operations{}).first;
    found->second.add(transaction);
  };
  add(protocols_, transaction.conversation->protocol.name());
  if (!plant_) return;
  const records::Side& client = transaction.conversation->client;
  const records::Side& server = transaction.conversation->server;
  if (!transaction.verdict.conduit.empty()) {
    add(conduits_, transaction.verdict.conduit);
  } else if (!client.zone.empty() && client.zone == server.zone) {
    add(conduits_, "inside " + std::string(client.zone));
  } else {
    add(conduits_, "no conduit");
  }
}

void Summary::record(const records::Finding& finding) {
  if (is_untold(finding)) {
    // "12 of unknown-asset not told ...": the count is added up here, over the hours of a long run.
    const std::string_view words = finding.message.substr(finding.message.find(" of ") + 4);
    if (untold_.size() < kMostGroups) untold_[std::string(words)] += finding.count;
    return;
  }
  std::string key = std::string(finding.id) + '\n' + std::string(finding.message);
  if (groups_.size() >= kMostGroups && !groups_.contains(key)) key = std::string(finding.id);
  Group& group = groups_[key];
  if (group.count == 0) {
    group.severity = finding.severity;
    group.id = finding.id;
    group.message = finding.message;
    group.zone = finding.zone;
    group.conduit = finding.conduit;
    group.packet = finding.first_packet;
    group.order = groups_.size();
  } else if (group.message != finding.message) {
    group.others = true;
  }
  group.count += finding.count;
}

void Summary::record(const records::AssetSeen& seen) {
  if (seen.attribute != nullptr) return;
  if (seen.side.zone.empty()) {
    ++nowhere_;
    return;
  }
  ++zones_[std::string(seen.side.zone)][seen.side.asset.empty() ? 1 : 0];
}

void Summary::record(const records::Loss& loss) {
  std::string key(loss.kind);
  if (loss.kind != "gap") key += ": " + std::string(loss.reason);
  losses_[key] += loss.kind == "gap" || loss.kind == "blind" ? 1 : loss.count;
}

void Summary::record(const records::Flow& flow) {
  ++flows_;
  undecoded_flows_ += !flow.conversation->protocol.known() && flow.octets[0] + flow.octets[1] > 0;
}

uint64_t Summary::findings() const {
  uint64_t all = 0;
  for (const auto& [key, group] : groups_) all += group.count;
  return all;
}

void Summary::add_findings(std::string& out, bool colour) const {
  std::vector<const Group*> sorted;
  for (const auto& [key, group] : groups_) sorted.push_back(&group);
  std::sort(sorted.begin(), sorted.end(), [](const Group* a, const Group* b) {
    if (a->severity != b->severity) return a->severity < b->severity;
    return a->order < b->order;
  });
  if (sorted.empty()) {
    out += plant_ ? "\nFindings: none. Everything that was decoded is allowed by the plant.\n" : "\nFindings: none.\n";
    return;
  }
  out += "\nFindings, worst first: " + with_commas(findings()) + " of " + with_commas(sorted.size()) + " kinds\n";
  // Of one kind only the first few are shown: a flood of one must not hide another.
  std::map<std::string_view, std::array<uint64_t, 3>> of_kind;  // shown, kinds left out, occurrences left out
  size_t shown = 0;
  for (const Group* group : sorted) {
    std::array<uint64_t, 3>& counts = of_kind[group->id];
    if (counts[0] < kShownOfKind && shown < kShown) {
      ++counts[0];
      ++shown;
      add_finding(out, *group, colour);
    } else {
      ++counts[1];
      counts[2] += group->count;
    }
  }
  bool more = false;
  for (const auto& [id, counts] : of_kind) {
    if (counts[1] == 0) continue;
    out += more ? "" : "  left out here (all are in --json FILE):\n";
    more = true;
    pad_left(out, with_commas(counts[2]), 18);
    out += "x  " + std::string(id) + ", " + with_commas(counts[1]) + (counts[1] == 1 ? " kind\n" : " kinds\n");
  }
}

void Summary::add_finding(std::string& out, const Group& group, bool colour) {
  out += "  ";
  if (colour) out += colour_of(group.severity);
  pad_right(out, records::to_text(group.severity), 9);
  if (colour && !colour_of(group.severity).empty()) out += "\x1b[0m";
  pad_left(out, with_commas(group.count), 7);
  out += "x  ";
  std::string words = group.message;
  if (group.others) words += " (and others of the kind)";
  words += " [" + group.id + ", packet " + with_commas(group.packet) + "]";
  wrap(out, words, 21);
}

void Summary::add_zones(std::string& out) const {
  if (!plant_) return;
  out += "\nZones               SL-T            assets seen   unknown addresses\n";
  for (const plant::Zone& zone : plant_->zones) {
    const auto found = zones_.find(zone.id.value);
    const std::array<uint64_t, 2> seen = found == zones_.end() ? std::array<uint64_t, 2>{} : found->second;
    out += "  ";
    pad_right(out, zone.id.value, 18);
    std::string levels;
    for (const uint8_t level : zone.target.levels) levels += std::to_string(level) + " ";
    pad_right(out, levels, 16);
    pad_left(out, std::to_string(seen[0]) + " of " + std::to_string(zone.assets.size()), 11);
    pad_left(out, with_commas(seen[1]), 20);
    out += '\n';
  }
  if (nowhere_ > 0) out += "  in no zone: " + with_commas(nowhere_) + " addresses\n";
}

void Summary::add_conduits(std::string& out) const {
  if (!plant_ || conduits_.empty()) return;
  out += "\nConduits                      reads    writes  commands     other     denied\n";
  for (const auto& [name, operations] : conduits_) {
    const auto of = [&operations = operations](std::initializer_list<Action> actions) {
      uint64_t sum = 0;
      for (const Action action : actions) sum += operations.by_action[static_cast<size_t>(action)];
      return sum;
    };
    const uint64_t reads = of({Action::read, Action::identify});
    const uint64_t writes = of({Action::write});
    const uint64_t commands = of({Action::operate, Action::program, Action::start, Action::stop, Action::firmware,
                                  Action::configure, Action::file, Action::time});
    out += "  ";
    pad_right(out, name, 23);
    pad_left(out, with_commas(reads), 10);
    pad_left(out, with_commas(writes), 10);
    pad_left(out, with_commas(commands), 10);
    pad_left(out, with_commas(operations.all - reads - writes - commands), 10);
    pad_left(out, with_commas(operations.denied), 11);
    out += '\n';
    if (operations.undecidable > 0) {
      out += "    undecidable from what was seen: " + with_commas(operations.undecidable) + '\n';
    }
  }
}

void Summary::add_protocols(std::string& out) const {
  if (protocols_.empty()) {
    out += "\nNo operation of a protocol that is decoded here was seen.\n";
    return;
  }
  out += "\nProtocols           operations      refused   unanswered\n";
  for (const auto& [name, operations] : protocols_) {
    out += "  ";
    pad_right(out, name, 18);
    pad_left(out, with_commas(operations.all), 10);
    pad_left(out, with_commas(operations.refused), 13);
    pad_left(out, with_commas(operations.unanswered), 13);
    out += '\n';
    std::string line;
    for (size_t i = 0; i < operations.by_action.size(); ++i) {
      if (operations.by_action[i] == 0) continue;
      if (!line.empty()) line += ", ";
      line += std::string(protocols::to_text(static_cast<Action>(i))) + " " + with_commas(operations.by_action[i]);
    }
    out += "    ";
    wrap(out, line, 4);
  }
}

void Summary::add_losses(std::string& out) const {
  out += "\nNot seen or not understood\n";
  if (losses_.empty() && undecoded_flows_ == 0 && stop_.evicted_flows == 0) {
    out += "  nothing: no gaps, nothing malformed, every conversation with data decoded\n";
    return;
  }
  const auto line = [&out](const std::string& what, uint64_t count) {
    pad_left(out, with_commas(count), 11);
    out += "  ";
    wrap(out, what, 13);
  };
  if (undecoded_flows_ > 0) line("conversations with data of protocols that are not decoded", undecoded_flows_);
  for (const auto& [kind, count] : losses_) {
    line(kind == "gap" ? "gaps in conversations (" + with_commas(stop_.gap_octets) + " octets)" : kind, count);
  }
  if (stop_.evicted_flows > 0) line("conversations given up to make room", stop_.evicted_flows);
  if (stop_.given_up_operations > 0) line("operations given up to make room", stop_.given_up_operations);
}

void Summary::add_untold(std::string& out) const {
  if (untold_.empty()) return;
  out += "\nFindings that were counted and not told one by one\n";
  for (const auto& [words, count] : untold_) {
    pad_left(out, with_commas(count), 11);
    out += "  ";
    wrap(out, words, 13);
  }
}

std::string Summary::text(bool colour) const {
  std::string out;
  if (plant_) out += plant_->name + "\n";
  out += with_commas(stop_.packets) + " packets, " + with_commas(stop_.flows) + " conversations, " +
         with_commas(stop_.operations) + " operations, " + lasted(start_.when, stop_.when) + " of traffic";
  if (start_.when != TimePoint{}) {
    std::string when;
    append_timestamp(when, start_.when);
    out += "\nfrom " + when.substr(0, 19) + " UTC";
  }
  out += '\n';
  add_findings(out, colour);
  add_untold(out);
  add_zones(out);
  add_conduits(out);
  add_protocols(out);
  add_losses(out);
  return out;
}

}  // namespace rampart::monitor
