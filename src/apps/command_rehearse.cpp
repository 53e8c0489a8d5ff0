#include "apps/command_rehearse.h"

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>

#include "apps/loading.h"
#include "apps/progress.h"
#include "base/text.h"
#include "monitor/correlator.h"
#include "monitor/sensor.h"
#include "protocols/registry.h"

namespace rampart::apps {
namespace {

using records::Verdict;

/// Verdicts keeps nothing of what it is told but the verdicts of transactions, in their order.
class Verdicts : public records::Sink {
 public:
  void record(const records::Run&) override {}
  void record(const records::Transaction& transaction) override { waiting.push_back(transaction.verdict); }
  void record(const records::Finding&) override {}
  void record(const records::AssetSeen&) override {}
  void record(const records::Loss&) override {}
  void record(const records::Flow&) override {}
  void record(const records::ProtectionSeen&) override {}

  std::deque<Verdict> waiting;
};

std::string words(const Verdict& verdict) {
  std::string out(records::to_text(verdict.kind));
  if (!verdict.rule.empty()) {
    out += " by " + std::string(verdict.conduit) + "/" + std::string(verdict.rule);
  } else if (!verdict.reason.empty()) {
    out += ": " + std::string(verdict.reason);
  }
  return out;
}

std::string name(const records::Side& side) {
  if (!side.asset.empty()) return std::string(side.asset);
  return side.ip ? to_text(*side.ip) : std::string("?");
}

struct Change {
  uint64_t count = 0;
  std::vector<std::string> examples;
};

/// Comparison takes the transactions of the new plant and holds each against the old plant's verdict on the same.
class Comparison : public Verdicts {
 public:
  explicit Comparison(Verdicts& old) : old_(old) {}
  using Verdicts::record;
  void record(const records::Transaction& transaction) override {
    const Verdict before = old_.waiting.front();
    old_.waiting.pop_front();
    ++judged;
    if (before.kind == transaction.verdict.kind || transaction.operation == nullptr) return;
    ++changed;
    const bool by_client = transaction.asked == records::Direction::to_server;
    const records::Conversation& conversation = *transaction.conversation;
    const protocols::Operation& operation = *transaction.operation;
    Change& change = changes[{static_cast<int>(before.kind), static_cast<int>(transaction.verdict.kind),
                              name(by_client ? conversation.client : conversation.server),
                              name(by_client ? conversation.server : conversation.client),
                              std::string(conversation.protocol.name()) + " " + std::string(operation.function.name),
                              words(before) + " -> " + words(transaction.verdict)}];
    if (++change.count > 3) return;
    std::string example = "packet " + std::to_string(transaction.asked_packet) + ": ";
    operation.protocol.entry().append_object(example, operation.object);
    for (uint32_t i = 0; i < operation.values.count && i < 4; ++i) {
      example += i == 0 ? " = " : ", ";
      append(example, operation.values.at(i));
    }
    if (operation.values.count > 4) example += ", ...";
    change.examples.push_back(example);
  }

  using Key = std::tuple<int, int, std::string, std::string, std::string, std::string>;
  std::map<Key, Change> changes;
  uint64_t judged = 0, changed = 0;

 private:
  Verdicts& old_;
};

/// Both passes every event to the judge of the old plant, then to that of the new one.
class Both : public monitor::Events {
 public:
  Both(monitor::Events& first, monitor::Events& second) : events_{&first, &second} {}
  using FlowRef = monitor::FlowRef;
  using Moment = monitor::Moment;
  using Direction = monitor::Direction;
  void flow_started(FlowRef flow, const monitor::FlowStart& start, Moment moment) override {
    for (auto* events : events_) events->flow_started(flow, start, moment);
  }
  void roles_swapped(FlowRef flow) override {
    for (auto* events : events_) events->roles_swapped(flow);
  }
  void protocol_found(FlowRef flow, protocols::Protocol protocol, Moment moment) override {
    for (auto* events : events_) events->protocol_found(flow, protocol, moment);
  }
  void protocol_missing(FlowRef flow, protocols::Protocol expected, Moment moment) override {
    for (auto* events : events_) events->protocol_missing(flow, expected, moment);
  }
  void operation(FlowRef flow, Direction direction, const protocols::Operation& operation, monitor::Seen seen,
                 Moment moment) override {
    for (auto* events : events_) events->operation(flow, direction, operation, seen, moment);
  }
  void answer(FlowRef flow, Direction direction, const protocols::Answer& answer, Moment moment) override {
    for (auto* events : events_) events->answer(flow, direction, answer, moment);
  }
  void attribute(FlowRef, Direction, const protocols::Attribute&, Moment) override {}
  void protection(FlowRef, Direction, const protocols::Protection&, Moment) override {}
  void deviation(FlowRef, std::string_view) override {}
  void trouble(FlowRef, Direction, std::string_view, std::string_view, uint64_t, Moment) override {}
  void flow_stopped(FlowRef flow, const monitor::FlowStop& stop, Moment moment) override {
    for (auto* events : events_) events->flow_stopped(flow, stop, moment);
  }
  void packet_trouble(std::string_view, Moment) override {}
  void tick(Moment moment) override {
    for (auto* events : events_) events->tick(moment);
  }

 private:
  monitor::Events* events_[2];
};

}  // namespace

int rehearse_command(const std::string& new_plant, const std::string& old_plant,
                     const std::vector<std::string>& captures, uint32_t workers, std::string& out) {
  const LoadedPolicy before = load_policy(old_plant);
  const LoadedPolicy after = load_policy(new_plant);
  monitor::CaptureFiles source(captures);
  Verdicts verdicts;
  Comparison comparison(verdicts);
  monitor::Correlator old_judge(before.policy, before.plant, verdicts);
  monitor::Correlator new_judge(after.policy, after.plant, comparison);
  Both both(old_judge, new_judge);
  ProgressBar bar(true);
  monitor::run(source, both, {.workers = workers},
               [&](const monitor::SensorResult& so_far) { bar.show(source.progress(), so_far.packets); });
  bar.clear();
  out += std::to_string(comparison.changed) + " of " + std::to_string(comparison.judged) +
         " operations would be judged differently by " + new_plant + "\n";
  std::vector<std::pair<Comparison::Key, Change>> sorted(comparison.changes.begin(), comparison.changes.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.count > b.second.count; });
  for (const auto& [key, change] : sorted) {
    out += "\n  " + std::to_string(change.count) + "x  " + std::get<2>(key) + " -> " + std::get<3>(key) + "  " +
           std::get<4>(key) + "\n      " + std::get<5>(key) + "\n";
    for (const std::string& example : change.examples) out += "      " + example + "\n";
  }
  return comparison.changed == 0 ? 0 : 3;
}

}  // namespace rampart::apps
