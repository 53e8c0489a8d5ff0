#include "protocols/modbus/modbus.h"

#include <memory>

#include "base/text.h"
#include "protocols/modbus/decoder.h"

namespace rampart::protocols::modbus {
namespace {

constexpr uint16_t kPorts[] = {502};

/// parse_file reads `4` or `4 10-12`: a file is always one by its number.
ParsedObject parse_file(std::string_view text) {
  ParsedObject parsed;
  parsed.object.space = space::file;
  text = trim(text);
  const size_t gap = text.find(' ');
  const auto number = parse_number(text.substr(0, gap));
  if (!number || *number > 0xffff) {
    parsed.error = "a file is named by its number, 0 to 65535";
    parsed.hint = "write \"file 4\" for all its records, or \"file 4 10-12\"";
    return parsed;
  }
  const auto file = static_cast<uint32_t>(*number);
  if (gap == std::string_view::npos) {
    parsed.object.last = Object::kAll;
  } else {
    parsed = parse_space_object("file " + std::string(text.substr(gap)), spaces());
  }
  parsed.object.container = file;
  return parsed;
}

ParsedObject parse_object(std::string_view text) {
  text = trim(text);
  const size_t gap = text.find(' ');
  ParsedObject parsed = text.substr(0, gap) == "file"
                            ? parse_file(gap == std::string_view::npos ? std::string_view{} : text.substr(gap))
                            : parse_space_object(text, spaces());
  if (!parsed.error.empty()) return parsed;
  if (parsed.object.last != Object::kAll && parsed.object.last > 0xffff) {
    parsed.error = "an address of Modbus is 0 to 65535";
    parsed.hint = "addresses count from 0, as on the wire: register 40101 of a manual is holding-register 100";
    return parsed;
  }
  const uint8_t in = parsed.object.space;
  if (in == space::coil || in == space::discrete_input) parsed.type = ValueType::bit;
  return parsed;
}

void append_object(std::string& out, const Object& object) {
  if (object.space != space::file) return append_space_object(out, object, spaces());
  out += "file ";
  append_number(out, object.container);
  if (object.first == 0 && object.last == Object::kAll) return;
  out += ' ';
  append_number(out, object.first);
  if (object.last == object.first) return;
  out += '-';
  append_number(out, object.last);
}

std::unique_ptr<Decoder> make(Protocol self) { return std::make_unique<ModbusDecoder>(self); }

}  // namespace

Entry entry() {
  Entry entry;
  entry.name = "modbus";
  entry.title = "Modbus/TCP";
  entry.specification = "MODBUS Application Protocol V1.1b3; MODBUS Messaging on TCP/IP Implementation Guide V1.0b";
  entry.tcp_ports = kPorts;
  entry.udp_ports = kPorts;
  entry.over_tcp = true;
  entry.over_udp = true;
  entry.every_message = true;
  entry.answers_in_order = true;
  entry.limits.message_octets = kHeaderOctets + kUmasLengthMost;
  entry.limits.pending_operations = RequestTable::kSize;
  entry.spaces = spaces();
  entry.functions = functions();
  entry.make = make;
  entry.parse_object = parse_object;
  entry.append_object = append_object;
  entry.encrypts = Assurance::no;
  entry.authenticates = Assurance::no;
  entry.status = "complete; UMAS is named, not decoded; Modbus RTU and ASCII over TCP are not Modbus/TCP";
  entry.posture = "no authentication, no encryption, no integrity";
  return entry;
}

}  // namespace rampart::protocols::modbus
