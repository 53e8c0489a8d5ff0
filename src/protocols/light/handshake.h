// The part of a TLS conversation that anybody can read, whatever protocol it began in: hellos and, up to version 1.2,
// certificates. One per conversation, one thread.
#pragma once

#include <vector>

#include "protocols/light/light.h"

namespace rampart::protocols::light {

/// Handshake takes records of both directions and tells what they show.
class Handshake {
 public:
  /// kMostHandshake bounds what is kept of one direction's handshake messages.
  static constexpr size_t kMostHandshake = 49'152;
  static constexpr size_t kMostRecord = 16'384 + 2048;

  /// is_record is true where `bytes` begin with the header of a record of versions 1.0 to 1.3 (or SSL 3).
  static bool is_record(Bytes bytes);
  /// opens: yes where the bytes begin with a hello of this direction.
  static Match opens(Direction direction, Bytes bytes);

  /// opens_old is the same for a client's hello in the form of SSL 2, whatever version it offers.
  static Match opens_old(Bytes bytes);

  Handshake() = default;
  /// With a protocol, the hellos are an operation of it and its answer.
  explicit Handshake(Protocol asks) : protocol_(asks) {}

  Frame frame(Bytes bytes) const;
  /// feed reads one record.
  Feed feed(Direction direction, Bytes record, Sink& sink);
  bool done() const { return done_; }

  struct Hello {
    uint16_t version = 0;  // chosen, or the highest offered
    uint16_t lowest = 0;   // offered
    uint16_t cipher = 0;
    std::string_view server_name, protocol;  // SNI; ALPN: the one chosen, or the first offered
  };
  static bool read_hello(Bytes body, bool client, Hello& hello);

 private:
  Feed messages(Direction direction, Sink& sink);
  Feed message(Direction direction, uint8_t type, Bytes body, Sink& sink);
  void client_hello(const Hello& hello, Sink& sink);
  void server_hello(const Hello& hello, Sink& sink);
  Feed certificate(Direction direction, Bytes body, Sink& sink);

  std::vector<uint8_t> kept_[2];
  bool closed_[2]{};  // what follows in this direction is encrypted
  bool done_ = false;
  bool answered_ = false;
  uint16_t version_ = 0;
  std::string text_;
  Protocol protocol_;  // not known: inside of another protocol
};

/// tls_name is "TLS 1.2"; empty where the version is not known.
std::string_view tls_name(uint16_t version);
/// cipher_name is the IANA name of the suites in common use; empty for others.
std::string_view cipher_name(uint16_t cipher);

}  // namespace rampart::protocols::light
