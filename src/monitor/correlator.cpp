#include "monitor/correlator.h"

#include "base/text.h"
#include "monitor/community_id.h"
#include "monitor/side.h"
#include "monitor/talk.h"

namespace rampart::monitor {
namespace {

using policy::kNone;
using protocols::Operation;

constexpr size_t kMostSpare = 1024;
constexpr std::chrono::hours kTellUntold{1};
constexpr uint32_t kNoUnit = protocols::Object::kNoUnit;

}  // namespace

Correlator::Correlator(std::shared_ptr<const policy::Policy> policy, std::shared_ptr<const plant::Plant> plant,
                       records::Sink& sink, const HashKey& hash_key)
    : policy_(std::move(policy)),
      plant_(std::move(plant)),
      sink_(sink),
      hash_(hash_key),
      keeper_(sink),
      addresses_seen_(0, hash_) {
  detectors_ = std::make_unique<Detectors>(policy_ ? plant_.get() : nullptr);
  if (!policy_) return;
  situation_ = std::make_unique<policy::Situation>(policy_);
  gateways_ = Gateways(*plant_);
  behind_units_seen_.resize(plant_->assets.size());
  for (const plant::Asset& asset : plant_->assets) {
    for (const plant::Location& location : asset.at) {
      if (location.ip) plant_addresses_.insert(*location.ip);
    }
  }
}

Correlator::~Correlator() = default;

uint64_t Correlator::address_key(const records::Side& side) const {
  if (side.ip) return hash_(*side.ip);
  return side.mac ? hash_(*side.mac) : 0;
}

uint64_t Correlator::pair_key(const records::Side& from, const records::Side& to) const {
  return mix(address_key(from), address_key(to));
}

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
  if (policy_) {
    talk.client_party = party_of(conversation, conversation.client);
    talk.server_party = party_of(conversation, conversation.server);
    talk.gateway = gateways_.at(conversation.client.ip);
  }
  name_sides(talk);
  watch_start(talk, moment);
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

void Correlator::roles_swapped(FlowRef flow) {
  Talk& swapped = talk(flow);
  std::swap(swapped.conversation.client, swapped.conversation.server);
  std::swap(swapped.client_party, swapped.server_party);
  swapped.gateway = gateways_.at(swapped.conversation.client.ip);
  swapped.inside_tls = inside_tls(swapped.conversation);
  swapped.described = false;
}

void Correlator::protocol_found(FlowRef flow, protocols::Protocol protocol, Moment moment) {
  Talk& found = talk(flow);
  const protocols::Entry& entry = protocol.entry();
  found.conversation.protocol = protocol;
  found.inside_tls = inside_tls(found.conversation);
  found.matcher.emplace(entry.limits.pending_operations);
  found.answer_within = entry.limits.answer_within;
  found.described = false;
  found.encrypted = entry.encrypts;
  found.authenticated = entry.authenticates;
  if (entry.any_port) return;
  const bool tcp = found.conversation.transport == records::Transport::tcp;
  const uint16_t server = found.conversation.server.port;
  const uint16_t client = found.conversation.client.port;
  if (found.conversation.transport == records::Transport::ethernet) return;
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

/// party_of says who `side` is; who is found at a place of a gateway is the asset behind it, wherever that is.
policy::Party Correlator::party_of(const records::Conversation& conversation, const records::Side& side,
                                   const Operation* operation) const {
  if (const Gateways::Behind* behind = gateways_.behind(side, conversation.transport)) {
    return policy::identify(*policy_, {.ip = behind->server, .mac = {}, .vlan = {}}, operation);
  }
  return policy::identify(*policy_, {.ip = side.ip, .mac = side.mac, .vlan = conversation.vlan}, operation);
}

policy::Parties Correlator::parties_of(Talk& talk, Direction direction, const Operation& operation, Moment moment) {
  const bool by_client = (direction == Direction::to_server) != operation.for_peer;
  if (operation.object.unit == kNoUnit) {
    return by_client ? policy::Parties{talk.client_party, talk.server_party}
                     : policy::Parties{talk.server_party, talk.client_party};
  }
  if (talk.unit != operation.object.unit || talk.unit_of_server != by_client) {
    talk.unit = operation.object.unit;
    talk.unit_of_server = by_client;
    const records::Conversation& conversation = talk.conversation;
    talk.unit_party = party_of(conversation, by_client ? conversation.server : conversation.client, &operation);
    const policy::Party& whole = by_client ? talk.server_party : talk.client_party;
    const plant::Index behind = talk.unit_party.asset;
    if (behind != kNone && behind != whole.asset && !behind_units_seen_[behind]) {
      behind_units_seen_[behind] = true;
      records::Side side = by_client ? talk.conversation.server : talk.conversation.client;
      side.asset = asset_id(behind);
      side.zone = zone_id(talk.unit_party.zone);
      sink_.record(records::AssetSeen{
          .when = moment.time, .packet = moment.packet, .side = side, .vlan = talk.conversation.vlan});
    }
  }
  return {by_client ? talk.client_party : talk.server_party, talk.unit_party};
}

void Correlator::operation(FlowRef flow, Direction direction, const Operation& operation, Seen seen, Moment moment) {
  Talk& talk = this->talk(flow);
  ++totals_.operations;
  ++talk.operations;
  Asked asked{.packet = moment.packet, .seen = seen, .deviation = talk.deviation};
  talk.deviation = {};
  const bool to_all = talk.conversation.protocol.entry().to_everybody && is_group(talk.conversation.server);
  if (policy_ && !to_all && !gateways_.are_wired(talk.gateway, talk.conversation.server)) {
    asked.judged = true;
    asked.parties = parties_of(talk, direction, operation, moment);
    asked.verdict = verdict_of(talk, asked.parties, operation, moment);
    // What a gateway passes on counts where its client is seen to ask.
    if (talk.gateway == kNone) {
      policy::note_asked(*situation_, *policy_, asked.parties, asked.verdict, moment.time);
    }
    judge(talk, direction, operation, asked.parties, asked.verdict, moment);
  }
  watch_operation(talk, direction, operation, asked.judged && asked.verdict.decision == policy::Decision::denied,
                  moment);
  if (operation.expects_answer) {
    if (!talk.waiting) {
      talk.waiting = true;
      waiting_.push_back({flow, talk.conversation.flow_id});
    }
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
  bool judged = policy_ != nullptr;
  if (transaction.context != nullptr) {
    record.asked_packet = transaction.context->packet;
    record.seen = transaction.context->seen;
    record.deviation = transaction.context->deviation;
    parties = transaction.context->parties;
    judged = transaction.context->judged;
    if (judged) record.verdict = recorded(transaction.context->verdict);
  } else if (policy_) {
    const bool by_client = transaction.asked == Direction::to_server;
    parties = {by_client ? talk.client_party : talk.server_party, by_client ? talk.server_party : talk.client_party};
  }
  if (judged) {
    if (transaction.answers.empty()) {
      policy::note_answered(*situation_, *policy_, parties, transaction.operation, nullptr, transaction.outcome,
                            transaction.asked_at);
    }
    for (const protocols::Answer* answer : transaction.answers) {
      policy::note_answered(*situation_, *policy_, parties, transaction.operation, answer, transaction.outcome,
                            transaction.answered_at);
    }
  }
  if (transaction.operation != nullptr && transaction.outcome.kind != protocols::Outcome::Kind::ok) {
    watch_denied(talk, transaction.asked, *transaction.operation, {transaction.answered_at, packet});
  }
  sink_.record(record);
}

void Correlator::attribute(FlowRef flow, Direction direction, const protocols::Attribute& attribute, Moment moment) {
  Talk& talk = this->talk(flow);
  const records::Side& side = direction == Direction::to_client ? talk.conversation.server : talk.conversation.client;
  watch_claim(talk, attribute, moment);
  uint64_t key = mix(mix(address_key(side), attribute.unit), static_cast<uint64_t>(attribute.kind));
  key = mix(key, std::hash<std::string_view>{}(attribute.text));
  if (attribute.about_ip) key = mix(key, hash_(*attribute.about_ip));
  if (attribute.about_mac) key = mix(key, hash_(*attribute.about_mac));
  key = mix(key, static_cast<uint64_t>(attribute.basis));
  if (attributes_seen_.size() >= kMostAddresses || !attributes_seen_.insert(key).second) return;
  watch_attribute(talk, direction, attribute, moment);
  describe(talk);
  sink_.record(records::AssetSeen{.when = moment.time,
                                  .packet = moment.packet,
                                  .side = side,
                                  .vlan = talk.conversation.vlan,
                                  .conversation = &talk.conversation,
                                  .attribute = &attribute});
}

void Correlator::protection(FlowRef flow, Direction direction, const protocols::Protection& protection, Moment moment) {
  using protocols::Assurance;
  using protocols::Protection;
  Talk& talk = this->talk(flow);
  switch (protection.kind) {
    case Protection::Kind::encrypted:
      talk.encrypted = Assurance::yes;
      break;
    case Protection::Kind::unencrypted:
    case Protection::Kind::plain_credentials:
      talk.encrypted = Assurance::no;
      break;
    case Protection::Kind::authenticated:
      talk.authenticated = Assurance::yes;
      break;
    case Protection::Kind::unauthenticated:
      talk.authenticated = Assurance::no;
      break;
    case Protection::Kind::outdated:
    case Protection::Kind::certificate:
      break;
  }
  watch_protection(talk, direction, protection, moment);
  const auto text_key = std::hash<std::string_view>{};
  const records::Conversation& conversation = talk.conversation;
  uint64_t key = mix(pair_key(conversation.client, conversation.server), conversation.server.port);
  key = mix(mix(key, static_cast<uint64_t>(protection.kind)), static_cast<uint64_t>(direction));
  key = mix(mix(key, text_key(protection.method)), text_key(protection.text));
  key = mix(mix(key, text_key(protection.issuer)),
            static_cast<uint64_t>(protection.not_after.time_since_epoch().count()));
  if (protections_seen_.size() >= kMostAddresses || !protections_seen_.insert(key).second) return;
  describe(talk);
  sink_.record(records::ProtectionSeen{.when = moment.time,
                                       .packet = moment.packet,
                                       .conversation = &talk.conversation,
                                       .direction = direction,
                                       .protection = protection});
}

void Correlator::deviation(FlowRef flow, std::string_view name) { talk(flow).deviation = name; }

void Correlator::trouble(FlowRef flow, Direction direction, std::string_view kind, std::string_view reason,
                         uint64_t count, Moment moment) {
  Talk& talk = this->talk(flow);
  if (kind == "gap") {
    ++totals_.gaps;
    totals_.gap_octets += count;
    talk.lost_octets += count;
    detectors_->blindness.lost(moment.time);
  } else if (kind == "unsupported") {
    ++totals_.unsupported_frames;
  } else {
    ++totals_.malformed_frames;
    const uint64_t key = pair_key(talk.conversation.client, talk.conversation.server);
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

void Correlator::flow_stopped(FlowRef flow, const FlowStop& stop, Moment moment) {
  Talk& talk = this->talk(flow);
  if (talk.matcher) {
    talk.matcher->flush([&](const protocols::Transaction<Asked>& t) { emit(talk, t, 0); });
    totals_.given_up_operations += talk.matcher->given_up();
  }
  if (stop.end == "evicted") {
    ++totals_.evicted_flows;
    detectors_->blindness.lost(moment.time);
  }
  last_ = moment;
  watch_stop(talk, stop);
  if (policy_) watch_exposed(talk, stop);
  // What is said straight over Ethernet stays among neighbours: no conduit of the plant is about it.
  const bool neighbours = talk.conversation.transport == records::Transport::ethernet;
  if (policy_ && talk.operations == 0 && !neighbours) judge_undecoded(talk, stop);
  describe(talk);
  records::Flow record{.conversation = &talk.conversation,
                       .first = stop.first,
                       .last = stop.last,
                       .first_packet = stop.first_packet,
                       .operations = talk.operations,
                       .lost_octets = talk.lost_octets,
                       .opening_seen = stop.opening_seen,
                       .end = stop.end,
                       .encrypted = talk.encrypted,
                       .authenticated = talk.authenticated};
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

void Correlator::note_loss(TimePoint when) { detectors_->blindness.lost(when); }

void Correlator::tick(Moment moment) {
  last_ = moment;
  if (moment.time - untold_at_ >= kTellUntold) {
    untold_at_ = moment.time;
    tell_untold(moment);
  }
  std::erase_if(waiting_, [&](const Waiting& one) {
    Talk* talk = talks_[one.flow.shard][one.flow.slot].get();
    if (talk == nullptr || talk->conversation.flow_id != one.flow_id) return true;
    talk->matcher->expire(moment.time - talk->answer_within,
                          [&](const protocols::Transaction<Asked>& t) { emit(*talk, t, 0); });
    talk->waiting = talk->matcher->in_flight() > 0;
    return !talk->waiting;
  });
}

void Correlator::finish() {
  keeper_.flush();
  tell_untold(last_);
}

void Correlator::describe(Talk& talk) {
  if (talk.described) return;
  talk.described = true;
  if (talk.conversation.community_id.empty()) talk.conversation.community_id = community_id(talk.conversation);
  for (std::string& json : talk.conversation.json) json.clear();
}

}  // namespace rampart::monitor
