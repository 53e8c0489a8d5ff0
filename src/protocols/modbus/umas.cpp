#include "protocols/modbus/umas.h"

namespace rampart::protocols::modbus {
namespace {

constexpr uint8_t kSignedMessage = 0x38;
constexpr size_t kSignatureOctets = 33;  // one octet of magic and an HMAC of 32

}  // namespace

bool read_umas(Bytes body, UmasMessage& message) {
  ByteReader reader(body);
  reader.u8();  // session key: never handed out
  message.code = reader.u8();
  if (!reader.ok()) return false;
  message.data = reader.rest();
  const bool may_be_signed = message.code == kSignedMessage || message.code == kUmasOk;
  if (!may_be_signed) return true;
  ByteReader inner(message.data);
  inner.skip(kSignatureOctets);
  if (inner.u8() != 0x5a) return true;
  inner.u8();
  const uint8_t code = inner.u8();
  if (!inner.ok()) return true;
  // An unsigned answer may hold 0x5a at that place by chance: what follows must be an answer's code.
  if (message.code == kUmasOk && code != kUmasOk && code != kUmasError) return true;
  message.code = code;
  message.is_signed = true;
  message.data = inner.rest();
  return true;
}

bool carries_credentials(uint8_t umas_function) {
  switch (umas_function) {
    case 0x10:  // take reservation: who, and the hash of the password
    case 0x38:  // a signed message that could not be opened
    case 0x6d:  // private messages
    case 0x6e:  // nonces of a reservation
      return true;
    default:
      return false;
  }
}

std::string_view umas_model(Bytes data) {
  constexpr size_t kShortestModel = 4;
  Bytes best;
  size_t start = 0;
  for (size_t i = 0; i <= data.size(); ++i) {
    if (i < data.size() && data[i] >= 0x20 && data[i] < 0x7f) continue;
    if (i - start > best.size()) best = data.subspan(start, i - start);
    start = i + 1;
  }
  if (best.size() < kShortestModel) return {};
  return as_text(best);
}

}  // namespace rampart::protocols::modbus
