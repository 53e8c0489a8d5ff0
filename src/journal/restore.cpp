// The way back from a backup: everything is held against signature and hashes before anything is written, again while
// it is written, and the folder gets its name last.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "crypto/signature.h"
#include "journal/backup.h"
#include "journal/layout.h"
#include "journal/manifest.h"

namespace rampart::journal {
namespace {

/// BackupFile is a backup whose manifest is signed by a trusted key. Contents are checked as they are read.
class BackupFile {
 public:
  BackupFile(const std::string& path, const std::vector<VerifierKey>& trusted);
  const Manifest& manifest() const { return manifest_; }

  using Take = std::function<void(Bytes)>;
  /// for_each hands out each entry's octets in pieces between begin() and end(). Errors: throws Error where they are
  /// not those of the manifest; pieces handed out before are void.
  void read(const BackupEntry& entry, const Take& take);

 private:
  [[noreturn]] void damaged(const std::string& what) const {
    throw Error(fmt::format("the backup {} is damaged: {}", path_, what), "Take another copy of it, or an older one.");
  }
  Bytes read_at(uint64_t offset, size_t size);
  void check_key(const std::vector<VerifierKey>& trusted, Bytes manifest, Bytes signature) const;

  std::string path_;
  FileDescriptor file_;
  Manifest manifest_;
  std::vector<uint8_t> piece_;
};

Bytes BackupFile::read_at(uint64_t offset, size_t size) {
  piece_.resize(std::max(piece_.size(), size));
  for (size_t filled = 0; filled < size;) {
    const ssize_t count =
        pread(file_.get(), piece_.data() + filled, size - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw file_error("read", path_, errno);
    if (count == 0) damaged("it ends too early");
    filled += static_cast<size_t>(count);
  }
  return Bytes(piece_).first(size);
}

BackupFile::BackupFile(const std::string& path, const std::vector<VerifierKey>& trusted)
    : path_(path), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  struct stat facts {};
  if (!file_ || fstat(file_.get(), &facts) != 0) throw file_error("read the backup", path, errno);
  const uint64_t size = static_cast<uint64_t>(facts.st_size);
  if (!S_ISREG(facts.st_mode) || size < kBackupMagic.size() ||
      !std::ranges::equal(read_at(0, kBackupMagic.size()), kBackupMagic)) {
    throw Error(path + " is no backup of a journal, or one of a later version");
  }
  if (size < kBackupMagic.size() + kBackupTrailer) damaged("it ends too early");
  ByteReader trailer(read_at(size - kBackupTrailer, kBackupTrailer));
  const uint32_t length = trailer.u32_little();
  crypto::Signature signature;
  std::ranges::copy(trailer.rest(), signature.begin());
  if (length > kMostManifest || length > size - kBackupMagic.size() - kBackupTrailer) damaged("its end is not its own");
  const uint64_t contents = size - kBackupMagic.size() - kBackupTrailer - length;
  const Bytes manifest = read_at(kBackupMagic.size() + contents, length);
  std::optional<Manifest> parsed = parse_manifest(manifest);
  if (!parsed) damaged("its list of files cannot be read");
  manifest_ = std::move(*parsed);
  check_key(trusted, manifest, signature);
  if (manifest_.octets() != contents) damaged("it has another size than was signed");
  piece_ = std::vector<uint8_t>();  // the manifest may have been large
}

void BackupFile::check_key(const std::vector<VerifierKey>& trusted, Bytes manifest, Bytes signature) const {
  const std::optional<VerifierKey> key = VerifierKey::parse(manifest_.key);
  if (!key || key->type != VerifierKey::Type::note) damaged("its key cannot be read");
  if (!crypto::verify(key->key, as_bytes(signed_text(manifest)), signature)) damaged("its signature does not hold");
  if (!trusted.empty() && std::ranges::find(trusted, *key) == trusted.end()) {
    throw Error(
        fmt::format("the backup {} is signed by {}, which is not among the keys that were given", path_, manifest_.key),
        "Whole it is; give that key as well if it is the journal's newest one.");
  }
}

void BackupFile::read(const BackupEntry& entry, const Take& take) {
  crypto::Sha256 hash;
  for (uint64_t done = 0; done < entry.size;) {
    const Bytes octets = read_at(entry.offset + done, std::min<uint64_t>(entry.size - done, kBackupPiece));
    hash.update(octets);
    take(octets);
    done += octets.size();
  }
  if (hash.finish() != entry.hash) damaged(entry.path + " is not what was signed");
}

/// NewFolder is filled under a name of its own and is gone again unless it was put in its place.
class NewFolder {
 public:
  explicit NewFolder(std::string folder) : folder_(std::move(folder)) {
    std::string name = folder_ + ".restoring-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw file_error("make the folder", name, errno);
    path_ = name;
  }
  ~NewFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  const std::string& path() const { return path_; }
  /// put makes all that is inside durable and gives it its name, which nobody or an empty folder may have.
  void put() {
    const FileDescriptor folder(open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || fchmod(folder.get(), 0750) != 0 || syncfs(folder.get()) != 0 ||
        rename(path_.c_str(), folder_.c_str()) != 0) {
      throw file_error("restore into", folder_, errno);
    }
    path_.clear();
    const std::filesystem::path above = std::filesystem::path(folder_).parent_path();
    sync_folder(above.empty() ? "." : above.string());
  }

 private:
  std::string folder_, path_;
};

FileDescriptor make_file(const std::string& path, unsigned mode) {
  make_folders(path.substr(0, path.rfind('/')));
  FileDescriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file || fchmod(file.get(), mode) != 0) throw file_error("write", path, errno);
  return file;
}

void write_open(BackupFile& backup, const BackupEntry& entry, const std::string& path) {
  const FileDescriptor file = make_file(path, 0640);
  backup.read(entry, [&](Bytes octets) {
    if (!write_all(file.get(), octets)) throw file_error("write", path, errno);
  });
}

void write_secret(BackupFile& backup, const BackupEntry& entry, const std::string& path,
                  const std::string& passphrase) {
  std::vector<uint8_t> sealed;
  backup.read(entry, [&](Bytes octets) { sealed.insert(sealed.end(), octets.begin(), octets.end()); });
  auto plain = crypto::unseal(sealed, passphrase, as_bytes(seal_context(backup.manifest(), entry.path)));
  if (!plain) throw Error("the passphrase does not open " + entry.path + " of the backup");
  const FileDescriptor file = make_file(path, 0600);
  const bool written = write_all(file.get(), *plain);
  const int code = errno;
  crypto::wipe(*plain);
  if (!written) throw file_error("write", path, code);
}

/// refuse_full refuses a place that is taken. The rename at the end would as well, but late.
void refuse_full(const std::string& folder) {
  struct stat facts {};
  if (lstat(folder.c_str(), &facts) != 0) {
    if (errno != ENOENT) throw file_error("restore into", folder, errno);
  } else if (!S_ISDIR(facts.st_mode) || !names_in(folder).empty()) {
    throw Error(folder + " is there already and not an empty folder", "Choose another one, or move it away.");
  }
}

}  // namespace

BackupReport restore(const std::string& file, const std::string& folder, const std::string& passphrase,
                     const std::vector<VerifierKey>& trusted) {
  const std::string target = folder.ends_with('/') && folder.size() > 1 ? folder.substr(0, folder.size() - 1) : folder;
  refuse_full(target);
  BackupFile backup(file, trusted);
  const Manifest& manifest = backup.manifest();
  for (const BackupEntry& entry : manifest.entries) backup.read(entry, [](Bytes) {});

  NewFolder made(target);
  const Layout layout{made.path()};
  // Where the backup has no file of one of them.
  for (const std::string& always : {layout.segments(), layout.checkpoints(), layout.damaged(), made.path() + "/tile"}) {
    make_folders(always);
  }
  BackupReport report{.records = manifest.records, .checkpoint = manifest.checkpoint};
  for (const BackupEntry& entry : manifest.entries) {
    const bool secret = is_secret(entry.path);
    if (secret && passphrase.empty()) continue;
    const std::string path = made.path() + "/" + entry.path;
    if (secret) {
      write_secret(backup, entry, path, passphrase);
    } else {
      write_open(backup, entry, path);
    }
    report.keys = report.keys || entry.path == "keys/journal.pem";
    report.octets += entry.size;
    ++report.files;
  }
  made.put();
  return report;
}

}  // namespace rampart::journal
