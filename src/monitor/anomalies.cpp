// What is wrong although no rule of the plant says so: scans, what was not there before, what is more than usual, what
// cannot be seen whole. And what becomes of findings that are not told one by one.
#include <algorithm>

#include "monitor/side.h"
#include "monitor/talk.h"

namespace rampart::monitor {
namespace {

using policy::kNone;
using protocols::Action;
using protocols::Operation;

constexpr uint64_t kSaidEnough = 4;  // packets in one direction before its silence says something

const FindingKind& kind_of(Scan scan) {
  switch (scan) {
    case Scan::hosts:
      return kinds::kScanHosts;
    case Scan::ports:
      return kinds::kScanPorts;
    case Scan::functions:
      return kinds::kScanFunctions;
    case Scan::units:
      return kinds::kScanUnits;
    case Scan::objects:
      return kinds::kScanObjects;
  }
  return kinds::kScanHosts;
}

std::string_view things_of(Scan scan) {
  switch (scan) {
    case Scan::hosts:
      return "hosts";
    case Scan::ports:
      return "ports of ";
    case Scan::functions:
      return "functions of ";
    case Scan::units:
      return "units behind ";
    case Scan::objects:
      return "objects of ";
  }
  return "";
}

bool one_host(const records::Side& side) {
  return side.ip ? !side.ip->is_multicast() && !side.ip->is_broadcast() : side.mac && (side.mac->octets[0] & 1) == 0;
}

/// harmless is true of operations that change nothing: only these may be counted as part of a scan. Who hides a write
/// in a scan is told of.
bool harmless(Action action) {
  return action == Action::read || action == Action::identify || action == Action::session ||
         action == Action::diagnose;
}

/// of_device is true where a device is asked for what it measures and does. Protocols whose objects are mere names (web
/// pages, hosts, topics) are not of this kind: many of them, and many that are refused, are nothing unusual.
bool of_device(const Operation& operation) {
  const std::span<const protocols::Space> spaces = operation.protocol.entry().spaces;
  return !spaces.empty() && spaces[0].name != "name";
}

bool writes(Action action) { return action == Action::write || action == Action::operate; }

uint64_t object_key(const Operation& operation) {
  const protocols::Object& object = operation.object;
  uint64_t key = mix(mix(operation.protocol.number, object.space), mix(object.container, object.first));
  if (!object.name.empty()) key = mix(key, std::hash<std::string_view>{}(object.name));
  return key;
}

const records::Side& asker(const records::Conversation& conversation, Direction direction) {
  return direction == Direction::to_server ? conversation.client : conversation.server;
}
const records::Side& asked(const records::Conversation& conversation, Direction direction) {
  return direction == Direction::to_server ? conversation.server : conversation.client;
}

std::string number(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

std::string per(const plant::Rate& rate) { return std::to_string(rate.per.count()) + " s"; }

std::string sides(const records::Side& from, std::string_view verb, const records::Side& to) {
  std::string message;
  append_side(message, from);
  message += " " + std::string(verb) + " ";
  append_side(message, to);
  return message;
}

/// object_words names what an operation is about, as rules name it.
std::string object_words(const Operation& operation) {
  std::string words;
  if (operation.protocol.entry().append_object != nullptr) {
    operation.protocol.entry().append_object(words, operation.object);
  }
  if (words.empty()) words = "its values";
  return words;
}

}  // namespace

void Correlator::watch_start(Talk& talk, Moment moment) {
  Detectors& detectors = *detectors_;
  if (!detectors.begun) detectors.begin(moment.time);
  const records::Conversation& conversation = talk.conversation;
  if (conversation.transport == records::Transport::ethernet) return;  // what neighbours say to one another
  talk.foreseen = detectors.pairs.of(talk.client_party, talk.server_party);
  if (!gateways_.clients(talk.gateway, talk.server_party.asset).empty() ||
      gateways_.are_wired(talk.gateway, conversation.server)) {
    talk.foreseen = Foreseen::yes;
  }
  if (!one_host(conversation.client) || !one_host(conversation.server)) return;
  watch_sender(talk, moment);
  const uint64_t client = address_key(conversation.client);
  const uint64_t server = address_key(conversation.server);
  if (talk.foreseen == Foreseen::no) {
    probe(Scan::hosts, client, server, talk, Direction::to_server, moment);
    if (conversation.server.port != 0) {
      probe(Scan::ports, mix(client, server), conversation.server.port, talk, Direction::to_server, moment);
    }
  }
  const uint64_t both = client < server ? mix(client, server) : mix(server, client);
  if (detectors.hosts_met.news(both, moment.time) && talk.foreseen == Foreseen::unsaid) {
    find(kinds::kNewPair, both, talk, Direction::to_server, moment, [&] {
      return sides(conversation.client, "began to talk to", conversation.server) + "; the two never met before";
    });
  }
  // Of TCP: of UDP each question of a name is a conversation.
  const bool tcp = conversation.transport == records::Transport::tcp;
  if (tcp && detectors.floods.add(detectors.servers.touch(server, moment.time), moment.time)) {
    find(kinds::kFlood, server, talk, Direction::to_server, moment, [&] {
      std::string message;
      append_side(message, conversation.server);
      return message + " is flooded with new conversations: more within " + per(detectors.floods.limit()) +
             " than is usual or allowed";
    });
  }
}

void Correlator::probe(Scan scan, uint64_t source, uint64_t thing, Talk& talk, Direction direction, Moment moment) {
  Detectors& detectors = *detectors_;
  if (!detectors.scans.probe(scan, source, thing, moment.time)) return;
  find(kind_of(scan), source, talk, direction, moment, [&] {
    const plant::Rate& limit = detectors.scans.limit(scan);
    std::string message;
    append_side(message, asker(talk.conversation, direction));
    message += " tries out " + std::string(things_of(scan));
    if (scan != Scan::hosts) append_side(message, asked(talk.conversation, direction));
    return message + ": " + std::to_string(limit.count) + " different ones within " + per(limit);
  });
}

bool Correlator::part_of_scan(const FindingKind& kind, const Talk& talk, Direction direction, Moment moment,
                              const Operation* operation) {
  if (operation != nullptr && !harmless(operation->action)) return false;
  const uint32_t number = kind.signature;
  const bool unknown = number == kinds::kUnknownAsset.signature;
  const bool verdict = operation != nullptr &&
                       (unknown || (number >= kinds::kNoRule.signature && number <= kinds::kUnknownServer.signature));
  const bool traffic = number == kinds::kTraffic.signature || number == kinds::kTrafficNoConduit.signature ||
                       number == kinds::kNotProtocol.signature || number == kinds::kNewPair.signature;
  const bool touched = unknown && operation == nullptr && direction == Direction::to_client;
  if (!touched && !traffic && !verdict) return false;
  Scans& scans = detectors_->scans;
  // An address that a scan touched is "asked by the server" here: the one who scans is the client all the same.
  const records::Side& from = touched ? talk.conversation.client : asker(talk.conversation, direction);
  const records::Side& to = touched ? talk.conversation.server : asked(talk.conversation, direction);
  const uint64_t pair = pair_key(from, to);
  bool part = scans.scanning(Scan::hosts, address_key(from), moment.time);
  part = part || (traffic && scans.scanning(Scan::ports, pair, moment.time));
  for (const Scan scan : {Scan::functions, Scan::units, Scan::objects}) {
    part = part || (verdict && scans.scanning(scan, pair, moment.time));
  }
  if (part) detectors_->muting.note(kind, Untold::scan);
  return part;
}

void Correlator::watch_operation(Talk& talk, Direction direction, const Operation& operation, bool denied,
                                 Moment moment) {
  Detectors& detectors = *detectors_;
  if (!one_host(talk.conversation.server)) return;
  const Direction from = operation.for_peer ? protocols::opposite(direction) : direction;
  // A rule may foresee only what lies behind the address: then it allows the operation.
  const bool foreseen = talk.foreseen == Foreseen::yes || (talk.foreseen == Foreseen::no && !denied);
  if (talk.operations == 1 && of_device(operation) && !foreseen) {
    const records::Conversation& conversation = talk.conversation;
    const records::Side& master = asker(conversation, from);
    const records::Side& slave = asked(conversation, from);
    const uint64_t key = mix(pair_key(master, slave), operation.protocol.number);
    const bool fresh =
        talk.foreseen == Foreseen::no ? detectors.masters.first(key) : detectors.masters.news(key, moment.time);
    if (fresh) {
      find(kinds::kNewMaster, key, talk, from, moment, [&] {
        return sides(master, "began to give", slave) + " operations of " + std::string(operation.protocol.name()) +
               (talk.foreseen == Foreseen::no ? "; no rule foresees these two" : "; it never did before");
      });
    }
  }
  if (denied) watch_denied(talk, from, operation, moment);
  if (!denied && writes(operation.action) && of_device(operation)) watch_write(talk, from, operation, moment);
  if (detectors.floods.add_learned(talk.asked, moment.time)) {
    find(kinds::kFlood, pair_key(talk.conversation.client, talk.conversation.server), talk, from, moment, [&] {
      return sides(asker(talk.conversation, from), "floods", asked(talk.conversation, from)) +
             " with operations: more than thrice what was usual";
    });
  }
}

void Correlator::watch_denied(Talk& talk, Direction direction, const Operation& operation, Moment moment) {
  if (!of_device(operation)) return;
  const uint64_t pair = pair_key(asker(talk.conversation, direction), asked(talk.conversation, direction));
  probe(Scan::functions, pair, operation.function.code, talk, direction, moment);
  if (operation.object.unit != protocols::Object::kNoUnit) {
    probe(Scan::units, pair, operation.object.unit, talk, direction, moment);
  }
  if (operation.action == Action::identify || operation.action == Action::read) {
    probe(Scan::objects, pair, object_key(operation), talk, direction, moment);
  }
}

void Correlator::watch_write(Talk& talk, Direction direction, const Operation& operation, Moment moment) {
  Detectors& detectors = *detectors_;
  const records::Side& from = asker(talk.conversation, direction);
  const records::Side& to = asked(talk.conversation, direction);
  const uint64_t object = mix(mix(address_key(to), operation.object.unit), object_key(operation));
  const Writes::Said said = detectors.writes.write(object, operation.values, moment.time);
  if (said.first) {
    find(
        kinds::kFirstWrite, object, talk, direction, moment,
        [&] { return sides(from, "wrote", to) + ": nobody wrote " + object_words(operation) + " there before"; },
        &operation);
  }
  if (said.outside) {
    find(
        kinds::kUnusualValue, object, talk, direction, moment,
        [&] {
          return sides(from, "wrote", to) + ": " + number(said.value) + " to " + object_words(operation) +
                 ", which was only written with " + number(said.lowest) + " to " + number(said.highest) + " before";
        },
        &operation);
  }
  const uint64_t pair = pair_key(from, to);
  if (detectors.write_bursts.add(detectors.writers.touch(pair, moment.time), moment.time)) {
    find(
        kinds::kWriteBurst, pair, talk, direction, moment,
        [&] {
          return sides(from, "writes to", to) + " more often than it ever did within " +
                 per(detectors.write_bursts.limit());
        },
        &operation);
  }
}

void Correlator::watch_attribute(Talk& talk, Direction direction, const protocols::Attribute& attribute,
                                 Moment moment) {
  using Kind = protocols::Attribute::Kind;
  const bool of_device = attribute.kind == Kind::vendor || attribute.kind == Kind::model ||
                         attribute.kind == Kind::order_number || attribute.kind == Kind::firmware ||
                         attribute.kind == Kind::hardware || attribute.kind == Kind::serial;
  if (!of_device || attribute.about_ip || attribute.about_mac) return;
  const records::Side& device = asker(talk.conversation, direction);
  const uint64_t key = mix(mix(address_key(device), attribute.unit), static_cast<uint64_t>(attribute.kind));
  bool fresh = false;
  uint64_t* told = detectors_->attributes.insert(key, fresh);
  if (told == nullptr) return;
  if (fresh) *told = moment.packet;
  if (*told == moment.packet) return;  // one message may name several modules
  find(kinds::kChangedAsset, key, talk, protocols::opposite(direction), moment, [&] {
    std::string message;
    append_side(message, device);
    return message + " tells another " + std::string(to_text(attribute.kind)) + " of itself than in packet " +
           std::to_string(*told) + ": " + std::string(attribute.text.substr(0, 80));
  });
}

void Correlator::watch_claim(Talk& talk, const protocols::Attribute& attribute, Moment moment) {
  using Attribute = protocols::Attribute;
  if (attribute.kind != Attribute::Kind::address || !attribute.about_ip || !attribute.about_mac) return;
  // Who only looks whether an address is free does not claim it; what DHCP assigns is not claimed yet.
  if (attribute.basis == Attribute::Basis::probed || attribute.basis == Attribute::Basis::assigned) return;
  bound(talk, *attribute.about_ip, *attribute.about_mac, "claimed", moment);
}

/// watch_sender: who begins a conversation with a neighbour sends from its own hardware address, no router in between.
void Correlator::watch_sender(Talk& talk, Moment moment) {
  const records::Side& client = talk.conversation.client;
  const records::Side& server = talk.conversation.server;
  if (!client.ip || !client.mac || !server.ip || is_unspecified(*client.ip) || !near(*client.ip, *server.ip)) return;
  if (parted(talk.client_party.zone, *client.ip, *server.ip)) return;
  if (parted(talk.server_party.zone, *server.ip, *client.ip)) return;
  bound(talk, *client.ip, *client.mac, "used", moment);
}

/// parted: a network of the zone holds the one and not the other, so there is a router between them. One that is a
/// single address only says that it is there.
bool Correlator::parted(plant::Index zone, const IpAddress& inside, const IpAddress& other) const {
  if (zone == kNone) return false;
  const std::vector<plant::Network>& networks = plant_->zones[zone].networks;
  return std::any_of(networks.begin(), networks.end(), [&](const plant::Network& network) {
    const bool single = network.cidr.prefix == 8 * network.cidr.address.octets().size();
    return !single && network.cidr.contains(inside) && !network.cidr.contains(other);
  });
}

/// bound notes that `mac` has the address `ip`, and finds where another one had it. `how`: "claimed", "used".
void Correlator::bound(Talk& talk, const IpAddress& ip, const MacAddress& mac, std::string_view how, Moment moment) {
  const uint64_t key = mix(hash_(ip), talk.conversation.vlan.value_or(0xffff));
  MacAddress before;
  const Bindings::Said said = detectors_->bindings.claim(key, mac, moment.time, before);
  if (said == Bindings::Said::nothing) return;
  const FindingKind& kind = said == Bindings::Said::both ? kinds::kDuplicateAddress : kinds::kAddressMoved;
  find(kind, key, talk, Direction::to_server, moment, [&] {
    std::string message = to_text(ip);
    const policy::Party owner =
        policy_ ? policy::identify(*policy_, {.ip = ip, .mac = {}, .vlan = talk.conversation.vlan}) : policy::Party{};
    if (owner.asset != kNone) message = std::string(asset_id(owner.asset)) + " (" + message + ")";
    message += " is " + std::string(how) + (said == Bindings::Said::both ? " in turn by " : " now by ");
    append(message, mac);
    message += said == Bindings::Said::both ? " and " : ", before by ";
    append(message, before);
    return message;
  });
}

void Correlator::watch_stop(Talk& talk, const FlowStop& stop) {
  const records::Conversation& conversation = talk.conversation;
  if (conversation.transport != records::Transport::tcp && conversation.transport != records::Transport::udp) return;
  if (!one_host(conversation.client) || !one_host(conversation.server)) return;
  const Moment moment{stop.first, stop.first_packet};
  const bool unanswered = stop.packets[0] > 0 && stop.octets[1] == 0 && (stop.packets[1] == 0 || stop.end == "reset");
  if (unanswered && talk.operations == 0) {
    const uint64_t client = address_key(conversation.client);
    const uint64_t server = address_key(conversation.server);
    if (talk.foreseen == Foreseen::unsaid) probe(Scan::hosts, client, server, talk, Direction::to_server, moment);
    if (talk.foreseen != Foreseen::no) {
      probe(Scan::ports, mix(client, server), conversation.server.port, talk, Direction::to_server, moment);
    }
  }
  if (conversation.transport != records::Transport::tcp) return;
  for (const size_t speaks : {size_t{0}, size_t{1}}) {
    if (stop.octets[speaks] == 0 || stop.packets[speaks] < kSaidEnough || stop.packets[1 - speaks] != 0) continue;
    if (detectors_->blindness.since(stop.first)) {
      detectors_->muting.note(kinds::kOneSided, Untold::blind);
      return;
    }
    const records::Side& speaker = speaks == 0 ? conversation.client : conversation.server;
    const records::Side& silent = speaks == 0 ? conversation.server : conversation.client;
    find(kinds::kOneSided, pair_key(speaker, silent), talk, Direction::to_server, moment, [&] {
      return "only one direction is seen: " + sides(speaker, "sends to", silent) +
             ", whose packets never come here; the mirror port shows half of it";
    });
  }
}

bool Correlator::muted(const FindingKind& kind, uint64_t key, const Talk& talk, Direction direction, Moment moment,
                       const policy::Verdict* verdict) {
  const records::Conversation& conversation = talk.conversation;
  Ends ends;
  const auto fill = [&ends](size_t end, const records::Side& side) {
    ends.asset[end] = side.asset;
    ends.zone[end] = side.zone;
    ends.ip[end] = side.ip;
  };
  fill(0, asker(conversation, direction));
  fill(1, asked(conversation, direction));
  const plant::Index conduit = verdict != nullptr && verdict->conduit != kNone
                                   ? verdict->conduit
                                   : detectors_->pairs.conduit(talk.client_party, talk.server_party);
  if (conduit != kNone) ends.conduit = plant_->conduits[conduit].id.value;
  return detectors_->muting.muted(kind, key, ends, moment.time);
}

void Correlator::tell_untold(Moment moment) {
  for (const Muting::Hidden& hidden : detectors_->muting.take()) {
    untold_ += hidden.count;
    tell(hidden, moment.time, moment.packet, sink_);
  }
}

}  // namespace rampart::monitor
