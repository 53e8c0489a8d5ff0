// For tests of this room only: makes plants, operations and parties in few words.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "policy/policy.h"
#include "policy/situation.h"
#include "protocols/registry.h"

namespace rampart::policy::testing {

inline plant::Text text(std::string value, uint32_t line = 0) {
  return {std::move(value), {line, line == 0 ? 0u : 1u}};
}
inline std::vector<plant::Text> texts(std::initializer_list<const char*> values) {
  std::vector<plant::Text> result;
  for (const char* value : values) result.push_back(text(value));
  return result;
}

/// Builder fills a Plant the way the loader would.
class Builder {
 public:
  plant::Plant plant;

  Index zone(const std::string& id, std::initializer_list<const char*> networks = {}) {
    plant::Zone zone;
    zone.id = text(id);
    for (const char* network : networks) {
      plant::Network made;
      made.cidr = *IpNetwork::parse(network);
      zone.networks.push_back(made);
    }
    plant.zones.push_back(std::move(zone));
    return static_cast<Index>(plant.zones.size() - 1);
  }
  Index asset(Index zone, const std::string& id, const char* ip = nullptr) {
    plant::Asset asset;
    asset.id = text(id);
    asset.zone = zone;
    if (ip != nullptr) {
      asset.at.emplace_back();
      asset.at.back().ip = IpAddress::parse(ip);
    }
    plant.assets.push_back(std::move(asset));
    const auto index = static_cast<Index>(plant.assets.size() - 1);
    plant.zones[zone].assets.push_back(index);
    return index;
  }
  plant::Point& point(Index asset, const std::string& id, const std::string& object, const std::string& type = {}) {
    plant::Point point;
    point.id = text(id);
    point.object = text(object);
    point.type = text(type);
    plant.assets[asset].points.push_back(std::move(point));
    return plant.assets[asset].points.back();
  }
  Index conduit(const std::string& id, std::vector<Index> joins) {
    plant::Conduit conduit;
    conduit.id = text(id);
    conduit.joins = std::move(joins);
    plant.conduits.push_back(std::move(conduit));
    return static_cast<Index>(plant.conduits.size() - 1);
  }
  plant::Rule& rule(Index conduit, const std::string& id, std::initializer_list<const char*> allow,
                    const std::string& protocol, std::vector<Index> from, std::vector<Index> to) {
    plant::Rule rule;
    rule.id = text(id);
    rule.allow = texts(allow);
    rule.protocol = text(protocol);
    rule.from = std::move(from);
    rule.to = std::move(to);
    plant.conduits[conduit].rules.push_back(std::move(rule));
    return plant.conduits[conduit].rules.back();
  }
  Compiled compile() const { return policy::compile(std::make_shared<const plant::Plant>(plant)); }
};

/// registers is the octets of 16-bit registers as Modbus sends them.
inline std::vector<uint8_t> registers(std::initializer_list<uint16_t> values) {
  std::vector<uint8_t> octets;
  for (const uint16_t value : values) {
    octets.push_back(static_cast<uint8_t>(value >> 8));
    octets.push_back(static_cast<uint8_t>(value));
  }
  return octets;
}

/// operation asks `action` of `object`, in the protocol's own words.
inline protocols::Operation operation(std::string_view protocol, protocols::Action action, std::string_view object,
                                      protocols::Values values = {}) {
  protocols::Operation operation;
  operation.protocol = protocols::find_protocol(protocol).value();
  operation.action = action;
  operation.object = operation.protocol.entry().parse_object(object).object;
  operation.values = values;
  return operation;
}

inline protocols::Answer answer_to(const protocols::Operation& operation, protocols::Values values) {
  protocols::Answer answer;
  answer.protocol = operation.protocol;
  answer.action = operation.action;
  answer.values = values;
  return answer;
}

inline TimePoint at(int64_t seconds) { return from_unix(seconds, 0); }

}  // namespace rampart::policy::testing
