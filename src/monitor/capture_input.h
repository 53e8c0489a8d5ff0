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
  /// head: the first octets of the unpacked content, at most four, for telling what the file is.
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
  void recognise();

  std::string path_;
  int descriptor_ = -1;
  bool packed_ = false;
  bool end_ = false;
  const char* damage_ = nullptr;
  uint64_t stored_read_ = 0;
  uint64_t stored_size_ = 0;
  uint64_t unpacked_read_ = 0;
  uint8_t head_[4] = {};
  size_t head_size_ = 0;
  size_t head_given_ = 0;
  std::unique_ptr<uint8_t[]> buffer_;
  size_t begin_ = 0;
  size_t filled_ = 0;
  z_stream unpacker_{};
};

}  // namespace rampart::monitor
