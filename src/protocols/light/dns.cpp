#include "protocols/light/dns.h"

#include <algorithm>
#include <array>

#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Attribute::Kind;

enum Type : uint16_t { kA = 1, kPtr = 12, kHinfo = 13, kTxt = 16, kAaaa = 28, kSrv = 33, kAny = 255 };
constexpr std::array<uint16_t, 1> kDnsPorts = {53};
constexpr std::array<uint16_t, 1> kMdnsPorts = {5353};
constexpr std::array<Function, 17> kTypes = {
    Function{0, "other"},  Function{1, "A"},      Function{2, "NS"},  Function{5, "CNAME"},   Function{6, "SOA"},
    Function{12, "PTR"},   Function{13, "HINFO"}, Function{15, "MX"}, Function{16, "TXT"},    Function{28, "AAAA"},
    Function{33, "SRV"},   Function{35, "NAPTR"}, Function{43, "DS"}, Function{48, "DNSKEY"}, Function{64, "SVCB"},
    Function{65, "HTTPS"}, Function{255, "ANY"}};
constexpr std::array<std::string_view, 6> kCodes = {
    "", "format error", "server failure", "no such name", "not implemented", "refused"};

Function type_of(uint16_t type) {
  for (const Function& known : kTypes) {
    if (known.code == type) return known;
  }
  return kTypes[0];
}
/// whole reads a message to its end: true where every record that it announces is there and nothing else.
bool whole(Bytes message) {
  ByteReader reader(message);
  DnsHeader header;
  if (!read_header(reader, header) || header.opcode() > 5 || (header.flags & 0x40) != 0) return false;
  if (header.counts[0] > 4) return false;
  uint32_t records = 0;
  for (int i = 1; i < 4; ++i) records += header.counts[i];
  for (int i = 0; i < header.counts[0]; ++i) {
    Question question;
    if (!read_question(message, reader, question)) return false;
    const uint16_t of_class = question.of_class & 0x7fff;
    if (of_class != 1 && of_class != 3 && of_class != 255) return false;
  }
  for (uint32_t i = 0; i < records; ++i) {
    if (i == kMostRecords) return true;
    ResourceRecord record;
    if (!read_record(message, reader, record)) return false;
  }
  return reader.left() == 0;
}

/// is_netbios_name: a question of type 0x20, which in DNS nobody asks; see netbios.cpp.
bool is_netbios_name(Bytes message) {
  ByteReader reader(message);
  DnsHeader header;
  Question question;
  return read_header(reader, header) && read_question(message, reader, question) && question.type == 0x20;
}

std::optional<IpAddress> address_of(const ResourceRecord& record) {
  if (record.type == kA && record.data.size() == 4) return IpAddress::v4(record.data.data());
  if (record.type == kAaaa && record.data.size() == 16) return IpAddress::v6(record.data.data());
  return {};
}

class DnsDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    if (bytes.size() < 17 || (bytes[2] & 0x80) != (direction == Direction::to_client ? 0x80 : 0)) return Match::no;
    // A query asks one thing; an answer repeats it. Padding and signatures apart, nothing else may be in the way.
    if (load_big<2>(bytes.data() + 4) != 1) return Match::no;
    return whole(bytes) && !is_netbios_name(bytes) ? Match::yes : Match::no;
  }
  void lost(Direction, uint64_t) override {}

  Feed feed(Direction direction, Bytes frame, Sink& sink) override {
    ByteReader reader(frame);
    DnsHeader header;
    Question question;
    if (!read_header(reader, header)) return malformed("shorter than its header");
    if (header.counts[0] == 0) return {};
    if (!read_question(frame, reader, question)) return malformed("a question that cannot be read");
    const Function function = type_of(question.type);
    const TransactionKey key{uint64_t{question.type} << 16 | header.id, header.id};
    if (!header.response()) {
      if (direction == Direction::to_server) {
        const Action action = header.opcode() == 5 ? Action::write : Action::read;
        sink.operation(ask(action, function, key, readable(as_bytes(question.name.view()))));
      }
      return {};
    }
    Answer answer = reply(header.opcode() == 5 ? Action::write : Action::read, function, key);
    if (header.code() != 0) {
      const bool named = header.code() < kCodes.size();
      answer.outcome = {Outcome::Kind::refused, header.code(), named ? kCodes[header.code()] : "error"};
    }
    sink.answer(answer);
    return records(frame, reader, std::min<int>(header.counts[1], kMostRecords), sink);
  }

 private:
  /// records: the addresses behind names are what the server says about others.
  static Feed records(Bytes frame, ByteReader& reader, int count, Sink& sink) {
    for (int i = 0; i < count; ++i) {
      ResourceRecord record;
      if (!read_record(frame, reader, record)) return malformed("a record that cannot be read");
      const auto address = address_of(record);
      if (!address) continue;
      const std::string_view name = readable(as_bytes(record.name.view()));
      if (!name.empty()) sink.attribute({.kind = Kind::name, .text = name, .about_ip = address});
    }
    return {};
  }
};

/// key_kind: what the keys of TXT records say that many kinds of devices use.
std::optional<Kind> key_kind(std::string_view key) {
  if (key == "model" || key == "md" || key == "ty" || key == "product") return Kind::model;
  if (key == "manufacturer" || key == "vendor" || key == "usb_MFG") return Kind::vendor;
  if (key == "fw" || key == "firmware" || key == "fv") return Kind::firmware;
  if (key == "serialnumber" || key == "sn") return Kind::serial;
  return {};
}

class MdnsDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    return direction == Direction::to_server && whole(bytes) ? Match::yes : Match::no;
  }
  void lost(Direction, uint64_t) override {}

  Feed feed(Direction, Bytes frame, Sink& sink) override {
    ByteReader reader(frame);
    DnsHeader header;
    if (!read_header(reader, header)) return malformed("shorter than its header");
    for (int i = 0; i < std::min<int>(header.counts[0], kMostRecords); ++i) {
      Question question;
      if (!read_question(frame, reader, question)) return malformed("a question that cannot be read");
      if (i > 0 || header.response()) continue;
      sink.operation(ask(Action::identify, type_of(question.type), readable(as_bytes(question.name.view()))));
    }
    if (!header.response() || header.counts[0] > kMostRecords) return {};
    const int records = header.counts[1] + header.counts[2] + header.counts[3];
    for (int i = 0; i < std::min(records, kMostRecords); ++i) {
      ResourceRecord record;
      if (!read_record(frame, reader, record)) return malformed("a record that cannot be read");
      one(record, sink);
    }
    return {};
  }

 private:
  static void one(const ResourceRecord& record, Sink& sink) {
    std::string_view name = readable(as_bytes(record.name.view()));
    if (const auto address = address_of(record)) {
      if (name.ends_with(".local")) name.remove_suffix(6);
      if (!name.empty()) sink.attribute({.kind = Kind::name, .text = name, .about_ip = address});
    } else if (record.type == kPtr && name.starts_with('_')) {
      tell(sink, Kind::service, name.ends_with(".local") ? name.substr(0, name.size() - 6) : name);
    } else if (record.type == kHinfo) {
      ByteReader reader(record.data);
      reader.skip(reader.u8());
      tell(sink, Kind::operating_system, readable(reader.bytes(reader.u8())));
    } else if (record.type == kTxt) {
      texts(record.data, sink);
    }
  }
  static void texts(Bytes data, Sink& sink) {
    ByteReader reader(data);
    for (int i = 0; i < kMostRecords && reader.left() > 0; ++i) {
      const std::string_view text = readable(reader.bytes(reader.u8()));
      const size_t equals = text.find('=');
      if (equals == std::string_view::npos) continue;
      if (const auto kind = key_kind(text.substr(0, equals))) tell(sink, *kind, text.substr(equals + 1));
    }
  }
};

}  // namespace

bool read_name(Bytes message, ByteReader& reader, Name& name) {
  name.size = 0;
  ByteReader elsewhere(message);
  ByteReader* at = &reader;
  size_t limit = message.size();  // a pointer leads before the place where it stands: no way round in circles
  for (int pointers = 0; pointers <= kMostPointers;) {
    const uint8_t length = at->u8();
    if (!at->ok()) return false;
    if (length == 0) return true;
    if ((length & 0xc0) == 0xc0) {
      const size_t target = static_cast<size_t>(length & 0x3f) << 8 | at->u8();
      const size_t here = message.size() - at->left();
      if (!at->ok() || target >= std::min(limit, here - 2)) return false;
      limit = target;
      elsewhere = ByteReader(message.subspan(target));
      at = &elsewhere;
      ++pointers;
      continue;
    }
    if ((length & 0xc0) != 0) return false;
    const Bytes label = at->bytes(length);
    if (!at->ok() || name.size + length + 1 > sizeof name.text) return false;
    if (name.size > 0) name.text[name.size++] = '.';
    std::ranges::copy(label, name.text + name.size);
    name.size += label.size();
  }
  return false;
}

bool read_header(ByteReader& reader, DnsHeader& header) {
  header.id = reader.u16();
  header.flags = reader.u16();
  for (uint16_t& count : header.counts) count = reader.u16();
  return reader.ok();
}

bool read_question(Bytes message, ByteReader& reader, Question& question) {
  if (!read_name(message, reader, question.name)) return false;
  question.type = reader.u16();
  question.of_class = reader.u16();
  return reader.ok();
}

bool read_record(Bytes message, ByteReader& reader, ResourceRecord& record) {
  if (!read_name(message, reader, record.name)) return false;
  record.type = reader.u16();
  record.of_class = reader.u16();
  reader.skip(4);
  record.data = reader.bytes(reader.u16());
  return reader.ok();
}

Entry dns() {
  Entry entry = name_entry();
  entry.name = "dns";
  entry.title = "Domain Name System";
  entry.specification = "RFC 1035";
  entry.udp_ports = kDnsPorts;
  entry.over_udp = true;
  entry.functions = kTypes;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<DnsDecoder>(self); };
  entry.status = "light: names asked for, outcomes, addresses behind names; over UDP only";
  entry.posture = "no encryption; answers are not authenticated but by DNSSEC, which is not checked";
  entry.encrypts = Assurance::no;
  entry.authenticates = Assurance::no;
  return entry;
}

Entry mdns() {
  Entry entry = name_entry();
  entry.name = "mdns";
  entry.title = "Multicast DNS and service discovery";
  entry.specification = "RFC 6762, RFC 6763";
  entry.udp_ports = kMdnsPorts;
  entry.over_udp = true;
  entry.only_own_port = true;
  entry.to_everybody = true;
  entry.not_relayed = "it speaks to everybody in a subnet, which ends at the gateway";
  entry.functions = kTypes;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<MdnsDecoder>(self); };
  entry.posture = "no authentication: anybody may claim any name";
  entry.encrypts = Assurance::no;
  entry.authenticates = Assurance::no;
  return entry;
}

}  // namespace rampart::protocols::light
