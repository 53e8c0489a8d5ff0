// What the two halves of the Correlator share: the live conversation as the judging side knows it, and how a finding is
// made. Private to correlator.cpp (what happens) and judging.cpp (what is wrong with it).
#pragma once

#include "monitor/correlator.h"
#include "monitor/detectors.h"
#include "records/json.h"

namespace rampart::monitor {

/// What is remembered as seen, addresses and attributes alike, is bounded by this many.
inline constexpr size_t kMostAddresses = 1'000'000;

using records::append_side;

/// Talk is what the judging side knows of one live conversation.
struct Correlator::Talk {
  records::Conversation conversation;
  policy::Party client_party, server_party;
  plant::Index gateway = plant::kNone;         // that the client is; it asks for others
  protocols::Protocol inside_tls;              // that the plant says is spoken there inside TLS; not known: none
  uint32_t unit = protocols::Object::kNoUnit;  // for which a party was looked up last,
  bool unit_of_server = true;                  // of which side
  policy::Party unit_party;
  std::optional<Matcher> matcher;
  std::chrono::milliseconds answer_within{};
  uint64_t operations = 0, lost_octets = 0;
  std::string_view deviation{};
  protocols::Assurance encrypted{}, authenticated{};
  bool described = false;
  bool waiting = false;  // is in Correlator::waiting_
  Foreseen foreseen = Foreseen::unsaid;
  Meter asked;  // operations

  /// renew makes a talk that has ended ready for another; the texts keep their memory.
  void renew() {
    records::Conversation old = std::move(conversation);
    *this = Talk();
    conversation.community_id = std::move(old.community_id);
    conversation.community_id.clear();
    for (size_t i = 0; i < 2; ++i) {
      conversation.json[i] = std::move(old.json[i]);
      conversation.json[i].clear();
    }
  }
};

template <class Message>
void Correlator::find(const FindingKind& kind, uint64_t key, Talk& talk, Direction direction, Moment moment,
                      Message&& message, const protocols::Operation* operation, const policy::Verdict* verdict) {
  if (detectors_->scans.ever() && part_of_scan(kind, talk, direction, moment, operation)) return;
  key = mix(key, kind.signature);
  if (detectors_->muting.concerns(kind) && muted(kind, key, talk, direction, moment, verdict)) return;
  if (!keeper_.due(key, moment.time, moment.packet)) return;
  write(kind, key, talk, direction, moment, message(), operation, verdict);
}

}  // namespace rampart::monitor
