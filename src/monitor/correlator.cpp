#include "monitor/correlator.h"

#include "base/text.h"
#include "monitor/community_id.h"
#include "records/json.h"

namespace rampart::monitor {
namespace {

using policy::kNone;
using policy::Reason;
using protocols::Action;
using protocols::Operation;
using protocols::Outcome;

constexpr size_t kMostAddresses = 1'000'000;
constexpr size_t kMostSpare = 1024;
constexpr uint32_t kNoUnit = protocols::Object::kNoUnit;

const FindingKind& kind_of(const policy::Verdict& verdict) {
  if (verdict.decision == policy::Decision::undecidable) return kinds::kUndecidable;
  switch (verdict.reason) {
    case Reason::unknown_client:
      return kinds::kUnknownClient;
    case Reason::unknown_server:
      return kinds::kUnknownServer;
    case Reason::unknown_asset:
      return kinds::kUnknownAsset;
    case Reason::no_conduit:
      return kinds::kNoConduit;
    case Reason::value_out_of_range:
      return kinds::kValue;
    case Reason::step_too_large:
      return kinds::kStep;
    case Reason::rate_exceeded:
      return kinds::kRate;
    case Reason::outside_calendar:
      return kinds::kCalendar;
    case Reason::role_missing:
      return kinds::kRole;
    case Reason::approval_missing:
      return kinds::kApproval;
    case Reason::rule:
    case Reason::same_zone:
    case Reason::no_rule:
    case Reason::value_unknown:
    case Reason::role_unknown:
      return kinds::kNoRule;
  }
  return kinds::kNoRule;
}

const FindingKind* control_kind(const Operation& operation) {
  switch (operation.action) {
    case Action::program:
      return &kinds::kProgram;
    case Action::start:
      return &kinds::kStart;
    case Action::firmware:
      return &kinds::kFirmware;
    case Action::stop:
      return operation.function.name.find("restart") != std::string_view::npos ? &kinds::kRestart : &kinds::kStop;
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

policy::Endpoint endpoint(const FlowSide& side, const std::optional<uint16_t>& vlan) {
  policy::Endpoint end;
  end.ip = side.ip;
  if (side.mac != MacAddress{}) end.mac = side.mac;
  end.vlan = vlan;
  return end;
}

/// append_side writes who an end is: its name in the plant, else its address.
void append_side(std::string& out, const records::Side& side) {
  if (!side.asset.empty()) {
    out += side.asset;
  } else if (side.ip) {
    append(out, *side.ip);
  } else if (side.mac) {
    append(out, *side.mac);
  }
}

std::string_view words_for(Reason reason) {
  if (reason == Reason::no_rule) return "no rule allows it";
  if (reason == Reason::no_conduit) return "no conduit joins their zones";
  return "the plant does not know both ends";
}

uint64_t address_key(const records::Side& side) {
  if (side.ip) return side.ip->hash();
  return side.mac ? std::hash<MacAddress>{}(*side.mac) : 0;
}

}  // namespace

/// Talk is what the judging side knows of one live conversation.
struct Correlator::Talk {
  records::Conversation conversation;
  policy::Endpoint client, server;
  policy::Party client_party, server_party;
  uint32_t unit = kNoUnit;  // for which the server's party was looked up
  policy::Party unit_party;
  std::optional<Matcher> matcher;
  std::chrono::milliseconds answer_within{};
  uint64_t operations = 0, denied = 0, lost_octets = 0;
  std::string_view deviation{};
  bool described = false;

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
                      Message&& message, const Operation* operation, const policy::Verdict* verdict) {
  key = mix(key, kind.signature);
  if (!keeper_.due(key, moment.time, moment.packet)) return;
  describe(talk);
  const std::string words = message();
  records::Finding finding;
  finding.when = moment.time;
  finding.packet = moment.packet;
  finding.signature = kind.signature;
  finding.id = kind.id;
  finding.category = kind.category;
  finding.severity = kind.severity;
  finding.message = words;
  finding.asked = direction;
  finding.technique = kind.technique;
  finding.requirement = kind.requirement;
  finding.operation = operation;
  finding.conversation = &talk.conversation;
  finding.zone = (direction == Direction::to_server ? talk.conversation.server : talk.conversation.client).zone;
  if (verdict != nullptr) {
    const records::Verdict recorded_verdict = recorded(*verdict);
    finding.conduit = recorded_verdict.conduit;
    finding.rule = recorded_verdict.rule;
    finding.reason = recorded_verdict.reason;
  }
  keeper_.write(key, finding);
}

Correlator::Correlator(std::shared_ptr<const policy::Policy> policy, std::shared_ptr<const plant::Plant> plant,
                       records::Sink& sink)
    : policy_(std::move(policy)), plant_(std::move(plant)), sink_(sink), keeper_(sink) {
  if (policy_) situation_ = std::make_unique<policy::Situation>(policy_);
}

Correlator::~Correlator() = default;

Correlator::Talk& Correlator::talk(FlowRef flow) { return *talks_[flow.shard][flow.slot]; }

std::string_view Correlator::asset_id(plant::Index asset) const {
  return asset == kNone ? std::string_view{} : std::string_view(plant_->assets[asset].id.value);
}

std::string_view Correlator::zone_id(plant::Index zone) const {
  return zone == kNone ? std::string_view{} : std::string_view(plant_->zones[zone].id.value);
}

void Correlator::flow_started(FlowRef flow, const FlowStart& start, Moment moment) {
  if (talks_.size() <= flow.shard) talks_.resize(flow.shard + 1u);
  auto& shard = talks_[flow.shard];
  if (shard.size() <= flow.slot) shard.resize(flow.slot + 1u);
  if (spare_.empty()) {
    shard[flow.slot] = std::make_unique<Talk>();
  } else {
    shard[flow.slot] = std::move(spare_.back());
    spare_.pop_back();
  }
  Talk& talk = *shard[flow.slot];
  ++totals_.flows;
  records::Conversation& conversation = talk.conversation;
  conversation.flow_id = start.flow_id;
  conversation.vlan = start.vlan;
  conversation.transport = start.transport;
  conversation.ip_protocol = start.ip_protocol;
  conversation.client = {.ip = start.client.ip, .port = start.client.port};
  conversation.server = {.ip = start.server.ip, .port = start.server.port};
  if (start.client.mac != MacAddress{}) conversation.client.mac = start.client.mac;
  if (start.server.mac != MacAddress{}) conversation.server.mac = start.server.mac;
  talk.client = endpoint(start.client, start.vlan);
  talk.server = endpoint(start.server, start.vlan);
  if (policy_) {
    talk.client_party = policy::identify(*policy_, talk.client);
    talk.server_party = policy::identify(*policy_, talk.server);
  }
  name_sides(talk);
  see_address(talk, conversation.client, talk.client_party, moment);
  see_address(talk, conversation.server, talk.server_party, moment);
}

void Correlator::name_sides(Talk& talk) {
  records::Conversation& conversation = talk.conversation;
  conversation.client.asset = asset_id(talk.client_party.asset);
  conversation.client.zone = zone_id(talk.client_party.zone);
  conversation.server.asset = asset_id(talk.server_party.asset);
  conversation.server.zone = zone_id(talk.server_party.zone);
}

void Correlator::see_address(Talk& talk, const records::Side& side, const policy::Party& party, Moment moment) {
  if (!side.ip || side.ip->is_multicast() || side.ip->is_broadcast()) return;
  if (addresses_seen_.size() >= kMostAddresses || !addresses_seen_.insert(*side.ip).second) return;
  sink_.record(
      records::AssetSeen{.when = moment.time, .packet = moment.packet, .side = side, .vlan = talk.conversation.vlan});
  if (!policy_ || party.asset != kNone) return;
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

void Correlator::roles_swapped(FlowRef flow) {
  Talk& swapped = talk(flow);
  std::swap(swapped.conversation.client, swapped.conversation.server);
  std::swap(swapped.client, swapped.server);
  std::swap(swapped.client_party, swapped.server_party);
  swapped.described = false;
}

void Correlator::protocol_found(FlowRef flow, protocols::Protocol protocol, Moment moment) {
  Talk& found = talk(flow);
  const protocols::Entry& entry = protocol.entry();
  found.conversation.protocol = protocol;
  found.matcher.emplace(entry.limits.pending_operations);
  found.answer_within = entry.limits.answer_within;
  found.described = false;
  const bool tcp = found.conversation.transport == records::Transport::tcp;
  const uint16_t server = found.conversation.server.port;
  const uint16_t client = found.conversation.client.port;
  for (const uint16_t port : tcp ? entry.tcp_ports : entry.udp_ports) {
    if (port == server || port == client) return;
  }
  find(kinds::kWrongPort, mix(address_key(found.conversation.server), server), found, Direction::to_server, moment,
       [&] {
         return std::string(entry.name) + " on " + (tcp ? "tcp/" : "udp/") + std::to_string(server) +
                ", which is not its port";
       });
}

void Correlator::protocol_missing(FlowRef flow, protocols::Protocol expected, Moment moment) {
  Talk& missing = talk(flow);
  const bool tcp = missing.conversation.transport == records::Transport::tcp;
  const uint16_t port = missing.conversation.server.port;
  find(kinds::kNotProtocol, mix(address_key(missing.conversation.server), port), missing, Direction::to_server, moment,
       [&] {
         return std::string(tcp ? "tcp/" : "udp/") + std::to_string(port) + " carries something that is not " +
                std::string(expected.name());
       });
}

policy::Parties Correlator::parties_of(Talk& talk, Direction direction, const Operation& operation) {
  const bool by_client = (direction == Direction::to_server) != operation.for_peer;
  if (operation.object.unit == kNoUnit) {
    return by_client ? policy::Parties{talk.client_party, talk.server_party}
                     : policy::Parties{talk.server_party, talk.client_party};
  }
  if (talk.unit != operation.object.unit) {
    talk.unit = operation.object.unit;
    talk.unit_party = policy::identify(*policy_, by_client ? talk.server : talk.client, &operation);
  }
  return {by_client ? talk.client_party : talk.server_party, talk.unit_party};
}

void Correlator::operation(FlowRef flow, Direction direction, const Operation& operation, Seen seen, Moment moment) {
  Talk& talk = this->talk(flow);
  ++totals_.operations;
  ++talk.operations;
  Asked asked{.packet = moment.packet, .seen = seen, .deviation = talk.deviation};
  talk.deviation = {};
  if (policy_) {
    asked.parties = parties_of(talk, direction, operation);
    asked.verdict = policy::decide(*policy_, *situation_, asked.parties, operation, moment.time);
    policy::note_asked(*situation_, *policy_, asked.parties, asked.verdict, moment.time);
    judge(talk, direction, operation, asked.parties, asked.verdict, moment);
  }
  if (operation.expects_answer) {
    talk.matcher->asked(operation, direction, moment.time,
                        [&](const protocols::Transaction<Asked>& t) { emit(talk, t, moment.packet); }) = asked;
    return;
  }
  const protocols::Transaction<Asked> alone{.operation = &operation,
                                            .asked = direction,
                                            .asked_at = moment.time,
                                            .answered_at = moment.time,
                                            .context = &asked};
  emit(talk, alone, 0);
}

void Correlator::judge(Talk& talk, Direction direction, const Operation& operation, const policy::Parties& parties,
                       const policy::Verdict& verdict, Moment moment) {
  uint64_t key = mix(mix(parties.client.asset, parties.server.asset), operation.function.code);
  if (verdict.decision != policy::Decision::allowed) {
    ++talk.denied;
    const FindingKind& kind = kind_of(verdict);
    if (parties.client.asset == kNone || parties.server.asset == kNone) {
      key = mix(key, mix(address_key(talk.conversation.client), address_key(talk.conversation.server)));
    }
    key = mix(key, mix(verdict.rule, verdict.point));
    find(
        kind, key, talk, direction, moment, [&] { return policy::explain(*policy_, verdict, parties, operation); },
        &operation, &verdict);
  }
  const FindingKind* control = control_kind(operation);
  if (control == nullptr) return;
  const auto words = [&] {
    const bool by_client = direction == Direction::to_server;
    std::string message;
    append_side(message, by_client ? talk.conversation.client : talk.conversation.server);
    message += " asked ";
    append_side(message, by_client ? talk.conversation.server : talk.conversation.client);
    message += " for " + std::string(to_text(operation.action)) + " (" + std::string(operation.protocol.name()) + " " +
               std::string(operation.function.name) + ")";
    return message;
  };
  find(*control, key, talk, direction, moment, words, &operation, &verdict);
}

void Correlator::answer(FlowRef flow, Direction direction, const protocols::Answer& answer, Moment moment) {
  Talk& talk = this->talk(flow);
  talk.deviation = {};
  talk.matcher->answered(answer, direction, moment.time,
                         [&](const protocols::Transaction<Asked>& t) { emit(talk, t, moment.packet); });
}

void Correlator::emit(Talk& talk, const protocols::Transaction<Asked>& transaction, uint64_t packet) {
  describe(talk);
  records::Transaction record;
  record.conversation = &talk.conversation;
  record.asked = transaction.asked;
  record.asked_at = transaction.asked_at;
  record.answered_at = transaction.answered_at;
  record.exchange = transaction.exchange;
  record.operation = transaction.operation;
  record.answers = transaction.answers;
  record.outcome = transaction.outcome;
  record.answered_packet = packet;
  policy::Parties parties;
  if (transaction.context != nullptr) {
    record.asked_packet = transaction.context->packet;
    record.seen = transaction.context->seen;
    record.deviation = transaction.context->deviation;
    parties = transaction.context->parties;
    if (policy_) record.verdict = recorded(transaction.context->verdict);
  } else if (policy_) {
    const bool by_client = transaction.asked == Direction::to_server;
    parties = {by_client ? talk.client_party : talk.server_party, by_client ? talk.server_party : talk.client_party};
  }
  if (policy_) {
    if (transaction.answers.empty()) {
      policy::note_answered(*situation_, *policy_, parties, transaction.operation, nullptr, transaction.outcome,
                            transaction.asked_at);
    }
    for (const protocols::Answer* answer : transaction.answers) {
      policy::note_answered(*situation_, *policy_, parties, transaction.operation, answer, transaction.outcome,
                            transaction.answered_at);
    }
  }
  sink_.record(record);
}

void Correlator::attribute(FlowRef flow, Direction direction, const protocols::Attribute& attribute, Moment moment) {
  Talk& talk = this->talk(flow);
  const records::Side& side = direction == Direction::to_client ? talk.conversation.server : talk.conversation.client;
  uint64_t key = mix(mix(address_key(side), attribute.unit), static_cast<uint64_t>(attribute.kind));
  key = mix(key, std::hash<std::string_view>{}(attribute.text));
  if (attributes_seen_.size() >= kMostAddresses || !attributes_seen_.insert(key).second) return;
  describe(talk);
  sink_.record(records::AssetSeen{.when = moment.time,
                                  .packet = moment.packet,
                                  .side = side,
                                  .vlan = talk.conversation.vlan,
                                  .conversation = &talk.conversation,
                                  .attribute = &attribute});
}

void Correlator::deviation(FlowRef flow, std::string_view name) { talk(flow).deviation = name; }

void Correlator::trouble(FlowRef flow, Direction direction, std::string_view kind, std::string_view reason,
                         uint64_t count, Moment moment) {
  Talk& talk = this->talk(flow);
  if (kind == "gap") {
    ++totals_.gaps;
    totals_.gap_octets += count;
    talk.lost_octets += count;
  } else if (kind == "unsupported") {
    ++totals_.unsupported_frames;
  } else {
    ++totals_.malformed_frames;
    const uint64_t key = mix(address_key(talk.conversation.client), address_key(talk.conversation.server));
    find(kinds::kMalformed, mix(key, std::hash<std::string_view>{}(reason)), talk, direction, moment, [&] {
      return std::string(talk.conversation.protocol.name()) + " message is malformed: " + std::string(reason);
    });
  }
  describe(talk);
  sink_.record(records::Loss{.when = moment.time,
                             .packet = moment.packet,
                             .kind = kind,
                             .reason = reason,
                             .count = count,
                             .conversation = &talk.conversation,
                             .direction = direction});
}

void Correlator::judge_undecoded(Talk& talk, const FlowStop& stop) {
  const records::Conversation& conversation = talk.conversation;
  if (conversation.server.ip && (conversation.server.ip->is_multicast() || conversation.server.ip->is_broadcast()))
    return;
  const Operation nothing{.action = Action::session};
  const policy::Parties parties{talk.client_party, talk.server_party};
  const policy::Verdict verdict = policy::decide(*policy_, *situation_, parties, nothing, stop.first);
  if (verdict.allowed()) return;
  const bool joined = verdict.reason == Reason::no_rule;
  const auto words = [&] {
    std::string message;
    append_side(message, conversation.client);
    message += " talked to ";
    append_side(message, conversation.server);
    message += " (" + std::string(to_text(conversation.transport));
    if (conversation.server.port != 0) message += " " + std::to_string(conversation.server.port);
    message += "): ";
    message += words_for(verdict.reason);
    return message;
  };
  uint64_t key = mix(address_key(conversation.client), address_key(conversation.server));
  key = mix(key, mix(conversation.server.port, conversation.ip_protocol));
  find(joined ? kinds::kTraffic : kinds::kTrafficNoConduit, key, talk, Direction::to_server,
       {stop.first, stop.first_packet}, words, nullptr, &verdict);
}

void Correlator::flow_stopped(FlowRef flow, const FlowStop& stop, Moment) {
  Talk& talk = this->talk(flow);
  if (talk.matcher) {
    talk.matcher->flush([&](const protocols::Transaction<Asked>& t) { emit(talk, t, 0); });
    totals_.given_up_operations += talk.matcher->given_up();
  }
  if (policy_ && talk.operations == 0) judge_undecoded(talk, stop);
  if (stop.end == "evicted") ++totals_.evicted_flows;
  describe(talk);
  records::Flow record{.conversation = &talk.conversation,
                       .first = stop.first,
                       .last = stop.last,
                       .first_packet = stop.first_packet,
                       .operations = talk.operations,
                       .lost_octets = talk.lost_octets,
                       .opening_seen = stop.opening_seen,
                       .end = stop.end};
  for (size_t i = 0; i < 2; ++i) {
    record.packets[i] = stop.packets[i];
    record.octets[i] = stop.octets[i];
  }
  sink_.record(record);
  std::unique_ptr<Talk>& ended = talks_[flow.shard][flow.slot];
  if (spare_.size() < kMostSpare) {
    ended->renew();
    spare_.push_back(std::move(ended));
  }
  ended.reset();
}

void Correlator::packet_trouble(std::string_view reason, Moment moment) {
  ++totals_.malformed_packets;
  if (totals_.malformed_packets > 1000) return;
  sink_.record(
      records::Loss{.when = moment.time, .packet = moment.packet, .kind = "packet", .reason = reason, .count = 1});
}

void Correlator::tick(Moment moment) {
  for (auto& shard : talks_) {
    for (auto& talk : shard) {
      if (!talk || !talk->matcher || talk->matcher->in_flight() == 0) continue;
      talk->matcher->expire(moment.time - talk->answer_within,
                            [&](const protocols::Transaction<Asked>& t) { emit(*talk, t, 0); });
    }
  }
}

void Correlator::finish() { keeper_.flush(); }

void Correlator::describe(Talk& talk) {
  if (talk.described) return;
  talk.described = true;
  if (talk.conversation.community_id.empty()) talk.conversation.community_id = community_id(talk.conversation);
  records::describe(talk.conversation);
}

records::Verdict Correlator::recorded(const policy::Verdict& verdict) const {
  records::Verdict record;
  record.kind = static_cast<records::Verdict::Kind>(static_cast<uint8_t>(verdict.decision) + 1);
  record.reason = policy::to_text(verdict.reason);
  if (verdict.conduit == kNone) return record;
  const plant::Conduit& conduit = plant_->conduits[verdict.conduit];
  record.conduit = conduit.id.value;
  if (verdict.rule != kNone) record.rule = conduit.rules[verdict.rule].id.value;
  return record;
}

}  // namespace rampart::monitor
