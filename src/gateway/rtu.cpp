#include "gateway/rtu.h"

#include <algorithm>
#include <array>

namespace rampart::gateway::rtu {
namespace {

constexpr uint8_t kException = 0x80;
constexpr size_t kExceptionOctets = 5;  // unit, function, code, CRC
constexpr uint32_t kFastest = 19'200;   // up to which the silence is counted in octets

constexpr std::array<uint16_t, 256> make_table() {
  std::array<uint16_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0xa001u : value >> 1;
    table[i] = static_cast<uint16_t>(value);
  }
  return table;
}
constexpr std::array<uint16_t, 256> kTable = make_table();

size_t number_at(Bytes octets, size_t at) {
  return at + 2 <= octets.size() ? static_cast<size_t>(octets[at] << 8 | octets[at + 1]) : 0;
}

/// said_by_request is the size of the answer's frame where the request tells it, else 0.
/// Source: MODBUS Application Protocol V1.1b3, section 6.
size_t said_by_request(Bytes request) {
  switch (request[1]) {
    case 1:
    case 2:
      return 5 + (number_at(request, 4) + 7) / 8;
    case 3:
    case 4:
    case 23:
      return 5 + 2 * number_at(request, 4);
    case 7:
      return 5;
    case 8:
    case 22:
      return request.size() + 2;  // the request comes back
    case 5:
    case 6:
    case 11:
    case 15:
    case 16:
      return 8;
    default:
      return 0;
  }
}

/// said_by_answer is the size of the frame at the beginning of `octets` where it counts its own octets, else 0.
size_t said_by_answer(Bytes octets) {
  switch (octets[1]) {
    case 12:
    case 17:
    case 20:
    case 21:
      return octets.size() > 2 ? size_t{5} + octets[2] : kFrameMost + 1;
    case 24:
      return octets.size() > 3 ? 6 + number_at(octets, 2) : kFrameMost + 1;
    default:
      return 0;
  }
}

/// suits is false where `frame` has the size of an answer to `request` and is one to another.
bool suits(Bytes request, Bytes frame) {
  switch (request[1]) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 23:
      return frame[2] == frame.size() - 5;
    case 5:
    case 6:
    case 8:
    case 15:
    case 16:
    case 22:
      return number_at(frame, 2) == number_at(request, 2);  // address, or sub-function
    default:
      return true;
  }
}

bool whole(Bytes frame) {
  const uint16_t sum = crc(frame.first(frame.size() - 2));
  return frame[frame.size() - 2] == (sum & 0xff) && frame[frame.size() - 1] == sum >> 8;
}

}  // namespace

uint16_t crc(Bytes octets) {
  uint32_t value = 0xffff;
  for (const uint8_t octet : octets) value = value >> 8 ^ kTable[(value ^ octet) & 0xff];
  return static_cast<uint16_t>(value);
}

Pace pace_of(const plant::SerialLine& line) {
  const uint32_t bits = 9 + (line.parity == plant::Parity::none ? 0u : 1u) + line.stop_bits;
  const std::chrono::nanoseconds octet(uint64_t{1'000'000'000} * bits / line.baud);
  Pace pace{.octet = std::chrono::duration_cast<Duration>(octet), .gap = std::chrono::microseconds(1'750)};
  if (line.baud <= kFastest) pace.gap = std::chrono::duration_cast<Duration>(octet * 7 / 2);
  return pace;
}

std::vector<uint8_t> frame_of(Bytes request) {
  std::vector<uint8_t> frame(request.begin(), request.end());
  const uint16_t sum = crc(request);
  frame.push_back(static_cast<uint8_t>(sum & 0xff));
  frame.push_back(static_cast<uint8_t>(sum >> 8));
  return frame;
}

size_t answer_octets(Bytes request) {
  const size_t said = said_by_request(request);
  return said == 0 ? kFrameMost : std::min(said, kFrameMost);
}

bool writes(uint8_t function) {
  return function == 5 || function == 6 || function == 15 || function == 16 || function == 21 || function == 22;
}

std::optional<Bytes> find_answer(Bytes request, Bytes received, bool silent) {
  for (size_t i = 0; i + kExceptionOctets <= received.size(); ++i) {
    const Bytes rest = received.subspan(i);
    if (rest[0] != request[0] || (rest[1] & ~kException) != request[1]) continue;
    const bool exception = (rest[1] & kException) != 0;
    size_t size = exception ? kExceptionOctets : said_by_request(request);
    if (size == 0) size = said_by_answer(rest);
    if (size == 0 && silent) size = rest.size();
    if (size < kExceptionOctets || size > std::min(rest.size(), kFrameMost)) continue;
    const Bytes frame = rest.first(size);
    if (!whole(frame) || (!exception && !suits(request, frame))) continue;
    return frame.first(size - 2);
  }
  return {};
}

}  // namespace rampart::gateway::rtu
