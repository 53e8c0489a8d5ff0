#include "crypto/x509.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/error.h"
#include "base/text.h"
#include "crypto/certificate.h"

namespace rampart::crypto::x509 {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";

/// OpenSslText is memory that OpenSSL allocated.
using OpenSslText = std::unique_ptr<char, decltype([](char* text) { OPENSSL_free(text); })>;
using OpenSslBytes = std::unique_ptr<uint8_t, decltype([](uint8_t* bytes) { OPENSSL_free(bytes); })>;

void check_name(std::string_view text, const char* what) {
  if (text.size() > kMostName) throw Error(std::string(what) + " of a certificate is too long");
  const auto control = [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; };
  if (!is_utf8(text) || std::ranges::any_of(text, control)) {
    throw Error(std::string(what) + " of a certificate holds control characters");
  }
}

}  // namespace

void fail(const std::string& what) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  throw Error(reason != nullptr ? what + ": " + reason : what);
}

std::vector<std::vector<uint8_t>> decode_pem(Bytes text, std::string_view name, size_t most, size_t most_octets) {
  if (text.size() > 2 * most * most_octets) throw Error("the text of " + std::string(name) + " in PEM is too long");
  const std::unique_ptr<BIO, Free<BIO_free>> memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::vector<std::vector<uint8_t>> blocks;
  while (memory != nullptr) {
    char* block_name = nullptr;
    char* block_header = nullptr;
    uint8_t* block = nullptr;
    long size = 0;
    if (PEM_read_bio(memory.get(), &block_name, &block_header, &block, &size) != 1) break;
    const OpenSslText owned_name(block_name), owned_header(block_header);
    const OpenSslBytes owned(block);
    if (block_name != name) continue;
    if (static_cast<size_t>(size) > most_octets || blocks.size() == most) {
      throw Error("a file of " + std::string(name) + " in PEM is too large or has too many of them");
    }
    blocks.emplace_back(block, block + size);
  }
  const unsigned long ended = ERR_peek_last_error();
  if (ERR_GET_REASON(ended) != PEM_R_NO_START_LINE) fail("PEM is broken");
  ERR_clear_error();
  return blocks;
}

std::vector<uint8_t> only_block(Bytes bytes, std::string_view name, size_t most_octets) {
  if (as_text(bytes).find(kBegin) == std::string_view::npos) {
    if (bytes.empty() || bytes.size() > most_octets) throw Error("a " + std::string(name) + " is empty or too large");
    return {bytes.begin(), bytes.end()};
  }
  auto blocks = decode_pem(bytes, name, 1, most_octets);
  if (blocks.empty()) {
    throw Error("there is no " + std::string(name) + " in PEM", "It begins with -----BEGIN " + std::string(name));
  }
  return std::move(blocks[0]);
}

void check_key(const EVP_PKEY* key, const std::string& whose) {
  constexpr const char* kHint = "Taken are P-256, P-384, P-521, Ed25519, and RSA from 3072 bits.";
  if (key == nullptr) fail(whose + " cannot be read");
  const int type = EVP_PKEY_get_base_id(key);
  bool strong = type == EVP_PKEY_ED25519;
  if (type == EVP_PKEY_RSA) strong = EVP_PKEY_get_bits(key) >= 3072 && EVP_PKEY_get_bits(key) <= 8192;
  if (type == EVP_PKEY_EC) {
    std::array<char, 64> group{};
    // A curve by its parameters, which may be anything, has no name.
    const bool named = EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1;
    const std::string_view curve(group.data());
    strong = named && (curve == "prime256v1" || curve == "secp384r1" || curve == "secp521r1");
    ERR_clear_error();
  }
  if (!strong) throw Error(whose + " is too weak or of a kind that is not taken", kHint);
}

CertificatePointer parse_certificate(Bytes der) {
  const uint8_t* at = der.data();
  CertificatePointer certificate(der.size() <= kMostCertificate ? d2i_X509(nullptr, &at, static_cast<long>(der.size()))
                                                                : nullptr);
  if (certificate == nullptr || at != der.data() + der.size()) fail("a certificate is malformed");
  check_key(X509_get0_pubkey(certificate.get()), "the key of a certificate");
  int bits = 0;
  constexpr int kLeastBits = 112;  // SHA-1 has less: NIST SP 800-131A
  if (X509_get_signature_info(certificate.get(), nullptr, nullptr, &bits, nullptr) != 1 || bits < kLeastBits) {
    fail("the signature of a certificate is of a kind that is not taken (SHA-256 or better)");
  }
  return certificate;
}

std::string name_part(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  if (X509_NAME_get_index_by_NID(name, nid, at) >= 0) throw Error("a certificate names one thing twice");
  uint8_t* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  const OpenSslBytes owned(text);
  if (size < 0) fail("a name in a certificate cannot be read");
  const std::string out(reinterpret_cast<const char*>(text), static_cast<size_t>(size));
  check_name(out, "a name");
  return out;
}

std::string role_of(const STACK_OF(X509_EXTENSION) * extensions) {
  const std::unique_ptr<ASN1_OBJECT, Free<ASN1_OBJECT_free>> oid(OBJ_txt2obj(kRoleExtension, 1));
  const int at = X509v3_get_ext_by_OBJ(extensions, oid.get(), -1);
  if (at < 0) return {};
  if (X509v3_get_ext_by_OBJ(extensions, oid.get(), at) >= 0) throw Error("a certificate has two roles");
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(X509v3_get_ext(extensions, at));
  const uint8_t* octets = ASN1_STRING_get0_data(value);
  const long size = ASN1_STRING_length(value);
  const uint8_t* end = octets;
  const std::unique_ptr<ASN1_UTF8STRING, Free<ASN1_UTF8STRING_free>> text(d2i_ASN1_UTF8STRING(nullptr, &end, size));
  if (text == nullptr || end != octets + size) fail("the role of a certificate is no UTF8String");
  const std::string out(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text.get())),
                        static_cast<size_t>(ASN1_STRING_length(text.get())));
  check_name(out, "the role");
  return out;
}

TimePoint time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) fail("a time cannot be read");
  return from_unix(timegm(&parts), 0);
}

std::string serial_text(const ASN1_INTEGER* serial) {
  constexpr int kMostOctets = 20;  // RFC 5280 section 4.1.2.2
  const int size = ASN1_STRING_length(serial);
  if (size < 1 || size > kMostOctets || ASN1_STRING_type(serial) != V_ASN1_INTEGER) {
    throw Error("a serial number is negative or longer than 20 octets");
  }
  std::string out;
  append_hex(out, {ASN1_STRING_get0_data(serial), static_cast<size_t>(size)});
  return out;
}

}  // namespace rampart::crypto::x509
