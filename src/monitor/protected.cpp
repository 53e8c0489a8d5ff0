// How traffic is protected, held against what the targets of conduits and zones ask for. What is asked for, and from
// which level on, comes from the tables of IEC 62443-3-3.
#include "monitor/talk.h"
#include "standard/catalogue.h"

namespace rampart::monitor {
namespace {

using policy::kNone;
using protocols::Assurance;
using protocols::Protection;

constexpr std::chrono::hours kSoon{24 * 30};

/// Demand is what a requirement wants of a conversation, by the foundational requirement whose level counts.
struct Demand {
  const FindingKind* kind;
  bool across_zones;  // only asked for where a conduit joins two zones
  std::string_view lacks;
};
constexpr Demand kDemands[] = {
    {&kinds::kUnencrypted, true, "can be read by anybody"},
    {&kinds::kUnauthenticated, false, "does not prove who speaks"},
    {&kinds::kForgeable, false, "can be changed on its way unnoticed"},
};

bool lacks(const Demand& demand, Assurance encrypted, Assurance authenticated) {
  if (demand.kind == &kinds::kUnencrypted) return encrypted == Assurance::no;
  if (demand.kind == &kinds::kUnauthenticated) return authenticated == Assurance::no;
  return encrypted == Assurance::no && authenticated == Assurance::no;
}

std::string both_sides(const records::Conversation& conversation) {
  std::string words;
  append_side(words, conversation.client);
  words += " and ";
  append_side(words, conversation.server);
  return words;
}

std::string day(TimePoint when) {
  std::string text;
  append_timestamp(text, when);
  return text.substr(0, text.find('T'));
}

}  // namespace

void Correlator::watch_protection(Talk& talk, Direction direction, const Protection& protection, Moment moment) {
  const records::Conversation& conversation = talk.conversation;
  uint64_t key = pair_key(conversation.client, conversation.server);
  key = mix(mix(key, conversation.server.port), std::hash<std::string_view>{}(protection.method));
  if (protection.kind == Protection::Kind::plain_credentials) {
    find(kinds::kCredentials, key, talk, Direction::to_server, moment, [&] {
      std::string message;
      append_side(message, conversation.client);
      message += " showed credentials that anybody can read to ";
      append_side(message, conversation.server);
      return message + " (" + std::string(protection.method) + ")";
    });
  } else if (protection.kind == Protection::Kind::outdated) {
    find(kinds::kOutdated, key, talk, Direction::to_server, moment, [&] {
      return both_sides(conversation) + " use " + std::string(protection.method) + ", which is known to be weak";
    });
  } else if (protection.kind == Protection::Kind::certificate && protection.not_after != TimePoint{}) {
    const bool early = protection.not_before > moment.time;
    const bool expired = protection.not_after < moment.time;
    if (!early && !expired && protection.not_after - moment.time > kSoon) return;
    const records::Side& owner = direction == Direction::to_client ? conversation.server : conversation.client;
    key = mix(mix(address_key(owner), std::hash<std::string_view>{}(protection.text)),
              static_cast<uint64_t>(protection.not_after.time_since_epoch().count()));
    find(early || expired ? kinds::kExpired : kinds::kExpires, key, talk, Direction::to_server, moment, [&] {
      std::string message;
      append_side(message, owner);
      message += " shows a certificate that ";
      if (early) return message + "is not valid before " + day(protection.not_before);
      return message + (expired ? "ended on " : "ends on ") + day(protection.not_after);
    });
  }
}

void Correlator::watch_exposed(Talk& talk, const FlowStop& stop) {
  const records::Conversation& conversation = talk.conversation;
  if (talk.encrypted != Assurance::no && talk.authenticated != Assurance::no) return;
  if (stop.octets[0] + stop.octets[1] == 0 || conversation.transport == records::Transport::ethernet) return;
  const plant::Index from = talk.client_party.zone, to = talk.server_party.zone;
  if (from == kNone || to == kNone) return;
  const plant::Index conduit = detectors_->pairs.conduit(talk.client_party, talk.server_party);
  if (conduit == kNone && from != to) return;  // it must not be there at all, which is said already
  const plant::SlVector target =
      conduit != kNone ? plant_->target(plant_->conduits[conduit]) : plant_->zones[to].target;
  for (const Demand& demand : kDemands) {
    if (!lacks(demand, talk.encrypted, talk.authenticated) || (demand.across_zones && from == to)) continue;
    const standard::Requirement* requirement = standard::find_requirement(demand.kind->requirement);
    if (requirement == nullptr || !requirement->required_at(target.levels[requirement->fr - 1u])) continue;
    const uint64_t place = conduit != kNone ? conduit : uint64_t{1} << 32 | to;
    const std::string_view name = conversation.protocol.known() ? conversation.protocol.name() : "traffic";
    const uint64_t key =
        mix(mix(place, conversation.protocol.number), conversation.protocol.known() ? 0 : conversation.server.port);
    find(*demand.kind, key, talk, Direction::to_server, {stop.first, stop.first_packet}, [&] {
      std::string message(name);
      message += conduit != kNone ? " on " + plant_->conduits[conduit].id.value : " inside " + std::string(zone_id(to));
      message += " " + std::string(demand.lacks) + ", as between " + both_sides(conversation) + "; its target " +
                 std::to_string(target.levels[requirement->fr - 1u]) + " for " +
                 std::string(standard::find_foundational(requirement->fr)->code) + " asks for more from " +
                 std::to_string(requirement->lowest_level()) + " on";
      return message;
    });
  }
}

}  // namespace rampart::monitor
