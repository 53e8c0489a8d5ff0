// The JSON of `rampart levels --json`: docs/formats/levels.md.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "assess/assessment.h"
#include "assess/record_facts.h"

namespace rampart::assess {

/// JournalShown is one journal that was read: its place is its place in the list.
struct JournalShown {
  std::string folder;
  const RecordFacts* facts = nullptr;
  uint64_t unreadable = 0;
};

/// Shown is all that a report is made of. It borrows everything.
struct Shown {
  const Assessment& assessment;
  const std::vector<Statement>& statements;
  std::vector<JournalShown> journals;
  std::string program, plant_sha256;
  const Assessment* before = nullptr;  // the same plant file by what was known earlier: its now() says when
};
/// append_levels_json writes the whole object and its end of line.
void append_levels_json(std::string& out, const Shown& shown);
/// techniques_seen are those of ATT&CK for ICS that findings name, over all journals.
std::map<std::string_view, TechniqueSeen> techniques_seen(const Shown& shown);
/// say is the sentences for people: where we stand, what is worst, what to do first.
std::vector<std::string> say(const Shown& shown);

}  // namespace rampart::assess
