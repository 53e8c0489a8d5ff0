#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "plant/draft.h"
#include "plant/scalars.h"

namespace rampart::plant {

namespace {

constexpr uint32_t kMostPorts = 65'535;

uint16_t read_port(Reader& reader, NodeIndex node) {
  return static_cast<uint16_t>(reader.number(node, 1, kMostPorts, "ports are 1 to 65535").value_or(0));
}

std::optional<IpAddress> read_at(Reader& reader, NodeIndex node) {
  const auto text = reader.scalar(node, "an address");
  if (!text) return {};
  const auto ip = IpAddress::parse(*text);
  if (!ip) {
    reader.error(node, quoted(*text) + " is not an IP address",
                 "write 10.20.0.2 or fd00::2; the port stands in `port`");
  } else if (ip->is_multicast() || ip->is_broadcast()) {
    reader.error(node, quoted(*text) + " is the address of a group", "a gateway listens at an address of its own");
  }
  return ip;
}

std::optional<SerialLine> read_serial(Reader& reader, NodeIndex node) {
  if (node == kNoNode) return {};
  const Fields fields(reader, node, kSerialLineKeys);
  SerialLine line;
  line.device = reader.text(fields["device"], "a device");
  if (!line.device.value.empty() && line.device.value[0] != '/') {
    reader.error(fields["device"], quoted(line.device.value) + " is no device", "write /dev/ttyS0");
  }
  constexpr uint32_t kSpeeds[] = {1'200, 2'400, 4'800, 9'600, 19'200, 38'400, 57'600, 115'200};
  if (const auto baud = reader.number(fields["baud"], 1, 1'000'000)) {
    line.baud = *baud;
    if (std::find(std::begin(kSpeeds), std::end(kSpeeds), *baud) == std::end(kSpeeds)) {
      reader.error(fields["baud"], std::to_string(*baud) + " is no usual speed of a line", "write 9600 or 19200");
    }
  }
  line.parity = reader.choice(fields["parity"], kParities, Parity::even);
  line.stop_bits = reader.number(fields["stop-bits"], 1, 2).value_or(line.parity == Parity::none ? 2 : 1);
  return line;
}

void check_serial(Reader& reader, const Fields& fields, const Serve& serve, bool addressed) {
  if (!serve.serial) return;
  const NodeIndex node = fields["serial"];
  if (serve.protocol.value != "modbus") {
    reader.error(node, "only Modbus is spoken over a serial line here", "write `protocol: modbus`");
  } else if (!addressed || serve.udp) {
    reader.error(node, "a device behind a serial line has no address of its own",
                 "the gateway is `stands: addressed`, over TCP");
  } else if (serve.tls == TlsSide::server || serve.tls == TlsSide::both) {
    reader.error(node, "there is no TLS on a serial line", "write `tls: clients`");
  }
}

void read_wire(Reader& reader, NodeIndex node, Gateway& gateway) {
  if (node == kNoNode) return;
  const Fields fields(reader, node, kWireKeys);
  WireEnd wire;
  wire.mark = reader.mark(node);
  wire.at = read_at(reader, fields["at"]);
  if (const uint16_t port = read_port(reader, fields["port"]); port != 0) wire.port = port;
  wire.oldest = reader.choice(fields["oldest"], kTlsVersions, TlsVersion::tls13);
  gateway.wire = wire;
}

void read_grace(Reader& reader, NodeIndex node, Gateway& gateway) {
  const auto text = reader.scalar(node, "a span of time");
  if (!text) return;
  const auto span = parse_span(*text);
  if (!span) reader.error(node, quoted(*text) + " is no span of time", "write 7d, or 12h");
  gateway.grace = span.value_or(std::chrono::seconds(0));
}

void read_serve(Reader& reader, NodeIndex item, Gateway& gateway, GatewayNames& names) {
  const Fields fields(reader, item, kServeKeys);
  Serve serve;
  serve.mark = reader.mark(item);
  serve.protocol = reader.text(fields["protocol"], "a protocol");
  serve.udp = reader.word(fields["transport"], kTransports).value_or(serve.protocol.value == "udp" ? 1 : 0) == 1;
  serve.at = read_at(reader, fields["at"]);
  serve.port = read_port(reader, fields["port"]);
  serve.server_port = read_port(reader, fields["server-port"]);
  serve.sessions = reader.number(fields["sessions"], 1, 100'000).value_or(0);
  serve.kept = reader.number(fields["kept"], 0, 100'000).value_or(0);
  serve.tls = reader.choice(fields["tls"], kTlsSides, TlsSide::none);
  serve.serial = read_serial(reader, fields["serial"]);
  const bool whole = reader[item].kind == NodeKind::mapping && reader[item].closed;
  const bool addressed = gateway.stands == Stands::addressed;
  check_serial(reader, fields, serve, addressed);
  if (serve.tls != TlsSide::none && (serve.protocol.value != "modbus" || serve.udp || !addressed)) {
    reader.error(fields["tls"], "only Modbus over TCP is spoken inside TLS, at a gateway that is addressed",
                 "leave `tls` out; what passes between two gateways is protected by `protect` of the conduit");
  }
  if (addressed && fields["at"] == kNoNode && whole) {
    reader.error(item, "it is not said where clients find it", "add the gateway's own address: `at: 10.20.0.2`");
  }
  if (!addressed && fields["at"] != kNoNode) {
    reader.error(fields["at"], "clients talk to the asset itself where the gateway is not addressed", "leave `at` out");
  }
  if (!addressed && fields["server-port"] != kNoNode) {
    reader.error(fields["server-port"], "ports stay as they are where the gateway is not addressed", "write `port`");
  }
  if (serve.kept > 0 && serve.kept >= serve.sessions) {
    reader.error(fields["kept"], "as many sessions are kept as there are, or more", "`kept` is less than `sessions`");
  }
  names.serves.push_back(item);
  names.to.push_back(fields["to"]);
  gateway.serves.push_back(std::move(serve));
}

void read_limits(Reader& reader, NodeIndex node, GatewayLimits& limits) {
  if (node == kNoNode) return;
  const Fields fields(reader, node, kGatewayLimitKeys);
  const auto take = [&](std::string_view key, uint32_t& into) {
    if (const auto number = reader.number(fields[key], 1, 1'000'000)) into = *number;
  };
  take("connections", limits.connections);
  take("each-client", limits.each_client);
  take("half-open", limits.half_open);
  take("buffers", limits.buffers_mib);
}

void check_interfaces(Reader& reader, NodeIndex item, const Fields& fields, const Gateway& gateway) {
  const bool whole = reader[item].kind == NodeKind::mapping && reader[item].closed;
  const bool addressed = gateway.stands == Stands::addressed;
  const bool given = fields["interfaces"] != kNoNode;
  if (!addressed && !given && whole) {
    reader.error(item, "it is not said between which interfaces the gateway stands",
                 "add `interfaces: [eth0, eth1]`, the upper side first");
  } else if (given && gateway.interfaces.size() != 2) {
    reader.error(fields["interfaces"], "a gateway stands between two interfaces",
                 "name the upper side, then the lower");
  }
  if (fields["unnamed"] != kNoNode && gateway.stands != Stands::bridged) {
    reader.error(fields["unnamed"], "only a bridge can pass on what no rule names",
                 "write `stands: bridged`, or leave it out");
  }
}

}  // namespace

void read_gateways(Reader& reader, NodeIndex node, Draft& draft) {
  for (const NodeIndex item : reader.list(node, "gateways")) {
    const Fields fields(reader, item, kGatewayKeys);
    Gateway gateway;
    GatewayNames names;
    names.id = fields["id"];
    gateway.mark = reader.mark(item);
    gateway.id = reader.id(fields["id"]);
    gateway.stands = reader.choice(fields["stands"], kStands, Stands::addressed);
    gateway.unnamed = reader.choice(fields["unnamed"], kUnnamed, Unnamed::drop);
    for (const NodeIndex name : reader.words(fields["interfaces"], "interfaces")) {
      gateway.interfaces.push_back(reader.text(name, "an interface"));
    }
    check_interfaces(reader, item, fields, gateway);
    for (const NodeIndex serve : reader.list(fields["serves"], "what it serves")) {
      read_serve(reader, serve, gateway, names);
    }
    read_limits(reader, fields["limits"], gateway.limits);
    read_wire(reader, fields["wire"], gateway);
    read_grace(reader, fields["grace"], gateway);
    draft.gateway_ids.add(reader, fields["id"], static_cast<Index>(draft.plant.gateways.size()), "gateway");
    draft.plant.gateways.push_back(std::move(gateway));
    draft.gateways.push_back(std::move(names));
  }
}

namespace {

bool only_unit(const Location& at) { return !at.ip && !at.mac && at.name.empty() && at.unit.has_value(); }

/// check_lines: a unit alone reaches an asset only behind a serial line, and there each has its own.
void check_lines(Reader& reader, const Draft& draft) {
  std::set<Index> behind;
  std::map<std::pair<std::string, uint32_t>, Index> units;  // behind an address or a device
  for (size_t i = 0; i < draft.gateways.size(); ++i) {
    for (size_t k = 0; k < draft.plant.gateways[i].serves.size(); ++k) {
      const Serve& serve = draft.plant.gateways[i].serves[k];
      if (!serve.serial || serve.to >= draft.plant.assets.size()) continue;
      behind.insert(serve.to);
      for (const Location& at : draft.plant.assets[serve.to].at) {
        if (!at.unit || !serve.at) continue;
        for (const std::string& way : {to_text(*serve.at), serve.serial->device.value}) {
          const auto [other, fresh] = units.emplace(std::pair(way, *at.unit), serve.to);
          if (fresh || other->second == serve.to) continue;
          reader.error(draft.gateways[i].serves[k],
                       "unit " + std::to_string(*at.unit) + " behind " + way + " is also " +
                           quoted(draft.plant.assets[other->second].id.value),
                       "each asset on a line has a unit of its own; give another line another `at`");
          break;
        }
      }
    }
  }
  for (Index asset = 0; asset < draft.plant.assets.size(); ++asset) {
    const std::vector<Location>& at = draft.plant.assets[asset].at;
    for (size_t i = 0; i < at.size() && !behind.contains(asset); ++i) {
      if (!only_unit(at[i])) continue;
      reader.error(draft.assets[asset].at[i], "a place without address",
                   "name its ip, mac or PROFINET name, or have a gateway serve it over a `serial` line");
    }
  }
}

/// same_door: two units behind one line may be found at one address and port.
bool same_door(const Serve& left, const Serve& right) {
  return left.serial && right.serial && left.serial->device.value == right.serial->device.value && left.to != right.to;
}

/// check_line_settings: a line is one thing, whoever names it.
void check_line_settings(Reader& reader, const Draft& draft, size_t gateway) {
  const std::vector<Serve>& serves = draft.plant.gateways[gateway].serves;
  std::map<std::string_view, const SerialLine*> lines;
  for (size_t i = 0; i < serves.size(); ++i) {
    if (!serves[i].serial) continue;
    const SerialLine& line = *serves[i].serial;
    const SerialLine& first = *lines.emplace(line.device.value, &line).first->second;
    if (first.baud == line.baud && first.parity == line.parity && first.stop_bits == line.stop_bits) continue;
    reader.error(draft.gateways[gateway].serves[i],
                 quoted(line.device.value) + " has another speed or form where it is named before",
                 "a line has one speed, parity and number of stop bits");
  }
}

}  // namespace

void check_gateways(Reader& reader, const Draft& draft) {
  check_lines(reader, draft);
  for (size_t i = 0; i < draft.gateways.size(); ++i) {
    const Gateway& gateway = draft.plant.gateways[i];
    check_line_settings(reader, draft, i);
    std::map<std::tuple<std::optional<IpAddress>, Index, uint16_t, bool, std::string_view>, size_t> taken;
    for (size_t k = 0; k < gateway.serves.size(); ++k) {
      const Serve& serve = gateway.serves[k];
      // Two things at one address and port cannot be told apart; elsewhere each asset has its own.
      const Index asset = serve.at ? kNone : serve.to;
      const std::string_view usual = serve.port == 0 ? std::string_view(serve.protocol.value) : std::string_view();
      const auto [before, fresh] = taken.emplace(std::tuple(serve.at, asset, serve.port, serve.udp, usual), k);
      if (fresh || same_door(gateway.serves[before->second], serve)) continue;
      reader.error(draft.gateways[i].serves[k], "something else is served at the same address and port",
                   "give it another `port`, or another `at`");
    }
  }
}

}  // namespace rampart::plant
