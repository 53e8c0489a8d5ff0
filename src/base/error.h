// Errors that end a command: bad files, bad arguments. What peers send is never one of these; it is judged by values.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace rampart {

/// Mark is a place in a file: line and column count from 1; 0 where there is none.
struct Mark {
  uint32_t line = 0;
  uint32_t column = 0;
  auto operator<=>(const Mark&) const = default;
};

/// Problem is one thing that is wrong with a file: where, what, and what would mend it.
struct Problem {
  std::string file{};
  Mark mark{};
  std::string what{};
  std::string hint{};
  std::string excerpt{};  // the line itself, without its end
  uint32_t width = 1;     // columns under the caret
  bool warning = false;
};

/// render writes a problem as people read it: `file:line:column: error: what`, the excerpt with a caret, the hint.
std::string render(const Problem& problem);

/// Error ends a command. what() is whole sentences for people; main() prints it and exits with 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  Error(const std::string& what, const std::string& hint)
      : std::runtime_error(hint.empty() ? what : what + "\n  " + hint) {}
};

/// FileError carries all problems found in one file.
class FileError : public Error {
 public:
  explicit FileError(std::vector<Problem> problems);
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::vector<Problem> problems_;
};

}  // namespace rampart
