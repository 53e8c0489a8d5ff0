#include "journal/lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace rampart::journal {

FolderLock::FolderLock(const Layout& layout) {
  file_.reset(::open(layout.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
  if (!file_) throw file_error("lock", layout.lock(), errno);
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) throw file_error("lock", layout.lock(), errno);
    std::array<char, 20> text{};
    const ssize_t count = ::pread(file_.get(), text.data(), text.size(), 0);
    const auto holder = parse_number(trim({text.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))}));
    throw InUse(fmt::format("{}: another process has this journal open{}", layout.folder,
                            holder ? fmt::format(", number {}", *holder) : ""),
                "one process writes; others can read meanwhile");
  }
  // The number is for people only; the lock itself is the kernel's.
  const std::string text = fmt::format("{}\n", ::getpid());
  if (::ftruncate(file_.get(), 0) != 0 || !write_all(file_.get(), as_bytes(text), 0)) {
    throw file_error("write", layout.lock(), errno);
  }
}

}  // namespace rampart::journal
