#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "journal/manifest.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Whoever holds a journal's key can sign any list of files, so what is parsed must be harmless by itself.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rampart::journal;
  const rampart::Bytes input(data, size);
  const auto manifest = parse_manifest(input);
  if (!manifest) return 0;
  const std::vector<uint8_t> again = encode(*manifest);
  require(std::vector<uint8_t>(input.begin(), input.end()) == again);
  uint64_t offset = kBackupMagic.size();
  for (const BackupEntry& entry : manifest->entries) {
    require(good_path(entry.path) && entry.path.front() != '/');
    const std::string inside = "/" + entry.path + "/";
    require(inside.find("/../") == std::string::npos && inside.find("/./") == std::string::npos);
    require(inside.find("//") == std::string::npos && inside.find('\0') == std::string::npos);
    require(entry.offset == offset);
    offset += entry.size;
  }
  require(manifest->octets() == offset - kBackupMagic.size());
  return 0;
}
