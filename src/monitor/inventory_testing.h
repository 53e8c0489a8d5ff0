// What the tests of the inventory share: records made in few words.
#pragma once

#include <deque>
#include <string>

#include "monitor/inventory.h"
#include "protocols/registry.h"

namespace rampart::monitor::testing {

inline IpAddress ip(const char* text) { return *IpAddress::parse(text); }
inline MacAddress mac(const char* text) { return *MacAddress::parse(text); }
inline TimePoint at(int second) { return TimePoint(std::chrono::seconds(1'700'000'000 + second)); }

/// Tell hands records to an inventory as a correlator would.
class Tell {
 public:
  explicit Tell(Inventory& inventory) : inventory_(inventory) {}

  records::Conversation& between(const char* client, const char* client_mac, const char* server, const char* server_mac,
                                 uint16_t port = 502, const char* protocol = "modbus") {
    records::Conversation& conversation = conversations_.emplace_back();
    conversation.transport = records::Transport::tcp;
    conversation.client = {.ip = ip(client), .mac = mac(client_mac), .port = 40000};
    conversation.server = {.ip = ip(server), .mac = mac(server_mac), .port = port};
    if (protocol != nullptr) conversation.protocol = *protocols::find_protocol(protocol);
    return conversation;
  }
  /// flow is a conversation of ten packets each way, or `back` of them from the server.
  void flow(const records::Conversation& conversation, int second = 0, uint64_t back = 10) {
    records::Flow flow;
    flow.conversation = &conversation;
    flow.first = at(second);
    flow.last = at(second + 1);
    flow.packets[0] = 10;
    flow.octets[0] = 100;
    flow.packets[1] = back;
    flow.octets[1] = back * 20;
    inventory_.record(flow);
  }
  void operation(const records::Conversation& conversation, protocols::Action action, uint32_t unit,
                 bool answered = true, int second = 0) {
    protocols::Operation operation;
    operation.protocol = conversation.protocol;
    operation.action = action;
    operation.object.unit = unit;
    records::Transaction transaction;
    transaction.conversation = &conversation;
    transaction.operation = &operation;
    transaction.asked_at = transaction.answered_at = at(second);
    transaction.outcome.kind = answered ? protocols::Outcome::Kind::ok : protocols::Outcome::Kind::unanswered;
    transaction.answered_packet = answered ? 2 : 0;
    inventory_.record(transaction);
  }
  void attribute(const records::Conversation& conversation, protocols::Attribute attribute, int second = 0) {
    inventory_.record(records::AssetSeen{.when = at(second),
                                         .packet = static_cast<uint64_t>(second + 1),
                                         .side = conversation.server,
                                         .vlan = {},
                                         .conversation = &conversation,
                                         .attribute = &attribute});
  }
  void claim(const char* address, const char* at_mac, protocols::Attribute::Basis basis) {
    protocols::Attribute attribute;
    attribute.kind = protocols::Attribute::Kind::address;
    attribute.basis = basis;
    attribute.about_ip = ip(address);
    attribute.about_mac = mac(at_mac);
    inventory_.record(
        records::AssetSeen{.when = at(0), .side = {.mac = mac(at_mac)}, .vlan = {}, .attribute = &attribute});
  }

 private:
  Inventory& inventory_;
  std::deque<records::Conversation> conversations_;
};

/// having is the asset with this address; null where there is none.
inline const SeenAsset* having(const std::vector<SeenAsset>& assets, const char* address) {
  for (const SeenAsset& asset : assets) {
    for (const IpAddress& one : asset.ips) {
      if (one == ip(address)) return &asset;
    }
  }
  return nullptr;
}

}  // namespace rampart::monitor::testing
