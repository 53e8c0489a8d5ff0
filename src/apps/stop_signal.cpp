#include "apps/stop_signal.h"

namespace rampart::apps {
namespace {

// A signal handler can reach nothing but static data.
volatile std::sig_atomic_t stop_asked = 0;

volatile std::sig_atomic_t reload_asked = 0;

volatile std::sig_atomic_t role_said = 0;

void on_role(int number) { role_said = number; }
void on_signal(int) { stop_asked = 1; }
void on_hang_up(int) { reload_asked = 1; }

}  // namespace

StopSignal::StopSignal() {
  stop_asked = 0;
  struct sigaction once {};
  once.sa_handler = on_signal;
  once.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &once, &interrupt_);
  sigaction(SIGTERM, &once, &terminate_);
  // A reader of our output that goes away is an error of write(), so that what must be recorded still is.
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &pipe_);
}

StopSignal::~StopSignal() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
  sigaction(SIGPIPE, &pipe_, nullptr);
}

bool StopSignal::asked() const { return stop_asked != 0; }

RoleSignal::RoleSignal() {
  role_said = 0;
  struct sigaction again {};
  again.sa_handler = on_role;
  sigaction(SIGUSR1, &again, &first_);
  sigaction(SIGUSR2, &again, &second_);
}

RoleSignal::~RoleSignal() {
  sigaction(SIGUSR1, &first_, nullptr);
  sigaction(SIGUSR2, &second_, nullptr);
}

RoleSignal::Said RoleSignal::said() const {
  const int number = role_said;
  role_said = 0;
  if (number == SIGUSR1) return Said::in_charge;
  return number == SIGUSR2 ? Said::standing_by : Said::nothing;
}

ReloadSignal::ReloadSignal() {
  reload_asked = 0;
  struct sigaction again {};
  again.sa_handler = on_hang_up;
  sigaction(SIGHUP, &again, &hang_up_);
}

ReloadSignal::~ReloadSignal() { sigaction(SIGHUP, &hang_up_, nullptr); }

bool ReloadSignal::asked() const {
  if (reload_asked == 0) return false;
  reload_asked = 0;
  return true;
}

}  // namespace rampart::apps
