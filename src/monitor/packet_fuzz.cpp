// Frames of an attacker through the packet layer and the fragment reassembler. Input: records of one octet for the link
// type, one for how many octets the capture cut off, two for the length, then the frame.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "monitor/fragments.h"
#include "monitor/packet.h"

namespace {

using namespace rampart;
using namespace rampart::monitor;

constexpr uint32_t kLinkTypes[] = {1, 113, 276, 0, 108, 12, 14, 101, 228, 229, 165};

void demand(bool holds) {
  if (!holds) std::abort();
}

/// demand_within: whatever a packet points to lies inside of what was given.
void demand_within(const Bytes& part, const Bytes& whole) {
  demand(part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()));
}

void demand_sense(const RawPacket& raw, const Packet& packet, Parsed parsed) {
  demand_within(packet.payload, raw.bytes);
  demand((parsed == Parsed::malformed) == !packet.reason.empty());
  demand(parsed != Parsed::truncated || packet.missing != 0);
  demand(packet.transport == Transport::none || parsed == Parsed::ip);
  demand(parsed != Parsed::fragment || (packet.has_ip && (packet.more_fragments || packet.fragment_offset != 0)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FragmentLimits limits;
  limits.datagrams = 8;
  limits.octets = 100'000;
  FragmentReassembler reassembler(limits);
  ByteReader reader(Bytes(data, size));
  RawPacket raw;
  for (int64_t step = 0; reader.left() > 4 && step < 32; ++step) {
    raw.link_type = kLinkTypes[reader.u8() % std::size(kLinkTypes)];
    const uint32_t cut = reader.u8();
    const Bytes frame = reader.bytes(std::min<size_t>(reader.u16(), reader.left()));
    const auto copy = std::make_unique<uint8_t[]>(frame.size());  // its own block, so that a read beyond it is seen
    std::copy(frame.begin(), frame.end(), copy.get());
    raw.bytes = Bytes(copy.get(), frame.size());
    raw.original_length = static_cast<uint32_t>(frame.size()) + cut;
    raw.time = from_unix(step, 0);
    raw.number = static_cast<uint64_t>(step) + 1;
    Packet packet;
    const Parsed parsed = parse_packet(raw, packet);
    demand_sense(raw, packet, parsed);
    demand(fast_pair_hash(raw) == fast_pair_hash(raw));
    ipv4_checksum_ok(raw.bytes);
    if (parsed != Parsed::fragment) continue;
    Packet whole;
    Parsed inner = Parsed::other;
    if (reassembler.add(packet, whole, inner)) {
      demand(inner == Parsed::ip || inner == Parsed::malformed);
      demand(whole.missing == 0 || inner == Parsed::malformed);
      volatile uint8_t touched = 0;  // both ends are read, so that ASan sees a payload that is not there
      if (!whole.payload.empty()) touched = static_cast<uint8_t>(whole.payload.front() ^ whole.payload.back());
      static_cast<void>(touched);
    }
    demand(reassembler.unfinished() <= limits.datagrams);
    demand(reassembler.held_octets() <= limits.octets + 65535);
  }
  return 0;
}
