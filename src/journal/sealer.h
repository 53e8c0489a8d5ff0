// Turns durable records into hashes, tiles and signed checkpoints. One thread adds and seals; note(), cosign() and
// checkpoint_size() may be called by any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crypto/signature.h"
#include "journal/layout.h"
#include "journal/note.h"
#include "journal/queue.h"
#include "journal/tile_files.h"
#include "journal/tree.h"

namespace rampart::journal {

/// Keys are those of an open journal: the signer and all verifier keys, the signer's last.
struct Keys {
  std::unique_ptr<crypto::Signer> signer;
  std::vector<VerifierKey> verifiers;
};
/// adopt_next_key makes the key under keys/next.* the one under keys/journal.*, where there is one.
void adopt_next_key(const Layout& layout);
/// open_next_signer opens the key that waits under keys/next.*; null where there is none. Errors: throws Error.
std::unique_ptr<crypto::Signer> open_next_signer(const Layout& layout);
/// write_verifier_keys replaces keys/journal.vkeys.
void write_verifier_keys(const Layout& layout, const std::vector<VerifierKey>& keys);

class Sealer {
 public:
  /// `tree` holds all durable records; `note` is the newest checkpoint, of `checkpoint_size` records. `layout` must
  /// outlive it.
  Sealer(const Layout& layout, Keys keys, TreeBuilder tree, uint64_t checkpoint_size, std::string note);

  /// add hashes the records of a group; tiles that it fills wait for flush().
  void add(const Group& group);
  /// flush writes tiles, durable. Errors: throws Error; those that may not be on disk stay.
  void flush();
  /// many is true where it is time to flush() before the next seal(): tiles are written in bursts. full: so many wait
  /// that add() must not be called.
  bool many() const;
  bool full() const;
  uint64_t size() const { return tree_.size(); }

  /// seal makes everything added durable and signed. `keep`: also under checkpoints/. Errors: throws Error, the newest
  /// checkpoint is then the one before.
  void seal(bool keep);
  /// next_key signs, with the present key, the first checkpoint that covers record `number`, and alone from then on.
  /// forget_next_key takes it back where that has not happened.
  void next_key(std::unique_ptr<crypto::Signer> signer, uint64_t number);
  void forget_next_key();
  bool changes_key() const;
  /// verifier is the key in force, under which others know this journal.
  VerifierKey verifier() const;

  uint64_t checkpoint_size() const { return checkpoint_size_; }
  std::string note() const;
  /// cosign adds signatures by `witness` to the newest checkpoint. Errors: throws Error where it cannot be written.
  bool cosign(std::string_view lines, const VerifierKey& witness);

 private:
  struct FullTile {
    uint8_t level = 0;
    uint64_t index = 0;
    std::vector<uint8_t> hashes;
  };
  size_t waiting() const { return leaves_.size() / kTileOctets + full_.size(); }
  void write_partials();
  Note signed_note(const Checkpoint& checkpoint);
  void change_key();

  const Layout& layout_;
  TileFiles files_;
  TreeBuilder tree_;
  std::vector<uint8_t> leaves_;                        // full tiles of level 0 that are not yet written,
  uint64_t leaves_from_ = 0;                           // one after the other from this one on
  std::vector<FullTile> full_;                         // those of the levels above
  std::vector<std::pair<uint8_t, uint64_t>> partial_;  // tiles that have partial files
  mutable std::mutex mutex_;                           // of what follows
  Keys keys_;
  std::unique_ptr<crypto::Signer> next_signer_;
  uint64_t next_from_ = 0;
  bool next_sealed_ = false;  // a checkpoint by both keys is published: there is no way back
  std::string note_;
  std::atomic<uint64_t> checkpoint_size_;
};

}  // namespace rampart::journal
