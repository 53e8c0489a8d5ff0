#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace rampart {
namespace {

std::string_view hint_for(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "Make room on that file system, or raise the quota, then try again.";
    case EACCES:
    case EPERM:
      return "The user that runs this needs permission for the file and for all folders above it.";
    case EROFS:
      return "The file system is mounted read-only.";
    case ENOENT:
      return "Check the path; the folder must exist.";
    case ENOTDIR:
      return "A part of the path is a file where a folder is needed.";
    case EISDIR:
      return "There is a folder where a file is needed.";
    case EEXIST:
      return "Remove or rename what is there, or choose another name.";
    case EMFILE:
    case ENFILE:
      return "Too many files are open: raise the limit (ulimit -n).";
    case EIO:
      return "The disk or its connection fails: see the kernel's log.";
    default:
      return "";
  }
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_folder(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

/// read_to_end appends what is left of the file to `out`, which never grows beyond `most` + 1.
void read_to_end(int descriptor, const std::string& path, uint64_t most, std::vector<uint8_t>& out) {
  constexpr uint64_t kPiece = 65'536;
  size_t filled = 0;
  while (filled <= most) {
    if (filled == out.size()) out.resize(filled + std::min(std::max<uint64_t>(kPiece, filled), most + 1 - filled));
    const ssize_t count = read(descriptor, out.data() + filled, out.size() - filled);
    if (count < 0 && errno != EINTR) throw file_error("read", path, errno);
    if (count == 0) break;
    if (count > 0) filled += static_cast<size_t>(count);
  }
  out.resize(filled);
}

}  // namespace

void FileDescriptor::reset(int number) {
  if (number_ >= 0) close(number_);
  number_ = number;
}

Error file_error(std::string_view doing, const std::string& path, int code) {
  return Error(fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(code)),
               std::string(hint_for(code)));
}

std::optional<std::vector<uint8_t>> read_file(const std::string& path, uint64_t most) {
  // O_NONBLOCK: a pipe put where a file belongs must not hold up whoever opens it.
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return std::nullopt;
  struct stat facts {};
  if (!file || fstat(file.get(), &facts) != 0) throw file_error("read", path, errno);
  if (S_ISDIR(facts.st_mode)) throw file_error("read", path, EISDIR);
  if (!S_ISREG(facts.st_mode)) throw Error(fmt::format("cannot read {}: it is not a regular file", path));
  const uint64_t size = static_cast<uint64_t>(facts.st_size);
  std::vector<uint8_t> bytes;
  if (size <= most) {
    bytes.resize(size + 1);  // one more, so that the end is met without growing
    read_to_end(file.get(), path, most, bytes);
  }
  if (size > most || bytes.size() > most) {
    throw Error(fmt::format("cannot read {}: it is larger than {} octets", path, most));
  }
  return bytes;
}

// A crash may have left the same name under the same process number, so a few more are tried.
NewFile::NewFile(std::string path, unsigned mode) : path_(std::move(path)) {
  static std::atomic<uint64_t> counter{0};
  const std::string folder = folder_of(path_);
  for (int attempt = 0; attempt < 100 && !descriptor_; ++attempt) {
    unfinished_ = fmt::format("{}/{}{}-{}", folder, kUnfinished, getpid(), ++counter);
    descriptor_.reset(open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!descriptor_ && errno != EEXIST && errno != EINTR) break;
  }
  if (!descriptor_) throw file_error("write", path_, errno);
  // fchmod, since the mode given to open() is cut by the umask.
  if (fchmod(descriptor_.get(), mode) != 0) {
    const int code = errno;
    unlink(unfinished_.c_str());
    throw file_error("write", path_, code);
  }
}

NewFile::~NewFile() {
  if (!unfinished_.empty()) unlink(unfinished_.c_str());
}

void NewFile::write(Bytes bytes) {
  if (!write_all(descriptor_.get(), bytes)) throw file_error("write", path_, errno);
}

void NewFile::sync() {
  if (fdatasync(descriptor_.get()) != 0) throw file_error("write", path_, errno);
}

void NewFile::replace() {
  sync();
  if (rename(unfinished_.c_str(), path_.c_str()) != 0) throw file_error("write", path_, errno);
  unfinished_.clear();
  sync_folder(folder_of(path_));
}

void NewFile::create() {
  sync();
  if (renameat2(AT_FDCWD, unfinished_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) != 0) {
    throw file_error("create", path_, errno);
  }
  unfinished_.clear();
  sync_folder(folder_of(path_));
}

void replace_file(const std::string& path, Bytes bytes, unsigned mode) {
  NewFile file(path, mode);
  file.write(bytes);
  file.replace();
}

void create_file(const std::string& path, Bytes bytes, unsigned mode) {
  NewFile file(path, mode);
  file.write(bytes);
  file.create();
}

void make_folders(const std::string& path) {
  if (path.empty() || is_folder(path)) return;
  const std::string above = folder_of(path);
  if (above != path) make_folders(above);
  // Another process may make it meanwhile.
  if (mkdir(path.c_str(), 0750) == 0) {
    sync_folder(above);
  } else if (const int code = errno; code != EEXIST || !is_folder(path)) {
    throw file_error("make the folder", path, code);
  }
}

void sync_folder(const std::string& path) {
  const FileDescriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || fsync(folder.get()) != 0) throw file_error("make durable what is in", path, errno);
}

bool write_all(int descriptor, Bytes bytes, int64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = offset < 0 ? write(descriptor, bytes.data(), bytes.size())
                                     : pwrite(descriptor, bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) errno = EIO;  // cannot be for a file; would be endless
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
    if (offset >= 0) offset += count;
  }
  return true;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error && error.value() != ENOENT) throw file_error("list", folder, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace rampart
