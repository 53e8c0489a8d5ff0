#include "protocols/light/telnet.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Protection::Kind;

// RFC 854.
constexpr uint8_t kIac = 255, kSubBegin = 250, kSubEnd = 240, kWill = 251, kDont = 254;
constexpr size_t kMostRead = 8192;  // octets of the server until no prompt is expected any more
constexpr std::array<uint16_t, 1> kTcpPorts = {23};
constexpr std::array<Function, 1> kFunctions = {Function{1, "connect"}};

class TelnetDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    if (bytes[0] == kIac) {
      if (bytes.size() < 3) return Match::more;
      return bytes[1] >= kSubBegin && bytes[1] <= kDont && bytes[2] < 64 ? Match::yes : Match::no;
    }
    const Bytes begin = bytes.first(std::min<size_t>(bytes.size(), 16));
    const bool text = std::all_of(begin.begin(), begin.end(), [](uint8_t octet) {
      return octet >= 0x20 ? octet < 0x7f
                           : octet == '\r' || octet == '\n' || octet == '\t' || octet == 0x1b || octet == 0;
    });
    return text ? Match::yes : Match::no;
  }
  Feed feed(Direction direction, Bytes frame, Sink& sink) override {
    if (!begun_) {
      begun_ = true;
      show(sink, Kind::unencrypted, "Telnet");
      show(sink, Kind::outdated, "Telnet");
    }
    if (direction == Direction::to_server) {
      client(frame, sink);
    } else {
      server(frame, sink);
    }
    return {};
  }

 private:
  enum class State : uint8_t { text, command, option, sub };

  void client(Bytes frame, Sink& sink) {
    if (!connected_) sink.operation(ask(Action::session, kFunctions[0]));
    connected_ = true;
    // What is typed is not looked at: only that something was, after the question for a password.
    for (const uint8_t octet : frame) {
      if (command(states_[0], octet) || octet == 0) continue;
      typed_ = true;
      if (!asked_password_) continue;
      show(sink, Kind::plain_credentials, "Telnet login");
      finish();
      return;
    }
  }
  void server(Bytes frame, Sink& sink) {
    for (const uint8_t octet : frame) {
      if (command(states_[1], octet)) continue;
      if (octet == '\n') {
        greet(sink);
        line_.clear();
      } else if (line_.size() < kMostText) {
        line_ += static_cast<char>(octet);
      }
      if (octet == ':') prompt();
    }
    read_ += frame.size();
    if (read_ <= kMostRead || asked_password_) return;
    show(sink, Kind::unauthenticated, "Telnet");
    finish();
  }
  /// command is true for the octets of Telnet's own commands.
  static bool command(State& state, uint8_t octet) {
    switch (state) {
      case State::text:
        if (octet != kIac) return false;
        state = State::command;
        return true;
      case State::command:
        state = octet == kSubBegin ? State::sub : octet >= kWill && octet <= kDont ? State::option : State::text;
        return true;
      case State::option:
        state = State::text;
        return true;
      case State::sub:
        if (octet == kSubEnd) state = State::text;
        return true;
    }
    return false;
  }
  /// greet: nothing that could be the echo of a name is a greeting.
  void greet(Sink& sink) {
    const std::string_view text = readable(as_bytes(line_));
    if (greeted_ || asked_name_ || typed_ || text.size() < 4) return;
    greeted_ = true;
    tell(sink, Attribute::Kind::version, text);
  }
  void prompt() {
    const std::string_view text = trim(line_);
    const auto ends = [text](std::string_view word) {
      return text.size() >= word.size() && starts_with(text.substr(text.size() - word.size()), word);
    };
    if (ends("login:") || ends("username:") || ends("user:") || ends("user name:")) asked_name_ = true;
    if (ends("password:") || ends("passwd:")) asked_password_ = true;
  }

  State states_[2]{};  // of the client's octets and of the server's
  bool begun_ = false, connected_ = false, greeted_ = false, asked_name_ = false, asked_password_ = false,
       typed_ = false;
  size_t read_ = 0;
  std::string line_;
};

}  // namespace

Entry telnet() {
  Entry entry = name_entry();
  entry.name = "telnet";
  entry.title = "Telnet";
  entry.specification = "RFC 854";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.only_own_port = true;
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<TelnetDecoder>(self); };
  entry.posture = "no encryption; what is typed, passwords among it, can be read by anybody";
  entry.encrypts = Assurance::no;
  return entry;
}

}  // namespace rampart::protocols::light
