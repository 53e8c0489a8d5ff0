// The MBAP header and the table of requests in flight: what requests and answers share. Views borrow from the frame.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "protocols/decoder.h"
#include "protocols/modbus/functions.h"

namespace rampart::protocols::modbus {

/// Limits of the wire. MODBUS Messaging on TCP/IP V1.0b section 3.1.3: the length counts the unit identifier and the
/// PDU, which is at most 253 octets. UMAS breaks this on purpose: its stations agree on frames of about 1024 octets.
constexpr size_t kHeaderOctets = 6;  // up to and with the length field
constexpr size_t kShortest = 8;      // with unit and function
constexpr size_t kLengthLeast = 2;
constexpr size_t kLengthMost = 254;
constexpr size_t kUmasLengthMost = 1100;
constexpr uint8_t kUmas = 0x5a;
constexpr uint8_t kException = 0x80;

/// Adu is one frame with a header that holds.
struct Adu {
  uint16_t transaction = 0;
  uint8_t unit = 0;
  uint8_t function = 0;  // as on the wire, with the exception bit
  Bytes body{};          // what follows the function octet
  bool padded = false;   // a datagram with more octets than the length field says

  TransactionKey key() const {
    const uint8_t plain = function & 0x7f;
    return {kMark | uint64_t{transaction} << 16 | uint64_t{unit} << 8 | plain, transaction};
  }
  static constexpr uint64_t kMark = 0x4d42ull << 48;
};

/// Header is what the first octets of a frame say. size: octets of the whole frame; while `more`, octets needed.
struct Header {
  Frame::State state = Frame::State::more;
  size_t size = kShortest;
};
Header read_header(Bytes bytes);

/// Request is what must be remembered of a request to understand its answer.
struct Request {
  uint32_t code = 0;  // Function::code with its sub-function
  uint16_t first = 0;
  uint16_t quantity = 0;  // what is read
  uint64_t echo = 0;      // what an answer that echoes must repeat, see echo_of
};

/// RequestTable keeps the last requests that were not answered; no memory beyond itself. Where several share a key, the
/// oldest that an answer can belong to is taken, and older ones count as lost.
class RequestTable {
 public:
  static constexpr size_t kSize = 64;

  void add(const TransactionKey& key, const Request& request) {
    if (head_ - tail_ == kSize) ++tail_;
    keys_[head_ % kSize] = key.match;
    requests_[head_ % kSize] = request;
    ++head_;
  }
  /// take removes and returns the request that the answer with `key` belongs to, preferring one that `fits`.
  template <class Fits>
  bool take(const TransactionKey& key, Request& request, Fits&& fits) {
    uint32_t found = head_;
    for (uint32_t i = tail_; i != head_; ++i) {
      if (keys_[i % kSize] != key.match) continue;
      if (found == head_) found = i;
      if (!fits(requests_[i % kSize])) continue;
      found = i;
      break;
    }
    if (found == head_) return false;
    request = requests_[found % kSize];
    for (uint32_t i = tail_; i != found + 1; ++i) {
      if (keys_[i % kSize] == key.match) keys_[i % kSize] = 0;
    }
    while (tail_ != head_ && keys_[tail_ % kSize] == 0) ++tail_;
    return true;
  }
  void clear() { tail_ = head_; }
  size_t size() const { return head_ - tail_; }

 private:
  uint32_t head_ = 0;
  uint32_t tail_ = 0;
  std::array<uint64_t, kSize> keys_{};
  std::array<Request, kSize> requests_{};
};

/// echo_of folds the octets that an answer must repeat into one number.
inline uint64_t echo_of(Bytes octets) {
  if (octets.size() == 4) return load_big<4>(octets.data());
  uint64_t hash = 0xcbf29ce484222325u;
  for (const uint8_t octet : octets) hash = (hash ^ octet) * 0x100000001b3u;
  return hash;
}

/// decode_request and decode_answer are pure but for `table`, which may be null: then no request counts as seen.
Feed decode_request(const Adu& adu, Protocol self, RequestTable* table, protocols::Sink& sink);
Feed decode_answer(const Adu& adu, Protocol self, RequestTable* table, protocols::Sink& sink);

/// are_file_groups: do the groups of a request or answer of function 21 fill `groups` exactly?
bool are_file_groups(Bytes groups);
/// coil_state reads the two octets of function 5 as one bit: "on" where any bit is set.
Values coil_state(Bytes octets);
Values diagnostic_values(Bytes data);
void check_diagnostic_data(uint16_t sub_function, Bytes data, protocols::Sink& sink);

inline Feed malformed(std::string_view reason) { return {Feed::State::malformed, reason}; }

}  // namespace rampart::protocols::modbus
