// Ctrl-C and a service manager's TERM ask a command to end in order; a second time they end it at once.
#pragma once

#include <csignal>
#include <cstdint>

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

/// RoleSignal listens while it lives for who of a pair is in charge: USR1, this one; USR2, the other. One at a time.
class RoleSignal {
 public:
  enum class Said : uint8_t { nothing, in_charge, standing_by };
  RoleSignal();
  ~RoleSignal();
  RoleSignal(const RoleSignal&) = delete;
  RoleSignal& operator=(const RoleSignal&) = delete;

  /// said is what was said last and not asked for yet.
  Said said() const;

 private:
  struct sigaction first_ {
  }, second_{};
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
