// A live watch in numbers: Prometheus text for /metrics, one line of JSON for /health. The watch lays the newest down
// once a second; the server's thread only ever reads what was laid down.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "apps/watch_state.h"
#include "base/clock.h"
#include "monitor/correlator.h"
#include "net/http_server.h"

namespace rampart::apps {

/// WatchNumbers: what is not in the state.
struct WatchNumbers {
  monitor::Totals totals{};
  std::string plant_sha256{};
  bool has_journal = false;
  uint64_t journal_records = 0, journal_not_kept = 0;
};

/// metrics_text is all numbers in the text form, version 0.0.4. Labels are names of interfaces and of the plant, and
/// words of ours: never what a wire said.
std::string metrics_text(const WatchState& state, const WatchNumbers& numbers);

/// health_line says in one line of JSON whether the watch sees. `well` is false where an interface is not up, or the
/// journal lost something.
std::string health_line(const WatchState& state, const WatchNumbers& numbers, bool& well);

/// MetricsBoard is where the watch lays its newest numbers down, and the server takes them from.
class MetricsBoard {
 public:
  /// `clock` must outlive it.
  explicit MetricsBoard(const Clock& clock) : clock_(clock) {}
  void lay_down(const WatchState& state, const WatchNumbers& numbers);
  /// lay_down takes texts that are made already: what /metrics and /health answer.
  void lay_down(std::string metrics, std::string health, bool well);
  /// answer serves / /metrics /health; any thread. Numbers older than ten seconds mean that the watch is stuck: 503.
  net::HttpResponse answer(std::string_view path) const;

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::string metrics_, health_;
  bool well_ = false;
  Duration laid_down_{};
};

}  // namespace rampart::apps
