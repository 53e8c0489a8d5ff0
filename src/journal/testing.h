// For tests: a journal in a temporary folder, a clock that can be set, and readers of what lies in the folder.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/files.h"
#include "base/testing.h"
#include "crypto/signature.h"
#include "journal/journal.h"
#include "journal/segment.h"
#include "journal/tree.h"
#include "records/stored.h"

namespace rampart::journal {

/// SetClock is the system's clock with both hands moved as a test likes.
class SetClock final : public Clock {
 public:
  TimePoint now() const override { return system_.now() + Duration(wall.load()); }
  Duration steady() const override { return system_.steady() + Duration(forward.load()); }
  std::atomic<int64_t> wall{0}, forward{0};

 private:
  SystemClock system_;
};

/// soon waits until `holds`, at most a minute.
inline bool soon(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// made_journal makes one called "test/journal" in `folder`, with its key.
inline void made_journal(const std::string& folder, const Settings& settings = {.reserve_octets = 65'536}) {
  make_folders(folder + "/keys");
  const auto signer = crypto::make_key_file(Layout{folder}.key_file());
  make_journal(folder, "test/journal", *signer, settings);
}

inline JournalOptions quick() {
  JournalOptions options;
  options.group_wait = std::chrono::milliseconds(1);
  return options;
}

/// content_of is a record that tells its own number.
inline std::vector<uint8_t> content_of(uint64_t number) {
  const std::string text = "record " + std::to_string(number) + std::string(number % 97, 'x');
  return {text.begin(), text.end()};
}

/// records_in reads all records of a folder from its segments, the later outranking the earlier.
inline std::map<uint64_t, std::vector<uint8_t>> records_in(const std::string& folder) {
  std::map<uint64_t, std::vector<uint8_t>> records;
  for (const SegmentName& segment : segments_of(Layout{folder})) {
    records.erase(records.lower_bound(segment.first), records.end());
    const auto bytes = read_file(segment.path, uint64_t{1} << 30).value();
    if (bytes.size() < kSegmentHeader) continue;
    FrameReader reader(Bytes(bytes).subspan(kSegmentHeader), segment.first);
    FrameReader::Frame frame;
    do {
      while (reader.next(frame) == FrameReader::State::frame) {
        records[frame.number] = {frame.record.begin(), frame.record.end()};
      }
    } while (reader.resume());
  }
  return records;
}

/// Event is a JournalEvent or a NotKept, owned.
struct Event {
  std::string event, reason;
  uint64_t from = 0, to = 0, count = 0;
  Duration step{};
};
inline std::vector<Event> events_in(const std::string& folder) {
  std::vector<Event> events;
  for (const auto& [number, record] : records_in(folder)) {
    const auto stored = records::Stored::decode(record);
    if (!stored) continue;
    if (const auto* event = std::get_if<records::JournalEvent>(&stored->fact())) {
      events.push_back(
          {std::string(event->event), std::string(event->reason), event->from, event->to, event->count, event->step});
    } else if (const auto* not_kept = std::get_if<records::NotKept>(&stored->fact())) {
      events.push_back({"not-kept", std::string(not_kept->reason), 0, 0, not_kept->count, {}});
    }
  }
  return events;
}
inline std::vector<Event> events_in(const std::string& folder, const std::string& event) {
  std::vector<Event> events = events_in(folder);
  std::erase_if(events, [&](const Event& one) { return one.event != event; });
  return events;
}

/// root_of_records is the root over all records that lie in `folder`, made anew; every number must be there.
inline Hash root_of_records(const std::string& folder, uint64_t size) {
  TreeBuilder tree;
  const auto records = records_in(folder);
  for (uint64_t n = 0; n < size; ++n) tree.append(leaf_hash(records.at(n)), nullptr);
  return tree.root();
}

/// signed_in reads the newest checkpoint, with nothing where its signature is by another key than the newest.
inline std::optional<Checkpoint> signed_in(const std::string& folder) {
  const Layout layout{folder};
  const auto bytes = read_file(layout.checkpoint(), 1'000'000);
  const auto note = bytes ? parse_note(as_text(*bytes)) : std::nullopt;
  if (!note || !verified(*note, verifier_keys(layout).back())) return std::nullopt;
  return parse_checkpoint(note->text);
}

}  // namespace rampart::journal
