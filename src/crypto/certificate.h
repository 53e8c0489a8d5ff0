// X.509 certificates and revocation lists (RFC 5280) as far as a plant uses them. Values without OpenSSL's types; free
// of state, any thread. What is read is bounded, and keys weaker than P-256 or RSA of 3072 bits are refused.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/time.h"

namespace rampart::crypto {

/// kRoleExtension holds the role of who has the certificate, a UTF8String: Modbus/TCP Security, section 9.
inline constexpr const char* kRoleExtension = "1.3.6.1.4.1.50316.802.1";

inline constexpr size_t kMostCertificate = 16'384;  // octets of one, DER
inline constexpr size_t kMostCertificates = 8;      // of one file or chain
inline constexpr size_t kMostAddresses = 64;        // of one certificate
inline constexpr size_t kMostName = 256;            // octets of a name or role
inline constexpr size_t kMostRevoked = 65'536;      // of one list

/// Certificate is what one says, as far as we use it. Nothing of it is proven by reading: see check_chain().
struct Certificate {
  std::string subject{};                  // common name: the id of an asset or gateway of the plant; empty: none
  std::string plant{};                    // organisation; empty: none
  std::string role{};                     // kRoleExtension; empty: none
  std::vector<IpAddress> addresses{};     // subjectAltName; names of other kinds are passed over
  std::string serial{};                   // lower-case hexadecimal, two digits an octet
  std::array<uint8_t, 32> fingerprint{};  // SHA-256 of the DER
  TimePoint from{}, until{};
  bool authority = false;  // may issue others: basicConstraints
};

/// read_certificate reads one, DER or PEM. Errors: throws Error where it is malformed, beyond the bounds above, says
/// one thing twice, holds control characters in a name, or its key or signature is too weak (P-256, P-384, P-521,
/// Ed25519, RSA from 3072 bits; SHA-256 or better).
Certificate read_certificate(Bytes bytes);
/// read_certificates reads one or more in PEM, in their order. Errors: as read_certificate, and where there is none or
/// more than kMostCertificates.
std::vector<Certificate> read_certificates(Bytes pem);

/// fingerprint_text writes 64 lower-case digits, as `openssl x509 -fingerprint -sha256` without its colons.
std::string fingerprint_text(const Certificate& certificate);

}  // namespace rampart::crypto
