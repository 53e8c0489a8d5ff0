// The parts of the demonstration plant that run as processes of their own: the controllers with the process behind
// them, and three clients. Each runs until its rounds are over or the process is told to stop.
#pragma once

#include <csignal>
#include <cstdint>
#include <string>

namespace demo {

/// Settings are what the command line says.
struct Settings {
  std::string network = "127.62";  ///< the first two numbers of every address
  int port = 502;
  int rounds = 0;       ///< 0: until told to stop
  int period_ms = 250;  ///< of one round of a client
};

/// Pacer holds a loop to its period on the monotonic clock.
class Pacer {
 public:
  explicit Pacer(int period_ms);
  ~Pacer();
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  /// next waits for the next beat; false where a signal asked to stop.
  bool next() const;
  /// socket is readable at each beat, for loops that poll several things.
  int socket() const { return timer_; }

 private:
  int timer_;
};

/// stop_asked is set by SIGINT and SIGTERM.
extern volatile std::sig_atomic_t stop_asked;

void run_controllers(const Settings& settings);
void run_scada(const Settings& settings);
void run_operator(const Settings& settings);
void run_engineer(const Settings& settings);

}  // namespace demo
