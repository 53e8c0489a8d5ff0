#include "monitor/community_id.h"

#include <utility>
#include <vector>

#include "crypto/hash.h"

namespace rampart::monitor {

std::string community_id(const records::Conversation& conversation) {
  const records::Side* low = &conversation.client;
  const records::Side* high = &conversation.server;
  if (!low->ip || !high->ip) return {};
  if (std::pair(*high->ip, high->port) < std::pair(*low->ip, low->port)) std::swap(low, high);
  std::vector<uint8_t> bytes = {0, 0};  // the seed
  const auto add = [&bytes](Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
  add(low->ip->octets());
  add(high->ip->octets());
  bytes.push_back(conversation.ip_protocol);
  bytes.push_back(0);
  if (conversation.transport == records::Transport::tcp || conversation.transport == records::Transport::udp) {
    for (const records::Side* side : {low, high}) {
      bytes.push_back(static_cast<uint8_t>(side->port >> 8));
      bytes.push_back(static_cast<uint8_t>(side->port));
    }
  }
  return "1:" + crypto::base64(crypto::sha1(bytes));
}

}  // namespace rampart::monitor
