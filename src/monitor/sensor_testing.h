// What the tests of the whole way of a packet share: conversations written as calls, a source that plays them, a sink
// that keeps what came out as JSON lines.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "monitor/correlator.h"
#include "monitor/packet_testing.h"
#include "monitor/sensor.h"
#include "records/json.h"

namespace rampart::monitor::testing {

/// Wire collects frames in order. Time moves on by a millisecond a frame unless said otherwise.
class Wire : public PacketSource {
 public:
  struct Frame {
    TimePoint time;
    std::string bytes;
    uint32_t link_type = 1;
  };
  std::vector<Frame> frames;
  TimePoint now{std::chrono::seconds(1'700'000'000)};

  void add(std::string bytes) {
    frames.push_back({now, std::move(bytes)});
    now += std::chrono::milliseconds(1);
  }
  void wait(std::chrono::seconds seconds) { now += seconds; }
  void rewind() { next_ = 0; }

  bool next(RawPacket& packet) override {
    if (next_ == frames.size()) return false;
    const Frame& frame = frames[next_++];
    packet.time = frame.time;
    packet.bytes = as_bytes(frame.bytes);
    packet.original_length = static_cast<uint32_t>(frame.bytes.size());
    packet.link_type = frame.link_type;
    packet.number = next_;
    return true;
  }
  Progress progress() const override { return {next_, frames.size()}; }

 private:
  size_t next_ = 0;
};

inline std::string ip_octets(const std::string& text) {
  const auto address = IpAddress::parse(text);
  return std::string(as_text(address->octets()));
}

/// Conversation writes one TCP connection to a wire.
class Conversation {
 public:
  Conversation(Wire& wire, std::string client, unsigned client_port, std::string server, unsigned server_port)
      : wire_(wire), client_(ip_octets(client)), server_(ip_octets(server)), ports_{client_port, server_port} {}

  Conversation& open() {
    segment(true, tcp_flag::syn, "");
    segment(false, tcp_flag::syn | tcp_flag::ack, "");
    segment(true, tcp_flag::ack, "");
    return *this;
  }
  Conversation& ask(const std::string& payload) { return segment(true, tcp_flag::ack | tcp_flag::psh, payload); }
  Conversation& tell(const std::string& payload) { return segment(false, tcp_flag::ack | tcp_flag::psh, payload); }
  /// lose sends what is never recorded.
  Conversation& lose(bool by_client, size_t octets) {
    sequence_[by_client ? 0 : 1] += static_cast<uint32_t>(octets);
    return *this;
  }
  Conversation& close() {
    segment(true, tcp_flag::fin | tcp_flag::ack, "");
    return segment(false, tcp_flag::fin | tcp_flag::ack, "");
  }

 private:
  Conversation& segment(bool by_client, unsigned flags, const std::string& payload) {
    const size_t side = by_client ? 0 : 1;
    std::string packet = tcp(ports_[side], ports_[1 - side], sequence_[side],
                             (flags & tcp_flag::ack) != 0 ? sequence_[1 - side] : 0, flags, payload);
    std::string datagram = ipv4(6, packet);
    const std::string& from = by_client ? client_ : server_;
    const std::string& to = by_client ? server_ : client_;
    datagram.replace(12, 4, from);
    datagram.replace(16, 4, to);
    wire_.add(by_client ? ethernet(0x0800, datagram) : kMacA + kMacB + be16(0x0800) + datagram);
    sequence_[side] += static_cast<uint32_t>(payload.size()) + ((flags & (tcp_flag::syn | tcp_flag::fin)) != 0 ? 1 : 0);
    return *this;
  }

  Wire& wire_;
  std::string client_, server_;
  unsigned ports_[2];
  uint32_t sequence_[2] = {1000, 2000};
};

/// modbus is one MBAP frame.
inline std::string modbus(unsigned id, unsigned unit, const std::string& pdu) {
  return be16(id) + be16(0) + be16(static_cast<unsigned>(pdu.size() + 1)) + std::string(1, static_cast<char>(unit)) +
         pdu;
}
inline std::string read_registers(unsigned id, unsigned first, unsigned count, unsigned unit = 1) {
  return modbus(id, unit, "\x03" + be16(first) + be16(count));
}
inline std::string registers(unsigned id, const std::vector<unsigned>& values, unsigned unit = 1) {
  std::string pdu = std::string("\x03") + static_cast<char>(values.size() * 2);
  for (const unsigned value : values) pdu += be16(value);
  return modbus(id, unit, pdu);
}
inline std::string write_register(unsigned id, unsigned address, unsigned value, unsigned unit = 1) {
  return modbus(id, unit, "\x06" + be16(address) + be16(value));
}

/// Lines keeps the JSON line of every record.
class Lines : public records::Sink {
 public:
  void record(const records::Run& run) override { add(run); }
  void record(const records::Transaction& transaction) override { add(transaction); }
  void record(const records::Finding& finding) override { add(finding); }
  void record(const records::AssetSeen& seen) override { add(seen); }
  void record(const records::Loss& loss) override { add(loss); }
  void record(const records::Flow& flow) override { add(flow); }
  void record(const records::ProtectionSeen& seen) override { add(seen); }

  /// with gives the lines that contain all of `words`.
  std::vector<std::string> with(const std::vector<std::string>& words) const {
    std::vector<std::string> found;
    for (const std::string& line : lines) {
      bool all = true;
      for (const std::string& word : words) all = all && line.find(word) != std::string::npos;
      if (all) found.push_back(line);
    }
    return found;
  }
  std::vector<std::string> lines;

 private:
  template <class Record>
  void add(const Record& record) {
    lines.emplace_back();
    records::append_json(lines.back(), record);
  }
};

/// Watched runs a wire through the whole monitor; without a plant nothing is judged.
class Watched {
 public:
  explicit Watched(PacketSource& source, const std::string& plant_text = "", SensorOptions options = {},
                   EvidenceTaker* taker = nullptr) {
    std::shared_ptr<const plant::Plant> plant;
    std::shared_ptr<const policy::Policy> policy;
    if (!plant_text.empty()) {
      plant = std::make_shared<const plant::Plant>(plant::require(plant::load_text(plant_text, "test.yaml")));
      policy = policy::compile(plant).policy;
      if (!policy) throw Error("the plant of the test does not compile");
    }
    Correlator correlator(policy, plant, out, options.hash_key);
    correlator.keep_evidence(taker);
    result = run(source, correlator, options, [](const SensorResult&) {});
    correlator.finish();
    totals = correlator.totals();
    findings = correlator.findings();
  }
  Lines out;
  SensorResult result;
  Totals totals;
  uint64_t findings = 0;
};

}  // namespace rampart::monitor::testing
