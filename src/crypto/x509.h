// OpenSSL's types for X.509, owned; for the sources of this room alone.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace rampart::crypto::x509 {

template <auto Function>
struct Free {
  template <class Type>
  void operator()(Type* pointer) const {
    Function(pointer);
  }
};
using CertificatePointer = std::unique_ptr<X509, Free<X509_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

/// decode_pem gives the DER of each block `name` of a text, at most `most` of at most `most_octets`. Blocks of other
/// names are passed over. Errors: throws Error, which says `what` it is about.
std::vector<std::vector<uint8_t>> decode_pem(Bytes text, std::string_view name, size_t most, size_t most_octets);
/// only_block is the DER of input that is DER already, or PEM with one such block.
std::vector<uint8_t> only_block(Bytes bytes, std::string_view name, size_t most_octets);

/// parse_certificate reads one, DER, trailing octets refused, and holds its key and signature to the least strength.
CertificatePointer parse_certificate(Bytes der);
/// check_key refuses keys weaker than P-256 or RSA of 3072 bits. Errors: throws Error that begins with `whose`.
void check_key(const EVP_PKEY* key, const std::string& whose);

/// name_part is the one text of that kind in a name; empty where there is none. Errors: throws Error where there are
/// several, it is too long or holds control characters.
std::string name_part(const X509_NAME* name, int nid);
/// role_of is the UTF8String of kRoleExtension; empty where there is none. Errors: throws Error, also where it is there
/// twice.
std::string role_of(const STACK_OF(X509_EXTENSION) * extensions);
TimePoint time_of(const ASN1_TIME* time);
/// hexadecimal of a serial number. Errors: throws Error where it is negative or longer than 20 octets.
std::string serial_text(const ASN1_INTEGER* serial);

/// fail throws Error with what was done and OpenSSL's reason, if it gave one.
[[noreturn]] void fail(const std::string& what);

}  // namespace rampart::crypto::x509
