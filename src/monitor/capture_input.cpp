#include "monitor/capture_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace rampart::monitor {

namespace {
constexpr size_t kBufferOctets = 256 * 1024;
constexpr size_t kWindowOctets = 2 * CaptureInput::kLongestTake;
constexpr int kGzipOnly = 15 + 16;  // zlib: the largest window, and a gzip header

struct Packing {
  std::string_view magic;
  const char* name;
  const char* unpack;
};
constexpr Packing kUnsupported[] = {
    {std::string_view("\x28\xb5\x2f\xfd", 4), "Zstandard", "zstd -dc FILE | rampart watch ... --read -"},
    {std::string_view("\xfd\x37zX", 4), "xz", "xz -dc FILE | rampart watch ... --read -"},
    {std::string_view("BZh", 3), "bzip2", "bzip2 -dc FILE | rampart watch ... --read -"},
    {std::string_view("\x04\x22\x4d\x18", 4), "LZ4", "lz4 -dc FILE | rampart watch ... --read -"},
    {std::string_view("PK\x03\x04", 4), "ZIP", "unzip -p FILE | rampart watch ... --read -"},
};
}  // namespace

CaptureInput::CaptureInput(std::string path) : path_(std::move(path)) {
  descriptor_ = path_ == "-" ? STDIN_FILENO : open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor_ < 0) {
    const int reason = errno;
    throw Error(path_ + ": cannot be opened: " + std::strerror(reason),
                reason == ENOENT ? "check the name of the capture file" : "check the rights of the file");
  }
  struct stat about {};
  if (fstat(descriptor_, &about) == 0 && S_ISDIR(about.st_mode)) {
    if (descriptor_ != STDIN_FILENO) close(descriptor_);
    throw Error(path_ + ": is a folder", "name the capture files in it");
  }
  if (S_ISREG(about.st_mode)) stored_size_ = static_cast<uint64_t>(about.st_size);
  buffer_ = std::make_unique<uint8_t[]>(kBufferOctets);
  try {
    recognise();
  } catch (...) {
    if (descriptor_ != STDIN_FILENO) close(descriptor_);
    throw;
  }
}

CaptureInput::~CaptureInput() {
  if (packed_) inflateEnd(&unpacker_);
  if (descriptor_ != STDIN_FILENO) close(descriptor_);
}

void CaptureInput::recognise() {
  while (filled_ < sizeof head_ && fill()) {
  }
  const std::string_view stored = as_text(Bytes(buffer_.get(), std::min(filled_, size_t{4})));
  for (const Packing& packing : kUnsupported) {
    if (stored.starts_with(packing.magic)) {
      throw Error(path_ + ": is packed with " + packing.name + ", which is not read here",
                  std::string("unpack it on the way: ") + packing.unpack);
    }
  }
  if (stored.starts_with(std::string_view("\x1f\x8b", 2))) {
    if (inflateInit2(&unpacker_, kGzipOnly) != Z_OK)
      throw Error(path_ + ": no memory to unpack it", "free some memory");
    packed_ = true;
  }
  while (head_size_ < sizeof head_) {
    const size_t got = packed_ ? read_packed(head_ + head_size_, sizeof head_ - head_size_)
                               : read(head_ + head_size_, sizeof head_ - head_size_);
    if (got == 0) break;
    head_size_ += got;
  }
  unpacked_read_ = 0;
  head_given_ = 0;
}

/// read_stored reads from the file itself; 0 at its end.
size_t CaptureInput::read_stored(uint8_t* out, size_t size) {
  if (end_) return 0;
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, out, size);
  } while (got < 0 && errno == EINTR);
  if (got < 0) damage_ = "the file could not be read further";
  if (got <= 0) {
    end_ = true;
    return 0;
  }
  stored_read_ += static_cast<uint64_t>(got);
  return static_cast<size_t>(got);
}

bool CaptureInput::fill() {
  if (begin_ == filled_) begin_ = filled_ = 0;
  const size_t got = read_stored(buffer_.get() + filled_, kBufferOctets - filled_);
  filled_ += got;
  return got != 0;
}

size_t CaptureInput::read(uint8_t* out, size_t size) {
  if (begin_ == filled_ && size >= kBufferOctets) return read_stored(out, size);
  if (begin_ == filled_ && !fill()) return 0;
  const size_t count = std::min(size, filled_ - begin_);
  std::memcpy(out, buffer_.get() + begin_, count);
  begin_ += count;
  return count;
}

bool CaptureInput::refill(size_t count) {
  if (!window_) window_ = std::make_unique<uint8_t[]>(kWindowOctets);
  std::memmove(window_.get(), window_.get() + window_begin_, window_end_ - window_begin_);
  window_end_ -= window_begin_;
  window_begin_ = 0;
  while (window_end_ < count) {
    const ssize_t got =
        read_cookie(this, reinterpret_cast<char*>(window_.get()) + window_end_, kWindowOctets - window_end_);
    if (got <= 0) return false;
    window_end_ += static_cast<size_t>(got);
  }
  return true;
}

size_t CaptureInput::read_packed(uint8_t* out, size_t size) {
  if (damage_ != nullptr) return 0;
  unpacker_.next_out = out;
  unpacker_.avail_out = static_cast<uInt>(size);
  while (unpacker_.avail_out == size) {
    if (begin_ == filled_ && !fill()) {
      // Between two members the end is an end; inside of one it is a cut file.
      if (unpacker_.total_in != 0 && damage_ == nullptr) damage_ = "the gzip'd file is cut off";
      return 0;
    }
    unpacker_.next_in = buffer_.get() + begin_;
    unpacker_.avail_in = static_cast<uInt>(filled_ - begin_);
    const int result = inflate(&unpacker_, Z_NO_FLUSH);
    begin_ = filled_ - unpacker_.avail_in;
    if (result == Z_STREAM_END) {
      inflateReset(&unpacker_);  // files made by appending have several members
      continue;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
      damage_ = "the gzip'd file is damaged";
      return size - unpacker_.avail_out;
    }
  }
  return size - unpacker_.avail_out;
}

ssize_t CaptureInput::read_cookie(void* self, char* out, size_t size) {
  CaptureInput& input = *static_cast<CaptureInput*>(self);
  auto* target = reinterpret_cast<uint8_t*>(out);
  size_t count = 0;
  if (input.head_given_ < input.head_size_) {
    count = std::min(size, input.head_size_ - input.head_given_);
    std::memcpy(target, input.head_ + input.head_given_, count);
    input.head_given_ += count;
  } else {
    count = input.packed_ ? input.read_packed(target, size) : input.read(target, size);
  }
  input.unpacked_read_ += count;
  return static_cast<ssize_t>(count);
}

FILE* CaptureInput::stream() {
  cookie_io_functions_t functions{};
  functions.read = &CaptureInput::read_cookie;
  FILE* file = fopencookie(this, "rb", functions);
  if (file == nullptr) throw Error(path_ + ": no memory to read it", "free some memory");
  return file;
}

}  // namespace rampart::monitor
