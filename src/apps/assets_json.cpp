// The inventory as one JSON document, docs/inventory.schema.json.
#include "apps/assets_output.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

using monitor::Difference;
using monitor::SeenAsset;

/// Json writes members and items with their commas. What opens is closed by the same hand.
class Json {
 public:
  explicit Json(std::string& out) : out_(out) {}
  void open(char bracket) {
    separate();
    out_ += bracket;
    fresh_ = true;
  }
  void open(std::string_view name, char bracket) {
    key(name);
    open(bracket);
  }
  void close(char bracket) {
    out_ += bracket;
    fresh_ = false;
  }
  void text(std::string_view value) {
    separate();
    append_json_text(out_, value);
  }
  void number(uint64_t value) {
    separate();
    append_number(out_, value);
  }
  /// text and number with a name leave out what says nothing.
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    text(value);
  }
  void number(std::string_view name, uint64_t value) {
    key(name);
    number(value);
  }
  void flag(std::string_view name, bool value) {
    key(name);
    separate();
    out_ += value ? "true" : "false";
  }
  void line() { out_ += '\n'; }

 private:
  void key(std::string_view name) {
    separate();
    append_json_text(out_, name);
    out_ += ':';
    fresh_ = true;
  }
  void separate() {
    if (!fresh_) out_ += ',';
    fresh_ = false;
  }
  std::string& out_;
  bool fresh_ = true;
};

template <class T>
void addresses(Json& json, std::string_view name, const std::vector<T>& all) {
  json.open(name, '[');
  for (const T& one : all) json.text(to_text(one));
  json.close(']');
}

void roles(Json& json, const Listing& listing, const SeenAsset& asset) {
  const auto peers = [&](std::string_view name, const std::vector<uint32_t>& all) {
    json.open(name, '[');
    for (const uint32_t peer : all) json.text(id_of(listing, peer));
    json.close(']');
  };
  json.open("roles", '[');
  for (const monitor::Role& role : asset.roles) {
    if (!role.is_client() && !role.is_server()) continue;
    json.open('{');
    json.text("protocol", role.protocol.known() ? role.protocol.name() : std::string_view());
    json.text("transport", lower(to_text(role.transport)));
    json.number("port", role.port);
    json.text("as", role.is_client() && role.is_server() ? "both" : role.is_client() ? "client" : "server");
    json.number("conversations", role.client_flows + role.server_flows);
    json.number("asked", role.asked);
    json.number("answered", role.served);
    peers("clients", role.clients);
    peers("servers", role.servers);
    json.close('}');
  }
  json.close(']');
}

void attributes(Json& json, const SeenAsset& asset) {
  json.open("attributes", '[');
  for (const monitor::Told& told : asset.told) {
    json.open('{');
    json.text("kind", to_text(told.kind));
    json.text("text", told.text);
    if (told.unit != protocols::Object::kNoUnit) json.number("unit", told.unit);
    json.text("source", told.source);
    json.text("confidence", to_text(told.confidence));
    if (told.by) json.text("by", to_text(*told.by));
    json.text("time", time_text(told.when));
    json.number("packet", told.packet);
    json.close('}');
  }
  json.close(']');
}

void traffic(Json& json, const SeenAsset& asset) {
  json.text("first_seen", time_text(asset.first));
  json.text("last_seen", time_text(asset.last));
  json.number("packets_sent", asset.packets);
  json.number("octets_sent", asset.octets);
  json.number("packets_received", asset.packets_received);
  json.number("octets_received", asset.octets_received);
}

void one_asset(Json& json, const Listing& listing, uint32_t i) {
  const SeenAsset& asset = (*listing.seen)[i];
  json.open('{');
  json.text("id", id_of(listing, i));
  json.text("state", state_of(listing, i));
  json.text("zone", zone_of(listing, i));
  if (listing.comparison->asset_of[i] != plant::kNone) json.text("kind", kind_of(listing, i));
  if (!asset.guess.kind.empty()) {
    json.open("inferred", '{');
    json.text("kind", asset.guess.kind);
    json.text("likelihood", to_text(asset.guess.likelihood));
    json.text("reason", asset.guess.reason);
    json.close('}');
  }
  addresses(json, "ips", asset.ips);
  addresses(json, asset.through_router ? "through" : "macs", asset.macs);
  if (!asset.macs.empty()) json.text("mac_vendor", listing.vendors->vendor(asset.macs[0]));
  json.text("joined", asset.joined);
  if (asset.forwards > 0) json.number("forwards", asset.forwards);
  json.open("vlans", '[');
  for (const uint16_t vlan : asset.vlans) json.number(vlan);
  json.close(']');
  json.open("units", '[');
  for (const monitor::UnitSeen& unit : asset.units) {
    json.open('{');
    json.text("protocol", unit.protocol.name());
    json.number("unit", unit.unit);
    json.number("operations", unit.operations);
    json.number("answered", unit.answered);
    json.close('}');
  }
  json.close(']');
  traffic(json, asset);
  roles(json, listing, asset);
  attributes(json, asset);
  json.open("differences", '[');
  for (const Difference* difference : differences_of(listing, i)) {
    json.open('{');
    json.text("asset", listing.plant->assets[difference->asset].id.value);
    json.text("what", difference->what);
    json.text("intended", difference->intended);
    json.text("told", difference->told);
    json.text("source", difference->source);
    json.close('}');
  }
  json.close(']');
  json.close('}');
}

}  // namespace

void append_json(std::string& out, const Listing& listing) {
  Json json(out);
  json.open('{');
  json.text("format", "rampart-inventory");
  json.number("version", 1);
  if (listing.plant != nullptr) json.text("plant", listing.plant->name);
  json.open("sources", '[');
  for (const std::string& source : listing.sources) json.text(source);
  json.close(']');
  const monitor::InventoryTotals& totals = *listing.totals;
  json.text("first", time_text(totals.first));
  json.text("last", time_text(totals.last));
  json.flag("lossy", totals.lossy);
  json.number("silent_addresses", totals.silent_addresses);
  json.open("left_out", '{');
  json.number("addresses", totals.addresses_dropped);
  json.number("attributes", totals.attributes_dropped);
  json.number("roles", totals.roles_dropped);
  json.number("units", totals.units_dropped);
  json.number("peers", totals.peers_dropped);
  json.number("links", totals.links_dropped);
  json.close('}');
  json.open("assets", '[');
  for (const uint32_t i : listing.shown) {
    json.line();
    one_asset(json, listing, i);
  }
  json.close(']');
  json.line();
  json.open("missing", '[');
  for (const plant::Index index : listing.missing) json.text(listing.plant->assets[index].id.value);
  json.close(']');
  json.close('}');
  json.line();
}

}  // namespace rampart::apps
