#include "apps/stop_signal.h"

namespace rampart::apps {
namespace {

// A signal handler can reach nothing but static data.
volatile std::sig_atomic_t stop_asked = 0;

volatile std::sig_atomic_t reload_asked = 0;

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
