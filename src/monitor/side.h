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

}  // namespace rampart::monitor
