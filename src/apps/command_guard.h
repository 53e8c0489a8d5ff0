// The command `rampart guard`: stands in a conduit and lets through what the plant allows.
#pragma once

#include <string>

#include "base/clock.h"

namespace rampart::apps {

struct GuardOptions {
  std::string plant, as;
  std::string journal;     // folder of the journal that is told; empty: none
  std::string json;        // events as JSON lines; empty: none
  std::string metrics;     // where to listen; empty: nowhere
  std::string identity;    // folder of the gateway's certificate and key; empty: none
  std::string user;        // whom root becomes; empty: default_user()
  std::string candidates;  // file that gets what was learned; empty: it is printed at the end
  bool all_operations = false;
  bool quiet = false;
  bool show_setup = false;  // print what the kernel has to be told, and end
};

/// guard_command serves until a signal asks it to end; HUP has it read the plant anew. Returns 0; 1: the journal lost
/// something. Errors: throws Error, UsageError.
int guard_command(const GuardOptions& options, const Clock& clock, std::string& out);

}  // namespace rampart::apps
