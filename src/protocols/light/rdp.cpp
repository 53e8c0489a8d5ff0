#include "protocols/light/rdp.h"

#include <array>
#include <optional>

#include "protocols/light/handshake.h"

namespace rampart::protocols::light {
namespace {

// [MS-RDPBCGR] 2.2.1.1 and 2.2.1.2: TPKT (RFC 1006), a connect request or confirm of X.224, and at its end 8 octets of
// negotiation. The cookie before it carries a user's name and is looked past.
enum Negotiation : uint8_t { kRequest = 1, kResponse = 2, kFailure = 3 };
enum Selected : uint32_t { kStandard = 0, kTls = 1, kHybrid = 2, kDirect = 4, kHybridEarly = 8 };
constexpr uint8_t kConnect = 0xe0, kConfirm = 0xd0;
constexpr size_t kMostConnect = 1024;
constexpr std::array<uint16_t, 1> kTcpPorts = {3389};
constexpr std::array<Function, 1> kFunctions = {Function{1, "connect"}};

struct Connect {
  uint8_t type = 0;         // kConnect or kConfirm
  uint8_t negotiation = 0;  // 0: none
  uint32_t value = 0;       // protocols, or the code of a failure
  bool cookie = false;
};

/// read_connect is true where a whole connection unit of RDP stands there; those of other users of X.224 carry
/// parameters (0xc0 to 0xc2) where RDP has its own.
bool read_connect(Bytes frame, Connect& connect) {
  ByteReader reader(frame);
  const uint8_t version = reader.u8(), reserved = reader.u8();
  const uint16_t length = reader.u16();
  const uint8_t indicator = reader.u8();
  connect.type = reader.u8();
  reader.skip(5);
  if (!reader.ok() || version != 3 || reserved != 0 || length != frame.size() || length > kMostConnect) return false;
  if (indicator + 5u != length || (connect.type != kConnect && connect.type != kConfirm)) return false;
  Bytes rest = reader.rest();
  if (rest.size() >= 8) {
    const Bytes end = rest.last(8);
    if (end[0] >= kRequest && end[0] <= kFailure && end[2] == 8 && end[3] == 0) {
      connect.negotiation = end[0];
      connect.value = static_cast<uint32_t>(load_little<4>(end.data() + 4));
      rest = rest.first(rest.size() - 8);
    }
  }
  connect.cookie = as_text(rest).starts_with("Cookie: ");
  if (connect.type == kConnect) return connect.cookie || (connect.negotiation == kRequest && rest.empty());
  return rest.empty() && (connect.negotiation == kResponse || connect.negotiation == kFailure);
}

std::string_view failure(uint32_t code) {
  constexpr std::array<std::string_view, 7> kNames = {"",
                                                      "TLS required",
                                                      "TLS not allowed",
                                                      "no certificate",
                                                      "inconsistent flags",
                                                      "CredSSP required",
                                                      "TLS with user authentication required"};
  return code > 0 && code < kNames.size() ? kNames[code] : std::string_view("failure");
}

class RdpDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    if (bytes[0] != 3 || (bytes.size() > 1 && bytes[1] != 0)) return Match::no;
    if (bytes.size() > 5 && bytes[5] != (direction == Direction::to_server ? kConnect : kConfirm)) return Match::no;
    // What other users of X.224 put there: no need to wait for the end.
    if (bytes.size() > 11 && bytes[11] >= 0xc0) return Match::no;
    if (bytes.size() < 4) return Match::more;
    const size_t size = static_cast<size_t>(load_big<2>(bytes.data() + 2));
    if (size < 11 || size > kMostConnect) return Match::no;
    if (bytes.size() < size) return Match::more;
    Connect connect;
    return read_connect(bytes.first(size), connect) ? Match::yes : Match::no;
  }
  Frame frame(Direction, Bytes bytes) override {
    if (handshake_) return handshake_->frame(bytes);
    if (bytes.size() < 4) return {Frame::State::more, 4};
    const size_t size = static_cast<size_t>(load_big<2>(bytes.data() + 2));
    if (bytes[0] != 3 || size < 7) return {Frame::State::malformed, 0};
    return {bytes.size() < size ? Frame::State::more : Frame::State::complete, size};
  }
  Feed feed(Direction direction, Bytes frame, Sink& sink) override {
    if (handshake_) {
      const Feed fed = handshake_->feed(direction, frame, sink);
      if (handshake_->done()) finish();
      return fed;
    }
    Connect connect;
    if (!read_connect(frame, connect)) {
      finish();
      // A server that knows no negotiation confirms without it.
      if (asked_ && direction == Direction::to_client)
        return confirmed({.type = kConfirm, .negotiation = kResponse}, sink);
      return malformed("no connection of RDP");
    }
    if (direction == Direction::to_server) {
      asked_ = true;
      sink.operation(ask(Action::session, kFunctions[0], {1, 0}));
      return {};
    }
    return confirmed(connect, sink);
  }

 private:
  Feed confirmed(const Connect& connect, Sink& sink) {
    Answer answer = reply(Action::session, kFunctions[0], {1, 0});
    if (connect.negotiation == kFailure)
      answer.outcome = {Outcome::Kind::refused, connect.value, failure(connect.value)};
    sink.answer(answer);
    if (connect.negotiation == kFailure) {
      finish();
    } else if (connect.value == kStandard) {
      // Its own encryption: RC4 at best, and the server does not prove who it is.
      show(sink, Protection::Kind::outdated, "RDP standard security");
      show(sink, Protection::Kind::unauthenticated, "RDP standard security");
      finish();
    } else {
      const bool early = (connect.value & (kHybrid | kHybridEarly)) != 0;
      show(sink, Protection::Kind::encrypted, "TLS", early ? "with CredSSP" : "");
      if (early) show(sink, Protection::Kind::authenticated, "CredSSP");
      if ((connect.value & kDirect) == 0) handshake_.emplace();
    }
    return {};
  }

  bool asked_ = false;
  std::optional<Handshake> handshake_;
};

}  // namespace

Entry rdp() {
  Entry entry = name_entry();
  entry.name = "rdp";
  entry.title = "Remote Desktop Protocol";
  entry.specification = "[MS-RDPBCGR]";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<RdpDecoder>(self); };
  entry.posture = "by what is negotiated: TLS with CredSSP at best, weak encryption of its own at worst";
  return entry;
}

}  // namespace rampart::protocols::light
