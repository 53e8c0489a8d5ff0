// For tests of all rooms: a folder that is there during the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace rampart {

/// TemporaryFolder is empty when made and gone, with all that is in it, when destroyed.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "rampart-test-XXXXXX";
    path_ = mkdtemp(name.data());  // a null pointer throws
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace rampart
