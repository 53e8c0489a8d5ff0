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

/// ReloadSignal listens for HUP while it lives: read the plant anew. One at a time.
class ReloadSignal {
 public:
  ReloadSignal();
  ~ReloadSignal();
  ReloadSignal(const ReloadSignal&) = delete;
  ReloadSignal& operator=(const ReloadSignal&) = delete;

  /// asked is true once for each time it was asked; several at once may be one.
  bool asked() const;

 private:
  struct sigaction hang_up_ {};
};

}  // namespace rampart::apps
