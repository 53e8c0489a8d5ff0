// For tests: reads the JSON for nft as a packet would, by itself: shares nothing with the code that writes it or that
// compares it. Whatever it does not know fails the test that asks.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/address.h"

namespace rampart::firewall::testing {

/// Packet is one that is forwarded; of a conversation that began from `from` towards `to`.
struct Packet {
  IpAddress from, to;
  int transport = 6;
  int to_port = 0;
  std::string state = "new";
};

class Evaluator {
 public:
  explicit Evaluator(const std::string& text) {
    const boost::json::value all = boost::json::parse(text);
    for (const auto& command : all.at("nftables").as_array()) {
      if (!command.as_object().contains("add")) continue;
      const boost::json::object& object = command.at("add").as_object();
      const std::string kind(object.begin()->key());
      const boost::json::value& said = object.begin()->value();
      if (kind == "set") sets_[name(said)] = said;
      if (kind == "chain") chains_[name(said)].said = said;
      if (kind == "rule") chains_.at(std::string(said.at("chain").as_string())).rules.push_back(said.at("expr"));
    }
  }

  bool passes(const Packet& packet) const {
    const Chain& forward = chains_.at("forward");
    const std::string verdict = walk(forward, packet, 0);
    if (!verdict.empty()) return verdict == "accept";
    return forward.said.at("policy").as_string() == "accept";
  }

 private:
  struct Chain {
    boost::json::value said;
    std::vector<boost::json::value> rules;
  };
  static std::string name(const boost::json::value& said) { return std::string(said.at("name").as_string()); }
  [[noreturn]] static void unknown(const boost::json::value& value) {
    throw std::runtime_error("not known to the evaluator: " + boost::json::serialize(value));
  }

  /// walk gives "accept", "drop", or nothing where the chain lets the packet fall through.
  std::string walk(const Chain& chain, const Packet& packet, int depth) const {
    if (depth > 16) throw std::runtime_error("chains jump in a circle");
    for (const auto& rule : chain.rules) {
      bool left = false;
      const std::string verdict = step(rule, packet, depth, left);
      if (!verdict.empty() || left) return verdict;
    }
    return {};
  }

  /// step runs one rule; `left` is true where it went to another chain for good.
  std::string step(const boost::json::value& rule, const Packet& packet, int depth, bool& left) const {
    for (const auto& statement : rule.as_array()) {
      const std::string kind(statement.as_object().begin()->key());
      const boost::json::value& said = statement.as_object().begin()->value();
      if (kind == "match") {
        if (!matches(said, packet)) return {};
      } else if (kind == "limit") {
        return {};  // what follows is a log; a packet beyond the limit must fare the same
      } else if (kind == "accept" || kind == "drop") {
        return kind;
      } else if (kind == "goto" || kind == "jump") {
        left = kind == "goto";
        return walk(chains_.at(std::string(said.at("target").as_string())), packet, depth + 1);
      } else if (kind != "counter") {
        unknown(statement);
      }
    }
    return {};
  }

  bool matches(const boost::json::value& said, const Packet& packet) const {
    std::vector<std::string> left;
    if (const auto* parts = said.at("left").as_object().if_contains("concat")) {
      for (const auto& part : parts->as_array()) left.push_back(field(part, packet));
    } else {
      left.push_back(field(said.at("left"), packet));
    }
    for (const std::string& one : left) {
      if (one.empty()) return false;  // of the other family
    }
    const boost::json::value& right = said.at("right");
    if (right.is_int64()) return left[0] == std::to_string(right.as_int64());
    const std::string text(right.as_string());
    if (text[0] != '@') return left[0] == text;
    const boost::json::value& set = sets_.at(text.substr(1));
    const auto* elements = set.as_object().if_contains("elem");
    if (elements == nullptr) return false;
    for (const auto& element : elements->as_array()) {
      if (holds(element, left)) return true;
    }
    return false;
  }

  static std::string field(const boost::json::value& expression, const Packet& packet) {
    const boost::json::object& object = expression.as_object();
    if (const auto* ct = object.if_contains("ct")) {
      const std::string key(ct->at("key").as_string());
      if (key == "state") return packet.state;
      if (ct->at("dir").as_string() != "original") unknown(expression);
      if (key == "proto-dst") return std::to_string(packet.to_port);
      const bool four = key.starts_with("ip ");
      if (key != "ip saddr" && key != "ip daddr" && key != "ip6 saddr" && key != "ip6 daddr") unknown(expression);
      const IpAddress& address = key.ends_with("saddr") ? packet.from : packet.to;
      return address.is_v4() == four ? to_text(address) : std::string();
    }
    if (const auto* meta = object.if_contains("meta")) {
      if (meta->at("key").as_string() == "l4proto") return std::to_string(packet.transport);
    }
    unknown(expression);
  }

  static bool holds(const boost::json::value& element, const std::vector<std::string>& left) {
    if (element.is_object() && element.as_object().contains("concat")) {
      const boost::json::array& parts = element.at("concat").as_array();
      if (parts.size() != left.size()) unknown(element);
      for (size_t i = 0; i < parts.size(); ++i) {
        if (!within(parts[i], left[i])) return false;
      }
      return true;
    }
    return within(element, left[0]);
  }
  static bool within(const boost::json::value& one, const std::string& value) {
    if (one.is_int64()) return value == std::to_string(one.as_int64());
    if (one.is_string()) return IpAddress::parse(one.as_string()) == IpAddress::parse(value);
    const boost::json::array& ends = one.at("range").as_array();
    if (ends[0].is_int64()) {
      const int64_t number = std::stoll(value);
      return ends[0].as_int64() <= number && number <= ends[1].as_int64();
    }
    const IpAddress address = *IpAddress::parse(value);
    return *IpAddress::parse(ends[0].as_string()) <= address && address <= *IpAddress::parse(ends[1].as_string());
  }

  std::map<std::string, boost::json::value> sets_;
  std::map<std::string, Chain> chains_;
};

}  // namespace rampart::firewall::testing
