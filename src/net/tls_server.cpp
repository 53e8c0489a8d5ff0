#include "net/tls_server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <list>

#include "base/error.h"

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
using Time = std::chrono::steady_clock::time_point;

constexpr size_t kChunk = 16'384;         // what one TLS record carries at most, RFC 8446 section 5.1
constexpr size_t kMostWaiting = 262'144;  // octets that a client may leave unread

std::string last_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "no reason given";
}

int refuse_passphrase(char*, int, int, void*) { return 0; }

/// let_expired_pass leaves the end of a certificate to the handler, which knows of grace.
int let_expired_pass(int good, X509_STORE_CTX* store) {
  if (good == 1 || X509_STORE_CTX_get_error(store) != X509_V_ERR_CERT_HAS_EXPIRED ||
      X509_STORE_CTX_get_error_depth(store) != 0) {
    return good;
  }
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

Context make_context(const TlsIdentity& identity) {
  Context context(SSL_CTX_new(TLS_server_method()));
  const auto fail = [](const std::string& file) { throw Error("cannot use " + file + " for TLS: " + last_reason()); };
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    throw Error("TLS cannot be set up: " + last_reason());
  }
  // No session outlives its connection: who comes again proves again who he is.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context.get(), refuse_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context.get(), identity.certificate_file.c_str()) != 1) {
    fail(identity.certificate_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), identity.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    fail(identity.key_file);
  }
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(identity.ca_file.c_str());
  if (names == nullptr || SSL_CTX_load_verify_file(context.get(), identity.ca_file.c_str()) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    fail(identity.ca_file);
  }
  SSL_CTX_set_client_CA_list(context.get(), names);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, let_expired_pass);
  return context;
}

/// Connection is one client: a handshake, a question, an answer.
struct Connection {
  enum class State : uint8_t { shaking, asking, answering, lingering, over };

  FileDescriptor socket;
  Session session;  // over memory: no write raises a signal
  TlsPeer peer;
  Time until;
  State state = State::shaking;
  std::string question;
  std::string out;  // octets for the wire
  size_t sent = 0;
};

}  // namespace

struct TlsServer::Body {
  Context context;
  Handler handler;
  TlsServerLimits limits;
  FileDescriptor listener;
  std::list<Connection> connections;
  Time deaf_until{};  // after a connection could not be taken: no descriptor is left, and asking at once would spin

  void accept_one();
  void read(Connection& connection);
  void write(Connection& connection);
  void advance(Connection& connection);
  void shake(Connection& connection);
  void ask(Connection& connection);
  void collect(Connection& connection);
};

TlsServer::TlsServer(const Place& place, const TlsIdentity& identity, Handler handler, TlsServerLimits limits)
    : body_(new Body{.context = make_context(identity),
                     .handler = std::move(handler),
                     .limits = limits,
                     .listener = listen_at(place, Kind::tcp, plain_socket),
                     .connections = {}}) {}
TlsServer::~TlsServer() = default;

Place TlsServer::place() const { return local_place(body_->listener.get()).value_or(Place{}); }

void TlsServer::take(const TlsIdentity& identity) { body_->context = make_context(identity); }

void TlsServer::turn(std::chrono::milliseconds longest) {
  Body& body = *body_;
  const Time begun = std::chrono::steady_clock::now();
  const bool room = body.connections.size() < body.limits.connections && begun >= body.deaf_until;
  std::vector<pollfd> waiting = {{room ? body.listener.get() : -1, POLLIN, 0}};
  Time earliest = begun + longest;
  for (const Connection& connection : body.connections) {
    const bool writing = connection.sent < connection.out.size();
    waiting.push_back({connection.socket.get(), static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0});
    earliest = std::min(earliest, connection.until);
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(earliest - begun).count();
  if (poll(waiting.data(), waiting.size(), static_cast<int>(std::max<int64_t>(left, 0))) < 0) return;
  const Time now = std::chrono::steady_clock::now();
  size_t at = 1;
  for (auto it = body.connections.begin(); it != body.connections.end(); ++at) {
    if ((waiting[at].revents & (POLLIN | POLLERR | POLLHUP)) != 0) body.read(*it);
    if (it->state != Connection::State::over) body.write(*it);
    const bool over = it->state == Connection::State::over || now >= it->until;
    it = over ? body.connections.erase(it) : std::next(it);
  }
  if ((waiting[0].revents & POLLIN) != 0) body.accept_one();
}

void TlsServer::Body::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  FileDescriptor socket(
      accept4(listener.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) {
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      deaf_until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    }
    return;
  }
  Session session(SSL_new(context.get()));
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (!session || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    return;
  }
  SSL_set_bio(session.get(), in, out);  // which owns them from here on
  SSL_set_accept_state(session.get());
  Connection& connection = connections.emplace_back();
  connection.socket = std::move(socket);
  connection.session = std::move(session);
  connection.peer.place = from_socket(address).value_or(Place{});
  connection.until = std::chrono::steady_clock::now() + limits.longest;
}

void TlsServer::Body::read(Connection& connection) {
  std::array<uint8_t, kChunk> chunk;
  const ssize_t count = recv(connection.socket.get(), chunk.data(), chunk.size(), 0);
  if (count <= 0) {
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) connection.state = Connection::State::over;
    return;
  }
  if (connection.state == Connection::State::lingering) return;  // thrown away, or the client may lose our answer
  BIO_write(SSL_get_rbio(connection.session.get()), chunk.data(), static_cast<int>(count));
  advance(connection);
  collect(connection);
}

void TlsServer::Body::advance(Connection& connection) {
  if (connection.state == Connection::State::shaking) shake(connection);
  if (connection.state == Connection::State::asking) ask(connection);
}

void TlsServer::Body::shake(Connection& connection) {
  ERR_clear_error();
  const int result = SSL_do_handshake(connection.session.get());
  if (result != 1) {
    const int state = SSL_get_error(connection.session.get(), result);
    // What OpenSSL has to say of a refusal still goes out; then it is over.
    if (state != SSL_ERROR_WANT_READ) connection.state = Connection::State::answering;
    ERR_clear_error();
    return;
  }
  const std::unique_ptr<X509, Free<X509_free>> shown(SSL_get1_peer_certificate(connection.session.get()));
  if (shown) {
    uint8_t* der = nullptr;
    const int size = i2d_X509(shown.get(), &der);
    if (size > 0) connection.peer.certificate.assign(der, der + size);
    OPENSSL_free(der);
  }
  connection.state = Connection::State::asking;
}

void TlsServer::Body::ask(Connection& connection) {
  std::array<char, kChunk> chunk;
  while (true) {
    ERR_clear_error();
    const int result = SSL_read(connection.session.get(), chunk.data(), static_cast<int>(chunk.size()));
    if (result <= 0) {
      const bool more = SSL_get_error(connection.session.get(), result) == SSL_ERROR_WANT_READ;
      if (!more) connection.state = Connection::State::answering;  // an alert, or the end before a question was whole
      ERR_clear_error();
      return;
    }
    connection.question.append(chunk.data(), static_cast<size_t>(result));
    if (connection.question.size() > limits.question_octets) {
      connection.state = Connection::State::answering;
      return;
    }
    const std::optional<std::string> answer = handler(connection.peer, connection.question);
    if (!answer) continue;
    SSL_write(connection.session.get(), answer->data(), static_cast<int>(answer->size()));
    SSL_shutdown(connection.session.get());
    connection.state = Connection::State::answering;
    ERR_clear_error();
    return;
  }
}

/// collect takes what OpenSSL wants sent.
void TlsServer::Body::collect(Connection& connection) {
  std::array<char, kChunk> chunk;
  BIO* out = SSL_get_wbio(connection.session.get());
  for (int size = 0; (size = BIO_read(out, chunk.data(), static_cast<int>(chunk.size()))) > 0;) {
    connection.out.append(chunk.data(), static_cast<size_t>(size));
  }
  if (connection.out.size() - connection.sent > kMostWaiting + limits.question_octets &&
      connection.state != Connection::State::answering) {
    connection.state = Connection::State::over;
  }
}

void TlsServer::Body::write(Connection& connection) {
  while (connection.sent < connection.out.size()) {
    const ssize_t count = send(connection.socket.get(), connection.out.data() + connection.sent,
                               connection.out.size() - connection.sent, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno != EAGAIN && errno != EINTR) connection.state = Connection::State::over;
      return;
    }
    connection.sent += static_cast<size_t>(count);
  }
  if (connection.state != Connection::State::answering) return;
  shutdown(connection.socket.get(), SHUT_WR);
  connection.state = Connection::State::lingering;
}

}  // namespace rampart::net
