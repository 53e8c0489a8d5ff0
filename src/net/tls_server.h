// A small TLS server (1.3, or 1.2) for questions and answers: one question a connection, one answer, the end. Clients
// may prove who they are. They are bounded in number, size and time, so that none can hold up another. One thread owns
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket.h"

namespace rampart::net {

/// TlsIdentity is who the server is and whose clients it believes. Files are PEM.
struct TlsIdentity {
  std::string certificate_file;  // ours, and those that lead to its authority
  std::string key_file;
  std::string ca_file;  // authorities of clients
};

struct TlsServerLimits {
  size_t connections = 32;  // at a time; who comes then waits in the kernel's queue
  size_t question_octets = 32'768;
  std::chrono::milliseconds longest{10'000};  // a connection in all
};

/// TlsPeer is who asks. `certificate` is DER, empty where none was shown; it leads to ca_file and the client holds its
/// key, but it may have expired: the handler judges that.
struct TlsPeer {
  Place place;
  std::vector<uint8_t> certificate;
};

class TlsServer {
 public:
  /// Handler answers a question; nothing where that is not whole yet: it is asked again with more. Must not throw.
  using Handler = std::function<std::optional<std::string>(const TlsPeer& peer, std::string_view question)>;

  /// Errors: throws Error where it cannot listen at `place` or a file of `identity` cannot be used.
  TlsServer(const Place& place, const TlsIdentity& identity, Handler handler, TlsServerLimits limits = {});
  ~TlsServer();
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  /// place is where it listens: the port that it got where 0 was asked for.
  Place place() const;
  /// take goes on with another identity for new connections. Errors: throws Error, the old one stays.
  void take(const TlsIdentity& identity);
  /// turn serves for at most `longest`, or until something was to be done.
  void turn(std::chrono::milliseconds longest);

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace rampart::net
