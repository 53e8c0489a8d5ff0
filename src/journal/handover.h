// Groups that are durable, on their way from the thread that wrote them to the one that builds the tree. Bounded: where
// the tree is far behind, the writer waits.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "journal/queue.h"

namespace rampart::journal {

class Handover {
 public:
  explicit Handover(size_t most_octets) : most_octets_(most_octets) {}

  void push(Group&& group) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return octets_ <= most_octets_ || closed_; });
    if (closed_) return;
    octets_ += group.frames.size();
    groups_.push_back(std::move(group));
    changed_.notify_all();
  }
  /// close drops what comes from now on: nobody takes it. The next open() finds those records in their segments.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  /// end says that no more will come.
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  /// wake makes a waiting take() return.
  void wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }

  enum class Taken { group, nothing, end };
  /// take waits at most `longest`.
  Taken take(Group& group, Duration longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, longest, [&] { return !groups_.empty() || ended_ || woken_; });
    woken_ = false;
    if (groups_.empty()) return ended_ ? Taken::end : Taken::nothing;
    group = std::move(groups_.front());
    groups_.pop_front();
    octets_ -= group.frames.size();
    changed_.notify_all();
    return Taken::group;
  }

 private:
  const size_t most_octets_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Group> groups_;
  size_t octets_ = 0;
  bool ended_ = false, woken_ = false, closed_ = false;
};

}  // namespace rampart::journal
