// For tests of this room only: certificates of an authority made on the spot.
#pragma once

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace rampart::net::testing {

struct Authority {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

inline void add_extension(X509* certificate, X509* issuer, const char* kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf(nullptr, &context, kind, value);
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// make_certificate: by `issuer`, or by itself as an authority where there is none; `days` from now until it ends.
inline Authority make_certificate(const std::string& name, const char* alternative, const Authority* issuer, long days,
                                  const char* role = nullptr, bool authority = false) {
  Authority made;
  made.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
  made.certificate.reset(X509_new(), X509_free);
  X509* certificate = made.certificate.get();
  static long serial = 0;
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -30 * 86'400L);
  X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86'400L);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* signer = issuer != nullptr ? issuer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  const bool end = issuer != nullptr && !authority;
  add_extension(certificate, signer, "basicConstraints", end ? "CA:FALSE" : "critical,CA:TRUE");
  if (alternative != nullptr) add_extension(certificate, signer, "subjectAltName", alternative);
  if (role != nullptr) {
    add_extension(certificate, signer, "1.3.6.1.4.1.50316.802.1", ("ASN1:UTF8String:" + std::string(role)).c_str());
  }
  X509_sign(certificate, issuer != nullptr ? issuer->key.get() : made.key.get(), EVP_sha256());
  return made;
}

/// write_identity makes the folder that TlsContext reads; `above` is what leads from `own` to `root`.
inline void write_identity(const std::string& folder, const Authority& own, const std::vector<Authority>& above,
                           const Authority& root) {
  std::filesystem::create_directory(folder);
  const auto file = [&](const char* name) { return fopen((folder + "/" + name).c_str(), "w"); };
  FILE* key = file("key.pem");
  PEM_write_PrivateKey(key, own.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  fclose(key);
  chmod((folder + "/key.pem").c_str(), 0600);
  FILE* chain = file("certificate.pem");
  PEM_write_X509(chain, own.certificate.get());
  for (const Authority& one : above) PEM_write_X509(chain, one.certificate.get());
  fclose(chain);
  FILE* trusted = file("authority.pem");
  PEM_write_X509(trusted, root.certificate.get());
  fclose(trusted);
}

/// write_list puts a revocation list of `issuer` into a file; it ends in `days` from now.
inline void write_list(const std::string& path, const Authority& issuer, const std::vector<Authority>& revoked,
                       long days = 30) {
  const std::unique_ptr<X509_CRL, decltype([](X509_CRL* list) { X509_CRL_free(list); })> list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.certificate.get()));
  const std::unique_ptr<ASN1_TIME, decltype([](ASN1_TIME* time) { ASN1_TIME_free(time); })> time(ASN1_TIME_new());
  X509_gmtime_adj(time.get(), -40 * 86'400L);
  X509_CRL_set1_lastUpdate(list.get(), time.get());
  X509_gmtime_adj(time.get(), days * 86'400L);
  X509_CRL_set1_nextUpdate(list.get(), time.get());
  for (const Authority& one : revoked) {
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one.certificate.get()));
    X509_gmtime_adj(time.get(), -86'400L);
    X509_REVOKED_set_revocationDate(entry, time.get());
    X509_CRL_add0_revoked(list.get(), entry);
  }
  X509_CRL_sign(list.get(), issuer.key.get(), EVP_sha256());
  FILE* file = fopen(path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  PEM_write_X509_CRL(file, list.get());
  fclose(file);
}

}  // namespace rampart::net::testing
