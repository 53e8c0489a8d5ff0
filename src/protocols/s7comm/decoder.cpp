#include "protocols/s7comm/decoder.h"

#include <algorithm>

#include "protocols/s7comm/objects.h"

namespace rampart::protocols::s7comm {
namespace {

constexpr uint8_t kProtocol = 0x32;
constexpr uint8_t kProtocolPlus = 0x72;

bool is_tls(Bytes bytes) { return bytes.size() >= 2 && bytes[0] >= 0x14 && bytes[0] <= 0x17 && bytes[1] == 3; }
bool is_rosctr(uint8_t rosctr) {
  return rosctr == kJob || rosctr == kAcknowledge || rosctr == kAcknowledgeData || rosctr == kUserdata;
}
bool is_printable(Bytes text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](uint8_t c) { return c > 0x20 && c < 0x7f; });
}

Feed read_header(Bytes message, Header& header, size_t& trailing) {
  ByteReader reader(message);
  reader.skip(1);
  header.rosctr = reader.u8();
  header.redundancy = reader.u16();
  header.reference = reader.u16();
  const uint16_t parameter = reader.u16();
  const uint16_t data = reader.u16();
  if (header.rosctr == kAcknowledge || header.rosctr == kAcknowledgeData) header.error = reader.u16();
  if (!reader.ok()) return malformed("s7 header too short");
  if (!is_rosctr(header.rosctr)) return malformed("unknown rosctr");
  header.parameter = reader.bytes(parameter);
  header.data = reader.bytes(data);
  if (!reader.ok()) return malformed("s7 lengths beyond message");
  trailing = reader.left();
  return {};
}

/// tsap_object: a called TSAP of two octets is kind of connection, rack and slot; others are names.
bool tsap_object(Bytes tsap, Object& object) {
  if (tsap.size() == 2 && tsap[0] >= 1 && tsap[0] <= 3) {
    object.space = kSlot;
    object.detail = tsap[0];
    object.container = tsap[1] >> 5;
    object.first = object.last = tsap[1] & 0x1f;
    return true;
  }
  if (!is_printable(tsap)) return false;
  object.space = kTsap;
  object.last = Object::kAll;
  object.name = as_text(tsap);
  return true;
}

/// tsap_known: TSAPs that only controllers of this family are called by: kind of connection 1 to 3, then rack and slot.
/// MMS uses 00 01, and 02 00 as some of these controllers do: there the first data unit tells.
bool tsap_known(Bytes tsap) {
  if (tsap.size() == 2) return tsap[0] >= 1 && tsap[0] <= 3 && tsap[1] != 0;
  return as_text(tsap).starts_with("SIMATIC");
}

Match probe_payload(Bytes payload, bool last) {
  if (payload.empty()) return Match::more;
  if (payload[0] == kProtocol) {
    if (payload.size() < 2) return Match::more;
    return is_rosctr(payload[1]) ? Match::yes : Match::no;
  }
  // Nobody else can say that it is these, and feed() names them.
  if (payload[0] == kProtocolPlus || is_tls(payload)) return Match::yes;
  return last ? Match::no : Match::more;
}

}  // namespace

TransactionKey key_of(uint8_t rosctr, uint16_t reference) {
  const uint8_t family = rosctr == kAcknowledge || rosctr == kAcknowledgeData ? uint8_t{kJob} : rosctr;
  return {static_cast<uint64_t>(family) << 32 | reference, reference};
}

uint64_t place_of(Direction direction, uint64_t match) {
  return match | (direction == Direction::to_server ? uint64_t{1} : uint64_t{2}) << 48;
}

void keep(Asked& asked, Bytes octets) {
  asked.kept = octets.size() <= kKeptOctets;
  asked.octets.clear();
  if (asked.kept) asked.octets.assign(octets.begin(), octets.end());
}

Match S7Decoder::probe(Direction, Bytes bytes) const {
  constexpr int kFrames = 4;
  Bytes left = bytes;
  for (int i = 0; i < kFrames; ++i) {
    const Frame next = cotp::frame(left);
    if (next.state == Frame::State::malformed) return Match::no;
    if (left.size() > 1 && left[1] != 0) return Match::no;
    if (left.size() > cotp::kHeaderOctets && left[5] == 0xf0 && left[4] == 2) {
      const Match match = probe_payload(left.subspan(cotp::kHeaderOctets), left[6] == 0x80);
      if (match != Match::more) return match;
    }
    if (next.state == Frame::State::more) return Match::more;
    const cotp::Tpdu tpdu = cotp::parse(left.first(next.size));
    if (!tpdu.error.empty() || !tpdu.unsupported.empty()) return Match::no;
    if (tpdu.type == cotp::Type::request || tpdu.type == cotp::Type::confirm) {
      if (tpdu.called_tsap.empty() && tpdu.type == cotp::Type::request) return Match::no;  // RDP connects without
      if (tsap_known(tpdu.called_tsap)) return Match::yes;
    }
    left = left.subspan(next.size);
  }
  return Match::no;
}

Feed S7Decoder::feed(Direction direction, Bytes frame, Sink& sink) {
  const cotp::Tpdu tpdu = cotp::parse(frame);
  if (!tpdu.error.empty()) return malformed(tpdu.error);
  if (!tpdu.unsupported.empty()) return {Feed::State::unsupported, tpdu.unsupported};
  if (!tpdu.deviation.empty()) sink.deviation(tpdu.deviation);
  switch (tpdu.type) {
    case cotp::Type::data:
      if (unit_octets_ != 0 && frame.size() > unit_octets_ + cotp::kTpktOctets) sink.deviation("tpdu-size");
      return data_unit(direction, tpdu, sink);
    case cotp::Type::request:
      return connect_request(direction, tpdu, sink);
    case cotp::Type::confirm:
    case cotp::Type::disconnect_request:
    case cotp::Type::error:
      return connect_answer(direction, tpdu, sink);
  }
  return {};
}

Feed S7Decoder::data_unit(Direction direction, const cotp::Tpdu& tpdu, Sink& sink) {
  cotp::Reassembler& reassembler = reassembly_[static_cast<size_t>(direction)];
  if (tpdu.payload.empty() && !tpdu.last && !reassembler.holds()) {
    // Siemens' stacks acknowledge with these all the time; nothing of a message waits for the rest.
    return {};
  }
  switch (reassembler.add(tpdu)) {
    case cotp::Reassembler::State::held:
      return {Feed::State::held, {}};
    case cotp::Reassembler::State::too_long:
      return malformed("message too long");
    case cotp::Reassembler::State::complete:
      break;
  }
  return reassembler.message().empty() ? Feed{} : message(direction, reassembler.message(), sink);
}

Feed S7Decoder::connect_request(Direction direction, const cotp::Tpdu& tpdu, Sink& sink) {
  reassembly_[0].drop();
  reassembly_[1].drop();
  unit_octets_ = 0;
  const Service service = connect_service();
  Operation operation{.protocol = self_, .action = service.action, .function = service.function};
  operation.key = key_of(kCotpFamily, tpdu.source);
  tsap_object(tpdu.called_tsap, operation.object);
  Asked& asked = asked_.take(place_of(direction, operation.key.match));
  asked.service = service;
  asked.rosctr = kCotpFamily;
  asked.reference = tpdu.source;
  sink.operation(operation);
  return {};
}

Feed S7Decoder::connect_answer(Direction direction, const cotp::Tpdu& tpdu, Sink& sink) {
  const Service service = connect_service();
  Answer answer{.protocol = self_, .action = service.action, .function = service.function};
  answer.key = key_of(kCotpFamily, tpdu.destination);
  const uint64_t place = place_of(opposite(direction), answer.key.match);
  if (tpdu.type == cotp::Type::confirm) {
    unit_octets_ = tpdu.maximum_octets == 0 ? cotp::kDefaultOctets : tpdu.maximum_octets;
  } else if (tpdu.type == cotp::Type::disconnect_request && asked_.get(place) == nullptr) {
    // No connect waits for it: the end of a connection.
    const Service end = disconnect_service();
    Operation operation{.protocol = self_, .action = end.action, .expects_answer = false, .function = end.function};
    operation.key = answer.key;
    sink.operation(operation);
    return {};
  } else {
    answer.unsolicited = asked_.get(place) == nullptr;
    answer.outcome = {Outcome::Kind::refused, tpdu.cause,
                      tpdu.type == cotp::Type::error ? "cotp error" : disconnect_reason(tpdu.cause)};
  }
  asked_.forget(place);
  sink.answer(answer);
  return {};
}

Feed S7Decoder::message(Direction direction, Bytes message, Sink& sink) {
  if (message[0] != kProtocol) {
    if (message[0] == kProtocolPlus) return {Feed::State::unsupported, "s7comm-plus"};
    if (is_tls(message)) {
      sink.protection({.kind = Protection::Kind::encrypted, .method = "TLS"});
      return {Feed::State::unsupported, "tls in cotp"};
    }
    return {Feed::State::unsupported, "cotp payload not s7comm"};
  }
  Header header;
  size_t trailing = 0;
  if (const Feed feed = read_header(message, header, trailing); feed.state != Feed::State::complete) return feed;
  if (trailing > 0) sink.deviation("trailing-bytes");
  switch (header.rosctr) {
    case kJob:
      return job(header, direction, sink);
    case kUserdata:
      return userdata(header, direction, sink);
    default:
      return acknowledge(header, direction, sink);
  }
}

void S7Decoder::lost(Direction direction, uint64_t) { reassembly_[static_cast<size_t>(direction)].drop(); }

Asked& S7Decoder::remember(const Header& header, Direction direction, const Service& service) {
  Asked& asked = asked_.take(place_of(direction, key_of(header.rosctr, header.reference).match));
  asked.service = service;
  asked.rosctr = header.rosctr;
  asked.code = header.parameter.empty() ? uint8_t{0} : header.parameter[0];
  asked.subfunction = 0;
  asked.sequence = 0;
  asked.item_count = 0;
  asked.redundancy = header.redundancy;
  asked.reference = header.reference;
  asked.kept = false;
  return asked;
}

}  // namespace rampart::protocols::s7comm
