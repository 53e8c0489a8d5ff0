// The segment that is being written. What the system refuses comes back as a value: the writer tries again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/files.h"
#include "journal/layout.h"
#include "journal/queue.h"

namespace rampart::journal {

struct WriteFailure {
  Reason reason{};
  std::string what;  // one sentence with file and system's words
};

class SegmentFile {
 public:
  /// Both must outlive it.
  SegmentFile(const Layout& layout, const Clock& clock) : layout_(layout), clock_(clock) {}

  /// resume goes on in the segment at `path`, which is right up to `length`. Errors: throws Error.
  void resume(const std::string& path, uint64_t length);
  /// write makes a group durable: in a new segment where it says so, where none is open, or where the last write
  /// failed; it says so then.
  std::optional<WriteFailure> write(Group& group);

 private:
  std::optional<WriteFailure> begin(uint64_t first);
  WriteFailure failed(Reason reason, int code);
  void leave();

  const Layout& layout_;
  const Clock& clock_;
  FileDescriptor file_;
  std::string path_;
  uint64_t length_ = 0;  // of what was acknowledged, with the header
};

}  // namespace rampart::journal
