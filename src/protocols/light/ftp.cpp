#include "protocols/light/ftp.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "protocols/light/handshake.h"

namespace rampart::protocols::light {
namespace {

using Kind = Protection::Kind;

constexpr size_t kMostWaiting = 16;
constexpr std::array<uint16_t, 1> kTcpPorts = {21};

struct Command {
  std::string_view word;  // in lower case
  Action action;
  Function function;
};
// RFC 959: those that touch files.
constexpr std::array kCommands = {
    Command{"retr", Action::file, {1, "retrieve"}},      Command{"stor", Action::file, {2, "store"}},
    Command{"appe", Action::file, {3, "append"}},        Command{"stou", Action::file, {4, "store-unique"}},
    Command{"dele", Action::file, {5, "delete"}},        Command{"rnto", Action::file, {6, "rename"}},
    Command{"mkd", Action::file, {7, "make-directory"}}, Command{"rmd", Action::file, {8, "remove-directory"}},
    Command{"list", Action::read, {9, "list"}},          Command{"nlst", Action::read, {10, "name-list"}},
    Command{"mlsd", Action::read, {11, "machine-list"}},
};
constexpr Function kConnect{0, "connect"};
constexpr std::array<Function, kCommands.size() + 1> kFunctions = [] {
  std::array<Function, kCommands.size() + 1> functions{};
  functions[0] = kConnect;
  for (size_t i = 0; i < kCommands.size(); ++i) functions[i + 1] = kCommands[i].function;
  return functions;
}();

class FtpDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (direction != Direction::to_client || bytes.empty()) return bytes.empty() ? Match::more : Match::no;
    constexpr std::string_view kReady = "220";
    const std::string_view text = as_text(bytes.first(std::min<size_t>(bytes.size(), 3)));
    if (text != kReady.substr(0, text.size())) return Match::no;
    if (bytes.size() < 4) return Match::more;
    return bytes[3] == ' ' || bytes[3] == '-' ? Match::yes : Match::no;
  }
  Frame frame(Direction, Bytes bytes) override {
    if (handshake_) return handshake_->frame(bytes);
    return bytes.empty() ? Frame{Frame::State::more, 1} : line_frame(bytes);
  }
  Feed feed(Direction direction, Bytes frame, Sink& sink) override {
    if (handshake_) {
      const Feed fed = handshake_->feed(direction, frame, sink);
      if (handshake_->done()) finish();
      return fed;
    }
    if (direction == Direction::to_server) {
      command(line_of(frame), sink);
    } else {
      response(line_of(frame), sink);
    }
    return {};
  }

 private:
  enum class Waits : uint8_t { nothing, password, tls };

  void command(std::string_view line, Sink& sink) {
    if (!begun_) {
      begun_ = true;
      sink.operation(ask(Action::session, kConnect));
      show(sink, Kind::unencrypted, "FTP");
    }
    const size_t gap = line.find(' ');
    const std::string_view word = line.substr(0, gap);
    const std::string_view argument = gap == std::string_view::npos ? std::string_view() : trim(line.substr(gap + 1));
    last_ = Waits::nothing;
    if (is(word, "user")) {
      anonymous_ = is(argument, "anonymous") || is(argument, "ftp");
    } else if (is(word, "pass")) {
      last_ = Waits::password;
      if (!anonymous_) show(sink, Kind::plain_credentials, "FTP PASS");
    } else if (is(word, "auth")) {
      last_ = Waits::tls;
    }
    const auto known = std::find_if(kCommands.begin(), kCommands.end(),
                                    [word](const Command& command) { return is(word, command.word); });
    asked_ = known == kCommands.end() ? nullptr : &*known;
    if (asked_ == nullptr) return;
    ++count_;
    sink.operation(ask(asked_->action, asked_->function, {count_, count_}, readable(as_bytes(argument))));
    if (count_ >= kMostOperations) finish();
  }
  static bool is(std::string_view text, std::string_view word) {
    return text.size() == word.size() && starts_with(text, word);
  }

  void response(std::string_view line, Sink& sink) {
    const auto code = line.size() >= 3 ? parse_number(line.substr(0, 3)) : std::nullopt;
    const bool last = line.size() == 3 || (line.size() > 3 && line[3] == ' ');
    if (!code || (line.size() > 3 && line[3] != ' ' && line[3] != '-'))
      return;  // in the midst of an answer of many lines
    if (*code == 220 && !begun_ && line.size() > 4)
      tell(sink, Attribute::Kind::version, readable(as_bytes(line.substr(4))));
    if (!last || *code < 200) return;  // "about to"
    if (last_ == Waits::password && *code == 230) {
      show(sink, anonymous_ ? Kind::unauthenticated : Kind::authenticated, anonymous_ ? "FTP anonymous" : "FTP PASS");
    }
    if (last_ == Waits::tls && *code == 234) {
      show(sink, Kind::encrypted, "TLS", "AUTH TLS");
      handshake_.emplace();
    }
    last_ = Waits::nothing;
    if (asked_ == nullptr) return;
    Answer answer = reply(asked_->action, asked_->function, {count_, count_});
    if (*code >= 400) answer.outcome = {Outcome::Kind::refused, static_cast<uint32_t>(*code), "refused"};
    sink.answer(answer);
    asked_ = nullptr;
  }

  bool begun_ = false, anonymous_ = false;
  Waits last_ = Waits::nothing;
  const Command* asked_ = nullptr;
  uint32_t count_ = 0;
  std::optional<Handshake> handshake_;
};

}  // namespace

Entry ftp() {
  Entry entry = name_entry();
  entry.name = "ftp";
  entry.title = "File Transfer Protocol, control connection";
  entry.specification = "RFC 959, RFC 4217";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.not_relayed = "its data come on further connections, at ports that no rule names";
  entry.only_own_port = true;
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<FtpDecoder>(self); };
  entry.status = "light: files by name, kind of authentication, AUTH TLS; data connections are not followed";
  entry.posture = "no encryption but after AUTH TLS; the password can be read by anybody";
  return entry;
}

}  // namespace rampart::protocols::light
