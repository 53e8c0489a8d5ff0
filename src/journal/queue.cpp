#include "journal/queue.h"

#include <algorithm>
#include <utility>

#include "journal/segment.h"
#include "records/stored.h"

namespace rampart::journal {

namespace {

constexpr size_t kMostSpare = 4;
constexpr int kSpins = 500;  // the mutex is held as long as one record is copied: to sleep would take longer
constexpr Duration kForever = std::chrono::hours(24);  // what the system's clocks can add without overflow

}  // namespace

std::string_view to_text(Reason reason) {
  switch (reason) {
    case Reason::too_large:
      return "too-large";
    case Reason::buffer_full:
      return "buffer-full";
    case Reason::disk_full:
      return "disk-full";
    case Reason::write_failed:
      return "write-failed";
    case Reason::sync_failed:
      return "sync-failed";
  }
  return "";
}

Queue::Queue(const JournalOptions& options, const Clock& clock, uint64_t next, uint64_t segment_octets)
    : options_(options), clock_(clock), next_(next), durable_(next), segment_octets_(segment_octets) {}

std::unique_lock<std::mutex> Queue::lock() const {
  for (int i = 0; i < kSpins; ++i) {
    if (mutex_.try_lock()) return {mutex_, std::adopt_lock};
  }
  return std::unique_lock(mutex_);
}

bool Queue::fits(size_t octets, Urgency urgency) const {
  const size_t limit = options_.waiting_octets - (urgency == Urgency::reserved ? 0 : options_.waiting_octets / 4);
  return waiting_ + octets <= limit;
}

void Queue::give_up(Reason reason, size_t octets) {
  GivenUp& given_up = given_up_[static_cast<size_t>(reason)];
  given_up.until = clock_.now();
  if (given_up.count == 0) given_up.since = given_up.until;
  ++given_up.count;
  given_up.octets += octets;
  ++not_kept_;
}

std::optional<uint64_t> Queue::append(Bytes record, Urgency urgency, bool may_wait) {
  const size_t octets = kFrameHeader + record.size();
  std::unique_lock guard = lock();
  if (stopping_) return std::nullopt;
  if (record.empty() || record.size() > records::kMostRecord) {
    give_up(Reason::too_large, record.size());
    return std::nullopt;
  }
  if (may_wait && options_.wait_for_room) {
    room_.wait(guard, [&] { return fits(octets, urgency) || trouble_ || short_ || stopping_; });
    if (stopping_) return std::nullopt;
  }
  if (short_ && urgency == Urgency::normal) {
    give_up(Reason::disk_full, record.size());
    return std::nullopt;
  }
  if (!fits(octets, urgency)) {
    give_up(trouble_.value_or(Reason::buffer_full), record.size());
    return std::nullopt;
  }
  const bool wake = add(record);
  const uint64_t number = next_++;
  guard.unlock();
  if (wake) work_.notify_one();
  return number;
}

bool Queue::add(Bytes record) {
  const bool new_segment = next_ % kBundle == 0 && segment_octets_ >= options_.segment_octets;
  const bool opens = groups_.empty() || new_segment || groups_.back().frames.size() >= options_.group_octets;
  if (opens) {
    groups_.push_back({.first = next_, .new_segment = new_segment, .oldest = clock_.steady()});
    if (!spare_.empty()) {
      groups_.back().frames = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  if (new_segment) segment_octets_ = kSegmentHeader;
  Group& group = groups_.back();
  append_frame(group.frames, next_, opens, record);
  ++group.count;
  const size_t octets = kFrameHeader + record.size();
  segment_octets_ += octets;
  waiting_ += octets;
  return opens || group.frames.size() >= options_.group_octets;
}

void Queue::hurry(uint64_t number) {
  const std::lock_guard lock(mutex_);
  hurry_ = std::max(hurry_, number + 1);
  work_.notify_one();
}

bool Queue::wait_durable(uint64_t number, Duration longest) {
  std::unique_lock lock(mutex_);
  if (number >= durable_ && number >= hurry_) {
    hurry_ = number + 1;
    work_.notify_one();
  }
  acknowledged_.wait_for(lock, std::min(longest, kForever), [&] { return durable_ > number || abandoned_; });
  return durable_ > number;
}

void Queue::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  work_.notify_all();
  stopped_.notify_all();
  room_.notify_all();
}

JournalStatus Queue::status() const {
  const std::lock_guard lock(mutex_);
  return {.size = next_, .durable = durable_, .not_kept = not_kept_, .failing = trouble_.has_value()};
}

bool Queue::due() const {
  return !groups_.empty() && (stopping_ || groups_.size() > 1 || hurry_ > groups_.front().first ||
                              groups_.front().frames.size() >= options_.group_octets);
}

void Queue::hand_out(Group& group) {
  group = std::move(groups_.front());
  groups_.pop_front();
}

bool Queue::take(Group& group) {
  std::unique_lock guard = lock();
  for (bool waited = false; !due();) {
    if (groups_.empty()) {
      if (stopping_) return false;
      waited = false;
      work_.wait(guard);
      continue;
    }
    const Duration left = options_.group_wait - (clock_.steady() - groups_.front().oldest);
    if (waited || left <= Duration::zero()) break;
    waited = work_.wait_for(guard, std::min(left, options_.group_wait)) == std::cv_status::timeout;
  }
  hand_out(group);
  return true;
}

bool Queue::acknowledge(const Group& written, Group& next) {
  std::unique_lock guard = lock();
  durable_ = written.end();
  waiting_ -= written.frames.size();
  const bool more = due();
  if (more) hand_out(next);
  guard.unlock();
  acknowledged_.notify_all();
  room_.notify_all();
  return more;
}

void Queue::recycle(std::vector<uint8_t>&& frames) {
  frames.clear();
  const std::lock_guard lock(mutex_);
  if (spare_.size() < kMostSpare) spare_.push_back(std::move(frames));
}

bool Queue::rest(Duration pause) {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, pause, [&] { return stopping_; });
}

uint64_t Queue::abandon(const Group& group) {
  const std::lock_guard lock(mutex_);
  const uint64_t lost = next_ - group.first;
  not_kept_ += lost;
  groups_.clear();
  waiting_ = 0;
  abandoned_ = true;
  acknowledged_.notify_all();
  return lost;
}

void Queue::set_trouble(std::optional<Reason> reason) {
  const std::lock_guard lock(mutex_);
  trouble_ = reason;
  room_.notify_all();
}

std::optional<Reason> Queue::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void Queue::set_short(bool is_short) {
  const std::lock_guard lock(mutex_);
  short_ = is_short;
  room_.notify_all();
}

bool Queue::is_short() const {
  const std::lock_guard lock(mutex_);
  return short_;
}

GivenUp Queue::take_given_up(Reason reason) {
  const std::lock_guard lock(mutex_);
  return std::exchange(given_up_[static_cast<size_t>(reason)], {});
}

void Queue::give_back(Reason reason, const GivenUp& given_up) {
  const std::lock_guard lock(mutex_);
  GivenUp& since = given_up_[static_cast<size_t>(reason)];
  if (since.count == 0) since.until = given_up.until;
  since.since = given_up.since;
  since.count += given_up.count;
  since.octets += given_up.octets;
}

}  // namespace rampart::journal
