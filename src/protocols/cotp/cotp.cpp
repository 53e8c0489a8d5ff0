#include "protocols/cotp/cotp.h"

#include <algorithm>

namespace rampart::protocols::cotp {
namespace {

constexpr uint8_t kVersion = 3;
constexpr uint8_t kLengthOfData = 2;     // length indicator of a data unit of class 0
constexpr uint8_t kLengthOfConnect = 6;  // ... of a connect request without options
constexpr uint8_t kOptionSize = 0xc0;
constexpr uint8_t kOptionCalling = 0xc1;
constexpr uint8_t kOptionCalled = 0xc2;

/// plausible_type: class 0 has five kinds of units; the low half of the octet is the credit, zero in class 0.
bool plausible(uint8_t length_indicator, uint8_t type) {
  switch (type) {
    case 0xf0:
      return length_indicator == kLengthOfData;
    case 0xe0:
    case 0xd0:
    case 0x80:
      return length_indicator >= kLengthOfConnect;
    case 0x70:
      return length_indicator >= 4;
    default:
      return false;
  }
}

void read_options(ByteReader& reader, Tpdu& tpdu) {
  while (reader.left() > 0) {
    const uint8_t code = reader.u8();
    const Bytes value = reader.bytes(reader.u8());
    if (!reader.ok()) {
      tpdu.deviation = "cotp-options";
      return;
    }
    if (code == kOptionSize && value.size() == 1 && value[0] >= 7 && value[0] <= 13) {
      tpdu.maximum_octets = 1u << value[0];
    } else if (code == kOptionCalling) {
      tpdu.calling_tsap = value;
    } else if (code == kOptionCalled) {
      tpdu.called_tsap = value;
    }
  }
}

void read_references(ByteReader& reader, Tpdu& tpdu) {
  tpdu.destination = reader.u16();
  tpdu.source = reader.u16();
}

void read_header(ByteReader header, ByteReader& rest, uint8_t type, Tpdu& tpdu) {
  switch (type & 0xf0) {
    case 0xf0: {
      tpdu.type = Type::data;
      const uint8_t end = header.u8();
      tpdu.last = (end & 0x80) != 0;
      tpdu.number = end & 0x7f;
      if (tpdu.number != 0) tpdu.deviation = "tpdu-number";
      if (header.left() > 0) tpdu.deviation = "cotp-header-length";
      tpdu.payload = rest.rest();
      break;
    }
    case 0xe0:
    case 0xd0:
      tpdu.type = (type & 0xf0) == 0xe0 ? Type::request : Type::confirm;
      read_references(header, tpdu);
      tpdu.options = header.u8();
      if (header.ok()) read_options(header, tpdu);
      break;
    case 0x80:
      tpdu.type = Type::disconnect_request;
      read_references(header, tpdu);
      tpdu.cause = header.u8();
      break;
    case 0x70:
      tpdu.type = Type::error;
      tpdu.destination = header.u16();
      tpdu.cause = header.u8();
      break;
    case 0x10:  // expedited data, acknowledgements, confirmation of a disconnect: classes 1 to 4
    case 0x20:
    case 0x50:
    case 0x60:
    case 0xc0:
      tpdu.unsupported = "cotp class other than 0";
      return;
    default:
      tpdu.error = "unknown cotp unit";
      return;
  }
  if (!header.ok() && tpdu.deviation.empty()) tpdu.error = "cotp header too short";
}

/// payload_known: the beginnings of what is carried in data units: S7comm, S7comm-plus, TLS, ISO session.
bool payload_known(Bytes payload) {
  switch (payload[0]) {
    case 0x32:
      return payload.size() < 2 || payload[1] == 1 || payload[1] == 2 || payload[1] == 3 || payload[1] == 7;
    case 0x72:
      return true;
    case 0x14:
    case 0x15:
    case 0x16:
    case 0x17:
      return payload.size() < 2 || payload[1] == 3;
    case 0x01:
      return payload.size() < 2 || payload[1] == 0;
    default:
      return false;
  }
}

/// verified: the header at the beginning of `bytes` agrees with itself and with what follows.
bool verified(Bytes bytes) {
  const Frame first = frame(bytes);
  if (first.state == Frame::State::malformed) return false;
  if (bytes.size() < kHeaderOctets) return true;  // an unfinished header: frame() looks at the rest when it comes
  const Bytes whole = bytes.first(std::min(first.size, bytes.size()));
  const Bytes next = bytes.subspan(whole.size());
  if (bytes[5] == 0xf0) {
    const Bytes payload = whole.size() > kHeaderOctets ? whole.subspan(kHeaderOctets) : Bytes{};
    const bool known = payload.empty() || payload_known(payload);
    if (!known && next.empty()) return false;  // in the middle of a message: only a successor can prove it
  }
  return next.empty() || frame(next).state != Frame::State::malformed;
}

void append_u16(std::vector<uint8_t>& out, size_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

}  // namespace

Tpdu parse(Bytes tpkt) {
  Tpdu tpdu;
  ByteReader reader(tpkt);
  const uint8_t version = reader.u8();
  const uint8_t reserved = reader.u8();
  const uint16_t length = reader.u16();
  const uint8_t length_indicator = reader.u8();
  if (!reader.ok()) {
    tpdu.error = "tpkt too short";
    return tpdu;
  }
  if (version != kVersion) tpdu.error = "tpkt version";
  // RFC 1006, section 6: the length counts the whole packet, its own four octets included.
  if (length != tpkt.size()) tpdu.error = "tpkt length";
  // A length indicator of 255 is reserved (RFC 905, 13.2.1); it counts neither itself nor the payload.
  if (length_indicator == 0 || length_indicator == 0xff || length_indicator > reader.left()) {
    tpdu.error = "cotp length indicator";
  }
  if (!tpdu.error.empty()) return tpdu;
  ByteReader header = reader.sub(length_indicator);
  const uint8_t type = header.u8();
  read_header(header, reader, type, tpdu);
  if (reserved != 0 && tpdu.deviation.empty()) tpdu.deviation = "tpkt-reserved";
  return tpdu;
}

Frame frame(Bytes bytes) {
  constexpr Frame kMalformed{Frame::State::malformed, 0};
  if (!bytes.empty() && bytes[0] != kVersion) return kMalformed;
  if (bytes.size() < kTpktOctets) return {Frame::State::more, kTpktOctets};
  const size_t length = static_cast<size_t>(load_big<2>(bytes.data() + 2));
  if (length < kHeaderOctets) return kMalformed;
  // A length alone is not trusted: the COTP header behind it must be possible too.
  if (bytes.size() > 4 && (bytes[4] < 2 || bytes[4] == 0xff || size_t{bytes[4]} + 5 > length)) return kMalformed;
  if (bytes.size() > 5) {
    const uint8_t type = bytes[5] & 0xf0;
    if (type != 0xf0 && type != 0xe0 && type != 0xd0 && type != 0xc0 && type != 0x80 && type != 0x70 && type != 0x60 &&
        type != 0x50 && type != 0x20 && type != 0x10) {
      return kMalformed;
    }
  }
  if (bytes.size() < length) return {Frame::State::more, length};
  return {Frame::State::complete, length};
}

size_t resync(Bytes bytes) {
  for (size_t at = 0; at < bytes.size(); ++at) {
    if (bytes[at] != kVersion) continue;
    const Bytes left = bytes.subspan(at);
    if (left.size() > 1 && left[1] != 0) continue;
    if (left.size() > 5 && !plausible(left[4], left[5])) continue;
    if (left.size() > 6 && left[5] == 0xf0 && (left[6] & 0x7f) != 0) continue;
    if (verified(left)) return at;
  }
  return bytes.size();
}

Reassembler::State Reassembler::add(const Tpdu& tpdu) {
  if (finished_) {
    buffer_.clear();
    finished_ = false;
  }
  if (skipping_) {
    skipping_ = !tpdu.last;
    return State::too_long;
  }
  if (buffer_.empty() && tpdu.last) {
    message_ = tpdu.payload;
    return State::complete;
  }
  if (buffer_.size() + tpdu.payload.size() > limit_) {
    buffer_.clear();
    skipping_ = !tpdu.last;
    return State::too_long;
  }
  buffer_.insert(buffer_.end(), tpdu.payload.begin(), tpdu.payload.end());
  if (!tpdu.last) return State::held;
  message_ = buffer_;
  finished_ = true;
  return State::complete;
}

void Reassembler::drop() {
  buffer_.clear();
  finished_ = false;
  skipping_ = false;
  message_ = {};
}

void append_data(std::vector<uint8_t>& out, Bytes message, uint32_t maximum_octets) {
  const size_t piece = std::max<size_t>(maximum_octets, kDefaultOctets) - 3;
  do {
    const Bytes part = message.first(std::min(piece, message.size()));
    message = message.subspan(part.size());
    out.insert(out.end(), {kVersion, 0});
    append_u16(out, kHeaderOctets + part.size());
    const uint8_t end = message.empty() ? 0x80 : 0x00;
    out.insert(out.end(), {kLengthOfData, 0xf0, end});
    out.insert(out.end(), part.begin(), part.end());
  } while (!message.empty());
}

void append_disconnect(std::vector<uint8_t>& out, uint16_t destination, uint8_t reason) {
  out.insert(out.end(), {kVersion, 0, 0, 11, 6, 0x80});
  append_u16(out, destination);
  out.insert(out.end(), {0, 0, reason});
}

}  // namespace rampart::protocols::cotp
