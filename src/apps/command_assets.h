// The command `rampart assets`: who is there, by recorded traffic or by a journal, held against the plant.
#pragma once

#include <string>
#include <vector>

#include "apps/commands.h"
#include "base/clock.h"
#include "monitor/mac_vendors.h"

namespace rampart::apps {

struct AssetsOptions {
  std::string plant;  // empty: nothing to hold it against
  std::vector<std::string> captures;
  std::string journal;    // folder, instead of captures
  std::string csv, json;  // files; empty: the table for people
  std::string zone;       // only what lies in it; empty: all
  bool all = false;       // everything about each asset
  bool check = false;     // 3 where plant and inventory differ
  uint32_t workers = 1;
  std::string vendors = monitor::kVendorFolder;
};

/// assets_command returns 0; 3 where `check` is asked for and something is missing, unknown or different; 1 where it
/// was stopped before the end. Errors: throws Error.
int assets_command(const AssetsOptions& options, const Clock& clock, std::string& out);

void declare_assets(CLI::App& app, Chosen& chosen);

}  // namespace rampart::apps
