#include "protocols/light/tls.h"

#include <array>

#include "protocols/light/handshake.h"

namespace rampart::protocols::light {
namespace {

constexpr std::array<uint16_t, 8> kTcpPorts = {443, 8443, 853, 636, 989, 990, 993, 8883};
constexpr std::array<Function, 1> kFunctions = {Function{1, "client-hello"}};

class TlsDecoder final : public LightDecoder {
 public:
  explicit TlsDecoder(Protocol self) : LightDecoder(self), handshake_(self) {}
  Match probe(Direction direction, Bytes bytes) const override {
    const Match opens = Handshake::opens(direction, bytes);
    if (opens != Match::no) return opens;
    // Met in its midst: application data, then nothing or another record.
    if (bytes[0] != 23 || !Handshake::is_record(bytes)) return Match::no;
    const size_t size = 5 + static_cast<size_t>(load_big<2>(bytes.data() + 3));
    if (bytes.size() == size) return Match::yes;
    return bytes.size() > size && Handshake::is_record(bytes.subspan(size)) ? Match::yes : Match::no;
  }
  Frame frame(Direction, Bytes bytes) override { return handshake_.frame(bytes); }
  Feed feed(Direction direction, Bytes frame, Sink& sink) override {
    const Feed fed = handshake_.feed(direction, frame, sink);
    if (handshake_.done()) finish();
    return fed;
  }

 private:
  Handshake handshake_;
};

}  // namespace

Entry tls() {
  Entry entry = name_entry();
  entry.name = "tls";
  entry.title = "Transport Layer Security";
  entry.specification = "RFC 8446, RFC 5246, RFC 6066, RFC 5280";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.any_port = true;
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<TlsDecoder>(self); };
  entry.status = "light: versions, names, certificates up to version 1.2; nothing is decrypted or verified";
  entry.posture = "encryption; the server is authenticated, the client where it shows a certificate";
  return entry;
}

}  // namespace rampart::protocols::light
