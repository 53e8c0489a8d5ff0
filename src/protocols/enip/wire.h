// For tests and fuzz targets only: builds messages of EtherNet/IP and CIP, and converses with a decoder.
#pragma once

#include <string_view>
#include <vector>

#include "protocols/associations.h"
#include "protocols/enip/encapsulation.h"
#include "protocols/hex_testing.h"
#include "protocols/testing.h"

namespace rampart::protocols::enip::testing {

using protocols::testing::hex;
using protocols::testing::Octets;

inline void put(Octets& out, uint64_t value, size_t octets) {
  for (size_t i = 0; i < octets; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}
inline Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
inline Octets encapsulate(uint16_t command, const Octets& data, uint64_t context = 1, uint32_t status = 0,
                          uint32_t session = 0x11223344) {
  Octets out;
  put(out, command, 2);
  put(out, data.size(), 2);
  put(out, session, 4);
  put(out, status, 4);
  put(out, context, 8);
  put(out, 0, 4);
  return out + data;
}
inline Octets item(uint16_t type, const Octets& data) {
  Octets out;
  put(out, type, 2);
  put(out, data.size(), 2);
  return out + data;
}
/// unconnected and connected wrap a message of CIP; `connected` puts the sequence count before it.
inline Octets unconnected(const Octets& cip, uint64_t context = 1) {
  return encapsulate(0x6f, hex("000000000000 0200") + item(0, {}) + item(0xb2, cip), context);
}
inline Octets connected(const Octets& cip, uint32_t connection, uint16_t sequence) {
  Octets address, counted;
  put(address, connection, 4);
  put(counted, sequence, 2);
  return encapsulate(0x70, hex("000000000000 0200") + item(0xa1, address) + item(0xb1, counted + cip), 0);
}
/// request builds a message out of a service, a path of whole words and data.
inline Octets request(uint8_t service, const Octets& path, const Octets& data = {}) {
  Octets out = {service, static_cast<uint8_t>(path.size() / 2)};
  return out + path + data;
}

/// Conversation is a decoder with a table of associations of its own.
class Conversation {
 public:
  Conversation() : decoder_(self_.entry().make(self_)) { decoder_->share(shared_, 1); }
  std::vector<std::string> ask(const Octets& message) { return feed(Direction::to_server, message); }
  std::vector<std::string> answer(const Octets& message) { return feed(Direction::to_client, message); }
  std::vector<std::string> feed(Direction direction, const Octets& message) {
    protocols::testing::RecordingSink sink;
    state = decoder_->feed(direction, message, sink);
    return sink.lines;
  }
  Decoder& decoder() { return *decoder_; }
  Associations& shared() { return shared_; }
  Feed state;

 private:
  Protocol self_ = *find_protocol("enip");
  Associations shared_;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace rampart::protocols::enip::testing
