#include "pki/message.h"

#include <algorithm>

#include "base/text.h"

namespace rampart::pki {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::string_view kLine = "\r\n";

/// Head is the first line and what the headers say that matters here; the others are passed over.
struct Head {
  std::string_view line, token;
  std::optional<size_t> length;
  bool malformed = false;
};

bool printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
}

void take_header(Head& head, std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || !printable(line)) {
    head.malformed = true;
    return;
  }
  const std::string name = lower(line.substr(0, colon));
  const std::string_view value = trim(line.substr(colon + 1));
  constexpr std::string_view kBearer = "bearer ";
  if (name == "content-length") {
    // Two lengths, or one of another form, would have two readers see two questions.
    const bool digits =
        !value.empty() && value.size() <= 8 && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits || head.length) head.malformed = true;
    if (digits) head.length = parse_number(value);
  } else if (name == "transfer-encoding") {
    head.malformed = true;
  } else if (name == "authorization" && lower(value.substr(0, kBearer.size())) == kBearer) {
    head.token = trim(value.substr(kBearer.size()));
  }
}

Head read_head(std::string_view text) {
  Head head;
  head.line = text.substr(0, text.find(kLine));
  head.malformed = !printable(head.line);
  for (size_t at = head.line.size() + kLine.size(); at < text.size();) {
    const size_t end = std::min(text.find(kLine, at), text.size());
    take_header(head, text.substr(at, end - at));
    at = end + kLine.size();
  }
  return head;
}

std::string_view words_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

}  // namespace

Reading read_question(std::string_view text) {
  const size_t end = text.substr(0, kMostHead).find(kEnd);
  if (end == std::string_view::npos) return {{}, text.size() >= kMostHead};
  const Head head = read_head(text.substr(0, end));
  const size_t first = head.line.find(' ');
  const size_t last = head.line.rfind(' ');
  const size_t length = head.length.value_or(0);
  if (head.malformed || first == std::string_view::npos || first == 0 || last <= first + 1 || length > kMostQuestion ||
      !head.line.substr(last + 1).starts_with("HTTP/1.")) {
    return {{}, true};
  }
  const std::string_view body = text.substr(end + kEnd.size());
  if (body.size() < length) return {};
  if (body.size() > length) return {{}, true};
  return {Question{head.line.substr(0, first), head.line.substr(first + 1, last - first - 1), head.token, body}, false};
}

std::string question_text(std::string_view method, std::string_view path, std::string_view token,
                          std::string_view body) {
  std::string out(method);
  out.append(" ").append(path).append(" HTTP/1.1\r\nHost: rampart-authority\r\n");
  if (!token.empty()) out.append("Authorization: Bearer ").append(token).append("\r\n");
  out += "Content-Length: ";
  append_number(out, body.size());
  return out.append("\r\nConnection: close\r\n\r\n").append(body);
}

std::optional<AnswerText> read_answer(std::string_view text) {
  const size_t end = text.substr(0, kMostHead).find(kEnd);
  if (end == std::string_view::npos) return std::nullopt;
  const Head head = read_head(text.substr(0, end));
  const std::string_view body = text.substr(end + kEnd.size());
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const auto status =
      head.line.starts_with(kVersion) ? parse_number(head.line.substr(kVersion.size(), 3)) : std::nullopt;
  if (head.malformed || !status || *status < 100 || *status > 599 || head.length != body.size()) return std::nullopt;
  return AnswerText{static_cast<int>(*status), body};
}

std::string answer_text(int status, std::string_view body) {
  std::string out = "HTTP/1.1 ";
  append_number(out, status);
  out.append(" ").append(words_of(status)).append("\r\nContent-Type: ");
  out += status == 200 ? "application/x-pem-file" : "text/plain; charset=utf-8";
  out += "\r\nContent-Length: ";
  append_number(out, body.size());
  if (status == 401) out += "\r\nWWW-Authenticate: Bearer";
  return out.append("\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n").append(body);
}

}  // namespace rampart::pki
