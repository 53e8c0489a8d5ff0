#include "protocols/light/mqtt.h"

#include <algorithm>
#include <array>

#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Protection::Kind;

// MQTT 3.1.1, section 2; MQTT 5.0, section 2.
enum Packet : uint8_t {
  kConnect = 1,
  kConnack = 2,
  kPublish = 3,
  kPuback = 4,
  kPubrec = 5,
  kSubscribe = 8,
  kSuback = 9,
  kUnsubscribe = 10,
  kDisconnect = 14
};
constexpr size_t kMostPacket = 4096;  // looked at; the rest is payload
constexpr int kMostTopics = 16;       // of one subscription
constexpr std::array<uint16_t, 1> kTcpPorts = {1883};
constexpr std::array<Function, 3> kFunctions = {Function{kConnect, "connect"}, Function{kPublish, "publish"},
                                                Function{kSubscribe, "subscribe"}};
constexpr Function kConnecting = kFunctions[0], kPublishing = kFunctions[1], kSubscribing = kFunctions[2];

struct Head {
  uint8_t type = 0, flags = 0;
  size_t head = 0;    // octets of type and length
  uint64_t body = 0;  // octets behind them
};
/// read_head: `more` where the length is not all there; at most four octets, seven bits each.
Match read_head(Bytes bytes, Head& head) {
  if (bytes.size() < 2) return Match::more;
  head.type = bytes[0] >> 4;
  head.flags = bytes[0] & 0x0f;
  for (size_t i = 1; i <= 4; ++i) {
    if (i == bytes.size()) return Match::more;
    head.body |= static_cast<uint64_t>(bytes[i] & 0x7f) << (7 * (i - 1));
    if ((bytes[i] & 0x80) != 0) continue;
    head.head = i + 1;
    return Match::yes;
  }
  return Match::no;
}

Bytes read_field(ByteReader& reader) { return reader.bytes(reader.u16()); }

/// skip_properties: version 5 puts them before what follows, with a length of variable size.
void skip_properties(ByteReader& reader) {
  uint64_t length = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    const uint8_t octet = reader.u8();
    length |= static_cast<uint64_t>(octet & 0x7f) << shift;
    if ((octet & 0x80) == 0) return reader.skip(static_cast<size_t>(length));
  }
  reader.fail();
}

class MqttDecoder final : public StreamDecoder {
 public:
  using StreamDecoder::StreamDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    if (direction != Direction::to_server || bytes[0] != 0x10) return Match::no;
    Head head;
    const Match match = read_head(bytes, head);
    if (match != Match::yes) return match;
    if (head.body < 10 || head.body > 65'536) return Match::no;
    for (const std::string_view name : {std::string_view("\0\4MQTT", 6), std::string_view("\0\6MQIsdp", 8)}) {
      const Bytes there = bytes.subspan(head.head);
      const size_t size = std::min(name.size(), there.size());
      if (as_text(there.first(size)) == name.substr(0, size)) return size == name.size() ? Match::yes : Match::more;
    }
    return Match::no;
  }

 private:
  Frame cut(Direction, Bytes bytes) override {
    Head head;
    const Match match = read_head(bytes, head);
    if (match == Match::more) return {Frame::State::more, bytes.size() + 1};
    if (match == Match::no || head.type == 0) return {Frame::State::malformed, 0};
    const auto size = static_cast<size_t>(std::min<uint64_t>(head.head + head.body, kMostPacket));
    return {bytes.size() < size ? Frame::State::more : Frame::State::complete, size};
  }
  Feed read(Direction direction, Bytes frame, Sink& sink) override {
    Head head;
    if (read_head(frame, head) != Match::yes) return malformed("length of a packet");
    if (head.head + head.body > frame.size()) pass_over(direction, head.head + head.body - frame.size());
    ByteReader reader(frame.subspan(head.head));
    const bool asks = direction == Direction::to_server;
    switch (head.type) {
      case kConnect:
        return asks ? connect(reader, sink) : Feed{};
      case kConnack:
        return asks ? Feed{} : connected(reader, sink);
      case kPublish:
        return asks ? publish(reader, head.flags, sink) : Feed{};
      case kPuback:
      case kPubrec:
        return asks ? Feed{} : acknowledged(reader, kPublishing, Action::write, sink);
      case kSubscribe:
        return asks ? subscribe(reader, sink) : Feed{};
      case kSuback:
        return asks ? Feed{} : acknowledged(reader, kSubscribing, Action::read, sink);
      default:
        return {};
    }
  }

  Feed connect(ByteReader& reader, Sink& sink) {
    read_field(reader);  // protocol name
    level_ = reader.u8();
    const uint8_t flags = reader.u8();
    reader.skip(2);  // keep alive
    if (level_ >= 5) skip_properties(reader);
    const std::string_view client = readable(read_field(reader));
    if (!reader.ok()) return malformed("connect too short");
    sink.operation(ask(Action::session, kConnecting, {kConnect, 0}));
    tell(sink, Attribute::Kind::name, client);
    tell(sink, Attribute::Kind::version, level_ >= 5 ? "MQTT 5.0" : level_ == 4 ? "MQTT 3.1.1" : "MQTT 3.1");
    show(sink, Kind::unencrypted, "MQTT");
    password_ = (flags & 0x40) != 0;
    if (password_) show(sink, Kind::plain_credentials, "MQTT CONNECT password");
    return {};
  }
  Feed connected(ByteReader& reader, Sink& sink) {
    reader.skip(1);
    const uint8_t code = reader.u8();
    if (!reader.ok()) return malformed("connack too short");
    Answer answer = reply(Action::session, kConnecting, {kConnect, 0});
    if (code != 0) {
      answer.outcome = {Outcome::Kind::refused, code,
                        code == 4 || code == 5 || code >= 134 ? "not authorised" : "refused"};
    }
    sink.answer(answer);
    tell(sink, Attribute::Kind::role, "broker");
    if (code == 0)
      show(sink, password_ ? Kind::authenticated : Kind::unauthenticated, password_ ? "MQTT CONNECT password" : "MQTT");
    return {};
  }
  Feed publish(ByteReader& reader, uint8_t flags, Sink& sink) {
    const uint8_t quality = flags >> 1 & 3;
    const std::string_view topic = readable(read_field(reader));
    const uint16_t id = quality > 0 ? reader.u16() : uint16_t{0};
    if (!reader.ok()) return malformed("publish too short");
    // An empty topic stands, in version 5, for one that was given a number before.
    sink.operation(quality > 0 ? ask(Action::write, kPublishing, {uint64_t{kPublish} << 16 | id, id}, topic)
                               : ask(Action::write, kPublishing, topic));
    return count();
  }
  Feed subscribe(ByteReader& reader, Sink& sink) {
    const uint16_t id = reader.u16();
    if (level_ >= 5) skip_properties(reader);
    uint16_t item = 0;
    while (item < kMostTopics && reader.left() > 0) {
      const std::string_view topic = readable(read_field(reader));
      reader.skip(1);
      if (!reader.ok()) return malformed("subscription beyond its packet");
      Operation operation = ask(Action::read, kSubscribing, {uint64_t{kSubscribe} << 16 | id, id}, topic);
      operation.item = item++;
      sink.operation(operation);
    }
    return count();
  }
  Feed acknowledged(ByteReader& reader, Function function, Action action, Sink& sink) {
    const uint16_t id = reader.u16();
    if (!reader.ok()) return malformed("acknowledgement too short");
    sink.answer(reply(action, function, {uint64_t{function.code} << 16 | id, id}));
    return {};
  }
  /// count: a sensor that publishes for months tells the same topics; they are told as long as others are.
  Feed count() {
    if (++count_ >= kMostMessages) finish();
    return {};
  }

  static constexpr uint32_t kMostMessages = 10'000;
  uint8_t level_ = 4;
  bool password_ = false;
  uint32_t count_ = 0;
};

}  // namespace

Entry mqtt() {
  Entry entry = name_entry();
  entry.name = "mqtt";
  entry.title = "MQTT";
  entry.specification = "MQTT 3.1.1 and 5.0 (OASIS)";
  entry.tcp_ports = kTcpPorts;
  entry.over_tcp = true;
  entry.functions = kFunctions;
  entry.limits.message_octets = kMostPacket;
  entry.limits.pending_operations = 64;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<MqttDecoder>(self); };
  entry.status = "light: topics, clients, kind of authentication; payloads are passed over";
  entry.posture = "no encryption unless inside of TLS; a password that anybody can read at most";
  entry.encrypts = Assurance::no;
  return entry;
}

}  // namespace rampart::protocols::light
