#include "protocols/enip/decoder.h"

#include <algorithm>

namespace rampart::protocols::enip {
namespace {

constexpr uint64_t kMix = 0x9e3779b97f4a7c15u;
constexpr size_t kInterfaceOctets = 6;
constexpr uint8_t kReplyBit = 0x80;

uint64_t mix(uint64_t left, uint64_t right) {
  const uint64_t mixed = (left ^ (right + kMix + (left << 6) + (left >> 2))) * 0xff51afd7ed558ccdu;
  return mixed ^ mixed >> 32;
}

/// cip_of finds the message of CIP in a list of items, behind the sequence count where it is connected.
bool cip_of(const Items& items, uint16_t command, Bytes& cip) {
  const bool connected = command == command::kUnit;
  const Item* const data = items.find(connected ? item::kConnectedData : item::kUnconnectedData);
  const size_t skipped = connected ? 2 : 0;
  if (data == nullptr || data->data.size() < skipped + 1) return false;
  cip = data->data.subspan(skipped);
  return true;
}

/// says_direction: does the first octet of CIP fit a message of `direction`?
Match fits_direction(Direction direction, const Header& header, Bytes bytes) {
  if (header.status != 0) return direction == Direction::to_client ? Match::yes : Match::no;
  if (bytes.size() < kHeaderOctets + header.length) return could_begin(bytes) ? Match::more : Match::no;
  if (!verified(bytes)) return Match::no;
  const Bytes data = bytes.subspan(kHeaderOctets + kInterfaceOctets, header.length - kInterfaceOctets);
  Bytes cip;
  if (!cip_of(read_items(data), header.command, cip)) return Match::no;
  return ((cip[0] & kReplyBit) != 0) == (direction == Direction::to_client) ? Match::yes : Match::no;
}

bool all_zero(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t octet) { return octet == 0; });
}

}  // namespace

uint64_t place_of(Direction direction, uint64_t match) {
  return (match ^ (direction == Direction::to_server ? 0 : kMix)) | 1;
}

Match EnipDecoder::probe(Direction direction, Bytes bytes) const {
  if (is_io(bytes)) return Match::yes;
  const Frame frame = find_frame(bytes);
  if (frame.state == Frame::State::malformed) return Match::no;
  if (bytes.size() < kHeaderOctets) {
    // Zeros are anybody's.
    return bytes.size() >= 8 && all_zero(bytes) ? Match::no : Match::more;
  }
  const Header header = read_header(bytes.data());
  if (header.options != 0) return Match::no;
  const bool asks = direction == Direction::to_server;
  switch (header.command) {
    case command::kRequestReply:
    case command::kUnit:
      return fits_direction(direction, header, bytes);
    case command::kListServices:
    case command::kListIdentity:
    case command::kListInterfaces:
      if (header.length > 512) return Match::no;
      return (header.length == 0 && header.status == 0) == asks ? Match::yes : Match::no;
    case command::kRegister:
      if (header.length != 4 && header.status == 0) return Match::no;
      return (header.session == 0 && header.status == 0) == asks ? Match::yes : Match::no;
    case command::kUnregister:
      return header.length == 0 && header.session != 0 ? Match::yes : Match::no;
    case command::kLegacy:
      // Little more than zeros: what follows has to tell.
      if (header.status != 0 || (asks && header.length != 0)) return Match::no;
      if (frame.state == Frame::State::more || frame.size == bytes.size()) return Match::more;
      return bytes[frame.size] == command::kLegacy ? Match::no : probe(direction, bytes.subspan(frame.size));
    default:
      return Match::no;
  }
}

Frame EnipDecoder::frame(Direction direction, Bytes bytes) {
  bool& unverified = unverified_[static_cast<size_t>(direction)];
  const Frame found = find_frame(bytes);
  if (!unverified || found.state == Frame::State::malformed) return found;
  // Behind a gap only what no payload is like by chance counts as a message.
  const bool registers = !bytes.empty() && bytes[0] == command::kRegister;
  if (!registers && !could_begin(bytes.first(std::min<size_t>(bytes.size(), 32)))) return {Frame::State::malformed, 0};
  if (found.state == Frame::State::complete) {
    if (!verified(bytes)) return {Frame::State::malformed, 0};
    unverified = false;
  }
  return found;
}

size_t EnipDecoder::resync(Direction direction, Bytes after_gap) {
  unverified_[static_cast<size_t>(direction)] = true;
  for (size_t at = 0; at < after_gap.size(); ++at) {
    const Bytes here = after_gap.subspan(at);
    if (here[0] != command::kRequestReply && here[0] != command::kUnit && here[0] != command::kRegister) continue;
    const Frame found = find_frame(here);
    if (found.state == Frame::State::malformed) continue;
    if (found.state == Frame::State::complete ? verified(here)
                                              : could_begin(here.first(std::min<size_t>(here.size(), 32)))) {
      return at;
    }
  }
  return after_gap.size();
}

void EnipDecoder::lost(Direction direction, uint64_t) { unverified_[static_cast<size_t>(direction)] = true; }

void EnipDecoder::share(Associations& shared, uint64_t pair) {
  shared_ = &shared;
  pair_ = pair;
}

Feed EnipDecoder::feed(Direction direction, Bytes frame, Sink& sink) {
  if (is_io(frame)) return io(direction, frame, sink);
  if (frame.size() < kHeaderOctets) return malformed("header cut short");
  const Header header = read_header(frame.data());
  if (!is_known(header.command)) return malformed("unknown command");
  const Bytes data = frame.subspan(kHeaderOctets);
  if (header.length > data.size()) return malformed("length beyond message");
  if (header.length < data.size()) sink.deviation("trailing-bytes");
  if (header.options != 0) sink.deviation("options");
  if (carries_items(header.command) && header.status == 0) {
    return items(direction, header, data.first(header.length), sink);
  }
  return command(direction, header, data.first(header.length), sink);
}

/// command: messages that concern the encapsulation itself. Their direction is the only thing that tells a question
/// from its answer.
Feed EnipDecoder::command(Direction direction, const Header& header, Bytes data, Sink& sink) {
  const Service service = encapsulation_service(header.command);
  const bool about_session = carries_items(header.command);  // an error in answer to one of these
  // Before a session is there, each side names its own; the sender's context is the receiver's answer too.
  uint64_t match = mix(header.context, header.command);
  if (about_session) match = mix(match, header.session);
  const TransactionKey key{match, static_cast<uint32_t>(header.context)};
  if (direction == Direction::to_client && header.command != command::kNop) {
    Answer answer{.protocol = self_, .action = service.action, .function = service.function, .key = key};
    answer.outcome = encapsulation_outcome(header.status);
    if (header.command == command::kListIdentity) {
      // One question may have many answers; those after the first were asked for all the same.
      const uint64_t place = place_of(Direction::to_server, match);
      answer.unsolicited = asked_.get(place) == nullptr && identity_answered_ == match;
      if (asked_.get(place) != nullptr) identity_answered_ = match;
      asked_.forget(place);
      give_identity(data, sink);
    }
    sink.answer(answer);
    return {};
  }
  const bool silent = header.command == command::kNop || header.command == command::kUnregister ||
                      header.command == command::kCancel || header.command == command::kIndicate;
  Asked& asked = remember(place_of(direction, match), header);
  asked.services.clear();
  if (header.status != 0) sink.deviation("status-in-request");
  Operation operation{.protocol = self_, .action = service.action, .expects_answer = !silent};
  operation.function = service.function;
  operation.key = key;
  sink.operation(operation);
  return {};
}

Feed EnipDecoder::items(Direction direction, const Header& header, Bytes data, Sink& sink) {
  if (data.size() < kInterfaceOctets) return malformed("no list of items");
  if (load_little<4>(data.data()) != 0) return {Feed::State::unsupported, "interface other than CIP"};
  const Items items = read_items(data.subspan(kInterfaceOctets));
  if (!items.error.empty()) return malformed(items.error);
  if (items.trailing > 0) sink.deviation("trailing-bytes");
  Bytes cip;
  if (!cip_of(items, header.command, cip)) {
    const bool present = items.find(item::kUnconnectedData) != nullptr || items.find(item::kConnectedData) != nullptr;
    return present ? malformed("empty item of data") : Feed{Feed::State::unsupported, "no item with a message of CIP"};
  }
  return encapsulated(direction, header, cip, items, sink);
}

/// encapsulated: a message of CIP. Unconnected ones are tied to their answers by session and sender's context,
/// connected ones by connection and sequence count; where the connection's opening was not seen its two identifiers
/// cannot be tied to each other, and the session has to do.
Feed EnipDecoder::encapsulated(Direction direction, const Header& header, Bytes cip, const Items& items, Sink& sink) {
  Message message;
  message.direction = direction;
  uint32_t connection = 0;
  uint16_t sequence = 0;
  if (header.command == command::kUnit) {
    const Item* const address = items.find(item::kConnectedAddress);
    if (address == nullptr || address->data.size() != 4) return malformed("no address of a connection");
    connection = static_cast<uint32_t>(load_little<4>(address->data.data()));
    sequence = static_cast<uint16_t>(load_little<2>(items.find(item::kConnectedData)->data.data()));
    const Association* const opened = association(connection);
    if (opened != nullptr) {
      const bool to_router = opened->object.container == cip_class::kMessageRouter || !opened->object.addressed();
      if (!to_router) return {Feed::State::unsupported, "connection to an object other than the message router"};
      message.unit = opened->object.unit;
    }
    const uint64_t named = connection_key(connection);
    message.key = {mix(named != 0 ? named : header.session, uint64_t{sequence} << 1 | 1), sequence};
  } else {
    message.key = {mix(mix(header.context, header.command), header.session), static_cast<uint32_t>(header.context)};
  }
  if ((cip[0] & kReplyBit) != 0) {
    message.asked = asked_.get(place_of(opposite(direction), message.key.match));
    return reply(message, cip, 0, sink);
  }
  const uint64_t place = place_of(direction, message.key.match);
  if (header.command == command::kUnit && asked_.get(place) != nullptr) sink.deviation("repeated-sequence");
  Asked& asked = remember(place, header);
  asked.connection = connection;
  asked.sequence = sequence;
  message.asked = &asked;
  const Feed feed = request(message, cip, 0, sink);
  asked.services_asked = message.item;
  return feed;
}

Asked& EnipDecoder::remember(uint64_t place, const Header& header) {
  Asked& asked = asked_.take(place);
  asked.command = header.command;
  asked.session = header.session;
  asked.context = header.context;
  asked.connection = 0;
  asked.sequence = 0;
  asked.multiple = false;
  asked.services_asked = 0;
  asked.services.clear();
  asked.opening = {};
  return asked;
}

/// give_identity tells the attributes that answers to list-identity carry, one device or several.
void EnipDecoder::give_identity(Bytes data, Sink& sink) {
  const Items items = read_items(data);
  for (size_t i = 0; i < items.count && items.error.empty(); ++i) {
    if (items.list[i].type != item::kIdentity) continue;
    ByteReader reader(items.list[i].data);
    reader.skip(2 + 16);  // version, socket address
    emit_identity(reader, Object::kNoUnit, attribute_, sink);
  }
}

}  // namespace rampart::protocols::enip
