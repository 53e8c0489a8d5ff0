// The packets of a finding as a capture file of its own: what was lately seen between its two ends, and what comes in
// the next two seconds. Kept in a ring of fixed size; fed in packet order by the thread that judges, so that the files
// are the same however many read packets.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "monitor/correlator.h"
#include "monitor/sensor.h"

namespace rampart::monitor {

/// EvidenceLimits: the ring is all memory there is beside the cases that wait for what comes after.
struct EvidenceLimits {
  size_t ring_octets = size_t{32} << 20;
  size_t ring_packets = 65'536;
  size_t packets_before = 200, packets_after = 50;  // of one finding
  std::chrono::seconds after{2};
  size_t waiting = 32;  // cases at a time; one more ends the oldest early
  uint64_t files = 1000;
  uint64_t octets = uint64_t{256} << 20;  // of all files
};

class Evidence : public PacketTap, public EvidenceTaker {
 public:
  /// Evidence makes `folder` where it is missing. Errors: throws Error where it cannot.
  explicit Evidence(std::string folder, const EvidenceLimits& limits = {});

  void packet(const RawPacket& raw) override;
  void found(const records::Finding& finding) override;
  /// finish writes the cases that still wait. No call throws: the first failure to write ends all writing.
  void finish();

  uint64_t files() const { return files_; }
  uint64_t octets() const { return octets_; }
  /// left_out: findings without a file, since the bounds were reached or their packets were not in the ring any more.
  uint64_t left_out() const { return left_out_; }
  /// failure: why writing ended; empty where it did not.
  const std::string& failure() const { return failure_; }

 private:
  struct Kept {
    TimePoint time;
    uint64_t number = 0;
    size_t offset = 0;
    uint32_t size = 0, original = 0, link_type = 0;
  };
  /// Case is one finding whose packets are collected.
  struct Case {
    std::string name;
    std::optional<IpAddress> ip[2];
    std::optional<MacAddress> mac[2];
    bool any_peer = false;  // a scan: all packets of the one who scans
    uint64_t packet = 0;
    uint32_t link_type = 0;
    size_t packets = 0, after = 0;
    TimePoint until{};
    std::string file;  // as it will be written
  };
  bool belongs(const Case& one, const RawPacket& raw) const;
  void append(Case& one, const RawPacket& raw) const;
  void keep(const RawPacket& raw);
  RawPacket raw_of(const Kept& kept) const;
  void close(Case& one);

  std::string folder_, failure_;
  EvidenceLimits limits_;
  std::vector<uint8_t> ring_;
  size_t head_ = 0;
  std::deque<Kept> kept_;
  std::deque<Case> cases_;
  std::unordered_map<std::string, uint32_t> names_;  // of the files written
  uint64_t files_ = 0, octets_ = 0, left_out_ = 0;
};

}  // namespace rampart::monitor
