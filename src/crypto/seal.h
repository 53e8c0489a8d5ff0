// Bytes locked by a passphrase: scrypt (RFC 7914; N 2^17, r 8, p 1) makes the key, AES-256-GCM seals. For backups.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace rampart::crypto {

/// kSealOverhead is what sealing adds: version 1 (1 octet), log2 of N (1), salt (16), nonce (12) before the ciphertext,
/// tag (16) after it.
inline constexpr size_t kSealOverhead = 46;
inline constexpr size_t kMostSealed = size_t{1} << 30;
/// kSealCost is log2 of N: 128 MiB and a third of a second for each guess. Tests take less.
inline constexpr uint8_t kSealCost = 17;

/// seal binds `context` without holding it. Errors: throws Error where there is no memory, or more than kMostSealed.
std::vector<uint8_t> seal(Bytes plain, std::string_view passphrase, Bytes context, uint8_t cost = kSealCost);
/// unseal gives nothing where passphrase, context or a single bit is another, or where the cost is not in 10..20 (1
/// GiB). Errors: throws Error where there is no memory.
std::optional<std::vector<uint8_t>> unseal(Bytes sealed, std::string_view passphrase, Bytes context);

}  // namespace rampart::crypto
