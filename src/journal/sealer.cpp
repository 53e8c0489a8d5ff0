#include "journal/sealer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/files.h"
#include "journal/segment.h"
#include "journal/witness.h"

namespace rampart::journal {

namespace {

constexpr size_t kManyFull = 512;
constexpr size_t kMostFull = 4096;  // tiles of 8 KiB that wait while the disk refuses them

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

}  // namespace

void adopt_next_key(const Layout& layout) {
  const bool file = exists(layout.next_key_file());
  if (!file && !exists(layout.next_key_token())) return;
  const std::string from = file ? layout.next_key_file() : layout.next_key_token();
  const std::string to = file ? layout.key_file() : layout.key_token();
  const std::string other = file ? layout.key_token() : layout.key_file();
  if (::rename(from.c_str(), to.c_str()) != 0) throw file_error("rename", from, errno);
  // The new one is in its place first: with both there, open_signer() takes the one that is in journal.vkeys.
  if (::unlink(other.c_str()) != 0 && errno != ENOENT) throw file_error("remove", other, errno);
  sync_folder(layout.folder + "/keys");
}

void write_verifier_keys(const Layout& layout, const std::vector<VerifierKey>& keys) {
  std::string text;
  for (const VerifierKey& key : keys) (text += key.text()) += '\n';
  replace_file(layout.verifier_keys(), as_bytes(text), 0644);
}

Sealer::Sealer(const Layout& layout, Keys keys, TreeBuilder tree, uint64_t checkpoint_size, std::string note)
    : layout_(layout),
      files_(layout.folder),
      tree_(std::move(tree)),
      keys_(std::move(keys)),
      note_(std::move(note)),
      checkpoint_size_(checkpoint_size) {
  uint64_t hashes = checkpoint_size;
  for (uint8_t level = 0; hashes > 0; ++level, hashes /= kBundle) {
    if (hashes % kBundle != 0) partial_.emplace_back(level, hashes / kBundle);
  }
}

void Sealer::add(const Group& group) {
  FrameReader reader(group.frames, group.first);
  FrameReader::Frame frame;
  const TreeBuilder::FullTile full = [this](uint8_t level, uint64_t index, Bytes hashes) {
    if (level > 0) {
      full_.push_back({.level = level, .index = index, .hashes = {hashes.begin(), hashes.end()}});
      return;
    }
    if (leaves_.empty()) leaves_from_ = index;
    leaves_.insert(leaves_.end(), hashes.begin(), hashes.end());
  };
  while (reader.next(frame) == FrameReader::State::frame) tree_.append(leaf_hash(frame.record), full);
}

void Sealer::flush() {
  if (!leaves_.empty()) {
    files_.put_leaves(leaves_from_, leaves_);
    files_.sync();
    leaves_.clear();
  }
  size_t written = 0;
  try {
    for (const FullTile& tile : full_) {
      files_.put(tile.level, tile.index, kBundle, tile.hashes);
      ++written;
    }
  } catch (const Error&) {
    full_.erase(full_.begin(), full_.begin() + static_cast<ptrdiff_t>(written));
    throw;
  }
  full_.clear();
}

bool Sealer::many() const { return waiting() >= kManyFull; }
bool Sealer::full() const { return waiting() >= kMostFull; }

void Sealer::write_partials() {
  tree_.partials([this](uint8_t level, uint64_t index, uint32_t width, Bytes hashes) {
    files_.put(level, index, width, hashes);
    const std::pair tile{level, index};
    if (std::ranges::find(partial_, tile) == partial_.end()) partial_.push_back(tile);
  });
}

Note Sealer::signed_note(const Checkpoint& checkpoint) {
  Note note{.text = format(checkpoint), .signatures = {}};
  sign(note, checkpoint.origin, *keys_.signer);
  if (next_signer_ && checkpoint.size > next_from_) sign(note, checkpoint.origin, *next_signer_);
  return note;
}

void Sealer::seal(bool keep) {
  flush();
  const std::lock_guard lock(mutex_);
  const bool changes = next_signer_ && tree_.size() > next_from_;
  if (tree_.size() > checkpoint_size_ || changes) {
    write_partials();
    const Checkpoint checkpoint{
        .origin = keys_.verifiers.back().name, .size = tree_.size(), .root = tree_.root(), .extensions = {}};
    const std::string note = format(signed_note(checkpoint));
    if (keep || changes) replace_file(layout_.checkpoint_of(tree_.size()), as_bytes(note));
    replace_file(layout_.checkpoint(), as_bytes(note));
    note_ = note;
    checkpoint_size_ = tree_.size();
    if (changes) change_key();
    // Readers of the checkpoint before may still want partial tiles of what is full by now; they find the full one.
    std::erase_if(partial_, [this](const std::pair<uint8_t, uint64_t>& tile) {
      const bool is_full = (tree_.size() >> (8 * tile.first)) / kBundle > tile.second;
      if (is_full) files_.remove_partials(tile.first, tile.second);
      return is_full;
    });
  } else if (keep) {
    replace_file(layout_.checkpoint_of(tree_.size()), as_bytes(note_));
  }
}

// The checkpoint by both keys is durable. A crash before the key is in journal.vkeys or in its place is mended by the
// next open(), which finds it under keys/next.* and its signature under the checkpoint. Where a step fails, both keys
// sign the next checkpoint too, and all steps are tried again.
void Sealer::change_key() {
  next_sealed_ = true;
  std::vector<VerifierKey> verifiers = keys_.verifiers;
  verifiers.push_back({.name = verifiers.back().name, .key = next_signer_->public_key()});
  write_verifier_keys(layout_, verifiers);
  adopt_next_key(layout_);
  keys_ = {.signer = std::move(next_signer_), .verifiers = std::move(verifiers)};
  next_sealed_ = false;
}

void Sealer::next_key(std::unique_ptr<crypto::Signer> signer, uint64_t number) {
  const std::lock_guard lock(mutex_);
  next_signer_ = std::move(signer);
  next_from_ = number;
}

void Sealer::forget_next_key() {
  const std::lock_guard lock(mutex_);
  if (!next_sealed_) next_signer_.reset();
}

bool Sealer::changes_key() const {
  const std::lock_guard lock(mutex_);
  return next_signer_ != nullptr;
}

VerifierKey Sealer::verifier() const {
  const std::lock_guard lock(mutex_);
  return keys_.verifiers.back();
}

std::string Sealer::note() const {
  const std::lock_guard lock(mutex_);
  return note_;
}

bool Sealer::cosign(std::string_view lines, const VerifierKey& witness) {
  const std::lock_guard lock(mutex_);
  const std::optional<Note> note = parse_note(note_);
  const std::optional<Note> more = note ? cosigned(*note, lines, witness) : std::nullopt;
  if (!more) return false;
  const std::string text = format(*more);
  // Kept, since the next checkpoint will not have it.
  replace_file(layout_.checkpoint_of(checkpoint_size_), as_bytes(text));
  replace_file(layout_.checkpoint(), as_bytes(text));
  note_ = text;
  return true;
}

}  // namespace rampart::journal
