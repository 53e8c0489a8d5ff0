// The same octets of TCP and UDP in other packets: what networks, network cards and attackers make of one conversation.
// What must not change is what the two sides said, and who spoke after having heard what. Every function is pure.
#pragma once

#include <map>
#include <optional>

#include "damage.h"
#include "frames.h"
#include "monitor/packet.h"

namespace rampart::captures {

/// Dissected is a whole TCP segment or UDP datagram over IP, and where its parts lie in the frame.
struct Dissected {
  monitor::Packet packet;  // borrows from the frame
  size_t ip = 0;
  size_t transport = 0;
  size_t payload = 0;
  std::string flow;  // key as in Watched::flows
  bool from_lower = false;

  bool tcp() const { return packet.transport == monitor::Transport::tcp; }
  bool has(uint8_t flags) const { return (packet.tcp_flags & flags) != 0; }
  uint32_t end() const { return packet.sequence + static_cast<uint32_t>(packet.payload.size()); }
};
/// dissect gives nothing for all else, which reshaping leaves as it is.
std::optional<Dissected> dissect(const Frame& frame);

/// into_pieces cuts the payload of every TCP segment into pieces of 1 to `most` octets.
Frames into_pieces(const Frames& frames, size_t most, Random random);
/// merged joins segments of one direction that follow each other without a word of the other side between them.
Frames merged(const Frames& frames);
/// reordered cuts segments into a few pieces and shuffles up to eight that no packet of the other side separates.
Frames reordered(const Frames& frames, Random random);
/// repeated adds retransmissions: whole, late, and overlapping what came before.
Frames repeated(const Frames& frames, Random random);
/// wrapped shifts sequence numbers so that they pass 2^32 soon after the beginning of each direction.
Frames wrapped(const Frames& frames);
/// fragmented cuts IPv4 datagrams into fragments of `octets`, a multiple of 8, and shuffles those of one datagram.
Frames fragmented(const Frames& frames, size_t octets, Random random);

}  // namespace rampart::captures
