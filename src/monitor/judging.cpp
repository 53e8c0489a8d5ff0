#include "monitor/talk.h"
#include "policy/gateways.h"
#include "protocols/registry.h"

namespace rampart::monitor {
namespace {

using policy::kNone;
using policy::Reason;
using protocols::Operation;

records::Verdict::Kind kind_in_record(const policy::Verdict& verdict) {
  return static_cast<records::Verdict::Kind>(static_cast<uint8_t>(verdict.decision) + 1);
}

const FindingKind& kind_of(const policy::Verdict& verdict) {
  return records::kind_of(kind_in_record(verdict), policy::to_text(verdict.reason));
}

/// stream_kind is the kind of a conversation in which nothing was asked that we understand.
const FindingKind& stream_kind(const policy::Verdict& verdict) {
  return records::kind_of_stream(kind_in_record(verdict), policy::to_text(verdict.reason), verdict.rule != kNone);
}

std::string_view words_for(const policy::Verdict& verdict) {
  if (verdict.rule != kNone) return "a rule is about it, and one of its conditions does not hold or is not known";
  if (verdict.reason == Reason::no_rule) return "no rule allows it";
  if (verdict.reason == Reason::no_conduit) return "no conduit joins their zones";
  return "the plant does not know both ends";
}

}  // namespace

void Correlator::see_address(Talk& talk, const records::Side& side, const policy::Party& party, Moment moment) {
  if (!side.ip || side.ip->is_multicast() || side.ip->is_broadcast()) return;
  if (addresses_seen_.size() >= kMostAddresses || !addresses_seen_.insert(*side.ip).second) return;
  sink_.record(
      records::AssetSeen{.when = moment.time, .packet = moment.packet, .side = side, .vlan = talk.conversation.vlan});
  if (!policy_ || party.asset != kNone || plant_addresses_.contains(*side.ip)) return;
  if (gateways_.at(side.ip) != kNone) return;
  const bool client = &side == &talk.conversation.client;
  find(kinds::kUnknownAsset, address_key(side), talk, client ? Direction::to_server : Direction::to_client, moment,
       [&] {
         std::string message = to_text(*side.ip) + " is no asset of the plant";
         if (party.zone != kNone) message += ", in the network of zone " + std::string(zone_id(party.zone));
         message += client ? "; it began to talk to " : "; it was addressed by ";
         append_side(message, client ? talk.conversation.server : talk.conversation.client);
         return message;
       });
}

void Correlator::judge(Talk& talk, Direction direction, const Operation& operation, const policy::Parties& parties,
                       const policy::Verdict& verdict, Moment moment) {
  uint64_t key = mix(mix(parties.client.asset, parties.server.asset), operation.function.code);
  if (verdict.decision != policy::Decision::allowed) {
    const FindingKind& kind = kind_of(verdict);
    if (parties.client.asset == kNone || parties.server.asset == kNone) {
      key = mix(key, pair_key(talk.conversation.client, talk.conversation.server));
    }
    key = mix(key, mix(verdict.rule, verdict.point));
    const auto words = [&] {
      std::string message = policy::explain(*policy_, verdict, parties, operation);
      const bool by_client = direction == Direction::to_server;
      if (parties.client.asset == kNone) {
        message += "; it is ";
        append_side(message, by_client ? talk.conversation.client : talk.conversation.server);
      } else if (parties.server.asset == kNone) {
        message += "; asked was ";
        append_side(message, by_client ? talk.conversation.server : talk.conversation.client);
      }
      return message;
    };
    find(kind, key, talk, direction, moment, words, &operation, &verdict);
  }
  const FindingKind* control = records::control_kind(operation);
  if (control == nullptr) return;
  const auto words = [&] { return records::control_words(talk.conversation, direction, operation); };
  find(*control, key, talk, direction, moment, words, &operation, &verdict);
}

/// decided judges what the plant says of both parties; a gateway may ask for each of its clients that may. Rates are
/// counted, and exceeded, where the client is seen to ask.
template <class Decide>
policy::Verdict Correlator::decided(const Talk& talk, const policy::Parties& parties, Decide&& decide) const {
  policy::Verdict verdict = decide(parties);
  if (talk.gateway == kNone || verdict.allowed() || parties.client != talk.client_party) return verdict;
  for (const plant::Index client : gateways_.clients(talk.gateway, parties.server.asset)) {
    policy::Parties other = parties;
    other.client = {client, plant_->assets[client].zone};
    policy::Verdict one = decide(other);
    if (one.reason == Reason::rate_exceeded) one = {policy::Decision::allowed, Reason::rule, one.conduit, one.rule};
    if (one.allowed()) return one;
    if (verdict.rule == kNone) verdict = one;
  }
  return verdict;
}

/// inside_tls is the protocol that the plant says is spoken there inside TLS; not known: none.
protocols::Protocol Correlator::inside_tls(const records::Conversation& conversation) const {
  static const protocols::Protocol tls = *protocols::find_protocol("tls");
  static const protocols::Protocol modbus = *protocols::find_protocol("modbus");
  if (conversation.protocol != tls) return {};
  if (const Gateways::Behind* behind = gateways_.behind(conversation.server, conversation.transport)) {
    return behind->protocol;
  }
  return conversation.server.port == policy::usual_port(modbus, false, true) ? modbus : protocols::Protocol{};
}

policy::Verdict Correlator::verdict_of(const Talk& talk, const policy::Parties& parties, const Operation& operation,
                                       Moment moment) const {
  if (talk.inside_tls.known()) return verdict_of(talk, parties, moment.time);
  return decided(talk, parties, [&](const policy::Parties& one) {
    return policy::decide(*policy_, *situation_, one, operation, moment.time);
  });
}

policy::Verdict Correlator::verdict_of(const Talk& talk, const policy::Parties& parties, TimePoint when) const {
  const records::Conversation& conversation = talk.conversation;
  const policy::Stream stream{.ip_protocol = conversation.ip_protocol,
                              .port = conversation.server.port,
                              .protocol = talk.inside_tls.known() ? talk.inside_tls : conversation.protocol};
  return decided(talk, parties, [&](const policy::Parties& one) {
    return policy::decide_stream(*policy_, *situation_, one, stream, when);
  });
}

void Correlator::judge_undecoded(Talk& talk, const FlowStop& stop) {
  const records::Conversation& conversation = talk.conversation;
  if (conversation.server.ip && (conversation.server.ip->is_multicast() || conversation.server.ip->is_broadcast()))
    return;
  if (gateways_.are_wired(talk.gateway, conversation.server)) return;
  const policy::Parties parties{talk.client_party, talk.server_party};
  const policy::Verdict verdict = verdict_of(talk, parties, stop.first);
  if (talk.gateway == kNone) policy::note_stream(*situation_, *policy_, parties, verdict, stop.first);
  if (verdict.allowed()) return;
  const auto words = [&] {
    std::string message;
    append_side(message, conversation.client);
    message += " talked to ";
    append_side(message, conversation.server);
    message += " (" + std::string(to_text(conversation.transport));
    if (conversation.server.port != 0) message += " " + std::to_string(conversation.server.port);
    message += "): ";
    message += words_for(verdict);
    return message;
  };
  uint64_t key = pair_key(conversation.client, conversation.server);
  key = mix(key, mix(conversation.server.port, conversation.ip_protocol));
  find(stream_kind(verdict), key, talk, Direction::to_server, {stop.first, stop.first_packet}, words, nullptr,
       &verdict);
}

void Correlator::write(const FindingKind& kind, uint64_t key, Talk& talk, Direction direction, Moment moment,
                       std::string_view message, const Operation* operation, const policy::Verdict* verdict) {
  describe(talk);
  records::Finding finding = records::finding_of(kind);
  finding.when = moment.time;
  finding.packet = moment.packet;
  finding.message = message;
  finding.asked = direction;
  finding.operation = operation;
  finding.conversation = &talk.conversation;
  finding.zone = (direction == Direction::to_server ? talk.conversation.server : talk.conversation.client).zone;
  if (verdict != nullptr) {
    const records::Verdict recorded_verdict = recorded(*verdict);
    finding.conduit = recorded_verdict.conduit;
    finding.rule = recorded_verdict.rule;
    finding.reason = recorded_verdict.reason;
  }
  const plant::Index conduit = detectors_->pairs.conduit(talk.client_party, talk.server_party);
  if (finding.conduit.empty() && conduit != kNone) finding.conduit = plant_->conduits[conduit].id.value;
  if (keeper_.write(key, finding) && evidence_ != nullptr) evidence_->found(finding);
  // Where a million conversations are one finding each, what their lines had in common is not worth keeping.
  if (talk.operations > 0) return;
  for (std::string& json : talk.conversation.json) std::string().swap(json);  // assigning an empty one keeps the memory
}

records::Verdict Correlator::recorded(const policy::Verdict& verdict) const {
  records::Verdict record;
  record.kind = kind_in_record(verdict);
  record.reason = policy::to_text(verdict.reason);
  if (verdict.conduit == kNone) return record;
  const plant::Conduit& conduit = plant_->conduits[verdict.conduit];
  record.conduit = conduit.id.value;
  if (verdict.rule != kNone) record.rule = conduit.rules[verdict.rule].id.value;
  return record;
}

}  // namespace rampart::monitor
