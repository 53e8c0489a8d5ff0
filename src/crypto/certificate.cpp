#include "crypto/certificate.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/x509.h"

namespace rampart::crypto {
namespace {

constexpr const char* kBlock = "CERTIFICATE";

std::vector<IpAddress> addresses_of(const X509* certificate) {
  int state = 0;
  const std::unique_ptr<GENERAL_NAMES, x509::Free<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &state, nullptr)));
  std::vector<IpAddress> out;
  if (names == nullptr) {
    if (state != -1) x509::fail("the other names of a certificate are malformed or there twice");
    return out;
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_IPADD) continue;
    const uint8_t* octets = ASN1_STRING_get0_data(name->d.iPAddress);
    const int size = ASN1_STRING_length(name->d.iPAddress);
    if ((size != 4 && size != 16) || out.size() == kMostAddresses) {
      throw Error("a certificate has malformed addresses or too many of them");
    }
    out.push_back(size == 4 ? IpAddress::v4(octets) : IpAddress::v6(octets));
  }
  return out;
}

Certificate read_der(Bytes der) {
  const x509::CertificatePointer parsed = x509::parse_certificate(der);
  Certificate out;
  const X509_NAME* name = X509_get_subject_name(parsed.get());
  out.subject = x509::name_part(name, NID_commonName);
  out.plant = x509::name_part(name, NID_organizationName);
  out.role = x509::role_of(X509_get0_extensions(parsed.get()));
  out.addresses = addresses_of(parsed.get());
  out.serial = x509::serial_text(X509_get0_serialNumber(parsed.get()));
  out.fingerprint = sha256(der);
  out.from = x509::time_of(X509_get0_notBefore(parsed.get()));
  out.until = x509::time_of(X509_get0_notAfter(parsed.get()));
  // 1: an authority by basicConstraints of version 3; other positive values are guesses about old forms.
  out.authority = X509_check_ca(parsed.get()) == 1;
  ERR_clear_error();
  return out;
}

}  // namespace

Certificate read_certificate(Bytes bytes) { return read_der(x509::only_block(bytes, kBlock, kMostCertificate)); }

std::vector<Certificate> read_certificates(Bytes pem) {
  std::vector<Certificate> out;
  for (const auto& der : x509::decode_pem(pem, kBlock, kMostCertificates, kMostCertificate)) {
    out.push_back(read_der(der));
  }
  if (out.empty()) throw Error("there is no certificate in PEM", "It begins with -----BEGIN CERTIFICATE-----");
  return out;
}

std::string fingerprint_text(const Certificate& certificate) {
  std::string out;
  append_hex(out, certificate.fingerprint);
  return out;
}

}  // namespace rampart::crypto
