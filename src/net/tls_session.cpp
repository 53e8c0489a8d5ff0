#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "net/tls_body.h"

namespace rampart::net {
namespace {

using Did = TlsSession::Did;

int descriptor_of(BIO* bio) { return static_cast<int>(reinterpret_cast<intptr_t>(BIO_get_data(bio))); }

int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t put = ::send(descriptor_of(bio), data, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (put < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(put);
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = ::recv(descriptor_of(bio), data, static_cast<size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(got);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

/// socket_bio is the way from OpenSSL to a socket: writes never raise a signal.
const BIO_METHOD* socket_bio() {
  static const auto method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rampart socket");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    BIO_meth_set_create(made, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return std::unique_ptr<BIO_METHOD, TlsFree<BIO_meth_free>>(made);
  }();
  return method.get();
}

bool denied(const TlsContext& context, X509* certificate) {
  if (context.body().denied.empty()) return false;
  const auto read = read_peer(certificate);
  return read && context.denies(*read);
}

TlsTrouble trouble_of(int verdict) {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return TlsTrouble::expired;
    case X509_V_ERR_CERT_REVOKED:
      return TlsTrouble::revoked;
    case X509_V_ERR_CERT_REJECTED:
      return TlsTrouble::denied;
    default:
      return TlsTrouble::unknown_authority;
  }
}

/// is_of_lists: the verdict is about how old a revocation list is. An old list still says who was revoked: it is told
/// as a finding, and cuts nobody.
bool is_of_lists(int verdict, int depth) {
  return verdict == X509_V_ERR_CRL_HAS_EXPIRED || verdict == X509_V_ERR_CRL_NOT_YET_VALID ||
         (verdict == X509_V_ERR_UNABLE_TO_GET_CRL && depth > 0);
}

}  // namespace

struct TlsSession::Body {
  std::shared_ptr<const TlsContext> context;
  std::unique_ptr<SSL, TlsFree<SSL_free>> session;
  TlsTerms terms;
  TlsFailure failure;
  int verdict = X509_V_OK;
  crypto::Certificate peer;
  bool in_grace = false;
  bool wants_write = false;

  SSL* ssl() const { return session.get(); }
  Did fail(int state);
  Did fail_with(TlsTrouble trouble, std::string words);
  Did moved(int result);
  int verify(int good, X509_STORE_CTX* store);
};

int TlsSession::Body::verify(int good, X509_STORE_CTX* store) {
  const int depth = X509_STORE_CTX_get_error_depth(store);
  X509* certificate = X509_STORE_CTX_get_current_cert(store);
  if (good != 1) {
    const int said = X509_STORE_CTX_get_error(store);
    const auto until = [&] {
      const auto read = read_peer(certificate);
      return read ? read->until : TimePoint{};
    };
    const bool graced = said == X509_V_ERR_CERT_HAS_EXPIRED && depth == 0 && terms.grace > std::chrono::seconds(0) &&
                        terms.now < until() + terms.grace;
    in_grace = in_grace || graced;
    if (graced || is_of_lists(said, depth)) {
      X509_STORE_CTX_set_error(store, X509_V_OK);
      good = 1;
    }
  }
  if (good == 1 && certificate != nullptr && denied(*context, certificate)) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
    good = 0;
  }
  if (good != 1) {
    verdict = X509_STORE_CTX_get_error(store);
    failure.certificate = read_peer(X509_STORE_CTX_get0_cert(store));
  }
  return good;
}

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int descriptor, const TlsTerms& terms)
    : body_(std::make_unique<Body>()) {
  body_->context = std::move(context);
  body_->terms = terms;
  SSL* made = SSL_new(body_->context->body().context.get());
  BIO* bio = BIO_new(socket_bio());
  body_->session.reset(made);
  if (made == nullptr || bio == nullptr) {
    BIO_free(bio);
    body_->session.reset();
    body_->fail_with(TlsTrouble::cut, "there is no memory for it");
    return;
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<intptr_t>(descriptor)));
  SSL_set_bio(made, bio, bio);
  SSL_set_app_data(made, body_.get());
  SSL_set_min_proto_version(made, terms.old ? TLS1_2_VERSION : TLS1_3_VERSION);
  X509_VERIFY_PARAM_set_time(SSL_get0_param(made),
                             std::chrono::system_clock::to_time_t(
                                 std::chrono::time_point_cast<std::chrono::system_clock::duration>(terms.now)));
  SSL_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, [](int good, X509_STORE_CTX* store) {
    auto* session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    return static_cast<Body*>(SSL_get_app_data(session))->verify(good, store);
  });
  if (terms.accepts) {
    SSL_set_accept_state(made);
  } else {
    SSL_set_connect_state(made);
  }
}

TlsSession::~TlsSession() = default;

Did TlsSession::Body::fail_with(TlsTrouble trouble, std::string words) {
  failure.trouble = trouble;
  failure.words = std::move(words);
  return Did::failed;
}

/// fail finds words for what OpenSSL gave up at.
Did TlsSession::Body::fail(int state) {
  if (verdict != X509_V_OK) {
    ERR_clear_error();
    return fail_with(trouble_of(verdict), X509_verify_cert_error_string(verdict));
  }
  const char* data = nullptr;
  int flags = 0;
  const unsigned long code = ERR_peek_error_all(nullptr, nullptr, nullptr, &data, &flags);
  const int reason = ERR_GET_REASON(code);
  if (ERR_GET_LIB(code) == ERR_LIB_USER) {
    std::string words = (flags & ERR_TXT_STRING) != 0 ? data : "our own key does not sign";
    ERR_clear_error();
    return fail_with(TlsTrouble::own_key, std::move(words));
  }
  if (code == 0 || state == SSL_ERROR_SYSCALL) {
    ERR_clear_error();
    return fail_with(TlsTrouble::cut, errno != 0 ? std::system_category().message(errno) : "the connection ended");
  }
  if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    fail_with(TlsTrouble::cut, "the connection ended without a goodbye");
    return Did::cut;
  }
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    ERR_clear_error();
    return fail_with(TlsTrouble::no_certificate, "it shows no certificate");
  }
  // Numbers of alerts that came, RFC 8446 section 6; what OpenSSL calls reasons above 1000.
  return fail_with(reason >= SSL_AD_REASON_OFFSET ? TlsTrouble::refused_us : TlsTrouble::no_tls, tls_reason());
}

Did TlsSession::Body::moved(int result) {
  const int state = SSL_get_error(ssl(), result);
  wants_write = state == SSL_ERROR_WANT_WRITE;
  if (state == SSL_ERROR_WANT_READ || wants_write) return Did::again;
  if (state == SSL_ERROR_ZERO_RETURN) return Did::ended;
  return fail(state);
}

Did TlsSession::shake_hands() {
  if (!body_->session) return Did::failed;
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(body_->ssl());
  if (result != 1) {
    const Did did = body_->moved(result);
    return did == Did::again ? did : Did::failed;
  }
  body_->wants_write = false;
  const auto read = read_peer(SSL_get0_peer_certificate(body_->ssl()));
  if (!read) return body_->fail_with(TlsTrouble::malformed, "its certificate is malformed, too weak or too large");
  body_->peer = *read;
  return Did::done;
}

bool TlsSession::wants_write() const { return body_->wants_write; }

TlsSession::Moved TlsSession::read(std::span<uint8_t> into) {
  ERR_clear_error();
  errno = 0;
  size_t octets = 0;
  const int result = SSL_read_ex(body_->ssl(), into.data(), into.size(), &octets);
  if (result == 1) return {Did::done, octets};
  return {body_->moved(result), 0};
}

TlsSession::Moved TlsSession::write(Bytes octets) {
  Moved moved{Did::done, 0};
  while (moved.octets < octets.size()) {
    ERR_clear_error();
    errno = 0;
    size_t sent = 0;
    const Bytes rest = octets.subspan(moved.octets);
    const int result = SSL_write_ex(body_->ssl(), rest.data(), rest.size(), &sent);
    if (result != 1) {
      moved.did = body_->moved(result);
      return moved;
    }
    moved.octets += sent;
  }
  return moved;
}

Did TlsSession::end() {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_shutdown(body_->ssl());
  return result >= 0 ? Did::done : body_->moved(result);
}

bool TlsSession::pending() const { return SSL_has_pending(body_->ssl()) == 1; }
const crypto::Certificate& TlsSession::peer() const { return body_->peer; }
bool TlsSession::in_grace() const { return body_->in_grace; }
std::string_view TlsSession::version() const { return SSL_get_version(body_->ssl()); }
const TlsFailure& TlsSession::failure() const { return body_->failure; }

bool TlsSession::is_of(const TlsContext& context) const { return body_->context.get() == &context; }

TlsTrouble TlsSession::judge_again(const TlsContext& context, TimePoint now) const {
  STACK_OF(X509)* chain = SSL_get0_verified_chain(body_->ssl());
  if (chain == nullptr || sk_X509_num(chain) == 0) return TlsTrouble::none;
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    if (denied(context, sk_X509_value(chain, i))) return TlsTrouble::denied;
  }
  const std::unique_ptr<X509_STORE_CTX, TlsFree<X509_STORE_CTX_free>> store(X509_STORE_CTX_new());
  X509_STORE* trusted = SSL_CTX_get_cert_store(context.body().context.get());
  if (!store || X509_STORE_CTX_init(store.get(), trusted, sk_X509_value(chain, 0), chain) != 1) return TlsTrouble::none;
  X509_STORE_CTX_set_time(
      store.get(), 0,
      std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(now)));
  bool revoked = false;
  X509_STORE_CTX_set_app_data(store.get(), &revoked);
  X509_STORE_CTX_set_verify_cb(store.get(), [](int, X509_STORE_CTX* judged) {
    // Time alone ends no session that is going on; that a certificate was taken back does.
    if (X509_STORE_CTX_get_error(judged) == X509_V_ERR_CERT_REVOKED) {
      *static_cast<bool*>(X509_STORE_CTX_get_app_data(judged)) = true;
    }
    return 1;
  });
  X509_verify_cert(store.get());
  ERR_clear_error();
  return revoked ? TlsTrouble::revoked : TlsTrouble::none;
}

}  // namespace rampart::net
