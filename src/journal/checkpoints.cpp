#include "journal/checkpoints.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace rampart::journal {
namespace {

constexpr uint64_t kMostNote = 1'000'000;

std::optional<KnownCheckpoint> read_checkpoint(std::string_view text) {
  auto note = parse_note(text);
  auto said = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!said) return {};
  return KnownCheckpoint{.where = {}, .note = std::move(*note), .said = std::move(*said)};
}

void fault(Faults& faults, const std::string& where, uint64_t size, std::string what) {
  faults.add({.kind = Fault::Kind::checkpoint, .from = 0, .to = size, .where = where, .what = std::move(what)});
}

/// read_named reads one file; `size` is what its name says.
std::optional<KnownCheckpoint> read_named(const Layout& layout, const std::string& where, std::optional<uint64_t> size,
                                          Faults& faults) {
  std::optional<std::vector<uint8_t>> bytes;
  try {
    bytes = read_file(layout.folder + "/" + where, kMostNote);
  } catch (const Error&) {  // not a file, or far too large: told as unreadable
  }
  auto checkpoint = bytes ? read_checkpoint(as_text(*bytes)) : std::nullopt;
  if (!checkpoint || (size && checkpoint->said.size != *size)) {
    fault(faults, where, size.value_or(0),
          !bytes        ? "the checkpoint is missing or cannot be read"
          : !checkpoint ? "the file is not a checkpoint"
                        : "the checkpoint is not of the size that its name says");
    return {};
  }
  checkpoint->where = where;
  return checkpoint;
}

}  // namespace

std::vector<KnownCheckpoint> read_checkpoints(const Layout& layout, const std::string& older, Faults& faults) {
  std::vector<KnownCheckpoint> all;
  if (auto newest = read_named(layout, "checkpoint", {}, faults)) all.push_back(std::move(*newest));
  for (const std::string& name : names_in(layout.checkpoints())) {
    const bool digits = name.size() == 20 && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    const auto size = digits ? parse_number(name) : std::nullopt;
    if (!size) continue;
    if (auto kept = read_named(layout, "checkpoints/" + name, size, faults)) all.push_back(std::move(*kept));
  }
  if (!older.empty()) {
    auto kept = read_checkpoint(older);
    if (!kept) throw Error("the older checkpoint is no signed checkpoint", "give the file as it was kept, unchanged");
    kept->where = "older checkpoint";
    kept->kept_elsewhere = true;
    all.push_back(std::move(*kept));
  }
  std::ranges::stable_sort(all, {}, [](const KnownCheckpoint& checkpoint) { return checkpoint.said.size; });
  return all;
}

KeyChain::KeyChain(std::vector<VerifierKey> trusted, const Layout& layout, const Scan& scan)
    : scan_(scan), tiles_(layout.folder), current_(std::move(trusted)), seen_(current_) {}

bool KeyChain::signed_by_any(const KnownCheckpoint& checkpoint, const std::vector<VerifierKey>& keys) const {
  return std::ranges::any_of(keys, [&](const VerifierKey& key) {
    return key.type == VerifierKey::Type::note && key.name == checkpoint.said.origin && verified(checkpoint.note, key);
  });
}

bool KeyChain::covers(const KnownCheckpoint& checkpoint, const Noted& change) {
  if (change.number >= checkpoint.said.size) return false;
  const auto root = scan_.roots.find(checkpoint.said.size);
  if (root != scan_.roots.end() && root->second == checkpoint.said.root) return true;
  // Another record is not what was signed; this one may be.
  const auto proof = inclusion_proof(tiles_, change.number, checkpoint.said.size);
  return proof && check_inclusion(*proof, change.number, checkpoint.said.size, change.leaf, checkpoint.said.root);
}

void KeyChain::follow(const KnownCheckpoint& checkpoint) {
  for (const Noted& change : scan_.keys) {
    if (change.after.empty() || followed_.contains(change.number)) continue;
    const auto before = std::ranges::find(current_, change.before, &VerifierKey::text);
    const auto after = VerifierKey::parse(change.after);
    if (before == current_.end() || !after || !signed_by_any(checkpoint, {*before}) || !covers(checkpoint, change)) {
      continue;
    }
    followed_.insert(change.number);
    if (changed_at_ != checkpoint.said.size) former_.clear();
    changed_at_ = checkpoint.said.size;
    former_.push_back(*before);
    current_.erase(before);
    current_.push_back(*after);
    seen_.push_back(*after);
  }
}

void KeyChain::judge(std::vector<KnownCheckpoint>& checkpoints, Faults& faults) {
  for (KnownCheckpoint& checkpoint : checkpoints) {
    const uint64_t size = checkpoint.said.size;
    checkpoint.signed_by_trusted =
        signed_by_any(checkpoint, current_) || (size == changed_at_ && signed_by_any(checkpoint, former_));
    if (checkpoint.signed_by_trusted) {
      follow(checkpoint);
    } else if (signed_by_any(checkpoint, seen_)) {
      fault(faults, checkpoint.where, size, "signed by a key that no longer counted at this size");
    } else {
      const bool named = std::ranges::any_of(checkpoint.note.signatures, [&](const NoteSignature& signature) {
        return std::ranges::any_of(seen_, [&](const VerifierKey& key) { return key.id() == signature.id; });
      });
      fault(faults, checkpoint.where, size,
            named ? "its signature does not verify: text or signature was changed" : "signed by no trusted key");
    }
  }
}

}  // namespace rampart::journal
