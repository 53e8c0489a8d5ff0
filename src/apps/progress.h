// A line on standard error that says how far a long command is. Nothing where standard error is no terminal.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "monitor/capture.h"

namespace rampart::apps {

class ProgressBar {
 public:
  explicit ProgressBar(bool wanted, const char* of = "packets")
      : shown_(wanted && isatty(STDERR_FILENO) == 1), of_(of) {}
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const monitor::Progress& progress, uint64_t count) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown_ || now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    drawn_ = true;
    if (progress.total == 0) {
      std::fprintf(stderr, "\r%llu %s", static_cast<unsigned long long>(count), of_);
      return;
    }
    const auto done = static_cast<size_t>(progress.read * 40 / progress.total);
    const std::string bar = std::string(done < 40 ? done : 40, '=') + std::string(done < 40 ? 40 - done : 0, ' ');
    std::fprintf(stderr, "\r[%s] %3llu %%  %llu %s", bar.c_str(),
                 static_cast<unsigned long long>(progress.read * 100 / progress.total),
                 static_cast<unsigned long long>(count), of_);
  }
  void clear() {
    if (drawn_) std::fprintf(stderr, "\r\x1b[K");
    drawn_ = false;
  }

 private:
  bool shown_;
  const char* of_;  // what is counted
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace rampart::apps
