// A TLS connection (1.3, or 1.2) to a peer that proves its name: for sending records to collectors, and for asking the
// plant's authority. Calls block the calling thread, none beyond its timeout. Owned and used by one thread; a server
// that goes away never raises SIGPIPE.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/signature.h"

namespace rampart::net {

/// TlsSettings says whom to trust and who we are. Files are PEM.
struct TlsSettings {
  std::string ca_file{};           // trusted authorities; empty: the system's
  std::string certificate_file{};  // ours with what leads to its authority; both this and the key, or neither
  std::string key_file{};
  std::optional<crypto::TokenKey> token{};  // instead of key_file
  std::string name{};  // DNS name or IP address that the server's certificate must carry; empty: the host connected to
  /// SHA-256 of the one root that is trusted, which the server has to send; ca_file is not read then.
  std::optional<std::array<uint8_t, 32>> root{};
  size_t most_answer = 0;  // octets that the server may say, kept for read_all(); 0: it is not listened to
};

/// TlsClient is one connection. Every failure is an Error that names the peer and says in words what failed: the name
/// is not known, nobody listens, no answer in time, the certificate is not trusted and why, it is for another name, the
/// server wants a certificate of ours. After an Error only destruction is left.
class TlsClient {
 public:
  /// connect resolves `host` (a name or an address), connects, shakes hands and verifies, within `timeout` in all; the
  /// system's resolver, which takes no deadline, may add its own. `clock` must outlive the client.
  static TlsClient connect(const std::string& host, uint16_t port, const TlsSettings& settings, const Clock& clock,
                           Duration timeout);
  TlsClient(TlsClient&&) noexcept;
  TlsClient& operator=(TlsClient&&) noexcept;
  ~TlsClient();  // drops the connection; what close() was not called for may be lost

  /// write_all hands all of `bytes` to the connection. That it was read at the other end only close() can tell.
  void write_all(Bytes bytes, Duration timeout);
  /// read_all waits until the server says goodbye, and gives all that it said. Errors: also where it said more than
  /// TlsSettings::most_answer, or ended the connection without a goodbye.
  std::string read_all(Duration timeout);
  /// close says goodbye (close_notify) and waits until the server has too: then it has read everything. Errors: also
  /// where the server did not answer in time.
  void close(Duration timeout);

 private:
  struct Connection;
  explicit TlsClient(std::unique_ptr<Connection> connection);
  std::unique_ptr<Connection> connection_;
};

}  // namespace rampart::net
