// What an authority does with keys: requests (PKCS#10, RFC 2986), certificates and revocation lists (RFC 5280), and the
// check of a chain. All of them are DER; pem() writes them for files. Free of state; a key belongs to one thread.
#pragma once

#include <optional>

#include "crypto/certificate.h"
#include "crypto/certificate_key.h"

namespace rampart::crypto {

inline constexpr const char* kPemCertificate = "CERTIFICATE";
inline constexpr const char* kPemRequest = "CERTIFICATE REQUEST";
inline constexpr const char* kPemList = "X509 CRL";
inline constexpr size_t kMostRequest = 16'384;
inline constexpr size_t kMostList = size_t{4} << 20;

/// pem writes DER as a block of that name: RFC 7468.
std::string pem(const char* name, Bytes der);
/// certificates_of gives the DER of all certificates in PEM, at most kMostCertificates; lists_of of the lists, at most
/// one. Other blocks are passed over. Errors: throw Error where PEM is broken.
std::vector<std::vector<uint8_t>> certificates_of(Bytes pem);
std::optional<std::vector<uint8_t>> list_of(Bytes pem);

/// Request is what a party asks to be certified, once its signature proved that it holds the key.
struct Request {
  std::string subject;                // common name
  std::vector<uint8_t> public_key{};  // SubjectPublicKeyInfo, DER
};
std::vector<uint8_t> make_request(const std::string& subject, CertificateKey& key);
/// read_request reads DER or PEM. Errors: throws Error where it is malformed, its signature does not hold, its key is
/// too weak (as read_certificate), or it names no subject or several.
Request read_request(Bytes bytes);

/// Serial is a number for a certificate: 16 octets, the first 1 to 127.
using Serial = std::array<uint8_t, 16>;
Serial random_serial();

/// Issue is what an authority says in a certificate.
struct Issue {
  std::string subject{}, plant{}, role{};  // role: kRoleExtension; empty: none
  std::string host{};                      // DNS name; empty: none
  std::vector<IpAddress> addresses{};
  Serial serial{};
  TimePoint from{}, until{};  // whole seconds
};
/// issue_certificate is for TLS on both sides: digitalSignature, serverAuth, clientAuth, no authority. `issuer` is the
/// certificate of `key`. issue_root signs itself: keyCertSign and cRLSign, no authority below it.
std::vector<uint8_t> issue_certificate(const Issue& issue, Bytes public_key, Bytes issuer, CertificateKey& key);
std::vector<uint8_t> issue_root(const Issue& issue, CertificateKey& key);
/// public_key_of is the SubjectPublicKeyInfo of a certificate, DER.
std::vector<uint8_t> public_key_of(Bytes certificate);

/// Revoked is one line of a list; `reason` is a word of kReasons.
struct Revoked {
  std::string serial;
  TimePoint when{};
  std::string reason;
};
/// kReasons by number: RFC 5280 section 5.3.1. 6 (hold) and 8 (its end) are not used here.
inline constexpr std::array<const char*, 11> kReasons = {"unspecified",
                                                         "key-compromise",
                                                         "authority-compromise",
                                                         "affiliation-changed",
                                                         "superseded",
                                                         "cessation",
                                                         "",
                                                         "",
                                                         "",
                                                         "privilege-withdrawn",
                                                         "attribute-compromise"};
int reason_number(std::string_view word);  // -1: no such word

struct RevocationList {
  std::string issuer{};  // organisation
  uint64_t number = 0;
  TimePoint made{}, next{};  // whole seconds
  std::vector<Revoked> revoked{};
};
std::vector<uint8_t> issue_list(const RevocationList& list, Bytes issuer, CertificateKey& key);
/// read_list reads DER or PEM. Its signature is not checked: see check_list. Errors: throws Error where malformed or
/// with more than kMostRevoked.
RevocationList read_list(Bytes bytes);
/// check_list holds the list's signature against the certificate `issuer`. Errors: throws Error.
void check_list(Bytes list, Bytes issuer);

/// check_chain verifies that `chain`, own certificate first, leads to one of `roots`, all in time at `now`.
/// Errors: throws Error with the reason.
void check_chain(const std::vector<std::vector<uint8_t>>& chain, const std::vector<std::vector<uint8_t>>& roots,
                 TimePoint now);

}  // namespace rampart::crypto
