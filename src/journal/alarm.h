// Tells people at once what is wrong, at most once a second: what comes between is told together. Any thread.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace rampart::journal {

class Alarm {
 public:
  /// `clock` must outlive it; `tell` may be empty and must not throw.
  Alarm(std::function<void(std::string_view)> tell, const Clock& clock) : tell_(std::move(tell)), clock_(clock) {}

  void raise(std::string_view line) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.find(line) != std::string::npos || waiting_.size() + line.size() > kMost) return;
      if (!waiting_.empty()) waiting_ += "; ";
      waiting_ += line;
      for (char& c : waiting_) c = c == '\n' ? ' ' : c;
    }
    flush();
  }
  /// flush tells what waits, once its second is over; `at_once`: before there is no other time.
  void flush(bool at_once = false) {
    const std::lock_guard lock(mutex_);
    const Duration now = clock_.steady();
    if (waiting_.empty() || (!at_once && told_ && now - last_ < std::chrono::seconds(1))) return;
    told_ = true;
    last_ = now;
    if (tell_) tell_(std::exchange(waiting_, {}));
    waiting_.clear();
  }

 private:
  static constexpr size_t kMost = 4000;
  const std::function<void(std::string_view)> tell_;
  const Clock& clock_;
  std::mutex mutex_;
  std::string waiting_;
  bool told_ = false;
  Duration last_{};
};

}  // namespace rampart::journal
