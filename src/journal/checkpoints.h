// The checkpoints of a journal and the keys that they are signed by, for verify. Texts are hostile.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "journal/differences.h"

namespace rampart::journal {

/// KnownCheckpoint is one that could be read.
struct KnownCheckpoint {
  std::string where;  // file under the journal's folder; "older checkpoint" for the one kept elsewhere
  Note note;
  Checkpoint said;
  bool kept_elsewhere = false;
  bool signed_by_trusted = false;
  bool fits = false;  // its root is the tree's
};

/// read_checkpoints reads all of them, in order of size; the newest file first where sizes are equal. What cannot be
/// read is a fault. Errors: throws Error where `older` is no checkpoint.
std::vector<KnownCheckpoint> read_checkpoints(const Layout& layout, const std::string& older, Faults& faults);

/// KeyChain follows the keys of a journal: what a trusted key signed may name its successor.
class KeyChain {
 public:
  KeyChain(std::vector<VerifierKey> trusted, const Layout& layout, const Scan& scan);
  /// judge marks those signed by the key that is in force at their size, and adds a fault for the others.
  void judge(std::vector<KnownCheckpoint>& checkpoints, Faults& faults);
  const std::vector<VerifierKey>& seen() const { return seen_; }

 private:
  bool signed_by_any(const KnownCheckpoint& checkpoint, const std::vector<VerifierKey>& keys) const;
  bool covers(const KnownCheckpoint& checkpoint, const Noted& change);
  void follow(const KnownCheckpoint& checkpoint);

  const Scan& scan_;
  DirectoryTiles tiles_;
  std::vector<VerifierKey> current_, former_, seen_;
  uint64_t changed_at_ = 0;
  std::set<uint64_t> followed_;  // numbers of changes
};

}  // namespace rampart::journal
