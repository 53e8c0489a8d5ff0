// One process at a time has a journal open: the file `lock` in its folder, held by flock as long as this lives.
#pragma once

#include "base/files.h"
#include "journal/layout.h"

namespace rampart::journal {

class FolderLock {
 public:
  /// Errors: throws Error, with the number of the process that holds it.
  explicit FolderLock(const Layout& layout);

 private:
  FileDescriptor file_;
};

}  // namespace rampart::journal
