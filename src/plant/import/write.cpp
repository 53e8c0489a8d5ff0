// Intended assets as the text of a plant file.
#include <algorithm>
#include <map>

#include "base/text.h"
#include "plant/import/intended.h"
#include "plant/import/networks.h"

namespace rampart::plant {
namespace {

/// one_line: text of another program, fit for one line of a file that people read.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    const auto octet = static_cast<uint8_t>(letter);
    out += octet < 0x20 || octet == 0x7f ? ' ' : letter;
  }
  std::string quoted;
  append_json_text(quoted, trim(out));  // also replaces what is no UTF-8
  return quoted;
}

void append_text(std::string& out, std::string_view indent, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out += std::string(indent) + std::string(key) + ": " + one_line(text) + "\n";
}

void append_notes(std::string& out, std::string_view indent, const std::vector<std::string>& notes) {
  for (const std::string& note : notes) {
    const std::string quoted = one_line(note);
    out += std::string(indent) + "# " + quoted.substr(1, quoted.size() - 2) + "\n";
  }
}

void append_location(std::string& out, const Location& location) {
  std::string parts;
  const auto part = [&](std::string_view key, const std::string& value) {
    parts += (parts.empty() ? "" : ", ") + std::string(key) + ": " + value;
  };
  if (location.ip) part("ip", "\"" + to_text(*location.ip) + "\"");
  if (location.mac) part("mac", "\"" + to_text(*location.mac) + "\"");
  if (location.vlan) part("vlan", std::to_string(*location.vlan));
  if (location.unit) part("unit", std::to_string(*location.unit));
  if (location.link) part("link", std::to_string(*location.link));
  if (!location.route.empty()) part("route", one_line(location.route));
  if (!location.name.empty()) part("name", one_line(location.name));
  out += "{" + parts + "}";
}

void append_asset(std::string& out, const IntendedAsset& asset) {
  constexpr std::string_view kIndent = "        ";
  out += "      - id: \"" + asset.id + "\"\n";
  out += "        kind: " + asset.kind + "\n";
  append_text(out, kIndent, "name", asset.name);
  if (!asset.at.empty()) {
    out += "        at: [";
    for (size_t i = 0; i < asset.at.size(); ++i) {
      if (i > 0) out += ", ";
      append_location(out, asset.at[i]);
    }
    out += "]\n";
  }
  append_text(out, kIndent, "vendor", asset.vendor);
  append_text(out, kIndent, "model", asset.model);
  append_text(out, kIndent, "firmware", asset.firmware);
  append_text(out, kIndent, "serial", asset.serial);
  append_notes(out, kIndent, asset.notes);
}

std::string networks_text(const std::vector<Network>& networks) {
  std::string out;
  for (const Network& network : networks) {
    out += out.empty() ? "" : ", ";
    const std::string cidr = "\"" + to_text(network.cidr) + "\"";
    out += network.vlan ? "{cidr: " + cidr + ", vlan: " + std::to_string(*network.vlan) + "}" : cidr;
  }
  return out;
}

void append_zone(std::string& out, const IntendedZone& zone, const std::vector<const IntendedAsset*>& assets) {
  out += "  - id: \"" + zone.id + "\"\n";
  append_text(out, "    ", "name", zone.name);
  out += "    target: 0  # say what the risk assessment asks for\n";
  if (!zone.networks.empty()) {
    out += "    networks: [" + networks_text(zone.networks) + "]\n";
  } else {
    out +=
        "    # networks: which addresses belong here was not said; traffic of strangers cannot be told to be in this "
        "zone\n";
  }
  append_notes(out, "    ", zone.notes);
  if (assets.empty()) return;
  out += "    assets:\n";
  for (const IntendedAsset* asset : assets) append_asset(out, *asset);
}

std::map<std::string, std::vector<const IntendedAsset*>> by_zone(const std::vector<IntendedAsset>& assets) {
  std::map<std::string, std::vector<const IntendedAsset*>> found;
  for (const IntendedAsset& asset : assets) found[asset.zone].push_back(&asset);
  return found;
}

/// Held is the plant as additions() asks it.
class Held {
 public:
  explicit Held(const Plant& plant) : plant_(plant) {
    for (Index i = 0; i < plant.zones.size(); ++i) {
      by_zone_.emplace(plant.zones[i].id.value, i);
      for (const Network& network : plant.zones[i].networks) networks_.add(network.cidr, i);
    }
    for (Index i = 0; i < plant.assets.size(); ++i) {
      by_id_.emplace(plant.assets[i].id.value, i);
      for (const Location& location : plant.assets[i].at) by_place_.emplace(key_of(location), i);
    }
  }

  Index find(const IntendedAsset& asset) const {
    for (const Location& location : asset.at) {
      const auto at = by_place_.find(key_of(location));
      if (at != by_place_.end()) return at->second;
    }
    const auto at = by_id_.find(asset.id);
    return at == by_id_.end() ? kNone : at->second;
  }

  /// zone is where the asset belongs in the plant: by its address, else by the zone's id.
  Index zone(const IntendedAsset& asset) const {
    for (const Location& location : asset.at) {
      const Index zone = location.ip ? networks_.find(*location.ip) : kNone;
      if (zone != kNone) return zone;
    }
    return zone(asset.zone);
  }
  Index zone(const std::string& id) const {
    const auto at = by_zone_.find(id);
    return at == by_zone_.end() ? kNone : at->second;
  }

 private:
  static std::string key_of(const Location& location) {
    std::string key = location.ip ? to_text(*location.ip) : location.mac ? to_text(*location.mac) : location.name;
    if (location.unit) key += "|u" + std::to_string(*location.unit);
    if (location.link) key += "|l" + std::to_string(*location.link);
    return key;
  }

  const Plant& plant_;
  std::map<std::string, Index> by_zone_, by_id_, by_place_;
  ZoneNetworks networks_;
};

void append_difference(std::string& out, const Asset& asset, std::string_view what, const std::string& held,
                       const std::string& said) {
  if (said.empty() || held == said) return;
  out += "# " + asset.id.value + " (line " + std::to_string(asset.mark.line) + "): " + std::string(what) + " is " +
         (held.empty() ? "not said" : one_line(held)) + ", the list says " + one_line(said) + "\n";
}

void append_differences(std::string& out, const Asset& asset, const IntendedAsset& said) {
  append_difference(out, asset, "vendor", asset.vendor, said.vendor);
  append_difference(out, asset, "model", asset.model, said.model);
  append_difference(out, asset, "firmware", asset.firmware, said.firmware);
  append_difference(out, asset, "serial", asset.serial, said.serial);
  append_difference(out, asset, "name", asset.name, said.name == asset.id.value ? std::string() : said.name);
  if (said.kind != "other") append_difference(out, asset, "kind", asset.kind.value, said.kind);
  for (const Location& location : said.at) {
    if (!location.ip) continue;
    const bool has =
        std::any_of(asset.at.begin(), asset.at.end(), [&](const Location& one) { return one.ip == location.ip; });
    if (!has) append_difference(out, asset, "address", asset.at.empty() ? "" : "another", to_text(*location.ip));
  }
}

}  // namespace

std::string draft(const Intended& intended, std::string_view plant_name) {
  std::string out =
      "# Drafted from lists of other programs. It says who is there, and nothing yet of who may talk to whom: there "
      "are no\n"
      "# conduits, so everything between zones is denied.\n"
      "rampart: 1\n";
  append_text(out, "", "plant", plant_name);
  const auto zones = by_zone(intended.assets);
  out += intended.zones.empty() ? "zones: []\n" : "zones:\n";
  for (const IntendedZone& zone : intended.zones) {
    const auto at = zones.find(zone.id);
    append_zone(out, zone, at == zones.end() ? std::vector<const IntendedAsset*>() : at->second);
  }
  return out;
}

std::string additions(const Intended& intended, const Plant& plant) {
  const Held held(plant);
  std::map<Index, std::string> into;  // assets by the plant's zone
  std::map<Index, std::vector<Network>> beyond;
  std::vector<IntendedAsset> fresh;
  std::string differences;
  for (const IntendedAsset& asset : intended.assets) {
    const Index known = held.find(asset);
    if (known != kNone) {
      append_differences(differences, plant.assets[known], asset);
      continue;
    }
    const Index zone = held.zone(asset);
    if (zone == kNone) {
      fresh.push_back(asset);
      continue;
    }
    append_asset(into[zone], asset);
    const std::vector<Network>& networks = plant.zones[zone].networks;
    for (const Location& location : asset.at) {
      const bool inside = !location.ip || networks.empty() ||
                          std::any_of(networks.begin(), networks.end(),
                                      [&](const Network& n) { return n.cidr.contains(*location.ip); });
      if (!inside) beyond[zone].push_back(host_network(*location.ip));
    }
  }
  std::string out;
  const auto zones = by_zone(fresh);
  for (const IntendedZone& zone : intended.zones) {
    const auto at = zones.find(zone.id);
    if (at == zones.end() && (held.zone(zone.id) != kNone || zone.networks.empty())) continue;
    if (out.empty()) out += "# New zones, to paste below `zones:`\n";
    append_zone(out, zone, at == zones.end() ? std::vector<const IntendedAsset*>() : at->second);
  }
  for (const auto& [zone, text] : into) {
    out += "# Zone " + plant.zones[zone].id.value + " (line " + std::to_string(plant.zones[zone].mark.line) +
           "): to paste below its `assets:`\n" + text;
    if (beyond.contains(zone)) out += "# Its `networks:` lack " + networks_text(beyond[zone]) + "\n";
  }
  if (!differences.empty())
    out += "# The plant says otherwise; which is right is for a person to decide:\n" + differences;
  return out;
}

}  // namespace rampart::plant
