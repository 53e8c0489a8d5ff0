// demo_plant ROLE [--network A.B] [--port N] [--rounds N] [--period MS]: one part of the demonstration plant.
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>

#include "roles.h"

namespace demo {

volatile std::sig_atomic_t stop_asked = 0;

Pacer::Pacer(int period_ms) : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
  itimerspec beat{};
  beat.it_interval.tv_sec = period_ms / 1000;
  beat.it_interval.tv_nsec = period_ms % 1000 * 1000000L;
  beat.it_value = beat.it_interval;
  if (timer_ < 0 || ::timerfd_settime(timer_, 0, &beat, nullptr) != 0) throw std::runtime_error("cannot set a timer");
}

Pacer::~Pacer() { ::close(timer_); }

bool Pacer::next() const {
  uint64_t beats = 0;
  while (stop_asked == 0) {
    if (::read(timer_, &beats, sizeof(beats)) == static_cast<ssize_t>(sizeof(beats))) return true;
    if (errno != EINTR) return false;
  }
  return false;
}

}  // namespace demo

namespace {

void ask_to_stop(int) { demo::stop_asked = 1; }

int usage() {
  std::fprintf(
      stderr,
      "usage: demo_plant controllers|scada|operator|engineer [--network A.B] [--port N] [--rounds N] [--period MS]\n");
  return 2;
}

bool read_settings(int argc, char** argv, demo::Settings& settings) {
  for (int i = 2; i < argc; i += 2) {
    if (i + 1 >= argc) return false;
    const char* name = argv[i];
    const char* value = argv[i + 1];
    if (std::strcmp(name, "--network") == 0) {
      settings.network = value;
    } else if (std::strcmp(name, "--port") == 0) {
      settings.port = std::atoi(value);
    } else if (std::strcmp(name, "--rounds") == 0) {
      settings.rounds = std::atoi(value);
    } else if (std::strcmp(name, "--period") == 0) {
      settings.period_ms = std::atoi(value);
    } else {
      return false;
    }
  }
  return settings.network.starts_with("127.") && settings.port > 0 && settings.port < 65536 && settings.rounds >= 0 &&
         settings.period_ms > 0;
}

}  // namespace

int main(int argc, char** argv) {
  demo::Settings settings;
  if (argc < 2 || !read_settings(argc, argv, settings)) return usage();
  struct sigaction stop {};
  stop.sa_handler = ask_to_stop;  // no SA_RESTART: a waiting read or poll returns
  ::sigaction(SIGINT, &stop, nullptr);
  ::sigaction(SIGTERM, &stop, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  try {
    const std::string role = argv[1];
    if (role == "controllers") {
      demo::run_controllers(settings);
    } else if (role == "scada") {
      demo::run_scada(settings);
    } else if (role == "operator") {
      demo::run_operator(settings);
    } else if (role == "engineer") {
      demo::run_engineer(settings);
    } else {
      return usage();
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "demo_plant: %s\n", error.what());
    return 1;
  }
  return 0;
}
