#include "protocols/iec104/apci.h"

#include <algorithm>

#include "protocols/iec104/asdu.h"

namespace rampart::protocols::iec104 {
namespace {

constexpr uint16_t distance(uint16_t from, uint16_t to) { return static_cast<uint16_t>(to - from) & (kSequences - 1); }

/// verify_content judges control octets and the head of an ASDU, of which as much as `bytes` has is looked at.
Match verify_content(Bytes bytes, size_t length) {
  const uint8_t* control = bytes.data() + kPrefixOctets;
  switch (format_of(control[0])) {
    case Format::supervisory:
      return length == kControlOctets && control[0] == 1 && control[1] == 0 && (control[2] & 1) == 0 ? Match::yes
                                                                                                     : Match::no;
    case Format::unnumbered:
      return length == kControlOctets && known_unnumbered(control) ? Match::yes : Match::no;
    case Format::information:
      break;
  }
  if ((control[2] & 1) != 0 || length <= kControlOctets) return Match::no;
  return verify_asdu(bytes.subspan(kApciOctets), length - kControlOctets);
}

/// find_match is the offset of the first start octet of which verify() says `wanted`, or the size of `bytes`.
size_t find_match(Bytes bytes, Match wanted) {
  for (size_t at = 0; at < bytes.size(); ++at) {
    const void* found = std::memchr(bytes.data() + at, kStart, bytes.size() - at);
    if (found == nullptr) return bytes.size();
    at = static_cast<size_t>(static_cast<const uint8_t*>(found) - bytes.data());
    if (verify(bytes.subspan(at)) == wanted) return at;
  }
  return bytes.size();
}

}  // namespace

Format format_of(uint8_t first_control_octet) {
  if ((first_control_octet & 1) == 0) return Format::information;
  return (first_control_octet & 2) == 0 ? Format::supervisory : Format::unnumbered;
}

bool known_unnumbered(const uint8_t* control) {
  const uint8_t functions = control[0] & 0xfc;
  const bool one = functions != 0 && (functions & (functions - 1)) == 0;
  return one && control[1] == 0 && control[2] == 0 && control[3] == 0;
}

Frame find_frame(Bytes bytes) {
  if (bytes.empty()) return {Frame::State::more, kPrefixOctets};
  if (bytes[0] != kStart) return {Frame::State::malformed, 0};
  if (bytes.size() < kPrefixOctets) return {Frame::State::more, kPrefixOctets};
  const size_t length = bytes[1];
  if (length < kControlOctets || length > kLongestLength) return {Frame::State::malformed, 0};
  const size_t size = kPrefixOctets + length;
  return {bytes.size() < size ? Frame::State::more : Frame::State::complete, size};
}

Match verify(Bytes bytes) {
  const Frame frame = find_frame(bytes);
  if (frame.state == Frame::State::malformed) return Match::no;
  if (bytes.size() < kApciOctets) return Match::more;
  const size_t length = bytes[1];
  const Match content = verify_content(bytes, length);
  if (content != Match::yes || bytes.size() <= frame.size) return content;
  const Bytes rest = bytes.subspan(frame.size);
  return find_frame(rest).state == Frame::State::malformed ? Match::no : Match::yes;
}

size_t find_header(Bytes bytes) { return find_match(bytes, Match::yes); }

size_t find_beginning(Bytes bytes) { return find_match(bytes, Match::more); }

/// take_acknowledgement moves what is acknowledged forward. Both directions of a recording are put in order apart, so
/// an acknowledgement may be seen before what it acknowledges: it is told and believed.
std::string_view LinkState::take_acknowledgement(Side& acknowledged, uint16_t receive) {
  std::string_view deviation;
  if (acknowledged.acked_known && acknowledged.known) {
    const uint16_t outstanding = distance(acknowledged.acked, acknowledged.next);
    const uint16_t taken = distance(acknowledged.acked, receive);
    if (taken > outstanding) deviation = taken < kSequences / 2 ? "acknowledges-unsent" : "acknowledges-backwards";
    if (taken >= kSequences / 2) return deviation;
  }
  acknowledged.acked_known = true;
  acknowledged.acked = receive;
  return deviation;
}

LinkState::Seen LinkState::acknowledged(Direction direction, uint16_t receive) {
  return {.deviation = take_acknowledgement(side(opposite(direction)), receive)};
}

LinkState::Seen LinkState::information(Direction direction, uint16_t send, uint16_t receive) {
  Seen seen = acknowledged(direction, receive);
  Side& mine = side(direction);
  // The first I-frame says where the numbers stand, whatever it says: stations begin with 1, and recordings anywhere.
  if (mine.known && send != mine.next) {
    const uint16_t ahead = distance(mine.next, send);
    const bool again = ahead == kSequences - 1;
    seen.malformed = ahead < kSequences / 2 ? std::string_view("send sequence numbers are missing")
                                            : std::string_view("send sequence number repeated");
    if (again) return seen;  // the one before, once more: the count goes on
    mine.acked_known = false;
  }
  mine.known = true;
  mine.next = (send + 1) & (kSequences - 1);
  if (stopped_) {
    seen.deviation = "data-while-stopped";
    stopped_ = false;
  }
  const bool over =
      mine.acked_known && distance(mine.acked, mine.next) > kWindow && distance(mine.acked, mine.next) < kSequences / 2;
  if (over && !mine.told_window) {
    mine.told_window = true;
    seen.deviation = "window-exceeded";
  }
  return seen;
}

void LinkState::unnumbered(uint8_t function) {
  if (function == unnumbered::kStopCon) stopped_ = true;
  if (function == unnumbered::kStartAct || function == unnumbered::kStartCon) stopped_ = false;
}

void LinkState::lost(Direction direction) {
  const bool told = side(direction).told_window;
  side(direction) = {.told_window = told};
  side(opposite(direction)).acked_known = false;
  stopped_ = false;
}

}  // namespace rampart::protocols::iec104
