// One thread's wait for many descriptors: epoll, level-triggered. A loop and all its watchers belong to one thread. It
// reads the clock once for each descriptor that is ready, and owns no watcher: who adds one removes it before it goes.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "net/socket.h"

namespace rampart::net {

/// Watcher is called with what epoll says of its descriptor. It may add and remove descriptors, also its own, but must
/// stay alive until the turn ends: the same turn may call it once more.
class Watcher {
 public:
  virtual void ready(uint32_t events) = 0;

 protected:
  ~Watcher() = default;
};

class EventLoop {
 public:
  /// `clock` must outlive it. Errors: throws Error where the system has no more descriptors.
  explicit EventLoop(const Clock& clock);

  /// add watches `descriptor` for `events` (EPOLLIN, EPOLLOUT; EPOLLERR and EPOLLHUP always). False where the system
  /// refuses.
  bool add(int descriptor, uint32_t events, Watcher& watcher);
  void change(int descriptor, uint32_t events, Watcher& watcher);
  void remove(int descriptor);

  /// turn waits at most `longest` and calls who is ready. False where it was interrupted by a signal.
  bool turn(std::chrono::milliseconds longest);

  /// on_step has `call` told by how much the wall's clock was set, where it was by a second or more; before anybody
  /// sees the new time.
  void on_step(std::function<void(Duration)> call) { on_step_ = std::move(call); }

  /// now and steady are the times at which the watcher was called that runs.
  TimePoint now() const { return now_; }
  Duration steady() const { return steady_; }

 private:
  void read_clock();

  static constexpr int kMostEvents = 128;
  const Clock& clock_;
  Descriptor epoll_;
  TimePoint now_{};
  Duration steady_{};
  std::function<void(Duration)> on_step_;
};

}  // namespace rampart::net
