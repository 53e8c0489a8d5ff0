// For tests of this room only: a plant in a few lines, a judge over it, and a conversation whose two wires are strings.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "gateway/gate.h"
#include "protocols/hex_testing.h"

namespace rampart::gateway::testing {

using protocols::testing::hex;
using Octets = std::vector<uint8_t>;

/// Told counts what the records say.
class Told final : public records::Sink {
 public:
  void record(const records::Run&) override {}
  void record(const records::Transaction& transaction) override {
    std::string line;
    if (transaction.operation != nullptr) line += std::string(transaction.operation->function.name) + " ";
    line += std::string(records::to_text(transaction.verdict.kind)) + " ";
    switch (transaction.outcome.kind) {
      case protocols::Outcome::Kind::ok:
        line += "ok";
        break;
      case protocols::Outcome::Kind::refused:
        line += "refused " + std::string(transaction.outcome.name);
        break;
      case protocols::Outcome::Kind::unanswered:
        line += "unanswered";
        break;
    }
    transactions.push_back(std::move(line));
  }
  void record(const records::Finding& finding) override {
    findings.emplace_back(finding.id);
    messages.emplace_back(finding.message);
  }
  void record(const records::AssetSeen&) override {}
  void record(const records::Loss&) override {}
  void record(const records::Flow& flow) override { ends.emplace_back(flow.end); }
  void record(const records::ProtectionSeen&) override {}

  std::vector<std::string> transactions, findings, messages, ends;
};

inline std::shared_ptr<const policy::Policy> policy_of(const std::string& text) {
  plant::Loaded loaded = plant::load_text(text, "test.yaml");
  std::string all;
  for (const Problem& problem : loaded.problems) all += render(problem) + "\n";
  EXPECT_TRUE(loaded.ok()) << all;
  policy::Compiled compiled = policy::compile(std::make_shared<const plant::Plant>(std::move(loaded.plant)));
  all.clear();
  for (const Problem& problem : compiled.problems) all += render(problem) + "\n";
  EXPECT_NE(compiled.policy, nullptr) << all;
  return compiled.policy;
}

/// plant_with is a plant of a client and a server with `rules` of one conduit, and `more` keys of it, each a line.
inline std::string plant_with(const std::string& rules, const std::string& more = {}, const std::string& server = {}) {
  return R"(rampart: 1
plant: Test
zones:
  - id: office
    target: 1
    networks: [10.1.0.0/16]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.1}]}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.2}]}
  - id: control
    target: 1
    networks: [10.2.0.0/16]
    assets:
      - id: plc
        kind: controller
        at: [{ip: 10.2.0.1}])" +
         server + R"(
conduits:
  - id: link
    joins: [office, control]
    guard: gw)" +
         more + R"(
    rules:
)" + rules +
         R"(gateways:
  - id: gw
    serves: [{to: plc, protocol: modbus, at: 10.1.0.9}]
)";
}

/// Wires keeps what was sent to each side.
class Wires final : public Wire {
 public:
  void send(Direction towards, Bytes octets) override {
    Octets& to = towards == Direction::to_server ? server : client;
    to.insert(to.end(), octets.begin(), octets.end());
    ++sends;
  }
  Octets server, client;
  size_t sends = 0;
};

/// Book is a ledger that a test decides for: what is kept, and what of it is on the disk.
class Book final : public Ledger {
 public:
  std::optional<uint64_t> keep(const records::Transaction& asked) override {
    if (full) return {};
    kept.emplace_back(std::string(asked.operation->function.name) + " " + std::string(asked.outcome.name));
    return kept.size() - 1;
  }
  bool durable(uint64_t number) override { return number < on_disk; }

  std::vector<std::string> kept;
  uint64_t on_disk = 0;
  bool full = false;
};

/// Case is one conversation through a gate.
class Case {
 public:
  explicit Case(const std::string& plant, std::string_view protocol = "modbus", const char* client = "10.1.0.1")
      : judge(policy_of(plant), "gw", told) {
    talk.conversation.transport = records::Transport::tcp;
    talk.conversation.ip_protocol = 6;
    talk.conversation.protocol = *protocols::find_protocol(protocol);
    talk.conversation.client = {.ip = IpAddress::parse(client), .port = 40'000};
    talk.conversation.server = {.ip = IpAddress::parse("10.2.0.1"), .port = 502};
    talk.client.ip = talk.conversation.client.ip;
    talk.server.ip = talk.conversation.server.ip;
    admitted = judge.admit(talk, true, now);
    gate = std::make_unique<Gate>(judge, talk, talk.conversation.protocol, nullptr, 0);
  }

  bool ask(Bytes octets) { return gate->take(Direction::to_server, octets, false, now, wires); }
  bool reply(Bytes octets) { return gate->take(Direction::to_client, octets, false, now, wires); }
  bool ask(std::string_view octets) { return ask(hex(octets)); }
  bool reply(std::string_view octets) { return reply(hex(octets)); }
  /// dribble sends one octet at a time.
  bool dribble(Direction direction, Bytes octets) {
    for (size_t i = 0; i < octets.size(); ++i) {
      if (!gate->take(direction, octets.subspan(i, 1), false, now, wires)) return false;
    }
    return true;
  }

  Told told;
  Judge judge;
  Talk talk;
  Wires wires;
  std::unique_ptr<Gate> gate;
  TimePoint now{std::chrono::hours(24 * 20'000)};
  bool admitted = false;
};

}  // namespace rampart::gateway::testing
