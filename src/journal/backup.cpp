#include "journal/backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "crypto/signature.h"
#include "journal/journal.h"
#include "journal/manifest.h"
#include "journal/segment.h"

namespace rampart::journal {
namespace {

constexpr uint64_t kMostNote = 1'000'000;

/// Sources: where each file of the backup is, by its path in it. Secrets are apart, since they come first.
struct Sources {
  std::map<std::string, std::string> secret, open;
  void add(const std::string& path, const std::string& file) { (is_secret(path) ? secret : open)[path] = file; }
};

/// add_folder takes all files of the journal that a backup may have. Others (lock, reserve, inbox, what a crash left
/// half written) are passed over.
void add_folder(Sources& sources, const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::none, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    const std::string path = entry->path().string().substr(folder.size() + 1);
    std::error_code gone;
    const fs::file_type type = entry->symlink_status(gone).type();
    if (gone || type == fs::file_type::directory || !good_path(path)) continue;
    if (type != fs::file_type::regular) {
      throw Error(fmt::format("cannot back up {}: it is no regular file", entry->path().string()));
    }
    sources.add(path, entry->path().string());
  }
  if (error) throw file_error("list", folder, error.value());
}

void add_extra(Sources& sources, const std::vector<std::string>& files) {
  std::map<std::string, std::string> taken;
  for (const std::string& file : files) {
    const std::string path = "extra/" + std::filesystem::path(file).filename().string();
    if (!good_path(path)) throw Error("cannot back up " + file + ": a backup cannot have a file of that name");
    if (!taken.emplace(path, file).second) {
      throw Error(fmt::format("cannot back up both {} and {}: they have the same name", taken[path], file));
    }
    if (access(file.c_str(), R_OK) != 0) throw file_error("back up", file, errno);
    sources.add(path, file);
  }
}

VerifierKey key_of(const Layout& layout, const crypto::Signer& signer) {
  for (const VerifierKey& key : verifier_keys(layout)) {
    if (key.key == signer.public_key()) return key;
  }
  throw Error("the signing key of " + layout.folder + " is none of " + layout.verifier_keys(),
              "A backup by it could not be verified; put the right key or the right list there.");
}

/// count_records tells how many records the checkpoint covers of those that are still here.
uint64_t count_records(const Layout& layout, const std::string& checkpoint) {
  const auto note = parse_note(checkpoint);
  const auto read = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!read) throw Error(layout.checkpoint() + " is no checkpoint", "`rampart journal verify` tells more.");
  const std::vector<SegmentName> segments = segments_of(layout);
  const uint64_t first = segments.empty() ? read->size : segments.front().first;
  return read->size - std::min(first, read->size);
}

std::string read_checkpoint(const Layout& layout) {
  const auto bytes = read_file(layout.checkpoint(), kMostNote);
  if (!bytes) throw file_error("read", layout.checkpoint(), ENOENT);
  return std::string(as_text(*bytes));
}

/// Writer puts files into the backup one after the other and notes them in the manifest. Each is read once, so that
/// what is hashed is what is written, whatever happens to the file meanwhile.
class Writer {
 public:
  Writer(const std::string& file, Manifest& manifest) : out_(file, 0600), manifest_(manifest) {
    out_.write(kBackupMagic);
  }

  void add_octets(const std::string& path, Bytes octets) {
    out_.write(octets);
    manifest_.entries.push_back({.path = path, .size = octets.size(), .hash = crypto::sha256(octets)});
  }
  void add_secret(const std::string& path, const std::string& source, const BackupOptions& options) {
    std::optional<std::vector<uint8_t>> plain = read_file(source, kMostSecret);
    if (!plain) return;
    const std::vector<uint8_t> sealed =
        crypto::seal(*plain, options.passphrase, as_bytes(seal_context(manifest_, path)), options.seal_cost);
    crypto::wipe(*plain);
    add_octets(path, sealed);
  }
  void add_file(const std::string& path, const std::string& source);
  void finish(crypto::Signer& signer);

 private:
  NewFile out_;
  Manifest& manifest_;
  std::vector<uint8_t> piece_ = std::vector<uint8_t>(kBackupPiece);
};

// A file that grows is taken as long as it was; one that is gone, as a tile that became a wider one, is passed over.
void Writer::add_file(const std::string& path, const std::string& source) {
  const FileDescriptor file(open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return;
  struct stat facts {};
  if (!file || fstat(file.get(), &facts) != 0) throw file_error("back up", source, errno);
  if (!S_ISREG(facts.st_mode)) throw Error("cannot back up " + source + ": it is no regular file");
  BackupEntry entry{.path = path, .size = static_cast<uint64_t>(facts.st_size)};
  if (entry.size > kMostBackedUp) throw Error("cannot back up " + source + ": it is too large");
  crypto::Sha256 hash;
  for (uint64_t left = entry.size; left > 0;) {
    const ssize_t count = read(file.get(), piece_.data(), std::min<uint64_t>(left, piece_.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw file_error("back up", source, errno);
    if (count == 0) throw Error("cannot back up " + source + ": it was cut meanwhile", "Try again.");
    const Bytes octets = Bytes(piece_).first(static_cast<size_t>(count));
    hash.update(octets);
    out_.write(octets);
    left -= octets.size();
  }
  entry.hash = hash.finish();
  manifest_.entries.push_back(std::move(entry));
}

void Writer::finish(crypto::Signer& signer) {
  std::vector<uint8_t> trailer = encode(manifest_);
  if (manifest_.entries.size() > kMostBackupFiles || trailer.size() > kMostManifest) {
    throw Error("the journal has more files than a backup can have", "Prune it, or raise what it prunes by itself.");
  }
  const crypto::Signature signature = signer.sign(as_bytes(signed_text(trailer)));
  const size_t length = trailer.size();
  for (int shift = 0; shift < 32; shift += 8) trailer.push_back(static_cast<uint8_t>(length >> shift));
  trailer.insert(trailer.end(), signature.begin(), signature.end());
  out_.write(trailer);
  out_.create();
}

}  // namespace

BackupReport backup(const std::string& folder, const std::string& file, const BackupOptions& options) {
  const Layout layout{folder};
  const auto signer = open_signer(layout);
  Manifest manifest;
  manifest.key = key_of(layout, *signer).text();
  manifest.checkpoint = read_checkpoint(layout);  // before the records that it covers
  manifest.records = count_records(layout, manifest.checkpoint);
  Sources sources;
  add_folder(sources, folder);
  add_extra(sources, options.extra);

  BackupReport report{.records = manifest.records, .checkpoint = manifest.checkpoint};
  Writer writer(file, manifest);
  if (!options.passphrase.empty()) {
    for (const auto& [path, source] : sources.secret) writer.add_secret(path, source, options);
    report.keys = sources.secret.contains("keys/journal.pem");
  }
  for (const auto& [path, source] : sources.open) {
    if (path == "checkpoint") {
      writer.add_octets(path, as_bytes(manifest.checkpoint));
    } else {
      writer.add_file(path, source);
    }
  }
  writer.finish(*signer);
  report.files = manifest.entries.size();
  report.octets = manifest.octets();
  return report;
}

}  // namespace rampart::journal
