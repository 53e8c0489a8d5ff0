// The thread that writes: one write and one fdatasync a group. What fails is tried again until it works or the journal
// is closed.
#include <algorithm>
#include <utility>

#include "journal/body.h"

namespace rampart::journal {

namespace {

constexpr Duration kLeastPause = std::chrono::milliseconds(100);
constexpr Duration kMostPause = std::chrono::seconds(5);

}  // namespace

void Journal::Body::write_loop() {
  Group group, next;
  for (bool more = queue.take(group); more;) {
    if (!commit(group)) {
      lost = queue.abandon(group);
      break;
    }
    const bool ready = queue.acknowledge(group, next);
    handover.push(std::move(group));
    if (ready) group = std::move(next);
    more = ready || queue.take(group);
  }
  handover.end();
}

/// commit makes the group durable; false where it could not until the journal was closed.
bool Journal::Body::commit(Group& group) {
  Duration pause = kLeastPause;
  while (const std::optional<WriteFailure> failure = file.write(group)) {
    fails(*failure, group.first);
    if (failure->reason == Reason::disk_full && reserve.release()) {
      queue.set_short(true);
      alarm.raise("journal: the disk is full; only access, orders and changes are recorded, in the reserve");
      continue;
    }
    if (!queue.rest(pause)) return false;
    pause = std::min(pause * 2, kMostPause);
  }
  if (queue.trouble()) queue.set_trouble(std::nullopt);
  return true;
}

void Journal::Body::fails(const WriteFailure& failure, uint64_t first_number) {
  const bool before = queue.trouble().has_value();
  queue.set_trouble(failure.reason);
  was_failing = true;
  if (before) return;
  const std::string_view event = to_text(failure.reason);
  tell({.when = clock.now(), .event = event, .reason = failure.what, .from = first_number, .to = first_number});
  alarm.raise("journal: " + failure.what);
}

}  // namespace rampart::journal
