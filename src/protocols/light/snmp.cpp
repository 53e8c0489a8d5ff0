#include "protocols/light/snmp.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "protocols/light/der.h"
#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

using Kind = Attribute::Kind;

// RFC 1157, RFC 3416: the tags of the protocol data units.
enum Pdu : uint8_t {
  kGet = 0xa0,
  kGetNext = 0xa1,
  kResponse = 0xa2,
  kSet = 0xa3,
  kTrapV1 = 0xa4,
  kGetBulk = 0xa5,
  kInform = 0xa6,
  kTrap = 0xa7,
  kReport = 0xa8
};
constexpr int kMostBindings = 64;
constexpr size_t kMostObjectOctets = 48;
constexpr std::array<uint16_t, 2> kUdpPorts = {161, 162};
constexpr std::array<Function, 10> kFunctions = {Function{kGet, "get"},           Function{kGetNext, "get-next"},
                                                 Function{kResponse, "response"}, Function{kSet, "set"},
                                                 Function{kTrapV1, "trap-v1"},    Function{kGetBulk, "get-bulk"},
                                                 Function{kInform, "inform"},     Function{kTrap, "trap"},
                                                 Function{kReport, "report"},     Function{0, "encrypted"}};
constexpr std::array<std::string_view, 19> kErrors = {"ok",
                                                      "too big",
                                                      "no such name",
                                                      "bad value",
                                                      "read only",
                                                      "general",
                                                      "no access",
                                                      "wrong type",
                                                      "wrong length",
                                                      "wrong encoding",
                                                      "wrong value",
                                                      "no creation",
                                                      "inconsistent value",
                                                      "resource unavailable",
                                                      "commit failed",
                                                      "undo failed",
                                                      "authorization",
                                                      "not writable",
                                                      "inconsistent name"};

/// append_object writes an object identifier in dotted form (X.690, 8.19).
bool append_dotted(std::string& out, Bytes content) {
  if (content.empty() || content.size() > kMostObjectOctets) return false;
  uint32_t number = 0;
  bool first = true;
  for (const uint8_t octet : content) {
    if (number > 0x01ffffff) return false;
    number = number << 7 | (octet & 0x7f);
    if ((octet & 0x80) != 0) continue;
    if (first) {
      const uint32_t root = std::min<uint32_t>(number / 40, 2);
      append_number(out, root);
      number -= root * 40;
    }
    out += '.';
    append_number(out, number);
    number = 0;
    first = false;
  }
  return (content.back() & 0x80) == 0;
}

/// system_kind: the objects of the group system (1.3.6.1.2.1.1) that name a device.
std::optional<Kind> system_kind(Bytes object) {
  constexpr std::array<uint8_t, 7> kSystem = {0x2b, 6, 1, 2, 1, 1, 0};
  if (object.size() != 8 || !std::equal(kSystem.begin(), kSystem.begin() + 6, object.begin()) || object[7] != 0)
    return {};
  if (object[6] == 1) return Kind::model;
  if (object[6] == 5) return Kind::name;
  if (object[6] == 6) return Kind::location;
  return {};
}

struct Message {
  uint64_t version = 0;
  bool community = false;  // one that is not empty
  uint8_t flags = 0;       // version 3: 1 authenticated, 2 encrypted
  Der pdu;                 // tag 0 where it is encrypted
};

/// read_message goes as far as the protocol data unit.
bool read_message(Bytes frame, Message& message) {
  ByteReader outer(frame);
  ByteReader body = inside_der(outer, kDerSequence);
  if (!der_number(body, message.version)) return false;
  if (message.version <= 1) {
    Der community;
    if (!next_der(body, community) || community.tag != kDerOctets) return false;
    message.community = !community.content.empty();
    return next_der(body, message.pdu) && message.pdu.tag >= kGet && message.pdu.tag <= kReport;
  }
  if (message.version != 3) return false;
  // RFC 3412, section 6: global data, security parameters (with the user's name), the scoped data unit.
  ByteReader global = inside_der(body, kDerSequence);
  uint64_t id = 0, most = 0;
  Der flags, parameters, scoped;
  if (!der_number(global, id) || !der_number(global, most) || !next_der(global, flags) || flags.content.size() != 1)
    return false;
  message.flags = flags.content[0] & 3;
  if (!next_der(body, parameters) || parameters.tag != kDerOctets || !next_der(body, scoped)) return false;
  if (scoped.tag == kDerOctets) return (message.flags & 2) != 0;
  if (scoped.tag != kDerSequence) return false;
  ByteReader inner(scoped.content);
  Der engine, context;
  return next_der(inner, engine) && next_der(inner, context) && next_der(inner, message.pdu) &&
         message.pdu.tag >= kGet && message.pdu.tag <= kReport;
}

class SnmpDecoder final : public LightDecoder {
 public:
  using LightDecoder::LightDecoder;
  Match probe(Direction direction, Bytes bytes) const override {
    if (bytes.empty()) return Match::more;
    Message message;
    if (!read_message(bytes, message)) return Match::no;
    const bool answers = message.pdu.tag == kResponse || message.pdu.tag == kReport;
    return answers == (direction == Direction::to_client) ? Match::yes : Match::no;
  }
  void lost(Direction, uint64_t) override {}

  Feed feed(Direction, Bytes frame, Sink& sink) override {
    Message message;
    if (!read_message(frame, message)) return malformed("not SNMP");
    protection(message, sink);
    const auto found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                    [&](const Function& function) { return function.code == message.pdu.tag; });
    const Function function = *found;
    if (message.pdu.tag == 0) {
      sink.operation(ask(Action::session, function));
      return {};
    }
    ByteReader pdu(message.pdu.content);
    if (message.pdu.tag == kTrapV1) {
      sink.operation(ask(Action::diagnose, function));
      return {};
    }
    uint64_t id = 0, error = 0, index = 0;
    if (!der_number(pdu, id) || !der_number(pdu, error) || !der_number(pdu, index))
      return malformed("data unit too short");
    ByteReader bindings = inside_der(pdu, kDerSequence);
    if (!pdu.ok()) return malformed("data unit without bindings");
    const TransactionKey key{id, static_cast<uint32_t>(id)};
    const bool response = message.pdu.tag == kResponse || message.pdu.tag == kReport;
    return response ? answer(bindings, key, error, sink) : operation(message.pdu.tag, function, bindings, key, sink);
  }

 private:
  static void protection(const Message& message, Sink& sink) {
    if (message.version <= 1) {
      show(sink, Protection::Kind::outdated, message.version == 0 ? "SNMPv1" : "SNMPv2c");
      show(sink, message.community ? Protection::Kind::plain_credentials : Protection::Kind::unencrypted,
           "SNMP community");
      tell(sink, Kind::version, message.version == 0 ? "SNMPv1" : "SNMPv2c");
      return;
    }
    tell(sink, Kind::version, "SNMPv3");
    const bool authenticated = (message.flags & 1) != 0, encrypted = (message.flags & 2) != 0;
    show(sink, authenticated ? Protection::Kind::authenticated : Protection::Kind::unauthenticated, "SNMPv3");
    show(sink, encrypted ? Protection::Kind::encrypted : Protection::Kind::unencrypted, "SNMPv3");
  }
  Feed operation(uint8_t tag, Function function, ByteReader& bindings, TransactionKey key, Sink& sink) {
    text_.clear();
    ByteReader first = inside_der(bindings, kDerSequence);
    Der object;
    if (next_der(first, object) && object.tag == kDerObject && !append_dotted(text_, object.content)) {
      return malformed("object identifier");
    }
    const Action action = tag == kSet                      ? Action::configure
                          : tag == kInform || tag == kTrap ? Action::diagnose
                                                           : Action::read;
    sink.operation(tag == kTrap ? ask(action, function, text_) : ask(action, function, key, text_));
    return {};
  }
  Feed answer(ByteReader& bindings, TransactionKey key, uint64_t error, Sink& sink) {
    Answer answer = reply(Action::read, kFunctions[2], key);
    if (error != 0) {
      answer.outcome = {Outcome::Kind::refused, static_cast<uint32_t>(error),
                        error < kErrors.size() ? kErrors[error] : "error"};
    }
    sink.answer(answer);
    for (int i = 0; i < kMostBindings && bindings.left() > 0; ++i) {
      ByteReader binding = inside_der(bindings, kDerSequence);
      Der object, value;
      if (!next_der(binding, object) || !next_der(binding, value)) return malformed("binding");
      const auto kind = object.tag == kDerObject ? system_kind(object.content) : std::nullopt;
      if (kind && value.tag == kDerOctets) tell(sink, *kind, readable(value.content));
    }
    return {};
  }

  std::string text_;
};

}  // namespace

Entry snmp() {
  Entry entry = name_entry();
  entry.name = "snmp";
  entry.title = "Simple Network Management Protocol";
  entry.specification = "RFC 1157, RFC 3416, RFC 3412";
  entry.udp_ports = kUdpPorts;
  entry.over_udp = true;
  entry.functions = kFunctions;
  entry.make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<SnmpDecoder>(self); };
  entry.status = "light: operation and first object of each message, the system group; values are not shown";
  entry.posture = "versions 1 and 2c: a community that anybody can read; version 3 by its security level";
  return entry;
}

}  // namespace rampart::protocols::light
