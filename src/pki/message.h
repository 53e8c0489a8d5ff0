// What goes over TLS between an authority and who asks it: a small part of HTTP/1.1, so that curl can ask too. One
// question a connection. Pure functions over bytes; what peers send is judged by values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rampart::pki {

inline constexpr size_t kMostHead = 4096;        // first line and headers
inline constexpr size_t kMostQuestion = 24'576;  // body of a question: a request in PEM
inline constexpr size_t kMostAnswer = size_t{8} << 20;

/// Question borrows from the text it was read from.
struct Question {
  std::string_view method, path;
  std::string_view token;  // of `Authorization: Bearer`; empty: none
  std::string_view body;
};
/// Reading: a question, or not whole yet (neither), or malformed.
struct Reading {
  std::optional<Question> question{};
  bool malformed = false;
};
Reading read_question(std::string_view text);
std::string question_text(std::string_view method, std::string_view path, std::string_view token,
                          std::string_view body);

struct AnswerText {
  int status = 0;
  std::string_view body;
};
/// read_answer reads a whole answer; nothing where it is malformed or cut.
std::optional<AnswerText> read_answer(std::string_view text);
std::string answer_text(int status, std::string_view body);

}  // namespace rampart::pki
