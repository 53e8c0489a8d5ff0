// The inventory for people: lines of at most 80 columns.
#include <algorithm>

#include "apps/assets_output.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

using monitor::Difference;
using monitor::Role;
using monitor::SeenAsset;
using monitor::Told;
using protocols::Attribute;

constexpr size_t kColumns = 80;
constexpr size_t kLabel = 14;
constexpr size_t kMostPeers = 6;

/// width counts characters: octets of UTF-8 that begin one.
size_t width(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

/// cut shortens to `columns`, by two points at the end.
std::string cut(std::string_view text, size_t columns) {
  if (width(text) <= columns) return std::string(text);
  size_t octets = 0;
  for (size_t left = columns - 2; octets < text.size(); ++octets) {
    const bool begins = (static_cast<uint8_t>(text[octets]) & 0xc0) != 0x80;
    if (begins && left-- == 0) break;
  }
  return std::string(text.substr(0, octets)) + "..";
}

/// cut_address keeps both ends of a long IPv6 address, which tell it from others.
std::string cut_address(const std::string& text, size_t columns) {
  if (text.size() <= columns) return text;
  const size_t tail = columns / 2 + 1;
  return text.substr(0, columns - 2 - tail) + ".." + text.substr(text.size() - tail);
}

void append_column(std::string& out, const std::string& text, size_t columns) {
  out += text;
  out.append(columns > width(text) ? columns - width(text) : 0, ' ');
}

/// what_it_is: vendor, model and firmware as told.
std::string what_it_is(const Listing& listing, const SeenAsset& asset) {
  std::string out(asset.value(Attribute::Kind::vendor));
  std::string_view model = asset.value(Attribute::Kind::model);
  if (model.empty()) model = asset.value(Attribute::Kind::order_number);
  const std::string_view firmware = asset.value(Attribute::Kind::firmware);
  if (!model.empty()) out += (out.empty() ? "" : " ") + std::string(model);
  if (!firmware.empty()) out += (out.empty() ? "" : " ") + std::string(firmware);
  if (!out.empty() || asset.macs.empty() || asset.through_router) return out;
  const std::string_view maker = listing.vendors->vendor(asset.macs[0]);
  return maker.empty() ? std::string() : "(" + std::string(maker) + ")";
}

char mark_of(std::string_view state) { return state == "unknown" ? '+' : state == "different" ? '!' : ' '; }

void append_line(std::string& out, const Listing& listing, uint32_t i) {
  const SeenAsset& asset = (*listing.seen)[i];
  const bool known = listing.comparison->asset_of[i] != plant::kNone;
  std::string line;
  line += mark_of(state_of(listing, i));
  line += ' ';
  append_column(line, cut_address(address_of(asset), 17), 18);
  const std::string name = known ? id_of(listing, i) : std::string(asset.value(Attribute::Kind::name));
  append_column(line, cut(name, 15), 16);
  std::string kind(kind_of(listing, i));
  if (!known && !kind.empty()) kind += '?';
  append_column(line, cut(kind, 17), 18);
  line += cut(what_it_is(listing, asset), kColumns - 54);
  line.resize(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

/// append_words writes text behind `line`, broken between words where a line is full; further lines begin with `indent`
/// blanks.
void append_words(std::string& out, std::string line, std::string_view text, size_t indent) {
  bool empty = true;
  for (const std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    if (!empty && width(line) + 1 + width(word) > kColumns) {
      out += line + '\n';
      line.assign(indent, ' ');
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    empty = false;
  }
  out += line + '\n';
}

void append_labelled(std::string& out, std::string_view label, std::string_view text) {
  std::string line = "  ";
  append_column(line, std::string(label), kLabel);
  append_words(out, std::move(line), text, kLabel + 2);
}

std::string peers_text(const Listing& listing, const std::vector<uint32_t>& peers) {
  std::string out;
  for (size_t i = 0; i < peers.size() && i < kMostPeers; ++i) {
    out += (i == 0 ? "" : ", ");
    const plant::Index index = listing.comparison->asset_of[peers[i]];
    out += index != plant::kNone ? id_of(listing, peers[i]) : address_of((*listing.seen)[peers[i]]);
  }
  if (peers.size() > kMostPeers) out += " and " + std::to_string(peers.size() - kMostPeers) + " more";
  return out;
}

std::string counted(uint64_t count, std::string_view what) {
  const std::string_view plural = what.ends_with('s') ? "es" : "s";
  return std::to_string(count) + " " + std::string(what) + std::string(count == 1 ? std::string_view() : plural);
}

void append_role(std::string& out, const Listing& listing, const Role& role) {
  std::string service;
  append_service(service, role);
  const auto counts = [](uint64_t operations, uint64_t flows) {
    return ", " + (operations > 0 ? counted(operations, "operation") : counted(flows, "conversation"));
  };
  if (role.is_server()) {
    const std::string to = peers_text(listing, role.clients);
    append_labelled(out, "answers",
                    service + counts(role.served, role.answered_flows) + (to.empty() ? "" : ", to " + to));
  }
  if (role.is_client()) {
    const std::string whom = peers_text(listing, role.servers);
    append_labelled(out, "asks", service + counts(role.asked, role.client_flows) + (whom.empty() ? "" : ": " + whom));
  }
}

void append_told(std::string& out, const Told& told) {
  std::string text = told.text + "  [" + told.source;
  if (told.unit != protocols::Object::kNoUnit) text += ", unit " + std::to_string(told.unit);
  text += ", " + std::string(to_text(told.confidence));
  if (told.by) text += " (" + to_text(*told.by) + ")";
  text += ", " + time_text(told.when);
  if (told.packet != 0) text += ", packet " + std::to_string(told.packet);
  std::string label(to_text(told.kind));
  std::replace(label.begin(), label.end(), '_', ' ');
  append_labelled(out, label, text + "]");
}

void append_addresses(std::string& out, const Listing& listing, const SeenAsset& asset) {
  for (const IpAddress& ip : asset.ips) append_labelled(out, "address", to_text(ip));
  for (const MacAddress& mac : asset.macs) {
    const std::string_view maker = listing.vendors->vendor(mac);
    std::string text = to_text(mac);
    if (!maker.empty()) text += " (" + std::string(maker) + ")";
    append_labelled(out, asset.through_router ? "through" : "MAC", text);
  }
  if (!asset.joined.empty()) append_labelled(out, "joined", asset.joined);
  for (const uint16_t vlan : asset.vlans) append_labelled(out, "VLAN", std::to_string(vlan));
}

std::string traffic_text(const SeenAsset& asset) {
  return time_text(asset.first) + " to " + time_text(asset.last) + "; sent " + counted(asset.packets, "packet") + ", " +
         counted(asset.octets, "octet") + "; received " + counted(asset.packets_received, "packet") + ", " +
         counted(asset.octets_received, "octet");
}

void append_asset(std::string& out, const Listing& listing, uint32_t i) {
  const SeenAsset& asset = (*listing.seen)[i];
  const bool known = listing.comparison->asset_of[i] != plant::kNone;
  out += address_of(asset);
  if (known) out += "  " + id_of(listing, i);
  const std::string_view zone = zone_of(listing, i);
  if (!zone.empty()) out += "  zone " + std::string(zone);
  const std::string_view state = state_of(listing, i);
  if (!state.empty() && state != "known") out += "  " + std::string(state);
  out += '\n';
  if (known) append_labelled(out, "kind", std::string(kind_of(listing, i)) + ", by the plant");
  if (!asset.guess.kind.empty()) {
    append_labelled(out, "inferred",
                    std::string(asset.guess.kind) + " (" + std::string(to_text(asset.guess.likelihood)) +
                        "): " + asset.guess.reason);
  }
  append_addresses(out, listing, asset);
  append_labelled(out, "seen", traffic_text(asset));
  for (const Role& role : asset.roles) append_role(out, listing, role);
  std::string units;
  for (const monitor::UnitSeen& unit : asset.units) {
    units += (units.empty() ? "" : ", ") + std::string(unit.protocol.name()) + " " + std::to_string(unit.unit);
    if (unit.answered == 0) units += " (no answer)";
  }
  if (!units.empty()) append_labelled(out, "units", units);
  for (const plant::Index index : listing.behind[i]) {
    append_labelled(out, "behind it", listing.plant->assets[index].id.value);
  }
  for (const Told& told : asset.told) append_told(out, told);
  for (const Difference* difference : differences_of(listing, i)) {
    append_labelled(out, "differs",
                    listing.plant->assets[difference->asset].id.value + " " + std::string(difference->what) +
                        ": the plant says \"" + difference->intended + "\", told was \"" + difference->told + "\" (" +
                        difference->source + ")");
  }
  out += '\n';
}

void append_missing(std::string& out, const Listing& listing) {
  if (listing.missing.empty()) return;
  out += "\nNot heard of, though in the plant\n";
  for (const plant::Index index : listing.missing) {
    const plant::Asset& asset = listing.plant->assets[index];
    std::string where;
    for (const plant::Location& location : asset.at) {
      if (location.ip) where = to_text(*location.ip);
      if (!location.ip && location.mac) where = to_text(*location.mac);
      if (location.unit) where += " unit " + std::to_string(*location.unit);
      if (location.link) where += " link " + std::to_string(*location.link);
      if (!where.empty()) break;
    }
    std::string line = "- ";
    append_column(line, cut(where, 25), 26);
    append_column(line, cut(asset.id.value, 23), 24);
    out += line + asset.kind.value + '\n';
  }
}

/// append_totals says how much is shown and what cannot be known.
void append_totals(std::string& out, const Listing& listing) {
  const monitor::InventoryTotals& totals = *listing.totals;
  size_t unknown = 0;
  size_t different = 0;
  for (const uint32_t i : listing.shown) {
    unknown += state_of(listing, i) == "unknown" ? 1u : 0u;
    different += state_of(listing, i) == "different" ? 1u : 0u;
  }
  std::string text =
      std::to_string(listing.shown.size()) + (listing.shown.size() == 1 ? " asset" : " assets") + " seen";
  if (listing.plant != nullptr) {
    text += ", " + std::to_string(unknown) + " unknown (+), " + std::to_string(different) +
            " different from the plant (!), " + std::to_string(listing.missing.size()) + " missing (-)";
  }
  out += '\n';
  if (totals.first != TimePoint{}) {
    text += ", from " + time_text(totals.first) + " to " + time_text(totals.last);
  }
  text += ". A kind with ? is inferred from the traffic.";
  if (totals.silent_addresses > 0) {
    text += " " + counted(totals.silent_addresses, "address") + " that nothing was heard of " +
            (totals.silent_addresses == 1 ? "is" : "are") + " not listed.";
  }
  if (totals.lossy) text += " The capture itself lost packets: what is missing may have been there.";
  const uint64_t dropped = totals.addresses_dropped + totals.attributes_dropped + totals.roles_dropped +
                           totals.units_dropped + totals.peers_dropped + totals.links_dropped;
  if (dropped > 0) text += " " + counted(dropped, "fact") + " left out: a table was full.";
  if (!listing.vendors->complaint().empty()) text += " Note: " + listing.vendors->complaint() + ".";
  append_words(out, "", text, 0);
}

}  // namespace

void append_table(std::string& out, const Listing& listing) {
  out += "  address           ";
  out += listing.plant != nullptr ? "asset or name   " : "name            ";
  out += "kind              vendor, model, firmware\n";
  for (const uint32_t i : listing.shown) append_line(out, listing, i);
  append_missing(out, listing);
  append_totals(out, listing);
}

void append_details(std::string& out, const Listing& listing) {
  for (const uint32_t i : listing.shown) append_asset(out, listing, i);
  append_missing(out, listing);
  append_totals(out, listing);
}

}  // namespace rampart::apps
