// The inside of an open journal. The writer makes groups durable; the tender builds the tree behind it, signs, prunes,
// looks after the clock, the disk and the inbox. Neither ever throws out of its thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "journal/alarm.h"
#include "journal/handover.h"
#include "journal/journal.h"
#include "journal/lock.h"
#include "journal/queue.h"
#include "journal/recover.h"
#include "journal/room.h"
#include "journal/sealer.h"
#include "journal/segment_file.h"
#include "records/records.h"

namespace rampart::journal {

/// Step is work of the tender in small steps that never wait: true once it is done. Errors: throws Error.
using Step = std::function<bool()>;

struct Journal::Body {
  Body(Layout where, FolderLock&& held, const Settings& wanted, const JournalOptions& with, const Clock& by,
       Keys&& keys, Recovered&& found, const Checkpoint& checkpoint, const std::string& note);
  ~Body();

  void start(std::vector<Incident> incidents, std::unique_ptr<crypto::Signer> next, std::optional<uint64_t> key_change);
  void close();
  /// ask has the tender do `step` until it is done. Errors: throws the Error that it threw, or one where the disk
  /// fails.
  void ask(Step step);
  std::optional<uint64_t> tell(const records::JournalEvent& event);
  std::optional<uint64_t> tell(const records::KeyChange& change);

  // writer.cpp
  void write_loop();
  bool commit(Group& group);
  void fails(const WriteFailure& failure, uint64_t first);

  // tender.cpp
  void tend_loop();
  void build_tree(Group& group);
  void seal_if_due();
  bool seal(bool keep);
  void carry_on();
  void chores();
  void look_at_clocks();
  void look_at_room();
  void write_tiles();
  void tell_not_kept();
  uint64_t tell_given_up();
  void empty_inbox();
  Step pruning();

  const Layout layout;
  std::optional<FolderLock> lock;  // until it is closed
  const Settings settings;
  const JournalOptions options;
  const Clock& clock;
  Alarm alarm;
  Reserve reserve;
  Queue queue;
  Handover handover;
  std::atomic<uint64_t> first;

  // The writer's.
  SegmentFile file;

  // The tender's.
  Sealer sealer;
  Duration sealed_at{}, seal_again_at{}, chores_at{}, capacity_at{}, pruned_at{}, short_told_at{};
  bool seal_fails = false, tiles_fail = false, settings_full = false, disk_full = false;
  std::atomic<bool> was_failing = false;  // and that it works again is not yet told
  bool wants_seal = false, wants_pruning = false;
  TimePoint last_wall{};
  Duration last_steady{};
  Step pruning_step{};

  struct Task {
    Step step;
    bool done = false;
    std::string error{};
  };
  std::mutex tasks_mutex;
  std::condition_variable tasks_done;
  std::list<Task*> tasks;  // of threads that wait in ask()
  bool tasks_closed = false;

  std::mutex close_mutex;
  bool closed = false;
  std::string close_error{};
  uint64_t lost = 0;
  std::thread writer, tender;
};

}  // namespace rampart::journal
