#include "protocols/dnp3/link.h"

#include <algorithm>

namespace rampart::protocols::dnp3 {
namespace {

/// could_begin: nothing in fewer than 10 octets speaks against a header.
bool could_begin(Bytes bytes) {
  return (bytes.empty() || bytes[0] == kStart0) && (bytes.size() < 2 || bytes[1] == kStart1) &&
         (bytes.size() < 3 || bytes[2] >= kLengthLeast);
}

void append_with_crc(std::vector<uint8_t>& out, Bytes block) {
  const uint16_t crc = block_crc(block.data(), block.size());
  out.insert(out.end(), block.begin(), block.end());
  out.push_back(static_cast<uint8_t>(crc & 0xff));
  out.push_back(static_cast<uint8_t>(crc >> 8));
}

}  // namespace

bool header_verified(const uint8_t* at) {
  return at[0] == kStart0 && at[1] == kStart1 && at[2] >= kLengthLeast && block_crc<8>(at) == load_little<2>(at + 8);
}

LinkHeader read_header(const uint8_t* at) {
  return {.length = at[2],
          .control = at[3],
          .destination = static_cast<uint16_t>(load_little<2>(at + 4)),
          .source = static_cast<uint16_t>(load_little<2>(at + 6))};
}

Frame find_frame(Bytes bytes) {
  if (bytes.size() < kHeaderOctets) {
    return {could_begin(bytes) ? Frame::State::more : Frame::State::malformed, kHeaderOctets};
  }
  // LENGTH is not believed before the checksum: a damaged one would swallow the frames behind it.
  if (!header_verified(bytes.data())) return {Frame::State::malformed, 0};
  const size_t size = frame_octets(bytes[2]);
  return {size <= bytes.size() ? Frame::State::complete : Frame::State::more, size};
}

size_t find_header(Bytes bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    const void* found = std::memchr(bytes.data() + at, kStart0, bytes.size() - at);
    if (found == nullptr) return bytes.size();
    at = static_cast<size_t>(static_cast<const uint8_t*>(found) - bytes.data());
    const Bytes left = bytes.subspan(at);
    if (left.size() < kHeaderOctets ? could_begin(left) : header_verified(left.data())) return at;
    ++at;
  }
  return bytes.size();
}

bool blocks_verified(Bytes bytes) {
  constexpr size_t kStride = kBlockOctets + 2;
  for (size_t at = 0; at < kStride && bytes.size() >= at + 2 * kStride; ++at) {
    const uint8_t* first = bytes.data() + at;
    const uint8_t* second = first + kStride;
    if (block_crc<kBlockOctets>(first) == load_little<2>(first + kBlockOctets) &&
        block_crc<kBlockOctets>(second) == load_little<2>(second + kBlockOctets)) {
      return true;
    }
  }
  return false;
}

bool remove_checksums(Bytes frame, size_t user_octets, uint8_t* out) {
  const uint8_t* at = frame.data() + kHeaderOctets;
  while (user_octets >= kBlockOctets) {
    if (block_crc<kBlockOctets>(at) != load_little<2>(at + kBlockOctets)) return false;
    std::memcpy(out, at, kBlockOctets);
    at += kBlockOctets + 2;
    out += kBlockOctets;
    user_octets -= kBlockOctets;
  }
  if (user_octets == 0) return true;
  if (block_crc(at, user_octets) != load_little<2>(at + user_octets)) return false;
  std::memcpy(out, at, user_octets);
  return true;
}

void build_frame(const LinkHeader& header, Bytes user_data, std::vector<uint8_t>& out) {
  user_data = user_data.first(std::min(user_data.size(), kUserDataOctets));
  const uint8_t head[8] = {kStart0,
                           kStart1,
                           static_cast<uint8_t>(kLengthLeast + user_data.size()),
                           header.control,
                           static_cast<uint8_t>(header.destination & 0xff),
                           static_cast<uint8_t>(header.destination >> 8),
                           static_cast<uint8_t>(header.source & 0xff),
                           static_cast<uint8_t>(header.source >> 8)};
  append_with_crc(out, head);
  while (!user_data.empty()) {
    const size_t size = std::min(user_data.size(), kBlockOctets);
    append_with_crc(out, user_data.first(size));
    user_data = user_data.subspan(size);
  }
}

}  // namespace rampart::protocols::dnp3
