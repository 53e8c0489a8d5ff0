// Ctrl-C and a service manager's TERM ask a command to end in order; a second time they end it at once.
#pragma once

#include <csignal>

namespace rampart::apps {

/// StopSignal listens while it lives. One at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool asked() const;

 private:
  struct sigaction interrupt_ {
  }, terminate_{}, pipe_{};  // what was in force before
};

}  // namespace rampart::apps
