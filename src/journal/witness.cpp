#include "journal/witness.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "journal/layout.h"
#include "journal/tile_files.h"

namespace rampart::journal {
namespace {

constexpr uint64_t kMostState = 1'000'000;  // octets, as parse_note
constexpr ptrdiff_t kMostEvidence = 200;    // files of a kind beside a state: who lies often does not fill the disk

using Answer = Witness::Answer;
using Kind = Answer::Kind;

std::string hex(Bytes bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

/// lock_folder waits until no other process or thread judges a request: check and record are one step, so that a
/// slower request cannot roll back what a faster one recorded (tlog-witness).
FileDescriptor lock_folder(const std::string& folder) {
  const std::string path = folder + "/lock";
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!file) throw file_error("open", path, errno);
  while (flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw file_error("lock", path, errno);
  }
  return file;
}

/// Seen is the checkpoint of a journal that was cosigned last.
struct Seen {
  std::string note;
  Checkpoint checkpoint;
};

/// read_seen gives nothing where the journal is new. Errors: throws Error where the state is damaged: to begin anew
/// would let a journal that was changed pass as a new one.
std::optional<Seen> read_seen(const std::string& path, const std::string& origin) {
  const auto bytes = read_file(path, kMostState);
  if (!bytes) return {};
  const auto note = parse_note(as_text(*bytes));
  const auto checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!checkpoint || checkpoint->origin != origin) {
    throw Error(
        fmt::format("{} is not the checkpoint of {} that was seen last", path, origin),
        "nothing is cosigned; put the file back from a backup, or remove it to trust that journal anew as it is");
  }
  return Seen{std::string(as_text(*bytes)), *checkpoint};
}

/// keep_evidence stores both notes as they were signed and says where. Named by the hash of the two texts, so that the
/// same case is stored once whatever stands beside the signatures, and nothing is overwritten.
std::string keep_evidence(const std::string& kind, const Seen& seen, const std::string& offered,
                          std::string_view text) {
  const std::filesystem::path begin = kind;
  const std::string hash = hex(crypto::sha256(as_bytes(fmt::format("{}{}", format(seen.checkpoint), text))));
  const std::string path = kind + hash.substr(0, 32);
  const std::vector<std::string> names = names_in(begin.parent_path());
  const auto same_kind = [&](const std::string& name) { return name.starts_with(begin.filename().string()); };
  const bool known = std::filesystem::exists(path + ".seen");
  if (!known && std::count_if(names.begin(), names.end(), same_kind) >= kMostEvidence) {
    return "not kept, since there is much evidence of that already beside " + kind;
  }
  for (const auto& [file, note] : {std::pair(path + ".seen", &seen.note), std::pair(path + ".offered", &offered)}) {
    if (!std::filesystem::exists(file)) create_file(file, as_bytes(*note), 0640);
  }
  return fmt::format("kept as {0}.seen and {0}.offered", path);
}

Answer refusal(Kind kind, uint64_t size, std::string what) { return {kind, {}, size, std::move(what)}; }

/// refuse judges what a request says by itself.
std::optional<Answer> refuse(const WitnessRequest& request, const Note& note, const Checkpoint& offered,
                             const std::vector<VerifierKey>& trusted) {
  const auto of_origin = [&](const VerifierKey& key) {
    return key.type == VerifierKey::Type::note && key.name == offered.origin;
  };
  const auto signs = [&](const VerifierKey& key) { return of_origin(key) && verified(note, key); };
  if (std::none_of(trusted.begin(), trusted.end(), of_origin)) {
    return refusal(Kind::unknown_origin, 0,
                   fmt::format("no trusted key is named {}: if that journal is ours, add its verifier key to those "
                               "that this witness trusts",
                               good_name(offered.origin) ? offered.origin : "like the origin"));
  }
  if (std::none_of(trusted.begin(), trusted.end(), signs)) {
    return refusal(
        Kind::not_signed, 0,
        fmt::format("no trusted key signed the checkpoint of {} over {} records: if the key was changed, add "
                    "the new one to those that this witness trusts",
                    offered.origin, offered.size));
  }
  if (request.old_size > offered.size) {
    return refusal(
        Kind::bad_request, 0,
        fmt::format("the proof begins at {} records, but the checkpoint has {}", request.old_size, offered.size));
  }
  if (offered.size == 0 && offered.root != empty_root()) {
    return refusal(Kind::bad_request, 0, "the checkpoint has no records, but its root is not that of an empty tree");
  }
  if (request.old_size == 0 && !request.hashes.empty()) {
    return refusal(Kind::bad_request, 0, "a proof that begins at 0 records has no hashes");
  }
  return {};
}

/// refuse judges it against what was seen before.
std::optional<Answer> refuse(const WitnessRequest& request, const Note& note, const Checkpoint& offered,
                             const Seen& seen, const std::string& path) {
  const uint64_t size = seen.checkpoint.size;
  // Two roots of one size are two histories, whatever size the request begins at.
  if (offered.size == size && offered.root != seen.checkpoint.root) {
    const std::string kept = keep_evidence(path + ".fork-", seen, request.checkpoint, note.text);
    return refusal(Kind::fork, size,
                   fmt::format("{} signed two different histories of {} records, which proves that one was changed: "
                               "find out who can use its key. Both checkpoints are {}",
                               offered.origin, size, kept));
  }
  if (request.old_size != size) {
    return refusal(
        Kind::other_size, size,
        fmt::format("this witness saw {} records of {} last, not {}: ask again with a proof that begins there", size,
                    offered.origin, request.old_size));
  }
  if (!check_consistency(request.hashes, size, seen.checkpoint.root, offered.size, offered.root)) {
    const std::string kept = keep_evidence(path + ".unproven-", seen, request.checkpoint, note.text);
    return refusal(Kind::fork, size,
                   fmt::format("nothing shows that the {} records of {} continue the {} seen before: ask again with a "
                               "new proof; if that does not hold either, history was changed. Both checkpoints are {}",
                               offered.size, offered.origin, size, kept));
  }
  return {};
}

}  // namespace

Witness::Witness(std::string folder, std::string name, crypto::Signer& signer, const Clock& clock)
    : folder_(std::move(folder)), name_(std::move(name)), signer_(signer), clock_(clock) {}

Witness::Answer Witness::add(std::string_view request, const std::vector<VerifierKey>& trusted) {
  const auto parsed = parse_request(request);
  if (!parsed) return refusal(Kind::bad_request, 0, "this is not an old size, a proof and a signed checkpoint");
  Note note = *parse_note(parsed->checkpoint);
  const Checkpoint offered = *parse_checkpoint(note.text);
  if (auto refused = refuse(*parsed, note, offered, trusted)) return *refused;

  make_folders(folder_);
  const FileDescriptor lock = lock_folder(folder_);
  const std::string path = folder_ + '/' + hex(crypto::sha256(as_bytes(offered.origin)));
  const auto seen = read_seen(path, offered.origin);
  if (seen) {
    if (auto refused = refuse(*parsed, note, offered, *seen, path)) return *refused;
  } else if (parsed->old_size != 0) {
    return refusal(Kind::other_size, 0,
                   fmt::format("this witness never saw {}; ask again with old size 0", offered.origin));
  }
  replace_file(path, as_bytes(parsed->checkpoint));

  note.signatures.clear();
  cosign(note, name_, signer_, std::chrono::floor<std::chrono::seconds>(clock_.now()));
  return {Kind::cosigned, format(note).substr(note.text.size() + 1), offered.size,
          fmt::format("{} records of {} cosigned{}", offered.size, offered.origin,
                      seen ? ": they continue what was seen before" : ", which this witness sees for the first time")};
}

std::string make_request(const std::string& folder, uint64_t old_size) {
  const Layout layout{folder};
  const auto bytes = read_file(layout.checkpoint(), kMostState);
  if (!bytes) throw Error(layout.checkpoint() + " is not there: nothing was signed yet", "sign a checkpoint first");
  WitnessRequest request{old_size, {}, std::string(as_text(*bytes))};
  const auto note = parse_note(request.checkpoint);
  const auto checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!checkpoint)
    throw Error(layout.checkpoint() + " is not a signed checkpoint", "verify the journal: it says what is damaged");
  if (old_size > checkpoint->size) {
    throw Error(fmt::format("the witness saw {} records, the newest checkpoint of {} has {}", old_size,
                            checkpoint->origin, checkpoint->size),
                "if the journal was not put back from a backup, it was cut: verify it against what the witness has");
  }
  DirectoryTiles tiles(folder);
  auto hashes = consistency_proof(tiles, old_size, checkpoint->size);
  if (!hashes) {
    throw Error(fmt::format("a hash tile is missing under {}/tile: no proof from {} to {} records can be made", folder,
                            old_size, checkpoint->size),
                "verify the journal: it names the tile");
  }
  request.hashes = std::move(*hashes);
  return format(request);
}

void keep_request(const Layout& layout, std::string_view request) {
  const auto parsed = parse_request(request);
  const auto note = parsed ? parse_note(parsed->checkpoint) : std::nullopt;
  const auto checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!checkpoint) throw Error("this is no request to a witness", "make_request() makes one");
  const std::string path = layout.checkpoint_of(checkpoint->size);
  if (!std::filesystem::exists(path)) replace_file(path, as_bytes(parsed->checkpoint));
}

std::optional<Note> cosigned(const Note& note, std::string_view lines, const VerifierKey& witness) {
  const std::optional<Note> given = parse_note(note.text + "\n" + std::string(lines));
  if (!given || given->text != note.text || !verified(*given, witness)) return {};
  Note more = note;
  const auto by_witness = [&](const NoteSignature& s) { return s.name == witness.name && s.id == witness.id(); };
  std::erase_if(more.signatures, by_witness);
  std::ranges::copy_if(given->signatures, std::back_inserter(more.signatures), by_witness);
  if (!parse_note(format(more))) return {};  // more signatures than a note may have
  return more;
}

bool add_cosignatures(const Layout& layout, std::string_view lines, const VerifierKey& witness) {
  std::vector<std::string> paths = {layout.checkpoint()};
  for (const std::string& name : names_in(layout.checkpoints())) paths.push_back(layout.checkpoints() + "/" + name);
  // The newest first: it is the likeliest.
  std::reverse(paths.begin() + 1, paths.end());
  for (const std::string& path : paths) {
    const auto bytes = read_file(path, kMostState);
    const auto note = bytes ? parse_note(as_text(*bytes)) : std::nullopt;
    const auto checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
    const auto more = checkpoint ? cosigned(*note, lines, witness) : std::nullopt;
    if (!more) continue;
    // Kept by its size, never over the newest: that file is of whoever has the journal open.
    replace_file(layout.checkpoint_of(checkpoint->size), as_bytes(format(*more)));
    return true;
  }
  return false;
}

}  // namespace rampart::journal
