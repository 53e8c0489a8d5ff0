#include "monitor/community_id.h"

#include <algorithm>
#include <array>
#include <utility>

#include "crypto/hash.h"

namespace rampart::monitor {

std::string community_id(const records::Conversation& conversation) {
  const records::Side* low = &conversation.client;
  const records::Side* high = &conversation.server;
  if (!low->ip || !high->ip) return {};
  if (std::pair(*high->ip, high->port) < std::pair(*low->ip, low->port)) std::swap(low, high);
  // Seed, two addresses, protocol, a zero, two ports: at most 40 octets.
  std::array<uint8_t, 40> bytes{};
  size_t size = 2;
  for (const records::Side* side : {low, high}) {
    const Bytes octets = side->ip->octets();
    std::copy(octets.begin(), octets.end(), bytes.begin() + static_cast<ptrdiff_t>(size));
    size += octets.size();
  }
  bytes[size] = conversation.ip_protocol;
  size += 2;
  if (conversation.transport == records::Transport::tcp || conversation.transport == records::Transport::udp) {
    for (const records::Side* side : {low, high}) {
      bytes[size++] = static_cast<uint8_t>(side->port >> 8);
      bytes[size++] = static_cast<uint8_t>(side->port);
    }
  }
  return "1:" + crypto::base64(crypto::sha1(Bytes(bytes).first(size)));
}

}  // namespace rampart::monitor
