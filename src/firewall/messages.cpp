#include "firewall/messages.h"

#include <algorithm>

namespace rampart::firewall {
namespace {

constexpr uint32_t kRequest = 0x52465131, kAnswer = 0x52464131;  // "RFQ1", "RFA1"

void put(std::vector<uint8_t>& out, uint64_t value, size_t octets) {
  for (size_t i = octets; i > 0; --i) out.push_back(static_cast<uint8_t>(value >> (8 * (i - 1))));
}

std::vector<uint8_t> framed(uint32_t magic, uint8_t kind, Bytes body) {
  std::vector<uint8_t> out;
  out.reserve(kHeadOctets + body.size());
  put(out, magic, 4);
  put(out, kind, 1);
  put(out, body.size(), 4);
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

std::optional<Head> parse_head(Bytes bytes, uint32_t magic, uint8_t first, uint8_t last, size_t most) {
  ByteReader reader(bytes);
  const bool ours = reader.u32() == magic;
  const Head head{reader.u8(), reader.u32()};
  if (!reader.done() || !ours || head.kind < first || head.kind > last || head.octets > most) return {};
  return head;
}

}  // namespace

std::vector<uint8_t> request(Ask kind, Bytes body) { return framed(kRequest, static_cast<uint8_t>(kind), body); }
std::vector<uint8_t> answer(const Answer& answer) {
  return framed(kAnswer, static_cast<uint8_t>(answer.result), answer.body);
}
std::optional<Head> parse_request_head(Bytes head) { return parse_head(head, kRequest, 1, kLastAsk, kMostRequest); }
std::optional<Head> parse_answer_head(Bytes head) { return parse_head(head, kAnswer, 0, 2, kMostAnswer); }

std::vector<uint8_t> encode(const Load& load) {
  std::vector<uint8_t> out(load.digest.begin(), load.digest.end());
  put(out, load.seconds, 2);
  out.insert(out.end(), load.rules.begin(), load.rules.end());
  return out;
}

std::optional<Load> decode_load(Bytes bytes) {
  ByteReader reader(bytes);
  const Bytes digest = reader.bytes(32);
  Load load;
  load.seconds = reader.u16();
  if (!reader.ok() || load.seconds > kLongestWait) return {};
  std::copy(digest.begin(), digest.end(), load.digest.begin());
  const Bytes rules = reader.rest();
  load.rules.assign(rules.begin(), rules.end());
  return load;
}

std::vector<uint8_t> encode(const Status& status) {
  std::vector<uint8_t> out;
  put(out, static_cast<uint8_t>(status.state), 1);
  out.insert(out.end(), status.digest.begin(), status.digest.end());
  put(out, status.seconds, 2);
  out.insert(out.end(), status.last.begin(), status.last.end());
  return out;
}

std::optional<Status> decode_status(Bytes bytes) {
  ByteReader reader(bytes);
  const uint8_t state = reader.u8();
  const Bytes digest = reader.bytes(32);
  Status status;
  status.seconds = reader.u16();
  if (!reader.ok() || state > static_cast<uint8_t>(Status::State::waiting)) return {};
  status.state = static_cast<Status::State>(state);
  std::copy(digest.begin(), digest.end(), status.digest.begin());
  status.last = as_text(reader.rest());
  return status;
}

}  // namespace rampart::firewall
