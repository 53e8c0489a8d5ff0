// The octets of one capture file, unpacked where they are gzip'd, as the FILE that libpcap wants. One thread.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace rampart::monitor {

/// CaptureInput owns a file descriptor (not standard input's) and unpacks as it reads.
/// Errors: the constructor throws rampart::Error where the file cannot be opened or is packed in a way we do not know.
class CaptureInput {
 public:
  explicit CaptureInput(std::string path);
  ~CaptureInput();
  CaptureInput(const CaptureInput&) = delete;
  CaptureInput& operator=(const CaptureInput&) = delete;

  /// stream makes the FILE that reads through this object; who closes it must do so before this object ends.
  FILE* stream();
  /// take gives the next `count` unpacked octets in one piece, valid until the next call; null where they are not
  /// there. An alternative to stream(): a file is read by one of them. `count` is at most kLongestTake.
  const uint8_t* take(size_t count) {
    if (window_end_ - window_begin_ < count && !refill(count)) return nullptr;
    window_begin_ += count;
    return window_.get() + window_begin_ - count;
  }
  /// left_over: octets that are there after take() found too few.
  size_t left_over() const { return window_end_ - window_begin_; }
  static constexpr size_t kLongestTake = 512 * 1024;

  /// head: the first octets of the unpacked content, at most 24, for telling what the file is.
  Bytes head() const { return {head_, head_size_}; }

  uint64_t stored_octets_read() const { return stored_read_; }
  uint64_t stored_size() const { return stored_size_; }
  uint64_t octets_read() const { return unpacked_read_; }
  /// damage: why reading ended early, as a literal; null where it did not.
  const char* damage() const { return damage_; }

 private:
  static ssize_t read_cookie(void* self, char* out, size_t size);
  size_t read(uint8_t* out, size_t size);
  size_t read_packed(uint8_t* out, size_t size);
  bool fill();
  size_t read_stored(uint8_t* out, size_t size);
  bool refill(size_t count);
  void recognise();

  std::string path_;
  int descriptor_ = -1;
  bool packed_ = false;
  bool end_ = false;
  const char* damage_ = nullptr;
  uint64_t stored_read_ = 0;
  uint64_t stored_size_ = 0;
  uint64_t unpacked_read_ = 0;
  uint8_t head_[24] = {};
  size_t head_size_ = 0;
  size_t head_given_ = 0;
  std::unique_ptr<uint8_t[]> buffer_;
  size_t begin_ = 0;
  size_t filled_ = 0;
  z_stream unpacker_{};
  std::unique_ptr<uint8_t[]> window_;  // what take() gives out of
  size_t window_begin_ = 0;
  size_t window_end_ = 0;
};

}  // namespace rampart::monitor
