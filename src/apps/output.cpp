#include "apps/output.h"

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace rampart::apps {

Output::Output(const std::string& file) : name_(file), file_(file == "-" ? stdout : std::fopen(file.c_str(), "wb")) {
  if (file_ == nullptr) {
    throw Error("cannot write " + file + ": " + std::strerror(errno),
                "choose a file in a folder that you may write to");
  }
  buffer_.reserve(kBuffer + 65'536);
}

Output::~Output() {
  flush();
  if (file_ == stdout) {
    std::fflush(stdout);
  } else if (file_ != nullptr) {
    std::fclose(file_);
  }
}

void Output::flush() {
  if (!failed() && file_ != nullptr) {
    const bool written =
        std::fwrite(buffer_.data(), 1, buffer_.size(), file_) == buffer_.size() && std::fflush(file_) == 0;
    if (!written) reason_ = errno != 0 ? errno : EIO;
  }
  buffer_.clear();
}

bool Output::closed_by_reader() const { return file_ == stdout && reason_ == EPIPE; }

void Output::close() {
  flush();
  if (file_ != stdout && file_ != nullptr) {
    if (std::fclose(file_) != 0 && !failed()) reason_ = errno;
    file_ = nullptr;
  }
  if (failed()) {
    throw Error("not everything could be written to " + (name_ == "-" ? "standard output" : name_) + ": " +
                    std::strerror(reason_),
                "make room on the disk, or choose another place");
  }
}

}  // namespace rampart::apps
