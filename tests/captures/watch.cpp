#include "watch.h"

#include <algorithm>

#include "base/text.h"
#include "plant/plant.h"
#include "policy/policy.h"
#include "records/json.h"

namespace rampart::captures {
namespace {

constexpr const char* kPlant = R"(rampart: 1
plant: Captures
zones:
  - id: office
    target: 1
    networks: [10.0.0.0/8, 172.16.0.0/12]
    assets:
      - {id: station, kind: engineering-workstation, at: [{ip: 10.0.0.57}]}
  - id: field
    target: 2
    networks: [192.168.0.0/16, 127.0.0.0/8]
    assets:
      - id: plc
        kind: controller
        at: [{ip: 192.168.0.1}, {ip: 192.168.1.10}]
        points:
          - {id: level, object: holding-register 0, range: 0..100, step: 10}
          - {id: pump, object: coil 0}
          - {id: valve, object: ioa 7000, range: 0..100, step: 10}
conduits:
  - id: between
    joins: [office, field]
    rules:
      - {id: read, allow: read, protocol: modbus, from: [station], to: [plc]}
      - {id: set, allow: write, protocol: modbus, points: [level], from: [station], to: [plc]}
      - {id: grid, allow: [read, operate], protocol: dnp3, from: [station], to: [plc]}
      - {id: substation, allow: [read, operate], protocol: iec104, from: [station], to: [plc]}
      - {id: poll, allow: read, protocol: s7comm, from: [station], to: [plc]}
)";

std::shared_ptr<const plant::Plant> small_plant() {
  static const auto plant = std::make_shared<const plant::Plant>(plant::require(plant::load_text(kPlant, "test.yaml")));
  return plant;
}

void append_hex(std::string& out, Bytes bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (const uint8_t octet : bytes) {
    out += kHex[octet >> 4];
    out += kHex[octet & 15];
  }
}

void append_values(std::string& out, const protocols::Values& values) {
  out += " [";
  if (!values.empty()) {
    out += std::string(to_text(values.type)) + " x" + std::to_string(values.count) + " ";
    out += std::to_string(values.offset_bits) + "/" + std::to_string(values.stride_bits) + " ";
    append_hex(out, values.data);
  }
  out += ']';
}

void append_object(std::string& out, protocols::Protocol protocol, const protocols::Object& object) {
  out += " unit " + std::to_string(object.unit) + " detail " + std::to_string(object.detail) + " ";
  if (object.addressed() || !object.name.empty()) protocol.entry().append_object(out, object);
}

std::string outcome_text(const protocols::Outcome& outcome) {
  return std::to_string(static_cast<int>(outcome.kind)) + " " + std::to_string(outcome.code) + " " +
         std::string(outcome.name) + " " + std::to_string(outcome.indications);
}

std::string answer_text(const protocols::Answer& answer) {
  std::string out = std::string(answer.unsolicited ? "unsolicited " : "") + std::string(answer.function.name) + " " +
                    std::to_string(answer.function.code) + " item " + std::to_string(answer.item) + " id " +
                    std::to_string(answer.key.id) + " outcome " + outcome_text(answer.outcome);
  if (answer.object) append_object(out, answer.protocol, *answer.object);
  append_values(out, answer.values);
  return out;
}

std::string heard_text(const protocols::Answer& answer) {
  std::string out = std::to_string(answer.key.id) + " outcome " + outcome_text(answer.outcome) + " [";
  append_hex(out, answer.values.data);
  return out + "]";
}

std::string side_text(const records::Side& side) { return side.ip ? end_text(*side.ip, side.port) : "no-ip"; }

std::string flow_of(const records::Conversation& conversation) {
  return flow_text(conversation.transport == records::Transport::tcp, side_text(conversation.client),
                   side_text(conversation.server));
}

Line line_of(const records::Transaction& transaction) {
  const bool by_client = transaction.asked == records::Direction::to_server;
  const records::Conversation& conversation = *transaction.conversation;
  Line line;
  line.exchange = transaction.exchange;
  if (const protocols::Operation* operation = transaction.operation) {
    line.asked = side_text(by_client ? conversation.client : conversation.server) + " " +
                 std::string(operation->protocol.name()) + " " + std::string(to_text(operation->action)) + " " +
                 std::string(operation->function.name) + " " + std::to_string(operation->function.code) + " item " +
                 std::to_string(operation->item) + " id " + std::to_string(operation->key.id);
    append_object(line.asked, operation->protocol, operation->object);
    append_values(line.asked, operation->values);
  }
  for (const protocols::Answer* answer : transaction.answers) {
    line.answers.push_back(answer_text(*answer));
    line.heard.push_back(heard_text(*answer));
  }
  line.outcome = outcome_text(transaction.outcome);
  line.seen = std::string(to_text(transaction.seen)) + " " + std::string(transaction.deviation);
  return line;
}

/// Notes writes records down as lines to compare, or as JSON, and looks at the form of the JSON.
class Notes : public records::Sink {
 public:
  Notes(Watched& watched, Keep keep) : watched_(watched), keep_(keep) {}

  void record(const records::Run& run) override { json(run); }
  void record(const records::Finding& finding) override { json(finding); }
  void record(const records::AssetSeen& seen) override { json(seen); }
  void record(const records::Flow& flow) override { json(flow); }
  void record(const records::Transaction& transaction) override {
    json(transaction);
    if (keep_ == Keep::lines) watched_.flows[flow_of(*transaction.conversation)].lines.push_back(line_of(transaction));
  }
  void record(const records::Loss& loss) override {
    json(loss);
    if (keep_ != Keep::lines || loss.conversation == nullptr || loss.kind != "gap") return;
    FlowLines& flow = watched_.flows[flow_of(*loss.conversation)];
    ++flow.gaps;
    flow.lost_octets += loss.count;
  }

 private:
  template <class Record>
  void json(const Record& record) {
    if (keep_ == Keep::lines) return;
    line_.clear();
    records::append_json(line_, record);
    ++watched_.json_lines;
    const bool one_object = line_.starts_with("{") && line_.ends_with("}\n");
    const bool plain =
        std::none_of(line_.begin(), line_.end() - 1, [](char c) { return static_cast<uint8_t>(c) < 0x20; });
    if (!one_object || !plain || !is_utf8(line_)) ++watched_.bad_json_lines;
    if (keep_ == Keep::json) watched_.json += line_;
  }

  Watched& watched_;
  Keep keep_;
  std::string line_;
};

}  // namespace

std::string Line::text() const {
  std::string out = (asked.empty() ? "(nobody asked)" : asked) + " => " + outcome + " seen " + seen;
  for (const std::string& answer : answers) out += "\n      <- " + answer;
  return out;
}

std::string end_text(const IpAddress& ip, uint16_t port) {
  std::string out;
  append(out, ip);
  return out + ":" + std::to_string(port);
}

std::string flow_text(bool tcp, const std::string& one, const std::string& other) {
  return std::string(tcp ? "tcp " : "other ") + std::min(one, other) + " " + std::max(one, other);
}

Watched watch(const Frames& frames, Keep keep, uint32_t workers) {
  static const auto policy = policy::compile(small_plant()).policy;
  if (!policy) throw Error("the plant of the test does not compile");
  Watched watched;
  Notes notes(watched, keep);
  monitor::Correlator correlator(policy, small_plant(), notes);
  FrameSource source(frames);
  watched.result = monitor::run(source, correlator, {.workers = workers}, [](const monitor::SensorResult&) {});
  correlator.finish();
  watched.totals = correlator.totals();
  // Unanswered operations come out late; the exchange says when they were asked.
  for (auto& [key, flow] : watched.flows) {
    std::stable_sort(flow.lines.begin(), flow.lines.end(),
                     [](const Line& a, const Line& b) { return a.exchange < b.exchange; });
  }
  return watched;
}

}  // namespace rampart::captures
