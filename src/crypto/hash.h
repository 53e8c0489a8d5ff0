// Hashes and base64 over OpenSSL. Whole inputs at once, or SHA-256 piece by piece. Functions are free of state and may
// be called from any thread; a Sha256 belongs to one.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace rampart::crypto {

using Sha1Digest = std::array<uint8_t, 20>;
using Sha256Digest = std::array<uint8_t, 32>;

/// sha1 is for identifiers that others define by it (community_id), never for anything that must resist forgery.
Sha1Digest sha1(Bytes bytes);
Sha256Digest sha256(Bytes bytes);

/// Sha256 hashes what comes in pieces. Movable, not copyable.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&& other) noexcept;
  Sha256& operator=(Sha256&& other) noexcept;

  void update(Bytes bytes);
  /// finish returns the digest of all pieces and begins anew.
  Sha256Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// sha256_tagged hashes one octet and then `first` and `second`, as Merkle trees do (RFC 6962 section 2.1): no set-up
/// beyond the compression itself.
Sha256Digest sha256_tagged(uint8_t tag, Bytes first, Bytes second = {});

/// base64 encodes with the alphabet of RFC 4648 section 4 and padding.
std::string base64(Bytes bytes);
/// decode_base64 reads exactly what base64() writes: canonical, padded, no white space; nothing otherwise.
std::optional<std::vector<uint8_t>> decode_base64(std::string_view text);

}  // namespace rampart::crypto
