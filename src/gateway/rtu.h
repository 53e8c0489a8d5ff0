// Modbus RTU: the frames of a serial line, and the time that they take. Pure functions; views borrow from the
// arguments. Source: MODBUS over Serial Line Specification and Implementation Guide V1.02.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "plant/plant.h"

namespace rampart::gateway::rtu {

constexpr size_t kFrameMost = 256;  // 2.5.1: unit, PDU of at most 253 octets, CRC
constexpr size_t kPduMost = 253;
constexpr uint8_t kBroadcast = 0;  // 2.2: to all devices, and answered by none
constexpr uint8_t kUnitMost = 247;

/// crc is the check of a frame, 6.2.2; its low octet stands first on the line.
uint16_t crc(Bytes octets);

/// Pace is how long things take on a line: one octet with its start, parity and stop bits; the silence between two
/// frames (t3.5, 2.5.1.1: 1.75 ms where the line is faster than 19,200 baud).
struct Pace {
  Duration octet{}, gap{};
};
Pace pace_of(const plant::SerialLine& line);

/// frame_of is `request` (unit and PDU) as it goes on the line.
std::vector<uint8_t> frame_of(Bytes request);
/// answer_octets is the size of the frame that answers `request`, or the most that a frame has where it is not known.
size_t answer_octets(Bytes request);
/// writes is true where a broadcast of the PDU makes sense: it changes something and needs no answer.
bool writes(uint8_t function);

/// find_answer looks in what came from the line for the first frame that answers `request`, and gives its unit and PDU.
/// What stands before it is noise, or the late answer of another request. `silent`: nothing came for a while, so the
/// last frame is over; that ends frames whose size nothing else tells.
std::optional<Bytes> find_answer(Bytes request, Bytes received, bool silent);

}  // namespace rampart::gateway::rtu
