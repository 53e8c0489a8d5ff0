// What the ends of conversations are, for all of the room that ask.
#pragma once

#include "records/records.h"

namespace rampart::monitor {

/// is_group: no single device, but all that listen: by its IP address, or by the frame's where that is a broadcast to
/// one subnet.
inline bool is_group(const records::Side& side) {
  return (side.ip && (side.ip->is_multicast() || side.ip->is_broadcast())) ||
         (side.mac && (side.mac->octets[0] & 1) != 0);
}

inline bool is_unspecified(const IpAddress& ip) { return (ip.words()[0] | ip.words()[1]) == 0; }

/// near: of one /24, or one /64: what neighbours have in common where nobody said how large their network is.
inline bool near(const IpAddress& one, const IpAddress& other) {
  const uint64_t differs = one.words()[0] ^ other.words()[0];
  return one.is_v4() == other.is_v4() && (one.is_v4() ? differs >> 40 : differs) == 0;
}

}  // namespace rampart::monitor
