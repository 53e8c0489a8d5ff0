#include "monitor/sensor.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "monitor/recorder.h"

namespace rampart::monitor {
namespace {

constexpr std::chrono::seconds kTick{10};
constexpr uint64_t kProgressEvery = 65'536;

uint32_t shard_of(const RawPacket& raw) { return static_cast<uint32_t>(fast_pair_hash(raw) >> 32) % kShards; }

/// Ticker says when time has passed a tick. Packet time that runs backwards does not count; a wall clock that was set
/// back does, or nothing would end for as long.
class Ticker {
 public:
  bool due(const RawPacket& raw) {
    const TimePoint now = raw.time;
    const bool set_back = raw.item == RawPacket::Item::beat && next_ - now > 2 * kTick;
    if (next_ == TimePoint{} || set_back) next_ = now + kTick;
    if (now < next_) return false;
    next_ = now + kTick;
    return true;
  }

 private:
  TimePoint next_{};
};

void count(SensorResult& result, const RawPacket& raw) {
  if (result.packets++ == 0) result.first = raw.time;
  result.octets += raw.original_length;
  result.last_number = raw.number;
  if (raw.time > result.last) result.last = raw.time;
}

SensorResult run_alone(PacketSource& source, Events& events, const SensorOptions& options,
                       const std::function<void(const SensorResult&)>& progress) {
  std::vector<std::unique_ptr<Shard>> shards;
  for (uint32_t i = 0; i < kShards; ++i)
    shards.push_back(std::make_unique<Shard>(i, options.limits, events, options.hash_key));
  SensorResult result;
  Ticker ticker;
  RawPacket raw;
  while (source.next(raw)) {
    if (raw.item == RawPacket::Item::pause) continue;
    const Moment moment{raw.time, raw.number};
    if (ticker.due(raw)) {
      for (const auto& shard : shards) shard->tick(moment);
      events.tick(moment);
    }
    if (raw.item == RawPacket::Item::beat) {
      if (options.beat) options.beat(moment);
      continue;
    }
    count(result, raw);
    if (options.tap != nullptr) options.tap->packet(raw);
    shards[shard_of(raw)]->packet(raw);
    if (result.packets % kProgressEvery == 0) progress(result);
  }
  for (const auto& shard : shards) shard->finish({result.last, result.last_number});
  return result;
}

/// Batch is a run of packets on its way: copied by the reader, decoded by the workers, each into its own shards'
/// recorders, judged by the judge. Steps are 2n for the tick before packet n, 2n + 1 for the packet. A beat after
/// packet n ends its batch, so that its tick, 2(n + 1), shares a step with no other.
struct Batch {
  struct Entry {
    RawPacket raw;
    size_t offset = 0;
    uint32_t shard = 0;
    bool tick = false;

    bool beat() const { return raw.item == RawPacket::Item::beat; }
    uint64_t tick_step() const { return (beat() ? raw.number + 1 : raw.number) * 2; }
  };
  static constexpr size_t kPackets = 512;

  std::vector<Entry> entries;
  std::vector<uint8_t> octets;
  std::vector<std::unique_ptr<Recorder>> recorders;  // one per shard
  size_t workers_left = 0;
  bool last = false;
};

class Pipeline {
 public:
  Pipeline(Events& events, const SensorOptions& options) : events_(events), options_(options) {
    for (size_t i = 0; i < kBatches; ++i) {
      batches_.push_back(std::make_unique<Batch>());
      for (uint32_t shard = 0; shard < kShards; ++shard) batches_[i]->recorders.push_back(std::make_unique<Recorder>());
    }
  }

  SensorResult run(PacketSource& source, const std::function<void(const SensorResult&)>& progress) {
    std::vector<std::thread> threads;
    for (uint32_t worker = 0; worker < options_.workers; ++worker) {
      threads.emplace_back([this, worker] { work(worker); });
    }
    threads.emplace_back([this] { judge(); });
    SensorResult result;
    std::exception_ptr failure;
    bool more = true;
    while (more) {
      Batch& batch = free_batch();
      try {
        more = fill(batch, source, result);
      } catch (...) {
        failure = std::current_exception();
        more = false;
      }
      batch.last = !more;
      end_ = {result.last, result.last_number};
      publish(batch);
      progress(result);
    }
    for (std::thread& thread : threads) thread.join();
    if (failure) std::rethrow_exception(failure);
    return result;
  }

 private:
  static constexpr size_t kBatches = 16;

  bool fill(Batch& batch, PacketSource& source, SensorResult& result) {
    batch.entries.clear();
    batch.octets.clear();
    RawPacket raw;
    bool more = true;
    while (batch.entries.size() < Batch::kPackets && (more = source.next(raw))) {
      if (raw.item == RawPacket::Item::pause) {
        if (batch.entries.empty()) continue;
        break;
      }
      if (raw.item == RawPacket::Item::beat) {
        raw.bytes = {};
        batch.entries.push_back({raw, 0, kShards, ticker_.due(raw)});
        break;
      }
      const bool tick = ticker_.due(raw);
      count(result, raw);
      batch.entries.push_back({raw, batch.octets.size(), shard_of(raw), tick});
      batch.octets.insert(batch.octets.end(), raw.bytes.begin(), raw.bytes.end());
    }
    for (Batch::Entry& entry : batch.entries) {
      entry.raw.bytes = Bytes(batch.octets).subspan(entry.offset, entry.raw.bytes.size());
    }
    return more;
  }

  Batch& free_batch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return filled_ - judged_ < kBatches; });
    return *batches_[filled_ % kBatches];
  }
  void publish(Batch& batch) {
    const std::lock_guard lock(mutex_);
    batch.workers_left = options_.workers;
    ++filled_;
    changed_.notify_all();
  }

  void work(uint32_t worker) {
    std::vector<std::unique_ptr<Shard>> shards(kShards);
    for (uint32_t shard = worker; shard < kShards; shard += options_.workers) {
      shards[shard] =
          std::make_unique<Shard>(shard, options_.limits, *batches_[0]->recorders[shard], options_.hash_key);
    }
    for (size_t number = 0;; ++number) {
      Batch& batch = wait_for(number);
      for (uint32_t shard = worker; shard < kShards; shard += options_.workers) {
        batch.recorders[shard]->clear();
        shards[shard]->report_to(*batch.recorders[shard]);
      }
      for (const Batch::Entry& entry : batch.entries) {
        if (entry.tick) {
          for (uint32_t shard = worker; shard < kShards; shard += options_.workers) {
            batch.recorders[shard]->step(entry.tick_step());
            shards[shard]->tick({entry.raw.time, entry.raw.number});
          }
        }
        if (entry.beat() || entry.shard % options_.workers != worker) continue;
        batch.recorders[entry.shard]->step(entry.raw.number * 2 + 1);
        shards[entry.shard]->packet(entry.raw);
      }
      const bool last = batch.last;
      if (last) {
        for (uint32_t shard = worker; shard < kShards; shard += options_.workers) {
          batch.recorders[shard]->step(kEndStep);
          shards[shard]->finish(end_);
        }
      }
      {
        const std::lock_guard lock(mutex_);
        --batch.workers_left;
        changed_.notify_all();
      }
      if (last) return;
    }
  }

  Batch& wait_for(size_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return filled_ > number; });
    return *batches_[number % kBatches];
  }

  void judge() {
    for (size_t number = 0;; ++number) {
      Batch& batch = wait_for(number);
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return batch.workers_left == 0; });
      }
      for (const Batch::Entry& entry : batch.entries) {
        if (entry.tick) {
          for (const auto& recorder : batch.recorders) recorder->play(entry.tick_step(), events_);
          events_.tick({entry.raw.time, entry.raw.number});
        }
        if (entry.beat()) {
          if (options_.beat) options_.beat({entry.raw.time, entry.raw.number});
          continue;
        }
        if (options_.tap != nullptr) options_.tap->packet(entry.raw);
        batch.recorders[entry.shard]->play(entry.raw.number * 2 + 1, events_);
      }
      const bool last = batch.last;
      if (last) {
        for (const auto& recorder : batch.recorders) recorder->play(kEndStep, events_);
      }
      {
        const std::lock_guard lock(mutex_);
        ++judged_;
        changed_.notify_all();
      }
      if (last) return;
    }
  }

  static constexpr uint64_t kEndStep = ~uint64_t{0};

  Events& events_;
  SensorOptions options_;
  std::vector<std::unique_ptr<Batch>> batches_;
  Ticker ticker_;
  Moment end_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t filled_ = 0, judged_ = 0;
};

}  // namespace

SensorResult run(PacketSource& source, Events& events, const SensorOptions& options,
                 const std::function<void(const SensorResult&)>& progress) {
  return options.workers <= 1 ? run_alone(source, events, options, progress)
                              : Pipeline(events, options).run(source, progress);
}

}  // namespace rampart::monitor
