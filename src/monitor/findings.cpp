#include "monitor/findings.h"

#include <algorithm>
#include <vector>

namespace rampart::monitor {
namespace {

constexpr std::chrono::seconds kQuiet{10};

}  // namespace

bool RepeatKeeper::due(uint64_t key, TimePoint when, uint64_t packet) {
  ++occurrences_;
  const auto found = kept_.find(key);
  if (found == kept_.end()) return true;
  Kept& kept = found->second;
  if (kept.waiting++ == 0) kept.first_waiting = packet;
  kept.last_when = when;
  kept.last_packet = packet;
  return when - kept.written >= kQuiet;
}

bool RepeatKeeper::write(uint64_t key, records::Finding finding) {
  finding.first_packet = finding.packet;
  const auto found = kept_.find(key);
  const bool first = found == kept_.end();
  if (!first) {
    Kept& kept = found->second;
    finding.count = kept.waiting;
    finding.first_packet = kept.first_waiting;
    kept.written = finding.when;
    kept.waiting = 0;
  } else if (kept_.size() < kMost) {  // beyond the bound every occurrence is written by itself
    Kept& kept = kept_[key];
    kept.written = finding.when;
    kept.order = occurrences_;
    kept.first = finding;
    kept.message = finding.message;
    kept.first.message = kept.message;
    kept.first.operation = nullptr;
    if (finding.conversation != nullptr) {
      kept.conversation = *finding.conversation;
      kept.first.conversation = &kept.conversation;
    }
  }
  sink_.record(finding);
  return first;
}

void RepeatKeeper::flush() {
  std::vector<Kept*> waiting;
  for (auto& [key, kept] : kept_) {
    if (kept.waiting > 0) waiting.push_back(&kept);
  }
  std::sort(waiting.begin(), waiting.end(), [](const Kept* a, const Kept* b) { return a->order < b->order; });
  for (Kept* kept : waiting) {
    records::Finding finding = kept->first;
    finding.when = kept->last_when;
    finding.packet = kept->last_packet;
    finding.first_packet = kept->first_waiting;
    finding.count = kept->waiting;
    sink_.record(finding);
    kept->waiting = 0;
  }
}

}  // namespace rampart::monitor
