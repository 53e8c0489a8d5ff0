// One process at a time has a journal open: the file `lock` in its folder, held by flock as long as this lives.
#pragma once

#include "base/error.h"
#include "base/files.h"
#include "journal/layout.h"

namespace rampart::journal {

/// InUse: another process has the journal open; waiting may help.
class InUse : public Error {
 public:
  using Error::Error;
};

class FolderLock {
 public:
  /// Errors: throws InUse, with the number of the process that holds it; any other Error where it cannot be locked.
  explicit FolderLock(const Layout& layout);

 private:
  FileDescriptor file_;
};

}  // namespace rampart::journal
