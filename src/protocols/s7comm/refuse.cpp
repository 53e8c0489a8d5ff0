// The protocol's own "no", built from the headers of what was asked.
#include "protocols/s7comm/decoder.h"

namespace rampart::protocols::s7comm {
namespace {

constexpr uint8_t kAddressUnknown = 3;  // reasons of a disconnect request, RFC 905, 13.5.3
constexpr uint8_t kCongestion = 1;
constexpr uint16_t kNotAtThisLevel = 0xd241;  // what controllers say behind a password
constexpr uint16_t kNoResources = 0x8302;
constexpr uint8_t kHardwareFault = 0x01;  // the only return code that asks to try again later
constexpr uint32_t kUsualUnit = 1024;

void append_u16(std::vector<uint8_t>& out, size_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

void append_header(std::vector<uint8_t>& out, uint8_t rosctr, const Asked& asked, size_t parameter, size_t data) {
  out.insert(out.end(), {0x32, rosctr});
  append_u16(out, asked.redundancy);
  append_u16(out, asked.reference);
  append_u16(out, parameter);
  append_u16(out, data);
}

uint16_t error_of(Reason reason) { return reason == Reason::busy ? kNoResources : kNotAtThisLevel; }

}  // namespace

Refusal S7Decoder::refuse(Direction direction, TransactionKey key, Reason reason) {
  Refusal refusal;
  const Asked* asked = asked_.get(place_of(direction, key.match));
  if (asked == nullptr) return refusal;
  switch (asked->rosctr) {
    case kCotpFamily:
      cotp::append_disconnect(refusal.bytes, asked->reference, reason == Reason::busy ? kCongestion : kAddressUnknown);
      break;
    case kJob:
      refusal = refuse_job(*asked, reason);
      break;
    case kUserdata:
      refusal = refuse_userdata(*asked, reason);
      break;
    default:
      break;
  }
  return refusal;
}

Refusal S7Decoder::refuse_job(const Asked& asked, Reason reason) const {
  std::vector<uint8_t> message;
  const bool reads = asked.code == kReadVar;
  if ((reads || asked.code == kWriteVar) && asked.item_count > 0) {
    // Each variable is refused by its own return code, so that clients take it for a lack of rights, not for a fault.
    const uint8_t code = reason == Reason::busy ? kHardwareFault : kAccessDenied;
    append_header(message, kAcknowledgeData, asked, 2, asked.item_count * (reads ? 4u : 1u));
    message.insert(message.end(), {0, 0, asked.code, asked.item_count});
    for (uint8_t i = 0; i < asked.item_count; ++i) {
      message.push_back(code);
      if (reads) message.insert(message.end(), {0, 0, 0});
    }
  } else {
    append_header(message, kAcknowledge, asked, 0, 0);
    append_u16(message, error_of(reason));
  }
  Refusal refusal;
  cotp::append_data(refusal.bytes, message, unit_octets_ == 0 ? kUsualUnit : unit_octets_);
  return refusal;
}

Refusal S7Decoder::refuse_userdata(const Asked& asked, Reason reason) const {
  std::vector<uint8_t> message;
  append_header(message, kUserdata, asked, 12, 4);
  const uint8_t response = static_cast<uint8_t>((asked.code & 0x0f) | ((asked.code >> 4) == 7 ? 0xb0 : 0x80));
  message.insert(message.end(), {0x00, 0x01, 0x12, 8, 0x12, response, asked.subfunction, asked.sequence, 0, 0});
  append_u16(message, error_of(reason));
  message.insert(message.end(), {kNoObject, 0, 0, 0});
  Refusal refusal;
  cotp::append_data(refusal.bytes, message, unit_octets_ == 0 ? kUsualUnit : unit_octets_);
  return refusal;
}

}  // namespace rampart::protocols::s7comm
