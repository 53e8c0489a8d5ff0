// The control information of IEC 60870-5-104 (clause 5): frames, their kinds, send and receive sequence numbers, and
// how a frame is recognised by content. Pure functions, and one LinkState that belongs to a decoder.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocols/decoder.h"

namespace rampart::protocols::iec104 {

inline constexpr uint8_t kStart = 0x68;
inline constexpr size_t kPrefixOctets = 2;   // start and length, which the length does not count
inline constexpr size_t kControlOctets = 4;  // all that S- and U-frames have
inline constexpr size_t kApciOctets = kPrefixOctets + kControlOctets;
inline constexpr size_t kLongestLength = 253;  // 5.1: control and ASDU together
inline constexpr size_t kFrameOctets = kPrefixOctets + kLongestLength;
inline constexpr uint16_t kSequences = 0x8000;  // N(S) and N(R) count modulo 32768
inline constexpr uint16_t kWindow = 12;         // 9.6: default of k, I-frames sent and not acknowledged

/// Frames are told apart by the two lowest bits of the first control octet.
enum class Format : uint8_t { information, supervisory, unnumbered };
Format format_of(uint8_t first_control_octet);

/// U-frames: the first control octet, which has exactly one function bit set (5.3).
namespace unnumbered {
inline constexpr uint8_t kStartAct = 0x07;
inline constexpr uint8_t kStartCon = 0x0b;
inline constexpr uint8_t kStopAct = 0x13;
inline constexpr uint8_t kStopCon = 0x23;
inline constexpr uint8_t kTestAct = 0x43;
inline constexpr uint8_t kTestCon = 0x83;
}  // namespace unnumbered
/// known_unnumbered: one of the six functions, and nothing but zeros behind it. `control` has kControlOctets.
bool known_unnumbered(const uint8_t* control);

/// find_frame finds the end of the frame at the beginning of `bytes`.
Frame find_frame(Bytes bytes);

/// verify tells whether a frame begins at the beginning of `bytes`: its control octets hold, an ASDU of a known type is
/// as long as its objects are, and what follows, as far as it is there, is another frame. `more`: too short to tell.
Match verify(Bytes bytes);
/// find_header is the offset of the first frame in `bytes` that verify() says yes to, or their size.
size_t find_header(Bytes bytes);
/// find_beginning is the offset of what may be the beginning of a frame at the end of `bytes`, or their size.
size_t find_beginning(Bytes bytes);

/// LinkState counts the sequence numbers of both directions.
class LinkState {
 public:
  /// Seen is what one I- or S-frame did to the numbers. Empty: nothing worth telling.
  struct Seen {
    std::string_view malformed{};
    std::string_view deviation{};
  };
  Seen information(Direction direction, uint16_t send, uint16_t receive);
  Seen acknowledged(Direction direction, uint16_t receive);
  /// control takes a U-frame by its first control octet.
  void unnumbered(uint8_t function);
  void lost(Direction direction);

  /// next is the send sequence number that the next I-frame of `direction` should have; 0 where none was seen.
  uint16_t next(Direction direction) const { return side(direction).next; }

 private:
  struct Side {
    bool known = false;        // `next` is
    bool acked_known = false;  // `acked` is
    bool told_window = false;
    uint16_t next = 0;
    uint16_t acked = 0;  // the first N(S) that the other side has not acknowledged
  };
  Side& side(Direction direction) { return sides_[static_cast<size_t>(direction)]; }
  const Side& side(Direction direction) const { return sides_[static_cast<size_t>(direction)]; }
  std::string_view take_acknowledgement(Side& acknowledged, uint16_t receive);

  Side sides_[2];
  bool stopped_ = false;
};

}  // namespace rampart::protocols::iec104
