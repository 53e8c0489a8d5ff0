// The command `rampart import`: intended assets and zones from other programs' lists, as a draft of a plant or as text
// to paste into one.
#pragma once

#include <string>
#include <vector>

#include "apps/commands.h"

namespace rampart::apps {

struct ImportOptions {
  std::vector<std::string> files;  // CSV, or JSON of NetBox; "-": standard input
  std::string output;              // new plant file; empty: standard output
  std::string into;                // plant file that is compared with; it is never changed
  std::string name = "A plant";
};

/// import_command returns 0. A draft loads without error, or is not written. Errors: throws FileError with all that is
/// wrong with the lists, or Error.
int import_command(const ImportOptions& options, std::string& out);

void declare_import(CLI::App& app, Chosen& chosen);

}  // namespace rampart::apps
