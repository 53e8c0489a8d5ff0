// The judging side of the monitor: joins answers to operations, asks the plant, keeps what is known of points, makes
// findings, and hands records to a sink. It is fed in packet order by one thread, however many read packets.
#pragma once

#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/keyed_hash.h"
#include "monitor/events.h"
#include "monitor/findings.h"
#include "monitor/gateways.h"
#include "policy/policy.h"
#include "policy/situation.h"
#include "protocols/matcher.h"
#include "records/records.h"

namespace rampart::monitor {

struct Detectors;
enum class Scan : uint8_t;
enum class Untold : uint8_t;

/// EvidenceTaker is told of each finding that is written for the first time, before the sink is.
class EvidenceTaker {
 public:
  virtual ~EvidenceTaker() = default;
  virtual void found(const records::Finding& finding) = 0;
};

/// Totals of what a run saw and what it could not see.
struct Totals {
  uint64_t flows = 0, operations = 0, malformed_packets = 0, malformed_frames = 0, unsupported_frames = 0;
  uint64_t gaps = 0, gap_octets = 0, given_up_operations = 0, evicted_flows = 0;
};

class Correlator : public Events {
 public:
  /// The sink must outlive the correlator. Without a policy nothing is judged: operations are only told. `hash_key`: of
  /// the tables; a live sensor wants a random one.
  Correlator(std::shared_ptr<const policy::Policy> policy, std::shared_ptr<const plant::Plant> plant,
             records::Sink& sink, const HashKey& hash_key = {});
  ~Correlator() override;

  void flow_started(FlowRef flow, const FlowStart& start, Moment moment) override;
  void roles_swapped(FlowRef flow) override;
  void protocol_found(FlowRef flow, protocols::Protocol protocol, Moment moment) override;
  void protocol_missing(FlowRef flow, protocols::Protocol expected, Moment moment) override;
  void operation(FlowRef flow, Direction direction, const protocols::Operation& operation, Seen seen,
                 Moment moment) override;
  void answer(FlowRef flow, Direction direction, const protocols::Answer& answer, Moment moment) override;
  void attribute(FlowRef flow, Direction direction, const protocols::Attribute& attribute, Moment moment) override;
  void protection(FlowRef flow, Direction direction, const protocols::Protection& protection, Moment moment) override;
  void deviation(FlowRef flow, std::string_view name) override;
  void trouble(FlowRef flow, Direction direction, std::string_view kind, std::string_view reason, uint64_t count,
               Moment moment) override;
  void flow_stopped(FlowRef flow, const FlowStop& stop, Moment moment) override;
  void packet_trouble(std::string_view reason, Moment moment) override;
  void tick(Moment moment) override;

  /// note_loss says that the sensor itself lost packets at `when` (a full ring, a flow given up): findings that rest on
  /// not having seen something are held back for conversations that were alive then.
  void note_loss(TimePoint when);
  /// keep_evidence names who is told of each finding that is written for the first time; null: nobody. It must outlive
  /// this.
  void keep_evidence(EvidenceTaker* taker) { evidence_ = taker; }

  /// finish writes what is still waiting; call once, after the last flow has stopped.
  void finish();
  const Totals& totals() const { return totals_; }
  uint64_t findings() const { return keeper_.occurrences() + untold_; }

 private:
  /// Asked is what we keep with an operation until its answer comes.
  struct Asked {
    uint64_t packet = 0;
    Seen seen = Seen::whole;
    policy::Verdict verdict{};
    policy::Parties parties{};
    std::string_view deviation{};
    uint64_t answered_packet = 0;
    bool judged = false;
  };
  using Matcher = protocols::Matcher<Asked>;
  struct Talk;
  /// Waiting names a conversation that asked something; `flow_id` tells whether it is still the one at `flow`.
  struct Waiting {
    FlowRef flow;
    uint64_t flow_id = 0;
  };

  Talk& talk(FlowRef flow);
  policy::Party party_of(const records::Conversation& conversation, const records::Side& side,
                         const protocols::Operation* operation = nullptr) const;
  policy::Parties parties_of(Talk& talk, Direction direction, const protocols::Operation& operation, Moment moment);
  void describe(Talk& talk);
  void name_sides(Talk& talk);
  void see_address(Talk& talk, const records::Side& side, const policy::Party& party, Moment moment);
  void emit(Talk& talk, const protocols::Transaction<Asked>& transaction, uint64_t packet);
  void judge(Talk& talk, Direction direction, const protocols::Operation& operation, const policy::Parties& parties,
             const policy::Verdict& verdict, Moment moment);
  template <class Decide>
  policy::Verdict decided(const Talk& talk, const policy::Parties& parties, Decide&& decide) const;
  policy::Verdict verdict_of(const Talk& talk, const policy::Parties& parties, const protocols::Operation& operation,
                             Moment moment) const;
  policy::Verdict verdict_of(const Talk& talk, const policy::Parties& parties, TimePoint when) const;
  protocols::Protocol inside_tls(const records::Conversation& conversation) const;
  void judge_undecoded(Talk& talk, const FlowStop& stop);
  // anomalies.cpp: what no rule of the plant says.
  void watch_start(Talk& talk, Moment moment);
  void watch_operation(Talk& talk, Direction direction, const protocols::Operation& operation, bool denied,
                       Moment moment);
  void watch_write(Talk& talk, Direction direction, const protocols::Operation& operation, Moment moment);
  void watch_denied(Talk& talk, Direction direction, const protocols::Operation& operation, Moment moment);
  void watch_attribute(Talk& talk, Direction direction, const protocols::Attribute& attribute, Moment moment);
  void watch_stop(Talk& talk, const FlowStop& stop);
  void watch_claim(Talk& talk, const protocols::Attribute& attribute, Moment moment);
  void watch_sender(Talk& talk, Moment moment);
  bool parted(plant::Index zone, const IpAddress& inside, const IpAddress& other) const;
  void bound(Talk& talk, const IpAddress& ip, const MacAddress& mac, std::string_view how, Moment moment);
  // protected.cpp: how traffic is protected, held against what the plant's targets ask for.
  void watch_protection(Talk& talk, Direction direction, const protocols::Protection& protection, Moment moment);
  void watch_exposed(Talk& talk, const FlowStop& stop);
  void probe(Scan scan, uint64_t source, uint64_t thing, Talk& talk, Direction direction, Moment moment);
  bool part_of_scan(const FindingKind& kind, const Talk& talk, Direction direction, Moment moment,
                    const protocols::Operation* operation);
  bool muted(const FindingKind& kind, uint64_t key, const Talk& talk, Direction direction, Moment moment,
             const policy::Verdict* verdict);
  void tell_untold(Moment moment);
  /// find counts a finding; `message` makes its words and is called only where it will be written.
  template <class Message>
  void find(const FindingKind& kind, uint64_t key, Talk& talk, Direction direction, Moment moment, Message&& message,
            const protocols::Operation* operation = nullptr, const policy::Verdict* verdict = nullptr);
  void write(const FindingKind& kind, uint64_t key, Talk& talk, Direction direction, Moment moment,
             std::string_view message, const protocols::Operation* operation, const policy::Verdict* verdict);
  records::Verdict recorded(const policy::Verdict& verdict) const;
  uint64_t address_key(const records::Side& side) const;
  uint64_t pair_key(const records::Side& from, const records::Side& to) const;
  std::string_view asset_id(plant::Index asset) const;
  std::string_view zone_id(plant::Index zone) const;

  std::shared_ptr<const policy::Policy> policy_;
  std::shared_ptr<const plant::Plant> plant_;
  records::Sink& sink_;
  SeededHash hash_;
  RepeatKeeper keeper_;
  std::unique_ptr<policy::Situation> situation_;
  std::unique_ptr<Detectors> detectors_;
  EvidenceTaker* evidence_ = nullptr;
  uint64_t untold_ = 0;  // occurrences in the records of what was not told one by one
  TimePoint untold_at_{};
  Moment last_;
  std::vector<std::vector<std::unique_ptr<Talk>>> talks_;  // by shard and slot
  std::vector<std::unique_ptr<Talk>> spare_;               // ended, to be used again
  std::vector<Waiting> waiting_;                           // each that has asked and not been answered, and some more
  std::unordered_set<IpAddress, SeededHash> addresses_seen_;
  Gateways gateways_;
  std::unordered_set<IpAddress> plant_addresses_;  // of its assets, also of those told apart by unit only
  std::vector<bool> behind_units_seen_;            // by asset
  std::unordered_set<uint64_t> attributes_seen_;
  std::unordered_set<uint64_t> protections_seen_;
  Totals totals_;
};

}  // namespace rampart::monitor
