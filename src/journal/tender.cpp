// The thread behind the writer: tree, checkpoints, and everything that has time.
#include <fmt/format.h>
#include <utility>

#include "base/threads.h"
#include "journal/body.h"
#include "journal/inbox.h"
#include "records/stored.h"

namespace rampart::journal {

namespace {

constexpr Duration kSecond = std::chrono::seconds(1);
constexpr Duration kLeastStep = std::chrono::seconds(1);  // of the wall clock, to be worth a record
constexpr Duration kBetweenPrunings = std::chrono::hours(24);
constexpr Duration kBetweenLooks = std::chrono::seconds(10);    // at the disk
constexpr Duration kBetweenTellings = std::chrono::minutes(1);  // of records not kept while the disk stays full
constexpr unsigned kFull = 80, kRoomAgain = 75;                 // percent

/// Inside is the journal for its own threads: it never waits for room, which only they can make.
class Inside final : public Appender {
 public:
  explicit Inside(Queue& queue) : queue_(queue) {}
  std::optional<uint64_t> append(Bytes record, Urgency urgency) override {
    return queue_.append(record, urgency, false);
  }

 private:
  Queue& queue_;
};

}  // namespace

void Journal::Body::tend_loop() {
  give_way();  // the writer comes back from the disk first
  for (;;) {
    Group group;
    const Handover::Taken taken = sealer.full() ? Handover::Taken::nothing : handover.take(group, kSecond);
    if (taken == Handover::Taken::group) build_tree(group);
    if (taken == Handover::Taken::end) break;
    carry_on();
    seal_if_due();
    if (taken == Handover::Taken::nothing || clock.steady() - chores_at >= kSecond) chores();
    if (sealer.full() && !queue.rest(kSecond)) break;  // closing, and the disk still refuses
  }
  handover.close();
  if (!seal(false)) close_error = "the last checkpoint could not be made";
  const std::lock_guard guard(tasks_mutex);
  tasks_closed = true;
  for (Task* const task : tasks) {
    task->error = "the journal was closed meanwhile";
    task->done = true;
  }
  tasks.clear();
  tasks_done.notify_all();
}

void Journal::Body::build_tree(Group& group) {
  if (group.new_segment && sealer.size() > 0) {
    seal(true);
    wants_pruning = true;
  }
  sealer.add(group);
  queue.recycle(std::move(group.frames));
  if (sealer.many()) write_tiles();
}

void Journal::Body::write_tiles() {
  try {
    sealer.flush();
    tiles_fail = false;
  } catch (const Error& error) {
    if (!std::exchange(tiles_fail, true)) alarm.raise(fmt::format("journal: {}", error.what()));
  }
}

void Journal::Body::seal_if_due() {
  const Duration now = clock.steady();
  const bool late = sealer.size() > sealer.checkpoint_size() && now - sealed_at >= options.checkpoint_every;
  if ((late || wants_seal) && now >= seal_again_at) wants_seal = !seal(false);
}

/// seal is true where everything added is signed now. Where it cannot be, that is told once, and tried again.
bool Journal::Body::seal(bool keep) {
  sealed_at = clock.steady();
  try {
    sealer.seal(keep);
    seal_fails = false;
    return true;
  } catch (const Error& error) {
    seal_again_at = sealed_at + kSecond;
    if (std::exchange(seal_fails, true)) return false;
    alarm.raise(fmt::format("journal: no checkpoint: {}", error.what()));
    tell({.when = clock.now(),
          .event = "signing-failed",
          .reason = error.what(),
          .from = sealer.checkpoint_size(),
          .to = sealer.size()});
    return false;
  }
}

/// carry_on takes each task that somebody waits for one step further.
void Journal::Body::carry_on() {
  const std::lock_guard guard(tasks_mutex);
  const bool fails = queue.trouble().has_value();
  std::erase_if(tasks, [&](Task* task) {
    try {
      if (fails) throw Error("the journal cannot write at present, see its alarms");
      task->done = task->step();
    } catch (const Error& error) {
      task->error = error.what();
      task->done = true;
    }
    return task->done;
  });
  tasks_done.notify_all();
}

void Journal::Body::chores() {
  chores_at = clock.steady();
  if (tiles_fail) write_tiles();
  look_at_clocks();
  look_at_room();
  tell_not_kept();
  empty_inbox();
  if (!pruning_step && (wants_pruning || chores_at - pruned_at >= kBetweenPrunings)) {
    wants_pruning = false;
    pruned_at = chores_at;
    pruning_step = pruning();
  }
  try {
    if (pruning_step && pruning_step()) pruning_step = nullptr;
  } catch (const Error& error) {
    pruning_step = nullptr;
    alarm.raise(fmt::format("journal: pruning: {}", error.what()));
  }
  alarm.flush();
}

/// look_at_clocks compares how far both clocks went since the last look: only a step parts them so far so quickly.
void Journal::Body::look_at_clocks() {
  const TimePoint wall = clock.now();
  const Duration steady = clock.steady();
  const Duration step = (wall - last_wall) - (steady - last_steady);
  last_wall = wall;
  last_steady = steady;
  if (step < kLeastStep && step > -kLeastStep) return;
  tell({.when = wall, .event = "clock-step", .step = step});
  alarm.raise(fmt::format("journal: the clock was set {} by {} ms", step > Duration::zero() ? "forward" : "back",
                          std::chrono::abs(step) / std::chrono::milliseconds(1)));
}

void Journal::Body::look_at_room() {
  if (queue.is_short() && !queue.trouble() && reserve.make()) {
    queue.set_short(false);
    was_failing = true;
  }
  if (chores_at < capacity_at) return;
  capacity_at = chores_at + kBetweenLooks;
  const Usage now = usage(layout, settings, sealer.size());
  const auto look = [&](unsigned used, bool& full, std::string_view what) {
    if (used < kRoomAgain) full = false;
    if (used < kFull || std::exchange(full, true)) return;
    tell({.when = clock.now(), .event = "capacity", .reason = what, .count = used});
    alarm.raise(fmt::format("journal: {} percent of {} is used", used, what));
  };
  look(now.of_settings, settings_full, "most_octets");
  look(now.of_disk, disk_full, "the file system");
}

/// tell_not_kept writes down what was given up, once writing works; while the disk stays full, each minute.
void Journal::Body::tell_not_kept() {
  if (queue.trouble()) return;
  const bool is_short = queue.is_short();
  if (is_short && chores_at - short_told_at < kBetweenTellings) return;
  short_told_at = chores_at;
  const uint64_t count = tell_given_up();
  if (is_short || !was_failing.exchange(false)) return;
  wants_seal = true;
  tell({.when = clock.now(), .event = "recovered", .count = count});
}

/// tell_given_up is how many records it told of.
uint64_t Journal::Body::tell_given_up() {
  uint64_t count = 0;
  for (size_t i = 0; i < kReasons; ++i) {
    const auto reason = static_cast<Reason>(i);
    const GivenUp given_up = queue.take_given_up(reason);
    if (given_up.count == 0) continue;
    std::vector<uint8_t> record;
    append_cbor(record,
                records::NotKept{.since = given_up.since,
                                 .until = given_up.until,
                                 .reason = to_text(reason),
                                 .count = given_up.count,
                                 .octets = given_up.octets},
                clock.now());
    if (!queue.append(record, Urgency::reserved, false)) {
      queue.give_back(reason, given_up);
      break;
    }
    count += given_up.count;
  }
  return count;
}

void Journal::Body::empty_inbox() {
  if (queue.trouble()) return;
  Inside inside(queue);
  try {
    take_over(layout, inside, clock, [this](uint64_t number) { return queue.wait_durable(number, kSecond); });
  } catch (const Error& error) {
    alarm.raise(fmt::format("journal: inbox: {}", error.what()));
  }
}

/// pruning records what will go, and removes it once that record is durable and signed: a removal that only an unsigned
/// record explains could be anybody's.
Step Journal::Body::pruning() {
  return [this, plan = std::optional<PrunePlan>(), record = uint64_t{0}]() mutable {
    if (!plan) {
      plan = plan_prune(layout, settings, clock.now(), sealer.checkpoint_size());
      if (!plan) return true;
      const auto number = tell({.when = clock.now(), .event = "pruned", .from = plan->from, .to = plan->to});
      if (!number) throw Error("there is no room to record it");
      record = *number;
      queue.hurry(record);
    }
    if (queue.status().durable <= record) return false;
    if (sealer.checkpoint_size() <= record) {
      if (seal_fails) throw Error("the record of it cannot be signed");
      wants_seal = true;
      return false;
    }
    carry_out(*plan, layout);
    first = plan->to;
    return true;
  };
}

}  // namespace rampart::journal
