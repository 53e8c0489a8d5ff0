#include "monitor/mac_vendors.h"

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "monitor/inventory.h"

namespace rampart::monitor {
namespace {

uint64_t key_of(uint64_t prefix, unsigned bits) { return prefix << 8 | bits; }

/// next_cell takes one cell of a line of CSV (RFC 4180) off the front of `rest`. False at the end of the line.
bool next_cell(std::string_view& rest, std::string& cell) {
  cell.clear();
  if (rest.empty() || rest.front() == '\n') return false;
  if (rest.front() != '"') {
    const size_t end = std::min(rest.find_first_of(",\n"), rest.size());
    cell = rest.substr(0, end);
    rest.remove_prefix(end);
  } else {
    rest.remove_prefix(1);
    while (!rest.empty()) {
      const size_t quote = std::min(rest.find('"'), rest.size());
      cell += rest.substr(0, quote);
      rest.remove_prefix(std::min(quote + 1, rest.size()));
      if (rest.empty() || rest.front() != '"') break;
      cell += '"';
      rest.remove_prefix(1);
    }
    rest.remove_prefix(std::min(rest.find_first_of(",\n"), rest.size()));
  }
  if (!rest.empty() && rest.front() == ',') rest.remove_prefix(1);
  return true;
}

}  // namespace

MacVendors MacVendors::load(const std::string& folder) {
  MacVendors vendors;
  for (const char* name : {"oui.csv", "mam.csv", "oui36.csv", "iab.csv"}) {
    try {
      const auto bytes = read_file(folder + "/" + name, kMostOctets);
      if (bytes) vendors.read(as_text(*bytes));
    } catch (const Error& error) {
      vendors.complaint_ = "makers of network interfaces: " + std::string(error.what());
    }
  }
  if (vendors.blocks_.empty() && vendors.complaint_.empty()) {
    vendors.complaint_ = "makers of network interfaces are not known: there is no table of the IEEE in " + folder +
                         " (Debian's package ieee-data)";
  }
  return vendors;
}

void MacVendors::read(std::string_view table) {
  std::string cell, assignment, name;
  while (!table.empty()) {
    assignment.clear();
    name.clear();
    for (size_t i = 0; next_cell(table, cell); ++i) {
      if (i == 1) assignment = cell;
      if (i == 2) name = cell;
    }
    if (!table.empty() && table.front() == '\n') table.remove_prefix(1);
    const auto prefix = parse_number("0x" + assignment);
    const size_t digits = assignment.size();
    const bool is_header = assignment == "Assignment";
    if (!prefix || digits < 6 || digits > 9 || trim(name).empty()) {
      if (!is_header) ++unreadable_;
      continue;
    }
    if (blocks_.size() >= kMostBlocks) {
      ++unreadable_;
      continue;
    }
    std::string text = readable(name);
    if (text.size() > kMostName) text = readable(text.substr(0, kMostName));
    const auto [known, fresh] = by_name_.try_emplace(text, static_cast<uint32_t>(names_.size()));
    if (fresh) names_.push_back(text);
    blocks_.try_emplace(key_of(*prefix, static_cast<unsigned>(digits * 4)), known->second);
  }
}

std::string_view MacVendors::vendor(const MacAddress& mac) const {
  if ((mac.octets[0] & 3) != 0) return {};  // a group, or an address that somebody chose
  const uint64_t address = load_big<6>(mac.octets.data());
  for (const unsigned bits : {36u, 28u, 24u}) {
    const auto found = blocks_.find(key_of(address >> (48 - bits), bits));
    if (found == blocks_.end()) continue;
    const std::string& name = names_[found->second];
    if (bits == 24 && name == "IEEE Registration Authority") return {};  // divided further, and the part is unknown
    return name;
  }
  return {};
}

}  // namespace rampart::monitor
