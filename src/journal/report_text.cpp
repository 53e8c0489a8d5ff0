#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "journal/verify.h"

namespace rampart::journal {
namespace {

constexpr size_t kWidth = 80;
constexpr size_t kMostShown = 50;

/// grouped writes 70300 as 70,300.
std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}
std::string counted(uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(number), number == 1 ? one : many);
}

/// append_wrapped writes `text` in lines of at most kWidth columns; `begin` stands before the first, as many blanks
/// before the others.
void append_wrapped(std::string& out, std::string_view begin, std::string_view text) {
  size_t column = begin.size();
  out += begin;
  bool fresh = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!std::exchange(fresh, false) && column + 1 + word.size() > kWidth) {
      (out += '\n').append(begin.size(), ' ');
      column = begin.size();
    } else if (column > begin.size()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  out += '\n';
}

std::string records_of(const Fault& fault) {
  if (fault.to <= fault.from + 1) return "record " + grouped(fault.from);
  return fmt::format("records {} to {}", grouped(fault.from), grouped(fault.to - 1));
}

std::string headline(const Fault& fault) {
  const std::string_view verb = fault.to > fault.from + 1 ? "were" : "was";
  switch (fault.kind) {
    case Fault::Kind::altered:
      return fmt::format("{} {} altered", records_of(fault), verb);
    case Fault::Kind::removed:
      return fmt::format("{} {} removed", records_of(fault), verb);
    case Fault::Kind::inserted:
      return fmt::format("{} {} inserted", records_of(fault), verb);
    case Fault::Kind::moved:
      return fmt::format("record {} stands where {} belongs", grouped(fault.other), grouped(fault.from));
    case Fault::Kind::unreadable:
      if (fault.from == fault.to) return fmt::format("the header of {} is damaged", fault.where);
      return fmt::format("{} cannot be read", records_of(fault));
    case Fault::Kind::cut:
      return fmt::format("{} {} cut off at the end", records_of(fault), verb);
    case Fault::Kind::tile:
      return fmt::format("hash tile {} is wrong", fault.where);
    case Fault::Kind::checkpoint:
      return fmt::format("{} is not to be trusted", fault.where);
    case Fault::Kind::fork:
      return fmt::format("another history was signed up to {} records", grouped(fault.to));
  }
  return {};
}

void append_checked(std::string& out, const VerifyReport& report) {
  append_wrapped(out, "",
                 fmt::format("Checked: {} ({} octets) against hash tiles and signed checkpoints.",
                             counted(report.records, "record", "records"), grouped(report.octets)));
  append_wrapped(
      out, "  ",
      fmt::format("Newest trusted checkpoint: {}. {} in force over time.",
                  counted(report.signed_size, "record", "records"), counted(report.keys.size(), "key", "keys")));
  for (const VerifierKey& key : report.keys) append_wrapped(out, "    ", "Key " + key.text());
  if (report.pruned > 0) {
    append_wrapped(out, "  ",
                   fmt::format("{} pruned: their hashes are still part of the tree.",
                               counted(report.pruned, "record was", "records were")));
  }
  if (report.witnessed_size > 0) {
    append_wrapped(out, "  ",
                   fmt::format("A witness or an older checkpoint vouches for {}.",
                               counted(report.witnessed_size, "record", "records")));
  }
}

void append_unchecked(std::string& out, const VerifyReport& report) {
  std::vector<std::string> lines;
  if (report.unsigned_records > 0) {
    lines.push_back(fmt::format(
        "{} after the newest checkpoint {} protected by CRC only, until the next checkpoint "
        "signs them.",
        counted(report.unsigned_records, "record", "records"), report.unsigned_records == 1 ? "is" : "are"));
  }
  if (report.own_key) {
    lines.push_back(
        "The key was taken from the journal itself: this shows that it fits together, not whose it is. "
        "Give the key that you were handed.");
  }
  if (report.witnessed_size < report.signed_size) {
    lines.push_back(fmt::format(
        "Whether the end was cut back to an earlier checkpoint{}, or all of it signed anew by "
        "the same key: only a witness, or a later checkpoint kept elsewhere, tells.",
        report.witnessed_size > 0 ? " after " + grouped(report.witnessed_size) + " records" : std::string()));
  }
  if (lines.empty()) return;
  out += "Not checked:\n";
  for (const std::string& line : lines) append_wrapped(out, "- ", line);
}

}  // namespace

std::string_view to_text(Fault::Kind kind) {
  switch (kind) {
    case Fault::Kind::altered:
      return "altered";
    case Fault::Kind::removed:
      return "removed";
    case Fault::Kind::inserted:
      return "inserted";
    case Fault::Kind::moved:
      return "moved";
    case Fault::Kind::unreadable:
      return "unreadable";
    case Fault::Kind::cut:
      return "cut";
    case Fault::Kind::tile:
      return "tile";
    case Fault::Kind::checkpoint:
      return "checkpoint";
    case Fault::Kind::fork:
      return "fork";
  }
  return "";
}

void append_text(std::string& out, const VerifyReport& report) {
  const uint64_t all = report.faults.size() + report.more_faults;
  if (report.good() && report.size == 0) {
    out += "The journal is empty.\n";
  } else if (report.good() && report.unsigned_records > 0) {
    append_wrapped(out, "",
                   fmt::format("{} as they were signed, {} not signed yet.",
                               counted(report.records - std::min(report.records, report.unsigned_records), "record is",
                                       "records are"),
                               counted(report.unsigned_records, "is", "are")));
  } else if (report.good()) {
    out += fmt::format("All {} records are as they were signed.\n", grouped(report.records));
  } else {
    append_wrapped(out, "",
                   fmt::format("{}: {}{}", counted(all, "fault", "faults"), headline(report.faults.front()),
                               all > 1 ? " ..." : "."));
    for (size_t i = 0; i < std::min(report.faults.size(), kMostShown); ++i) {
      const Fault& fault = report.faults[i];
      append_wrapped(out, "- ", fmt::format("{} ({}): {}", headline(fault), fault.where, fault.what));
    }
    if (all > kMostShown) out += fmt::format("- and {} more\n", grouped(all - kMostShown));
  }
  append_checked(out, report);
  append_unchecked(out, report);
}

}  // namespace rampart::journal
