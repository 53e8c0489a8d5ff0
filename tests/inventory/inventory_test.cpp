// The inventory, attribute by attribute, beside expected.csv: what a person read out of the captures with tshark. Rows
// of protocols that this build does not decode are counted and printed; of the others every one must be found.
#include "monitor/inventory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>

#include "base/text.h"
#include "monitor/correlator.h"
#include "monitor/mac_vendors.h"
#include "monitor/sensor.h"
#include "plant/import/csv.h"

namespace rampart::monitor {
namespace {

const std::filesystem::path kHere = RAMPART_SOURCE_DIR "/tests/inventory";
const std::filesystem::path kCaptures = RAMPART_SOURCE_DIR "/../shared/captures";
/// Of these protocols nothing may be told that the person did not read.
constexpr std::string_view kComplete[] = {"modbus", "dnp3", "s7comm"};

/// Row is one line of the table. `how` begins with the protocol.
struct Row {
  std::string capture, address, attribute, value, how;
  std::string protocol() const { return how.substr(0, how.find(' ')); }
  std::string text() const { return capture + " " + address + ": " + attribute + " \"" + value + "\" (" + how + ")"; }
};

std::vector<Row> expected() {
  std::ifstream file(kHere / "expected.csv", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  plant::Problems problems(text, "expected.csv", {});
  std::vector<Row> rows;
  for (const plant::CsvRow& row : plant::read_csv(text, problems)) {
    EXPECT_EQ(row.size(), 5u) << row[0].text;
    if (row.size() != 5 || row[0].text == "capture") continue;
    rows.push_back({row[0].text, row[1].text, row[2].text, row[3].text, row[4].text});
  }
  EXPECT_FALSE(problems.any_error());
  return rows;
}

std::vector<SeenAsset> watch(const std::filesystem::path& capture) {
  CaptureFiles source({capture.string()});
  Inventory inventory;
  Correlator correlator(nullptr, nullptr, inventory);
  run(source, correlator, {}, [](const SensorResult&) {});
  correlator.finish();
  return inventory.assets();
}

const SeenAsset* find(const std::vector<SeenAsset>& assets, const std::string& address) {
  const auto ip = IpAddress::parse(address);
  const auto mac = MacAddress::parse(address);
  for (const SeenAsset& asset : assets) {
    if (ip && std::find(asset.ips.begin(), asset.ips.end(), *ip) != asset.ips.end()) return &asset;
    if (mac && std::find(asset.macs.begin(), asset.macs.end(), *mac) != asset.macs.end()) return &asset;
  }
  return nullptr;
}

bool has(const SeenAsset& asset, const Row& row, const MacVendors& vendors) {
  const auto any_role = [&](auto wanted) {
    return std::any_of(asset.roles.begin(), asset.roles.end(), [&](const Role& role) {
      std::string service;
      append_service(service, role);
      return wanted(role) && service == row.value;
    });
  };
  if (row.attribute == "answers") return any_role([](const Role& role) { return role.is_server(); });
  if (row.attribute == "asks") return any_role([](const Role& role) { return role.is_client(); });
  if (row.attribute == "kind") return asset.guess.kind == row.value;
  if (row.attribute == "mac") {
    return std::any_of(asset.macs.begin(), asset.macs.end(),
                       [&](const MacAddress& mac) { return to_text(mac) == row.value; });
  }
  if (row.attribute == "mac_vendor") return !asset.macs.empty() && vendors.vendor(asset.macs[0]) == row.value;
  if (row.attribute == "unit") {
    return std::any_of(asset.units.begin(), asset.units.end(), [&](const UnitSeen& unit) {
      return unit.answered > 0 && std::string(unit.protocol.name()) + " " + std::to_string(unit.unit) == row.value;
    });
  }
  return std::any_of(asset.told.begin(), asset.told.end(), [&](const Told& told) {
    return to_text(told.kind) == row.attribute && told.text == row.value &&
           std::string_view(told.source).substr(0, told.source.find(' ')) == row.protocol();
  });
}

using Rows = std::map<std::pair<std::string, std::string>, std::vector<Row>>;

/// unread names what was told by a protocol of kComplete and stands in no row.
std::string unread(const SeenAsset& asset, const std::vector<Row>& rows) {
  std::string out;
  for (const Told& told : asset.told) {
    const std::string protocol = told.source.substr(0, told.source.find(' '));
    if (std::find(std::begin(kComplete), std::end(kComplete), protocol) == std::end(kComplete)) continue;
    const bool read = std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
      return row.attribute == to_text(told.kind) && row.value == told.text;
    });
    if (!read) out += std::string(to_text(told.kind)) + " \"" + told.text + "\" (" + told.source + "); ";
  }
  return out;
}

TEST(InventoryOfCaptures, IsWhatAPersonReadsOutOfThem) {
  if (!std::filesystem::exists(kCaptures)) GTEST_SKIP() << "there are no captures beside the repository";
  const MacVendors vendors = MacVendors::load(kVendorFolder);
  if (vendors.size() == 0) GTEST_SKIP() << "the IEEE's tables are not installed (package ieee-data)";
  Rows rows;
  for (const Row& row : expected()) rows[{row.capture, row.address}].push_back(row);
  EXPECT_GE(rows.size(), 30u) << "the table is to have at least 30 devices";
  std::string capture;
  std::vector<SeenAsset> assets;
  size_t found = 0;
  size_t devices = 0;
  std::map<std::string, size_t> not_yet;
  for (const auto& [device, attributes] : rows) {
    if (device.first != capture) {
      capture = device.first;
      assets = watch(kCaptures / capture);
    }
    const SeenAsset* asset = find(assets, device.second);
    bool any = false;
    for (const Row& row : attributes) {
      if (!protocols::find_protocol(row.protocol())) {
        ++not_yet[row.protocol()];
        continue;
      }
      any = true;
      EXPECT_TRUE(asset != nullptr && has(*asset, row, vendors)) << row.text();
      found += asset != nullptr && has(*asset, row, vendors) ? 1u : 0u;
    }
    devices += any ? 1u : 0u;
    if (asset != nullptr) {
      EXPECT_EQ(unread(*asset, attributes), "") << device.first << " " << device.second;
    }
  }
  std::cout << found << " attributes of " << devices << " devices are as a person reads them\n";
  for (const auto& [protocol, count] : not_yet) {
    std::cout << count << " attributes told by " << protocol << " are not possible yet: it is not decoded\n";
  }
  EXPECT_GE(devices, 30u);
}

TEST(InventoryOfCaptures, HasATableInWhichNothingStandsTwice) {
  std::set<std::string> seen;
  for (const Row& row : expected()) EXPECT_TRUE(seen.insert(row.text()).second) << row.text();
  EXPECT_GE(seen.size(), 100u);
}

}  // namespace
}  // namespace rampart::monitor
