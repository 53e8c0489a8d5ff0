#include "net/event_loop.h"

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace rampart::net {
namespace {

constexpr std::chrono::seconds kLeastStep{1};

}  // namespace

EventLoop::EventLoop(const Clock& clock) : clock_(clock), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw Error(std::string("cannot wait for connections: epoll: ") + std::strerror(errno));
  read_clock();
}

bool EventLoop::add(int descriptor, uint32_t events, Watcher& watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void EventLoop::change(int descriptor, uint32_t events, Watcher& watcher) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &watcher;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event);
}

void EventLoop::remove(int descriptor) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr); }

bool EventLoop::turn(std::chrono::milliseconds longest) {
  epoll_event events[kMostEvents];
  const int count = epoll_wait(epoll_.get(), events, kMostEvents, static_cast<int>(longest.count()));
  read_clock();
  for (int i = 0; i < count; ++i) {
    if (i > 0) read_clock();
    static_cast<Watcher*>(events[i].data.ptr)->ready(events[i].events);
  }
  return count >= 0;
}

/// read_clock: between two looks both clocks go as far, but where one was set.
void EventLoop::read_clock() {
  const TimePoint now = clock_.now();
  const Duration steady = clock_.steady();
  const Duration step = (now - now_) - (steady - steady_);
  now_ = now;
  steady_ = steady;
  if (on_step_ && (step >= kLeastStep || step <= -kLeastStep)) on_step_(step);
}

}  // namespace rampart::net
