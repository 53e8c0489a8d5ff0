#include "protocols/light/dhcp.h"

#include <algorithm>
#include <array>

#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Attribute::Kind;

// RFC 2132, RFC 4702 (81).
enum Option : uint8_t {
  kPad = 0,
  kHostName = 12,
  kDomain = 15,
  kType = 53,
  kVendorClass = 60,
  kFullName = 81,
  kEnd = 255
};
constexpr uint8_t kAck = 5;
constexpr size_t kHeaderOctets = 236;
constexpr int kMostOptions = 128;
constexpr std::array<uint16_t, 2> kUdpPorts = {67, 68};
constexpr std::array<Function, 9> kFunctions = {Function{0, "bootp"},   Function{1, "discover"}, Function{2, "offer"},
                                                Function{3, "request"}, Function{4, "decline"},  Function{5, "ack"},
                                                Function{6, "nak"},     Function{7, "release"},  Function{8, "inform"}};

struct Message {
  uint8_t operation = 0, type = 0;
  std::optional<MacAddress> mac;
  IpAddress client, yours;
  std::string_view name, full_name, vendor_class, domain;
};

bool is_dhcp(Bytes bytes) {
  return bytes.size() >= kHeaderOctets + 4 && (bytes[0] == 1 || bytes[0] == 2) && bytes[2] <= 16 &&
         load_big<4>(bytes.data() + kHeaderOctets) == 0x63825363;
}

/// full_name reads the name of option 81, as text or, where its flag E says so, as labels with dots between them.
std::string_view full_name(Bytes value, std::string& scratch) {
  if (value.size() < 3) return {};
  if ((value[0] & 4) == 0) return readable(value.subspan(3));
  scratch.clear();
  ByteReader reader(value.subspan(3));
  while (reader.left() > 0 && reader.peek() != 0 && reader.peek() < 64) {
    const Bytes label = reader.bytes(reader.u8());
    if (!reader.ok()) return {};
    if (!scratch.empty()) scratch += '.';
    scratch += as_text(label);
  }
  return readable(as_bytes(scratch));
}

Feed read_options(ByteReader reader, Message& message, std::string& scratch) {
  for (int i = 0; i < kMostOptions && reader.left() > 0; ++i) {
    const uint8_t code = reader.u8();
    if (code == kPad) continue;
    if (code == kEnd) return {};
    const Bytes value = reader.bytes(reader.u8());
    if (!reader.ok()) return malformed("option beyond the message");
    if (code == kType && value.size() == 1) message.type = value[0];
    if (code == kHostName) message.name = readable(value);
    if (code == kDomain) message.domain = readable(value);
    if (code == kVendorClass) message.vendor_class = readable(value);
    if (code == kFullName) message.full_name = full_name(value, scratch);
  }
  return {};
}

class DhcpDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    return is_dhcp(bytes) && (bytes[0] == 1) == (direction == Direction::to_server) ? Match::yes : Match::no;
  }
  void lost(Direction, uint64_t) override {}

  Feed feed(Direction, Bytes frame, Sink& sink) override {
    if (!is_dhcp(frame)) return malformed("not DHCP");
    Message message;
    message.operation = frame[0];
    if (frame[1] == 1 && frame[2] == 6) {
      std::copy(frame.begin() + 28, frame.begin() + 34, message.mac.emplace().octets.begin());
    }
    message.client = IpAddress::v4(frame.data() + 12);
    message.yours = IpAddress::v4(frame.data() + 16);
    const Feed read = read_options(ByteReader(frame.subspan(kHeaderOctets + 4)), message, scratch_);
    if (read.state != Feed::State::complete) return read;
    tell_all(message, sink);
    return {};
  }

 private:
  void tell_all(const Message& message, Sink& sink) const {
    const Function function = message.type < kFunctions.size() ? kFunctions[message.type] : kFunctions[0];
    if (message.operation == 1) {
      sink.operation(ask(Action::session, function));
      about(message, {}, Kind::name, message.full_name.empty() ? message.name : message.full_name, sink);
      about(message, {}, Kind::vendor, message.vendor_class, sink);
      return;
    }
    if (message.type != kAck) return;
    const IpAddress given = message.yours == IpAddress::v4(kNobody) ? message.client : message.yours;
    if (given == IpAddress::v4(kNobody)) return;
    sink.attribute(
        {.kind = Kind::address, .basis = Attribute::Basis::assigned, .about_ip = given, .about_mac = message.mac});
    about(message, given, Kind::domain, message.domain, sink);
  }
  /// about tells of the client, whom relays speak for.
  static void about(const Message& message, std::optional<IpAddress> ip, Kind kind, std::string_view text, Sink& sink) {
    if (text.empty()) return;
    if (!ip && message.client != IpAddress::v4(kNobody)) ip = message.client;
    sink.attribute({.kind = kind, .text = text, .about_ip = ip, .about_mac = message.mac});
  }

  static constexpr uint8_t kNobody[4] = {0, 0, 0, 0};
  std::string scratch_;
};

}  // namespace

Entry dhcp() {
  Entry entry = name_entry();
  entry.name = "dhcp";
  entry.title = "Dynamic Host Configuration Protocol";
  entry.specification = "RFC 2131, RFC 2132, RFC 4702";
  entry.udp_ports = kUdpPorts;
  entry.over_udp = true;
  entry.to_everybody = true;
  entry.not_relayed = "it speaks to everybody in a subnet, which ends at the gateway";
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<DhcpDecoder>(self); };
  entry.posture = "no authentication: any server may answer";
  entry.encrypts = Assurance::no;
  entry.authenticates = Assurance::no;
  return entry;
}

}  // namespace rampart::protocols::light
