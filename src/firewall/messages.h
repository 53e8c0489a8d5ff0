// What the command and the helper say to each other over a unix socket: one request and one answer a connection, each
// with a head of fixed size that bounds what follows. docs/formats/firewall.md has every octet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "firewall/rule_set.h"

namespace rampart::firewall {

enum class Ask : uint8_t {
  load = 1,     // Load: put a rule set in force
  confirm = 2,  // digest: keep what waits for confirmation
  undo = 3,     // nothing: go back to what was before, now
  status = 4,   // nothing: Status
  rules = 5,    // nothing: the rule set in force as it was loaded; empty where there is none
  listing = 6,  // nothing: what nft lists of our table; empty where it is not there
  flows = 7,    // nothing: the conversations that the kernel tracks, as text
};
constexpr uint8_t kLastAsk = 7;

/// Digest names a rule set between command and helper; the helper only compares it.
using Digest = std::array<uint8_t, 32>;

/// Load: `seconds` to confirm it; 0 only for rule sets that observe.
struct Load {
  Digest digest{};
  uint16_t seconds = 0;
  std::vector<uint8_t> rules;
};
constexpr uint16_t kLongestWait = 3'600;

struct Status {
  enum class State : uint8_t { none, confirmed, waiting };
  State state = State::none;
  Digest digest{};       // of what is in force
  uint16_t seconds = 0;  // left to confirm it
  std::string last{};    // what happened last, in words: "rolled back: not confirmed in 60 s"
  bool operator==(const Status&) const = default;
};

enum class Result : uint8_t { done = 0, refused = 1, failed = 2 };
struct Answer {
  Result result = Result::done;
  std::vector<uint8_t> body;  // what was asked for, or why not, as text
};

constexpr size_t kHeadOctets = 9;  // magic u32, kind or result u8, octets that follow u32
constexpr size_t kMostRequest = kMostOctets + 64, kMostAnswer = size_t{256} << 20;

/// Head is the beginning of a request or an answer.
struct Head {
  uint8_t kind = 0;
  uint32_t octets = 0;
};
std::vector<uint8_t> request(Ask kind, Bytes body = {});
std::vector<uint8_t> answer(const Answer& answer);
/// parse_request_head and parse_answer_head check magic, kind and bound; nothing where one is wrong.
std::optional<Head> parse_request_head(Bytes head);
std::optional<Head> parse_answer_head(Bytes head);

std::vector<uint8_t> encode(const Load& load);
std::optional<Load> decode_load(Bytes bytes);
std::vector<uint8_t> encode(const Status& status);
std::optional<Status> decode_status(Bytes bytes);

}  // namespace rampart::firewall
