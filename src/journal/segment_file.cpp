#include "journal/segment_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/error.h"
#include "journal/segment.h"

namespace rampart::journal {

void SegmentFile::resume(const std::string& path, uint64_t length) {
  file_.reset(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  // What a killed process wrote may lie in memory only, and is about to be signed.
  if (!file_ || ::fdatasync(file_.get()) != 0 || ::lseek(file_.get(), static_cast<off_t>(length), SEEK_SET) < 0) {
    throw file_error("go on in", path, errno);
  }
  path_ = path;
  length_ = length;
}

std::optional<WriteFailure> SegmentFile::write(Group& group) {
  if (!file_ || group.new_segment) {
    group.new_segment = true;
    if (auto failure = begin(group.first)) return failure;
  }
  if (!write_all(file_.get(), group.frames)) return failed(Reason::write_failed, errno);
  if (::fdatasync(file_.get()) != 0) return failed(Reason::sync_failed, errno);
  if (group.new_segment) {
    try {
      sync_folder(layout_.segments());
    } catch (const Error& error) {
      leave();
      return WriteFailure{Reason::sync_failed, error.what()};
    }
    length_ = kSegmentHeader;
  }
  length_ += group.frames.size();
  return std::nullopt;
}

/// begin makes the file of a segment; it is durable once its first group is.
std::optional<WriteFailure> SegmentFile::begin(uint64_t first) {
  path_ = layout_.segment(first);
  length_ = 0;
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  file_.reset(::open(path_.c_str(), flags, 0640));
  if (!file_ && errno == EEXIST && ::unlink(path_.c_str()) == 0) {
    // Left by an attempt that failed: nothing from `first` on was ever acknowledged.
    file_.reset(::open(path_.c_str(), flags, 0640));
  }
  if (!file_) return failed(Reason::write_failed, errno);
  std::vector<uint8_t> header;
  append(header, SegmentHeader{.first = first, .made = clock_.now()});
  if (!write_all(file_.get(), header)) return failed(Reason::write_failed, errno);
  return std::nullopt;
}

WriteFailure SegmentFile::failed(Reason reason, int code) {
  const bool full = code == ENOSPC || code == EDQUOT;
  WriteFailure failure{full ? Reason::disk_full : reason,
                       file_error(reason == Reason::sync_failed ? "make durable" : "write", path_, code).what()};
  leave();
  return failure;
}

/// leave gives the file up. After a failed sync nobody knows which of its pages are on disk, so the tail is cut where
/// that works, and never written again; where it does not, the next segment's number outranks it.
void SegmentFile::leave() {
  if (!file_) return;
  if (length_ == 0) {
    ::unlink(path_.c_str());
  } else if (::ftruncate(file_.get(), static_cast<off_t>(length_)) == 0) {
    ::fdatasync(file_.get());
  }
  file_.reset();
}

}  // namespace rampart::journal
