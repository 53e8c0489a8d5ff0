// DNP3's link layer (IEEE 1815 clause 9): where a frame begins and ends, whether its checksums are right, and its user
// data without them. Pure functions; nothing is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "protocols/decoder.h"
#include "protocols/dnp3/crc.h"

namespace rampart::protocols::dnp3 {

inline constexpr uint8_t kStart0 = 0x05;
inline constexpr uint8_t kStart1 = 0x64;
inline constexpr size_t kHeaderOctets = 10;     // start, length, control, destination, source, checksum
inline constexpr uint8_t kLengthLeast = 5;      // LENGTH counts control, both addresses and the user data
inline constexpr size_t kUserDataOctets = 250;  // the most that one frame carries
inline constexpr size_t kFrameOctets = 292;
inline constexpr uint16_t kSelfAddress = 0xfffc;
inline constexpr uint16_t kBroadcastFirst = 0xfffd;

/// Primary and Secondary: link functions of primary (asking) and secondary (answering) frames.
enum class Primary : uint8_t {
  reset_link = 0,
  reset_user_process = 1,
  test_link = 2,
  confirmed_user_data = 3,
  unconfirmed_user_data = 4,
  request_link_status = 9,
};
enum class Secondary : uint8_t { acknowledge = 0, not_acknowledged = 1, link_status = 11, not_supported = 15 };

struct LinkHeader {
  uint8_t length = 0;
  uint8_t control = 0;
  uint16_t destination = 0;
  uint16_t source = 0;

  bool from_master() const { return (control & 0x80) != 0; }
  bool primary() const { return (control & 0x40) != 0; }
  uint8_t function() const { return control & 0x0f; }
  bool broadcast() const { return destination >= kBroadcastFirst; }
  size_t user_octets() const { return length - size_t{kLengthLeast}; }
};

/// frame_octets is the size on the wire of a frame whose LENGTH is `length` >= 5.
constexpr size_t frame_octets(uint8_t length) {
  const size_t user = length - size_t{kLengthLeast};
  return kHeaderOctets + user + (user + kBlockOctets - 1) / kBlockOctets * 2;
}

/// header_verified: start octets, least length and header checksum of the 10 octets at `at` are right.
bool header_verified(const uint8_t* at);
/// read_header reads the 10 octets at `at`, which have been verified.
LinkHeader read_header(const uint8_t* at);
/// find_frame: the end of the frame that should begin `bytes`.
Frame find_frame(Bytes bytes);
/// find_header is the offset of the next verified header, or of the beginning of one that the end of `bytes` cuts
/// short, or the size where there is neither.
size_t find_header(Bytes bytes);
/// blocks_verified: two blocks of user data with right checksums lie in `bytes`, which begin somewhere in a frame.
bool blocks_verified(Bytes bytes);
/// remove_checksums copies the user data of `frame`, which is whole, to `out`; false where a block's checksum is wrong.
bool remove_checksums(Bytes frame, size_t user_octets, uint8_t* out);
/// build_frame writes one frame around at most 250 octets of user data.
void build_frame(const LinkHeader& header, Bytes user_data, std::vector<uint8_t>& out);

}  // namespace rampart::protocols::dnp3
