// Levels as files for people and other programs: the report, OSCAL, a layer of the ATT&CK Navigator.
#pragma once

#include <string>

#include "assess/levels_json.h"

namespace rampart::apps {

/// LevelsFiles are the files that are wanted; empty: not.
struct LevelsFiles {
  std::string report, oscal, navigator;
  bool any() const { return !report.empty() || !oscal.empty() || !navigator.empty(); }
};

/// write_levels_files writes them, each whole or not at all, and says in `out` where they are. Errors: throws Error.
void write_levels_files(const LevelsFiles& files, const assess::Shown& shown, std::string& out);

}  // namespace rampart::apps
