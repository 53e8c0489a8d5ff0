// A plant drafted from traffic: run the monitor without a plant into a Gatherer, then draft() writes the text that a
// person goes on with. docs/discover.md says how it is made and what it does not say.
#pragma once

#include <string>
#include <vector>

#include "monitor/draft_gather.h"

namespace rampart::monitor::discover {

struct DraftOptions {
  std::string name;                  // of the plant
  std::vector<std::string> sources;  // files that were read
};

struct Draft {
  std::string text;
  std::vector<Address> scanners;  // clients that are named and not drafted into rules
  size_t zones = 0, assets = 0, points = 0, conduits = 0, rules = 0;
  size_t not_allowed = 0;  // kinds of operation that were seen and are never drafted
};

/// draft makes the plant. Same records, same text. Cost: sorts and maps over what was gathered.
Draft draft(const Gatherer& seen, const DraftOptions& options);

}  // namespace rampart::monitor::discover
