// What a watch of live traffic has beside one of files: its interfaces, the rights that it gives up, the terminal view,
// the metrics, the service manager, and a plant that may be read anew. beat() holds it together, once a second.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/live_view.h"
#include "apps/loading.h"
#include "apps/metrics.h"
#include "apps/privileges.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "apps/watch_journal.h"
#include "apps/watch_state.h"
#include "monitor/live_capture.h"

namespace rampart::apps {

struct LiveWatchOptions {
  std::vector<std::string> interfaces;
  std::string user;             // whom root becomes; empty: default_user()
  bool leave_offloads = false;  // --offload leave
  std::string metrics;          // where to listen; empty: nowhere
  std::optional<bool> view;     // nothing: where standard output is a terminal
};

class LiveWatch {
 public:
  /// Opens all that needs a right: interfaces, the metrics' port, the terminal. `clock` must outlive it.
  /// Errors: throws Error, UsageError.
  LiveWatch(const LiveWatchOptions& options, bool quiet, bool output_taken, const Clock& clock);

  /// give_up_rights makes us who may do nothing else, and starts what has threads. Files that only root may write are
  /// opened before, the journal after. Errors: throws Error.
  void give_up_rights(const std::string& journal);

  monitor::PacketSource& source() { return capture_; }
  records::Sink& state() { return state_; }
  /// settings are the options in force, as words.
  std::string settings() const;

  /// begin: from here on `plant` (may be null) judges. ready: packets are taken.
  void begin(const LoadedPolicy& loaded, const std::string& plant_sha256);
  void ready() { manager_.say("READY=1\nSTATUS=watching"); }
  /// beat records what was lost, lays the numbers down, draws, tells the service manager that we live.
  void beat(monitor::Moment moment, monitor::Correlator& correlator, records::Sink& sink, WatchJournal* journal);
  /// finish records what was lost up to the end.
  void finish(uint64_t packet, records::Sink& sink);

  /// look_for_plant loads `file` where HUP asked for it. From then on switching() is true, and the source has an end,
  /// until take_plant(). A plant that is not well is told on standard error, and the old one stays.
  void look_for_plant(const std::string& file);
  bool switching() const { return switching_; }
  LoadedPolicy take_plant(const monitor::Correlator& before);

 private:
  bool record_losses(uint64_t packet, records::Sink& sink);
  void say(const monitor::LiveLoss& loss);
  void say_offloads() const;

  LiveWatchOptions options_;
  const Clock& clock_;
  monitor::LiveCapture capture_;
  std::optional<LiveView> view_;
  ProgressBar progress_;
  WatchState state_;
  WatchNumbers numbers_;
  monitor::Totals before_;  // of the plants that judged earlier in this run
  ServiceManager manager_;
  ReloadSignal reload_;
  LoadedPolicy next_;
  std::atomic<bool> switching_{false};
  TimePoint drops_said_{};
  bool on_terminal_;
  std::string user_;
  MetricsBoard board_;
  std::optional<net::HttpServer> server_;  // after the board, which its thread reads
};

}  // namespace rampart::apps
