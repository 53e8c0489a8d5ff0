#include "protocols/registry.h"

#include <array>

#include "base/text.h"
#include "protocols/dnp3/dnp3.h"
#include "protocols/enip/enip.h"
#include "protocols/iec104/iec104.h"
#include "protocols/light/arp.h"
#include "protocols/light/dhcp.h"
#include "protocols/light/dns.h"
#include "protocols/light/ftp.h"
#include "protocols/light/http.h"
#include "protocols/light/lldp.h"
#include "protocols/light/mqtt.h"
#include "protocols/light/ntp.h"
#include "protocols/light/rdp.h"
#include "protocols/light/smb.h"
#include "protocols/light/snmp.h"
#include "protocols/light/ssh.h"
#include "protocols/light/telnet.h"
#include "protocols/light/tls.h"
#include "protocols/light/vnc.h"
#include "protocols/modbus/modbus.h"
#include "protocols/s7comm/s7comm.h"

namespace rampart::protocols {
namespace {

// A protocol is one folder and one line here. Those that are surest to tell by content come first.
const std::array kRegistry = {
    s7comm::entry(),
    dnp3::entry(),
    iec104::entry(),
    enip::entry(),
    modbus::entry(),
    // For inventory and policy:
    light::tls(),
    light::ssh(),
    light::rdp(),
    light::vnc(),
    light::smb(),
    light::http(),
    light::mqtt(),
    light::arp(),
    light::lldp(),
    light::dhcp(),
    light::netbios(),
    light::snmp(),
    light::dns(),
    light::mdns(),
    light::ntp(),
    light::ftp(),
    light::telnet(),
};

}  // namespace

std::span<const Entry> registry() { return kRegistry; }

const Entry& Protocol::entry() const { return kRegistry[number - 1u]; }

std::string_view Protocol::name() const { return known() ? entry().name : std::string_view("unknown"); }

std::optional<Protocol> find_protocol(std::string_view name) {
  for (size_t i = 0; i < kRegistry.size(); ++i) {
    if (kRegistry[i].name == name) return Protocol{static_cast<uint16_t>(i + 1)};
  }
  return {};
}

Protocol protocol_at(bool tcp, uint16_t port) {
  for (size_t i = 0; i < kRegistry.size(); ++i) {
    for (const uint16_t hint : tcp ? kRegistry[i].tcp_ports : kRegistry[i].udp_ports) {
      if (hint == port) return {static_cast<uint16_t>(i + 1)};
    }
  }
  return {};
}

Protocol protocol_over_ethernet(uint16_t ethertype) {
  for (size_t i = 0; i < kRegistry.size(); ++i) {
    for (const uint16_t own : kRegistry[i].ethertypes) {
      if (own == ethertype) return {static_cast<uint16_t>(i + 1)};
    }
  }
  return {};
}

ParsedObject parse_space_object(std::string_view text, std::span<const Space> spaces) {
  ParsedObject parsed;
  text = trim(text);
  const size_t gap = text.find(' ');
  const std::string_view word = text.substr(0, gap);
  for (size_t i = 0; i < spaces.size(); ++i) {
    if (spaces[i].name == word) parsed.object.space = static_cast<uint8_t>(i);
  }
  if (!parsed.object.addressed()) {
    std::vector<std::string_view> names;
    for (const Space& space : spaces) names.push_back(space.name);
    parsed.error = "\"" + std::string(word) + "\" is no address space of this protocol";
    parsed.hint = "use one of:";
    for (const std::string_view name : names) parsed.hint += " " + std::string(name);
    return parsed;
  }
  if (gap == std::string_view::npos) {
    parsed.object.last = Object::kAll;
    return parsed;
  }
  const std::string_view numbers = trim(text.substr(gap));
  const size_t dash = numbers.find('-');
  const auto first = parse_number(numbers.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_number(numbers.substr(dash + 1));
  if (!first || !last || *last < *first) {
    parsed.error = "\"" + std::string(numbers) + "\" is no address or range of addresses";
    parsed.hint = "write one number, or first-last, as in \"" + std::string(word) + " 100-119\"";
    return parsed;
  }
  parsed.object.first = *first;
  parsed.object.last = *last;
  return parsed;
}

void append_space_object(std::string& out, const Object& object, std::span<const Space> spaces) {
  if (object.space >= spaces.size()) {
    out += object.name;
    return;
  }
  out += spaces[object.space].name;
  if (object.first == 0 && object.last == Object::kAll) return;
  out += ' ';
  append_number(out, object.first);
  if (object.last == object.first) return;
  out += '-';
  append_number(out, object.last);
}

}  // namespace rampart::protocols
