// What is answered by a message of CIP. An answer names its service and nothing else: of which class and what its data
// mean is known from its request.
#include <algorithm>

#include "protocols/enip/decoder.h"

namespace rampart::protocols::enip {
namespace {

constexpr uint8_t kReplyBit = 0x80;
constexpr uint8_t kMultiple = 0x0a, kUnconnectedSend = 0x52;
constexpr uint8_t kEmbeddedError = 0x1e;

Values octets(Bytes data) { return data.empty() ? Values{} : Values::one(ValueType::octets, data); }

/// typed reads what a tag's answer carries: type, for structures which one, values.
Values typed(Bytes data) {
  if (data.size() < 2) return octets(data);
  const auto type = static_cast<uint16_t>(load_little<2>(data.data()));
  const size_t head = type == kStructure ? 4 : 2;
  if (data.size() < head) return octets(data);
  return tag_values(type, data.subspan(head));
}

}  // namespace

Feed EnipDecoder::reply(Message& message, Bytes cip, int depth, Sink& sink) {
  ByteReader reader(cip);
  const uint8_t code = reader.u8() & static_cast<uint8_t>(~kReplyBit);
  const uint8_t reserved = reader.u8();
  const uint8_t general = reader.u8();
  ByteReader extended(reader.bytes(reader.u8() * size_t{2}));
  if (!reader.ok()) return malformed("answer cut short");
  if (reserved != 0) sink.deviation("reserved-octet");
  const uint16_t more = extended.left() >= 2 ? extended.u16_little() : uint16_t{0};
  const Bytes data = reader.rest();
  const bool multiple = code == kMultiple && (message.asked == nullptr || message.asked->multiple);
  if (multiple && depth < kDeepest && (general == 0 || general == kEmbeddedError) && data.size() >= 2) {
    return replies(message, data, depth, sink);
  }
  return answer(message, code, outcome_of(general, more), data, sink);
}

/// replies: the answer to a multiple service packet.
Feed EnipDecoder::replies(Message& message, Bytes data, int depth, Sink& sink) {
  const size_t count = load_little<2>(data.data());
  const size_t begin = 2 + 2 * count;
  if (count == 0 || begin > data.size()) return malformed("multiple service packet without its offsets");
  const auto offset = [&](size_t i) {
    return i < count ? static_cast<size_t>(load_little<2>(data.data() + 2 + 2 * i)) : data.size();
  };
  for (size_t i = 0; i < count; ++i) {
    if (offset(i) < begin || offset(i) + 4 > offset(i + 1)) return malformed("offset of a service out of bounds");
  }
  const bool last = message.last;
  Feed feed;
  for (size_t i = 0; i < count; ++i) {
    message.last = last && i + 1 == count;
    const Feed one = reply(message, data.subspan(offset(i), offset(i + 1) - offset(i)), depth + 1, sink);
    if (feed.state == Feed::State::complete) feed = one;
    if (one.state == Feed::State::malformed) ++message.item;
  }
  message.last = last;
  return feed;
}

/// answer tells the answer to one service.
Feed EnipDecoder::answer(Message& message, uint8_t code, const Outcome& outcome, Bytes data, Sink& sink) {
  const Asked* const asked = message.asked;
  const AskedService* known = nullptr;
  if (asked != nullptr && message.item < asked->services.size()) known = &asked->services[message.item];
  // An unconnected send that failed on its way is answered by its own code, a packet that failed as a whole by its own.
  const bool whole = code == kMultiple || code == kUnconnectedSend;
  if (known != nullptr && known->code != code && !whole) known = nullptr;
  Answer answer{.protocol = self_, .action = Action::read, .item = message.item, .final = message.last};
  answer.key = message.key;
  answer.outcome = outcome;
  if (known != nullptr) {
    answer.function = known->service.function;
    answer.action = known->service.action;
  } else {
    // Services above the common ones mean nothing without their class.
    const Service service = service_of(0, false, code);
    const bool common = code < 0x32;
    answer.function = {code, common ? service.function.name : "unknown"};
    if (common && service.action != Action::configure) answer.action = service.action;
  }
  if (asked != nullptr && whole && code == kMultiple) answer.item = Answer::kAllItems;
  ++message.item;
  Feed feed;
  const uint32_t unit = known != nullptr ? known->unit : message.unit;
  const bool ok = outcome.kind == Outcome::Kind::ok;
  const Shape shape = known != nullptr ? known->service.shape : Shape::plain;
  switch (shape) {
    case Shape::read_tag:
    case Shape::read_fragment:
      answer.values = ok ? typed(data) : octets(data);
      break;
    case Shape::pccc:
      feed = pccc_answer(answer, known, data);
      break;
    case Shape::forward_open:
    case Shape::large_forward_open:
      if (ok) opened(asked->opening, data, sink);
      break;
    case Shape::forward_close:
      if (ok && shared_ != nullptr) shared_->close(pair_, asked->opening.owner);
      break;
    case Shape::plain:
    case Shape::attribute:
    case Shape::attribute_list:
    case Shape::settings:
    case Shape::services:
    case Shape::unconnected:
    case Shape::write_tag:
    case Shape::write_fragment:
    case Shape::modify_tag:
      // What nobody here was seen asking may be a secret.
      if (known != nullptr && !known->service.secret) answer.values = octets(data);
      break;
  }
  if (ok && known != nullptr && known->class_number == cip_class::kIdentity) {
    ByteReader reader(data);
    if (known->code == 0x01) emit_identity(reader, unit, attribute_, sink);
    if (known->code == 0x03) emit_attributes(data, unit, attribute_, sink);
    if (known->code == 0x0e) emit_attribute(known->attribute, reader, unit, attribute_, sink);
  }
  sink.answer(answer);
  return feed;
}

}  // namespace rampart::protocols::enip
