// Two ends that send anything, in any pieces, through a gate that allows reading alone. What reaches the server,
// decoded as the server would, asks for nothing else; and however it was cut, it is the same.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/gate.h"

namespace {

using namespace rampart;
using gateway::Direction;
using protocols::Action;

constexpr const char* kProtocols[] = {"modbus", "s7comm", "dnp3", "enip", "iec104"};

std::shared_ptr<const policy::Policy> policy_for(const std::string& protocol, bool first) {
  const std::string text = R"(rampart: 1
plant: Fuzz
zones:
  - {id: a, target: 1, networks: [10.1.0.0/16], assets: [{id: client, kind: server, at: [{ip: 10.1.0.1}]}]}
  - {id: b, target: 1, networks: [10.2.0.0/16], assets: [{id: server, kind: controller, at: [{ip: 10.2.0.1}]}]}
conduits:
  - {id: link, joins: [a, b], guard: gw, rules: [{id: look, allow: [read, session, identify], journal: )" +
                           std::string(first ? "before" : "after") + ", protocol: " + protocol +
                           ", from: [client], to: [server]}]}\n";
  plant::Loaded loaded = plant::load_text(text, "fuzz.yaml");
  const auto policy = policy::compile(std::make_shared<const plant::Plant>(std::move(loaded.plant))).policy;
  if (!policy) std::abort();
  return policy;
}

/// Book takes everything down, and has it on the disk when it is asked the second time.
class Book final : public gateway::Ledger {
 public:
  std::optional<uint64_t> keep(const records::Transaction&) override { return size_++; }
  bool durable(uint64_t number) override { return number < std::exchange(durable_, size_); }

 private:
  uint64_t size_ = 0, durable_ = 0;
};

/// NoSink keeps nothing.
class NoSink final : public records::Sink {
 public:
  void record(const records::Run&) override {}
  void record(const records::Transaction&) override {}
  void record(const records::Finding&) override {}
  void record(const records::AssetSeen&) override {}
  void record(const records::Loss&) override {}
  void record(const records::Flow&) override {}
  void record(const records::ProtectionSeen&) override {}
};

class Wires final : public gateway::Wire {
 public:
  void send(Direction towards, Bytes octets) override {
    auto& to = towards == Direction::to_server ? server : client;
    to.insert(to.end(), octets.begin(), octets.end());
  }
  std::vector<uint8_t> server, client;
};

/// AllowedSink is the server: it aborts where something is asked that no rule allows.
class AllowedSink final : public protocols::Sink {
 public:
  void operation(const protocols::Operation& operation) override {
    const Action action = operation.action;
    if (action != Action::read && action != Action::session && action != Action::identify) std::abort();
  }
  void answer(const protocols::Answer&) override {}
  void attribute(const protocols::Attribute&) override {}
  void protection(const protocols::Protection&) override {}
  void deviation(std::string_view) override {}
};

std::vector<uint8_t> through(const std::shared_ptr<const policy::Policy>& policy, protocols::Protocol protocol,
                             Bytes data, size_t piece) {
  NoSink records;
  gateway::Judge judge(policy, "gw", records);
  gateway::Talk talk;
  talk.conversation.protocol = protocol;
  talk.conversation.transport = records::Transport::tcp;
  talk.conversation.ip_protocol = 6;
  const uint8_t client[4] = {10, 1, 0, 1}, server[4] = {10, 2, 0, 1};
  talk.client.ip = talk.conversation.client.ip = IpAddress::v4(client);
  talk.server.ip = talk.conversation.server.ip = IpAddress::v4(server);
  Book book;
  judge.write_to(book);
  const TimePoint now{std::chrono::hours(1)};
  if (!judge.admit(talk, true, now)) std::abort();
  gateway::Gate gate(judge, talk, protocol, nullptr, 0);
  Wires wires;
  // Runs of the input go one way and the other; each begins with its direction and length.
  bool going_on = true;
  while (data.size() >= 2 && going_on) {
    const Direction direction = (data[0] & 1) != 0 ? Direction::to_client : Direction::to_server;
    const size_t size = std::min<size_t>(size_t{data[0]} >> 1 << 8 | data[1], data.size() - 2);
    const Bytes run = data.subspan(2, size);
    for (size_t at = 0; at < run.size() && going_on; at += piece) {
      going_on = gate.take(direction, run.subspan(at, std::min(piece, run.size() - at)), false, now, wires);
      // As a connection does: nothing is read behind a message that waits for its record.
      while (going_on && gate.writes_first()) going_on = gate.resume(now, wires);
    }
    data = data.subspan(2 + size);
  }
  const auto decoder = protocol.entry().make(protocol);
  AllowedSink sink;
  Bytes rest = wires.server;
  while (!rest.empty()) {
    const protocols::Frame frame = decoder->frame(Direction::to_server, rest);
    // Whole frames only were forwarded.
    if (frame.state != protocols::Frame::State::complete || frame.size == 0 || frame.size > rest.size()) std::abort();
    if (decoder->feed(Direction::to_server, rest.first(frame.size), sink).state == protocols::Feed::State::malformed)
      std::abort();
    rest = rest.subspan(frame.size);
  }
  return wires.server;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static const auto policies = [] {
    std::vector<std::shared_ptr<const policy::Policy>> made;
    for (const char* protocol : kProtocols) made.push_back(policy_for(protocol, false));
    for (const char* protocol : kProtocols) made.push_back(policy_for(protocol, true));
    return made;
  }();
  const size_t which = data[0] % std::size(kProtocols);
  const protocols::Protocol protocol = *protocols::find_protocol(kProtocols[which]);
  const Bytes input(data + 1, size - 1);
  const auto whole = through(policies[which], protocol, input, SIZE_MAX);
  if (through(policies[which], protocol, input, 1) != whole) std::abort();
  // What waits for its record is the same, only later.
  if (through(policies[which + std::size(kProtocols)], protocol, input, SIZE_MAX) != whole) std::abort();
  return 0;
}
