#include "base/text.h"
#include "plant/draft.h"
#include "plant/scalars.h"

namespace rampart::plant {

namespace {

constexpr uint32_t kMostVlan = 4094;
constexpr size_t kMostNetworks = 1'000;  // of a zone: each address is looked for in each

std::optional<uint16_t> read_vlan(Reader& reader, NodeIndex node) {
  const auto vlan = reader.number(node, 0, kMostVlan, "0 stands for frames without a tag");
  if (!vlan) return {};
  return static_cast<uint16_t>(*vlan);
}

std::optional<IpNetwork> read_cidr(Reader& reader, NodeIndex node) {
  const auto text = reader.scalar(node, "a network");
  if (!text) return {};
  const auto network = IpNetwork::parse(*text);
  if (network) return network;
  const size_t slash = text->find('/');
  const auto address = IpAddress::parse(text->substr(0, slash));
  std::string hint = "write it as 10.20.0.0/24";
  if (address && slash == std::string_view::npos) {
    hint = "write " + std::string(*text) + (address->is_v4() ? "/32" : "/128") + " for this one address";
  } else if (address) {
    const auto prefix = parse_number(text->substr(slash + 1));
    if (prefix && *prefix <= address->octets().size() * 8) hint = "address bits are set beyond the prefix";
  }
  reader.error(node, quoted(*text) + " is not a network", hint);
  return {};
}

void read_networks(Reader& reader, NodeIndex node, Zone& zone, ZoneNames& names) {
  for (const NodeIndex item : reader.list(node, "networks")) {
    Network network;
    network.mark = reader.mark(item);
    std::optional<IpNetwork> cidr;
    NodeIndex place = item;
    if (reader[item].kind == NodeKind::mapping) {
      const Fields fields(reader, item, kNetworkKeys);
      cidr = read_cidr(reader, fields["cidr"]);
      network.vlan = read_vlan(reader, fields["vlan"]);
      network.seen_by = reader.id(fields["seen-by"]).value;
      if (fields["cidr"] != kNoNode) place = fields["cidr"];
    } else {
      cidr = read_cidr(reader, item);
    }
    if (!cidr) continue;
    if (zone.networks.size() == kMostNetworks) {
      reader.error(item, "more than 1000 networks in one zone", "write fewer and larger ones");
      return;
    }
    network.cidr = *cidr;
    zone.networks.push_back(std::move(network));
    names.networks.push_back(place);
  }
}

Inventory read_inventory(Reader& reader, NodeIndex node) {
  Inventory inventory;
  if (node == kNoNode) return inventory;
  const Fields fields(reader, node, kInventoryKeys);
  inventory.complete = reader.flag(fields["complete"], false);
  inventory.by = reader.string(fields["by"], "a name");
  if (const auto text = reader.scalar(fields["reviewed"], "a date")) {
    inventory.reviewed = parse_date(*text);
    if (!inventory.reviewed) reader.error(fields["reviewed"], quoted(*text) + " is not a date", "write 2026-11-02");
  }
  return inventory;
}

}  // namespace

void read_zones(Reader& reader, NodeIndex node, Draft& draft) {
  for (const NodeIndex item : reader.list(node, "zones")) {
    const Fields fields(reader, item, kZoneKeys);
    const auto index = static_cast<Index>(draft.plant.zones.size());
    Zone zone;
    ZoneNames names;
    names.id = fields["id"];
    zone.mark = reader.mark(item);
    zone.id = reader.id(fields["id"]);
    zone.name = reader.string(fields["name"], "a name");
    if (const auto level =
            reader.number(fields["level"], 0, 5, "Purdue levels are 0 to 5; a zone between 3 and 4 is 3")) {
      zone.level = static_cast<uint8_t>(*level);
    }
    zone.safety = reader.flag(fields["safety"], false);
    const auto target = read_target(reader, fields["target"], true);
    for (size_t i = 0; i < target.size(); ++i) zone.target.levels[i] = target[i].value_or(0);
    if (fields["id"] != kNoNode && fields["target"] == kNoNode && reader[item].closed) {
      reader.problems().warning(reader[fields["id"]].at, "the zone has no target: its SL-T counts as 0",
                                "say what the risk assessment asks for: `target: 2`");
    }
    read_networks(reader, fields["networks"], zone, names);
    zone.inventory = read_inventory(reader, fields["inventory"]);
    draft.zone_ids.add(reader, fields["id"], index, "zone");
    draft.plant.zones.push_back(std::move(zone));
    draft.zones.push_back(std::move(names));
    read_assets(reader, fields["assets"], index, draft);
  }
}

namespace {

void read_location(Reader& reader, NodeIndex item, Asset& asset, AssetNames& names) {
  const Fields fields(reader, item, kLocationKeys);
  Location location;
  location.mark = reader.mark(item);
  if (const auto text = reader.scalar(fields["ip"], "an address")) {
    location.ip = IpAddress::parse(*text);
    if (!location.ip) {
      reader.error(fields["ip"], quoted(*text) + " is not an IP address",
                   text->find('/') != std::string_view::npos ? "an asset has an address, not a network"
                                                             : "write 10.20.0.10 or fd00::10");
    }
  }
  if (const auto text = reader.scalar(fields["mac"], "a MAC address")) {
    location.mac = MacAddress::parse(*text);
    if (!location.mac) {
      reader.error(fields["mac"], quoted(*text) + " is not a MAC address", "write \"00:0e:8c:01:02:03\"");
    }
  }
  location.vlan = read_vlan(reader, fields["vlan"]);
  location.unit = reader.number(fields["unit"], 0, 65535, "a Modbus unit identifier or an IEC 104 common address");
  location.link = reader.number(fields["link"], 0, 65519, "a DNP3 link address");
  location.route = reader.string(fields["route"], "a CIP route");
  location.name = reader.string(fields["name"], "a PROFINET station name");
  // Behind a serial line there is only a unit: check_gateways() asks for the line.
  const bool reachable = fields["ip"] != kNoNode || fields["mac"] != kNoNode || fields["name"] != kNoNode ||
                         fields["unit"] != kNoNode;
  if (!reachable && reader[item].kind == NodeKind::mapping && reader[item].closed) {
    reader.error(item, "a place without address", "name its ip, mac or PROFINET name");
  }
  asset.at.push_back(std::move(location));
  names.at.push_back(fields["ip"] != kNoNode ? fields["ip"] : item);
}

/// positive reports a number that is not above zero.
std::optional<double> positive(Reader& reader, NodeIndex node) {
  const auto value = reader.real(node);
  if (value && *value <= 0) {
    reader.error(node, quoted(reader[node].value) + " is not above zero", "a step is the largest change by one write");
    return {};
  }
  return value;
}

void read_safe(Reader& reader, NodeIndex node, Point& point) {
  for (const NodeIndex item : reader.words(node, "safe values")) {
    const auto value = reader.real(item);
    if (!value) continue;
    if (point.minimum && (*value < *point.minimum || *value > *point.maximum)) {
      reader.error(item, quoted(reader[item].value) + " is outside of the point's range",
                   "a safe value is one that the process may always be given");
    }
    point.safe.push_back(*value);
  }
}

void read_range(Reader& reader, NodeIndex node, Point& point) {
  const auto text = reader.scalar(node, "a range");
  if (!text) return;
  const auto range = parse_range(*text);
  if (!range) {
    reader.error(node, quoted(*text) + " is not a range", "write 0..100");
  } else if (range->minimum > range->maximum) {
    reader.error(node, quoted(*text) + " ends before it begins", "the smaller number stands first");
  } else {
    point.minimum = range->minimum;
    point.maximum = range->maximum;
  }
}

void read_points(Reader& reader, NodeIndex node, Asset& asset, AssetNames& names) {
  Names ids;
  for (const NodeIndex item : reader.list(node, "points")) {
    const Fields fields(reader, item, kPointKeys);
    Point point;
    point.mark = reader.mark(item);
    point.id = reader.id(fields["id"]);
    point.object = reader.text(fields["object"], "an object in the protocol's words");
    point.type = reader.text(fields["type"], "a type");
    if (reader.word(fields["byte-order"], kByteOrders)) point.byte_order = reader.text(fields["byte-order"], "");
    point.unit = reader.string(fields["unit"], "a unit");
    if (const auto scale = reader.real(fields["scale"])) point.scale = *scale;
    if (point.scale == 0) {
      reader.error(fields["scale"], "a scale of zero makes all values the same", "the value is raw × scale + offset");
      point.scale = 1;
    }
    if (const auto offset = reader.real(fields["offset"])) point.offset = *offset;
    read_range(reader, fields["range"], point);
    point.step = positive(reader, fields["step"]);
    read_safe(reader, fields["safe"], point);
    ids.add(reader, fields["id"], static_cast<Index>(asset.points.size()), "point");
    asset.points.push_back(std::move(point));
    names.points.push_back(fields["id"]);
  }
}

}  // namespace

void read_assets(Reader& reader, NodeIndex node, Index zone, Draft& draft) {
  for (const NodeIndex item : reader.list(node, "assets")) {
    const Fields fields(reader, item, kAssetKeys);
    const auto index = static_cast<Index>(draft.plant.assets.size());
    Asset asset;
    AssetNames names;
    names.id = fields["id"];
    asset.zone = zone;
    asset.mark = reader.mark(item);
    asset.id = reader.id(fields["id"]);
    if (reader.word(fields["kind"], kAssetKinds)) asset.kind = reader.text(fields["kind"], "");
    asset.name = reader.string(fields["name"], "a name");
    asset.vendor = reader.string(fields["vendor"], "a vendor");
    asset.model = reader.string(fields["model"], "a model");
    asset.firmware = reader.string(fields["firmware"], "a version");
    asset.serial = reader.string(fields["serial"], "a serial number");
    for (const NodeIndex place : reader.list(fields["at"], "places")) read_location(reader, place, asset, names);
    if (const auto how = reader.word(fields["connected"], kConnected)) asset.connected = static_cast<Connected>(*how);
    asset.wireless = reader.flag(fields["wireless"], false);
    for (const NodeIndex name : reader.words(fields["deviations"], "names of deviations")) {
      asset.deviations.push_back(reader.id(name));
    }
    names.essential = reader.words(fields["essential"], "essential functions");
    read_points(reader, fields["points"], asset, names);
    draft.asset_ids.add(reader, fields["id"], index, "asset");
    draft.plant.zones[zone].assets.push_back(index);
    draft.plant.assets.push_back(std::move(asset));
    draft.assets.push_back(std::move(names));
  }
}

}  // namespace rampart::plant
