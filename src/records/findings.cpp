#include "records/findings.h"

#include <algorithm>
#include <vector>

namespace rampart::records {
namespace {

constexpr std::chrono::seconds kQuiet{10};

struct ReasonKind {
  std::string_view reason;
  const FindingKind* kind;
};
constexpr ReasonKind kReasons[] = {
    {"unknown_client", &kinds::kUnknownClient},
    {"unknown_server", &kinds::kUnknownServer},
    {"unknown_asset", &kinds::kUnknownAsset},
    {"no_conduit", &kinds::kNoConduit},
    {"value_out_of_range", &kinds::kValue},
    {"step_too_large", &kinds::kStep},
    {"rate_exceeded", &kinds::kRate},
    {"outside_calendar", &kinds::kCalendar},
    {"role_missing", &kinds::kRole},
    {"approval_missing", &kinds::kApproval},
};

}  // namespace

const FindingKind& kind_of(Verdict::Kind verdict, std::string_view reason) {
  if (verdict == Verdict::Kind::undecidable) return kinds::kUndecidable;
  for (const ReasonKind& one : kReasons) {
    if (one.reason == reason) return *one.kind;
  }
  return kinds::kNoRule;
}

const FindingKind& kind_of_stream(Verdict::Kind verdict, std::string_view reason, bool near_rule) {
  if (near_rule) return kind_of(verdict, reason);
  return reason == "no_rule" ? kinds::kTraffic : kinds::kTrafficNoConduit;
}

const FindingKind* control_kind(const protocols::Operation& operation) {
  using protocols::Action;
  switch (operation.action) {
    case Action::program:
      return &kinds::kProgram;
    case Action::start:
      return &kinds::kStart;
    case Action::firmware:
      return &kinds::kFirmware;
    case Action::stop:
      return operation.function.name.find("restart") != std::string_view::npos ||
                     operation.function.name.starts_with("reset")
                 ? &kinds::kRestart
                 : &kinds::kStop;
    case Action::read:
    case Action::write:
    case Action::operate:
    case Action::configure:
    case Action::file:
    case Action::time:
    case Action::identify:
    case Action::session:
    case Action::diagnose:
      return nullptr;
  }
  return nullptr;
}

Finding finding_of(const FindingKind& kind) {
  Finding finding;
  finding.signature = kind.signature;
  finding.id = kind.id;
  finding.category = kind.category;
  finding.severity = kind.severity;
  finding.technique = kind.technique;
  finding.requirement = kind.requirement;
  return finding;
}

void append_side(std::string& out, const Side& side) {
  if (!side.asset.empty()) {
    out += side.asset;
  } else if (side.ip) {
    append(out, *side.ip);
  } else if (side.mac) {
    append(out, *side.mac);
  }
}

std::string control_words(const Conversation& conversation, Direction asked, const protocols::Operation& operation) {
  const bool by_client = asked == Direction::to_server;
  std::string words;
  append_side(words, by_client ? conversation.client : conversation.server);
  words += " asked ";
  append_side(words, by_client ? conversation.server : conversation.client);
  words += " for " + std::string(to_text(operation.action)) + " (" + std::string(operation.protocol.name()) + " " +
           std::string(operation.function.name) + ")";
  return words;
}

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

bool RepeatKeeper::write(uint64_t key, Finding finding) {
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
    Finding finding = kept->first;
    finding.when = kept->last_when;
    finding.packet = kept->last_packet;
    finding.first_packet = kept->first_waiting;
    finding.count = kept->waiting;
    sink_.record(finding);
    kept->waiting = 0;
  }
}

}  // namespace rampart::records
