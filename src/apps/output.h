// Text to a file or to standard output, buffered, with one clear error where it cannot be written.
#pragma once

#include <cstdio>
#include <string>

namespace rampart::apps {

class Output {
 public:
  /// Opens `file` ("-": standard output). Errors: throws Error where it cannot be opened.
  explicit Output(const std::string& file);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// text is the buffer to append to; spill() writes it out once it is large, flush() always. Once writing failed the
  /// rest is dropped: failed() tells at once, close() by an Error.
  std::string& text() { return buffer_; }
  void spill() {
    if (buffer_.size() >= kBuffer) flush();
  }
  void flush();
  bool failed() const { return reason_ != 0; }
  /// closed_by_reader: standard output is a pipe and its other end is gone, as in `| head`: no error, but an end.
  bool closed_by_reader() const;
  /// close writes what is left. Errors: throws Error; the destructor does not.
  void close();

 private:
  static constexpr size_t kBuffer = size_t{256} << 10;

  std::string name_;
  std::FILE* file_ = nullptr;
  std::string buffer_;
  int reason_ = 0;  // errno of the first failure
};

}  // namespace rampart::apps
