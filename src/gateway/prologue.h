// What two gateways say to each other inside TLS before and around what they carry: whose conversation a connection is,
// whether it may be, and where a datagram ends. Pure functions over octets. Format: docs/formats/wire.md.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/socket.h"

namespace rampart::gateway {

/// Prologue is what the gateway that opens a connection says of it.
struct Prologue {
  static constexpr size_t kFixed = 42;     // octets before the role
  static constexpr size_t kMostRole = 64;  // octets

  net::Kind kind = net::Kind::tcp;
  net::Place client{}, server{};
  std::string role{};  // that the client's certificate proved; empty: none

  std::vector<uint8_t> encode() const;
  bool operator==(const Prologue&) const = default;
};

/// prologue_size is the size of the whole by its first kFixed octets; nothing where they are none.
std::optional<size_t> prologue_size(Bytes fixed);
/// parse_prologue reads exactly one. Nothing where it is malformed.
std::optional<Prologue> parse_prologue(Bytes octets);

/// Reply is the one octet with which the other gateway answers.
enum class Reply : uint8_t { open = 0, not_allowed = 1, limit = 2, server_away = 3, not_understood = 4 };
std::string_view to_text(Reply reply);
std::optional<Reply> parse_reply(uint8_t octet);

/// kFrameHeader: two octets of length, four of the number in order.
inline constexpr size_t kFrameHeader = 6;
inline constexpr size_t kMostDatagram = 65'507;
void append_frame(std::vector<uint8_t>& out, uint32_t number, Bytes datagram);

/// FrameReader cuts a stream back into datagrams, and counts those that the sender had no room for.
class FrameReader {
 public:
  /// take calls `each` with every datagram that is whole; valid during the call. False where the stream is none.
  template <class Each>
  bool take(Bytes octets, Each&& each) {
    held_.insert(held_.end(), octets.begin(), octets.end());
    size_t at = 0;
    while (const auto frame = next(at)) each(*frame);
    held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(at));
    return !broken_;
  }
  uint64_t missing() const { return missing_; }

 private:
  std::optional<Bytes> next(size_t& at);
  std::vector<uint8_t> held_;  // at most one frame that is not whole, between two calls
  uint32_t expected_ = 0;
  uint64_t missing_ = 0;
  bool broken_ = false;
};

}  // namespace rampart::gateway
