// Problems collects what is wrong with one file while it is read, and turns byte offsets of its text into lines and
// columns. It borrows the text, which must outlive it. Belongs to one call of load().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace rampart::plant {

/// Limits of a plant file. What lies beyond them is one problem, and reading ends there.
struct Limits {
  size_t bytes = size_t{16} << 20;
  size_t depth = 16;
  size_t nodes = 1'000'000;
  size_t problems = 100;         // shown
  size_t kept_problems = 1'000;  // kept before they are put in order
};

/// Span is a run of bytes of the file.
struct Span {
  size_t offset = 0;
  size_t length = 0;
};

/// Lines finds the place of a byte offset: lines end with LF, CR or CRLF; columns count characters, not bytes.
class Lines {
 public:
  explicit Lines(std::string_view text);
  Mark mark(size_t offset) const;
  /// offset is the byte at `mark`, or the end of the text.
  size_t offset(Mark mark) const;
  /// line is line `number`, counted from 1, without its end.
  std::string_view line(uint32_t number) const;

 private:
  size_t characters_before(size_t offset) const;

  std::string_view text_;
  std::vector<uint32_t> starts_;
  std::vector<uint32_t> counted_;  // characters before every 256th byte: a long line must not cost its square
};

/// excerpt is `line` as it can be shown: no control characters, and not longer than a screen can hold.
std::string excerpt(std::string_view line, uint32_t column);

class Problems {
 public:
  Problems(std::string_view text, std::string file, const Limits& limits)
      : text_(text), file_(std::move(file)), limits_(limits), lines_(text) {}

  void error(Span at, std::string what, std::string hint = {});
  void warning(Span at, std::string what, std::string hint = {});
  /// full: no more problems are kept, only counted.
  bool full() const { return found_.size() >= limits_.kept_problems; }
  /// wants_hints: searching for what may have been meant costs time that a file full of errors must not take.
  bool wants_hints() const { return found_.size() < limits_.problems; }
  bool any_error() const { return errors_ > 0; }
  const Lines& lines() const { return lines_; }
  std::string_view text() const { return text_; }
  const Limits& limits() const { return limits_; }

  /// take gives all in the order of the file, at most Limits::problems; one more says how many are not shown.
  std::vector<Problem> take();

 private:
  struct Found {
    Span at;
    std::string what;
    std::string hint;
    bool warning = false;
  };
  void add(Found found);

  std::string_view text_;
  std::string file_;
  Limits limits_;
  Lines lines_;
  std::vector<Found> found_;
  size_t errors_ = 0, warnings_ = 0;
};

}  // namespace rampart::plant
