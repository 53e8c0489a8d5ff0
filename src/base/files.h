// Files that must survive a crash: written whole under another name, synced, renamed. All functions throw Error with
// the file's name, what the system says and what would mend it; FileDescriptor belongs to one owner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace rampart {

/// FileDescriptor closes what it owns. Movable.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(std::exchange(other.number_, -1));
    return *this;
  }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void reset(int number = -1);

 private:
  int number_ = -1;
};

/// file_error is the Error to throw where a system call failed with `code` (errno): "cannot `doing` `path`: ...", and
/// what would mend it.
Error file_error(std::string_view doing, const std::string& path, int code);

/// read_file reads at most `most` octets; nothing where the file does not exist. Errors: throws Error where it cannot
/// be read, is larger or is no regular file.
std::optional<std::vector<uint8_t>> read_file(const std::string& path, uint64_t most);

/// kUnfinished begins the names of files that a crash left half written; whoever owns the folder may remove them.
inline constexpr std::string_view kUnfinished = ".new-";

/// NewFile is written piece by piece beside `path`, and is gone again unless replace() or create() gave it that name:
/// fdatasync, rename, fsync of the folder. `mode` as in chmod. Errors: all throw Error.
class NewFile {
 public:
  NewFile(std::string path, unsigned mode);
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(Bytes bytes);
  void replace();
  /// create refuses where `path` exists.
  void create();

 private:
  void sync();
  std::string path_, unfinished_;
  FileDescriptor descriptor_;
};

/// replace_file puts `bytes` under `path` so that after a crash either the old or the new is there, whole. Errors:
/// throws Error, the old file untouched.
void replace_file(const std::string& path, Bytes bytes, unsigned mode = 0640);

/// create_file is replace_file that refuses, by Error, where `path` exists already.
void create_file(const std::string& path, Bytes bytes, unsigned mode);

/// make_folders makes `path` and what is missing above it (mode 0750). sync_folder makes names in it durable.
void make_folders(const std::string& path);
void sync_folder(const std::string& path);

/// write_all writes everything at `offset` or at the end (offset < 0); false with errno set where it cannot.
bool write_all(int descriptor, Bytes bytes, int64_t offset = -1);

/// names_in lists the names in a folder, sorted, without . and ..; empty where it does not exist.
std::vector<std::string> names_in(const std::string& folder);

}  // namespace rampart
