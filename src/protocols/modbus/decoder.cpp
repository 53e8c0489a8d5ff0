#include "protocols/modbus/decoder.h"

#include <algorithm>

namespace rampart::protocols::modbus {
namespace {

/// Fit: how well a whole frame fits as a message of one direction.
enum class Fit : uint8_t { impossible, odd, good };

class CountingSink final : public Sink {
 public:
  void operation(const Operation&) override {}
  void answer(const Answer&) override {}
  void attribute(const Attribute&) override {}
  void protection(const Protection&) override {}
  void deviation(std::string_view) override { ++deviations; }
  int deviations = 0;
};

/// read_adu takes a whole frame whose header holds.
Adu read_adu(Bytes frame, size_t size) {
  return {.transaction = static_cast<uint16_t>(load_big<2>(frame.data())),
          .unit = frame[6],
          .function = frame[7],
          .body = frame.first(size).subspan(kShortest),
          .padded = frame.size() > size};
}

/// is_known: a function that says by its form what it is; the others fit both directions, and random bytes.
bool is_known(const Adu& adu) {
  const uint8_t plain = adu.function & 0x7f;
  switch (plain) {
    case 8:
      return adu.function != plain || (adu.body.size() >= 2 && adu.body[0] == 0 && adu.body[1] <= 0x15);
    case 43:
      return adu.function != plain || (!adu.body.empty() && adu.body[0] == 0x0e);
    case kUmas:
      return true;
    default:
      return meaning_of(plain).known && plain <= 24 && plain != 9 && plain != 10 && plain != 13 && plain != 14 &&
             plain != 18 && plain != 19;
  }
}

Fit fit(Direction direction, const Adu& adu) {
  CountingSink sink;
  const Feed feed = direction == Direction::to_server ? decode_request(adu, {}, nullptr, sink)
                                                      : decode_answer(adu, {}, nullptr, sink);
  if (feed.state != Feed::State::complete) return Fit::impossible;
  if (adu.function >= kException && (adu.body[0] == 0 || adu.body[0] > 11)) return Fit::odd;
  return sink.deviations == 0 && is_known(adu) ? Fit::good : Fit::odd;
}

/// fits_better: as good as, or better than, in the other direction.
bool fits_better(Direction direction, const Adu& adu, Fit least) {
  const Fit here = fit(direction, adu);
  return here >= least && here >= fit(opposite(direction), adu);
}

uint16_t crc(Bytes bytes) {
  uint16_t value = 0xffff;
  for (const uint8_t octet : bytes) {
    value = static_cast<uint16_t>(value ^ octet);
    for (int bit = 0; bit < 8; ++bit) {
      value = static_cast<uint16_t>((value & 1) != 0 ? value >> 1 ^ 0xa001 : value >> 1);
    }
  }
  return value;
}

/// is_serial: a frame of Modbus RTU (unit, function, data, CRC) that somebody sends over TCP as it is. Its usual
/// lengths are tried, and the whole.
bool is_serial(Bytes bytes) {
  constexpr size_t kShortestSerial = 4;
  constexpr size_t kLongestSerial = 256;
  const auto holds = [&](size_t size) {
    return size >= kShortestSerial && size <= bytes.size() && size <= kLongestSerial && crc(bytes.first(size)) == 0;
  };
  // Serial units end at 247, functions at 127; an exception has five octets. Without this, one beginning of a
  // Modbus/TCP frame in some thousands would pass for a serial frame by chance.
  if (bytes.size() < kShortestSerial || bytes[0] > 247 || (bytes[1] & 0x7f) == 0) return false;
  if (bytes[1] >= kException) return holds(5);
  if (holds(8) || holds(5) || holds(bytes.size())) return true;
  return (bytes.size() > 2 && holds(5u + bytes[2])) || (bytes.size() > 6 && holds(9u + bytes[6]));
}

/// could_follow: may `rest` begin with another frame? Zeros are padding that some masters send.
bool could_follow(Bytes rest) {
  if (read_header(rest).state != Frame::State::malformed) return true;
  return std::all_of(rest.begin(), rest.end(), [](uint8_t octet) { return octet == 0; });
}

/// follows is stricter, for finding the way back: values can look like a header, seldom like two that lie end to end.
bool follows(Direction direction, Bytes rest) {
  const Header header = read_header(rest);
  if (header.state != Frame::State::complete) return could_follow(rest);
  return fits_better(direction, read_adu(rest.first(header.size), header.size), Fit::odd);
}

/// could_begin: may a frame of this direction begin with what is there of one?
bool could_begin(Direction direction, Bytes bytes) {
  if (bytes.size() < kShortest) return true;
  const bool exception = bytes[7] >= kException;
  if (direction == Direction::to_server && exception) return false;
  return meaning_of(bytes[7] & 0x7f).known || bytes[7] == 8 || bytes[7] == 43 || bytes[7] == kUmas || exception;
}

}  // namespace

Match ModbusDecoder::probe(Direction direction, Bytes bytes) const {
  const Header header = read_header(bytes);
  if (header.state == Frame::State::malformed) return Match::no;
  if (header.state == Frame::State::more) {
    if (direction == Direction::to_server && bytes.size() >= kShortest && bytes[7] >= kException) return Match::no;
    return bytes.size() >= 4 && is_serial(bytes) ? Match::no : Match::more;
  }
  const Adu adu = read_adu(bytes.first(header.size), header.size);
  if (!fits_better(direction, adu, Fit::odd)) return Match::no;
  if (fit(direction, adu) == Fit::good) return could_follow(bytes.subspan(header.size)) ? Match::yes : Match::no;
  if (is_serial(bytes)) return Match::no;
  return could_follow(bytes.subspan(header.size)) ? Match::yes : Match::no;
}

Frame ModbusDecoder::frame(Direction direction, Bytes bytes) {
  const Header header = read_header(bytes);
  bool& unverified = unverified_[static_cast<size_t>(direction)];
  if (unverified && header.state != Frame::State::malformed) {
    if (!could_begin(direction, bytes)) return {Frame::State::malformed, 0};
    if (header.state == Frame::State::complete) {
      if (!fits_better(direction, read_adu(bytes.first(header.size), header.size), Fit::good))
        return {Frame::State::malformed, 0};
      unverified = false;
    }
  }
  return {header.state, header.size};
}

Feed ModbusDecoder::feed(Direction direction, Bytes frame, Sink& sink) {
  // A datagram comes here without frame().
  const Header header = read_header(frame);
  if (header.state == Frame::State::malformed) return malformed("header");
  if (header.state == Frame::State::more) return malformed("truncated");
  const Adu adu = read_adu(frame, header.size);
  return direction == Direction::to_server ? decode_request(adu, self_, &requests_, sink)
                                           : decode_answer(adu, self_, &requests_, sink);
}

size_t ModbusDecoder::resync(Direction direction, Bytes after_gap) {
  unverified_[static_cast<size_t>(direction)] = true;
  for (size_t i = 0; i < after_gap.size(); ++i) {
    const Bytes here = after_gap.subspan(i);
    const Header header = read_header(here);
    if (header.state == Frame::State::malformed || !could_begin(direction, here)) continue;
    if (header.state == Frame::State::more) return i;
    if (!fits_better(direction, read_adu(here.first(header.size), header.size), Fit::good)) continue;
    if (follows(direction, here.subspan(header.size))) return i;
  }
  return after_gap.size();
}

void ModbusDecoder::lost(Direction direction, uint64_t /*bytes*/) {
  unverified_[static_cast<size_t>(direction)] = true;
}

Refusal ModbusDecoder::refuse(Direction direction, TransactionKey key, Reason reason) {
  constexpr uint64_t kMarkBits = 0xffffull << 48;
  if (direction != Direction::to_server || (key.match & kMarkBits) != Adu::kMark) return {};
  Request request;
  requests_.take(key, request, [](const Request&) { return true; });
  // MODBUS/TCP Security V2.1 answers what a role may not do with exception 1; V1.1b3 section 7: 3 is a value that the
  // server does not allow, 6 asks the client to come again later.
  uint8_t code = 1;
  switch (reason) {
    case Reason::not_allowed:
      code = 1;
      break;
    case Reason::value:
      code = 3;
      break;
    case Reason::busy:
      code = 6;
      break;
  }
  const auto octet = [&](int shift) { return static_cast<uint8_t>(key.match >> shift); };
  return {{octet(24), octet(16), 0, 0, 0, 3, octet(8), static_cast<uint8_t>(octet(0) | kException), code}};
}

}  // namespace rampart::protocols::modbus
