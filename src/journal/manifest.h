// What a backup file holds, in which order, by which hashes. Octet by octet in docs/formats/backup.md. Values only, no
// I/O; what is parsed is hostile.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "journal/note.h"

namespace rampart::journal {

/// A backup is the magic, the contents, the manifest, its length (4 octets), the signature (64).
inline constexpr std::array<uint8_t, 8> kBackupMagic{'R', 'M', 'P', 'T', 'B', 'K', 'P', 1};
inline constexpr uint64_t kBackupTrailer = 4 + sizeof(crypto::Signature);
inline constexpr size_t kBackupPiece = size_t{1} << 20;  // read and written at once

inline constexpr uint64_t kMostBackedUp = uint64_t{1} << 40;  // octets of one file
inline constexpr uint64_t kMostSecret = uint64_t{64} << 20;   // of one that is sealed, for it is held in memory
inline constexpr uint32_t kMostBackupFiles = 1'000'000;
inline constexpr uint64_t kMostManifest = uint64_t{128} << 20;

struct BackupEntry {
  std::string path;   // under the journal's folder
  uint64_t size = 0;  // of what is in the backup: sealed, where it is
  Hash hash{};        // of the same octets
  // Where they begin in the backup: not written, it follows from the sizes before; parse_manifest fills it in.
  uint64_t offset = 0;
};

struct Manifest {
  std::string key;         // of whoever signed it: VerifierKey::text()
  std::string checkpoint;  // signed note
  uint64_t records = 0;
  std::vector<BackupEntry> entries;  // secrets first, then by path
  uint64_t octets() const;           // of all entries
};

/// is_secret: keys and names, which are in a backup sealed or not at all.
bool is_secret(std::string_view path);
/// good_path says whether a journal's folder may have such a file: nothing that leads out of it, nothing unknown.
bool good_path(std::string_view path);

std::vector<uint8_t> encode(const Manifest& manifest);
/// parse_manifest gives nothing where a path is not good, twice there or out of order, or a size beyond its bound.
std::optional<Manifest> parse_manifest(Bytes bytes);
/// signed_text is what the signature of a backup signs.
std::string signed_text(Bytes manifest);
/// seal_context binds a sealed file to its journal and its name.
std::string seal_context(const Manifest& manifest, std::string_view path);

}  // namespace rampart::journal
