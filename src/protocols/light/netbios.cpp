// The name service of NetBIOS over UDP (RFC 1002, section 4.2): the messages of DNS with names of 16 octets, each
// written as 32 letters; the sixteenth octet says what the name is for.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "protocols/light/dns.h"
#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Attribute::Kind;

enum Type : uint16_t { kName = 0x20, kStatus = 0x21 };
constexpr uint16_t kGroup = 0x8000, kBroadcast = 0x0010;
constexpr std::array<uint16_t, 1> kUdpPorts = {137};
enum Opcode : uint8_t { kQuery = 0, kRegistration = 5, kRelease = 6, kWait = 7, kRefresh = 8, kRefreshOther = 9 };
constexpr std::array<Function, 7> kFunctions = {Function{kQuery, "query"},     Function{kRegistration, "registration"},
                                                Function{kRelease, "release"}, Function{kWait, "wait"},
                                                Function{kRefresh, "refresh"}, Function{kRefreshOther, "refresh-other"},
                                                Function{0x21, "node-status"}};

const Function* function_of(uint8_t opcode, uint16_t type) {
  const uint32_t code = opcode == kQuery && type == kStatus ? 0x21u : opcode;
  const auto found =
      std::find_if(kFunctions.begin(), kFunctions.end(), [code](const Function& f) { return f.code == code; });
  return found == kFunctions.end() ? nullptr : &*found;
}

struct NetbiosName {
  char text[16]{};
  size_t size = 0;
  uint8_t suffix = 0;
  std::string_view view() const { return {text, size}; }
};

/// trim_name: 15 octets filled up with blanks, then the suffix. What is not readable ends the name.
void trim_name(const uint8_t* octets, NetbiosName& name) {
  const std::string_view text = readable({octets, 15}, 15);
  name.size = text.size();
  std::copy(text.begin(), text.end(), name.text);
  name.suffix = octets[15];
}

/// unfold takes the 32 letters apart; a scope that may follow them is left out.
bool unfold(std::string_view folded, NetbiosName& name) {
  if (folded.size() < 32 || (folded.size() > 32 && folded[32] != '.')) return false;
  uint8_t octets[16];
  for (size_t i = 0; i < 16; ++i) {
    const char high = folded[i * 2], low = folded[i * 2 + 1];
    if (high < 'A' || high > 'P' || low < 'A' || low > 'P') return false;
    octets[i] = static_cast<uint8_t>((high - 'A') << 4 | (low - 'A'));
  }
  trim_name(octets, name);
  return true;
}

bool is_netbios(Bytes bytes) {
  ByteReader reader(bytes);
  DnsHeader header;
  Name name;
  if (!read_header(reader, header) || !read_name(bytes, reader, name)) return false;
  const uint16_t type = reader.u16(), of_class = reader.u16();
  NetbiosName unfolded;
  return reader.ok() && (type == kName || type == kStatus || type == 0x0a) && of_class == 1 &&
         function_of(header.opcode(), type) != nullptr && unfold(name.view(), unfolded);
}

class NetbiosDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    if (bytes.size() < 50 || (bytes[2] & 0x80) != (direction == Direction::to_client ? 0x80 : 0)) return Match::no;
    return is_netbios(bytes) ? Match::yes : Match::no;
  }
  void lost(Direction, uint64_t) override {}

  Feed feed(Direction, Bytes frame, Sink& sink) override {
    ByteReader reader(frame);
    DnsHeader header;
    if (!read_header(reader, header)) return malformed("shorter than its header");
    return header.response() ? response(frame, reader, header, sink) : request(frame, reader, header, sink);
  }

 private:
  Feed request(Bytes frame, ByteReader& reader, const DnsHeader& header, Sink& sink) {
    Question question;
    NetbiosName name;
    if (header.counts[0] == 0) return {};
    if (!read_question(frame, reader, question) || !unfold(question.name.view(), name))
      return malformed("no such name");
    const Function* function = function_of(header.opcode(), question.type);
    if (function == nullptr) return {Feed::State::unsupported, "operation code"};
    const Action action = header.opcode() == kQuery ? Action::identify : Action::session;
    const bool to_all = (header.flags & kBroadcast) != 0;
    const TransactionKey key{header.id, header.id};
    sink.operation(to_all ? ask(action, *function, name.view()) : ask(action, *function, key, name.view()));
    if (header.opcode() == kQuery || header.opcode() == kRelease || header.counts[3] == 0) return {};
    // Who registers a name says which address is to have it.
    ResourceRecord record;
    if (!read_record(frame, reader, record)) return malformed("a record that cannot be read");
    addresses(record.data, name, sink);
    return {};
  }
  Feed response(Bytes frame, ByteReader& reader, const DnsHeader& header, Sink& sink) {
    ResourceRecord record;
    NetbiosName name;
    if (header.counts[1] == 0) return {};
    if (!read_record(frame, reader, record) || !unfold(record.name.view(), name)) return malformed("no such name");
    const Function* function = function_of(header.opcode(), record.type);
    if (function == nullptr) return {Feed::State::unsupported, "operation code"};
    Answer answer =
        reply(header.opcode() == kQuery ? Action::identify : Action::session, *function, {header.id, header.id});
    if (header.code() != 0) answer.outcome = {Outcome::Kind::refused, header.code(), "error"};
    sink.answer(answer);
    if (header.code() != 0) return {};
    if (record.type == kStatus) return node_status(record.data, sink);
    if (header.opcode() == kQuery && record.type == kName) addresses(record.data, name, sink);
    return {};
  }
  /// addresses: pairs of flags and address.
  static void addresses(Bytes data, const NetbiosName& name, Sink& sink) {
    ByteReader reader(data);
    for (int i = 0; i < 4 && reader.left() >= 6; ++i) {
      const uint16_t flags = reader.u16();
      const IpAddress address = IpAddress::v4(reader.bytes(4).data());
      one(name, flags, address, sink);
    }
  }
  static Feed node_status(Bytes data, Sink& sink) {
    ByteReader reader(data);
    const int count = reader.u8();
    for (int i = 0; i < count; ++i) {
      const Bytes octets = reader.bytes(16);
      const uint16_t flags = reader.u16();
      if (!reader.ok()) return malformed("fewer names than announced");
      NetbiosName name;
      trim_name(octets.data(), name);
      if (i < kMostRecords) one(name, flags, {}, sink);
    }
    return {};
  }
  /// one tells what a name says of who bears it: of himself, or of the address given.
  static void one(const NetbiosName& name, uint16_t flags, const std::optional<IpAddress>& about, Sink& sink) {
    Attribute attribute{.kind = Kind::name, .text = name.view(), .about_ip = about};
    if (name.size == 0) return;
    const bool group = (flags & kGroup) != 0;
    if (name.suffix == 0) {
      if (group) attribute.kind = Kind::domain;
    } else if (name.suffix == 0x20 && !group) {
      attribute.kind = Kind::service;
      attribute.text = "file server";
    } else if (name.suffix == 0x1c) {
      attribute.kind = Kind::role;
      attribute.text = "domain controller";
    } else if (name.suffix == 0x1b) {
      attribute.kind = Kind::role;
      attribute.text = "domain master browser";
    } else if (name.suffix == 0x1d) {
      attribute.kind = Kind::role;
      attribute.text = "master browser";
    } else {
      return;
    }
    sink.attribute(attribute);
  }
};

}  // namespace

Entry netbios() {
  Entry entry = name_entry();
  entry.name = "netbios";
  entry.title = "NetBIOS name service";
  entry.specification = "RFC 1001, RFC 1002";
  entry.udp_ports = kUdpPorts;
  entry.over_udp = true;
  entry.to_everybody = true;
  entry.not_relayed = "it speaks to everybody in a subnet, which ends at the gateway";
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<NetbiosDecoder>(self); };
  entry.posture = "no authentication: anybody may claim any name";
  entry.encrypts = Assurance::no;
  entry.authenticates = Assurance::no;
  return entry;
}

}  // namespace rampart::protocols::light
