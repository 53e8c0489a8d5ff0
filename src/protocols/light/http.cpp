#include "protocols/light/http.h"

#include <algorithm>
#include <array>
#include <deque>

#include "base/text.h"
#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Protection::Kind;

constexpr int kMostHeaders = 128;
constexpr size_t kMostWaiting = 16;  // pipelined requests whose answers are told apart
constexpr std::array<uint16_t, 4> kTcpPorts = {80, 8080, 8000, 8008};

struct Method {
  std::string_view word;
  Action action;
  Function function;
};
// RFC 9110, section 9; PATCH is RFC 5789, the others WebDAV's (RFC 4918).
constexpr std::array kMethods = {
    Method{"GET", Action::read, {1, "get"}},         Method{"HEAD", Action::read, {2, "head"}},
    Method{"POST", Action::write, {3, "post"}},      Method{"PUT", Action::write, {4, "put"}},
    Method{"DELETE", Action::write, {5, "delete"}},  Method{"CONNECT", Action::session, {6, "connect"}},
    Method{"OPTIONS", Action::read, {7, "options"}}, Method{"TRACE", Action::diagnose, {8, "trace"}},
    Method{"PATCH", Action::write, {9, "patch"}},    Method{"PROPFIND", Action::read, {10, "propfind"}},
};
constexpr std::array<Function, kMethods.size()> kFunctions = [] {
  std::array<Function, kMethods.size()> functions{};
  for (size_t i = 0; i < kMethods.size(); ++i) functions[i] = kMethods[i].function;
  return functions;
}();

struct Scheme {
  std::string_view word, plain, method;  // plain: by which its credentials can be read by anybody; else empty
};
constexpr std::array kSchemes = {
    Scheme{"basic ", "HTTP Basic", "HTTP Basic"},    Scheme{"digest ", "", "HTTP Digest"},
    Scheme{"bearer ", "HTTP Bearer", "HTTP Bearer"}, Scheme{"ntlm ", "", "HTTP NTLM"},
    Scheme{"negotiate ", "", "HTTP Negotiate"},
};

/// path_of is the target without query and fragment, and without host and what may stand before it: names and
/// passwords.
std::string_view path_of(std::string_view target) {
  const size_t scheme = target.find("://");
  if (scheme != std::string_view::npos) {
    const size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  } else if (!target.starts_with('/') && target != "*") {
    target = target.substr(std::min(target.size(), target.rfind('@') + 1));
  }
  return readable(as_bytes(target.substr(0, target.find_first_of("?#;"))));
}

enum class State : uint8_t { start, headers, body_until_close, chunk_size, trailer };

/// Half is one direction: where it is in its message, and what the headers said.
struct Half {
  State state = State::start;
  int headers = 0;
  uint64_t length = 0;
  bool chunked = false;
  bool without_body = false;
};

class HttpDecoder final : public StreamDecoder {
 public:
  using StreamDecoder::StreamDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    const std::string_view text = as_text(bytes.first(std::min<size_t>(bytes.size(), 16)));
    if (direction == Direction::to_client) return begins(text, "HTTP/1.");
    Match best = Match::no;
    for (const Method& method : kMethods) {
      const size_t size = std::min(text.size(), method.word.size());
      if (text.substr(0, size) != method.word.substr(0, size)) continue;
      if (size == text.size() || text.size() == size + 1) best = Match::more;
      if (text.size() < size + 2 || text[size] != ' ') continue;
      const char next = text[size + 1];
      const bool target = next == '/' || next == '*' || next == 'h' || method.action == Action::session;
      if (target) return Match::yes;
    }
    return best;
  }

 private:
  static Match begins(std::string_view text, std::string_view with) {
    const size_t size = std::min(text.size(), with.size());
    if (text.substr(0, size) != with.substr(0, size)) return Match::no;
    return size == with.size() ? Match::yes : Match::more;
  }

  Frame cut(Direction direction, Bytes bytes) override {
    if (half(direction).state == State::body_until_close) return {Frame::State::complete, bytes.size()};
    return line_frame(bytes);
  }
  Feed read(Direction direction, Bytes frame, Sink& sink) override {
    const std::string_view line = line_of(frame);
    switch (half(direction).state) {
      case State::start:
        if (line.empty()) return {};
        return direction == Direction::to_server ? request(line, sink) : status(line, sink);
      case State::headers:
        return line.empty() ? end_of_headers(direction, sink) : header(direction, line, sink);
      case State::chunk_size:
        return chunk(direction, line);
      case State::trailer:
        if (line.empty()) half(direction) = {};
        return {};
      case State::body_until_close:
        return {};
    }
    return {};
  }

  Half& half(Direction direction) { return halves_[static_cast<size_t>(direction)]; }
  Feed broken(std::string_view reason) {
    finish();
    return malformed(reason);
  }

  Feed request(std::string_view line, Sink& sink) {
    const size_t first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || !line.substr(last + 1).starts_with("HTTP/1.")) {
      return broken("no request line");
    }
    const std::string_view word = line.substr(0, first);
    const auto method =
        std::find_if(kMethods.begin(), kMethods.end(), [word](const Method& m) { return m.word == word; });
    half(Direction::to_server) = {.state = State::headers};
    if (waiting_.size() == kMostWaiting) waiting_.pop_front();
    waiting_.push_back({++count_, method == kMethods.end() ? nullptr : &*method, nullptr});
    if (method == kMethods.end()) return {Feed::State::unsupported, "method"};
    sink.operation(
        ask(method->action, method->function, {count_, count_}, path_of(line.substr(first + 1, last - first - 1))));
    if (count_ >= kMostOperations) finish();
    return {};
  }
  Feed status(std::string_view line, Sink& sink) {
    const auto code = line.size() >= 12 && line.starts_with("HTTP/1.") ? parse_number(line.substr(9, 3)) : std::nullopt;
    if (!code) return broken("no status line");
    Half& now = half(Direction::to_client);
    now = {.state = State::headers};
    code_ = static_cast<uint32_t>(*code);
    now.without_body = code_ < 200 || code_ == 204 || code_ == 304;
    if (code_ < 200 || waiting_.empty()) return {};
    const Waiting asked = waiting_.front();
    waiting_.pop_front();
    now.without_body = now.without_body || (asked.method != nullptr && asked.method->word == "HEAD");
    if (asked.method == nullptr) return {};
    Answer answer = reply(asked.method->action, asked.method->function, {asked.number, asked.number});
    if (code_ >= 400) answer.outcome = {Outcome::Kind::refused, code_, refusal()};
    sink.answer(answer);
    if (asked.scheme != nullptr && code_ < 400) show(sink, Kind::authenticated, asked.scheme->method);
    if (asked.scheme == nullptr && code_ < 300) show(sink, Kind::unauthenticated, "HTTP");
    if (asked.method->action == Action::session && code_ < 300) finish();  // a tunnel: no more HTTP
    return {};
  }
  std::string_view refusal() const {
    if (code_ == 401) return "unauthorized";
    if (code_ == 403) return "forbidden";
    if (code_ == 404) return "not found";
    return code_ < 500 ? "refused" : "server error";
  }

  Feed header(Direction direction, std::string_view line, Sink& sink) {
    Half& now = half(direction);
    if (++now.headers > kMostHeaders) return broken("more header lines than are read");
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view value = trim(line.substr(colon + 1));
    const std::string_view text = readable(as_bytes(value));
    if (starts_with(line, "content-length:")) {
      const auto length = parse_number(value);
      if (!length) return broken("length that is no number");
      now.length = *length;
      has_length_[static_cast<size_t>(direction)] = true;
    } else if (starts_with(line, "transfer-encoding:")) {
      now.chunked = starts_with(value, "chunked");
    } else if (starts_with(line, "upgrade:") && direction == Direction::to_client && code_ == 101) {
      finish();
    } else if (starts_with(line, "user-agent:") && direction == Direction::to_server) {
      tell(sink, Attribute::Kind::version, text);
    } else if (starts_with(line, "server:") && direction == Direction::to_client) {
      tell(sink, Attribute::Kind::version, text);
    } else if (starts_with(line, "authorization:") && direction == Direction::to_server) {
      authorization(value, sink);
    } else if (starts_with(line, "location:") && starts_with(value, "https:") && direction == Direction::to_client) {
      show(sink, Kind::unencrypted, "HTTP", "redirects to https");
    }
    return {};
  }
  void authorization(std::string_view value, Sink& sink) {
    for (const Scheme& scheme : kSchemes) {
      if (!starts_with(value, scheme.word)) continue;
      if (!scheme.plain.empty()) show(sink, Kind::plain_credentials, scheme.plain);
      if (!waiting_.empty()) waiting_.back().scheme = &scheme;
    }
  }
  Feed end_of_headers(Direction direction, Sink& sink) {
    Half& now = half(direction);
    bool& has_length = has_length_[static_cast<size_t>(direction)];
    if (direction == Direction::to_server && count_ == 1) show(sink, Kind::unencrypted, "HTTP");
    if (now.without_body) {
      now = {};
    } else if (now.chunked) {
      now.state = State::chunk_size;
    } else if (has_length || direction == Direction::to_server) {
      pass_over(direction, now.length);
      now = {};
    } else {
      now.state = State::body_until_close;
    }
    has_length = false;
    return {};
  }
  Feed chunk(Direction direction, std::string_view line) {
    if (line.empty()) return {};  // the end of the chunk before
    const std::string_view digits = trim(line.substr(0, line.find(';')));
    const auto size = digits.size() <= 12 ? parse_number("0x" + std::string(digits)) : std::nullopt;
    if (!size) return broken("chunk without its size");
    if (*size == 0) {
      half(direction).state = State::trailer;
    } else {
      pass_over(direction, *size);
    }
    return {};
  }

  struct Waiting {
    uint32_t number = 0;
    const Method* method = nullptr;
    const Scheme* scheme = nullptr;
  };
  Half halves_[2];
  bool has_length_[2]{};
  std::deque<Waiting> waiting_;
  uint32_t count_ = 0;
  uint32_t code_ = 0;
};

}  // namespace

Entry http() {
  Entry entry = name_entry();
  entry.name = "http";
  entry.title = "Hypertext Transfer Protocol, version 1";
  entry.specification = "RFC 9110, RFC 9112";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.any_port = true;
  entry.functions = kFunctions;
  entry.limits.message_octets = kMostLine;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<HttpDecoder>(self); };
  entry.status = "light: methods, paths, outcomes, programs, kinds of authentication; bodies are passed over";
  entry.posture = "no encryption; authentication only by what a request carries";
  entry.encrypts = Assurance::no;
  return entry;
}

}  // namespace rampart::protocols::light
