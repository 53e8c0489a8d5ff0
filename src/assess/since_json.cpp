// What a report says beside the levels of now: what differs from an earlier time, and which ways of attack were seen.
#include <algorithm>
#include <map>

#include "assess/json_parts.h"

namespace rampart::assess {
namespace {

using records::number;
using records::text;
using records::time;

/// append_rows_since lists the rows of a cell whose answers differ.
void append_rows_since(std::string& out, const Shown& shown, size_t unit, size_t fr) {
  const Assessment& now = shown.assessment;
  List list(out, "rows");
  for (const uint16_t row : now.rows().of_fr(fr)) {
    const Answer was = shown.before->row(unit, row), is = now.row(unit, row);
    if (was == is) continue;
    list.item() += '{';
    text(out, "row", now.rows().rows()[row].requirement->id);
    text(out, "before", to_text(was));
    text(out, "after", to_text(is));
    out += '}';
  }
}

bool differs(const Shown& shown, size_t unit, size_t fr) {
  const Assessment &was = *shown.before, &is = shown.assessment;
  if (was.cell(unit, fr) != is.cell(unit, fr)) return true;
  for (const uint16_t row : is.rows().of_fr(fr)) {
    if (was.row(unit, row) != is.row(unit, row)) return true;
  }
  return false;
}

}  // namespace

void append_since(std::string& out, const Shown& shown) {
  const Assessment &was = *shown.before, &is = shown.assessment;
  records::key(out, "since");
  out += '{';
  time(out, "at", was.now());
  {
    List list(out, "cells");
    // Both are of one file; where it was changed between two looks at it, what is in both is compared.
    const size_t units = std::min(was.site().units().size(), is.site().units().size());
    for (size_t unit = 0; unit < units; ++unit) {
      for (size_t fr = 0; fr < kFrs; ++fr) {
        if (!differs(shown, unit, fr)) continue;
        const Cell &before = was.cell(unit, fr), &after = is.cell(unit, fr);
        list.item() += '{';
        number(out, "unit", unit);
        number(out, "fr", fr);
        number(out, "before", int{before.achieved});
        flag(out, "before_assessed", before.assessed);
        number(out, "after", int{after.achieved});
        flag(out, "after_assessed", after.assessed);
        append_rows_since(out, shown, unit, fr);
        out += '}';
      }
    }
  }
  out += '}';
}

std::map<std::string_view, TechniqueSeen> techniques_seen(const Shown& shown) {
  std::map<std::string_view, TechniqueSeen> out;
  for (const JournalShown& journal : shown.journals) {
    for (const auto& [id, seen] : journal.facts->tally().techniques) {
      const auto [at, added] = out.try_emplace(id, seen);
      if (added) continue;
      at->second.findings += seen.findings;
      at->second.first = std::min(at->second.first, seen.first);
      at->second.last = std::max(at->second.last, seen.last);
    }
  }
  return out;
}

void append_techniques(std::string& out, const Shown& shown) {
  List list(out, "techniques");
  for (const auto& [id, seen] : techniques_seen(shown)) {
    list.item() += '{';
    text(out, "id", id);
    text(out, "name", standard::find_technique(id)->name);
    number(out, "findings", seen.findings);
    time(out, "first", seen.first);
    time(out, "last", seen.last);
    out += '}';
  }
}

}  // namespace rampart::assess
