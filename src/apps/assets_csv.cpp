// The inventory as CSV (RFC 4180). The first columns are those that `rampart import` reads.
#include "apps/assets_output.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

using monitor::SeenAsset;
using protocols::Attribute;

constexpr std::string_view kHeader =
    "id,kind,zone,name,vendor,model,firmware,serial,ip,mac,vlan,unit,link,station,order_number,hardware,location,state,"
    "kind_source,mac_vendor,answers,asks,first_seen,last_seen,packets_sent,octets_sent,packets_received,octets_"
    "received,"
    "sources,differences\r\n";

/// Row writes cells in the order of the header.
class Row {
 public:
  explicit Row(std::string& out) : out_(out) {}
  Row& cell(std::string_view text) {
    if (!first_) out_ += ',';
    first_ = false;
    append_cell(out_, text);
    return *this;
  }
  Row& cell(uint64_t number) { return cell(std::string_view(std::to_string(number))); }
  void end() { out_ += "\r\n"; }

 private:
  std::string& out_;
  bool first_ = true;
};

template <class T, class Text>
std::string joined(const std::vector<T>& all, Text text) {
  std::string out;
  for (const T& one : all) {
    const std::string part = text(one);
    if (!part.empty()) out += (out.empty() ? "" : " ") + part;
  }
  return out;
}

std::string services(const SeenAsset& asset, bool answers) {
  std::string out;
  for (const monitor::Role& role : asset.roles) {
    if (answers ? !role.is_server() : !role.is_client()) continue;
    out += out.empty() ? "" : "; ";
    append_service(out, role);
  }
  return out;
}

std::string sources(const SeenAsset& asset) {
  std::string out;
  for (const monitor::Told& told : asset.told) {
    out += (out.empty() ? "" : "; ") + std::string(to_text(told.kind)) + ": " + told.source;
  }
  return out;
}

void append_seen(std::string& out, const Listing& listing, uint32_t i) {
  const SeenAsset& asset = (*listing.seen)[i];
  const bool known = listing.comparison->asset_of[i] != plant::kNone;
  std::string differences;
  for (const monitor::Difference* difference : differences_of(listing, i)) {
    differences += (differences.empty() ? "" : "; ") + std::string(difference->what) + " is " + difference->told +
                   ", intended " + difference->intended;
  }
  const std::string guess = asset.guess.kind.empty() ? std::string()
                                                     : "inferred (" + std::string(to_text(asset.guess.likelihood)) +
                                                           "): " + asset.guess.reason;
  const auto mac = [](const MacAddress& one) { return to_text(one); };
  const auto ip = [](const IpAddress& one) { return to_text(one); };
  const auto vlan = [](uint16_t one) { return std::to_string(one); };
  Row row(out);
  row.cell(id_of(listing, i)).cell(kind_of(listing, i)).cell(zone_of(listing, i));
  row.cell(asset.value(Attribute::Kind::name)).cell(asset.value(Attribute::Kind::vendor));
  row.cell(asset.value(Attribute::Kind::model)).cell(asset.value(Attribute::Kind::firmware));
  row.cell(asset.value(Attribute::Kind::serial)).cell(joined(asset.ips, ip));
  row.cell(asset.through_router ? std::string() : joined(asset.macs, mac)).cell(joined(asset.vlans, vlan));
  // Units are not addresses of the asset: what answers behind them may be other devices.
  row.cell("").cell("").cell("").cell(asset.value(Attribute::Kind::order_number));
  row.cell(asset.value(Attribute::Kind::hardware)).cell(asset.value(Attribute::Kind::location));
  row.cell(state_of(listing, i)).cell(known ? "plant" : guess);
  row.cell(asset.macs.empty() || asset.through_router ? std::string_view() : listing.vendors->vendor(asset.macs[0]));
  row.cell(services(asset, true)).cell(services(asset, false)).cell(time_text(asset.first)).cell(time_text(asset.last));
  row.cell(asset.packets).cell(asset.octets).cell(asset.packets_received).cell(asset.octets_received);
  row.cell(sources(asset)).cell(differences).end();
}

void append_missing(std::string& out, const Listing& listing, plant::Index index) {
  const plant::Asset& asset = listing.plant->assets[index];
  std::string ip, mac, vlan, unit, link, station;
  for (const plant::Location& location : asset.at) {
    if (location.ip) ip += (ip.empty() ? "" : " ") + to_text(*location.ip);
    if (location.mac) mac += (mac.empty() ? "" : " ") + to_text(*location.mac);
    if (location.vlan) vlan = std::to_string(*location.vlan);
    if (location.unit) unit = std::to_string(*location.unit);
    if (location.link) link = std::to_string(*location.link);
    if (!location.name.empty()) station = location.name;
  }
  Row row(out);
  row.cell(asset.id.value).cell(asset.kind.value).cell(listing.plant->zones[asset.zone].id.value).cell(asset.name);
  row.cell(asset.vendor).cell(asset.model).cell(asset.firmware).cell(asset.serial).cell(ip).cell(mac).cell(vlan);
  row.cell(unit).cell(link).cell(station).cell("").cell("").cell("").cell("missing").cell("plant");
  for (size_t i = 0; i < 11; ++i) row.cell("");
  row.end();
}

}  // namespace

void append_cell(std::string& out, std::string_view text) {
  const bool guarded = !text.empty() && std::string_view("=+-@\t\r'").find(text[0]) != std::string_view::npos;
  if (!guarded && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += guarded ? "\"'" : "\"";
  for (const char letter : text) {
    if (letter == '"') out += '"';
    out += letter;
  }
  out += '"';
}

void append_csv(std::string& out, const Listing& listing) {
  out += kHeader;
  for (const uint32_t i : listing.shown) append_seen(out, listing, i);
  for (const plant::Index index : listing.missing) append_missing(out, listing, index);
}

}  // namespace rampart::apps
