#include "protocols/light/ntp.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

// RFC 5905, figure 10.
enum Mode : uint8_t {
  kSymmetricActive = 1,
  kSymmetricPassive = 2,
  kClient = 3,
  kServer = 4,
  kBroadcast = 5,
  kControl = 6,
  kPrivate = 7
};
constexpr size_t kHeaderOctets = 48;
constexpr std::array<uint16_t, 1> kUdpPorts = {123};
constexpr std::array<Function, 7> kFunctions = {Function{kSymmetricActive, "symmetric-active"},
                                                Function{kSymmetricPassive, "symmetric-passive"},
                                                Function{kClient, "client"},
                                                Function{kServer, "server"},
                                                Function{kBroadcast, "broadcast"},
                                                Function{kControl, "control"},
                                                Function{kPrivate, "private"}};
constexpr std::array<std::string_view, 8> kVersions = {"", "NTPv1", "NTPv2", "NTPv3", "NTPv4", "", "", ""};

struct Header {
  uint8_t leap = 0, version = 0, mode = 0, stratum = 0;
  uint32_t dispersion = 0;  // seconds in 16.16
  Bytes reference;
  uint64_t origin = 0, transmit = 0;
};

Header read_header(Bytes frame) {
  ByteReader reader(frame);
  Header header;
  const uint8_t first = reader.u8();
  header.leap = first >> 6;
  header.version = first >> 3 & 7;
  header.mode = first & 7;
  header.stratum = reader.u8();
  reader.skip(6);
  header.dispersion = reader.u32();
  header.reference = reader.bytes(4);
  reader.skip(8);
  header.origin = reader.u64();
  reader.skip(8);
  header.transmit = reader.u64();
  return header;
}

/// quality is what stays the same from answer to answer: the root dispersion goes in by powers of ten.
void append_quality(std::string& out, const Header& header) {
  if (header.leap == 3 || header.stratum == 0 || header.stratum >= 16) {
    out += "not synchronised";
    if (header.stratum != 0) return;
  }
  if (header.stratum < 16) {
    if (!out.empty()) out += ", ";
    out += "stratum ";
    append_number(out, header.stratum);
  }
  if (header.stratum <= 1) {
    const std::string_view source = readable(header.reference);
    if (!source.empty()) out.append(", reference ").append(source);
  } else {
    out += ", reference ";
    append(out, IpAddress::v4(header.reference.data()));
  }
  const double seconds = header.dispersion / 65536.0;
  out += seconds < 0.01  ? ", within 10 ms"
         : seconds < 0.1 ? ", within 100 ms"
         : seconds < 1   ? ", within 1 s"
                         : ", worse than 1 s";
}

class NtpDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    const uint8_t version = bytes[0] >> 3 & 7, mode = bytes[0] & 7;
    if (version < 1 || version > 4 || mode == 0) return Match::no;
    if (mode >= kControl) return bytes.size() >= 8 ? Match::yes : Match::no;
    if (bytes.size() < kHeaderOctets || bytes[1] > 16) return Match::no;
    const bool answers = mode == kServer || mode == kSymmetricPassive;
    return answers == (direction == Direction::to_client) ? Match::yes : Match::no;
  }
  void lost(Direction, uint64_t) override {}

  Feed feed(Direction direction, Bytes frame, Sink& sink) override {
    if (frame.empty()) return malformed("empty");
    const uint8_t mode = frame[0] & 7;
    if (mode == 0) return malformed("no such mode");
    const Function function = kFunctions[mode - 1u];
    if (mode >= kControl) {
      // Queries and settings of the daemon itself; what they carry is not looked at.
      if (direction == Direction::to_server) sink.operation(ask(Action::diagnose, function));
      return {};
    }
    if (frame.size() < kHeaderOctets) return malformed("shorter than its header");
    const Header header = read_header(frame);
    if (mode == kClient || mode == kSymmetricActive) {
      sink.operation(ask(Action::time, function, {header.transmit, static_cast<uint32_t>(header.transmit)}));
    } else if (mode == kBroadcast) {
      sink.operation(ask(Action::time, function));
    } else {
      sink.answer(reply(Action::time, kFunctions[kClient - 1u], {header.origin, static_cast<uint32_t>(header.origin)}));
    }
    if (mode != kClient) {
      text_.clear();
      append_quality(text_, header);
      tell(sink, Attribute::Kind::clock, text_);
    }
    tell(sink, Attribute::Kind::version, kVersions[header.version]);
    // A key identifier and a digest of 16 or 20 octets; NTS needs extension fields, which begin with their type.
    const size_t behind = frame.size() - kHeaderOctets;
    const bool digest = behind == 20 || behind == 24;
    show(sink, digest || behind > 24 ? Protection::Kind::authenticated : Protection::Kind::unauthenticated,
         digest        ? "symmetric key"
         : behind > 24 ? "extension fields"
                       : "NTP");
    return {};
  }

 private:
  std::string text_;
};

}  // namespace

Entry ntp() {
  Entry entry = name_entry();
  entry.name = "ntp";
  entry.title = "Network Time Protocol";
  entry.specification = "RFC 5905";
  entry.udp_ports = kUdpPorts;
  entry.over_udp = true;
  entry.only_own_port = true;
  entry.to_everybody = true;
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<NtpDecoder>(self); };
  entry.posture = "no encryption; authentication only where keys or NTS are used";
  entry.encrypts = Assurance::no;
  return entry;
}

}  // namespace rampart::protocols::light
