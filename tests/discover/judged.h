// What every draft must be, held against the traffic that it was drafted from: by synthetic traffic, and by
// all captures. Each property gives the complaints that it has, and an empty list is a pass.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "monitor/correlator.h"
#include "monitor/draft.h"
#include "monitor/sensor.h"

namespace rampart::monitor::discover::testing {

/// Source makes the same traffic anew, as often as it is asked.
using Source = std::function<std::unique_ptr<PacketSource>()>;
using Complaints = std::vector<std::string>;

Draft drafted(const Source& source, uint32_t workers = 1);

/// Judged is a draft as a plant, and what a run with it said.
class Judged : public records::Sink {
 public:
  Judged(const Source& source, const Draft& draft, const std::string& plant_text);

  /// complaints_of_load: the draft does not load, does not compile, or has lines that are too long.
  const Complaints& complaints_of_load() const { return load_; }
  /// unexpected: findings of policy about what the draft should allow.
  const Complaints& unexpected() const { return unexpected_; }
  /// missed: operations that are never drafted and gave no finding of policy.
  Complaints missed() const;
  /// needless: rules without which all that was seen would be allowed just the same.
  Complaints needless() const;
  /// too_broad: rules and ranges that allow more than was seen and more than they say of their rounding.
  Complaints too_broad() const;

  size_t findings() const { return findings_; }
  size_t rules() const;
  const plant::Plant& plant() const { return *plant_; }

  void record(const records::Run&) override {}
  void record(const records::Transaction& transaction) override;
  void record(const records::Finding& finding) override;
  void record(const records::AssetSeen&) override {}
  void record(const records::ProtectionSeen&) override {}
  void record(const records::Loss&) override {}
  void record(const records::Flow& flow) override;

 private:
  using RuleIndex = std::pair<plant::Index, plant::Index>;  // conduit, rule
  struct Example {
    policy::Parties parties;
    std::shared_ptr<protocols::OwnedOperation> operation;  // null: a stream
    policy::Stream stream;
  };
  struct Function {
    plant::Index client = 0, server = 0;
    uint16_t protocol = 0;
    protocols::Action action{};
    uint32_t code = 0;
    auto operator<=>(const Function&) const = default;
  };
  struct Range {
    double least = 0, most = 0;
  };

  bool expected(const records::Conversation& conversation, records::Direction asked,
                const protocols::Operation* operation) const;
  policy::Parties parties_of(const records::Conversation& conversation, records::Direction asked,
                             const protocols::Operation* operation) const;
  RuleIndex index_of(const records::Verdict& verdict) const;
  void note_objects(const Function& function, const protocols::Operation& operation);
  void note_values(plant::Index server, const protocols::Operation& operation);
  void rule_too_broad(plant::Index conduit, plant::Index rule, Complaints& complaints) const;
  void objects_too_broad(const plant::Rule& rule, const std::string& name, const Function& function, uint64_t rounding,
                         const std::string& why, Complaints& complaints) const;
  void point_too_broad(plant::Index asset, const plant::Point& point, Complaints& complaints) const;
  std::string comment_above(Mark mark) const;

  const Draft& draft_;
  std::string text_;
  std::set<Address> scanners_;
  std::shared_ptr<const plant::Plant> plant_;
  std::shared_ptr<const policy::Policy> policy_;
  Complaints load_, unexpected_;
  size_t findings_ = 0;
  std::map<RuleIndex, Example> examples_;
  std::map<Function, Objects> seen_;
  std::map<std::tuple<plant::Index, plant::Index, std::string>, Ranges> ports_;  // client, server, tcp
  std::map<std::tuple<plant::Index, std::string>, Range> values_;                // server, object in words
  std::vector<std::pair<Function, uint64_t>> never_;                             // asked, with its packet
  std::set<std::tuple<plant::Index, plant::Index, uint32_t>>
      told_;  // of which a finding was made: client, server, code
  std::set<std::tuple<uint32_t, std::string, Address, Address>> repeats_;  // expected findings, to know their repeats
};

}  // namespace rampart::monitor::discover::testing
