#include "protocols/light/smb.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Protection::Kind;

// RFC 1002, 4.3.1, and [MS-SMB2] 2.1: four octets before each message. [MS-CIFS] 2.2.3, [MS-SMB2] 2.2.
enum Session : uint8_t { kMessage = 0x00, kSessionRequest = 0x81, kPositive = 0x82, kKeepAlive = 0x85 };
constexpr uint8_t kNegotiate1 = 0x72, kSetup1 = 0x73;
enum Command2 : uint16_t { kNegotiate = 0, kSetup = 1, kTree = 3 };
constexpr uint32_t kMoreProcessing = 0xc0000016;
constexpr size_t kMostRead = 4096;  // of one message; what follows is passed over
constexpr int kMostMessages = 64;
constexpr int kMostPairs = 16;  // of names in a challenge
constexpr std::array<uint16_t, 2> kTcpPorts = {445, 139};
constexpr std::array<Function, 3> kFunctions = {Function{1, "negotiate"}, Function{2, "session-setup"},
                                                Function{3, "tree-connect"}};

enum class Form : uint8_t { none, first, second, encrypted };
Form form_of(Bytes message) {
  if (message.size() < 4 || as_text(message.subspan(1, 3)) != "SMB") return Form::none;
  return message[0] == 0xff   ? Form::first
         : message[0] == 0xfe ? Form::second
         : message[0] == 0xfd ? Form::encrypted
                              : Form::none;
}

std::string_view dialect_name(uint16_t dialect) {
  switch (dialect) {
    case 0x0202:
      return "SMB 2.0.2";
    case 0x0210:
      return "SMB 2.1";
    case 0x0300:
      return "SMB 3.0";
    case 0x0302:
      return "SMB 3.0.2";
    case 0x0311:
      return "SMB 3.1.1";
    default:
      return {};
  }
}

class SmbDecoder final : public StreamDecoder {
 public:
  using StreamDecoder::StreamDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    if (bytes[0] == kSessionRequest) {
      if (direction != Direction::to_server) return Match::no;
      if (bytes.size() < 5) return Match::more;
      return bytes[1] == 0 && bytes[2] == 0 && bytes[3] == 0x44 && bytes[4] == 0x20 ? Match::yes : Match::no;
    }
    if (bytes[0] != kMessage) return Match::no;
    if (bytes.size() > 1 && bytes[1] > 1) return Match::no;  // a first message of a mebibyte or more
    if (bytes.size() > 4 && bytes[4] < 0xfd) return Match::no;
    if (bytes.size() < 8) return bytes.size() > 5 && bytes[5] != 'S' ? Match::no : Match::more;
    const Form form = form_of(bytes.subspan(4));
    if (form == Form::none) return Match::no;
    if (form == Form::encrypted) return Match::yes;
    // The flag that says response: [MS-CIFS] 2.2.3.1, [MS-SMB2] 2.2.1.
    const size_t at = form == Form::first ? 4 + 9 : 4 + 16;
    if (bytes.size() <= at) return Match::more;
    const bool response = (bytes[at] & (form == Form::first ? 0x80 : 0x01)) != 0;
    return response == (direction == Direction::to_client) ? Match::yes : Match::no;
  }

 private:
  Frame cut(Direction, Bytes bytes) override {
    if (bytes.size() < 4) return {Frame::State::more, 4};
    if (bytes[0] != kMessage && (bytes[0] < kSessionRequest || bytes[0] > kKeepAlive))
      return {Frame::State::malformed, 0};
    const size_t size = std::min(4 + static_cast<size_t>(load_big<3>(bytes.data() + 1)), kMostRead);
    return {bytes.size() < size ? Frame::State::more : Frame::State::complete, size};
  }
  Feed read(Direction direction, Bytes frame, Sink& sink) override {
    if (frame.size() < 4) return malformed("shorter than its length field");
    const size_t size = 4 + static_cast<size_t>(load_big<3>(frame.data() + 1));
    if (size > frame.size()) pass_over(direction, size - frame.size());
    if (frame[0] != kMessage) return {};
    if (++messages_ > kMostMessages) finish();
    const Bytes message = frame.subspan(4);
    switch (form_of(message)) {
      case Form::first:
        return first(direction, message, sink);
      case Form::second:
        return second(direction, message, sink);
      case Form::encrypted:
        show(sink, Kind::encrypted, "SMB 3 encryption");
        finish();
        return {};
      case Form::none:
        finish();
        return malformed("neither SMB 1 nor 2");
    }
    return {};
  }

  void ask_once(size_t function, Sink& sink) {
    if (asked_[function]) return;
    asked_[function] = true;
    sink.operation(ask(Action::session, kFunctions[function], {function + 1, 0}));
  }
  void answer_once(size_t function, uint32_t status, Sink& sink) {
    if (!asked_[function] || answered_[function]) return;
    answered_[function] = true;
    Answer answer = reply(Action::session, kFunctions[function], {function + 1, 0});
    if (status != 0)
      answer.outcome = {Outcome::Kind::refused, status, status == 0xc000006d ? "logon failure" : "refused"};
    sink.answer(answer);
  }

  Feed first(Direction direction, Bytes message, Sink& sink) {
    if (message.size() < 33) return malformed("header of SMB 1 too short");
    const uint8_t command = message[4];
    const auto status = static_cast<uint32_t>(load_little<4>(message.data() + 5));
    if (direction == Direction::to_server) {
      if (command == kNegotiate1) ask_once(0, sink);
      if (command == kSetup1) ask_once(1, sink);
      ntlm(message, direction, sink);
      return {};
    }
    if (command == kNegotiate1) {
      answer_once(0, status, sink);
      // Words: dialect, then the security mode; an unknown dialect answers one word alone.
      if (message[32] < 2 || message.size() < 36) return {};
      dialect_ = "SMB 1";
      tell(sink, Attribute::Kind::version, dialect_);
      show(sink, Kind::unencrypted, dialect_, (message[35] & 8) != 0 ? "signing required" : "signing not required");
      show(sink, Kind::outdated, "SMB 1");
    } else if (command == kSetup1) {
      ntlm(message, direction, sink);
      if (status == kMoreProcessing) return {};
      answer_once(1, status, sink);
      // Words: two of chaining, then the action, whose first bit says guest.
      const bool guest = message.size() >= 39 && (message[37] & 1) != 0;
      if (status == 0) let_in(guest, anonymous_, sink);
    }
    return {};
  }

  Feed second(Direction direction, Bytes message, Sink& sink) {
    ByteReader reader(message);
    reader.skip(8);
    const uint32_t status = reader.u32_little();
    const uint16_t command = reader.u16_little();
    reader.skip(2);
    const uint32_t flags = reader.u32_little();
    reader.skip(44);
    if (!reader.ok()) return malformed("header of SMB 2 too short");
    const bool response = (flags & 1) != 0;
    if (response == (direction == Direction::to_server)) return malformed("response on the way to the server");
    if (command > kTree || command == 2) return {};
    const size_t function = command == kNegotiate ? 0 : command == kSetup ? 1 : 2;
    if (!response) {
      ask_once(function, sink);
      ntlm(message, direction, sink);
      return {};
    }
    if (command == kSetup) ntlm(message, direction, sink);
    if (command == kSetup && status == kMoreProcessing) return {};
    answer_once(function, status, sink);
    if (status != 0) return {};
    if (command == kNegotiate) return negotiated(reader, sink);
    if (command == kSetup) set_up(reader, sink);
    return {};
  }
  Feed negotiated(ByteReader& reader, Sink& sink) {
    reader.skip(2);
    const uint16_t security = reader.u16_little(), dialect = reader.u16_little();
    if (!reader.ok()) return malformed("negotiation too short");
    asked_[0] = answered_[0] = false;  // after 0x02ff, and after SMB 1, the client negotiates once more
    if (dialect_name(dialect).empty()) return {};
    dialect_ = dialect_name(dialect);
    tell(sink, Attribute::Kind::version, dialect_);
    show(sink, Kind::unencrypted, dialect_, (security & 2) != 0 ? "signing required" : "signing not required");
    return {};
  }
  static void let_in(bool guest, bool nobody, Sink& sink) {
    if (guest || nobody) return show(sink, Kind::unauthenticated, guest ? "SMB guest" : "SMB anonymous");
    show(sink, Kind::authenticated, "SMB");
  }
  void set_up(ByteReader& reader, Sink& sink) {
    reader.skip(2);
    const uint16_t flags = reader.u16_little();
    if (!reader.ok()) return;
    const bool guest = (flags & 1) != 0, nobody = (flags & 2) != 0 || anonymous_;
    let_in(guest, nobody, sink);
    if ((flags & 4) != 0) show(sink, Kind::encrypted, "SMB 3 encryption");
  }

  /// ntlm finds a message of NTLM ([MS-NLMP] 2.2.1) wherever it is wrapped: a challenge tells the server's names and
  /// system, an authentication the client's machine.
  void ntlm(Bytes message, Direction direction, Sink& sink) {
    constexpr std::string_view kSignature("NTLMSSP\0", 8);
    const size_t at = as_text(message).find(kSignature);
    if (at == std::string_view::npos) return;
    const Bytes token = message.subspan(at);
    ByteReader reader(token);
    reader.skip(8);
    const uint32_t type = reader.u32_little();
    if (type == 2 && direction == Direction::to_client) challenge(token, sink);
    if (type == 3 && direction == Direction::to_server) authentication(token, sink);
  }
  /// field: length, capacity, offset; empty where it does not lie in the token.
  static Bytes field(Bytes token, size_t at) {
    if (token.size() < at + 8) return {};
    const auto length = static_cast<size_t>(load_little<2>(token.data() + at));
    const auto offset = static_cast<size_t>(load_little<4>(token.data() + at + 4));
    if (offset > token.size() || length > token.size() - offset) return {};
    return token.subspan(offset, length);
  }
  void tell_utf16(Sink& sink, Attribute::Kind kind, Bytes octets) {
    text_.clear();
    append_utf16(text_, octets);
    tell(sink, kind, text_);
  }
  void challenge(Bytes token, Sink& sink) {
    ByteReader pairs(field(token, 40));
    for (int i = 0; i < kMostPairs && pairs.left() >= 4; ++i) {
      const uint16_t id = pairs.u16_little();
      const Bytes value = pairs.bytes(pairs.u16_little());
      if (id == 0 || !pairs.ok()) break;
      if (id == 1) tell_utf16(sink, Attribute::Kind::name, value);
      if (id == 2 || id == 4) tell_utf16(sink, Attribute::Kind::domain, value);
      if (id == 3) tell_utf16(sink, Attribute::Kind::name, value);
    }
    system(token, 20, 48, sink);
  }
  void authentication(Bytes token, Sink& sink) {
    anonymous_ = field(token, 36).empty() && field(token, 20).size() <= 1;
    tell_utf16(sink, Attribute::Kind::name, field(token, 44));
    system(token, 60, 64, sink);
  }
  /// system: where the flags at `flags_at` say so, the version of Windows lies at `at`.
  void system(Bytes token, size_t flags_at, size_t at, Sink& sink) {
    if (token.size() < at + 8) return;
    const auto flags = static_cast<uint32_t>(load_little<4>(token.data() + flags_at));
    const uint8_t major = token[at], minor = token[at + 1];
    const auto build = static_cast<uint32_t>(load_little<2>(token.data() + at + 2));
    if ((flags & 0x02000000) == 0 || major == 0) return;
    text_ = "Windows ";
    append_number(text_, major);
    text_ += '.';
    append_number(text_, minor);
    text_ += " build ";
    append_number(text_, build);
    // Samba says 6.1 build 0 whatever it runs on.
    if (build != 0) tell(sink, Attribute::Kind::operating_system, text_);
  }

  bool asked_[3]{}, answered_[3]{};
  bool anonymous_ = false;
  int messages_ = 0;
  std::string_view dialect_;
  std::string text_;
};

}  // namespace

Entry smb() {
  Entry entry = name_entry();
  entry.name = "smb";
  entry.title = "Server Message Block";
  entry.specification = "[MS-CIFS], [MS-SMB2], [MS-NLMP], RFC 1002";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.functions = kFunctions;
  entry.limits.message_octets = kMostRead;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<SmbDecoder>(self); };
  entry.status = "light: dialect, signing, sessions, machines; files are not looked at";
  entry.posture = "by dialect: encryption from 3.0 on where it is switched on; 1 is outdated";
  return entry;
}

}  // namespace rampart::protocols::light
