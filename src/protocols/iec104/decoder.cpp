#include "protocols/iec104/decoder.h"

#include <algorithm>

#include "protocols/iec104/functions.h"
#include "protocols/iec104/objects.h"

namespace rampart::protocols::iec104 {
namespace {

constexpr uint8_t kFrameKey = 0xff;  // set apart from all types that are asked for

/// act_of is the U-frame that asks, of one that asks or answers.
uint8_t act_of(uint8_t control) {
  switch (control) {
    case unnumbered::kStartCon:
    case unnumbered::kStopCon:
    case unnumbered::kTestCon:
      return static_cast<uint8_t>((control & 0xfc) >> 1 | 3);
    default:
      return control;
  }
}

/// interrogated is the key of the interrogation that data with this cause belong to.
TransactionKey interrogated(const Asdu& asdu, uint32_t id) {
  const bool counters = asdu.cause >= cause::kCounters;
  return make_key(counters ? type::kCounterInterrogation : type::kInterrogation, asdu.station, 0, asdu.cause, id);
}

void store_number(uint8_t* at, uint16_t number) {
  at[0] = static_cast<uint8_t>(number << 1 & 0xfe);
  at[1] = static_cast<uint8_t>(number >> 7);
}

/// begins_inside: the stream begins inside a frame, whose beginning was never seen; the first header behind it tells.
/// It must be a U-frame or be followed by another header: one alone is found in every thousandth flow of random octets.
/// Behind a single octet, which keep-alive segments send again, one that ends where the bytes do is enough.
Match begins_inside(Bytes bytes) {
  if (bytes.size() == 1) return Match::more;
  const Bytes window = bytes.first(std::min(bytes.size(), kFrameOctets + kApciOctets));
  const size_t at = find_header(window);
  if (at == window.size()) return verify(bytes.subspan(1)) == Match::more ? Match::more : Match::no;
  const Bytes rest = bytes.subspan(at);
  const Frame frame = find_frame(rest);
  if (frame.state != Frame::State::complete) return at == 1 ? Match::more : Match::no;
  const bool unnumbered = format_of(rest[kPrefixOctets]) == Format::unnumbered;
  if (unnumbered || (at == 1 && rest.size() == frame.size)) return Match::yes;
  return rest.size() > frame.size && verify(rest.subspan(frame.size)) == Match::yes ? Match::yes : Match::no;
}

}  // namespace

TransactionKey make_key(uint8_t type, uint16_t station, uint32_t address, uint32_t low, uint32_t id) {
  return {.match = uint64_t{type} << 56 | uint64_t{station} << 40 | uint64_t{address & 0xffffff} << 16 | (low & 0xffff),
          .id = id};
}

Match Iec104Decoder::probe(Direction, Bytes bytes) const {
  if (bytes.empty()) return Match::more;
  const Match match = verify(bytes);
  if (match != Match::no) return match;
  if (bytes[0] == kStart) {
    // An ASDU that is unknown or wrong in itself, in a frame that is right, is this protocol all the same.
    const Frame frame = find_frame(bytes);
    const bool headed = frame.state == Frame::State::complete && frame.size > kApciOctets &&
                        format_of(bytes[2]) == Format::information && (bytes[4] & 1) == 0 && bytes[kApciOctets] != 0;
    const bool alone = headed && (bytes.size() == frame.size || verify(bytes.subspan(frame.size)) == Match::yes);
    if (alone) return Match::yes;
  }
  return begins_inside(bytes);
}

/// frame: behind a gap the length is not believed before the rest of the header is there and holds.
Frame Iec104Decoder::frame(Direction direction, Bytes bytes) {
  bool& unsure = unsure_[static_cast<size_t>(direction)];
  if (!unsure) return find_frame(bytes);
  switch (verify(bytes)) {
    case Match::more:
      return {Frame::State::more, bytes.size() + 1};
    case Match::no:
      return {Frame::State::malformed, 0};
    case Match::yes:
      unsure = false;
      break;
  }
  return find_frame(bytes);
}

size_t Iec104Decoder::resync(Direction direction, Bytes after_gap) {
  bool& unsure = unsure_[static_cast<size_t>(direction)];
  const size_t verified = find_header(after_gap);
  unsure = verified == after_gap.size() && !after_gap.empty();
  return unsure ? find_beginning(after_gap) : verified;
}

/// lost: what comes behind a gap may answer something that was lost in it, and what was asked before may have been
/// answered in it. Confirmations have no number of what they confirm, so nothing is joined across a gap.
void Iec104Decoder::lost(Direction direction, uint64_t bytes) {
  link_.lost(direction);
  if (bytes > 0) epoch_ += 0x9e3779b97f4a7c15;  // an odd number, whose multiples differ in all their bits
}

Feed Iec104Decoder::feed(Direction direction, Bytes frame, Sink& sink) {
  const Frame found = find_frame(frame);
  if (found.state != Frame::State::complete || found.size != frame.size()) {
    return {Feed::State::malformed, "frame cut short"};
  }
  const uint8_t* control = frame.data() + kPrefixOctets;
  const bool bare = frame.size() == kApciOctets;
  last_numbered_[static_cast<size_t>(direction)] = format_of(control[0]) == Format::information;
  switch (format_of(control[0])) {
    case Format::supervisory: {
      if (!bare || control[0] != 1 || control[1] != 0 || (control[2] & 1) != 0) {
        return {Feed::State::malformed, "supervisory frame"};
      }
      const uint16_t receive = receive_number(direction, control);
      const LinkState::Seen seen = link_.acknowledged(direction, receive);
      if (!seen.deviation.empty()) sink.deviation(seen.deviation);
      return {};
    }
    case Format::unnumbered:
      if (!bare) return {Feed::State::malformed, "unnumbered frame with data"};
      return feed_unnumbered(control, sink);
    case Format::information:
      break;
  }
  if ((control[2] & 1) != 0) return {Feed::State::malformed, "control octets of an information frame"};
  return feed_information(direction, frame, sink);
}

/// receive_number is N(R) in the numbers of who sent what it acknowledges.
uint16_t Iec104Decoder::receive_number(Direction direction, const uint8_t* control) {
  const auto receive = static_cast<uint16_t>(load_little<2>(control + 2) >> 1);
  return renumbering_.acknowledged(opposite(direction), receive);
}

Feed Iec104Decoder::feed_unnumbered(const uint8_t* control, Sink& sink) {
  if (!known_unnumbered(control)) return {Feed::State::malformed, "unnumbered frame without exactly one function"};
  link_.unnumbered(control[0]);
  const uint8_t act = act_of(control[0]);
  const Function function = name_function(function::kFrame | act);
  const TransactionKey key = in_epoch({.match = uint64_t{kFrameKey} << 56 | act});
  if (act == control[0]) {
    sink.operation({.protocol = self_, .action = Action::session, .function = function, .key = key});
  } else {
    sink.answer({.protocol = self_, .action = Action::session, .function = function, .key = key});
  }
  return {};
}

/// feed_information decodes what the frame carries also where its number is wrong: a receiver may or may not drop it.
Feed Iec104Decoder::feed_information(Direction direction, Bytes frame, Sink& sink) {
  const uint8_t* control = frame.data() + kPrefixOctets;
  Message message{.direction = direction, .send = static_cast<uint16_t>(load_little<2>(control) >> 1)};
  const uint16_t receive = receive_number(direction, control);
  renumbering_.begins(direction, message.send);
  const LinkState::Seen seen = link_.information(direction, message.send, receive);
  if (!seen.deviation.empty()) sink.deviation(seen.deviation);
  message.octets = frame.subspan(kApciOctets);
  message.asdu = read_asdu(message.octets);
  const Feed feed = feed_asdu(message, sink);
  if (feed.state != Feed::State::complete || seen.malformed.empty()) return feed;
  return {Feed::State::malformed, seen.malformed};
}

Feed Iec104Decoder::feed_asdu(const Message& message, Sink& sink) {
  const Asdu& asdu = message.asdu;
  if (message.octets.size() < kHeaderOctets) return {Feed::State::malformed, asdu.malformed};
  if (asdu.type == 0) return {Feed::State::malformed, "type identification zero"};
  if (!known_cause(asdu.cause)) sink.deviation("unknown-cause");
  switch (kind_of(asdu.type)) {
    case Kind::unknown:
      give_undecoded(message, sink);
      return {Feed::State::unsupported, "unknown type identification"};
    case Kind::private_use:
      give_undecoded(message, sink);
      return {Feed::State::unsupported, "private type identification"};
    case Kind::authentication:
      give_undecoded(message, sink);
      return {Feed::State::unsupported, "authentication of IEC 62351-5"};
    case Kind::monitored:
      give_monitored(message, sink);
      break;
    case Kind::command:
    case Kind::system:
    case Kind::parameter:
      give_controlled(message, sink);
      break;
    case Kind::file:
      give_file(message, sink);
      break;
  }
  if (!asdu.malformed.empty()) return {Feed::State::malformed, asdu.malformed};
  return {};
}

/// give_monitored gives one answer with all values. What an interrogation or a read asked for is theirs; all else is
/// sent unasked. Data marked as a test are no values of the process: they are not told as read.
void Iec104Decoder::give_monitored(const Message& message, Sink& sink) {
  const Asdu& asdu = message.asdu;
  if (asdu.count == 0) return;
  Answer answer{.protocol = self_,
                .action = asdu.test ? Action::diagnose : Action::read,
                .function = name_function(asdu.type),
                .key = in_epoch(make_key(asdu.type, asdu.station, asdu.address(0), 0, message.id())),
                .object = all_objects_of(asdu),
                .values = values_of(asdu)};
  if (asdu.type == type::kEndOfInitialization) {
    answer.action = Action::session;
    answer.unsolicited = true;
  } else if (asdu.cause == cause::kRequest) {
    answer.key = in_epoch(make_key(type::kRead, asdu.station, asdu.address(0), 0, message.id()));
  } else if (asdu.cause >= cause::kInterrogated && asdu.cause <= cause::kCountersLast) {
    answer.key = in_epoch(interrogated(asdu, message.id()));
    answer.final = false;
  } else {
    answer.unsolicited = true;
  }
  sink.answer(answer);
}

/// give_undecoded tells that something was asked or said in a type that is not decoded, so that it can be judged.
void Iec104Decoder::give_undecoded(const Message& message, Sink& sink) {
  const Asdu& asdu = message.asdu;
  const bool answers = asdu.cause == cause::kActivationConfirmation || asdu.cause == cause::kDeactivationConfirmation ||
                       asdu.cause == cause::kTermination || asdu.cause >= cause::kUnknownType;
  const bool asks = asdu.cause >= cause::kRequest && asdu.cause <= cause::kDeactivation && !answers;
  const uint32_t address =
      asdu.objects.size() < kAddressOctets ? 0 : static_cast<uint32_t>(load_little<3>(asdu.objects.data()));
  const Function function = name_function(asdu.type);
  const Action action = action_of(asdu.type, false);
  const TransactionKey key = in_epoch(make_key(asdu.type, asdu.station, address, 0, message.id()));
  const Object object{
      .unit = asdu.station, .detail = static_cast<uint16_t>(asdu.type << 8 | asdu.cause_octet()), .last = Object::kAll};
  if (asks || (!answers && message.direction == Direction::to_server)) {
    if (asks) remember(message, key);
    sink.operation({.protocol = self_,
                    .action = action,
                    .expects_answer = asks && asdu.station != kBroadcast,
                    .function = function,
                    .object = object,
                    .key = key});
    return;
  }
  Answer answer{
      .protocol = self_, .action = action, .unsolicited = !answers, .function = function, .key = key, .object = object};
  if (asdu.negative || asdu.cause >= cause::kUnknownType) {
    answer.outcome = {.kind = Outcome::Kind::refused, .code = asdu.cause, .name = cause_name(asdu.cause)};
  }
  sink.answer(answer);
}

void Iec104Decoder::remember(const Message& message, const TransactionKey& key) {
  if (message.octets.size() > kRefusableOctets) return;
  Refusable& kept = refusable_[next_refusable_++ % kRefusable];
  kept.match = key.match;
  kept.id = key.id;
  kept.size = static_cast<uint8_t>(message.octets.size());
  std::copy(message.octets.begin(), message.octets.end(), kept.octets.begin());
}

Refusal Iec104Decoder::refuse(Direction direction, TransactionKey key, Reason) {
  Refusal refusal;
  const Refusable* found = nullptr;
  for (size_t i = 0; i < kRefusable && found == nullptr; ++i) {
    const Refusable& one = refusable_[(next_refusable_ + kRefusable - 1 - i) % kRefusable];  // the newest first
    if (one.size != 0 && one.match == key.match && one.id == key.id) found = &one;
  }
  if (found == nullptr || renumbering_.full(opposite(direction))) return refusal;
  const Refusable& asked = *found;
  const uint8_t asked_cause = asked.octets[2] & cause::kMask;
  uint8_t answer = cause::kUnknownCause;
  if (kind_of(asked.octets[0]) == Kind::file) {
    answer = cause::kUnknownType;
  } else if (asked_cause == cause::kActivation) {
    answer = cause::kActivationConfirmation;
  } else if (asked_cause == cause::kDeactivation) {
    answer = cause::kDeactivationConfirmation;
  } else if (asked.octets[0] == type::kRead) {
    answer = cause::kUnknownObjectAddress;
  }
  const uint16_t send = renumbering_.put_in(opposite(direction), link_.next(opposite(direction)));
  refusal.bytes = {kStart, static_cast<uint8_t>(kControlOctets + asked.size), 0, 0, 0, 0};
  store_number(&refusal.bytes[kPrefixOctets], send);
  store_number(&refusal.bytes[kPrefixOctets + 2], acknowledges(direction));
  refusal.bytes.insert(refusal.bytes.end(), asked.octets.begin(), asked.octets.begin() + asked.size);
  uint8_t& octet = refusal.bytes[kApciOctets + 2];
  octet = static_cast<uint8_t>((octet & cause::kTest) | cause::kNegative | answer);
  return refusal;
}

/// acknowledges is the N(R) for who sends in `direction`: what the other side has acknowledged, and what was left out
/// behind that. Where nothing was left out yet, all that was seen: the refusal answers it.
uint16_t Iec104Decoder::acknowledges(Direction direction) {
  return renumbering_.used_for(direction) ? renumbering_.last(direction) : link_.next(direction);
}

Refusal Iec104Decoder::leave_out(Direction direction) {
  if (!last_numbered_[static_cast<size_t>(direction)]) return {};
  const uint16_t next = link_.next(direction);
  renumbering_.leave_out(direction, static_cast<uint16_t>((next + kSequences - 1) % kSequences));
  Refusal acknowledgement{{kStart, kControlOctets, 1, 0, 0, 0}};
  store_number(&acknowledgement.bytes[kPrefixOctets + 2], acknowledges(direction));
  return acknowledgement;
}

void Iec104Decoder::renumber(Direction direction, std::span<uint8_t> frame) {
  if (!renumbering_.used() || frame.size() < kApciOctets) return;
  uint8_t* const control = frame.data() + kPrefixOctets;
  const Format format = format_of(control[0]);
  if (format == Format::unnumbered) return;
  store_number(control + 2, receive_number(direction, control));
  if (format == Format::supervisory) return;
  const auto send = static_cast<uint16_t>(load_little<2>(control) >> 1);
  store_number(control, renumbering_.sent(direction, send));
}

}  // namespace rampart::protocols::iec104
