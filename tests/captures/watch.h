// Runs frames through the whole monitor and writes down what came out in a form that can be compared: without packet
// numbers, times and latencies.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "frames.h"
#include "monitor/correlator.h"
#include "monitor/sensor.h"

namespace rampart::captures {

/// Line is one transaction: what was asked (empty where nobody was seen asking), what came back, and how it was seen.
struct Line {
  uint64_t exchange = 0;
  std::string asked;
  std::vector<std::string> answers;
  std::vector<std::string> heard;  // the answers by what their octets alone say, however much is known of the asking
  std::string outcome;
  std::string seen;

  bool operator==(const Line& other) const {
    return asked == other.asked && answers == other.answers && outcome == other.outcome && seen == other.seen;
  }
  std::string text() const;
};

/// FlowLines is what was said between two ends, in the order of asking.
struct FlowLines {
  std::vector<Line> lines;
  uint64_t gaps = 0;
  uint64_t lost_octets = 0;
};

struct Watched {
  std::map<std::string, FlowLines> flows;  // by protocol of transport and both ends, the lower one first
  monitor::SensorResult result;
  monitor::Totals totals;
  uint64_t json_lines = 0;
  uint64_t bad_json_lines = 0;  // not UTF-8, or with control characters, or not one object
  std::string json;             // where it was asked for
};

enum class Keep : uint8_t { lines, nothing, json };

/// watch judges by a small plant that knows the usual private networks.
Watched watch(const Frames& frames, Keep keep = Keep::lines, uint32_t workers = 1);

/// end_text and flow_text make the keys of Watched::flows.
std::string end_text(const IpAddress& ip, uint16_t port);
std::string flow_text(bool tcp, const std::string& one, const std::string& other);

}  // namespace rampart::captures
