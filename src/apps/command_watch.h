// The command `rampart watch`: decode recorded or live traffic, judge every operation by the plant, say what happened.
#pragma once

#include <string>
#include <vector>

#include "apps/event_writer.h"
#include "apps/live_watch.h"
#include "base/clock.h"

namespace rampart::apps {

struct WatchOptions {
  std::string plant;                  // empty: decode and tell, judge nothing
  std::vector<std::string> captures;  // or:
  LiveWatchOptions live;
  std::string json;  // empty: none
  Operations operations = Operations::all;
  uint32_t workers = 1;
  bool quiet = false;           // no summary, no progress
  std::string journal;          // folder of the journal that is told; empty: none
  std::string evidence;         // folder for the packets of findings; empty: none
  bool all_operations = false;  // the journal keeps every plain read by itself
};

/// watch_command returns 0; findings do not make it fail. 1: the journal lost something, which did not stop the watch,
/// or the reading of files was stopped by a signal before the end. Live traffic has no end but a signal. Errors: throws
/// Error.
int watch_command(const WatchOptions& options, const Clock& clock);

}  // namespace rampart::apps
