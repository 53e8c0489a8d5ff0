#include "net/tls_client.h"

#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/address.h"
#include "base/error.h"
#include "base/files.h"
#include "crypto/tls_key.h"

namespace rampart::net {
namespace {

template <auto Function>
struct Free {
  template <class Type>
  void operator()(Type* pointer) const {
    Function(pointer);
  }
};
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Free<SSL_free>>;
using Addresses = std::unique_ptr<addrinfo, Free<freeaddrinfo>>;

constexpr size_t kChunk = 16'384;  // what one TLS record carries at most, RFC 8446 section 5.1

std::string reason_of(int code) { return std::system_category().message(code); }

/// last_reason is what OpenSSL says of its latest failure; the rest of its list is forgotten.
std::string last_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "no reason given";
}

std::string in_words(Duration timeout) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  if (milliseconds % 1000 == 0) return fmt::format("{} s", milliseconds / 1000);
  return fmt::format("{} ms", milliseconds);
}

/// refuse_passphrase answers for an encrypted key: nobody is asked at a terminal.
int refuse_passphrase(char*, int, int, void*) { return 0; }

Context make_context(const TlsSettings& settings) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    throw Error("TLS cannot be set up: " + last_reason());
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_default_passwd_cb(context.get(), refuse_passphrase);
  if (settings.root) {
    // Nobody is trusted by the store: note_certificate() lets the one root pass.
  } else if (settings.ca_file.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
      throw Error("The system's trusted certificates cannot be read: " + last_reason());
    }
  } else if (SSL_CTX_load_verify_file(context.get(), settings.ca_file.c_str()) != 1) {
    throw Error("Cannot read trusted certificates from " + settings.ca_file + ": " + last_reason(),
                "The file must hold certificates in PEM form.");
  }
  const bool has_key = !settings.key_file.empty() || settings.token;
  if (settings.certificate_file.empty() == has_key) {
    throw Error("A certificate of ours needs its key, and a key its certificate.", "Give both or neither.");
  }
  if (!has_key) return context;
  if (SSL_CTX_use_certificate_chain_file(context.get(), settings.certificate_file.c_str()) != 1) {
    throw Error("Cannot read our certificate from " + settings.certificate_file + ": " + last_reason(),
                "The file must hold our certificate in PEM form, followed by those that lead to its authority.");
  }
  if (settings.token) {
    const auto key = crypto::token_tls_key(*settings.token);
    if (SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
      throw Error("Cannot use the key in the token: " + last_reason(), "It must be that of our certificate.");
    }
    return context;
  }
  // Also where the key is not that of the certificate.
  if (SSL_CTX_use_PrivateKey_file(context.get(), settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw Error("Cannot use the key in " + settings.key_file + ": " + last_reason(),
                "The file must hold the key of our certificate in PEM form, without a passphrase.");
  }
  return context;
}

}  // namespace

/// Connection moves octets between the socket and OpenSSL, which sees only memory: so every wait has a deadline and no
/// write raises a signal.
struct TlsClient::Connection {
  Connection(const std::string& host, uint16_t port, const Clock& clock_in)
      : peer(fmt::format("{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]", port)),
        clock(&clock_in) {}

  std::string peer;
  const Clock* clock;
  Duration timeout{}, deadline{};
  FileDescriptor socket;
  Context context;
  Session session;
  std::string name;     // that the certificate must carry
  std::string subject;  // of the certificate that was refused
  std::optional<std::array<uint8_t, 32>> root;
  size_t most_answer = 0;
  std::string answer;
  bool ended = false;  // the server has said goodbye

  void begin(Duration limit) {
    timeout = limit;
    deadline = clock->steady() + limit;
  }
  [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
    throw Error(peer + ": " + what, hint);
  }
  [[noreturn]] void late(std::string_view doing) const {
    fail(fmt::format("no answer within {} {}", in_words(timeout), doing));
  }

  bool wait(short events, Duration until) const;
  void reach(const std::string& host, uint16_t port);
  int try_address(const addrinfo& address, Duration until);
  void prepare(const TlsSettings& settings, const std::string& host);
  void shake_hands();
  void flush(std::string_view doing);
  bool receive();
  void look();
  [[noreturn]] void lost(int code);
  [[noreturn]] void refused(std::string_view doing);
  static int note_certificate(int good, X509_STORE_CTX* store);
};

/// wait is false where the time is over.
bool TlsClient::Connection::wait(short events, Duration until) const {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock->steady()).count();
    if (left <= 0) return false;
    pollfd waiting{socket.get(), events, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::min<int64_t>(left, 3'600'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) fail("cannot wait for it: " + reason_of(errno));
  }
}

/// try_address gives 0, or the system's number of the reason.
int TlsClient::Connection::try_address(const addrinfo& address, Duration until) {
  socket.reset(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!socket) return errno;
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait(POLLOUT, until)) return ETIMEDOUT;
  int code = 0;
  socklen_t size = sizeof code;
  return getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno;
}

void TlsClient::Connection::reach(const std::string& host, uint16_t port) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unknown = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  if (unknown != 0) fail("the name is not known: " + std::string(gai_strerror(unknown)));
  const Addresses addresses(found);
  int left = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) ++left;
  int code = EADDRNOTAVAIL;
  // Each address gets its share of the time, so that a silent first one leaves some to the next.
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next, --left) {
    const Duration now = clock->steady();
    code = try_address(*address, now + (deadline - now) / left);
    if (code == 0) return;
  }
  if (code == ETIMEDOUT) late("while connecting");
  if (code == ECONNREFUSED) fail("nobody listens there", "Is it running, and is this its port?");
  fail("cannot be reached: " + reason_of(code));
}

/// note_certificate keeps who was refused; OpenSSL tells only why.
int TlsClient::Connection::note_certificate(int good, X509_STORE_CTX* store) {
  if (good == 1) return 1;
  auto* session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* self = static_cast<Connection*>(SSL_get_app_data(session));
  const X509* certificate = X509_STORE_CTX_get_current_cert(store);
  if (self == nullptr || certificate == nullptr) return good;
  // The chain's signatures are checked after this, up to the root: RFC 5280 section 6.1.
  if (self->root && X509_STORE_CTX_get_error(store) == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN) {
    std::array<uint8_t, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1 && size == self->root->size() &&
        std::equal(self->root->begin(), self->root->end(), digest.begin())) {
      X509_STORE_CTX_set_error(store, X509_V_OK);
      return 1;
    }
  }
  const std::unique_ptr<BIO, Free<BIO_free>> text(BIO_new(BIO_s_mem()));
  if (!text) return good;
  // RFC 2253 form escapes control characters; a name has no bound of its own.
  X509_NAME_print_ex(text.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  if (size > 0) self->subject.assign(data, std::min<size_t>(static_cast<size_t>(size), 256));
  return good;
}

void TlsClient::Connection::prepare(const TlsSettings& settings, const std::string& host) {
  name = settings.name.empty() ? host : settings.name;
  root = settings.root;
  most_answer = settings.most_answer;
  session.reset(SSL_new(context.get()));
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (!session || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    fail("TLS cannot be set up: " + last_reason());
  }
  SSL_set_bio(session.get(), in, out);  // which owns them from here on
  SSL_set_app_data(session.get(), this);
  SSL_set_verify(session.get(), SSL_VERIFY_PEER, note_certificate);
  X509_VERIFY_PARAM* rules = SSL_get0_param(session.get());
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An address is looked for among the addresses of the certificate, and is no server name: RFC 6066 section 3.
  const bool address = IpAddress::parse(name).has_value();
  const bool set =
      address ? X509_VERIFY_PARAM_set1_ip_asc(rules, name.c_str()) == 1
              : X509_VERIFY_PARAM_set1_host(rules, name.c_str(), name.size()) == 1 &&
                    SSL_ctrl(session.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
  if (name.empty() || !set) fail("\"" + name + "\" cannot be the name of a server");
}

/// flush sends what OpenSSL has to say.
void TlsClient::Connection::flush(std::string_view doing) {
  std::array<uint8_t, kChunk> chunk;
  for (;;) {
    const int size = BIO_read(SSL_get_wbio(session.get()), chunk.data(), static_cast<int>(chunk.size()));
    if (size <= 0) return;
    size_t sent = 0;
    while (sent < static_cast<size_t>(size)) {
      const ssize_t count = send(socket.get(), chunk.data() + sent, static_cast<size_t>(size) - sent, MSG_NOSIGNAL);
      if (count >= 0) {
        sent += static_cast<size_t>(count);
      } else if (errno == EAGAIN) {
        if (!wait(POLLOUT, deadline)) late(doing);
      } else if (errno != EINTR) {
        lost(errno);
      }
    }
  }
}

/// receive hands on what has arrived, without waiting; false where the other end has closed.
bool TlsClient::Connection::receive() {
  std::array<uint8_t, kChunk> chunk;
  for (;;) {
    const ssize_t count = recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (count == 0) return false;
    if (count > 0) {
      BIO_write(SSL_get_rbio(session.get()), chunk.data(), static_cast<int>(count));
      return true;
    }
    if (errno == EAGAIN) return true;
    if (errno != EINTR) fail("the connection was lost: " + reason_of(errno));
  }
}

/// lost tells why a write failed: the server's last words, if they arrived before the reset, say more than the system.
void TlsClient::Connection::lost(int code) {
  receive();
  look();
  fail("the connection was lost: " + reason_of(code));
}

/// refused tells why OpenSSL gave up.
void TlsClient::Connection::refused(std::string_view doing) {
  const long verdict = SSL_get_verify_result(session.get());
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    fail(fmt::format("its certificate ({}) is not for {}", subject, name), "Connect to the name it is for.");
  }
  if (verdict != X509_V_OK) {
    fail(fmt::format("its certificate is not trusted: {} ({})", X509_verify_cert_error_string(verdict), subject));
  }
  const int reason = ERR_GET_REASON(ERR_peek_error());
  const bool ours = SSL_get_certificate(session.get()) != nullptr;
  if (reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED || (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE && !ours)) {
    ERR_clear_error();
    fail("it refused us, most likely because it wants a certificate of ours", "Give a certificate and its key.");
  }
  if (reason == SSL_R_WRONG_VERSION_NUMBER) {
    ERR_clear_error();
    fail("it does not speak TLS");
  }
  fail(fmt::format("TLS failed {}: {}", doing, last_reason()));
}

void TlsClient::Connection::shake_hands() {
  constexpr std::string_view kDoing = "while TLS was being set up";
  for (;;) {
    ERR_clear_error();
    const int result = SSL_connect(session.get());
    const int state = SSL_get_error(session.get(), result);
    if (result != 1 && state != SSL_ERROR_WANT_READ) {
      const unsigned long said = ERR_peek_error();
      if (said != 0) refused(kDoing);
    }
    flush(kDoing);
    if (result == 1) return;
    if (state != SSL_ERROR_WANT_READ) refused(kDoing);
    if (!wait(POLLIN, deadline)) late(kDoing);
    if (!receive()) fail("it closed the connection while TLS was being set up");
  }
}

/// look reads what the server said: its answer where one is wanted, or that it gives up.
void TlsClient::Connection::look() {
  std::array<char, kChunk> chunk;
  while (!ended) {
    ERR_clear_error();
    const int result = SSL_read(session.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (result > 0) {
      if (most_answer == 0) continue;
      const auto size = static_cast<size_t>(result);
      if (size > most_answer - answer.size()) fail("it answers with more than was to be expected");
      answer.append(chunk.data(), size);
      continue;
    }
    const int state = SSL_get_error(session.get(), result);
    if (state == SSL_ERROR_WANT_READ) return;
    if (state != SSL_ERROR_ZERO_RETURN) refused(most_answer == 0 ? "while writing" : "while it was asked");
    if (most_answer == 0) fail("it closed the connection");
    ended = true;
  }
}

TlsClient::TlsClient(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
TlsClient::TlsClient(TlsClient&&) noexcept = default;
TlsClient& TlsClient::operator=(TlsClient&&) noexcept = default;
TlsClient::~TlsClient() = default;

TlsClient TlsClient::connect(const std::string& host, uint16_t port, const TlsSettings& settings, const Clock& clock,
                             Duration timeout) {
  auto connection = std::make_unique<Connection>(host, port, clock);
  connection->begin(timeout);
  connection->context = make_context(settings);
  connection->prepare(settings, host);
  connection->reach(host, port);
  connection->shake_hands();
  return TlsClient(std::move(connection));
}

void TlsClient::write_all(Bytes bytes, Duration timeout) {
  connection_->begin(timeout);
  SSL* session = connection_->session.get();
  while (!bytes.empty()) {
    ERR_clear_error();
    const int written = SSL_write(session, bytes.data(), static_cast<int>(std::min(bytes.size(), kChunk)));
    if (written <= 0) connection_->refused("while writing");  // memory takes everything: never "try again"
    connection_->flush("while writing");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  const bool open = connection_->receive();
  connection_->look();
  if (connection_->ended) return;
  connection_->flush("while writing");
  if (!open) connection_->fail("it closed the connection");
}

std::string TlsClient::read_all(Duration timeout) {
  connection_->begin(timeout);
  for (connection_->look(); !connection_->ended; connection_->look()) {
    if (!connection_->wait(POLLIN, connection_->deadline)) connection_->late("to what it was asked");
    // A bare end could be anybody's; only close_notify is the server's word (RFC 8446 section 6.1).
    if (!connection_->receive()) connection_->fail("it ended the connection without an answer");
  }
  return std::move(connection_->answer);
}

void TlsClient::close(Duration timeout) {
  constexpr std::string_view kDoing = "to the end of the connection; whether everything was read is not known";
  connection_->begin(timeout);
  SSL* session = connection_->session.get();
  ERR_clear_error();
  if (SSL_shutdown(session) < 0) connection_->refused("while closing");
  connection_->flush(kDoing);
  std::array<uint8_t, kChunk> ignored;
  for (;;) {
    ERR_clear_error();
    const int result = SSL_read(session, ignored.data(), static_cast<int>(ignored.size()));
    if (result > 0) continue;
    const int state = SSL_get_error(session, result);
    if (state == SSL_ERROR_ZERO_RETURN) break;
    if (state != SSL_ERROR_WANT_READ) connection_->refused("while closing");
    if (!connection_->wait(POLLIN, connection_->deadline)) connection_->late(kDoing);
    // A bare end could be anybody's; only close_notify is the server's word (RFC 8446 section 6.1).
    if (!connection_->receive()) {
      connection_->fail("it ended the connection without saying so; whether everything was read is not known");
    }
  }
  connection_->socket.reset();
}

}  // namespace rampart::net
