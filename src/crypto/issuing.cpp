#include "crypto/issuing.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "crypto/x509.h"

namespace rampart::crypto {
namespace {

using RequestPointer = std::unique_ptr<X509_REQ, x509::Free<X509_REQ_free>>;
using ListPointer = std::unique_ptr<X509_CRL, x509::Free<X509_CRL_free>>;
using IntegerPointer = std::unique_ptr<ASN1_INTEGER, x509::Free<ASN1_INTEGER_free>>;
using TimePointer = std::unique_ptr<ASN1_TIME, x509::Free<ASN1_TIME_free>>;
using OpenSslBytes = std::unique_ptr<uint8_t, decltype([](uint8_t* bytes) { OPENSSL_free(bytes); })>;

void require(bool good, const char* doing) {
  if (!good) x509::fail(std::string("cannot ") + doing);
}

template <class Type>
std::vector<uint8_t> der_of(int (*write)(Type*, uint8_t**), Type* object, const char* doing) {
  uint8_t* der = nullptr;
  const int size = write(object, &der);
  const OpenSslBytes owned(der);
  require(size > 0, doing);
  return {der, der + size};
}

void append_length(std::vector<uint8_t>& out, size_t length) {
  if (length < 0x80) {
    out.push_back(static_cast<uint8_t>(length));
    return;
  }
  int octets = 1;
  while (length >> (8 * octets) != 0) ++octets;
  out.push_back(static_cast<uint8_t>(0x80 | octets));
  for (int i = octets - 1; i >= 0; --i) out.push_back(static_cast<uint8_t>(length >> (8 * i)));
}

/// signed_form is SEQUENCE { to be signed, ecdsa-with-SHA256, signature }: RFC 5280 section 4.1, RFC 5758 section 3.2.
/// Put together here since the key may lie in a token, which OpenSSL knows nothing of.
std::vector<uint8_t> signed_form(Bytes to_be_signed, CertificateKey& key) {
  static constexpr uint8_t kAlgorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
  const std::vector<uint8_t> signature = key.sign(to_be_signed);
  std::vector<uint8_t> bits = {0x03};
  append_length(bits, signature.size() + 1);
  bits.push_back(0);  // no unused bits
  bits.insert(bits.end(), signature.begin(), signature.end());
  std::vector<uint8_t> out = {0x30};
  append_length(out, to_be_signed.size() + sizeof kAlgorithm + bits.size());
  out.insert(out.end(), to_be_signed.begin(), to_be_signed.end());
  out.insert(out.end(), std::begin(kAlgorithm), std::end(kAlgorithm));
  out.insert(out.end(), bits.begin(), bits.end());
  return out;
}

/// placeholder is a key that signs first what another will sign: only so OpenSSL writes the algorithm's name into what
/// is to be signed.
x509::KeyPointer placeholder() {
  x509::KeyPointer key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  require(key != nullptr, "make a key");
  return key;
}

x509::KeyPointer read_key(Bytes info) {
  const uint8_t* at = info.data();
  x509::KeyPointer key(d2i_PUBKEY(nullptr, &at, static_cast<long>(info.size())));
  require(key != nullptr, "read a public key");
  return key;
}

void add_name(X509_NAME* name, int nid, const std::string& value) {
  if (value.empty()) return;
  require(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, reinterpret_cast<const uint8_t*>(value.data()),
                                     static_cast<int>(value.size()), -1, 0) == 1,
          "write a name (at most 64 characters)");
}

TimePointer time_from(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  TimePointer out(ASN1_TIME_set(nullptr, seconds));
  require(out != nullptr, "write a time");
  return out;
}

/// add_extension adds one in OpenSSL's own words for it.
template <class Object>
void add_extension(Object* to, int (*add)(Object*, X509_EXTENSION*, int), X509V3_CTX& context, int nid,
                   const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, x509::Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str()));
  require(extension != nullptr && add(to, extension.get(), -1) == 1, "write an extension of a certificate");
}

void add_role(X509* certificate, const std::string& role) {
  if (role.empty()) return;
  const std::unique_ptr<ASN1_OBJECT, x509::Free<ASN1_OBJECT_free>> oid(OBJ_txt2obj(kRoleExtension, 1));
  std::vector<uint8_t> value = {V_ASN1_UTF8STRING};
  append_length(value, role.size());
  value.insert(value.end(), role.begin(), role.end());
  const std::unique_ptr<ASN1_OCTET_STRING, x509::Free<ASN1_OCTET_STRING_free>> octets(ASN1_OCTET_STRING_new());
  require(octets != nullptr && ASN1_OCTET_STRING_set(octets.get(), value.data(), static_cast<int>(value.size())) == 1,
          "write a role");
  const std::unique_ptr<X509_EXTENSION, x509::Free<X509_EXTENSION_free>> extension(
      X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), 0, octets.get()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "write a role");
}

std::string other_names(const Issue& issue) {
  std::string out = issue.host.empty() ? "" : "DNS:" + issue.host;
  for (const IpAddress& address : issue.addresses) {
    if (!out.empty()) out += ',';
    append(out += "IP:", address);
  }
  return out;
}

x509::CertificatePointer begin(const Issue& issue, EVP_PKEY* key) {
  x509::CertificatePointer made(X509_new());
  const std::unique_ptr<BIGNUM, x509::Free<BN_free>> serial(
      BN_bin2bn(issue.serial.data(), static_cast<int>(issue.serial.size()), nullptr));
  require(made != nullptr && serial != nullptr && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
              BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(made.get())) != nullptr &&
              X509_set1_notBefore(made.get(), time_from(issue.from).get()) == 1 &&
              X509_set1_notAfter(made.get(), time_from(issue.until).get()) == 1 &&
              X509_set_pubkey(made.get(), key) == 1,
          "make a certificate");
  X509_NAME* name = X509_get_subject_name(made.get());
  add_name(name, NID_organizationName, issue.plant);
  add_name(name, NID_commonName, issue.subject);
  return made;
}

/// finish has `key` sign, and reads what came out: what we make, we can read.
std::vector<uint8_t> finish(X509* certificate, CertificateKey& key) {
  require(X509_sign(certificate, placeholder().get(), EVP_sha256()) > 0, "make a certificate");
  std::vector<uint8_t> out = signed_form(der_of(i2d_re_X509_tbs, certificate, "make a certificate"), key);
  read_certificate(out);
  return out;
}

ListPointer parse_list(Bytes bytes) {
  const std::vector<uint8_t> der = x509::only_block(bytes, kPemList, kMostList);
  const uint8_t* at = der.data();
  ListPointer list(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  if (list == nullptr || at != der.data() + der.size()) x509::fail("a revocation list is malformed");
  return list;
}

void add_revoked(X509_CRL* list, const Revoked& revoked) {
  BIGNUM* number = nullptr;
  BN_hex2bn(&number, revoked.serial.c_str());
  const std::unique_ptr<BIGNUM, x509::Free<BN_free>> owned(number);
  const IntegerPointer serial(number != nullptr ? BN_to_ASN1_INTEGER(number, nullptr) : nullptr);
  std::unique_ptr<X509_REVOKED, x509::Free<X509_REVOKED_free>> entry(X509_REVOKED_new());
  const std::unique_ptr<ASN1_ENUMERATED, x509::Free<ASN1_ENUMERATED_free>> reason(ASN1_ENUMERATED_new());
  const int code = std::max(reason_number(revoked.reason), 0);
  bool good = serial != nullptr && entry != nullptr && reason != nullptr &&
              X509_REVOKED_set_serialNumber(entry.get(), serial.get()) == 1 &&
              X509_REVOKED_set_revocationDate(entry.get(), time_from(revoked.when).get()) == 1;
  // "unspecified" is said by leaving it out: RFC 5280 section 5.3.1.
  if (good && code > 0) {
    good = ASN1_ENUMERATED_set(reason.get(), code) == 1 &&
           X509_REVOKED_add1_ext_i2d(entry.get(), NID_crl_reason, reason.get(), 0, 0) == 1;
  }
  require(good && X509_CRL_add0_revoked(list, entry.get()) == 1, "write a revocation list");
  entry.release();  // which the list owns now
}

Revoked read_revoked(X509_REVOKED* entry) {
  Revoked out;
  out.serial = x509::serial_text(X509_REVOKED_get0_serialNumber(entry));
  out.when = x509::time_of(X509_REVOKED_get0_revocationDate(entry));
  const std::unique_ptr<ASN1_ENUMERATED, x509::Free<ASN1_ENUMERATED_free>> reason(
      static_cast<ASN1_ENUMERATED*>(X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nullptr, nullptr)));
  const long code = reason != nullptr ? ASN1_ENUMERATED_get(reason.get()) : 0;
  const bool known = code >= 0 && static_cast<size_t>(code) < kReasons.size();
  out.reason = kReasons[known ? static_cast<size_t>(code) : 0];
  return out;
}

}  // namespace

std::string pem(const char* name, Bytes der) {
  const std::unique_ptr<BIO, x509::Free<BIO_free>> memory(BIO_new(BIO_s_mem()));
  require(memory != nullptr && PEM_write_bio(memory.get(), name, "", der.data(), static_cast<long>(der.size())) > 0,
          "write PEM");
  const char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::vector<std::vector<uint8_t>> certificates_of(Bytes pem) {
  return x509::decode_pem(pem, kPemCertificate, kMostCertificates, kMostCertificate);
}

std::optional<std::vector<uint8_t>> list_of(Bytes pem) {
  auto lists = x509::decode_pem(pem, kPemList, 1, kMostList);
  if (lists.empty()) return std::nullopt;
  return std::move(lists[0]);
}

std::vector<uint8_t> make_request(const std::string& subject, CertificateKey& key) {
  const RequestPointer made(X509_REQ_new());
  const x509::KeyPointer public_key = read_key(key.public_key());
  require(made != nullptr && X509_REQ_set_version(made.get(), X509_REQ_VERSION_1) == 1 &&
              X509_REQ_set_pubkey(made.get(), public_key.get()) == 1,
          "make a request");
  add_name(X509_REQ_get_subject_name(made.get()), NID_commonName, subject);
  return signed_form(der_of(i2d_re_X509_REQ_tbs, made.get(), "make a request"), key);
}

Request read_request(Bytes bytes) {
  const std::vector<uint8_t> der = x509::only_block(bytes, kPemRequest, kMostRequest);
  const uint8_t* at = der.data();
  const RequestPointer parsed(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (parsed == nullptr || at != der.data() + der.size()) x509::fail("the request is malformed");
  EVP_PKEY* key = X509_REQ_get0_pubkey(parsed.get());
  x509::check_key(key, "the key of the request");
  if (X509_REQ_verify(parsed.get(), key) != 1) {
    ERR_clear_error();
    throw Error("the signature of the request does not hold", "Who asks must hold the key: make the request anew.");
  }
  Request out;
  out.subject = x509::name_part(X509_REQ_get_subject_name(parsed.get()), NID_commonName);
  if (out.subject.empty()) throw Error("the request names no subject", "Its common name is an id of the plant.");
  out.public_key = der_of(i2d_PUBKEY, const_cast<const EVP_PKEY*>(key), "read a public key");
  return out;
}

Serial random_serial() {
  Serial serial{};
  do {
    random(serial);
    serial[0] &= 0x7f;
  } while (serial[0] == 0);
  return serial;
}

std::vector<uint8_t> public_key_of(Bytes certificate) {
  const x509::CertificatePointer parsed = x509::parse_certificate(certificate);
  return der_of(i2d_PUBKEY, static_cast<const EVP_PKEY*>(X509_get0_pubkey(parsed.get())), "read a public key");
}

std::vector<uint8_t> issue_certificate(const Issue& issue, Bytes public_key, Bytes issuer, CertificateKey& key) {
  const x509::CertificatePointer above = x509::parse_certificate(issuer);
  const x509::CertificatePointer made = begin(issue, read_key(public_key).get());
  require(X509_set_issuer_name(made.get(), X509_get_subject_name(above.get())) == 1, "make a certificate");
  X509V3_CTX context{};
  X509V3_set_ctx(&context, above.get(), made.get(), nullptr, nullptr, 0);
  const auto add = [&](int nid, const std::string& value) {
    add_extension(made.get(), X509_add_ext, context, nid, value);
  };
  add(NID_basic_constraints, "critical,CA:FALSE");
  add(NID_key_usage, "critical,digitalSignature");
  add(NID_ext_key_usage, "serverAuth,clientAuth");
  add(NID_subject_key_identifier, "hash");
  add(NID_authority_key_identifier, "keyid:always");
  const std::string names = other_names(issue);
  if (!names.empty()) add(NID_subject_alt_name, names);
  add_role(made.get(), issue.role);
  return finish(made.get(), key);
}

std::vector<uint8_t> issue_root(const Issue& issue, CertificateKey& key) {
  const x509::CertificatePointer made = begin(issue, read_key(key.public_key()).get());
  require(X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) == 1, "make a certificate");
  X509V3_CTX context{};
  X509V3_set_ctx(&context, made.get(), made.get(), nullptr, nullptr, 0);
  const auto add = [&](int nid, const std::string& value) {
    add_extension(made.get(), X509_add_ext, context, nid, value);
  };
  add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add(NID_key_usage, "critical,keyCertSign,cRLSign");
  add(NID_subject_key_identifier, "hash");
  return finish(made.get(), key);
}

int reason_number(std::string_view word) {
  const auto found = std::ranges::find(kReasons, word, [](const char* known) { return std::string_view(known); });
  return word.empty() || found == kReasons.end() ? -1 : static_cast<int>(found - kReasons.begin());
}

std::vector<uint8_t> issue_list(const RevocationList& list, Bytes issuer, CertificateKey& key) {
  const x509::CertificatePointer above = x509::parse_certificate(issuer);
  const ListPointer made(X509_CRL_new());
  require(made != nullptr && X509_CRL_set_version(made.get(), X509_CRL_VERSION_2) == 1 &&
              X509_CRL_set_issuer_name(made.get(), X509_get_subject_name(above.get())) == 1 &&
              X509_CRL_set1_lastUpdate(made.get(), time_from(list.made).get()) == 1 &&
              X509_CRL_set1_nextUpdate(made.get(), time_from(list.next).get()) == 1,
          "make a revocation list");
  for (const Revoked& revoked : list.revoked) add_revoked(made.get(), revoked);
  X509V3_CTX context{};
  X509V3_set_ctx(&context, above.get(), nullptr, nullptr, made.get(), 0);
  add_extension(made.get(), X509_CRL_add_ext, context, NID_authority_key_identifier, "keyid:always");
  const IntegerPointer number(ASN1_INTEGER_new());
  require(number != nullptr && ASN1_INTEGER_set_uint64(number.get(), list.number) == 1 &&
              X509_CRL_add1_ext_i2d(made.get(), NID_crl_number, number.get(), 0, 0) == 1 &&
              X509_CRL_sort(made.get()) == 1 && X509_CRL_sign(made.get(), placeholder().get(), EVP_sha256()) > 0,
          "make a revocation list");
  return signed_form(der_of(i2d_re_X509_CRL_tbs, made.get(), "make a revocation list"), key);
}

RevocationList read_list(Bytes bytes) {
  const ListPointer parsed = parse_list(bytes);
  RevocationList out;
  out.issuer = x509::name_part(X509_CRL_get_issuer(parsed.get()), NID_organizationName);
  out.made = x509::time_of(X509_CRL_get0_lastUpdate(parsed.get()));
  out.next = x509::time_of(X509_CRL_get0_nextUpdate(parsed.get()));
  const IntegerPointer number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(parsed.get(), NID_crl_number, nullptr, nullptr)));
  if (number != nullptr && ASN1_INTEGER_get_uint64(&out.number, number.get()) != 1) {
    x509::fail("the number of a revocation list is too large");
  }
  STACK_OF(X509_REVOKED)* entries = X509_CRL_get_REVOKED(parsed.get());
  const int count = sk_X509_REVOKED_num(entries);
  if (count > static_cast<int>(kMostRevoked)) throw Error("a revocation list is too long");
  for (int i = 0; i < count; ++i) out.revoked.push_back(read_revoked(sk_X509_REVOKED_value(entries, i)));
  ERR_clear_error();
  return out;
}

void check_list(Bytes list, Bytes issuer) {
  const x509::CertificatePointer above = x509::parse_certificate(issuer);
  const ListPointer parsed = parse_list(list);
  const bool named = X509_NAME_cmp(X509_CRL_get_issuer(parsed.get()), X509_get_subject_name(above.get())) == 0;
  const bool good = named && X509_CRL_verify(parsed.get(), X509_get0_pubkey(above.get())) == 1;
  ERR_clear_error();
  if (!good) throw Error("the revocation list is not by the authority", "Fetch it anew from the authority.");
}

void check_chain(const std::vector<std::vector<uint8_t>>& chain, const std::vector<std::vector<uint8_t>>& roots,
                 TimePoint now) {
  if (chain.empty()) throw Error("there is no certificate to check");
  const std::unique_ptr<X509_STORE, x509::Free<X509_STORE_free>> store(X509_STORE_new());
  const std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); })> rest(
      sk_X509_new_null());
  const std::unique_ptr<X509_STORE_CTX, x509::Free<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  require(store != nullptr && rest != nullptr && context != nullptr, "check a chain");
  for (const auto& root : roots) {
    require(X509_STORE_add_cert(store.get(), x509::parse_certificate(root).get()) == 1, "check a chain");
  }
  for (size_t i = 1; i < chain.size(); ++i) {
    x509::CertificatePointer one = x509::parse_certificate(chain[i]);
    if (sk_X509_push(rest.get(), one.get()) > 0) one.release();
  }
  const x509::CertificatePointer own = x509::parse_certificate(chain[0]);
  require(X509_STORE_CTX_init(context.get(), store.get(), own.get(), rest.get()) == 1, "check a chain");
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(rules, std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(kMostCertificates));
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  if (!good) {
    throw Error(std::string("the certificate does not lead to an authority that is trusted: ") +
                X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  }
}

}  // namespace rampart::crypto
