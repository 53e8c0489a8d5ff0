#include <openssl/bio.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/secret_file.h"
#include "crypto/tls_key.h"
#include "net/tls_body.h"

namespace rampart::net {
namespace {

constexpr uint64_t kMostFile = uint64_t{8} << 20;
constexpr size_t kMostDenied = 65'536;
constexpr const char* kFiles[] = {"key.pem", "key.uri", "certificate.pem", "authority.pem", "crl.pem", "denied"};
// Forward secrecy and authenticated encryption alone, where TLS 1.2 is taken at all.
constexpr const char* kOldCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

using Memory = std::unique_ptr<BIO, TlsFree<BIO_free>>;
using Certificate = std::unique_ptr<X509, TlsFree<X509_free>>;
using List = std::unique_ptr<X509_CRL, TlsFree<X509_CRL_free>>;
using Key = std::unique_ptr<EVP_PKEY, TlsFree<EVP_PKEY_free>>;

Memory memory_of(Bytes bytes) { return Memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

/// Folder reads one identity folder into a Body.
class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}

  std::unique_ptr<TlsContext::Body> read() {
    body_->context.reset(SSL_CTX_new(TLS_method()));
    if (!body_->context) throw Error("TLS cannot be set up: " + tls_reason());
    set_up();
    read_certificate();
    read_key();
    read_authority();
    read_lists();
    read_denied();
    send_whole_chain();
    return std::move(body_);
  }

 private:
  SSL_CTX* context() const { return body_->context.get(); }
  std::string name(const char* file) const { return path_ + "/" + file; }
  [[noreturn]] void fail(const char* file, const std::string& what, const std::string& hint) const {
    ERR_clear_error();
    throw Error(name(file) + ": " + what, hint);
  }

  std::vector<uint8_t> need(const char* file, const char* hint) const {
    auto octets = read_file(name(file), kMostFile);
    if (!octets) fail(file, "there is no such file", hint);
    return std::move(*octets);
  }

  void set_up() {
    SSL_CTX* made = context();
    SSL_CTX_set_security_level(made, 2);
    SSL_CTX_set_cipher_list(made, kOldCiphers);
    // Nothing is resumed: each session has its certificates checked as they are now.
    SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(made, 0);
    SSL_CTX_set_mode(made,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(made, 1);
  }

  void read_certificate() {
    constexpr const char* kFile = "certificate.pem";
    const char* hint = "our own certificate first, in PEM, then those that lead to the authority";
    const std::vector<uint8_t> octets = need(kFile, hint);
    try {
      body_->own = crypto::read_certificates(octets).front();
    } catch (const Error& error) {
      fail(kFile, error.what(), hint);
    }
    const Memory memory = memory_of(octets);
    bool first = true;
    while (const Certificate one{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)}) {
      const int taken = first ? SSL_CTX_use_certificate(context(), one.get())
                              : static_cast<int>(SSL_CTX_add1_chain_cert(context(), one.get()));
      if (taken != 1) fail(kFile, tls_reason(), hint);
      first = false;
    }
  }

  /// read_key takes the key from a file, or from the token that `key.uri` names.
  void read_key() {
    constexpr const char* kUri = "key.uri";
    struct stat about {};
    if (stat(name(kUri).c_str(), &about) != 0) {
      read_key_file();
      return;
    }
    if (stat(name("key.pem").c_str(), &about) == 0) {
      fail(kUri, "there is a key.pem too", "an identity has one key: remove the other");
    }
    std::shared_ptr<EVP_PKEY> key;
    try {
      if (const auto token = crypto::token_key_in(name(kUri))) key = crypto::token_tls_key(*token);
    } catch (const Error& error) {
      const std::string what = error.what();
      const bool says_how = what.find('\n') != std::string::npos;
      fail(kUri, what, says_how ? "" : "the token must be there, and its PIN be readable for this user");
    }
    if (SSL_CTX_use_PrivateKey(context(), key.get()) != 1) {
      fail(kUri, "its key cannot be used: " + tls_reason(), "the key that belongs to certificate.pem");
    }
  }

  void read_key_file() {
    constexpr const char* kFile = "key.pem";
    std::vector<uint8_t> octets = crypto::read_secret(name(kFile), 0077);
    Key key;
    {
      const Memory memory = memory_of(octets);
      const auto no_passphrase = [](char*, int, int, void*) { return 0; };
      key.reset(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr));
    }
    OPENSSL_cleanse(octets.data(), octets.size());
    if (!key) fail(kFile, "this is no private key", "a key in PEM form, without a passphrase");
    // Also where the key is not that of the certificate.
    if (SSL_CTX_use_PrivateKey(context(), key.get()) != 1) {
      fail(kFile, "cannot be used: " + tls_reason(), "the key that belongs to certificate.pem");
    }
  }

  void read_authority() {
    constexpr const char* kFile = "authority.pem";
    const std::vector<uint8_t> octets = need(kFile, "the certificates of the plant's authority, in PEM");
    const Memory memory = memory_of(octets);
    X509_STORE* store = SSL_CTX_get_cert_store(context());
    size_t count = 0;
    while (const Certificate one{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)}) {
      if (++count > crypto::kMostCertificates) fail(kFile, "there are too many certificates", "the roots alone");
      X509_STORE_add_cert(store, one.get());
      SSL_CTX_add_client_CA(context(), one.get());
    }
    if (count == 0) fail(kFile, "there is no certificate in it", "the certificates of the plant's authority, in PEM");
  }

  void read_lists() {
    constexpr const char* kFile = "crl.pem";
    const auto octets = read_file(name(kFile), kMostFile);
    if (!octets) return;
    const Memory memory = memory_of(*octets);
    X509_STORE* store = SSL_CTX_get_cert_store(context());
    bool covers = false;
    size_t count = 0;
    const X509* own = SSL_CTX_get0_certificate(context());
    while (const List one{PEM_read_bio_X509_CRL(memory.get(), nullptr, nullptr, nullptr)}) {
      if (++count > crypto::kMostCertificates) fail(kFile, "there are too many lists", "one of each authority");
      X509_STORE_add_crl(store, one.get());
      covers |= X509_NAME_cmp(X509_CRL_get_issuer(one.get()), X509_get_issuer_name(own)) == 0;
      note_end(X509_CRL_get0_nextUpdate(one.get()));
    }
    if (!covers) fail(kFile, "there is no list of the authority that issued our certificate", "its list, in PEM");
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  }

  void note_end(const ASN1_TIME* end) {
    tm parts{};
    if (end == nullptr || ASN1_TIME_to_tm(end, &parts) != 1) return;
    const TimePoint at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::from_time_t(timegm(&parts)));
    body_->list_until = std::min(body_->list_until.value_or(at), at);
  }

  void read_denied() {
    constexpr const char* kFile = "denied";
    const auto octets = read_file(name(kFile), kMostFile);
    if (!octets) return;
    const std::string_view text(reinterpret_cast<const char*>(octets->data()), octets->size());
    size_t number = 0;
    for (size_t at = 0; at < text.size(); ++number) {
      const size_t end = std::min(text.find('\n', at), text.size());
      std::string_view line = text.substr(at, end - at);
      at = end + 1;
      line = line.substr(0, line.find('#'));
      while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
      while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
      if (line.empty()) continue;
      const bool hexadecimal =
          std::ranges::all_of(line, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
      if (!hexadecimal || body_->denied.size() >= kMostDenied) {
        fail(kFile, "line " + std::to_string(number + 1) + " is no serial and no SHA-256 of a certificate",
             "one a line, in lower-case hexadecimal, at most 65,536; # begins a comment");
      }
      body_->denied.emplace(line);
    }
  }

  /// send_whole_chain adds what certificate.pem left out up to the root: Modbus/TCP Security R-46 wants all of it.
  void send_whole_chain() {
    const long done =
        SSL_CTX_build_cert_chain(context(), SSL_BUILD_CHAIN_FLAG_UNTRUSTED | SSL_BUILD_CHAIN_FLAG_IGNORE_ERROR |
                                                SSL_BUILD_CHAIN_FLAG_CLEAR_ERROR);
    if (done == 0)
      fail("certificate.pem", "its chain cannot be built: " + tls_reason(), "add what leads to the authority");
  }

  std::string path_;
  std::unique_ptr<TlsContext::Body> body_ = std::make_unique<TlsContext::Body>();
};

}  // namespace

std::string_view to_text(TlsTrouble trouble) {
  switch (trouble) {
    case TlsTrouble::none:
      return "none";
    case TlsTrouble::no_certificate:
      return "no-certificate";
    case TlsTrouble::expired:
      return "expired";
    case TlsTrouble::revoked:
      return "revoked";
    case TlsTrouble::denied:
      return "denied";
    case TlsTrouble::unknown_authority:
      return "unknown-authority";
    case TlsTrouble::malformed:
      return "malformed";
    case TlsTrouble::refused_us:
      return "refused-us";
    case TlsTrouble::no_tls:
      return "no-tls";
    case TlsTrouble::own_key:
      return "own-key";
    case TlsTrouble::cut:
      return "cut";
  }
  return "none";
}

std::string tls_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "no reason given";
}

std::optional<crypto::Certificate> read_peer(X509* certificate) {
  uint8_t* der = nullptr;
  const int size = certificate != nullptr ? i2d_X509(certificate, &der) : 0;
  if (size <= 0) return {};
  std::optional<crypto::Certificate> read;
  try {  // what peers show must not end more than their own session
    read = crypto::read_certificate({der, static_cast<size_t>(size)});
  } catch (const Error&) {
  }
  OPENSSL_free(der);
  ERR_clear_error();
  return read;
}

TlsContext::TlsContext(std::unique_ptr<Body> body) : body_(std::move(body)) {}
TlsContext::~TlsContext() = default;

std::shared_ptr<const TlsContext> TlsContext::read(const std::string& folder) {
  return std::shared_ptr<const TlsContext>(new TlsContext(Folder(folder).read()));
}

const crypto::Certificate& TlsContext::own() const { return body_->own; }
std::optional<TimePoint> TlsContext::list_until() const { return body_->list_until; }

bool TlsContext::denies(const crypto::Certificate& certificate) const {
  if (body_->denied.empty()) return false;
  return body_->denied.contains(certificate.serial) || body_->denied.contains(crypto::fingerprint_text(certificate));
}

std::string stamp_of(const std::string& folder) {
  std::string stamp;
  for (const char* file : kFiles) {
    struct stat about {};
    if (stat((folder + "/" + file).c_str(), &about) != 0) about = {};
    for (const auto number : {static_cast<int64_t>(about.st_mtim.tv_sec), static_cast<int64_t>(about.st_mtim.tv_nsec),
                              static_cast<int64_t>(about.st_size), static_cast<int64_t>(about.st_ino)}) {
      stamp += std::to_string(number) + " ";
    }
  }
  return stamp;
}

}  // namespace rampart::net
