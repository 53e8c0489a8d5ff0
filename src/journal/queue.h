// What was appended and is not yet durable: groups of frames in memory, with a bound, and a count of what was given up.
// Any thread appends and waits; one takes groups and acknowledges them.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "journal/journal.h"

namespace rampart::journal {

/// Reason says why a record was not kept; to_text gives the word of NotKept.
enum class Reason : uint8_t { too_large, buffer_full, disk_full, write_failed, sync_failed };
inline constexpr size_t kReasons = 5;
std::string_view to_text(Reason reason);

/// Group is what one write and one fdatasync make durable.
struct Group {
  uint64_t first = 0, count = 0;
  bool new_segment = false;  // its first record begins a segment
  Duration oldest{};         // when its first record came, by the steady clock
  std::vector<uint8_t> frames{};
  uint64_t end() const { return first + count; }
};

struct GivenUp {
  TimePoint since{}, until{};
  uint64_t count = 0, octets = 0;
};

class Queue {
 public:
  /// `next` is the first record's number, `segment_octets` what the segment holds that it goes into.
  Queue(const JournalOptions& options, const Clock& clock, uint64_t next, uint64_t segment_octets);

  /// append: see Appender. `may_wait` false: gives up where there is no room, whatever the options say.
  std::optional<uint64_t> append(Bytes record, Urgency urgency, bool may_wait);
  bool wait_durable(uint64_t number, Duration longest);
  /// hurry closes the group of record `number` without waiting for company.
  void hurry(uint64_t number);
  /// stop takes nothing more; take() hands out what is left.
  void stop();
  JournalStatus status() const;  // size, durable, not_kept, failing

  /// take waits for a group whose time has come; false once stopped and empty.
  bool take(Group& group);
  /// acknowledge tells who waits that `written` is durable. True where the next group's time has come already: it is in
  /// `next`, taken before those who were woken contend for the queue.
  bool acknowledge(const Group& written, Group& next);
  /// recycle keeps a buffer for the next group.
  void recycle(std::vector<uint8_t>&& frames);
  /// rest waits between attempts; false where stop() was called.
  bool rest(Duration pause);
  /// abandon counts `group` and all that waits as not kept, and wakes who waits for them. Result: how many.
  uint64_t abandon(const Group& group);

  /// set_trouble: writing fails for that reason; nothing: it works. Who waits for room gives up meanwhile.
  void set_trouble(std::optional<Reason> reason);
  std::optional<Reason> trouble() const;
  /// set_short: the disk has room only for reserved records.
  void set_short(bool is_short);
  bool is_short() const;
  /// take_given_up hands out what was not kept for `reason` since it was last told; give_back puts it back untold.
  GivenUp take_given_up(Reason reason);
  void give_back(Reason reason, const GivenUp& given_up);

 private:
  bool fits(size_t octets, Urgency urgency) const;
  void give_up(Reason reason, size_t octets);
  bool add(Bytes record);  // true where the writer has to look
  bool due() const;
  void hand_out(Group& group);
  std::unique_lock<std::mutex> lock() const;

  const JournalOptions options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable work_, room_, acknowledged_, stopped_;
  std::deque<Group> groups_;
  std::vector<std::vector<uint8_t>> spare_;
  uint64_t next_, durable_, segment_octets_;
  size_t waiting_ = 0;  // octets appended and not acknowledged
  uint64_t hurry_ = 0;  // groups that begin before this number wait for nobody
  bool stopping_ = false, short_ = false, abandoned_ = false;
  std::optional<Reason> trouble_;
  std::array<GivenUp, kReasons> given_up_;
  uint64_t not_kept_ = 0;
};

}  // namespace rampart::journal
