// How much of the traffic of each conduit was encrypted and authenticated, in conversations and octets, added up as
// conversations end. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "plant/plant.h"
#include "records/records.h"

namespace rampart::monitor {

/// Share counts conversations with data and their octets by Assurance: unknown, no, yes.
struct Share {
  std::array<uint64_t, 3> conversations{}, octets{};
};

class ProtectionShares : public records::Sink {
 public:
  /// Without a plant there are no conduits: everything is one.
  explicit ProtectionShares(std::shared_ptr<const plant::Plant> plant) { use(std::move(plant)); }
  /// use takes another plant from here on.
  void use(std::shared_ptr<const plant::Plant> plant);

  void record(const records::Run&) override {}
  void record(const records::Transaction&) override {}
  void record(const records::Finding&) override {}
  void record(const records::AssetSeen&) override {}
  void record(const records::ProtectionSeen&) override {}
  void record(const records::Loss&) override {}
  void record(const records::Flow& flow) override;

  struct Row {
    Share encrypted, authenticated;
  };
  /// rows: by the conduit's id, "inside ZONE", or "no conduit".
  const std::map<std::string, Row, std::less<>>& rows() const { return rows_; }
  /// text is the table for people, at most 80 columns; empty where nothing had data.
  std::string text() const;
  /// append_lines writes one JSON line for each row.
  void append_lines(std::string& out, TimePoint when) const;

 private:
  std::string place(const records::Conversation& conversation) const;

  std::shared_ptr<const plant::Plant> plant_;
  std::map<std::pair<std::string, std::string>, std::string, std::less<>> conduits_;  // by the ids of two zones
  std::map<std::string, Row, std::less<>> rows_;
};

}  // namespace rampart::monitor
