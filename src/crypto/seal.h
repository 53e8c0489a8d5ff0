// Bytes locked by a passphrase: scrypt (RFC 7914; N 2^17, r 8, p 1) makes the key, AES-256-GCM seals. For backups.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace rampart::crypto {

/// seal gives version (1 octet), salt (16), nonce (12), ciphertext, tag (16). `context` is bound to it, not inside.
std::vector<uint8_t> seal(Bytes plain, std::string_view passphrase, Bytes context);
/// unseal gives nothing where passphrase, context or a single bit is another.
std::optional<std::vector<uint8_t>> unseal(Bytes sealed, std::string_view passphrase, Bytes context);

}  // namespace rampart::crypto
