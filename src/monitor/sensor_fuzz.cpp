// Frames of an attacker through the whole way of a packet: shard, flows, streams, decoders, correlator, a small plant,
// JSON. Input: records of one octet for how much time passes, two for the length, then the Ethernet frame.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "monitor/correlator.h"
#include "monitor/shard.h"
#include "plant/plant.h"
#include "policy/policy.h"
#include "records/json.h"

namespace {

using namespace rampart;
using namespace rampart::monitor;

constexpr const char* kPlant = R"(rampart: 1
plant: Fuzz
zones:
  - id: upper
    target: 1
    networks: [10.20.0.0/28]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.20.0.10}]}
  - id: lower
    target: 1
    networks: [10.20.0.16/28]
    assets:
      - id: plc
        kind: controller
        at: [{ip: 10.20.0.20}]
        points:
          - {id: valve, object: holding-register 100, range: 0..100, step: 10}
conduits:
  - id: between
    joins: [upper, lower]
    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
      - {id: valve, allow: write, protocol: modbus, from: [scada], to: [plc], points: [valve], rate: 3/min}
      - {id: grid, allow: [read, operate], protocol: dnp3, from: [scada], to: [plc]}
)";

void demand(bool holds) {
  if (!holds) std::abort();
}

/// Checked writes every record as JSON and demands that it is one line of text.
class Checked : public records::Sink {
 public:
  void record(const records::Run& run) override { check(run); }
  void record(const records::Transaction& transaction) override { check(transaction); }
  void record(const records::Finding& finding) override { check(finding); }
  void record(const records::AssetSeen& seen) override { check(seen); }
  void record(const records::Loss& loss) override { check(loss); }
  void record(const records::Flow& flow) override { check(flow); }
  void record(const records::ProtectionSeen& seen) override { check(seen); }

 private:
  template <class Record>
  void check(const Record& record) {
    line_.clear();
    records::append_json(line_, record);
    demand(line_.starts_with("{") && line_.ends_with("}\n") && line_.find('\n') + 1 == line_.size() && is_utf8(line_));
  }
  std::string line_;
};

struct Judge {
  Judge()
      : plant(std::make_shared<const plant::Plant>(plant::require(plant::load_text(kPlant, "fuzz.yaml")))),
        policy(policy::compile(plant).policy) {
    demand(policy != nullptr);
  }
  std::shared_ptr<const plant::Plant> plant;
  std::shared_ptr<const policy::Policy> policy;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Judge judge;
  Checked sink;
  Correlator correlator(judge.policy, judge.plant, sink);
  ShardLimits limits;
  limits.flows = 8;  // few, so that they have to make room
  Shard shard(0, limits, correlator);
  ByteReader reader(Bytes(data, size));
  Moment moment{TimePoint(std::chrono::seconds(1'700'000'000)), 0};
  while (reader.left() > 3 && moment.packet < 64) {
    const uint8_t pause = reader.u8();
    // Most frames follow at once; some after seconds, so that what waits is given up.
    moment.time += pause < 0xf0 ? Duration(std::chrono::milliseconds(pause)) : std::chrono::seconds(pause - 0xe8);
    ++moment.packet;
    const Bytes frame = reader.bytes(std::min<size_t>(reader.u16(), reader.left()));
    const auto copy = std::make_unique<uint8_t[]>(frame.size());  // its own block, so that a read beyond it is seen
    std::copy(frame.begin(), frame.end(), copy.get());
    if (pause >= 0xf0) {
      shard.tick(moment);
      correlator.tick(moment);
    }
    shard.packet(
        {moment.time, Bytes(copy.get(), frame.size()), static_cast<uint32_t>(frame.size()), 1, moment.packet, 0});
  }
  shard.finish(moment);
  correlator.finish();
  demand(correlator.totals().flows <= moment.packet);
  return 0;
}
