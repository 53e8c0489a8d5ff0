#include "crypto/secret_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <optional>

#include "base/error.h"
#include "base/files.h"

namespace rampart::crypto {

std::vector<uint8_t> read_secret(const std::string& path, unsigned forbidden) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) throw file_error("open the secret file", path, errno);
  if ((facts.st_mode & forbidden) != 0) {
    throw Error("the secret file " + path + " is open to others than its owner", "chmod 600 " + path);
  }
  std::optional<std::vector<uint8_t>> bytes = read_file(path, 16'384);
  if (!bytes) throw file_error("open the secret file", path, ENOENT);
  return std::move(*bytes);
}

}  // namespace rampart::crypto
