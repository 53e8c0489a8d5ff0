#include "gateway/serial_line.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace rampart::gateway {
namespace {

constexpr size_t kHeader = 6;  // of a Modbus/TCP frame, before unit and PDU
constexpr Duration kNever = std::chrono::nanoseconds(std::numeric_limits<int64_t>::max());

}  // namespace

void SerialLine::ask(uint64_t client, Bytes frame, Duration now) {
  if (frame.size() < kHeader + 2) return;
  const Bytes octets = frame.subspan(kHeader);
  Request request{.client = client,
                  .transaction = static_cast<uint16_t>(frame[0] << 8 | frame[1]),
                  .octets = {octets.begin(), octets.end()},
                  .since = now};
  const auto mine =
      std::count_if(queue_.begin(), queue_.end(), [&](const Request& one) { return one.client == client; });
  const uint8_t unit = request.unit();
  if (request.octets.size() > 1 + rtu::kPduMost) {
    refuse(request, Exception::value);
  } else if (state_ == State::broken || unit > rtu::kUnitMost) {
    refuse(request, Exception::path_unavailable);
  } else if (unit == rtu::kBroadcast && !rtu::writes(octets[1])) {
    refuse(request, Exception::target_failed);  // nobody would answer
  } else if (queue_.size() >= kMostQueued || static_cast<size_t>(mine) >= kMostOfClient) {
    refuse(request, Exception::busy);
  } else {
    queue_.push_back(std::move(request));
    advance(now);
  }
}

void SerialLine::forget(uint64_t client) {
  std::erase_if(queue_, [&](const Request& request) { return request.client == client; });
  if (current_.client == client) current_.client = 0;
}

bool SerialLine::owes(uint64_t client) const {
  if (state_ == State::awaiting && current_.client == client) return true;
  return std::any_of(queue_.begin(), queue_.end(), [&](const Request& request) { return request.client == client; });
}

void SerialLine::received(Bytes octets, Duration now) {
  heard_ = now;
  free_at_ = std::max(free_at_, now + pace_.gap);
  if (state_ != State::awaiting) {
    counts_.thrown_away += octets.size();
    return;
  }
  received_.insert(received_.end(), octets.begin(), octets.end());
  if (received_.size() > kMostReceived) {
    const size_t over = received_.size() - kMostReceived;
    counts_.thrown_away += over;
    received_.erase(received_.begin(), received_.begin() + static_cast<ptrdiff_t>(over));
  }
  searched_ = false;
  look_for_answer(now, false);
}

void SerialLine::look_for_answer(Duration now, bool silent) {
  const auto found = rtu::find_answer(current_.octets, received_, silent);
  searched_ = silent || found;
  if (!found) return;
  ++counts_.answered;
  counts_.thrown_away += received_.size() - found->size() - 2;
  state_ = State::idle;
  doubt_until_[current_.unit()] = {};
  answer(current_, *found);
  received_.clear();
  advance(now);
}

void SerialLine::broken() {
  std::deque<Request> waiting = std::exchange(queue_, {});
  if (state_ == State::awaiting) waiting.push_front(std::exchange(current_, {}));
  state_ = State::broken;
  received_.clear();
  searched_ = true;
  for (const Request& request : waiting) refuse(request, Exception::path_unavailable);
}

void SerialLine::mended(Duration now) {
  state_ = State::idle;
  free_at_ = now + pace_.gap;
  doubt_until_ = {};
}

void SerialLine::tick(Duration now) {
  if (state_ == State::awaiting && !searched_ && now - heard_ >= pace_.gap + kDriverDelay) look_for_answer(now, true);
  if (state_ == State::awaiting && now >= until_) {
    ++counts_.unanswered;
    counts_.thrown_away += received_.size();
    received_.clear();
    searched_ = true;
    state_ = State::idle;
    doubt_until_[current_.unit()] = now + kAnswerWithin;
    refuse(current_, Exception::target_failed);
  }
  if (state_ == State::turnaround && now >= until_) state_ = State::idle;
  advance(now);
}

/// advance sends the next request where the line is free. One to a unit whose last answer did not come in time waits
/// for that answer, so that it is not taken for the next one's; others go first.
void SerialLine::advance(Duration now) {
  drop_stale(now);
  if (state_ != State::idle || now < free_at_) return;
  const auto next = std::find_if(queue_.begin(), queue_.end(),
                                 [&](const Request& request) { return now >= doubt_until_[request.unit()]; });
  if (next == queue_.end()) return;
  Request request = std::move(*next);
  queue_.erase(next);
  send(std::move(request), now);
}

void SerialLine::drop_stale(Duration now) {
  while (!queue_.empty() && now - queue_.front().since >= kMostWait) {
    const Request stale = std::move(queue_.front());
    queue_.pop_front();
    refuse(stale, Exception::busy);
  }
}

void SerialLine::send(Request request, Duration now) {
  const std::vector<uint8_t> frame = rtu::frame_of(request.octets);
  const Duration sent = now + pace_.octet * static_cast<int64_t>(frame.size());
  received_.clear();
  searched_ = true;
  if (request.unit() == rtu::kBroadcast) {
    state_ = State::turnaround;
    until_ = sent + kTurnaround;
    ends_.put(frame);
    return;
  }
  state_ = State::awaiting;
  until_ = sent + kAnswerWithin + pace_.octet * static_cast<int64_t>(rtu::answer_octets(request.octets));
  current_ = std::move(request);
  ends_.put(frame);
}

void SerialLine::refuse(const Request& request, Exception why) {
  if (why == Exception::busy) ++counts_.busy;
  if (why == Exception::path_unavailable) ++counts_.away;
  const uint8_t octets[] = {request.unit(), static_cast<uint8_t>(request.octets[1] | 0x80), static_cast<uint8_t>(why)};
  answer(request, octets);
}

/// answer gives the client `octets`, unit and PDU, under the header of its request.
void SerialLine::answer(const Request& request, Bytes octets) {
  if (request.client == 0) return;
  std::vector<uint8_t> frame = {
      static_cast<uint8_t>(request.transaction >> 8), static_cast<uint8_t>(request.transaction & 0xff), 0, 0,
      static_cast<uint8_t>(octets.size() >> 8),       static_cast<uint8_t>(octets.size() & 0xff)};
  frame.insert(frame.end(), octets.begin(), octets.end());
  ends_.answer(request.client, frame);
}

Duration SerialLine::next() const {
  if (state_ == State::broken) return kNever;
  Duration when = kNever;
  if (state_ != State::idle) when = until_;
  if (!searched_) when = std::min(when, heard_ + pace_.gap + kDriverDelay);
  if (queue_.empty()) return when;
  when = std::min(when, queue_.front().since + kMostWait);
  if (state_ != State::idle) return when;
  for (const Request& request : queue_) when = std::min(when, std::max(free_at_, doubt_until_[request.unit()]));
  return when;
}

}  // namespace rampart::gateway
