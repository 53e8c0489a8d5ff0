#include "journal/manifest.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

namespace rampart::journal {
namespace {

constexpr std::string_view kDomain = "rampart-backup/v1\n";
constexpr size_t kMostPath = 1024, kMostName = 255, kMostDepth = 8;
constexpr uint32_t kMostNote = 1'000'000;

template <size_t Size>
void append_little(std::vector<uint8_t>& out, uint64_t value) {
  for (size_t i = 0; i < Size; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}
void append(std::vector<uint8_t>& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

/// good_name_in: a leading point would hide a file, or lead upwards.
bool good_name_in(std::string_view name) {
  if (name.empty() || name.size() > kMostName || name.front() == '.' || !is_utf8(name)) return false;
  return std::none_of(name.begin(), name.end(),
                      [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\'; });
}

/// order: secrets come first, so that a wrong passphrase shows before much is written.
std::pair<bool, std::string_view> order(const BackupEntry& entry) { return {!is_secret(entry.path), entry.path}; }

bool good_entry(const BackupEntry& entry) {
  if (!good_path(entry.path)) return false;
  if (!is_secret(entry.path)) return entry.size <= kMostBackedUp;
  return entry.size >= crypto::kSealOverhead && entry.size <= kMostSecret + crypto::kSealOverhead;
}

}  // namespace

uint64_t Manifest::octets() const {
  uint64_t sum = 0;
  for (const BackupEntry& entry : entries) sum += entry.size;
  return sum;
}

bool is_secret(std::string_view path) {
  return path == "keys/journal.pem" || path == "keys/next.pem" || path == "persons";
}

bool good_path(std::string_view path) {
  static constexpr std::string_view kFiles[] = {"checkpoint", "settings", "keys/journal.token", "keys/next.token",
                                                "keys/journal.vkeys"};
  static constexpr std::string_view kFolders[] = {"blobs", "checkpoints", "damaged", "extra", "segments", "tile"};
  if (is_secret(path) || std::find(std::begin(kFiles), std::end(kFiles), path) != std::end(kFiles)) return true;
  if (path.size() > kMostPath) return false;
  const std::vector<std::string_view> names = split(path, '/');
  return names.size() >= 2 && names.size() <= kMostDepth &&
         std::find(std::begin(kFolders), std::end(kFolders), names[0]) != std::end(kFolders) &&
         std::all_of(names.begin(), names.end(), good_name_in);
}

std::vector<uint8_t> encode(const Manifest& manifest) {
  std::vector<uint8_t> out;
  append_little<2>(out, manifest.key.size());
  append(out, as_bytes(manifest.key));
  append_little<4>(out, manifest.checkpoint.size());
  append(out, as_bytes(manifest.checkpoint));
  append_little<8>(out, manifest.records);
  append_little<4>(out, manifest.entries.size());
  for (const BackupEntry& entry : manifest.entries) {
    append_little<8>(out, entry.size);
    append(out, entry.hash);
    append_little<2>(out, entry.path.size());
    append(out, as_bytes(entry.path));
  }
  return out;
}

std::optional<Manifest> parse_manifest(Bytes bytes) {
  ByteReader in(bytes);
  Manifest manifest;
  manifest.key = as_text(in.bytes(in.u16_little()));
  const uint32_t note = in.u32_little();
  if (note > kMostNote) return std::nullopt;
  manifest.checkpoint = as_text(in.bytes(note));
  manifest.records = in.u64_little();
  const uint32_t count = in.u32_little();
  if (!in.ok() || count > kMostBackupFiles) return std::nullopt;
  uint64_t offset = kBackupMagic.size();
  for (uint32_t i = 0; i < count; ++i) {
    BackupEntry entry;
    entry.offset = offset;
    entry.size = in.u64_little();
    const Bytes hash = in.bytes(entry.hash.size());
    entry.path = as_text(in.bytes(in.u16_little()));
    if (!in.ok() || !good_entry(entry)) return std::nullopt;
    std::copy(hash.begin(), hash.end(), entry.hash.begin());
    if (i > 0 && order(manifest.entries.back()) >= order(entry)) return std::nullopt;
    offset += entry.size;
    manifest.entries.push_back(std::move(entry));
  }
  return in.done() ? std::optional(std::move(manifest)) : std::nullopt;
}

std::string signed_text(Bytes manifest) {
  std::string text(kDomain);
  append_hex(text, crypto::sha256(manifest));
  return text += '\n';
}

std::string seal_context(const Manifest& manifest, std::string_view path) {
  return std::string(kDomain).append(manifest.key).append("\n").append(path).append("\n");
}

}  // namespace rampart::journal
