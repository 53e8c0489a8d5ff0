// Large things beside the journal, named by their SHA-256: plant files, packets, documents. Records name them by hash,
// so a blob cannot be exchanged unseen. Own retention. Any process may put; putting twice is once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "journal/layout.h"
#include "journal/settings.h"

namespace rampart::journal {

/// put_blob makes `bytes` durable and returns its name: 64 hexadecimal digits. Errors: throws Error.
std::string put_blob(const Layout& layout, Bytes bytes);
/// get_blob gives nothing where there is none, or where its bytes do not have that hash. At most 256 MiB.
std::optional<std::vector<uint8_t>> get_blob(const Layout& layout, std::string_view name);
struct BlobsPruned {
  uint64_t blobs = 0, octets = 0;
};
/// prune_blobs removes those older than settings.blob_days, then the oldest until they take no more than blob_octets.
BlobsPruned prune_blobs(const Layout& layout, const Settings& settings, TimePoint now);

}  // namespace rampart::journal
