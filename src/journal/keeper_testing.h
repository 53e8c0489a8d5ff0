// For tests: a clock that is set, and an appender that keeps what it is given, or refuses it.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "journal/journal.h"
#include "records/stored.h"

namespace rampart::journal {

class ManualClock final : public Clock {
 public:
  TimePoint now() const override { return wall; }
  Duration steady() const override { return running; }
  TimePoint wall = from_unix(1'800'000'000, 0);
  Duration running = std::chrono::hours(1);
};

class CollectingAppender final : public Appender {
 public:
  std::optional<uint64_t> append(Bytes record, Urgency urgency) override {
    if (refuse) return std::nullopt;
    records.emplace_back(record.begin(), record.end());
    urgencies.push_back(urgency);
    octets += record.size();
    return records.size() - 1;
  }
  /// all of one kind, read back.
  std::vector<records::Stored> of(records::Kind kind) const {
    std::vector<records::Stored> found;
    for (const auto& record : records) {
      auto stored = records::Stored::decode(record);
      if (stored && stored->kind() == kind) found.push_back(std::move(*stored));
    }
    return found;
  }

  bool refuse = false;
  std::vector<std::vector<uint8_t>> records;
  std::vector<Urgency> urgencies;
  uint64_t octets = 0;
};

}  // namespace rampart::journal
