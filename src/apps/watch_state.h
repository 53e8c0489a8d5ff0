// What a live watch knows of itself at the moment: added up from the records, for the terminal view, the metrics and
// the health line. One thread, that of the records; bounded by the plant and by what is noted beside each table.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "monitor/live_capture.h"
#include "plant/plant.h"
#include "records/records.h"

namespace rampart::apps {

class WatchState : public records::Sink {
 public:
  struct Conduit {
    uint64_t operations = 0, denied = 0, undecidable = 0;
    uint64_t before = 0;  // operations at the last beat
    double rate = 0;      // operations a second, of the last beat
  };
  struct Zone {
    uint64_t assets = 0, strangers = 0, findings = 0;  // strangers: addresses that are no asset of the plant
    size_t planned = 0;                                // assets in the plant
  };
  struct News {
    TimePoint when{};
    records::Severity severity{};
    std::string message;
    uint64_t count = 1;
  };
  using FindingKey = std::pair<std::string, records::Severity>;

  /// use takes another plant; what was counted stays, of what is still in it.
  void use(std::shared_ptr<const plant::Plant> plant);

  void record(const records::Run&) override {}
  void record(const records::Transaction& transaction) override;
  void record(const records::Finding& finding) override;
  void record(const records::AssetSeen& seen) override;
  void record(const records::ProtectionSeen&) override {}
  void record(const records::Loss& loss) override;
  void record(const records::Flow&) override { ++flows_ended; }

  /// beat takes what the interfaces say and makes rates of the time since the last one.
  void beat(TimePoint when, std::vector<monitor::LiveSource> now_seen);

  // For reading.
  std::shared_ptr<const plant::Plant> plant;
  std::map<std::string, Conduit, std::less<>> conduits;  // and "inside ZONE", "no conduit"
  std::map<std::string, Zone, std::less<>> zones;
  std::map<std::string, uint64_t, std::less<>> protocols;
  std::map<FindingKey, uint64_t> findings;
  std::map<std::string, uint64_t, std::less<>> losses;  // by kind
  std::deque<News> news;                                // newest first, at most kMostNews
  std::vector<monitor::LiveSource> sources;
  uint64_t nowhere = 0;  // addresses in no zone
  uint64_t operations = 0, flows_ended = 0, findings_in_all = 0;
  TimePoint started{}, now{};
  double packets_a_second = 0, bits_a_second = 0, operations_a_second = 0;

  static constexpr size_t kMostNews = 64;

 private:
  uint64_t packets_before_ = 0, octets_before_ = 0, operations_before_ = 0;
};

/// drops_of, blind_of: over all interfaces; the longest of the blind times, as they run side by side.
uint64_t drops_of(const WatchState& state);
Duration blind_of(const WatchState& state);
TimePoint last_packet_of(const WatchState& state);
/// all_seen: every interface is up.
bool all_seen(const WatchState& state);
std::string_view to_text(monitor::InterfaceState state);

}  // namespace rampart::apps
