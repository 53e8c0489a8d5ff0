#include "monitor/inventory.h"

#include <algorithm>

#include "base/text.h"
#include "monitor/side.h"

namespace rampart::monitor {
namespace {

using protocols::Object;

constexpr size_t kMostText = 200;
constexpr size_t kLately = 8192;

uint32_t bit(protocols::Action action) { return 1u << static_cast<unsigned>(action); }

bool is_group(const MacAddress& mac) { return (mac.octets[0] & 1) != 0; }

/// is_of_link: groups that no router passes on.
bool is_of_link(const records::Side& side) {
  if (!side.ip) return true;
  const Bytes octets = side.ip->octets();
  if (!side.ip->is_v4()) return octets[0] == 0xff && (octets[1] & 0x0f) <= 2;
  if (side.ip->is_broadcast()) return true;
  if (octets[0] == 224) return octets[1] == 0 && octets[2] == 0;
  return !side.ip->is_multicast();  // the broadcast of a subnet, told by its MAC
}

bool is_link_local(const IpAddress& ip) {
  const Bytes octets = ip.octets();
  return ip.is_v4() ? octets[0] == 169 && octets[1] == 254 : octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80;
}

}  // namespace

std::string_view to_text(Confidence confidence) {
  switch (confidence) {
    case Confidence::inferred:
      return "inferred";
    case Confidence::told_by_another:
      return "told by another";
    case Confidence::told_by_itself:
      return "told by itself";
  }
  return {};
}

std::string_view to_text(Guess::Likelihood likelihood) {
  constexpr std::string_view kWords[] = {"low", "medium", "high"};
  return kWords[static_cast<size_t>(likelihood)];
}

std::string readable(std::string_view text) {
  text = trim(text.substr(0, text.find('\0')));
  bool cut = false;
  if (text.size() > kMostText) {
    text = text.substr(0, kMostText);
    while (!text.empty() && (static_cast<uint8_t>(text.back()) & 0xc0) == 0x80) text.remove_suffix(1);
    if (!text.empty() && static_cast<uint8_t>(text.back()) >= 0xc0) text.remove_suffix(1);
    cut = true;
  }
  const bool utf8 = is_utf8(text);
  std::string out(text);
  for (size_t i = 0; i < out.size(); ++i) {
    const auto octet = static_cast<uint8_t>(out[i]);
    const bool c1 = utf8 && octet == 0xc2 && i + 1 < out.size() && static_cast<uint8_t>(out[i + 1]) < 0xa0;
    if (c1) {
      out.erase(i, 1);
      out[i] = '?';
    } else if (octet < 0x20 || octet == 0x7f || (!utf8 && octet >= 0x80)) {
      out[i] = '?';
    }
  }
  if (cut) out += "...";
  return out;
}

void append_service(std::string& out, const Role& role) {
  if (role.protocol.known()) out += std::string(role.protocol.name());
  if (role.transport != records::Transport::tcp && role.transport != records::Transport::udp) return;
  if (role.protocol.known()) out += ' ';
  out += lower(to_text(role.transport));
  out += '/';
  append_number(out, role.port);
}

std::string_view SeenAsset::value(protocols::Attribute::Kind kind) const {
  for (const Told& one : told) {
    if (one.kind == kind) return one.text;
  }
  return {};
}

Inventory::Inventory(std::vector<IpNetwork> networks, const InventoryLimits& limits, const HashKey& hash_key)
    : networks_(std::move(networks)),
      limits_(limits),
      hash_(hash_key),
      by_ip_(0, hash_),
      by_mac_(0, hash_),
      lately_(kLately, kNone) {
  // The narrowest first: a network inside another one is the one that counts.
  std::stable_sort(networks_.begin(), networks_.end(),
                   [](const IpNetwork& one, const IpNetwork& other) { return one.prefix > other.prefix; });
}

uint32_t Inventory::place(const records::Side& side, TimePoint when) {
  if (!side.ip) return place_anew(side, when);
  uint32_t& lately = lately_[hash_(*side.ip) % kLately];
  if (lately == kNone || entries_[lately].ip != side.ip || (side.mac && is_group(*side.mac))) {
    const uint32_t found = place_anew(side, when);
    if (found != kNone && entries_[found].ip == side.ip) lately = found;
    return found;
  }
  stay(entries_[lately], when);
  return lately;
}

uint32_t Inventory::place_anew(const records::Side& side, TimePoint when) {
  if (is_group(side)) return kNone;
  uint32_t found = kNone;
  if (side.ip && !is_unspecified(*side.ip)) {
    const auto known = by_ip_.find(*side.ip);
    if (known != by_ip_.end()) found = known->second;
  } else if (side.mac) {
    const auto known = by_mac_.find(*side.mac);
    if (known != by_mac_.end()) found = known->second;
  } else {
    return kNone;
  }
  if (found == kNone) {
    if (entries_.size() >= limits_.addresses) {
      ++totals_.addresses_dropped;
      return kNone;
    }
    found = static_cast<uint32_t>(entries_.size());
    Entry& entry = entries_.emplace_back();
    entry.first = entry.last = when;
    if (side.ip && !is_unspecified(*side.ip)) {
      entry.ip = side.ip;
      const auto network = std::find_if(networks_.begin(), networks_.end(),
                                        [&](const IpNetwork& one) { return one.contains(*side.ip); });
      if (network != networks_.end()) entry.network = static_cast<uint32_t>(network - networks_.begin());
      by_ip_.emplace(*side.ip, found);
    } else {
      entry.mac = *side.mac;
      by_mac_.emplace(*side.mac, found);
    }
  }
  stay(entries_[found], when);
  return found;
}

void Inventory::stay(Entry& entry, TimePoint when) {
  if (when == TimePoint{}) return;
  if (entry.first == TimePoint{} || when < entry.first) entry.first = when;
  if (when > entry.last) entry.last = when;
  if (totals_.first == TimePoint{} || when < totals_.first) totals_.first = when;
  if (when > totals_.last) totals_.last = when;
}

bool Inventory::neighbours(const Entry& one, const Entry& other) {
  if (!one.ip || !other.ip || one.ip->is_v4() != other.ip->is_v4()) return false;
  if (one.network != kNone || other.network != kNone) return one.network == other.network;
  if (!one.ip->is_v4() && is_link_local(*one.ip)) return true;
  return near(*one.ip, *other.ip);
}

void Inventory::link(Entry& entry, const std::optional<MacAddress>& mac, bool direct) {
  if (!mac || is_group(*mac)) return;
  for (Link& known : entry.links) {
    if (known.mac != *mac) continue;
    known.direct = known.direct || direct;
    return;
  }
  if (entry.links.size() >= limits_.links) {
    ++totals_.links_dropped;
    return;
  }
  entry.links.push_back({*mac, direct});
}

Role* Inventory::role(Entry& entry, const records::Conversation& conversation) {
  for (Role& known : entry.roles) {
    if (known.port == conversation.server.port && known.transport == conversation.transport &&
        known.protocol == conversation.protocol) {
      return &known;
    }
  }
  // A host that is asked at every port must not hide what it really serves.
  const size_t most = conversation.protocol.known() ? limits_.roles : limits_.roles / 4 * 3;
  if (entry.roles.size() >= most) {
    ++totals_.roles_dropped;
    return nullptr;
  }
  Role& fresh = entry.roles.emplace_back();
  fresh.protocol = conversation.protocol;
  fresh.transport = conversation.transport;
  fresh.port = conversation.server.port;
  return &fresh;
}

void Inventory::peer(std::vector<uint32_t>& peers, uint32_t other) {
  if (other == kNone) return;
  // Whoever talks goes on talking: the newest is looked at first.
  if (std::find(peers.rbegin(), peers.rend(), other) != peers.rend()) return;
  if (peers.size() >= limits_.peers) {
    ++totals_.peers_dropped;
    return;
  }
  peers.push_back(other);
}

void Inventory::record(const records::Run& run) {
  if (run.when == TimePoint{}) return;
  if (totals_.first == TimePoint{} || run.when < totals_.first) totals_.first = run.when;
  if (run.when > totals_.last) totals_.last = run.when;
}

void Inventory::record(const records::Loss& loss) {
  // "gap" and the like cost a conversation something; these cost the sensor packets that nobody can name.
  if (loss.kind == "capture" || loss.kind == "drops" || loss.kind == "truncated-capture") totals_.lossy = true;
}

void Inventory::record(const records::Flow& flow) {
  if (flow.conversation == nullptr) return;
  const records::Conversation& conversation = *flow.conversation;
  const bool ip = conversation.transport != records::Transport::none;
  const bool ports =
      conversation.transport == records::Transport::tcp || conversation.transport == records::Transport::udp;
  const uint32_t places[] = {place(conversation.client, flow.first), place(conversation.server, flow.first)};
  for (size_t i = 0; i < 2; ++i) {
    if (places[i] == kNone) continue;
    Entry& entry = entries_[places[i]];
    const records::Side& own = i == 0 ? conversation.client : conversation.server;
    const records::Side& other = i == 0 ? conversation.server : conversation.client;
    entry.in_flow = true;
    entry.packets += flow.packets[i];
    entry.octets += flow.octets[i];
    entry.packets_received += flow.packets[1 - i];
    entry.octets_received += flow.octets[1 - i];
    stay(entry, flow.last);
    if (flow.packets[i] > 0) {
      const bool direct = !own.ip || is_link_local(*own.ip) || (is_group(other) && is_of_link(other)) ||
                          (places[1 - i] != kNone && neighbours(entry, entries_[places[1 - i]]));
      link(entry, own.mac, direct);
    }
    const auto& vlan = conversation.vlan;
    if (vlan && entry.vlans.size() < limits_.links &&
        std::find(entry.vlans.begin(), entry.vlans.end(), *vlan) == entry.vlans.end()) {
      entry.vlans.push_back(*vlan);
    }
    if (!ports && (ip || !conversation.protocol.known())) continue;
    Role* role = this->role(entry, conversation);
    if (role == nullptr) continue;
    if (i == 0) {
      ++role->client_flows;
      peer(role->servers, places[1]);
    } else {
      ++role->server_flows;
      if (flow.octets[1] > 0) ++role->answered_flows;
      peer(role->clients, places[0]);
    }
  }
}

void Inventory::record(const records::Transaction& transaction) {
  if (transaction.conversation == nullptr || transaction.operation == nullptr) return;
  const bool answered = transaction.outcome.kind != protocols::Outcome::Kind::unanswered &&
                        (!transaction.answers.empty() || transaction.answered_packet != 0);
  const TimePoint when = answered ? transaction.answered_at : transaction.asked_at;
  operations(*transaction.conversation, transaction.asked, *transaction.operation, answered, 1, when);
}

void Inventory::record(const records::ReadSummary& summary) {
  if (summary.conversation == nullptr || summary.operation == nullptr) return;
  operations(*summary.conversation, summary.asked, *summary.operation, true, summary.count, summary.last);
}

void Inventory::record(const records::Repeats& repeats) {
  if (repeats.conversation == nullptr || repeats.operation == nullptr) return;
  const bool answered = repeats.outcome.kind != protocols::Outcome::Kind::unanswered;
  operations(*repeats.conversation, repeats.asked, *repeats.operation, answered, repeats.count, repeats.last);
}

void Inventory::operations(const records::Conversation& conversation, records::Direction asked,
                           const protocols::Operation& operation, bool answered, uint64_t count, TimePoint when) {
  // Links are kept alive from both sides: that says nothing of who commands whom.
  if (operation.action == protocols::Action::session && asked == records::Direction::to_client) return;
  // A part of what the other side began belongs to the one who began.
  const bool by_client = (asked == records::Direction::to_server) != operation.for_peer;
  const uint32_t asker = place(by_client ? conversation.client : conversation.server, when);
  const uint32_t asked_one = place(by_client ? conversation.server : conversation.client, when);
  if (asker != kNone) {
    if (Role* role = this->role(entries_[asker], conversation)) {
      role->asked += count;
      role->asks |= bit(operation.action);
      peer(role->servers, asked_one);
    }
  }
  if (asked_one == kNone) return;
  Entry& entry = entries_[asked_one];
  if (answered) {
    if (Role* role = this->role(entry, conversation)) {
      role->served += count;
      role->serves |= bit(operation.action);
      peer(role->clients, asker);
    }
  }
  if (operation.object.unit != Object::kNoUnit) {
    unit(entry, conversation.protocol, operation.object.unit, count, answered);
  }
}

void Inventory::unit(Entry& entry, protocols::Protocol protocol, uint32_t unit, uint64_t count, bool answered) {
  for (UnitSeen& known : entry.units) {
    if (known.unit != unit || known.protocol != protocol) continue;
    known.operations += count;
    if (answered) known.answered += count;
    return;
  }
  if (entry.units.size() >= limits_.units) {
    ++totals_.units_dropped;
    return;
  }
  entry.units.push_back({protocol, unit, count, answered ? count : 0});
}

void Inventory::record(const records::AssetSeen& seen) {
  const protocols::Attribute* attribute = seen.attribute;
  if (attribute != nullptr && attribute->kind == protocols::Attribute::Kind::address) {
    return claim(*attribute, seen.when);
  }
  records::Side side = seen.side;
  bool of_another = false;
  if (attribute != nullptr && (attribute->about_ip || attribute->about_mac)) {
    of_another = attribute->about_ip ? attribute->about_ip != side.ip : attribute->about_mac != side.mac;
    side = {.ip = attribute->about_ip, .mac = attribute->about_mac};
  }
  const uint32_t found = place(side, seen.when);
  if (found == kNone) return;
  Entry& entry = entries_[found];
  if (seen.vlan && !of_another && entry.vlans.size() < limits_.links &&
      std::find(entry.vlans.begin(), entry.vlans.end(), *seen.vlan) == entry.vlans.end()) {
    entry.vlans.push_back(*seen.vlan);
  }
  if (attribute == nullptr) return;
  Told told;
  told.kind = attribute->kind;
  told.unit = attribute->unit;
  told.text = readable(attribute->text);
  if (told.text.empty()) return;
  if (seen.conversation != nullptr && seen.conversation->protocol.known()) {
    told.source = std::string(seen.conversation->protocol.name());
  }
  if (!attribute->source.empty()) {
    told.source += (told.source.empty() ? "" : " ") + readable(attribute->source);
  }
  told.confidence = of_another ? Confidence::told_by_another : Confidence::told_by_itself;
  if (of_another) told.by = seen.side.ip;
  told.when = seen.when;
  told.packet = seen.packet;
  note(entry, std::move(told));
}

/// claim: an address lies at a MAC, as somebody of the same network says. Who only looks whether it is free claims
/// nothing.
void Inventory::claim(const protocols::Attribute& attribute, TimePoint when) {
  if (!attribute.about_ip || !attribute.about_mac) return;
  if (attribute.basis == protocols::Attribute::Basis::probed) return;
  const uint32_t found = place({.ip = attribute.about_ip}, when);
  if (found == kNone) return;
  link(entries_[found], attribute.about_mac, true);
  // An assignment is a promise: whether somebody took it shows in what comes from there.
  if (attribute.basis != protocols::Attribute::Basis::assigned) entries_[found].claimed = true;
}

void Inventory::note(Entry& entry, Told told) {
  for (Told& known : entry.told) {
    if (known.kind != told.kind || known.unit != told.unit || known.text != told.text || known.source != told.source) {
      continue;
    }
    if (known.confidence < told.confidence) known.confidence = told.confidence;
    return;
  }
  if (entry.told.size() >= limits_.attributes) {
    ++totals_.attributes_dropped;
    return;
  }
  entry.told.push_back(std::move(told));
}

bool Inventory::heard(const Entry& entry) const {
  return !entry.in_flow || entry.packets > 0 || entry.claimed || !entry.told.empty();
}

InventoryTotals Inventory::totals() const {
  InventoryTotals totals = totals_;
  totals.addresses = entries_.size();
  for (const Entry& entry : entries_) totals.silent_addresses += heard(entry) ? 0u : 1u;
  return totals;
}

}  // namespace rampart::monitor
