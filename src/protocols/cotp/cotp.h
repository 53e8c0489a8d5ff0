// TPKT (RFC 1006) and COTP class 0 (ISO 8073, RFC 905): what S7comm, S7comm-plus and MMS ride on. parse() is pure;
// a Reassembler belongs to one direction of one conversation and joins data units until "end of transmission".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "protocols/decoder.h"

namespace rampart::protocols::cotp {

enum class Type : uint8_t { error = 0x70, disconnect_request = 0x80, confirm = 0xd0, request = 0xe0, data = 0xf0 };

/// Tpdu is one transport unit with its TPKT header taken off. Which fields have meaning depends on `type`.
struct Tpdu {
  Type type = Type::data;
  bool last = true;          // data: "end of TSDU"
  uint8_t number = 0;        // data: must be zero in class 0
  uint16_t destination = 0;  // references
  uint16_t source = 0;
  uint8_t options = 0;          // class << 4 | options
  uint8_t cause = 0;            // reason of a disconnect, cause of an error
  uint32_t maximum_octets = 0;  // size of a transport unit asked for or granted; 0 where the option is absent
  Bytes calling_tsap{};
  Bytes called_tsap{};
  Bytes payload{};                 // data
  std::string_view deviation{};    // a departure that does not stop decoding
  std::string_view error{};        // not empty: malformed, nothing else counts
  std::string_view unsupported{};  // not empty: well-formed, of another class
};

/// kDefaultOctets is the size of a transport unit where nobody asks for another (RFC 905, 13.3.4).
constexpr uint32_t kDefaultOctets = 128;
/// kHeaderOctets: TPKT, and the shortest transport unit of data.
constexpr size_t kTpktOctets = 4;
constexpr size_t kHeaderOctets = 7;

/// parse reads one whole TPKT.
Tpdu parse(Bytes tpkt);

/// frame finds the end of the TPKT at the beginning of `bytes`; malformed as soon as what is there cannot be one.
Frame frame(Bytes bytes);

/// resync: the offset of the next TPKT whose COTP header, beginning of payload and successor, as far as they are there,
/// agree; the offset of an unfinished header at the very end; the size of `bytes` where there is none.
size_t resync(Bytes bytes);

/// Reassembler joins the payloads of data units. Memory: at most `limit` octets, none while no message is split.
class Reassembler {
 public:
  explicit Reassembler(size_t limit) : limit_(limit) {}

  enum class State : uint8_t { complete, held, too_long };
  /// add takes the next data unit. On complete, message() is the whole message: a view of `tpdu` where it came in one
  /// piece, else of this object's memory, valid until the next call.
  State add(const Tpdu& tpdu);
  Bytes message() const { return message_; }
  /// drop forgets what was held.
  void drop();
  bool holds() const { return !buffer_.empty() || skipping_; }

 private:
  size_t limit_;
  bool finished_ = false;  // buffer_ still holds the message handed out last
  bool skipping_ = false;  // a message that was too long is passed over until its end
  std::vector<uint8_t> buffer_;
  Bytes message_{};
};

/// append_data writes `message` as TPKTs of data units of at most `maximum_octets` each.
void append_data(std::vector<uint8_t>& out, Bytes message, uint32_t maximum_octets);
/// append_disconnect writes a disconnect request to the party that calls itself `destination`.
void append_disconnect(std::vector<uint8_t>& out, uint16_t destination, uint8_t reason);

}  // namespace rampart::protocols::cotp
