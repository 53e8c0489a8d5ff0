// What a run saw, added up for a person: findings worst first, zones, conduits, protocols, and what was not seen.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "plant/plant.h"
#include "records/records.h"

namespace rampart::monitor {

class Summary : public records::Sink {
 public:
  /// Without a plant there are no zones and no verdicts to add up.
  explicit Summary(std::shared_ptr<const plant::Plant> plant) : plant_(std::move(plant)) {}

  /// use takes another plant; what was added up stays.
  void use(std::shared_ptr<const plant::Plant> plant) { plant_ = std::move(plant); }

  void record(const records::Run& run) override;
  void record(const records::Transaction& transaction) override;
  void record(const records::Finding& finding) override;
  void record(const records::AssetSeen& seen) override;
  void record(const records::Loss& loss) override;
  void record(const records::Flow& flow) override;
  void record(const records::ProtectionSeen&) override {}

  /// text is the summary in at most 80 columns; `colour` marks severities by escape sequences beside their words.
  std::string text(bool colour) const;
  uint64_t findings() const;

 private:
  struct Operations {
    std::array<uint64_t, protocols::kActionCount> by_action{};
    uint64_t all = 0, denied = 0, undecidable = 0, refused = 0, unanswered = 0;
    void add(const records::Transaction& transaction);
  };
  struct Group {
    records::Severity severity{};
    std::string id, message, zone, conduit;
    uint64_t count = 0, packet = 0, order = 0;
    bool others = false;  // it stands for more than one message
  };
  void add_findings(std::string& out, bool colour) const;
  static void add_finding(std::string& out, const Group& group, bool colour);
  void add_zones(std::string& out) const;
  void add_conduits(std::string& out) const;
  void add_protocols(std::string& out) const;
  void add_losses(std::string& out) const;
  void add_untold(std::string& out) const;

  std::shared_ptr<const plant::Plant> plant_;
  records::Run start_, stop_;
  std::map<std::string, Operations, std::less<>> conduits_, protocols_;
  std::map<std::string, std::array<uint64_t, 2>, std::less<>> zones_;  // assets of the plant seen, others seen
  uint64_t nowhere_ = 0;                                               // addresses in no zone
  std::unordered_map<std::string, Group> groups_;
  std::map<std::string, uint64_t> untold_;  // what was not told one by one, by kind and reason
  std::map<std::string, uint64_t, std::less<>> losses_;
  uint64_t flows_ = 0, undecoded_flows_ = 0;
  std::string sources_;
};

}  // namespace rampart::monitor
