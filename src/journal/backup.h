// One signed file with all that a node needs to begin again on an empty machine: keys (sealed by a passphrase), plant,
// settings, names, records, tiles, checkpoints. SR 7.3, SR 7.4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/seal.h"
#include "journal/note.h"

namespace rampart::journal {

struct BackupOptions {
  std::vector<std::string> extra;  // further files, as the plant; kept by their base name
  std::string passphrase;          // seals keys and names; empty: they are left out
  uint8_t seal_cost = crypto::kSealCost;
};
struct BackupReport {
  uint64_t files = 0, octets = 0, records = 0;
  std::string checkpoint;
  bool keys = false;
};
/// backup writes `file` (0600), which must not exist. The journal must not be open for writing, or the caller holds it.
/// A key in a token cannot be taken along: only its URI is, and `keys` stays false. Errors: throws Error; no half file
/// stays.
BackupReport backup(const std::string& folder, const std::string& file, const BackupOptions& options);
/// restore verifies signature and every hash before it writes anything, then fills `folder`, which must be empty or
/// missing. `trusted` empty: the backup's own key, which proves integrity but not origin. Passphrase empty: keys and
/// names stay behind. Errors: throws Error, nothing written.
BackupReport restore(const std::string& file, const std::string& folder, const std::string& passphrase,
                     const std::vector<VerifierKey>& trusted);

}  // namespace rampart::journal
